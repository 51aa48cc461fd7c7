"""Routes of `cameras`.

What has to be asked of the school (`timeline`, `range`, `thumbnail`, `hls`, `download`, `ptz`, `snapshot`, `holds`,
`camera-setup`) is served by the gateway, which stands before Django at the same paths; it is declared here so that the
API has one description, and answers 503 when no gateway runs.
"""

from datetime import datetime
from typing import Annotated, NoReturn
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import AwareDatetime

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.cameras import service
from qorgan.centre.cameras.schemas import (
    Camera,
    CameraList,
    FoundList,
    HoldList,
    HoldWish,
    LookedAt,
    LookedAtPicture,
    Ptz,
    RangeStream,
    SetupDone,
    SetupOrder,
    Steer,
    Timeline,
)
from qorgan.centre.wire import Problem
from qorgan.domain.access import Right
from qorgan.kernel.errors import Unavailable

router = Router(tags=["cameras"])
FMP4 = {
    "responses": {
        200: {
            "description": "Fragmented MP4. Sample times count from `start`.",
            "content": {"video/mp4": {"schema": {"type": "string", "format": "binary"}}},
            "headers": {"X-Qorgan-Mime": {"description": "The type for MediaSource", "schema": {"type": "string"}}},
        }
    }
}
PLAYLIST = {
    "responses": {
        200: {
            "description": "A media playlist (RFC 8216) of fMP4 pieces",
            "content": {"application/vnd.apple.mpegurl": {"schema": {"type": "string"}}},
        }
    }
}
FILE = {
    "responses": {
        200: {
            "description": "Fragmented MP4 with its index in front; `Content-Length` is known from the start.",
            "content": {"video/mp4": {"schema": {"type": "string", "format": "binary"}}},
            "headers": {"Content-Disposition": {"description": "The file's name", "schema": {"type": "string"}}},
        }
    }
}
PICTURE = {
    "responses": {
        200: {
            "description": "JPEG; `X-Qorgan-At` says when it was taken, by the school's clock.",
            "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}


@router.get(
    "/schools/{school_id}/cameras", response={200: CameraList, 404: Problem}, operation_id="list_school_cameras"
)
@needs(Right.CAMERAS_READ)
def list_school_cameras(request: HttpRequest, school_id: UUID) -> CameraList:
    """All cameras that stand at the school now."""
    return service.of_school(actor_of(request), school_id)


@router.get("/cameras/{camera_id}", response={200: Camera, 404: Problem}, operation_id="get_camera")
@needs(Right.CAMERAS_READ)
def get_camera(request: HttpRequest, camera_id: UUID) -> Camera:
    return service.get(actor_of(request), camera_id)


@router.get(
    "/cameras/{camera_id}/timeline",
    response={200: Timeline, 403: Problem, 404: Problem, 503: Problem, 504: Problem},
    operation_id="get_camera_timeline",
)
@needs(Right.ARCHIVE_VIEW)
def get_camera_timeline(
    request: HttpRequest,
    camera_id: UUID,
    start: Annotated[AwareDatetime, Query()],
    end: Annotated[AwareDatetime, Query()],
) -> NoReturn:
    """What was recorded and what was not. 504 `node_silent` when the school does not answer."""
    _no_gateway(start, end)


@router.get(
    "/cameras/{camera_id}/range",
    response={403: Problem, 404: Problem, 503: Problem, 504: Problem},
    operation_id="get_camera_range",
    openapi_extra=FMP4,
)
@needs(Right.ARCHIVE_VIEW)
def get_camera_range(
    request: HttpRequest,
    camera_id: UUID,
    start: Annotated[AwareDatetime, Query()],
    end: Annotated[AwareDatetime, Query()],
    stream: RangeStream = "main",
    purpose: Annotated[str, Query(max_length=100)] = "duty",
    keys_only: bool = False,
    audio: bool = False,
) -> NoReturn:
    """A recorded range as the school kept it, without sound, at most 120 s a call; a line in the watch ledger each.

    With `keys_only` it is the keyframes alone, each as long as until the next one, at most 600 s a call. With `audio`
    it is the sound alone, in AAC (`audio/mp4`): right `camera.listen`, for an alarm, action `listen` in the ledger.
    """
    _no_gateway(start, end)


@router.get(
    "/cameras/{camera_id}/thumbnail",
    response={403: Problem, 404: Problem, 503: Problem, 504: Problem},
    operation_id="get_camera_thumbnail",
    openapi_extra=FMP4,
)
@needs(Right.ARCHIVE_VIEW)
def get_camera_thumbnail(
    request: HttpRequest,
    camera_id: UUID,
    at: Annotated[AwareDatetime, Query()],
    stream: RangeStream = "sub",
    purpose: Annotated[str, Query(max_length=100)] = "duty",
) -> NoReturn:
    """The keyframe that stands at an instant, alone, as fMP4. All of a day are one line in the watch ledger."""
    _no_gateway(at, at)


@router.get(
    "/cameras/{camera_id}/hls/index.m3u8",
    response={403: Problem, 404: Problem, 409: Problem, 503: Problem, 504: Problem},
    operation_id="get_camera_playlist",
    openapi_extra=PLAYLIST,
)
@needs(Right.ARCHIVE_VIEW)
def get_camera_playlist(
    request: HttpRequest,
    camera_id: UUID,
    start: Annotated[AwareDatetime, Query()],
    end: Annotated[AwareDatetime, Query()],
    stream: RangeStream = "main",
    purpose: Annotated[str, Query(max_length=100)] = "duty",
    audio: bool = False,
) -> NoReturn:
    """A recorded range as an HLS playlist, at most 6 h; one line in the watch ledger for it and all its pieces.

    Its addresses are for the session that asked, and end 15 minutes after the last one was used. Its sound (AAC, beside
    the pictures) only with `audio`: right `camera.listen`, for an alarm, and a second line, `listen`; 409
    `playlist.sound` where the sound is G.711, which players of playlists do not play.
    """
    _no_gateway(start, end)


@router.get(
    "/cameras/{camera_id}/download.mp4",
    response={403: Problem, 404: Problem, 409: Problem, 503: Problem, 504: Problem},
    operation_id="get_camera_download",
    openapi_extra=FILE,
)
@needs(Right.ARCHIVE_EXPORT)
def get_camera_download(
    request: HttpRequest,
    camera_id: UUID,
    start: Annotated[AwareDatetime, Query()],
    end: Annotated[AwareDatetime, Query()],
    stream: RangeStream = "main",
    purpose: Annotated[str, Query(max_length=100)] = "duty",
    audio: bool = False,
) -> NoReturn:
    """A recorded range as one file to take away, at most 1 h; a line in the watch ledger says who exported it.

    It begins with the keyframe at or before `start`; every picture is in it once, as recorded, and gaps are left out.
    Its sound, as recorded, only with `audio`: right `camera.listen`, for an alarm, and a second line, `listen`.
    409 `download.parameters_change` when the camera was set up anew in between: one file cannot hold both.
    """
    _no_gateway(start, end)


@router.get(
    "/cameras/{camera_id}/ptz",
    response={200: Ptz, 403: Problem, 404: Problem, 503: Problem, 504: Problem},
    operation_id="get_camera_ptz",
)
@needs(Right.PTZ_MOVE)
def get_camera_ptz(
    request: HttpRequest, camera_id: UUID, purpose: Annotated[str, Query(max_length=100)] = "duty"
) -> NoReturn:
    """The places that a camera remembers. 404 `onvif.not_supported` when it cannot turn."""
    raise _nobody_there()


@router.post(
    "/cameras/{camera_id}/ptz",
    response={200: Ptz, 403: Problem, 404: Problem, 422: Problem, 503: Problem, 504: Problem},
    operation_id="steer_camera",
)
@needs(Right.PTZ_MOVE)
def steer_camera(request: HttpRequest, camera_id: UUID, order: Steer) -> NoReturn:
    """Turn a camera. As long as somebody steers is one line in the watch ledger."""
    raise _nobody_there()


@router.get(
    "/cameras/{camera_id}/snapshot",
    response={403: Problem, 404: Problem, 503: Problem, 504: Problem},
    operation_id="get_camera_snapshot",
    openapi_extra=PICTURE,
)
@needs(Right.LIVE_VIEW)
def get_camera_snapshot(
    request: HttpRequest, camera_id: UUID, purpose: Annotated[str, Query(max_length=100)] = "duty"
) -> NoReturn:
    """One picture as the camera makes it; a line in the watch ledger each. 404 when the camera makes none."""
    raise _nobody_there()


@router.get(
    "/cameras/{camera_id}/holds",
    response={200: HoldList, 403: Problem, 404: Problem, 503: Problem, 504: Problem},
    operation_id="list_camera_holds",
)
@needs(Right.ARCHIVE_VIEW)
def list_camera_holds(request: HttpRequest, camera_id: UUID) -> NoReturn:
    """What is kept of a camera beyond its time, as the school has it."""
    raise _nobody_there()


@router.post(
    "/cameras/{camera_id}/holds",
    response={201: HoldList, 403: Problem, 404: Problem, 422: Problem, 503: Problem, 504: Problem},
    operation_id="place_camera_hold",
)
@needs(Right.EVIDENCE_HOLD)
def place_camera_hold(request: HttpRequest, camera_id: UUID, wish: HoldWish) -> NoReturn:
    """Keep what was recorded, at most a day of it, until a day within a year. A line in the watch ledger."""
    raise _nobody_there()


@router.delete(
    "/cameras/{camera_id}/holds/{hold_id}",
    response={200: HoldList, 403: Problem, 404: Problem, 503: Problem, 504: Problem},
    operation_id="release_camera_hold",
)
@needs(Right.EVIDENCE_HOLD)
def release_camera_hold(
    request: HttpRequest, camera_id: UUID, hold_id: str, purpose: Annotated[str, Query(max_length=100)] = "duty"
) -> NoReturn:
    """Let go of what a centre holds. What the school itself holds is refused: 403 `hold.not_yours`."""
    raise _nobody_there()


SETUP = "/schools/{school_id}/camera-setup"


@router.post(
    f"{SETUP}/search",
    response={200: FoundList, 403: Problem, 404: Problem, 409: Problem, 503: Problem, 504: Problem},
    operation_id="search_cameras",
)
@needs(Right.CAMERA_SETUP)
def search_cameras(request: HttpRequest, school_id: UUID, order: SetupOrder) -> NoReturn:
    """Cameras that answer in the school's network."""
    raise _nobody_there()


@router.post(
    f"{SETUP}/look",
    response={200: LookedAt, 403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem, 504: Problem},
    operation_id="look_at_camera",
)
@needs(Right.CAMERA_SETUP)
def look_at_camera(request: HttpRequest, school_id: UUID, order: SetupOrder) -> NoReturn:
    """Log in and see what it is and which streams it has. Shows no picture; the password is kept nowhere."""
    raise _nobody_there()


@router.post(
    f"{SETUP}/picture",
    response={200: LookedAtPicture, 403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem, 504: Problem},
    operation_id="take_setup_picture",
)
@needs(Right.CAMERA_SETUP)
def take_setup_picture(request: HttpRequest, school_id: UUID, order: SetupOrder) -> NoReturn:
    """The same with one picture: a line in the school's watch ledger, with the purpose `setup`."""
    raise _nobody_there()


@router.post(
    f"{SETUP}/cameras",
    response={201: SetupDone, 403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem, 504: Problem},
    operation_id="save_camera",
)
@needs(Right.CAMERA_SETUP)
def save_camera(request: HttpRequest, school_id: UUID, order: SetupOrder) -> NoReturn:
    """Add it to the node, which keeps the password encrypted and restarts its parts: a gap of some seconds."""
    raise _nobody_there()


@router.delete(
    f"{SETUP}/cameras/{{key}}",
    response={200: SetupDone, 403: Problem, 404: Problem, 409: Problem, 503: Problem, 504: Problem},
    operation_id="take_camera_away",
)
@needs(Right.CAMERA_SETUP)
def take_camera_away(request: HttpRequest, school_id: UUID, key: str) -> NoReturn:
    """Undo: only for what was added this way within a day. Recordings stay."""
    raise _nobody_there()


def _no_gateway(start: datetime, end: datetime) -> NoReturn:
    raise Unavailable(
        f"no gateway runs here to fetch {start.isoformat()} - {end.isoformat()}", code="gateway.not_running"
    )


def _nobody_there() -> Unavailable:
    return Unavailable("no gateway runs here to ask the school", code="gateway.not_running")
