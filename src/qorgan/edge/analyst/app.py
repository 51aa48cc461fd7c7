"""The analyst: looks at one keyframe of each camera every ten seconds, and tells core what it thinks of the picture.

It holds nothing durable and is the least important process of the node: it runs at low priority, and a picture that
hangs its decoder ends it (SIGALRM), whereupon the supervisor starts it again.
"""

import asyncio
import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from qorgan.domain.cameras import StreamName
from qorgan.domain.pictures import History, Judgement, Measures, Verdict, judge, remember
from qorgan.edge.analyst.picture import decode, measure, newest_keyframe
from qorgan.edge.config import Camera, EdgeConfig
from qorgan.edge.ipc import CoreSender
from qorgan.kernel.clock import Clock, SystemClock
from qorgan.kernel.errors import QorganError
from qorgan.protocols.link.messages import PictureResult

LOOK_EVERY_S = 10.0
RECENT = timedelta(seconds=60)  # an older keyframe says nothing about now
REPORT_EVERY_S = 600.0
DECODE_WITHIN_S = 10.0
NICE = 10
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Watched:
    """What is remembered of one camera."""

    camera: Camera
    history: History = ()
    judgement: Judgement | None = None
    reported_at: float = float("-inf")
    seen: datetime | None = None  # the keyframe that was looked at last
    trouble: str = ""


class Analyst:
    """Owner of each camera's last looks. `guard` surrounds each decoding and may end the process."""

    def __init__(
        self,
        cameras: tuple[Camera, ...],
        archive: Path,
        tell: Callable[[PictureResult], None],
        clock: Clock,
        guard: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._archive, self._tell, self._clock, self._guard = archive, tell, clock, guard
        self._watched = [_Watched(camera) for camera in cameras]
        random.shuffle(self._watched)  # if one camera's picture ends us, the others get their turn after the restart

    async def run(self) -> None:
        """Look at each camera in turn until cancelled."""
        while True:
            for watched in self._watched:
                started = self._clock.monotonic()
                await self.look(watched)
                took = self._clock.monotonic() - started
                await self._clock.sleep(max(0.05, LOOK_EVERY_S / len(self._watched) - took))
            if not self._watched:
                await self._clock.sleep(LOOK_EVERY_S)

    async def look_at_all(self) -> None:
        """One look at every camera, now."""
        for watched in self._watched:
            await self.look(watched)

    async def look(self, watched: _Watched) -> None:
        """One look at one camera; tells core what is new, and everything every ten minutes."""
        try:
            measures = await self._measures(watched)
        except _NothingNew:
            measures = watched.history[-1]
        else:
            watched.history = remember(watched.history, measures)
        judgement = judge(watched.history)
        now = self._clock.monotonic()
        if judgement == watched.judgement and now - watched.reported_at < REPORT_EVERY_S:
            return
        if judgement.verdict is Verdict.BAD or watched.judgement is not None:
            log.info("picture.judged", camera=watched.camera.key, verdict=judgement.verdict, faults=judgement.faults)
        watched.judgement, watched.reported_at = judgement, now
        self._tell(
            PictureResult(
                camera=watched.camera.key,
                at=self._clock.now(),
                verdict=judgement.verdict,
                faults=judgement.faults,
                measures=_numbers(measures),
            )
        )

    async def _measures(self, watched: _Watched) -> Measures | None:
        stream = StreamName.SUB if watched.camera.sub else StreamName.MAIN
        try:
            measures = await asyncio.to_thread(self._measure, watched, stream)
        except QorganError as error:
            if error.code != watched.trouble:
                log.warning("picture.not_seen", camera=watched.camera.key, code=error.code, reason=str(error))
            watched.trouble = error.code
            return None
        watched.trouble = ""
        return measures

    def _measure(self, watched: _Watched, stream: str) -> Measures | None:
        keyframe = newest_keyframe(self._archive, watched.camera.key, stream)
        if abs(self._clock.now() - keyframe.at) > RECENT:
            return None
        if keyframe.at == watched.seen:
            raise _NothingNew
        with self._guard():
            measures = measure(decode(keyframe))
        watched.seen = keyframe.at
        return measures


class _NothingNew(Exception):
    """The camera has sent no keyframe since the last look: the same picture twice proves nothing."""


async def run_analyst(config: EdgeConfig) -> None:
    """Be a school's analyst until cancelled."""
    os.nice(NICE)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process, whatever the decoder is doing
    sender = CoreSender(config.core_socket)
    analyst = Analyst(config.cameras, config.storage.archive, sender.send, SystemClock(), _no_longer_than_allowed)
    async with asyncio.TaskGroup() as group:
        group.create_task(sender.run(), name="analyst:sender")
        group.create_task(analyst.run(), name="analyst:looks")


@contextmanager
def _no_longer_than_allowed() -> Iterator[None]:
    signal.setitimer(signal.ITIMER_REAL, DECODE_WITHIN_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _numbers(measures: Measures | None) -> dict[str, float]:
    if measures is None:
        return {}
    return {
        "mean": round(measures.mean, 1),
        "deviation": round(measures.deviation, 1),
        "bright": round(measures.bright, 3),
        "sharpness": round(measures.sharpness, 1),
    }
