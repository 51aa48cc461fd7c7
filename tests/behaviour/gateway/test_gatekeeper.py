"""The gateway's questions to the real rooms: sessions, rights, grants, ledger, events."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from tests.support.centre import ASTANA, a_camera, a_centre, a_country, a_person, a_school, an_alarm

from qorgan.centre import keys
from qorgan.centre.access.models import User, WatchLine
from qorgan.centre.alarms.models import Alarm
from qorgan.centre.cameras.models import Camera
from qorgan.centre.gateway.gatekeeper import DjangoGatekeeper, is_our_host
from qorgan.centre.gateway.ports import Permit, View, Visitor
from qorgan.domain.access import Role
from qorgan.domain.cameras import StreamName
from qorgan.kernel.errors import Forbidden, NotFound
from qorgan.kernel.ids import SiteId
from qorgan.protocols.link.grants import Action, verify

pytestmark = pytest.mark.django_db(transaction=True)
in_thread = sync_to_async(thread_sensitive=True)
NOW = datetime.now(UTC)


@pytest.fixture
def rooms(settings: Any, tmp_path: Path) -> Iterator[DjangoGatekeeper]:
    keys.prepare(tmp_path)
    settings.QORGAN = replace(settings.QORGAN, data=tmp_path)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # Argon2 is slow on purpose
    gatekeeper = DjangoGatekeeper()
    yield gatekeeper
    gatekeeper.close()


@in_thread
def a_town() -> tuple[Camera, dict[str, str]]:
    """A school with a camera, and the session cookies of people who are signed in."""
    a_country()
    school = a_school()
    people = {
        "officer": a_person(Role.DUTY_OFFICER, centre=a_centre()),
        "stranger": a_person(Role.DUTY_OFFICER, centre=a_centre(regions=(ASTANA,))),
        "ministry": a_person(Role.MINISTRY),
        "head": a_person(Role.HEAD, school=school),
    }
    an_alarm(school)
    return a_camera(school), {name: sign_in(person) for name, person in people.items()}


def sign_in(person: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    assert session.session_key is not None
    return session.session_key


async def visitor(rooms: DjangoGatekeeper, session: str) -> Visitor:
    found = await rooms.authenticate({"sessionid": session})
    assert found is not None
    return found


def live(camera: Camera, purpose: str = "duty") -> View:
    return View(camera=camera.pk, stream=StreamName.SUB, purpose=purpose)


async def test_a_session_is_somebody_until_it_ends(rooms: DjangoGatekeeper) -> None:
    _, sessions = await a_town()
    officer = await visitor(rooms, sessions["officer"])
    assert "live.view" in officer.rights
    assert officer == await visitor(rooms, sessions["officer"]), "nothing changed, so nobody is sent away"

    await in_thread(SessionStore(sessions["officer"]).delete)()
    for cookies in ({"sessionid": sessions["officer"]}, {"sessionid": "x" * 32}, {"sessionid": "x" * 5_000}, {}):
        assert await rooms.authenticate(cookies) is None


async def test_an_officers_watch_is_granted_written_down_and_ended(rooms: DjangoGatekeeper, settings: Any) -> None:
    camera, sessions = await a_town()
    officer = await visitor(rooms, sessions["officer"])
    permit = await rooms.open_watch(officer, live(camera))
    again = await rooms.renew_grant(officer, permit, live(camera))
    await rooms.end_watch(permit)
    await rooms.end_watch(permit)

    key = keys.grant_key(settings.QORGAN.data)
    grant = verify(again.grant, key, site=SiteId("kst-012"), now=NOW)
    assert (grant.camera, grant.stream, grant.action, grant.purpose) == ("hall", "sub", Action.LIVE, "duty")
    assert (permit.site, permit.camera, again.watch) == ("kst-012", "hall", permit.watch)
    lines = await in_thread(lambda: list(WatchLine.objects.order_by("number").values_list("watch", "kind")))()
    watch = UUID(permit.watch)
    assert lines == [(watch, WatchLine.Kind.OPENED), (watch, WatchLine.Kind.ENDED)]


async def test_a_wall_is_permitted_tile_by_tile_and_ended_together(rooms: DjangoGatekeeper) -> None:
    camera, sessions = await a_town()
    officer = await visitor(rooms, sessions["officer"])
    elsewhere = replace(live(camera), camera=UUID(int=7))
    first, refusal, second = await rooms.open_watches(officer, [live(camera), elsewhere, live(camera)])
    assert isinstance(first, Permit) and isinstance(second, Permit) and isinstance(refusal, NotFound)
    await rooms.end_watches([first, second])

    watches = [UUID(one.watch) for one in (first, second)] * 2
    kinds = [WatchLine.Kind.OPENED] * 2 + [WatchLine.Kind.ENDED] * 2
    lines = await in_thread(lambda: list(WatchLine.objects.order_by("number").values_list("watch", "kind")))()
    assert lines == list(zip(watches, kinds, strict=True))


async def test_who_may_not_watch_gets_no_grant_and_no_line(rooms: DjangoGatekeeper) -> None:
    camera, sessions = await a_town()
    with pytest.raises(NotFound):
        await rooms.open_watch(await visitor(rooms, sessions["stranger"]), live(camera))
    with pytest.raises(Forbidden):
        await rooms.open_watch(await visitor(rooms, sessions["ministry"]), live(camera))
    assert await in_thread(WatchLine.objects.count)() == 0


async def test_an_event_is_read_once_and_seen_by_those_in_whose_territory_it_lies(rooms: DjangoGatekeeper) -> None:
    camera, sessions = await a_town()
    [seen] = await rooms.look("camera", [camera.pk])
    assert seen.data["id"] == str(camera.pk)
    who = {name: seen.visible_to(await visitor(rooms, session)) for name, session in sessions.items()}
    assert who == {"officer": True, "stranger": False, "ministry": True, "head": True}

    mine = await rooms.snapshot(await visitor(rooms, sessions["officer"]))
    theirs = await rooms.snapshot(await visitor(rooms, sessions["stranger"]))
    assert (len(mine["schools"]), len(mine["cameras"]), len(mine["alarms"])) == (1, 1, 1)
    assert theirs["schools"] == theirs["cameras"] == theirs["alarms"] == []


async def test_the_timeline_needs_a_grant_and_has_the_schools_alarms(rooms: DjangoGatekeeper, settings: Any) -> None:
    camera, sessions = await a_town()
    officer = await visitor(rooms, sessions["officer"])
    hour = timedelta(hours=1)
    view = View(
        camera=camera.pk,
        stream=StreamName.MAIN,
        purpose="duty",
        action=Action.ARCHIVE,
        start=NOW - hour,
        end=NOW + hour,
    )
    permit = await rooms.permit_coverage(officer, view)
    grant = verify(permit.grant, keys.grant_key(settings.QORGAN.data), site=SiteId("kst-012"), now=NOW)
    alarms = await rooms.alarms_around(officer, view)

    assert (grant.action, grant.start) == (Action.ARCHIVE, view.start)
    assert [alarm["level"] for alarm in alarms] == ["P1"]
    assert await rooms.alarms_around(officer, replace(view, end=NOW - hour / 2)) == []


async def test_an_alarm_is_read_and_shown_while_every_other_question_waits_for_the_database(
    rooms: DjangoGatekeeper,
) -> None:
    """Twenty-five tiles open and renew their watches at once, and another writer has the database: SQLite has one."""
    _, sessions = await a_town()
    officer = await visitor(rooms, sessions["officer"])
    alarm = await in_thread(Alarm.objects.values_list("pk", flat=True).get)()
    free = threading.Event()
    waiting = [asyncio.create_task(rooms._call(free.wait, 200)) for _ in range(25)]
    try:
        async with asyncio.timeout(100):
            [seen] = await rooms.look("alarm", [alarm])
            snapshot = await rooms.snapshot(officer)
        assert seen.visible_to(officer) and seen.data["id"] == str(alarm)
        assert [one["id"] for one in snapshot["alarms"]] == [str(alarm)]
        assert not any(task.done() for task in waiting)
    finally:
        free.set()
        await asyncio.gather(*waiting)


def test_only_our_own_names_are_ours(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["centre.example", "127.0.0.1"]
    ours = {host: is_our_host(host) for host in ("centre.example", "127.0.0.1:8000", "evil.example", "", "a b", "[")}
    assert ours == {
        "centre.example": True,
        "127.0.0.1:8000": True,
        "evil.example": False,
        "": False,
        "a b": False,
        "[": False,
    }
