"""What nodes say of pictures, as people at the centre read it; and the view that school and police sign."""

import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre import keys
from qorgan.centre.access.models import WatchLine
from qorgan.centre.quality import keeper, service
from qorgan.centre.quality.models import ApprovedView, FaultSpell, PictureDay, Still
from qorgan.domain.access import Body, Role
from qorgan.protocols.link.commands import ViewWish
from qorgan.protocols.link.grants import Action, require_order, verify
from qorgan.protocols.link.messages import FaultFound, PictureResult, decode

NOW = timezone.now().replace(microsecond=0)
MEASURES = {"mean": 90.0, "sharpness": 0.4, "contrast": 1.2, "noise": 2.0}


def a_jpeg(shade: int = 90) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (320, 180), (shade, shade, shade)).save(file, "JPEG")
    return file.getvalue()


def told(town: Town, minute: int, verdict: str, *faults: str, still: bytes = b"", **more: Any) -> None:
    """The node of №12 says how the hall is, so many minutes from now."""
    at = NOW + timedelta(minutes=minute)
    found = tuple(FaultFound(fault=one, verdict="bad", since=at, last_seen=at, score=1.5) for one in faults)
    more = {"measures": MEASURES, "found": found, "knows": True} | more
    service.take(town.school, PictureResult(camera="hall", at=at, verdict=verdict, still=still, **more), at)


@pytest.fixture
def head(town: Town) -> Desk:
    return desk(a.a_person(Role.HEAD, school=town.school))


@pytest.mark.django_db(transaction=True)
def test_a_fault_is_told_from_first_seen_until_it_is_over_with_its_pictures(committed_town: Town) -> None:
    town = committed_town
    officer = desk(a.a_person(Role.DUTY_OFFICER, centre=town.centre))
    told(town, -60, "ok", still=a_jpeg(90))
    told(town, -50, "bad", "moved", still=a_jpeg(120))
    told(town, -40, "bad", "moved")
    while service.draw_one():
        pass

    line = officer.get("/quality/cameras").json()["items"][0]
    assert (line["verdict"], [one["fault"] for one in line["faults"]]) == ("bad", ["moved"])
    assert officer.get(f"/cameras/{town.hall.pk}").json()["picture"]["faults"][0]["fault"] == "moved"
    spell = officer.get(f"/cameras/{town.hall.pk}/quality").json()["spells"][0]
    assert (spell["told"], spell["closed_at"]) == (2, None)
    assert datetime.fromisoformat(spell["opened_at"]) == NOW - timedelta(minutes=50)
    assert datetime.fromisoformat(spell["last_seen"]) == NOW - timedelta(minutes=40)
    before, shown = (officer.client.get(spell[name]["image"]) for name in ("before", "still"))
    assert before.status_code == shown.status_code == 200 and before.content != shown.content
    assert before.content[8:12] == b"WEBP"  # drawn anew, not as it came
    assert WatchLine.objects.filter(camera=town.hall, kind="opened").count() == 2

    told(town, -30, "unknown", found=())
    assert FaultSpell.objects.get().closed_at is None, "what nobody can see is not over"
    told(town, -20, "ok", still=a_jpeg(91))
    told(town, -55, "bad", "black")  # older news
    closed = officer.get(f"/cameras/{town.hall.pk}/quality").json()
    assert closed["spells"][0]["closed_at"] is not None and closed["spells"][0]["after"] is not None
    assert sum(hour["looks"] for hour in closed["hours"]) == 5
    assert closed["camera"]["verdict"] == "ok" and closed["hours"][0]["mean"] == 90.0


@pytest.mark.django_db
def test_the_wall_has_the_worst_first_and_nothing_of_other_places(town: Town, officer: Desk) -> None:
    yard = a.a_camera(town.school, key="yard")
    told(town, -9, "bad", "noisy")
    for school, key, fault in ((town.school, "yard", "black"), (town.far, "hall", "black")):
        found = (FaultFound(fault=fault, verdict="bad", since=NOW, score=2.0),)
        result = PictureResult(camera=key, at=NOW, verdict="bad", found=found, knows=True)
        service.take(school, result, NOW)

    page = officer.get("/quality/cameras").json()
    assert [line["camera"] for line in page["items"]] == [str(yard.pk), str(town.hall.pk)]
    assert (page["counts"]["bad"], page["faults"]) == (
        2, [{"fault": "black", "cameras": 1}, {"fault": "noisy", "cameras": 1}],
    )  # fmt: skip
    assert len(officer.get("/quality/cameras", fault="noisy").json()["items"]) == 1
    assert officer.get("/quality/cameras", district=a.RUDNY).json()["items"] == []

    standing = {one["district"]["code"]: one for one in officer.get("/quality/districts").json()["items"]}
    mine = standing[town.school.district_id]
    assert (mine["schools"], mine["clean"], mine["unseen"], mine["cameras"]) == (1, 0, 0, 2)
    assert (standing[a.RUDNY]["clean"], standing[a.RUDNY]["unseen"]) == (0, 1), "what was never judged is not clean"

    town.school.node.state = "silent"
    town.school.node.save()
    assert {line["verdict"] for line in officer.get("/quality/cameras").json()["items"]} == {"unknown"}


