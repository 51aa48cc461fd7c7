"""The recorder's clock: every camera is read a few times a second, in turns, and everything else happens per second."""

import asyncio
import time
from collections.abc import Callable, Sequence

from qorgan.edge.recorder.archive import ArchiveWriter
from qorgan.edge.recorder.session import StreamSession

READ_EVERY_S = 0.2
TURNS = 1


class Engine:
    """Reads all sessions in turns and hands what they recorded to the archive once per turn."""

    def __init__(
        self, sessions: Sequence[StreamSession], archive: ArchiveWriter, *, each_second: Callable[[], None]
    ) -> None:
        self._turns = [list(sessions[turn::TURNS]) for turn in range(TURNS)]
        self._sessions, self._archive, self._each_second = sessions, archive, each_second

    async def run(self) -> None:
        """Tick until cancelled."""
        turn, next_second = 0, time.monotonic() + 1.0
        due = time.monotonic()
        while True:
            due = max(due + READ_EVERY_S / TURNS, time.monotonic())
            await asyncio.sleep(due - time.monotonic())
            for session in self._turns[turn]:
                session.tick()
            turn = (turn + 1) % TURNS
            now = time.monotonic()
            if now >= next_second:
                next_second = now + 1.0
                for session in self._sessions:
                    session.check(now)
                self._each_second()
            self._archive.submit()
