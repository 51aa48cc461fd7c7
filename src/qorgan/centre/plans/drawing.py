"""A drawing from somebody's file: drawn anew by a process that has nothing to lose (`redrawing.py`)."""

import contextlib
import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from qorgan.kernel.errors import Exhausted, Invalid

MAX_FILE_BYTES = 30_000_000
MAX_DRAWING_BYTES = 16_000_000  # as kept; nothing of `redrawing` comes near it
DRAWN_WITHIN_S = 60  # by the clock of the wall: the machine may be busy
AT_ONCE = 2  # files of one process of the centre; each may take 2 GiB for a moment
WAIT_S = 30  # for one's turn
_WHY: Mapping[str, str] = MappingProxyType(
    {
        "plan.file_kind": "this is no PNG, JPEG, WebP or PDF: export the plan as one of them (an SVG as PDF)",
        "plan.file_broken": "the file is damaged: save it once more, or take a picture of the plan",
        "plan.file_encrypted": "the PDF is locked by a password: save it without one",
        "plan.file_page": "the PDF has no such page",
        "plan.file_heavy": "the file takes too long or too much to draw: save the page as a picture",
        "plan.image_too_big": "the picture has too many pixels: save it with at most 100 million",
        "plan.image_too_small": "the picture is too small to read a plan on it",
    }
)
_turns = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture that we drew ourselves."""

    content: bytes
    mime: str
    width: int
    height: int

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal digits."""
        return hashlib.sha256(self.content).hexdigest()


def draw(file: bytes, page: int = 1) -> Drawing:
    """The picture of a PNG, JPEG, WebP or of one page (from 1) of a PDF. Takes seconds: never inside a transaction.

    Raises `Invalid` with a code `plan.file_…` or `plan.image_…` that says what to do; `Exhausted` (`plan.busy`) when
    too many others are being drawn.
    """
    check_size(len(file))
    command = [sys.executable, "-I", "-m", "qorgan.centre.plans.redrawing", str(page)]
    with _turn():
        try:
            done = subprocess.run(
                command, input=file, capture_output=True, timeout=DRAWN_WITHIN_S, env={}, cwd="/", check=False
            )
        except subprocess.TimeoutExpired as error:
            raise _refused("plan.file_heavy") from error
    head, _, content = done.stdout.partition(b"\n")
    if done.returncode != 0 or not head or len(content) > MAX_DRAWING_BYTES:
        raise _refused("plan.file_heavy")  # out of memory or time, or the file broke its reader
    said = json.loads(head)
    if "refused" in said:
        raise _refused(said["refused"])
    return Drawing(content=content, mime=said["mime"], width=said["width"], height=said["height"])


def check_size(size: int) -> None:
    """Raises `Invalid` (`plan.file_too_big`)."""
    if size > MAX_FILE_BYTES:
        limit = f"{MAX_FILE_BYTES // 1_000_000} MB"
        raise Invalid(f"the file is larger than {limit}: save the plan smaller", code="plan.file_too_big")


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=WAIT_S):
        raise Exhausted("too many plans are being drawn: try again in a minute", code="plan.busy")
    try:
        yield
    finally:
        _turns.release()


def _refused(code: str) -> Invalid:
    return Invalid(_WHY[code], code=code)