@pytest.mark.django_db
def test_a_hostile_node_fills_nothing_and_draws_nothing(town: Town) -> None:
    for minute in range(-60, -60 + service.STILLS_A_DAY + 5):
        told(town, minute, "bad", "black", still=b"GIF89a<script>")
    assert Still.objects.count() == service.STILLS_A_DAY
    assert service.draw_one()
    refused = Still.objects.exclude(refused="").get()
    assert (bytes(refused.content), refused.drawn_at) == (b"", None)
    many = tuple(FaultFound(fault=f"x{n}" * 50, verdict="bad", score=float("nan")) for n in range(500))
    told(town, 0, "bad", found=many, measures={"mean": float("inf")} | {f"m{n}": 1.0 for n in range(500)})
    assert FaultSpell.objects.filter(closed_at=None).count() == service.MAX_FOUND
    told(town, 1, "ok")
    assert service.tidy(NOW + service.KEPT_FOR + timedelta(days=1)) > 0
    assert not FaultSpell.objects.exists() and not PictureDay.objects.exists()
    assert Still.objects.count() == 0 or service.tidy(NOW + timedelta(days=500)) > 0


@pytest.mark.django_db
def test_school_and_police_sign_and_the_node_is_told_until_it_answers(town: Town, head: Desk, officer: Desk) -> None:
    frame = a.a_frame(town.hall, head.user, a_jpeg())
    path = f"/cameras/{town.hall.pk}/views"
    inspector = desk(a.a_person(Role.INSPECTOR, regions=(a.KOSTANAY,), body=Body.EDUCATION))
    wish = {"period": "day", "frame": str(frame.id)}
    assert inspector.post(path, wish).json()["code"] == "view.no_side"

    view = head.post(path, wish).json()
    assert (view["state"], view["deeds"]) == ("proposed", ["sign", "withdraw"])
    sign = f"/views/{view['id']}/signature"
    assert officer.post(sign).json()["code"] == "view.state", "the school signs first"
    assert head.post(sign).json()["state"] == "signed_by_school"
    assert head.post(sign).status_code == 409
    approved = officer.post(sign).json()
    assert [one["side"] for one in approved["signatures"]] == ["school", "police"]
    assert (approved["state"], approved["in_use"]) == ("approved", False)

    ((row, site, order),) = keeper.take_orders(timezone.now())
    wish_ = decode(order.order, ViewWish)
    assert (site, wish_.camera, wish_.period, wish_.digest) == (town.school.site, "hall", "day", frame.digest)
    keeper.settle([(row, "")], timezone.now())
    assert keeper.take_orders(timezone.now() + timedelta(days=1)) == []
    with Image.open(io.BytesIO(wish_.picture)) as picture:
        assert picture.format == "JPEG"
    told(town, 0, "ok", approved={"day": frame.digest})
    stands = head.get(path).json()["items"][0]
    assert stands["in_use"] and stands["changed"] == []

    town.hall.refresh_from_db()
    town.hall.streams = [{"stream": "main", "codec": "hvc1.1", "width": 640, "height": 360}]
    town.hall.save()
    ApprovedView.objects.update(codec="avc1.64", width=1920, height=1080)
    assert head.get(path).json()["items"][0]["changed"] == ["codec", "resolution"]
    again = head.post(path, wish).json()
    head.post(f"/views/{again['id']}/signature")
    assert officer.post(f"/views/{again['id']}/signature").json()["changed"] == []
    assert ApprovedView.objects.get(pk=view["id"]).state == "superseded"
    gone = head.post(f"/views/{again['id']}/withdrawal", {"reason": "жөндеу"}).json()
    assert gone["state"] == "withdrawn"
    ((_, _, order),) = keeper.take_orders(timezone.now())
    assert decode(order.order, ViewWish).picture == b"", "the node is told to forget it"


@pytest.mark.django_db
def test_a_node_that_does_not_answer_is_asked_again_and_its_grant_is_for_this_order(
    town: Town, head: Desk, officer: Desk, settings: Any
) -> None:
    frame = a.a_frame(town.hall, head.user, a_jpeg())
    view = head.post(f"/cameras/{town.hall.pk}/views", {"period": "night", "frame": str(frame.id)}).json()
    for one in (head, officer):
        one.post(f"/views/{view['id']}/signature")
    ((row, site, order),) = keeper.take_orders(timezone.now())
    grant = verify(order.grant, keys.grant_key(settings.QORGAN.data), site=site, now=timezone.now())
    assert (grant.action, grant.camera) == (Action.VIEW, "hall")
    require_order(grant, order.order)
    keeper.settle([(row, "unavailable")], timezone.now())
    row.refresh_from_db()
    assert row.due_at is not None and row.told_at is None
    keeper.settle([(row, "view.unknown")], timezone.now())
    row.refresh_from_db()
    assert (row.due_at, row.refusal) == (None, "view.unknown")
