"""The analyst: looks at one keyframe of each camera every ten seconds, and tells core what it thinks of the picture.

It holds nothing durable but the cameras' views (see `views`), and is the least important process of the node: it runs
at low priority, and a picture that hangs its decoder ends it (SIGALRM), whereupon the supervisor starts it again.
"""

import asyncio
import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from qorgan.domain.cameras import StreamName
from qorgan.domain.quality.faults import Fault, Verdict
from qorgan.domain.quality.judge import Memory, look
from qorgan.domain.quality.measures import Measures, measure
from qorgan.edge.analyst.approved import ApprovedView
from qorgan.edge.analyst.main_look import MainLook
from qorgan.edge.analyst.picture import decode, newest_keyframe
from qorgan.edge.analyst.still import Stills, small_jpeg
from qorgan.edge.analyst.views import KeptView
from qorgan.edge.config import Camera, EdgeConfig
from qorgan.edge.ipc import CoreSender
from qorgan.kernel.clock import Clock, SystemClock
from qorgan.kernel.errors import QorganError
from qorgan.protocols.link.messages import FaultFound, PictureResult

LOOK_EVERY_S = 10.0
RECENT = timedelta(seconds=60)  # an older keyframe says nothing about now
REPORT_EVERY_S = 600.0
DECODE_WITHIN_S = 10.0
NICE = 10
# What the link has words for. Of the others the centre hears that the picture is bad, and their scores.
TOLD = frozenset({Fault.BLACK, Fault.OVEREXPOSED, Fault.LOW_CONTRAST, Fault.BLURRED, Fault.FROZEN})
log = structlog.get_logger(__name__)
_State = tuple[Verdict, tuple[Fault, ...], tuple[tuple[str, str], ...]]  # and which views are approved


@dataclass(slots=True)
class _Watched:
    """What is remembered of one camera."""

    camera: Camera
    view: KeptView
    approved: ApprovedView
    stills: Stills = field(default_factory=Stills)
    main: MainLook = field(default_factory=MainLook)
    memory: Memory = field(default_factory=Memory)
    numbers: dict[str, float] = field(default_factory=dict)  # of the last look; none where nobody could look
    told: _State | None = None
    told_at: float = float("-inf")
    seen: datetime | None = None  # the keyframe that was looked at last
    trouble: str = ""

    def memory_for_view(self) -> Memory:
        """The memory; none of it when the view was taken away: what was found against that is found no more."""
        knew_it = bool(self.view.view.references)
        knows_it = bool(self.view.current().references)
        return Memory() if knew_it and not knows_it else self.memory


class Analyst:
    """Owner of each camera's last looks. `guard` surrounds each decoding and may end the process."""

    def __init__(
        self,
        cameras: tuple[Camera, ...],
        archive: Path,
        views: Path,
        tell: Callable[[PictureResult], None],
        clock: Clock,
        guard: Callable[[], AbstractContextManager[None]] = nullcontext,
        every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._archive, self._tell, self._clock, self._guard = archive, tell, clock, guard
        self._every_s = every_s
        self._watched = [
            _Watched(camera, KeptView(views / f"{camera.key}.npz"), ApprovedView(views, camera.key, guard))
            for camera in cameras
        ]
        random.shuffle(self._watched)  # if one camera's picture ends us, the others get their turn after the restart

    async def run(self) -> None:
        """Look at each camera in turn until cancelled."""
        while True:
            for watched in self._watched:
                started = self._clock.monotonic()
                await self.look(watched)
                took = self._clock.monotonic() - started
                await self._clock.sleep(max(0.05, self._every_s / len(self._watched) - took))
            if not self._watched:
                await self._clock.sleep(self._every_s)

    async def look_at_all(self) -> None:
        """One look at every camera, now."""
        for watched in self._watched:
            await self.look(watched)

    async def look(self, watched: _Watched) -> None:
        """One look at one camera; tells core what is new, and everything every ten minutes."""
        now = self._clock.monotonic()
        try:
            measures = await self._measures(watched)
        except _NothingNew:
            pass
        else:
            watched.numbers = {} if measures is None else measures.numbers()
            memory = watched.memory_for_view()
            if await asyncio.to_thread(watched.approved.take):
                memory = Memory()  # what was found against another view is found no more
            watched.memory = look(memory, measures, watched.approved.over(watched.view.view), self._clock.now())
            if measures is not None and watched.memory.verdict() is Verdict.OK:
                watched.view.learn(measures, now)
        if watched.main.due(now):
            await asyncio.to_thread(watched.main.take, self._archive, watched.camera.key, now, self._guard)
        state = watched.memory.verdict(), watched.memory.faults(), tuple(watched.approved.digests.items())
        still = await self._still(watched, now)
        if state == watched.told and not still and now - watched.told_at < REPORT_EVERY_S:
            return
        if state[0] is Verdict.BAD or watched.told is not None:
            log.info("picture.judged", camera=watched.camera.key, verdict=state[0], faults=state[1])
        watched.told, watched.told_at = state, now
        self._tell(_result(watched, self._clock.now(), still))

    async def _still(self, watched: _Watched, now: float) -> bytes:
        """A small picture where one is due; empty otherwise, and when none can be made (it is due again then)."""
        bad = frozenset(fault for fault, course in watched.memory.courses.items() if course.verdict is Verdict.BAD)
        if not watched.numbers or not watched.stills.due(watched.memory.verdict(), bad, now):
            return b""
        try:
            still = await asyncio.to_thread(self._picture_of, watched)
        except QorganError as error:
            log.warning("picture.not_shown", camera=watched.camera.key, code=error.code, reason=str(error))
            return b""
        watched.stills.took(bad, now)
        return still

    def _picture_of(self, watched: _Watched) -> bytes:
        keyframe = newest_keyframe(self._archive, watched.camera.key, _stream_of(watched.camera))
        with self._guard():
            return small_jpeg(keyframe)

    async def _measures(self, watched: _Watched) -> Measures | None:
        try:
            measures = await asyncio.to_thread(self._measure, watched, _stream_of(watched.camera))
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
    analyst = Analyst(
        config.cameras,
        config.storage.archive,
        config.storage.data / "views",
        sender.send,
        SystemClock(),
        _no_longer_than_allowed,
        config.analyst.every_s,
    )
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


def _stream_of(camera: Camera) -> StreamName:
    return StreamName.SUB if camera.sub else StreamName.MAIN


def _result(watched: _Watched, at: datetime, still: bytes) -> PictureResult:
    """All that is suspected or confirmed, by name; the picture as a whole, and what older centres have words for."""
    memory = watched.memory
    scores = {f"score_{fault}": round(memory.courses[fault].score or 0.0, 2) for fault in memory.faults()}
    return PictureResult(
        camera=watched.camera.key,
        at=at,
        verdict=memory.verdict(),
        faults=tuple(fault for fault in memory.faults() if fault in TOLD),
        measures=watched.numbers | watched.main.numbers | scores,
        found=tuple(_found(memory)),
        knows=True,
        still=still,
        approved=watched.approved.digests,
    )


def _found(memory: Memory) -> Iterator[FaultFound]:
    for fault, course in memory.courses.items():
        if course.verdict in (Verdict.BAD, Verdict.SUSPECT):
            yield FaultFound(
                fault=fault,
                verdict=course.verdict,
                since=course.first_seen,
                last_seen=course.last_seen,
                score=round(course.score or 0.0, 2),
            )
