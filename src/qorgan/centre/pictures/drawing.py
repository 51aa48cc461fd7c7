"""A picture from bytes of others: drawn anew by a process that has nothing to lose (`redrawing.py`)."""

import contextlib
import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from qorgan.kernel.errors import Exhausted, Invalid

Kind = Literal["plan", "photo", "frame"]
MAX_DRAWING_BYTES = 16_000_000  # as kept; nothing of `redrawing` comes near it
DRAWN_WITHIN_S = 60  # by the clock of the wall: the machine may be busy
AT_ONCE = 2  # files of one process of the centre; each may take 2 GiB for a moment
WAIT_S = 30  # for one's turn
HEAVY = "file_heavy"  # out of memory or time, or the file broke its reader
_turns = threading.BoundedSemaphore(AT_ONCE)


class NotDrawn(Invalid):
    """The file is none that we draw; `why` is one of `file_kind`, `file_broken`, `file_heavy`, `image_too_big` …"""

    def __init__(self, why: str) -> None:
        super().__init__(f"this is no picture that can be drawn: {why}", code=f"picture.{why}")
        self.why = why


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


def draw(kind: Kind, file: bytes, page: int = 1) -> Drawing:
    """The picture of a file; `redrawing.WISHES` says how large. Takes seconds: never inside a transaction.

    Raises `NotDrawn`; `Exhausted` (`picture.busy`) when too many others are being drawn.
    """
    command = [sys.executable, "-I", "-m", "qorgan.centre.pictures.redrawing", kind, str(page)]
    with _turn():
        try:
            done = subprocess.run(
                command, input=file, capture_output=True, timeout=DRAWN_WITHIN_S, env={}, cwd="/", check=False
            )
        except subprocess.TimeoutExpired as error:
            raise NotDrawn(HEAVY) from error
    head, _, content = done.stdout.partition(b"\n")
    if done.returncode != 0 or not head or len(content) > MAX_DRAWING_BYTES:
        raise NotDrawn(HEAVY)
    said = json.loads(head)
    if "refused" in said:
        raise NotDrawn(said["refused"])
    return Drawing(content=content, mime=said["mime"], width=said["width"], height=said["height"])


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=WAIT_S):
        raise Exhausted("too many pictures are being drawn: try again in a minute", code="picture.busy")
    try:
        yield
    finally:
        _turns.release()
