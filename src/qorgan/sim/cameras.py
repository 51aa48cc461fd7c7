"""What a simulated camera is: its name, its scene, its streams, its login. Values only."""

from enum import StrEnum

import msgspec

from qorgan.domain.cameras import StreamName
from qorgan.kernel.errors import Invalid
from qorgan.kernel.ids import is_key
from qorgan.sim.clips import MAIN, SUB, ClipSpec, Profile
from qorgan.sim.codecs import AudioCodec, VideoCodec
from qorgan.sim.scenes import Scene

MAX_B_FRAMES = 4


class CameraKind(StrEnum):
    """A camera, or something that can be taken for one and is not usable."""

    H264 = "h264"  # a camera that works, whatever its `codec`
    AUDIO_ONLY = "audio_only"  # an intercom: its SDP offers G.711 sound alone
    MJPEG = "mjpeg"  # RFC 2435 video: announced and accepted; no packet is ever sent


class Algorithm(StrEnum):
    """How a login is asked for: the hash of a digest (RFC 7616; cameras still ask for MD5), or none (RFC 7617)."""

    MD5 = "MD5"
    SHA_256 = "SHA-256"
    BASIC = "Basic"


class Transport(StrEnum):
    """How a camera is willing to send (RFC 2326 12.39)."""

    BOTH = "both"
    TCP = "tcp"  # inside the RTSP connection
    UDP = "udp"


class Login(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may look. The password belongs to a camera that does not exist; it is kept out of logs all the same."""

    user: str
    password: str
    algorithm: Algorithm = Algorithm.MD5

    def __repr__(self) -> str:
        return f"Login(user={self.user!r}, algorithm={self.algorithm.value!r})"


class SimCamera(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One camera. `codec`, `b_frames` (in a row) and `audio` hold for both of its streams.

    Raises `Invalid` for a site or key that `kernel.ids.is_key` does not allow, and for more than `MAX_B_FRAMES`.
    """

    site: str
    key: str
    scene: Scene = Scene.HALL
    login: Login | None = None
    kind: CameraKind = CameraKind.H264
    main: Profile = MAIN
    sub: Profile | None = SUB
    codec: VideoCodec = VideoCodec.H264
    b_frames: int = 0
    audio: AudioCodec | None = None
    transport: Transport = Transport.BOTH

    def __post_init__(self) -> None:
        for name in (self.site, self.key):
            if not is_key(name):
                raise Invalid(f"{name!r} cannot name a school or a camera: use 1-63 of a-z, 0-9 and hyphen")

        if not 0 <= self.b_frames <= MAX_B_FRAMES:
            raise Invalid(f"{self.b_frames} B-frames in a row: use 0-{MAX_B_FRAMES}")

    def spec(self, profile: Profile) -> ClipSpec:
        """The clip that one of its streams shows."""
        return ClipSpec(scene=self.scene, profile=profile, codec=self.codec, b_frames=self.b_frames)

    def profiles(self) -> dict[StreamName, Profile]:
        """The profile of each stream it has."""
        return {StreamName.MAIN: self.main} | ({StreamName.SUB: self.sub} if self.sub else {})
