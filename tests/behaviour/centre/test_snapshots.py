"""A live screen: old snapshot, events applied, equals fresh snapshot; for every event that the centre announces."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from tests.behaviour.centre.conftest import Town
from tests.support import centre as a

from qorgan.centre import snapshots
from qorgan.centre.alarms import engine
from qorgan.centre.alarms import service as alarms
from qorgan.centre.alarms.models import Alarm, Unit
from qorgan.centre.cameras import service as cameras
from qorgan.centre.dispatch import service as dispatch
from qorgan.centre.events import InMemoryPublisher
from qorgan.centre.intake import store
from qorgan.centre.nodes import service as nodes
from qorgan.centre.nodes.board import News
from qorgan.centre.nodes.models import Node
from qorgan.centre.schools.models import School
from qorgan.centre.supervision import round as rounds
from qorgan.domain.access import Actor, Role
from qorgan.domain.alarms import Disposition, Step
from qorgan.domain.dispatch import Word
from qorgan.domain.places import LocalText
from qorgan.kernel.ids import SiteId
from qorgan.protocols.link.messages import (
    AlarmClaim,
    CameraChanged,
    CameraHealth,
    CameraInfo,
    Inventory,
    Pulse,
    SourceHealth,
    StreamHealth,
    encode,
)

pytestmark = pytest.mark.django_db(transaction=True)
PLURAL = {"school": "schools", "camera": "cameras", "alarm": "alarms", "unit": "units", "incident": "incidents"} | {
    "fault": "faults"
}
Deed = Callable[[Town, Actor], None]


def letter_comes(town: Town, body: Any) -> None:
    answers = store.store_events([store.Arrival(SiteId("kst-012"), encode([a.letter(body)]))])
    assert answers[0] is not None and len(answers[0].ack.stored) == 1


def pressed(town: Town, actor: Actor) -> None:
    raised = encode(a.letter(a.alarm_raised()))
    assert store.store_alarms([store.Arrival(SiteId("kst-012"), raised)])[0] is not None


def stepped(*steps: Step) -> Deed:
    """Steps of one officer; a countersignature is another's."""

    def deed(town: Town, actor: Actor) -> None:
        alarm, second = Alarm.objects.get(), a.an_officer(town.centre)
        until = timezone.now() + timedelta(hours=1)
        for step in steps:
            who = second if step in (Step.COUNTERSIGN, Step.CONFIRM_SHELF) else actor
            said: dict[str, Any] = {"note": "тыныш", "disposition": Disposition.TRUE, "until": until}
            alarms.step(who, alarm.pk, step, **said)

    return deed


def sent(town: Town, actor: Actor) -> None:
    dispatch.offer(actor, Alarm.objects.get().pk, Unit.objects.get().pk, note="", word=Word(by="сержант Төлеуов"))


def claimed(claim: str, *, duress: bool = False) -> Deed:
    def deed(town: Town, actor: Actor) -> None:
        body = AlarmClaim(alarm=Alarm.objects.get().pk, claim=claim, at=datetime.now(UTC), duress=duress)
        raised = encode(a.letter(body))
        assert store.store_alarms([store.Arrival(SiteId("kst-012"), raised)])[0] is not None

    return deed


def time_passes(seconds: float) -> Deed:
    def deed(town: Town, actor: Actor) -> None:
        assert engine.turn(timezone.now() + timedelta(seconds=seconds)).done == 1

    return deed


def five_pressed(town: Town, actor: Actor) -> None:
    for _ in range(5):
        pressed(town, actor)


def inventory(*keys: str) -> Deed:
    told = tuple(CameraInfo(key=key, name=LocalText(kk=key)) for key in keys)
    return lambda town, _: letter_comes(town, Inventory(cameras=told, buttons=()))


def changed(town: Town, actor: Actor) -> None:
    health = StreamHealth(stream="main", state="stalled", reason="no_frames", since=datetime.now(UTC))
    letter_comes(town, CameraChanged(camera="hall", health=health, at=datetime.now(UTC)))


def told_by_a_pulse(town: Town, actor: Actor) -> None:
    streams = (StreamHealth(stream="main", state="failed", reason="timeout"),)
    cameras.take_health(town.school, [CameraHealth(key="hall", streams=streams)], datetime.now(UTC))


