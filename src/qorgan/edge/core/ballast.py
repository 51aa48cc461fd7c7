"""Space kept back for alarms: a file of real blocks that is thrown overboard when the disk is full."""

import os
import shutil
from pathlib import Path

BALLAST_BYTES = 16_000_000
_ROOM_FACTOR = 3  # taken on board again only when the disk has this many times its size free


class Ballast:
    """Owner of one file. Not safe for threads: it belongs to the store's writer."""

    def __init__(self, path: Path, size: int = BALLAST_BYTES) -> None:
        self._path, self._size = path, size

    @property
    def held(self) -> bool:
        """Whether the space is kept back at the moment."""
        try:
            return self._path.stat().st_blocks * 512 >= self._size
        except FileNotFoundError:
            return False

    def take(self) -> bool:
        """Keep the space back if it is not, and the disk has room to spare; whether it is held now."""
        if self.held:
            return True
        if shutil.disk_usage(self._path.parent).free < self._size * _ROOM_FACTOR:
            return False
        self._path.unlink(missing_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(handle, 0, self._size)
            os.fsync(handle)
        except OSError:
            self._path.unlink(missing_ok=True)
            return False
        finally:
            os.close(handle)
        return self.held

    def release(self) -> bool:
        """Give the space to whoever is writing now; whether there was any."""
        held = self.held
        self._path.unlink(missing_ok=True)
        return held
