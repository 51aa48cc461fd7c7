"""Which cameras a centre added to this node, and when: those it may take away again for a day, and no others.

Otherwise whoever holds a centre's account could switch off a school's recordings one by one.
"""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from qorgan.edge.config import EdgeConfig, load, parse
from qorgan.edge.files import one_writer, replace_file
from qorgan.kernel.errors import Conflict, Forbidden, Invalid, NotFound

UNDO_FOR = timedelta(days=1)
_HEADER = re.compile(r"^\s*\[")
_CAMERA_HEADER = re.compile(r"^\s*\[\[\s*cameras\s*\]\]")


class AddedCameras:
    """Owner of `<data>/added-cameras.json`: key → when it was added."""

    def __init__(self, data: Path) -> None:
        self._file = data / "added-cameras.json"

    def remember(self, key: str, now: datetime) -> None:
        """Durable on return. What is older than a day is forgotten."""
        recent = {known: at for known, at in self._read().items() if now - at < UNDO_FOR}
        self._write(recent | {key: now})

    def forget(self, key: str) -> None:
        self._write({known: at for known, at in self._read().items() if known != key})

    def require_recent(self, key: str, now: datetime) -> None:
        """Raises `Forbidden` for a camera that no centre added within the last day."""
        at = self._read().get(key)
        if at is None or now - at >= UNDO_FOR:
            raise Forbidden("a centre takes away only what it added less than a day ago", code="setup.not_yours")

    def _read(self) -> dict[str, datetime]:
        """A damaged file allows nothing."""
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=dict[str, datetime])
        except (FileNotFoundError, msgspec.MsgspecError):
            return {}

    def _write(self, added: dict[str, datetime]) -> None:
        utc = {key: at.astimezone(UTC) for key, at in added.items()}
        replace_file(self._file, msgspec.json.encode(utc), mode=0o600)


def take_away(path: Path, key: str) -> EdgeConfig:
    """Take one camera's table out of the file, leaving every other byte alone; the new configuration.

    Raises `NotFound`, and `Conflict` when something else speaks of the camera (a button), or when its table cannot be
    told from the rest: then nothing is written and a person has to do it.
    """
    with one_writer(path.with_name(f".{path.name}.lock")):
        before = load(path)
        if all(camera.key != key for camera in before.cameras):
            raise NotFound(f"there is no camera {key!r} here", code="camera.unknown")
        left = tuple(camera for camera in before.cameras if camera.key != key)
        for text in _without_each_table(path.read_text("utf-8")):
            try:
                after = parse(text, path.absolute())
            except Invalid:
                continue
            if after == msgspec.structs.replace(before, cameras=left):
                replace_file(path.absolute(), text.encode("utf-8"), mode=path.stat().st_mode & 0o777)
                return after
    raise Conflict("something else in the node's configuration speaks of this camera", code="setup.in_use")


def _without_each_table(text: str) -> list[str]:
    """The file without one `[[cameras]]` table after the other: from its header to the line before the next header."""
    lines = text.splitlines(keepends=True)
    headers = [number for number, line in enumerate(lines) if _HEADER.match(line)] + [len(lines)]
    found = []
    for place, begin in enumerate(headers[:-1]):
        if _CAMERA_HEADER.match(lines[begin]):
            found.append("".join(lines[:begin] + lines[headers[place + 1] :]))
    return found