def news(*, online: bool) -> Deed:
    def deed(town: Town, actor: Actor) -> None:
        now = timezone.now() + timedelta(minutes=1)
        pulse = Pulse(at=now, started_at=now)
        nodes.record([News(site=SiteId("kst-012"), online=online, heard_at=now, pulse=pulse)])

    return deed


def appeared(town: Town, actor: Actor) -> None:
    Node.objects.filter(school=town.school).delete()
    news(online=True)(town, actor)


def source(state: str) -> Deed:
    """A way in of the school breaks, or is whole again."""

    def deed(town: Town, actor: Actor) -> None:
        faults = ("line_open", "tamper") if state == "fault" else ()
        said = SourceHealth(key="hall", kind="contact", state=state, since=datetime.now(UTC), faults=faults)
        letter_comes(town, said)

    return deed


def silent(*sites: str) -> Deed:
    """These fall silent together; of those that were silent the others are heard again."""

    def deed(town: Town, actor: Actor) -> None:
        for number in range(4):
            if not School.objects.filter(site=f"kst-{number}").exists():
                a.a_school(f"kst-{number}")
        now = timezone.now()
        nodes.record([News(site=SiteId(site), online=site not in sites, heard_at=now) for site in CITY])
        rounds.look_around()

    return deed


CITY = ("kst-0", "kst-1", "kst-2", "kst-3", "kst-012")

# name → (what was done before the old snapshot, what is done after it, topics that must be heard)
DEEDS: dict[str, tuple[list[Deed], Deed, set[str]]] = {
    "an alarm is raised": ([], pressed, {"alarm", "school"}),
    "it is presented": ([pressed], stepped(Step.PRESENT), {"alarm"}),
    "it is owned": ([pressed], stepped(Step.ACKNOWLEDGE), {"alarm"}),
    "it is judged": ([pressed, stepped(Step.ACKNOWLEDGE)], stepped(Step.REFUTE), {"alarm"}),
    "a unit is sent": ([pressed, stepped(Step.ACKNOWLEDGE, Step.CONFIRM)], sent, {"alarm", "unit"}),
    "its closure is signed": ([pressed, stepped(Step.ACKNOWLEDGE, Step.REFUTE)], stepped(Step.CLOSE), {"alarm"}),
    "it is closed": (
        [pressed, stepped(Step.ACKNOWLEDGE, Step.CONFIRM), sent, stepped(Step.CLOSE)],
        stepped(Step.COUNTERSIGN),
        {"alarm", "school", "unit"},
    ),
    "its lease is renewed": ([pressed, stepped(Step.ACKNOWLEDGE)], stepped(Step.RENEW), {"alarm"}),
    "it is shelved": ([pressed], stepped(Step.SHELVE, Step.CONFIRM_SHELF), {"alarm"}),
    "nobody takes it": ([pressed], time_passes(60), {"alarm"}),
    "its owner is gone": ([pressed, stepped(Step.ACKNOWLEDGE)], time_passes(100), {"alarm"}),
    "the school cancels": ([pressed], claimed("cancel"), {"alarm"}),
    "it is pressed again": ([pressed], claimed("again"), {"alarm"}),
    "it is pressed again after its end": (
        [pressed, stepped(Step.ACKNOWLEDGE, Step.REFUTE, Step.CLOSE, Step.COUNTERSIGN)],
        claimed("again"),
        {"alarm", "school"},
    ),
    "many are raised at once": ([pressed], five_pressed, {"alarm", "incident"}),
    "a camera is added": ([], inventory("hall", "yard"), {"camera", "school"}),
    "a camera is renamed": ([inventory("hall", "yard")], inventory("yard", "hall"), {"camera"}),
    "a camera is taken away": ([inventory("hall", "yard")], inventory("yard"), {"camera", "school"}),
    "a camera stalls": ([], changed, {"camera", "school"}),
    "a pulse tells of a failed camera": ([], told_by_a_pulse, {"camera", "school"}),
    "a node falls silent": ([], news(online=False), {"camera", "school"}),
    "a node returns": ([news(online=False)], news(online=True), {"camera", "school"}),
    "a node appears": ([], appeared, {"camera", "school"}),
    "time passes": ([], news(online=True), {"school"}),
    "a way in breaks": ([], source("fault"), {"fault"}),
    "a way in is whole again": ([source("fault")], source("ok"), {"fault"}),
    "nodes fall silent together": ([silent()], silent(*CITY), {"fault"}),
    "one of them is heard again": ([silent(*CITY)], silent(*CITY[1:]), {"fault"}),
    "all of them are heard again": ([silent(*CITY)], silent(), {"fault"}),
}


