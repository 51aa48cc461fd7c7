"""Setting up cameras from the centre: four commands of one form, answered by the recorder.

`cmd.discover`, `cmd.probe_camera`, `cmd.save_camera`, `cmd.remove_camera` carry a `CameraSetup`: a grant with the right
`setup` that names the order by its digest, and the order itself, a `CameraWish`, sealed for this node alone. A password
is in no other place: never in an answer, a log, an address or an error.
"""

from datetime import datetime

from qorgan.domain.places import LocalText
from qorgan.protocols.link.messages import Message

SEAL_USE = "camera.setup"


class CameraSetup(Message, frozen=True):
    """What travels: see above."""

    grant: bytes
    sealed: bytes


class CameraWish(Message, frozen=True):
    """What is asked. Each command reads what it needs:

    `discover`: nothing. `probe_camera`: address, user, password, main, picture. `save_camera`: all but picture.
    `remove_camera`: the key alone; only a camera that was saved by `save_camera` less than a day ago goes.
    """

    address: str = ""  # http(s)://…/onvif/device_service, or rtsp(s)://… of the main stream
    user: str = ""
    password: str = ""
    main: str = ""  # token of an ONVIF profile; empty: as suggested
    sub: str | None = None  # token of an ONVIF profile, or rtsp(s)://…; None: no sub stream
    picture: bool = False  # take one, too
    key: str = ""
    name: LocalText | None = None
    zone: str = "other"
    house_profile: bool = False  # bring it to the house profile first

    def __repr__(self) -> str:
        return f"CameraWish(key={self.key!r}, …)"  # whoever logs one logs no password, and no address of the school's


class FoundCamera(Message, frozen=True):
    """A device that answered. `configured`: the key under which it stands in the configuration already, or empty."""

    url: str
    model: str = ""
    name: str = ""
    configured: str = ""


class Discovered(Message, frozen=True):
    """Who answered, and how many answers made no sense."""

    items: tuple[FoundCamera, ...] = ()
    ignored: int = 0


class ProfileInfo(Message, frozen=True):
    """A stream that the camera offers. An encoding of "" sends no video."""

    token: str
    name: str = ""
    encoding: str = ""
    width: int = 0
    height: int = 0
    frames_per_s: float = 0.0
    kbit_per_s: int = 0


class HouseChange(Message, frozen=True):
    """One thing that the house profile would change. `what` is one of `protocols.onvif.house.differences`' words."""

    stream: str  # main, sub, or empty
    what: str
    before: str
    after: str


class Probed(Message, frozen=True):
    """A camera after login. `main` and `sub` are tokens in `profiles`, as suggested; of an rtsp address there is one.

    `codec` (RFC 6381), `width` and `height` are what the main stream truly sent, where it was asked for a picture.
    """

    onvif: bool
    manufacturer: str = ""
    model: str = ""
    firmware: str = ""
    serial: str = ""
    clock_offset_s: float | None = None
    profiles: tuple[ProfileInfo, ...] = ()
    main: str = ""
    sub: str = ""
    configured: str = ""  # as in `FoundCamera`
    changes: tuple[HouseChange, ...] = ()  # what the house profile would change
    at: datetime | None = None
    jpeg: bytes = b""  # empty: not asked for, or the camera makes none
    codec: str = ""
    width: int = 0
    height: int = 0


class Saved(Message, frozen=True):
    """The camera is in the node's configuration (after `remove_camera`: is not). The node's parts restart."""

    key: str
