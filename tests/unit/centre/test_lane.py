"""The lane of alarms: the grave ones first, and what is sent again keeps its one place."""

import asyncio
import threading
from collections.abc import Sequence
from uuid import UUID

from qorgan.centre.intake.lane import Lane, Lanes, Waiting
from qorgan.centre.intake.store import Answer, Arrival
from qorgan.kernel.ids import SiteId, uuid7
from qorgan.protocols.link.messages import Ack

SITE = SiteId("kst-012")


class Request:
    """What a school waits on."""

    def __init__(self) -> None:
        self.answered = 0

    async def respond(self, data: bytes) -> None:
        assert data
        self.answered += 1


class Shelf:
    """Stores what it is given, and remembers in which order and in how many goes."""

    def __init__(self) -> None:
        self.batches: list[list[bytes]] = []

    def __call__(self, arrivals: Sequence[Arrival]) -> list[Answer | None]:
        self.batches.append([arrival.data for arrival in arrivals])
        return [Answer(site=arrival.site, ack=Ack(), seqs=(1,)) for arrival in arrivals]


def a_lane(shelf: Shelf, *, room: int = 100, together: int = 3) -> Lane:
    return Lane("test", shelf, room=room, together=together, on_stored=lambda _: None)


async def drain(lane: Lane | Lanes) -> None:
    running = asyncio.create_task(lane.run())
    await lane.idle(at_most_s=100)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def waiting(text: str, *, id: UUID | None = None, urgent: bool = False) -> tuple[Waiting, Request]:
    request = Request()
    return Waiting(Arrival(SITE, text.encode()), request, id=id, urgent=urgent), request


async def test_what_yields_to_alarms_has_its_turn_in_a_storm_that_does_not_end() -> None:
    """Nobody stores: the lane is never idle. Faults of nodes and gaps in their counts are written all the same."""
    lane = a_lane(Shelf())
    await lane.offer(waiting("p3")[0])
    await asyncio.wait_for(lane.idle(at_most_s=0.01), 100)


async def test_a_grave_alarm_does_not_wait_behind_a_storm() -> None:
    shelf = Shelf()
    lane = a_lane(shelf)
    for number in range(5):
        await lane.offer(waiting(f"p3 {number}")[0])
    await lane.offer(waiting("p1", urgent=True)[0])
    await drain(lane)
    assert shelf.batches == [[b"p1", b"p3 0", b"p3 1"], [b"p3 2", b"p3 3", b"p3 4"]]


async def test_what_is_sent_again_while_it_waits_is_stored_once_and_the_newer_request_answered() -> None:
    shelf, id = Shelf(), uuid7()
    lane = a_lane(shelf)
    first, forgotten = waiting("again", id=id)
    second, asking = waiting("again", id=id)
    for one in (first, waiting("other")[0], second):
        await lane.offer(one)
    await drain(lane)
    assert shelf.batches == [[b"again", b"other"]]
    assert (forgotten.answered, asking.answered) == (0, 1)


async def test_what_is_sent_again_after_it_was_stored_is_answered_without_a_transaction() -> None:
    """The answer was late or was lost, and in a storm everybody asks again."""
    shelf, id = Shelf(), uuid7()
    lane = a_lane(shelf)
    await lane.offer(waiting("once", id=id)[0])
    await drain(lane)
    again, asking = waiting("once", id=id)
    await lane.offer(again)
    assert asking.answered == 1
    elsewhere = Waiting(Arrival(SiteId("kst-013"), b"the same id"), other := Request(), id=id)
    await lane.offer(elsewhere)
    assert other.answered == 0, "an id is one site's: the other is judged by the database"
    assert shelf.batches == [[b"once"]]


async def test_a_full_lane_turns_away_what_is_new_and_keeps_what_is_known() -> None:
    shelf, id = Shelf(), uuid7()
    lane = a_lane(shelf, room=2)
    known, _ = waiting("known", id=id)
    for one in (known, waiting("second")[0], waiting("too much")[0]):
        await lane.offer(one)
    again, asking = waiting("known", id=id)
    await lane.offer(again)
    await drain(lane)
    assert lane.turned_away == 1
    assert shelf.batches == [[b"known", b"second"]]
    assert asking.answered == 1


async def test_lanes_store_beside_each_other_and_a_school_is_never_in_two_of_them() -> None:
    """Twenty schools send five messages each. Both lanes store at once; each school keeps its order."""
    both, busy, shelf, lock = threading.Barrier(2), set[SiteId](), Shelf(), threading.Lock()

    def store(arrivals: Sequence[Arrival]) -> list[Answer | None]:
        sites = {arrival.site for arrival in arrivals}
        with lock:
            assert not busy & sites
            busy.update(sites)
            first = len(shelf.batches) < 2
            answers = shelf(arrivals)
        if first:
            both.wait(timeout=100)
        with lock:
            busy.difference_update(sites)
        return answers

    lanes = Lanes("test", store, number=2, room=100, together=7, on_stored=lambda _: None)
    requests = []
    for number in range(5):
        for school in range(20):
            requests.append(Request())
            await lanes.offer(Waiting(Arrival(SiteId(f"kst-{school}"), f"{school} {number}".encode()), requests[-1]))
    await drain(lanes)
    stored = [tuple(map(int, data.split())) for batch in shelf.batches for data in batch]
    assert sorted(stored) == [(school, number) for school in range(20) for number in range(5)]
    assert all([n for s, n in stored if s == school] == [0, 1, 2, 3, 4] for school in range(20))
    assert all(request.answered == 1 for request in requests)
