"""Cameras: their streams, and what can be said truthfully about each at any moment."""

from enum import StrEnum


class StreamName(StrEnum):
    """A camera's two streams: main is evidence, sub is for walls and thin links."""

    MAIN = "main"
    SUB = "sub"


class CameraState(StrEnum):
    """What a stream is doing now, as shown on a tile and in the API."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALLED = "stalled"  # connected, but no picture for longer than `STALL_AFTER_S`
    FAILED = "failed"  # see the reason
    DISABLED = "disabled"
    UNKNOWN = "unknown"  # nobody has told us: never shown as working


class CameraReason(StrEnum):
    """Why a stream is not live. Each is a translation key `camera.reason.<value>`."""

    NONE = "none"
    BAD_URL = "bad_url"
    NO_SUCH_HOST = "no_such_host"
    REFUSED = "refused"  # nothing listens there
    TIMEOUT = "timeout"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - a reason, not a secret
    NOT_FOUND = "not_found"  # RTSP 404: no such stream on that device
    NOT_RTSP = "not_rtsp"  # something answered, but it is not a camera: a web server, junk
    NO_VIDEO = "no_video"  # audio only
    UNSUPPORTED_CODEC = "unsupported_codec"
    PROTOCOL_ERROR = "protocol_error"
    CLOSED = "closed"  # the camera hung up
    NO_FRAMES = "no_frames"  # connected, silent
    UNTRUSTED = "untrusted"  # rtsps: its certificate is not the one that is expected
    NODE_SILENT = "node_silent"  # the school's node is not heard from
    STORAGE = "storage"  # the archive cannot be written


STALL_AFTER_S = 5.0
