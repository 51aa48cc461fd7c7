"""The recorder's clock: every camera is read a few times a second, all in one go; everything else is per second."""

import asyncio
import time
from collections.abc import Callable, Sequence

from qorgan.edge.recorder.archive import ArchiveWriter
from qorgan.edge.recorder.session import StreamSession

READ_EVERY_S = 0.2


class Engine:
    """Reads all sessions at each tick and hands what they recorded to the archive.

    All in one go, not in turns: after a sleep the first camera pays for cold caches, the others find them warm.
    """

    def __init__(
        self, sessions: Sequence[StreamSession], archive: ArchiveWriter, *, each_second: Callable[[], None]
    ) -> None:
        self._sessions, self._archive, self._each_second = sessions, archive, each_second

    async def run(self) -> None:
        """Tick until cancelled."""
        due = next_second = time.monotonic()
        while True:
            due = max(due + READ_EVERY_S, time.monotonic())
            await asyncio.sleep(due - time.monotonic())
            for session in self._sessions:
                session.tick()
            now = time.monotonic()
            if now >= next_second:
                next_second = now + 1.0
                for session in self._sessions:
                    session.check(now)
                self._each_second()
            self._archive.submit()
