"""What the centre says to schools: progress for the presser, orders. Said again until the school has answered."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre import keys
from qorgan.centre.alarms import claims, telling
from qorgan.centre.alarms.models import ActionOrder, Alarm
from qorgan.centre.alarms.telling import Teller
from qorgan.centre.notices.apart import apart
from qorgan.domain.access import Role
from qorgan.kernel.errors import Forbidden, Unavailable
from qorgan.kernel.ids import SiteId, uuid7
from qorgan.protocols.link.commands import AlarmProgress, OrderAction, Reply
from qorgan.protocols.link.grants import Action, verify
from qorgan.protocols.link.messages import AlarmClaim, Message

pytestmark = pytest.mark.django_db(transaction=True)
SITE = SiteId("kst-012")
T = TypeVar("T")


class Nodes:
    """The schools' nodes: away, refusing or consenting. Keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[SiteId, str, Message]] = []
        self.away, self.refusal = False, ""

    async def ask(self, site: SiteId, name: str, message: Message) -> Reply:
        self.asked.append((site, name, message))
        if self.away:
            raise Unavailable("it does not answer")
        if self.refusal:
            raise Forbidden("no", code=self.refusal)
        return Reply()

    def told(self) -> list[str]:
        return [said.state for _, _, said in self.asked if isinstance(said, AlarmProgress)]

    def ordered(self) -> list[str]:
        return [said.action for _, _, said in self.asked if isinstance(said, OrderAction)]


def in_thread(work: Callable[..., T]) -> Callable[..., Awaitable[T]]:
    """`work`, callable from a loop, without a connection of the database left behind."""

    async def call(*arguments: Any) -> T:
        return await apart(partial(work, *arguments))

    return call


@asynccontextmanager
async def telling_schools(nodes: Nodes) -> AsyncIterator[None]:
    running = asyncio.create_task(Teller(nodes, every_s=0.01).run())
    try:
        yield
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not await in_thread(condition)():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        await asyncio.sleep(0.02)


async def act(officer: Desk, path: str, **body: str) -> dict[str, str]:
    answer = await in_thread(officer.post)(path, body)
    assert answer.status_code == 200, answer.content
    said: dict[str, str] = answer.json()
    return said


def hurry() -> None:
    """As if the time until the next attempt had passed."""
    Alarm.objects.filter(presser_due__isnull=False).update(presser_due=timezone.now())
    ActionOrder.objects.filter(due_at__isnull=False).update(due_at=timezone.now())


async def test_the_presser_hears_how_far_it_is(committed_town: Town, officer: Desk) -> None:
    nodes, alarm = Nodes(), await in_thread(a.an_alarm)(committed_town.school)
    path = f"/alarms/{alarm.pk}"
    async with telling_schools(nodes):
        await act(officer, f"{path}/acknowledgement")
        await until(lambda: Alarm.objects.get().presser_told == "owned", "the school knows that it is owned")
        await act(officer, f"{path}/verification", verdict="confirmed")
        await act(officer, f"{path}/release")

    seen = (await in_thread(officer.get)(path)).json()
    assert nodes.asked[0][:2] == (SITE, "progress") and nodes.told() == ["owned"]
    assert seen["presser"] == "owned", "what was told is not taken back"


async def test_a_school_that_is_away_is_told_when_it_is_back(committed_town: Town, officer: Desk) -> None:
    nodes, alarm = Nodes(), await in_thread(a.an_alarm)(committed_town.school)
    nodes.away = True
    async with telling_schools(nodes):
        await act(officer, f"/alarms/{alarm.pk}/acknowledgement")
        await until(lambda: len(nodes.asked) > 0 and Alarm.objects.get().presser_tries > 0, "it was tried")
        await until(lambda: Alarm.objects.get().presser_due != None, "it stays due")  # noqa: E711
    nodes.away = False
    async with telling_schools(nodes):  # after a restart
        await in_thread(hurry)()
        await until(lambda: Alarm.objects.get().presser_told == "owned", "the school knows")
    row = await in_thread(Alarm.objects.get)()
    assert row.presser_due is None


