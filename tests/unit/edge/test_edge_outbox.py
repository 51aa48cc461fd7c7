"""The outbox, whatever is done to it in whatever order: alarms stay, numbers grow, events are bounded."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from qorgan.domain.places import LocalText
from qorgan.edge.core import outbox
from qorgan.edge.core.store import _connect, _prepare
from qorgan.kernel.errors import Invalid
from qorgan.kernel.ids import SiteId, uuid7
from qorgan.protocols.link.messages import (
    Ack,
    AlarmClaim,
    AlarmRaised,
    CameraChanged,
    CameraInfo,
    Inventory,
    Message,
    PictureResult,
    StorageForecast,
    StreamHealth,
)

SITE = SiteId("kst-012")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
LIMIT = 8  # of the event lane, in these tests


def a_database(directory: Path) -> sqlite3.Connection:
    _prepare(directory / "core.db", SITE, first_seq=0)
    return _connect(directory / "core.db")


def an_alarm(kind: str = "real", button: str = "hall") -> AlarmRaised:
    return AlarmRaised(alarm=uuid7(), button=button, place=LocalText(kk="Фойе"), pressed_at=NOW, kind=kind)


def a_picture(camera: str = "hall", verdict: str = "ok") -> PictureResult:
    return PictureResult(camera=camera, at=NOW, verdict=verdict)


def a_change(camera: str = "hall") -> CameraChanged:
    return CameraChanged(camera=camera, health=StreamHealth(stream="main", state="live"), at=NOW)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = a_database(tmp_path)
    yield connection
    connection.close()


def waiting_events(db: sqlite3.Connection) -> list[tuple[int, str]]:
    rows = outbox.waiting_events(db, SITE, NOW, after=0, limit=1_000, max_bytes=10**9)
    return [(row.seq, row.type) for row in rows]


def test_both_lanes_share_one_counter_and_an_answer_settles_once(db: sqlite3.Connection) -> None:
    alarm = an_alarm()
    outbox.add_event(db, uuid4(), a_picture(), NOW)
    outbox.raise_alarm(db, uuid4(), alarm, NOW)
    [message] = outbox.waiting_alarms(db, SITE, NOW, 10)
    assert message.seq == 2 and message.decode_body() == alarm

    for at in (NOW, NOW + timedelta(hours=1)):
        outbox.settle(db, Ack(stored=(message.id,)), [message.id], at)
    status = outbox.alarm_status(db, alarm.alarm)
    assert status is not None and status.received_at == NOW
    assert outbox.waiting_alarms(db, SITE, NOW, 10) == []
    assert outbox.counts(db).last_seq == 2


def test_a_claim_follows_its_alarm_and_never_overtakes_it(db: sqlite3.Connection) -> None:
    """The centre cannot make anything of a cancel that comes before what is cancelled."""
    alarm = an_alarm()
    outbox.raise_alarm(db, uuid4(), alarm, NOW)
    returned = AlarmClaim(alarm=alarm.alarm, claim="returned", at=NOW)
    claim = uuid4()
    assert [True, False] == [outbox.add_claim(db, claim, returned, NOW) for _ in range(2)]

    [first] = outbox.waiting_alarms(db, SITE, NOW, 10)
    assert "alarm.raised" == first.type
    outbox.settle(db, Ack(refused={str(first.id): "later"}), [first.id], NOW)
    assert [] == outbox.waiting_alarms(db, SITE, NOW, 10)
    outbox.settle(db, Ack(stored=(first.id,)), [first.id], NOW)
    [second] = outbox.waiting_alarms(db, SITE, NOW, 10)
    assert (claim, returned) == (second.id, second.decode_body())
    found = outbox.last_alarm(db, "hall")
    assert found is not None and (alarm.alarm, True) == (found.alarm, found.returned)


def test_a_call_for_the_police_is_never_taken_for_one_for_assistance(db: sqlite3.Connection) -> None:
    press = uuid4()
    for level, fresh in (("P2", True), ("P1", True), ("P2", False)):
        raised = outbox.raise_alarm(db, press, msgspec.structs.replace(an_alarm(), level=level), NOW)
        assert fresh is raised.fresh
    assert 2 == len(outbox.waiting_alarms(db, SITE, NOW, 10))


def test_what_the_centre_lets_us_know_is_kept_once(db: sqlite3.Connection) -> None:
    alarm = an_alarm()
    outbox.raise_alarm(db, uuid4(), alarm, NOW)
    later = NOW + timedelta(seconds=5)
    told = [("owned", NOW), ("owned", later), ("dispatched", later)]
    assert [True, False, True] == [outbox.add_progress(db, alarm.alarm, state, at) for state, at in told]
    assert not outbox.add_progress(db, uuid4(), "owned", NOW), "an alarm that is not ours"
    status = outbox.alarm_status(db, alarm.alarm)
    assert status is not None and {"owned": NOW, "dispatched": later} == status.progress


def test_a_forecast_of_the_disks_travels_too(db: sqlite3.Connection) -> None:
    forecast = StorageForecast(disk="a", at=NOW, min_days=30, days_kept=20, bytes_per_day=1, room_bytes=1)
    assert outbox.add_event(db, uuid4(), forecast, NOW)


def test_an_answer_about_what_was_not_asked_changes_nothing(db: sqlite3.Connection) -> None:
    """A centre that errs, or lies, cannot make a school forget an alarm that it was not sent in this request."""
    outbox.raise_alarm(db, uuid4(), an_alarm(), NOW)
    [message] = outbox.waiting_alarms(db, SITE, NOW, 10)
    outbox.settle(db, Ack(stored=(message.id,), refused={str(message.id): "x"}), [uuid4()], NOW)
    assert outbox.counts(db).alarms == 1


def test_a_refused_alarm_is_tried_again_after_a_while(db: sqlite3.Connection) -> None:
    outbox.raise_alarm(db, uuid4(), an_alarm(), NOW)
    [message] = outbox.waiting_alarms(db, SITE, NOW, 10)
    outbox.settle(db, Ack(refused={str(message.id): "site.unknown"}), [message.id], NOW)
    assert outbox.waiting_alarms(db, SITE, NOW, 10) == []
    assert [row.code for row in outbox.parked(db)] == ["site.unknown"]

    later = NOW + outbox.PARKED_ALARM_AGAIN_AFTER
    [again] = outbox.waiting_alarms(db, SITE, later, 10)
    assert (again.id, again.seq) == (message.id, message.seq)
    outbox.settle(db, Ack(stored=(again.id,)), [again.id], later)
    assert outbox.counts(db) == outbox.Counts(last_seq=1)


def test_when_events_are_too_many_the_stale_ones_go_first(db: sqlite3.Connection) -> None:
    """Of each camera the newest picture result and change outlive all older ones; alarms are not touched."""
    for number in range(5):
        outbox.add_event(db, uuid4(), a_change("hall"), NOW, limit=LIMIT)
        outbox.add_event(db, uuid4(), a_picture("hall", f"ok{number}"), NOW, limit=LIMIT)
        outbox.raise_alarm(db, uuid4(), an_alarm(), NOW)
    outbox.add_event(db, uuid4(), Inventory(cameras=(), buttons=()), NOW, limit=LIMIT)

    counts = outbox.counts(db)
    assert (counts.alarms, counts.events, counts.shed) == (5, LIMIT, 3)
    kept = waiting_events(db)
    assert kept[-2:] == [(14, "picture.result"), (16, "inventory")]  # newest of its topic; never stale
    assert [seq for seq, kind in kept if kind == "camera.changed"] == [1, 4, 7, 10, 13]  # pictures went first
    for number in range(20):
        outbox.add_event(db, uuid4(), a_picture("yard", f"{number}"), NOW, limit=LIMIT)
    assert {"camera.changed", "inventory"} <= {kind for _, kind in waiting_events(db)}


def test_even_when_nothing_is_stale_alarms_are_not_what_goes(db: sqlite3.Connection) -> None:
    outbox.raise_alarm(db, uuid4(), an_alarm(), NOW)
    for _ in range(LIMIT + 5):
        outbox.add_event(db, uuid4(), Inventory(cameras=(), buttons=()), NOW, limit=LIMIT)
    counts = outbox.counts(db)
    assert (counts.alarms, counts.events, counts.shed) == (1, LIMIT, 5)


def test_an_event_that_no_batch_could_carry_is_refused(db: sqlite3.Connection) -> None:
    huge = Inventory(
        cameras=tuple(CameraInfo(key=f"c{n}", name=LocalText(kk="к" * 200)) for n in range(256)), buttons=()
    )
    with pytest.raises(Invalid, match="over the limit"):
        outbox.add_event(db, uuid4(), huge, NOW)


def test_a_batch_is_bounded_in_bytes_but_never_empty(db: sqlite3.Connection) -> None:
    for _ in range(10):
        outbox.add_event(db, uuid4(), a_picture(), NOW)
    assert len(outbox.waiting_events(db, SITE, NOW, after=0, limit=4, max_bytes=10**6)) == 4
    assert len(outbox.waiting_events(db, SITE, NOW, after=0, limit=10, max_bytes=500)) == 2
    assert len(outbox.waiting_events(db, SITE, NOW, after=9, limit=10, max_bytes=1)) == 1


EVENTS: tuple[Message, ...] = (
    *(make(camera) for make in (a_picture, a_change) for camera in ("hall", "yard")),
    Inventory(cameras=(), buttons=()),
)


class OutboxMachine(RuleBasedStateMachine):
    """Presses, events, answers and refusals in any order, each perhaps twice, with restarts in between."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = TemporaryDirectory()
        self.db = a_database(Path(self.directory.name))

    @initialize()
    def begin(self) -> None:
        self.presses: dict[tuple[UUID, str], UUID] = {}
        self.stored: set[UUID] = set()
        self.sent: dict[UUID, tuple[int, UUID]] = {}
        self.now = NOW

    @rule(kind=st.sampled_from(["real", "drill", "test"]))
    def press(self, kind: str) -> None:
        press = uuid4()
        raised = outbox.raise_alarm(self.db, press, an_alarm(kind), self.now)
        assert raised.fresh
        self.presses[press, kind] = raised.alarm

    @rule(data=st.data())
    def press_told_again(self, data: st.DataObject) -> None:
        if self.presses:
            press, kind = data.draw(st.sampled_from(sorted(self.presses, key=str)))
            raised = outbox.raise_alarm(self.db, press, an_alarm(kind), self.now)
            assert not raised.fresh and raised.alarm == self.presses[press, kind]

    @rule(body=st.sampled_from(EVENTS), twice=st.booleans())
    def event(self, body: Message, twice: bool) -> None:
        id = uuid4()
        assert outbox.add_event(self.db, id, body, self.now, limit=LIMIT)
        held = self.db.execute("SELECT 1 FROM outbox WHERE id = ?", (id.bytes,)).fetchone()
        if twice and held:  # in a lane full of weightier things it was shed at once
            assert not outbox.add_event(self.db, id, body, self.now, limit=LIMIT)

    @rule(refuse=st.booleans(), number=st.integers(1, 3))
    def answer_alarms(self, refuse: bool, number: int) -> None:
        asked = outbox.waiting_alarms(self.db, SITE, self.now, number)
        for message in asked:
            alarm = message.decode_body()
            assert isinstance(alarm, AlarmRaised)
            assert self.sent.setdefault(message.id, (message.seq, alarm.alarm)) == (message.seq, alarm.alarm)
        ids = [message.id for message in asked]
        ack = Ack(refused=dict.fromkeys(map(str, ids), "no")) if refuse else Ack(stored=tuple(ids))
        for _ in range(2):
            outbox.settle(self.db, ack, ids, self.now)
        if not refuse:
            self.stored.update(self.sent[id][1] for id in ids)

    @rule(refuse=st.booleans())
    def answer_events(self, refuse: bool) -> None:
        ids = [row.id for row in outbox.waiting_events(self.db, SITE, self.now, after=0, limit=3, max_bytes=10**6)]
        ack = Ack(refused=dict.fromkeys(map(str, ids), "no")) if refuse else Ack(stored=tuple(ids))
        outbox.settle(self.db, ack, ids, self.now)

    @rule()
    def a_minute_passes(self) -> None:
        self.now += timedelta(minutes=1)

    @rule()
    def restart(self) -> None:
        self.db.close()
        _prepare(Path(self.directory.name) / "core.db", SITE, first_seq=0)
        self.db = _connect(Path(self.directory.name) / "core.db")
        outbox.free_parked_events(self.db)

    @invariant()
    def no_alarm_is_lost_or_doubled(self) -> None:
        rows = self.db.execute("SELECT alarm, received_at_us IS NOT NULL FROM alarm").fetchall()
        known = {UUID(bytes=alarm): bool(received) for alarm, received in rows}
        raised = getattr(self, "presses", {})
        assert sorted(known) == sorted(raised.values())
        assert {alarm for alarm, received in known.items() if received} == getattr(self, "stored", set())
        far = NOW + timedelta(days=9)
        waiting = [row.decode_body() for row in outbox.waiting_alarms(self.db, SITE, far, 10_000)]
        open_alarms = sorted(alarm.alarm for alarm in waiting if isinstance(alarm, AlarmRaised))
        assert open_alarms == sorted(alarm for alarm, received in known.items() if not received)

    @invariant()
    def events_are_bounded_and_the_tally_is_true(self) -> None:
        counts = outbox.counts(self.db)
        assert counts.events + counts.events_parked <= LIMIT
        rows = self.db.execute("SELECT lane, parked_code IS NOT NULL, count(*) FROM outbox GROUP BY 1, 2").fetchall()
        counted = {(lane, bool(parked)): number for lane, parked, number in rows}
        assert counts.alarms == counted.get(("alarm", False), 0)
        assert counts.alarms_parked == counted.get(("alarm", True), 0)
        assert counts.events == counted.get(("event", False), 0)
        assert counts.events_parked == counted.get(("event", True), 0)
        (highest,) = self.db.execute("SELECT coalesce(max(seq), 0) FROM outbox").fetchone()
        assert counts.last_seq >= highest

    def teardown(self) -> None:
        self.db.close()
        self.directory.cleanup()


OutboxMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestOutbox = OutboxMachine.TestCase
