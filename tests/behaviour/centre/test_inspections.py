"""Inspections on site: a telephone sends its list as often as the network makes it, and each remark is drafted once."""

import hashlib
import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from PIL import Image
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.behaviour.centre.test_remarks import a_plan, an_inspector, issued
from tests.support import centre as a

from qorgan.centre.access.models import AuditLine
from qorgan.centre.cameras.models import Button
from qorgan.centre.inspections import api
from qorgan.centre.inspections.models import Inspection, InspectionPhoto
from qorgan.centre.pictures.drawing import Drawing
from qorgan.centre.remarks.models import Remark
from qorgan.domain.access import Role

pytestmark = pytest.mark.django_db
SECRET = b"taken at the inspector's home"
SIGNED = {"name": "Сандуғаш Ержанова", "strokes": "M10,20 L30.5,40 L31,41 M50,60"}
DRAWN = Drawing(content=b"RIFF....WEBP", mime="image/webp", width=40, height=30)


@pytest.fixture
def inspector(town: Town) -> Desk:
    return an_inspector()


def minutes_ago(minutes: int) -> str:
    return (timezone.now() - timedelta(minutes=minutes)).isoformat()


def item(key: str, answer: str = "ok", kind: str = "other", **said: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "answer": answer, "text": "Істемейді" if answer == "remark" else ""} | said


def a_visit(town: Town, *items: dict[str, Any], **said: Any) -> dict[str, Any]:
    place = {"lat": 53.21, "lon": 63.62, "accuracy_m": 12.5}
    known = {"school": str(town.school.pk), "started_at": minutes_ago(40), "finished_at": minutes_ago(5)}
    return known | {"place": place, "signature": SIGNED, "items": list(items)} | said


def put_photo(who: Desk, visit: str, content: bytes, digest: str = "") -> Any:
    digest = digest or hashlib.sha256(content).hexdigest()
    return who.client.put(f"/api/inspections/{visit}/photos/{digest}", content, content_type="image/jpeg")


def test_a_telephone_takes_along_all_it_needs(town: Town, inspector: Desk) -> None:
    Button.objects.create(school=town.school, key="hall", name_kk="Фойе")
    plan, remark = a_plan(town), issued(inspector, town)

    pack = inspector.get(f"/schools/{town.school.pk}/inspection-pack").json()

    assert [pack[part][0]["id"] for part in ("cameras", "plans", "remarks")] == [str(town.hall.pk), plan, remark["id"]]
    assert (pack["body"], pack["buttons"][0]["key"]) == ("police", "hall")
    assert AuditLine.objects.filter(person=inspector.user, action="inspection.packed").count() == 1
    assert inspector.get(f"/schools/{town.far.pk}/inspection-pack").status_code == 404


