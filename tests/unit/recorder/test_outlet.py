"""A school's line that is too small for all that is watched: what goes first, what is left out, what never is."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable

import pytest

from qorgan.edge.recorder import outlet as outlets
from qorgan.edge.recorder.outlet import FIRST_PART_BYTES, LATE_S, LEAST_PART_BYTES, MOST_PART_BYTES, Outlet, Pace
from qorgan.protocols.link.media import MediaKind

KEY, DELTA, END = MediaKind.KEY, MediaKind.DELTA, MediaKind.END


class Line:
    """A line that carries nothing until it is told to; the carrier answers when a part has been let through."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.connected = True
        self._asked: asyncio.Queue[asyncio.Event] = asyncio.Queue()
        self._moved = asyncio.Event()
        self._flows = False
        self.outlet = Outlet(self._publish, self._settle)

    async def _publish(self, subject: str, message: bytes) -> None:
        self.sent.append((subject, message))
        self._moved.set()

    async def _settle(self) -> bool:
        if self._flows:
            return self.connected
        answer = asyncio.Event()
        self._asked.put_nowait(answer)
        self._moved.set()
        await answer.wait()
        return self.connected

    async def let_through(self) -> None:
        """The part that has been on its way the longest is there."""
        (await self._asked.get()).set()

    def flow(self) -> None:
        """From now on it carries all."""
        self._flows = True
        while not self._asked.empty():
            self._asked.get_nowait().set()

    async def filled(self) -> int:
        """As many parts are on their way as may be; the number of what was sent so far."""
        await self.until(lambda: self._asked.qsize() == outlets.PARTS_ON_THE_WAY)
        return len(self.sent)

    async def until(self, what: Callable[[], bool]) -> None:
        while not what():
            self._moved.clear()
            await self._moved.wait()

    def of(self, subject: str) -> list[bytes]:
        return [message for one, message in self.sent if one == subject]


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    line = Line()
    sending = asyncio.create_task(line.outlet.run())
    yield line
    sending.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await sending


async def test_what_is_watched_for_an_alarm_overtakes_all_that_waits(line: Line) -> None:
    for number in range(20):
        assert line.outlet.put(f"wall-{number}", KEY, bytes(FIRST_PART_BYTES))
    sent = await line.filled()
    assert sent < 20, "nothing waits, so nothing can be overtaken"
    assert line.outlet.put("alarm", KEY, b"pressed", urgent=True)
    await line.let_through()
    await line.filled()
    assert line.sent[sent] == ("alarm", b"pressed")


async def test_a_small_picture_is_whole_while_large_ones_share_the_rest(line: Line) -> None:
    for _ in range(50):
        line.outlet.put("main-1", KEY, bytes(FIRST_PART_BYTES))
        line.outlet.put("main-2", KEY, bytes(FIRST_PART_BYTES))
    start = await line.filled()
    for _ in range(10):
        line.outlet.put("sub", DELTA, bytes(FIRST_PART_BYTES // 8))
        await line.let_through()
        await line.filled()
    got = Counter(subject for subject, _ in line.sent[start:])
    assert got["sub"] == 10
    assert abs(got["main-1"] - got["main-2"]) <= 1


async def test_old_frames_are_left_out_and_the_keyframe_waits_for_the_next_one(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(8):
        line.outlet.put(f"wall-{number}", KEY, bytes(FIRST_PART_BYTES))
    await line.filled()
    line.outlet.put("late", KEY, b"key")
    assert line.outlet.put("late", DELTA, b"delta")
    monkeypatch.setattr(outlets, "TOO_OLD_S", 0.0)
    assert not line.outlet.put("late", DELTA, b"refused"), "the lease must skip to its next keyframe"
    assert line.outlet.put("late", END, b"end"), "what is no frame is never left out"
    assert line.outlet.put("late", KEY, b"newer key")
    line.flow()
    await line.until(lambda: len(line.of("late")) == 2)
    assert line.of("late") == [b"end", b"newer key"]


async def test_a_recording_waits_for_its_turn_and_loses_nothing(line: Line) -> None:
    for number in range(4):
        line.outlet.put(f"wall-{number}", KEY, bytes(FIRST_PART_BYTES))
    await line.filled()
    sending = asyncio.create_task(line.outlet.send("range", KEY, b"recorded"))
    await asyncio.sleep(0)
    assert not sending.done()
    line.flow()
    await sending
    assert line.of("range") == [b"recorded"]


async def test_what_finds_no_room_at_all_is_refused(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        line.outlet.put(f"wall-{number}", KEY, bytes(FIRST_PART_BYTES))
    await line.filled()
    monkeypatch.setattr(outlets, "QUEUE_LIMIT_BYTES", 4 * FIRST_PART_BYTES)
    assert not line.outlet.put("more", KEY, bytes(4 * FIRST_PART_BYTES))


async def test_a_new_connection_begins_with_the_usual_pace(line: Line) -> None:
    line.outlet.pace.part = LEAST_PART_BYTES
    line.connected = False
    for _ in range(3):
        line.outlet.put("live", KEY, bytes(LEAST_PART_BYTES))
    await line.let_through()
    await line.until(lambda: len(line.of("live")) == 3)
    assert line.outlet.pace.part == FIRST_PART_BYTES


def test_the_pace_falls_until_answers_come_in_time_and_rises_only_when_more_was_ready() -> None:
    pace = Pace()
    pace.answered(0.01, waited=False)
    assert pace.part == FIRST_PART_BYTES
    for _ in range(100):  # a line of 4 Mbit/s, full: two parts of it are what an answer waits for
        pace.answered(0.01 + 2 * pace.part / 500_000, waited=True)
    assert LEAST_PART_BYTES < pace.part and 2 * pace.part / 500_000 < 1.5 * LATE_S
    for _ in range(100):
        pace.answered(0.01, waited=True)
    assert pace.part == MOST_PART_BYTES
    for _ in range(100):
        pace.answered(5.0, waited=True)
    assert pace.part == LEAST_PART_BYTES
