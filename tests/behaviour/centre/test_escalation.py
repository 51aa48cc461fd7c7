"""Whom the rungs of the ladder call: those who sit at a desk and can hear; and where nobody does, louder, everybody."""

from datetime import datetime, timedelta

import pytest
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre import snapshots
from qorgan.centre.access import service as access
from qorgan.centre.alarms import engine
from qorgan.centre.alarms.models import Alarm
from qorgan.centre.duty.models import Console, DutyDesk
from qorgan.centre.duty.roster import see_consoles
from qorgan.centre.notices import outbox
from qorgan.centre.notices.models import Delivery, Subscription
from qorgan.centre.supervision import desks
from qorgan.centre.territory.models import OperationsCentre
from qorgan.domain.access import Role
from qorgan.domain.notices import Channel

pytestmark = pytest.mark.django_db


def an_officer(centre: OperationsCentre, name: str) -> Desk:
    return desk(a.a_person(Role.DUTY_OFFICER, f"{name}@qorgan.test", centre=centre))


def sits_down(officer: Desk, centre: OperationsCentre) -> None:
    place = DutyDesk.objects.create(centre=centre, name_kk=f"{officer.user.email} пульті")
    assert officer.post("/duty/shift", {"desk": str(place.pk)}).status_code == 200


def rungs(alarm: Alarm, seconds: float) -> list[tuple[str, str, set[str]]]:
    """What the log says after so many seconds: whom each rung meant, why these people, and who they are."""
    engine.turn(at(alarm, seconds))
    lines = [line.data for line in alarm.lines.filter(action="escalated").order_by("number")]
    return [
        (one["to"], one["why"], {person["name"].split()[-1].split("@")[0] for person in one["people"]}) for one in lines
    ]


def at(alarm: Alarm, seconds: float) -> datetime:
    return alarm.received_at + timedelta(seconds=seconds)


@pytest.fixture
def day(town: Town) -> dict[str, Desk]:
    """Three officers: one at a desk, one supervisor at a desk, one at home."""
    people = {name: an_officer(town.centre, name) for name in ("desk", "chief", "home")}
    sits_down(people["desk"], town.centre)
    sits_down(people["chief"], town.centre)
    town.centre.supervisors.add(people["chief"].user)
    return people


def test_a_rung_calls_those_who_sit_at_a_desk_and_nobody_at_home(town: Town, day: dict[str, Desk]) -> None:
    alarm = a.an_alarm(town.school)

    assert rungs(alarm, 31) == [("officer", "again", {"desk", "chief"}), ("supervisor", "supervisor", {"chief"})]


def test_the_next_officer_is_one_who_was_not_called_before(town: Town, day: dict[str, Desk]) -> None:
    """A console that is switched off hears nothing: its officer is the next, and so is whoever has a console open."""
    alarm = a.an_alarm(town.school)
    see_consoles([day["desk"].user.pk, day["home"].user.pk], at(alarm, 14))
    Console.objects.create(officer=day["chief"].user, seen_at=at(alarm, -60))

    assert rungs(alarm, 15) == [("officer", "next", {"chief", "home"})]


def test_the_rules_are_frozen_at_the_raise_and_the_people_are_not(town: Town, day: dict[str, Desk]) -> None:
    """Whoever has gone home cannot hear; who has come since can."""
    alarm = a.an_alarm(town.school)
    day["chief"].post("/duty/shift/end")
    sits_down(day["home"], town.centre)

    assert rungs(alarm, 15) == [("officer", "again", {"desk", "home"})]
    assert [rung["after_s"] for rung in Alarm.objects.get().ladder] == [15, 30, 45]


def test_where_nobody_sits_everybody_is_called_louder_and_a_fault_stands(town: Town) -> None:
    people = [an_officer(town.centre, name) for name in ("first", "second")]
    DutyDesk.objects.create(centre=town.centre, name_kk="1-пульт")
    alarm = a.an_alarm(town.school)
    before = people[0].get(f"/alarms/{alarm.pk}").json()["alerts"]

    called = rungs(alarm, 46)
    desks.look_at_desks()

    everybody = {"first", "second"}
    assert called == [
        ("officer", "nobody_at_desk", everybody),
        ("supervisor", "no_supervisor", everybody),
        ("neighbour", "no_neighbour", everybody),
    ]
    assert people[0].get(f"/alarms/{alarm.pk}").json()["alerts"] == before + 3, "screens ring anew at each"
    (fault,) = people[0].get("/supervision/faults", state="open").json()["items"]
    assert (fault["code"], fault["centre"]["id"], fault["school"]) == ("desk.nobody", str(town.centre.pk), None)
    elsewhere = an_officer(a.a_centre(regions=(a.ASTANA,)), "elsewhere")
    assert elsewhere.get("/supervision/faults", state="open").json()["items"] == []
    seen = snapshots.snapshot(access.actor_for(people[0].user))["faults"]
    assert [one["id"] for one in seen] == [fault["id"]]

    sits_down(people[0], town.centre)
    desks.look_at_desks()
    assert people[0].get("/supervision/faults", state="open").json()["items"] == []


