"""Frames that the centre keeps: who sees them, that each look is in the ledger, that loose ones are forgotten."""

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre.access import service as access
from qorgan.centre.access.models import WatchLine
from qorgan.centre.cameras.models import Camera
from qorgan.centre.frames import service
from qorgan.centre.frames.models import Frame
from qorgan.centre.ledger import verify
from qorgan.domain.access import Body, Role
from qorgan.kernel.errors import Exhausted, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def inspector(town: Town) -> Desk:
    return desk(a.a_person(Role.INSPECTOR, regions=(a.KOSTANAY,), body=Body.POLICE))


def test_a_kept_frame_is_seen_in_its_territory_and_each_look_is_in_the_ledger(town: Town, inspector: Desk) -> None:
    frame = a.a_frame(town.hall, inspector.user)

    told = inspector.get(f"/frames/{frame.id}").json()
    image = inspector.client.get(told["image"])

    assert (told["camera"], told["school"], told["asked_by"]["name"]) == (
        str(town.hall.pk),
        str(town.school.pk),
        inspector.user.name,
    )
    assert (image.content, image["Content-Type"], image["X-Content-Type-Options"]) == (
        b"RIFF....WEBP",
        "image/webp",
        "nosniff",
    )
    assert image["Cache-Control"] == "private, max-age=86400, immutable"
    opened, ended = WatchLine.objects.filter(school=town.school).order_by("number")
    assert (opened.action, opened.purpose, opened.range_start) == ("archive", "inspection", frame.taken_at)
    assert (ended.kind, ended.watch) == ("ended", opened.watch)
    assert verify([opened, ended]) == 2


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.DUTY_OFFICER, 200), (Role.HEAD, 200), (Role.MINISTRY, 403), (Role.ADMINISTRATOR, 403)],
)
def test_who_sees_no_video_sees_no_frame(town: Town, inspector: Desk, role: Role, status: int) -> None:
    place = {Role.DUTY_OFFICER: {"centre": town.centre}, Role.HEAD: {"school": town.school}}
    who = desk(a.a_person(role, **place.get(role, {})))
    frame = a.a_frame(town.hall, inspector.user)
    assert who.get(f"/frames/{frame.id}").status_code == who.get(f"/frames/{frame.id}/image").status_code == status


def test_nobody_sees_a_frame_of_another_place_nor_a_neighbour_who_was_called(town: Town, inspector: Desk) -> None:
    far = a.a_frame(Camera.objects.get(school=town.far), inspector.user)
    assert inspector.get(f"/frames/{far.id}/image").status_code == 404
    neighbours = a.a_centre(regions=(a.ASTANA,))
    alarm = a.an_alarm(town.school)
    alarm.shared_with = neighbours
    alarm.save()
    guest = desk(a.a_person(Role.DUTY_OFFICER, centre=neighbours))
    near = a.a_frame(town.hall, inspector.user)
    assert guest.get(f"/frames/{near.id}/image").status_code == 404
    assert not WatchLine.objects.exists()


def test_what_nobody_bound_is_forgotten_and_what_is_bound_stays(town: Town, inspector: Desk) -> None:
    actor = access.actor_for(inspector.user)
    loose, bound = (a.a_frame(town.hall, inspector.user) for _ in range(2))
    service.bind(actor, bound.id, town.hall.pk)
    with pytest.raises(NotFound):
        service.bind(actor, loose.id, Camera.objects.get(school=town.neighbour).pk)

    assert service.forget(timezone.now() + service.LOOSE_FOR - timedelta(hours=1)) == 0
    assert service.forget(timezone.now() + service.LOOSE_FOR + timedelta(hours=1)) == 1

    assert list(Frame.objects.values_list("pk", flat=True)) == [bound.id]
    service.release(bound.id)
    assert service.forget(timezone.now() + service.LOOSE_FOR + timedelta(hours=1)) == 1


def test_what_something_refers_to_is_not_forgotten_whoever_let_it_go(town: Town, inspector: Desk) -> None:
    frame = a.a_frame(town.hall, inspector.user)
    target = {"kind": "camera", "camera": str(town.hall.pk)}
    wish = {"school": str(town.school.pk), "target": target, "category": "place", "text": "?", "frame": str(frame.id)}
    draft = inspector.post("/remarks", wish).json()
    service.release(frame.id)
    assert service.forget(timezone.now() + 2 * service.LOOSE_FOR) == 0
    assert Frame.objects.get().bound
    inspector.delete(f"/remarks/{draft['id']}")
    assert service.forget(timezone.now() + 2 * service.LOOSE_FOR) == 1


def test_one_person_keeps_only_so_many(town: Town, inspector: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_LOOSE", 1)
    actor = access.actor_for(inspector.user)
    service.require_room(actor)
    a.a_frame(town.hall, inspector.user)
    with pytest.raises(Exhausted):
        service.require_room(actor)
