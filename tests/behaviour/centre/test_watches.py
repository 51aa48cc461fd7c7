"""Watching: only with a right, in the scope, for a purpose; and never without a line in the school's ledger."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre import keys
from qorgan.centre.access import service as access
from qorgan.centre.access.models import WatchLine
from qorgan.centre.alarms.models import Alarm
from qorgan.centre.ledger import LedgerBroken, verify
from qorgan.domain.access import Actor, Purpose, Role
from qorgan.domain.cameras import StreamName
from qorgan.kernel.errors import Forbidden, Invalid, NotFound
from qorgan.kernel.ids import SiteId, uuid7
from qorgan.protocols.link.grants import Action
from qorgan.protocols.link.grants import verify as verify_grant

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


def look(actor: Actor, town: Town, purpose: str) -> access.OpenedWatch:
    return access.open_watch(actor, town.hall.pk, Action.LIVE, StreamName.SUB, purpose)


def test_a_look_is_a_line_in_the_ledger_and_a_grant_that_the_school_accepts(town: Town) -> None:
    officer = a.an_officer(town.centre)

    watch = look(officer, town, "duty")

    grant = verify_grant(watch.grant, keys.grant_key(settings.QORGAN.data), site=SiteId("kst-012"), now=timezone.now())
    assert (grant.id, grant.camera, grant.stream, grant.viewer) == (str(watch.id), "hall", "sub", officer.name)
    line = WatchLine.objects.get(watch=watch.id)
    assert (line.viewer_id, line.camera_id, line.action, line.purpose) == (officer.user, town.hall.pk, "live", "duty")


def test_the_head_reads_who_watched_and_when_it_ended(town: Town) -> None:
    officer = a.an_officer(town.centre)
    head = desk(a.a_person(Role.HEAD, school=town.school))
    live = look(officer, town, "duty")
    access.end_watch(live.id)
    access.end_watch(live.id)
    access.open_watch(
        officer, town.hall.pk, Action.ARCHIVE, StreamName.MAIN, "duty", START, START + timedelta(minutes=1)
    )
    access.open_coverage(officer, town.hall.pk, START, START + timedelta(days=1))

    archive, first = head.get(f"/schools/{town.school.pk}/watches").json()["items"]

    assert first["viewer"] == {"name": officer.name, "role": "duty_officer"}
    assert first["camera"]["name"]["kk"] == "Фойе"
    assert first["ended_at"] is not None and first["range"] is None
    assert archive["action"] == "archive" and archive["ended_at"] is None
    assert archive["range"] == {"start": "2026-11-22T07:00:00.000Z", "end": "2026-11-22T07:01:00.000Z"}


def test_who_takes_a_copy_away_is_written_down_as_that(town: Town) -> None:
    officer = a.an_officer(town.centre)
    head = desk(a.a_person(Role.HEAD, school=town.school))
    period = START, START + timedelta(minutes=10)
    export = access.open_watch(officer, town.hall.pk, Action.EXPORT, StreamName.MAIN, "duty", *period)

    grant = verify_grant(export.grant, keys.grant_key(settings.QORGAN.data), site=SiteId("kst-012"), now=timezone.now())
    assert (grant.action, grant.start, grant.end) == (Action.EXPORT, *period)
    (line,) = head.get(f"/schools/{town.school.pk}/watches").json()["items"]
    assert (line["action"], line["viewer"]["name"]) == ("export", officer.name)
    with pytest.raises(Invalid):
        access.open_watch(officer, town.hall.pk, Action.EXPORT, StreamName.MAIN, "duty")
    with pytest.raises(Forbidden):
        access.open_watch(a.an_actor(Role.MINISTRY), town.hall.pk, Action.EXPORT, StreamName.MAIN, "duty", *period)


def test_the_ledger_of_another_school_stays_closed(town: Town) -> None:
    head = desk(a.a_person(Role.HEAD, school=town.school))
    assert head.get(f"/schools/{town.neighbour.pk}/watches").status_code == 404


def test_an_officer_does_not_read_the_ledger(town: Town, officer: Desk) -> None:
    assert officer.get(f"/schools/{town.school.pk}/watches").status_code == 403


@pytest.mark.parametrize("role", [Role.MINISTRY, Role.ADMINISTRATOR])
def test_who_has_no_right_to_video_gets_no_grant_and_leaves_no_line(town: Town, role: Role) -> None:
    with pytest.raises(Forbidden):
        look(a.an_actor(role), town, "duty")
    assert not WatchLine.objects.exists()


def test_each_role_has_its_purposes(town: Town) -> None:
    officer = a.an_officer(town.centre)
    head = a.an_actor(Role.HEAD, school=town.school)
    inspector = a.an_actor(Role.INSPECTOR, regions=(a.KOSTANAY,))

    for actor, good in ((officer, "duty"), (head, "own_school"), (inspector, "inspection")):
        assert look(actor, town, good).camera_key == "hall"
        for other in {"duty", "own_school", "inspection"} - {good}:
            with pytest.raises(Forbidden) as refusal:
                look(actor, town, other)
            assert refusal.value.code == "purpose"
    with pytest.raises(Invalid):
        look(officer, town, "curiosity")


def test_only_an_officer_listens_and_only_for_an_alarm(town: Town) -> None:
    """Sound is more than a picture: a right of its own, a reason of its own, and a line of its own."""
    officer = a.an_officer(town.centre)
    alarm = a.an_alarm(town.school)

    def listen(actor: Actor, purpose: str, *period: datetime) -> access.OpenedWatch:
        return access.open_watch(actor, town.hall.pk, Action.LISTEN, StreamName.MAIN, purpose, *period)

    heard = listen(officer, f"alarm:{alarm.pk}")
    grant = verify_grant(heard.grant, keys.grant_key(settings.QORGAN.data), site=SiteId("kst-012"), now=timezone.now())
    assert (Action.LISTEN, None) == (grant.action, grant.start)
    assert "listen" == WatchLine.objects.get(watch=heard.id).action
    listen(officer, f"alarm:{alarm.pk}", START, START + timedelta(minutes=1))
    with pytest.raises(Invalid):
        listen(officer, f"alarm:{alarm.pk}", START)
    with pytest.raises(Forbidden) as refusal:
        listen(officer, "duty")
    assert "listen_purpose" == refusal.value.code
    for actor in (a.an_actor(Role.HEAD, school=town.school), a.an_actor(Role.ADMINISTRATOR)):
        with pytest.raises(Forbidden):
            listen(actor, f"alarm:{alarm.pk}")


def test_nobody_listens_on_when_the_alarm_is_closed(town: Town) -> None:
    officer, id = a.an_officer(town.centre), uuid7()
    purpose, closed = Purpose.parse(f"alarm:{id}"), {id: Alarm(closed_at=timezone.now())}

    access._require_listening(officer, purpose, closed, live=False)  # recorded sound as long as recorded pictures
    with pytest.raises(Forbidden) as refusal:
        access._require_listening(officer, purpose, closed, live=True)
    assert "listen_purpose" == refusal.value.code


def test_a_camera_beyond_the_scope_is_not_there(town: Town) -> None:
    head = a.an_actor(Role.HEAD, school=town.neighbour)
    with pytest.raises(NotFound):
        look(head, town, "own_school")


def test_an_alarm_is_a_reason_for_its_own_school_until_a_day_after_it_closed(town: Town) -> None:
    officer = a.an_officer(town.centre)
    here, there = a.an_alarm(town.school), a.an_alarm(town.neighbour)

    assert look(officer, town, f"alarm:{here.pk}").site == "kst-012"
    for wrong in (there.pk, uuid7()):
        with pytest.raises(Forbidden):
            look(officer, town, f"alarm:{wrong}")
    long_ago = timezone.now() - timedelta(hours=25)
    second = a.an_officer(town.centre)
    Alarm.objects.filter(pk=here.pk).update(
        state="closed", closed_at=long_ago, closed_by=officer.user, confirmed_by=second.user, disposition="true"
    )
    with pytest.raises(Forbidden):
        look(officer, town, f"alarm:{here.pk}")


def test_an_archive_look_names_its_range(town: Town) -> None:
    officer = a.an_officer(town.centre)
    with pytest.raises(Invalid):
        access.open_watch(officer, town.hall.pk, Action.ARCHIVE, StreamName.MAIN, "duty")
    with pytest.raises(Invalid):
        access.open_watch(officer, town.hall.pk, Action.ARCHIVE, StreamName.MAIN, "duty", START, START)


def test_a_watch_that_goes_on_is_asked_again(town: Town) -> None:
    officer = a.an_officer(town.centre)
    watch = look(officer, town, "duty")

    renewed = access.renew_watch(officer, watch.id)
    assert (renewed.id, WatchLine.objects.count()) == (watch.id, 1)

    with pytest.raises(NotFound):
        access.renew_watch(a.an_officer(town.centre), watch.id)
    access.end_watch(watch.id)
    with pytest.raises(NotFound):
        access.renew_watch(officer, watch.id)


def test_what_a_crashed_gateway_left_open_is_ended(town: Town) -> None:
    officer = a.an_officer(town.centre)
    look(officer, town, "duty")
    access.end_watch(look(officer, town, "duty").id)
    access.open_coverage(officer, town.hall.pk, START, START + timedelta(days=1))

    assert access.end_abandoned_watches() == 1
    assert access.end_abandoned_watches() == 0


def test_the_watch_ledger_is_a_chain_that_shows_tampering(town: Town) -> None:
    officer = a.an_officer(town.centre)
    for _ in range(3):
        access.end_watch(look(officer, town, "duty").id)
    lines = WatchLine.objects.filter(school=town.school)
    assert verify(lines) == 6

    lines.filter(number=3).update(viewer_name="Никто")

    with pytest.raises(LedgerBroken, match="line 3"):
        verify(WatchLine.objects.filter(school=town.school))


def test_who_turns_a_camera_is_written_down_and_an_inspector_may_not(town: Town) -> None:
    officer, head = a.an_officer(town.centre), a.a_person(Role.HEAD, school=town.school)
    steering = access.open_watch(officer, town.hall.pk, Action.PTZ, StreamName.MAIN, "duty")
    access.open_watch(officer, town.hall.pk, Action.SNAPSHOT, StreamName.MAIN, "duty")

    grant = verify_grant(
        steering.grant, keys.grant_key(settings.QORGAN.data), site=SiteId("kst-012"), now=timezone.now()
    )
    assert Action.PTZ is grant.action
    lines = desk(head).get(f"/schools/{town.school.pk}/watches").json()["items"]
    assert ["snapshot", "ptz"] == [line["action"] for line in lines]
    inspector = a.an_actor(Role.INSPECTOR, regions=(town.school.district.region_id,))
    for actor in (inspector, a.an_actor(Role.MINISTRY), a.an_actor(Role.ADMINISTRATOR)):
        with pytest.raises(Forbidden):
            access.open_watch(actor, town.hall.pk, Action.PTZ, StreamName.MAIN, "duty")