def test_a_centre_without_desks_has_that_fault_while_an_alarm_calls_in_vain(town: Town) -> None:
    officer = an_officer(town.centre, "only")
    alarm = a.an_alarm(town.school)
    assert desks.look_at_desks() == []

    engine.turn(at(alarm, 15))
    (opened,) = desks.look_at_desks()
    officer.post(f"/alarms/{alarm.pk}/acknowledgement")
    (closed,) = desks.look_at_desks()

    assert opened.closed_at is None and closed.pk == opened.pk and closed.closed_at is not None


def test_when_no_supervisor_is_there_all_of_them_are_called(town: Town, day: dict[str, Desk]) -> None:
    town.centre.supervisors.set([day["home"].user])
    alarm = a.an_alarm(town.school)

    assert rungs(alarm, 30)[-1] == ("supervisor", "supervisor_away", {"desk", "chief", "home"})


def test_the_neighbour_is_called_at_its_desks(town: Town, day: dict[str, Desk]) -> None:
    neighbour = a.a_centre(regions=(a.ASTANA,))
    town.centre.neighbour = neighbour
    town.centre.save()
    sits_down(an_officer(neighbour, "there"), neighbour)
    an_officer(neighbour, "asleep")
    alarm = a.an_alarm(town.school)

    assert rungs(alarm, 45)[-1] == ("neighbour", "at_desk", {"there"})


# --- who is told away from the screen ------------------------------------------------------------------------------


def browser_of(officer: Desk) -> str:
    """This person's browser is told of alarms."""
    Subscription.objects.create(
        owner=officer.user,
        channel=Channel.PUSH,
        name=officer.user.email,
        address="https://push.example/x",
        address_key=str(officer.user.pk),
        secret=b"",
        language="kk",
        events=["alarm.raised", "alarm.escalated"],
        everywhere=True,
    )
    return officer.user.email


def told() -> list[tuple[str, str]]:
    rows = Delivery.objects.select_related("subscription").order_by("created_at", "pk")
    return [(row.event, row.subscription.name.split("@")[0]) for row in rows]


def test_browsers_hear_of_an_alarm_when_its_ladder_calls_their_officer(town: Town, day: dict[str, Desk]) -> None:
    """Nobody at home is woken by every alarm; the neighbour's officer hears of one outside of their territory."""
    neighbour = a.a_centre(regions=(a.ASTANA,))
    town.centre.neighbour = neighbour
    town.centre.save()
    there = an_officer(neighbour, "there")
    sits_down(there, neighbour)
    for officer in (*day.values(), there):
        browser_of(officer)
    head = desk(a.a_person(Role.HEAD, "head@qorgan.test", school=town.school))
    browser_of(head)
    reader = outbox.AlarmReader()
    reader.read()

    alarm = a.an_alarm(town.school)
    reader.read()
    assert sorted(told()) == [("alarm.raised", "chief"), ("alarm.raised", "desk"), ("alarm.raised", "head")]

    Delivery.objects.all().delete()
    engine.turn(at(alarm, 45))
    reader.read()
    heard: dict[str, int] = {}
    for _, name in told():
        heard[name] = heard.get(name, 0) + 1
    assert heard == {"desk": 1, "chief": 2, "there": 1, "head": 3}, "a head is told of every step, as ever"


def test_where_nobody_sits_every_officers_browser_hears_of_the_raise(town: Town) -> None:
    for name in ("first", "second"):
        browser_of(an_officer(town.centre, name))
    reader = outbox.AlarmReader()
    reader.read()

    a.an_alarm(town.school)
    reader.read()

    assert sorted(told()) == [("alarm.raised", "first"), ("alarm.raised", "second")]
