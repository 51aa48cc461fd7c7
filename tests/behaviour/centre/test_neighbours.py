"""The neighbouring centre is called: its officers see that school's cameras for that alarm, and nothing more."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.behaviour.centre.conftest import Town, desk
from tests.support import centre as a

from qorgan.centre import snapshots
from qorgan.centre.access import service as access
from qorgan.centre.access.models import WatchLine
from qorgan.centre.alarms import engine
from qorgan.centre.alarms.models import Alarm
from qorgan.centre.cameras.models import Camera
from qorgan.centre.events import InMemoryPublisher
from qorgan.centre.ledger import verify
from qorgan.domain.access import Actor, Role
from qorgan.domain.cameras import StreamName
from qorgan.kernel.errors import Forbidden, NotFound, Rejected
from qorgan.protocols.link.grants import Action

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def guest(committed_town: Town) -> Actor:
    """An officer of the centre next door."""
    neighbour = a.a_centre(regions=(a.ASTANA,))
    committed_town.centre.neighbour = neighbour
    committed_town.centre.save()
    return a.an_officer(neighbour)


def called(town: Town) -> Alarm:
    """An alarm that nobody took: the neighbour was called for it."""
    alarm = a.an_alarm(town.school)
    engine.turn(alarm.received_at + timedelta(seconds=45))
    return alarm


def closed(town: Town, alarm: Alarm) -> None:
    first, second = (desk(a.a_person(Role.DUTY_OFFICER, centre=town.centre)) for _ in range(2))
    path = f"/alarms/{alarm.pk}"
    for step, body in (
        ("acknowledgement", {}),
        ("verification", {"verdict": "false"}),
        ("closure", {"disposition": "false_accident", "note": "сөмкемен басылды"}),
    ):
        assert first.post(f"{path}/{step}", body).status_code == 200
    assert second.post(f"{path}/closure/confirmation").json()["state"] == "closed"


def look(actor: Actor, camera: Camera, purpose: str, action: Action = Action.LIVE, **when: Any) -> access.OpenedWatch:
    return access.open_watch(actor, camera.pk, action, StreamName.SUB, purpose, **when)


def test_before_its_rung_the_neighbour_sees_no_camera_and_from_it_on_that_schools(
    committed_town: Town, guest: Actor
) -> None:
    town = committed_town
    alarm = a.an_alarm(town.school)
    engine.turn(alarm.received_at + timedelta(seconds=44))
    assert not Camera.objects.visible_to(guest).filter(school=town.school).exists()
    with pytest.raises(NotFound):
        look(guest, town.hall, f"alarm:{alarm.pk}")

    engine.turn(alarm.received_at + timedelta(seconds=45))

    assert look(guest, town.hall, f"alarm:{alarm.pk}").guest
    line = WatchLine.objects.get()
    assert (line.viewer_id, line.purpose, line.action) == (guest.user, f"alarm:{alarm.pk}", "live")
    assert not Camera.objects.visible_to(guest).filter(school=town.neighbour).exists(), "no other school of that centre"


def test_the_minute_before_is_shown_and_what_was_earlier_is_not(committed_town: Town, guest: Actor) -> None:
    town = committed_town
    alarm = called(town)
    minute = {"start": alarm.pressed_at - timedelta(seconds=60), "end": alarm.pressed_at + timedelta(seconds=5)}
    earlier = minute | {"start": alarm.pressed_at - timedelta(seconds=61)}

    assert look(guest, town.hall, f"alarm:{alarm.pk}", Action.ARCHIVE, **minute).guest
    access.open_coverage(guest, town.hall.pk, minute["start"], minute["end"])
    for ask in (
        lambda: look(guest, town.hall, f"alarm:{alarm.pk}", Action.ARCHIVE, **earlier),
        lambda: access.open_coverage(guest, town.hall.pk, earlier["start"], earlier["end"]),
    ):
        with pytest.raises(Forbidden) as refused:
            ask()
        assert refused.value.code == "guest"


def test_a_guest_looks_for_that_alarm_alone_and_takes_nothing_away(committed_town: Town, guest: Actor) -> None:
    town = committed_town
    alarm, other = called(town), a.an_alarm(town.neighbour)
    minute = {"start": alarm.pressed_at - timedelta(seconds=60), "end": alarm.pressed_at}
    asks: tuple[Callable[[], object], ...] = (
        lambda: look(guest, town.hall, "duty"),
        lambda: look(guest, town.hall, f"alarm:{other.pk}"),
        lambda: look(guest, town.hall, f"alarm:{alarm.pk}", Action.EXPORT, **minute),
        lambda: look(guest, town.hall, f"alarm:{alarm.pk}", Action.HOLD, **minute),
        lambda: look(guest, town.hall, f"alarm:{alarm.pk}", Action.PTZ),
        lambda: look(guest, town.hall, f"alarm:{alarm.pk}", Action.LISTEN),
        lambda: access.note_link(guest, town.hall.pk, StreamName.SUB, f"alarm:{alarm.pk}", *minute.values()),
    )
    for ask in asks:
        with pytest.raises(Forbidden) as refused:
            ask()
        assert refused.value.code == "guest"
    assert not WatchLine.objects.exists(), "what is refused is not written"


def test_with_the_closure_it_is_over(committed_town: Town, guest: Actor) -> None:
    """The school's own officers have a day to look at what happened; a guest has nothing more to look for."""
    town = committed_town
    alarm = called(town)
    watch = look(guest, town.hall, f"alarm:{alarm.pk}")
    assert access.renew_watch(guest, watch.id).guest

    closed(town, alarm)

    with pytest.raises(Rejected):
        access.renew_watch(guest, watch.id)
    with pytest.raises(NotFound):
        look(guest, town.hall, f"alarm:{alarm.pk}")
    assert look(a.an_officer(town.centre), town.hall, f"alarm:{alarm.pk}").guest is False
    access.end_watch(watch.id)
    verify(WatchLine.objects.filter(school=town.school))


def test_the_guests_screen_gets_the_cameras_with_the_alarm_and_loses_them_at_its_end(
    committed_town: Town, guest: Actor, heard: InMemoryPublisher
) -> None:
    town = committed_town
    alarm = a.an_alarm(town.school)
    before = snapshots.snapshot(guest)
    heard.events.clear()

    engine.turn(alarm.received_at + timedelta(seconds=45))

    shown = {name: {item["id"]: item for item in before[name]} for name in ("cameras", "alarms", "schools")}
    for event in heard.events:
        seen = snapshots.view(event.topic, event.id, guest)
        if seen is not None:
            shown[f"{event.topic}s"][seen["id"]] = seen
    fresh = snapshots.snapshot(guest)
    assert shown == {name: {item["id"]: item for item in fresh[name]} for name in shown}
    assert [one["id"] for one in fresh["cameras"] if one["school"] == str(town.school.pk)] == [str(town.hall.pk)]
    assert str(alarm.pk) in shown["alarms"]

    heard.events.clear()
    closed(town, alarm)
    told = {event.id: snapshots.look("camera", event.id) for event in heard.events if event.topic == "camera"}
    assert set(told) == set(town.school.cameras.values_list("pk", flat=True))
    for camera in told.values():
        assert camera is not None and camera.lost_to(guest) and not camera.visible_to(guest)
        own = a.an_officer(town.centre)
        assert camera.visible_to(own) and not camera.lost_to(own)
    assert not [one for one in snapshots.snapshot(guest)["cameras"] if one["school"] == str(town.school.pk)]