async def test_who_dies_while_telling_has_told_nothing_yet(committed_town: Town, officer: Desk) -> None:
    alarm = await in_thread(a.an_alarm)(committed_town.school)
    await act(officer, f"/alarms/{alarm.pk}/acknowledgement")
    now = timezone.now()

    (wish,) = await in_thread(telling.take_progress)(now)
    assert await in_thread(telling.take_progress)(now) == [], "it is on its way"
    (same,) = await in_thread(telling.take_progress)(now + telling.SENT_FOR)

    assert wish.message == same.message


async def test_an_order_is_given_once_and_signed(committed_town: Town, officer: Desk) -> None:
    nodes = Nodes()
    async with telling_schools(nodes):
        order = await act(officer, f"/schools/{committed_town.school.pk}/actions", action="lockdown")
        await until(lambda: ActionOrder.objects.get().state == "taken", "the school has it")

    ((site, name, said),) = nodes.asked
    assert isinstance(said, OrderAction) and (site, name) == (SITE, "action")
    key = keys.grant_key(settings.QORGAN.data)
    grant = verify(said.grant, key, site=SITE, now=timezone.now())
    assert (grant.id, grant.action, grant.purpose) == (order["id"], Action.ACTION, "lockdown")
    assert (said.action, said.kind, said.by) == ("lockdown", "real", officer.user.name)
    listed = (await in_thread(officer.get)(f"/schools/{committed_town.school.pk}/orders")).json()["items"]
    assert [(one["action"], one["state"]) for one in listed] == [("lockdown", "taken")]


async def test_a_newer_order_takes_the_place_of_one_that_the_school_never_got(
    committed_town: Town, officer: Desk
) -> None:
    nodes, path = Nodes(), f"/schools/{committed_town.school.pk}/actions"
    nodes.away = True
    async with telling_schools(nodes):
        await act(officer, path, action="lockdown")
        await until(lambda: nodes.ordered() == ["lockdown"], "it was tried")
        await act(officer, f"{path}/all-clear")
        nodes.away = False
        await until(lambda: ActionOrder.objects.get(action="all_clear").state == "taken", "the school has it")
        await in_thread(hurry)()

    orders = await in_thread(lambda: dict(ActionOrder.objects.values_list("action", "state")))()
    assert orders == {"lockdown": "superseded", "all_clear": "taken"}
    assert nodes.ordered()[-1] == "all_clear"


async def test_a_school_that_says_no_is_not_asked_again(committed_town: Town, officer: Desk) -> None:
    nodes = Nodes()
    nodes.refusal = "action.unknown"
    async with telling_schools(nodes):
        await act(officer, f"/schools/{committed_town.school.pk}/actions", action="shelter")
        await until(lambda: ActionOrder.objects.get().state == "refused", "its no is written down")

    row = await in_thread(ActionOrder.objects.get)()
    assert (row.answer, row.due_at) == ("action.unknown", None)


def test_who_may_order_and_who_may_not(committed_town: Town, officer: Desk) -> None:
    head = desk(a.a_person(Role.HEAD, school=committed_town.school))
    inspector = desk(a.a_person(Role.INSPECTOR, regions=(a.KOSTANAY,)))
    for person in (head, inspector):
        assert person.post(f"/schools/{committed_town.school.pk}/actions", {"action": "hold"}).status_code == 403
    assert officer.post(f"/schools/{committed_town.far.pk}/actions", {"action": "hold"}).status_code == 404
    assert officer.post(f"/schools/{committed_town.school.pk}/actions", {"action": "all_clear"}).status_code == 422


# --- what the school says ------------------------------------------------------------------------------------------


def said(town: Town, alarm: Alarm, claim: str, *, duress: bool = False) -> None:
    body = AlarmClaim(alarm=alarm.pk, claim=claim, at=timezone.now(), by="Вахта", duress=duress)
    with telling.transaction.atomic():
        assert claims.take(town.school, uuid7(), body, timezone.now()) is None


