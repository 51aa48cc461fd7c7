"""The approved view of a camera: made from the one picture that school and police signed, not learned.

Core leaves a picture that the centre sent in `<data>/views/approved/<camera>.<period>.new`. The analyst decodes it (in
the process that a damaged picture may end), keeps edges and numbers beside it as `.view`, and deletes the picture.
While there is one, looks are compared with it instead of with what was learned in that light.
"""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import av
import av.error
import msgspec
import structlog

from qorgan.domain.quality.measures import Picture, measure
from qorgan.domain.quality.view import Reference, View, averaged
from qorgan.edge.analyst.picture import MAX_PIXELS, scaled
from qorgan.edge.analyst.views import pack_view, unpack_view
from qorgan.edge.files import replace_file
from qorgan.kernel.errors import Corrupt
from qorgan.protocols.link.commands import ViewWish, picture_digest
from qorgan.protocols.link.messages import decode as unpacked
from qorgan.protocols.link.messages import encode as packed

MAX_BYTES = 1_000_000
PERIODS = ("day", "night")
log = structlog.get_logger(__name__)


class _Kept(msgspec.Struct, frozen=True):
    """A `.view` file: the frame's digest, and the reference as `pack_view` writes it."""

    digest: str
    view: bytes


@dataclass(slots=True)
class ApprovedView:
    """Owner of one camera's approved references. `guard` surrounds decoding and may end the process."""

    views: Path
    camera: str
    guard: Callable[[], AbstractContextManager[None]] = nullcontext
    _of: dict[str, tuple[str, Reference]] = field(default_factory=dict)  # period -> digest, reference
    _read: bool = False

    @property
    def digests(self) -> dict[str, str]:
        """By period, of which frame the reference was made."""
        return {period: digest for period, (digest, _) in self._of.items()}

    def over(self, learned: View) -> View:
        """What looks are compared with."""
        found = {period: reference for period, (_, reference) in self._of.items()}
        return View(day=found.get("day", learned.day), night=found.get("night", learned.night))

    def take(self) -> bool:
        """Read what is kept and what core has left; whether looks are compared with something else from now on."""
        before = self.digests
        if not self._read:
            self._read = True
            for period in PERIODS:
                self._recall(period)
        for period in PERIODS:
            self._take_new(period)
        return self.digests != before

    def _recall(self, period: str) -> None:
        path = self._file(period, "view")
        if not path.exists():
            return
        try:
            kept = unpacked(_bytes(path), _Kept)
            reference = getattr(unpack_view(kept.view), period)
            if reference is None:
                raise Corrupt("nothing of that period", code="view.damaged")
            self._of[period] = kept.digest, reference
        except (Corrupt, msgspec.MsgspecError, OSError, ValueError) as error:
            self._put_aside(path, error)

    def _take_new(self, period: str) -> None:
        path = self._file(period, "new")
        if not path.exists():
            return
        try:
            wish = unpacked(_bytes(path), ViewWish)
            if wish.picture:
                self._keep(period, wish)
            else:
                self._of.pop(period, None)
                self._file(period, "view").unlink(missing_ok=True)
        except (Corrupt, msgspec.MsgspecError, OSError, ValueError) as error:
            self._put_aside(path, error)
            return
        path.unlink(missing_ok=True)
        log.info("view.approved", camera=self.camera, period=period, forgotten=not wish.picture)

    def _keep(self, period: str, wish: ViewWish) -> None:
        if picture_digest(wish.picture) != wish.picture_digest:
            raise Corrupt("the picture is not the one that was sent", code="view.damaged")
        with self.guard():
            reference = averaged([measure(decode_picture(wish.picture))])
        view = View(**{period: reference})
        replace_file(self._file(period, "view"), packed(_Kept(wish.digest, pack_view(view))), mode=0o600)
        self._of[period] = wish.digest, reference

    def _file(self, period: str, kind: str) -> Path:
        return self.views / "approved" / f"{self.camera}.{period}.{kind}"

    def _put_aside(self, path: Path, error: Exception) -> None:
        log.warning("view.not_approved", camera=self.camera, file=path.name, reason=str(error))
        path.replace(path.with_suffix(".damaged"))


def decode_picture(data: bytes) -> Picture:
    """A JPEG at the size that measures are made at. Raises `Corrupt`."""
    try:
        with av.open(io.BytesIO(data), "r", format="jpeg_pipe") as container:
            stream = container.streams.video[0]
            if stream.width * stream.height > MAX_PIXELS:
                raise Corrupt(f"a picture of {stream.width}×{stream.height}", code="picture.too_big")
            for frame in container.decode(stream):
                return scaled(frame)
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        raise Corrupt(f"not a picture: {type(error).__name__}", code="picture.damaged") from error
    raise Corrupt("there was no frame in it", code="picture.damaged")


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Corrupt("too big for an approved view", code="view.damaged")
    return data
