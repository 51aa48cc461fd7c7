"""Which repetition is the same press, also over a restart and over the edge of five minutes."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from qorgan.edge.core.outbox import SourceAlarm
from qorgan.edge.panels import presses
from qorgan.edge.panels.presses import Presses
from qorgan.kernel.ids import AlarmId

START = datetime(2026, 11, 22, 12, 4, 50, tzinfo=UTC)  # ten seconds before the next five minutes begin


class Clock:
    """Goes where it is put."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        raise AssertionError


class Outbox:
    """Knows what was raised, and when."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.raised: dict[tuple[str, UUID], datetime] = {}

    async def find_press(self, source_key: str, press: UUID) -> SourceAlarm | None:
        at = self.raised.get((source_key, press))
        if at is None:
            return None
        return SourceAlarm(alarm=AlarmId(uuid4()), kind="real", level="P1", durable_at=at, returned=False)

    def store(self, source_key: str, press: UUID) -> UUID:
        self.raised.setdefault((source_key, press), self.clock.now())
        return press


async def told(seconds: list[float], *, restarts: bool) -> list[int]:
    """Numbers of the presses that the same words are, said at these moments; perhaps with a restart before each."""
    clock = Clock()
    outbox = Outbox(clock)
    memory, found = Presses(outbox, clock), list[UUID]()  # type: ignore[arg-type]
    for moment in seconds:
        clock.seconds = moment
        memory = Presses(outbox, clock) if restarts else memory  # type: ignore[arg-type]
        found.append(outbox.store("gym", await memory.press_of("gym", "0001 1120 01 005")))
    return [found.index(press) for press in found]


@pytest.mark.parametrize("restarts", [False, True], ids=["one process", "restarts"])
@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([0, 5, 9], [0, 0, 0]),
        ([0, 20, 290], [0, 0, 0]),  # over the edge of the five minutes
        ([0, 301], [0, 1]),  # a panel that began to count anew
        ([0, 400, 420, 800], [0, 1, 1, 3]),
        ([0, 4_000], [0, 1]),
    ],
)
async def test_the_same_words_within_five_minutes_are_one_press(
    seconds: list[float], expected: list[int], restarts: bool
) -> None:
    assert expected == await told(seconds, restarts=restarts)


async def test_other_words_and_other_sources_are_other_presses() -> None:
    clock = Clock()
    memory = Presses(Outbox(clock), clock)  # type: ignore[arg-type]
    said = [("gym", "0001 a"), ("gym", "0002 a"), ("gym", "0001 b"), ("safe", "0001 a")]
    assert 4 == len({await memory.press_of(*one) for one in said})


async def test_what_was_forgotten_for_want_of_room_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presses, "MAX_REMEMBERED", 3)
    clock = Clock()
    outbox = Outbox(clock)
    memory = Presses(outbox, clock)  # type: ignore[arg-type]
    clock.seconds = 1_000
    first = [outbox.store("gym", await memory.press_of("gym", str(number))) for number in range(10)]
    clock.seconds += 200
    assert first == [await memory.press_of("gym", str(number)) for number in range(10)]
