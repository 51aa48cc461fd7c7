"""What a simulated camera is: its name, its scene, its streams, its login. Values only."""

from enum import StrEnum

import msgspec

from qorgan.domain.cameras import StreamName
from qorgan.kernel.errors import Invalid
from qorgan.kernel.ids import is_key
from qorgan.sim.clips import MAIN, SUB, Profile
from qorgan.sim.scenes import Scene


class CameraKind(StrEnum):
    """A camera, or something that can be taken for one and is not usable."""

    H264 = "h264"
    AUDIO_ONLY = "audio_only"  # an intercom: its SDP offers G.711 sound alone
    MJPEG = "mjpeg"  # RFC 2435 video: announced and accepted; no packet is ever sent


class Algorithm(StrEnum):
    """The hash of a digest login (RFC 7616). Cameras still ask for MD5."""

    MD5 = "MD5"
    SHA_256 = "SHA-256"


class Login(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may look. The password belongs to a camera that does not exist; it is kept out of logs all the same."""

    user: str
    password: str
    algorithm: Algorithm = Algorithm.MD5

    def __repr__(self) -> str:
        return f"Login(user={self.user!r}, algorithm={self.algorithm.value!r})"


class SimCamera(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One camera. Raises `Invalid` for a site or key that `kernel.ids.is_key` does not allow."""

    site: str
    key: str
    scene: Scene = Scene.HALL
    login: Login | None = None
    kind: CameraKind = CameraKind.H264
    main: Profile = MAIN
    sub: Profile | None = SUB

    def __post_init__(self) -> None:
        for name in (self.site, self.key):
            if not is_key(name):
                raise Invalid(f"{name!r} cannot name a school or a camera: use 1-63 of a-z, 0-9 and hyphen")

    def profiles(self) -> dict[StreamName, Profile]:
        """The profile of each stream it has."""
        return {StreamName.MAIN: self.main} | ({StreamName.SUB: self.sub} if self.sub else {})