def test_a_cancel_by_telephone_is_a_claim_too(committed_town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(committed_town.school, kind="drill")
    path = f"/alarms/{alarm.pk}"
    officer.post(f"{path}/acknowledgement")
    officer.post(f"{path}/verification", {"verdict": "confirmed"})

    claimed = officer.post(f"{path}/claim", {"by": "Айгүл Сәрсенова", "note": "оқушы ойнаған"}).json()
    closing = officer.post(f"{path}/closure", {"disposition": "drill"})

    assert claimed["state"] == "confirmed" and claimed["claimed"]
    assert [(one["claim"], one["by"]) for one in claimed["claims"]] == [("cancel", "Айгүл Сәрсенова")]
    assert closing.json()["code"] == "alarm.claimed"


def test_a_cancel_under_threat_raises_it_and_tells_nobody_at_the_school(committed_town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(committed_town.school, level="P3")
    officer.post(f"/alarms/{alarm.pk}/acknowledgement")
    Alarm.objects.update(presser_due=None)

    said(committed_town, alarm, "cancel", duress=True)

    seen = officer.get(f"/alarms/{alarm.pk}").json()
    assert (seen["level"], seen["duress"], seen["alerts"], seen["two_persons"]) == ("P1", True, 2, True)
    assert seen["claims"][0]["duress"]
    assert Alarm.objects.get().presser_due is None, "at the school nothing is different"


def test_another_press_is_counted_and_one_after_the_end_is_a_new_alarm(committed_town: Town, officer: Desk) -> None:
    alarm = a.an_alarm(committed_town.school, kind="test")
    path = f"/alarms/{alarm.pk}"
    said(committed_town, alarm, "again")
    officer.post(f"{path}/acknowledgement")
    officer.post(f"{path}/verification", {"verdict": "false"})
    officer.post(f"{path}/closure", {"disposition": "test"})

    said(committed_town, alarm, "again")

    first = officer.get(path).json()
    (new,) = officer.get("/alarms", state="open").json()["items"]
    assert (first["presses"], first["alerts"], first["state"]) == (2, 2, "closed")
    assert (new["button"], new["kind"], new["state"]) == ("hall", "test", "stored")


def test_a_claim_that_overtook_its_alarm_waits_for_it(committed_town: Town) -> None:
    from tests.support.centre import alarm_raised, letter

    from qorgan.centre.intake import store
    from qorgan.protocols.link.messages import encode

    raised = alarm_raised()
    claim = letter(AlarmClaim(alarm=raised.alarm, claim="returned", at=timezone.now()))
    for envelope in (claim, claim, letter(raised)):
        (answer,) = store.store_alarms([store.Arrival(SITE, encode(envelope))])
        assert answer is not None and answer.ack.stored == (envelope.id,)

    row = Alarm.objects.get()
    assert row.returned_at is not None and row.state == "stored"
    assert row.lines.filter(action="claimed").count() == 1
    assert not claims.EarlyClaim.objects.exists()


def test_nobody_claims_anything_of_another_schools_alarm(committed_town: Town) -> None:
    alarm = a.an_alarm(committed_town.school)
    body = AlarmClaim(alarm=alarm.pk, claim="cancel", at=timezone.now())

    with transaction.atomic():
        refusal = claims.take(committed_town.neighbour, uuid7(), body, timezone.now())

    assert refusal is not None and refusal.code == "alarm.id_taken"
    assert not Alarm.objects.get().claimed


@pytest.mark.parametrize(("tries", "seconds"), [(0, 1), (1, 2), (3, 8), (5, 10), (60, 10)])
def test_one_waits_longer_each_time_and_never_long(tries: int, seconds: float) -> None:
    assert telling.wait(tries, telling.ORDER_AGAIN) == timedelta(seconds=seconds)