def test_what_is_sent_again_and_again_is_one_inspection_with_each_remark_drafted_once(
    town: Town, inspector: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, visit = b"a photo", str(uuid4())
    digest = hashlib.sha256(photo).hexdigest()
    items = (
        item("c:hall", "remark", "camera", camera=str(town.hall.pk), category="angle", photos=[digest]),
        item("e:1", "remark", "exit", label="Қосалқы шығу"),
        item("b:hall", "not_seen", "button"),
    )
    whole = a_visit(town, *items)
    going_on = a_visit(town, items[0], finished_at=None, signature=None, started_at=whole["started_at"])

    assert inspector.put(f"/inspections/{visit}", going_on).json()["counts"] == {"ok": 0, "remark": 1, "not_seen": 0}
    assert not Remark.objects.exists(), "nothing is drafted before the signature"
    first = inspector.put(f"/inspections/{visit}", whole).json()
    again = inspector.put(f"/inspections/{visit}", whole).json()

    assert first == again
    assert (first["missing"], first["signature"]) == ([digest], SIGNED)
    drafts = {one.item: one for one in Remark.objects.all()}
    assert {key: (one.kind, one.text, one.state) for key, one in drafts.items()} == {
        "c:hall": ("camera", "Істемейді", "draft"),
        "e:1": ("school", "Қосалқы шығу: Істемейді", "draft"),
    }
    assert [one["remark"] for one in first["items"]] == [str(drafts["c:hall"].pk), str(drafts["e:1"].pk), None]

    monkeypatch.setattr(api.drawing, "draw", lambda kind, content: DRAWN)
    assert [put_photo(inspector, visit, photo).status_code for _ in range(2)] == [204, 204]
    assert InspectionPhoto.objects.count() == 1
    assert inspector.get(f"/inspections/{visit}").json()["missing"] == []
    (address,) = inspector.get(f"/remarks/{drafts['c:hall'].pk}").json()["photos"]
    assert inspector.client.get(address).content == DRAWN.content
    assert AuditLine.objects.filter(person=inspector.user, action="inspection.looked").count() == 1
    inspector.delete(f"/remarks/{drafts['e:1'].pk}")
    inspector.put(f"/inspections/{visit}", whole)
    assert Remark.objects.count() == 1, "a draft that was deleted does not come back"


def test_a_plan_that_was_removed_meanwhile_holds_nothing_up(town: Town, inspector: Desk) -> None:
    plan, visit = a_plan(town), str(uuid4())
    zone = item("z", "remark", "zone", plan=plan, zone="corridor", label="Дәліз")
    desk(a.a_person(Role.ADMINISTRATOR)).delete(f"/plans/{plan}")

    assert inspector.put(f"/inspections/{visit}", a_visit(town, zone)).status_code == 200

    draft = Remark.objects.get()
    assert (draft.kind, draft.text) == ("school", "Дәліз: Істемейді")


def test_what_is_signed_is_never_changed(town: Town, inspector: Desk) -> None:
    visit = str(uuid4())
    whole = a_visit(town, item("1"))
    assert inspector.put(f"/inspections/{visit}", whole).status_code == 200
    late = inspector.put(f"/inspections/{visit}", whole | {"items": [item("1", "not_seen")]})
    assert (late.status_code, late.json()["code"]) == (409, "inspection.finished")
    assert an_inspector().put(f"/inspections/{visit}", whole).status_code == 404


def test_who_sees_an_inspection(town: Town, inspector: Desk) -> None:
    done, going_on = str(uuid4()), str(uuid4())
    inspector.put(f"/inspections/{done}", a_visit(town, item("1")))
    inspector.put(f"/inspections/{going_on}", a_visit(town, finished_at=None, signature=None))
    head, colleague = desk(a.a_person(Role.HEAD, school=town.school)), an_inspector()
    for other in (head, colleague):
        (seen,) = other.get("/inspections", school=str(town.school.pk)).json()["items"]
        assert (seen["id"], seen["items"], seen["counts"]["ok"]) == (done, [], 1)
        assert other.get(f"/inspections/{going_on}").status_code == 404
    assert an_inspector(region=a.ASTANA).get(f"/inspections/{done}").status_code == 404
    assert head.put(f"/inspections/{uuid4()}", a_visit(town)).status_code == 403


def test_inspections_are_found_by_their_school_and_whose_they_are(town: Town, inspector: Desk) -> None:
    mine, other = str(uuid4()), str(uuid4())
    inspector.put(f"/inspections/{mine}", a_visit(town, item("1")))
    an_inspector().put(f"/inspections/{other}", a_visit(town, school=str(town.neighbour.pk)))

    def found(**asked: Any) -> list[str]:
        return [one["id"] for one in inspector.get("/inspections", **asked).json()["items"]]

    assert sorted(found()) == sorted((mine, other))
    assert found(q=f" {town.neighbour.name.kk.upper()} ") == [other]
    assert found(mine=True) == [mine]
    assert found(q="no such school") == found(q="rud", mine=True) == []
    assert inspector.get("/inspections", q="x" * 201).status_code == 422


def refusals(town: Town) -> list[tuple[dict[str, Any], str]]:
    far = str(town.far.cameras.get().pk)
    hostile = "M0,0 L1,1" + '"/><script>alert(1)</script>'
    return [
        (a_visit(town, item("1", "remark", text=" ")), "inspection.text"),
        (a_visit(town, item("1"), item("1")), "inspection.item_twice"),
        (a_visit(town, item("1", kind="camera", camera=far)), "inspection.target"),
        (a_visit(town, item("1", kind="zone", plan=str(uuid4()), zone="z")), "inspection.target"),
        (a_visit(town, item("1", photos=["x" * 64])), "inspection.photo"),
        (a_visit(town, item("1", photos=["0" * 64] * 6)), "invalid"),
        (a_visit(town, *[item(str(n)) for n in range(501)]), "invalid"),
        (a_visit(town, signature=None), "inspection.unsigned"),
        (a_visit(town, signature=SIGNED | {"strokes": hostile}), "inspection.strokes"),
        (a_visit(town, signature=SIGNED | {"strokes": "M0,0 C1,1 2,2 3,3"}), "inspection.strokes"),
        (a_visit(town, signature=SIGNED | {"strokes": "M0,0 L9999,1"}), "inspection.strokes"),
        (a_visit(town, signature=SIGNED | {"strokes": "M" * 20_001}), "invalid"),
        (a_visit(town, started_at="2020-01-01T00:00:00Z"), "inspection.time"),
        (a_visit(town, finished_at=minutes_ago(60)), "inspection.time"),
        (a_visit(town, place={"lat": 91, "lon": 0, "accuracy_m": 1}), "invalid"),
    ]


def test_what_is_no_inspection_is_refused_in_words_and_leaves_nothing(town: Town, inspector: Desk) -> None:
    for body, code in refusals(town):
        refused = inspector.put(f"/inspections/{uuid4()}", body)
        assert (refused.status_code, refused.json()["code"]) == (422, code), body
    assert not (Inspection.objects.exists() or Remark.objects.exists())


def test_a_photo_is_drawn_anew_and_nothing_else_of_it_is_kept(town: Town, inspector: Desk) -> None:
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0112], exif[0x010E] = 6, SECRET.decode()  # turned by 90°, with a description
    Image.new("RGB", (400, 200), "navy").save(out, "JPEG", exif=exif)
    photo, svg = out.getvalue(), b"<svg xmlns='x'><script>alert(1)</script></svg>"
    assert SECRET in photo
    named = [hashlib.sha256(one).hexdigest() for one in (photo, svg)]
    visit = str(uuid4())
    inspector.put(f"/inspections/{visit}", a_visit(town, item("1", photos=named)))

    assert put_photo(inspector, visit, photo).status_code == 204

    row = InspectionPhoto.objects.get()
    assert (row.width, row.height, SECRET in bytes(row.content)) == (200, 400, False)
    assert put_photo(inspector, visit, svg).json()["code"] == "inspection.photo_file_kind"
    assert put_photo(inspector, visit, b"torn", named[1]).json()["code"] == "inspection.photo_digest"
    assert put_photo(inspector, visit, bytes(api.MAX_PHOTO_BYTES + 1), named[1]).json()["code"] == (
        "inspection.photo_too_big"
    )
    for strange in (b"another", b""):
        assert put_photo(inspector, visit, strange).status_code == 404
    assert put_photo(an_inspector(), visit, svg).status_code == 404
    assert InspectionPhoto.objects.count() == 1