@pytest.mark.parametrize("name", DEEDS)
def test_old_snapshot_with_events_applied_equals_fresh_snapshot(
    committed_town: Town, heard: InMemoryPublisher, name: str
) -> None:
    town = committed_town
    a.a_unit(town.centre)
    officer = a.an_officer(town.centre)
    viewers = [
        officer,
        a.an_actor(Role.HEAD, school=town.school),
        a.an_actor(Role.INSPECTOR, regions=(a.ASTANA,)),
        a.an_actor(Role.MINISTRY),
        a.an_actor(Role.ADMINISTRATOR),
    ]
    before, deed, topics = DEEDS[name]
    for earlier in before:
        earlier(town, officer)
    screens = [snapshots.snapshot(viewer) for viewer in viewers]
    heard.events.clear()

    deed(town, officer)

    for viewer, screen in zip(viewers, screens, strict=True):
        for event in heard.events:
            apply(screen, event.topic, snapshots.view(event.topic, event.id, viewer))
        assert sorted_(screen) == sorted_(snapshots.snapshot(viewer)), viewer.role
    assert topics <= {event.topic for event in heard.events}


def apply(screen: dict[str, list[dict[str, Any]]], topic: str, data: dict[str, Any] | None) -> None:
    """What the console does with an event: replace by id; closed alarms and cameras taken away leave."""
    if data is None:
        return
    items = {item["id"]: item for item in screen[PLURAL[topic]]}
    known = items.get(data["id"])
    if topic == "alarm" and known is not None and known["version"] > data["version"]:
        return
    items[data["id"]] = data
    if data.get("closed_at") or data.get("ended_at") or data.get("present") is False:
        del items[data["id"]]
    screen[PLURAL[topic]] = list(items.values())


def sorted_(screen: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {name: sorted(items, key=lambda item: str(item["id"])) for name, items in screen.items()}


def test_an_event_says_where_it_lies(committed_town: Town, heard: InMemoryPublisher) -> None:
    pressed(committed_town, a.an_officer(committed_town.centre))

    said = [json.loads(event.as_json()) for event in heard.events]

    place = {"schools": [str(committed_town.school.pk)], "region": a.KOSTANAY, "district": a.CITY}
    assert said == [
        {"topic": "alarm", "id": str(Alarm.objects.get().pk), "urgent": True, "local": True} | place,
        {"topic": "school", "id": str(committed_town.school.pk), "urgent": False, "local": True} | place,
    ]


def test_nothing_is_announced_when_the_transaction_rolls_back(committed_town: Town, heard: InMemoryPublisher) -> None:
    alarm = a.an_alarm(committed_town.school)
    heard.events.clear()

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        alarms.step(a.an_officer(committed_town.centre), alarm.pk, Step.ACKNOWLEDGE)
        raise ZeroDivisionError

    assert heard.events == []


def test_snapshots_hold_only_jsons_own_types(committed_town: Town) -> None:
    a.an_alarm(committed_town.school)
    seen = snapshots.snapshot(a.an_officer(committed_town.centre))

    assert json.loads(json.dumps(seen)) == seen
    assert seen["alarms"][0]["received_at"].endswith("Z")


def test_the_api_and_the_snapshot_say_the_same(committed_town: Town) -> None:
    from tests.behaviour.centre.conftest import desk

    town = committed_town
    alarm = a.an_alarm(town.school)
    person = a.a_person(Role.DUTY_OFFICER, centre=town.centre)
    somebody = desk(person)
    from qorgan.centre.access import service as access

    seen = snapshots.snapshot(access.actor_for(person))
    school = next(one for one in seen["schools"] if one["id"] == str(town.school.pk))
    camera = next(one for one in seen["cameras"] if one["id"] == str(town.hall.pk))

    assert somebody.get(f"/schools/{town.school.pk}").json() == school
    assert somebody.get(f"/cameras/{town.hall.pk}").json() == camera
    assert somebody.get(f"/alarms/{alarm.pk}").json() == seen["alarms"][0]
