"""Camera places on a plan: lenses, walls and zones; what the cameras achieve there; where none may look."""

import io
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from PIL import Image
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.behaviour.centre.test_plans import SCALE, a_plan, point, put
from tests.support import centre as a

from qorgan.centre.ledger import LedgerBroken, verify
from qorgan.centre.plans.models import PlanRevision
from qorgan.domain.access import Role

pytestmark = pytest.mark.django_db
# The drawing is 4,000 px wide and a pixel is 2.5 cm: 100 m by 75 m
LENS = {"height_m": 3.0, "tilt_deg": 20.0, "hfov_deg": 90.0, "width_px": 1920, "height_px": 1080}
CORRIDOR = [(0.20, 0.40), (0.45, 0.40), (0.45, 0.50), (0.20, 0.50)]


@pytest.fixture
def head(town: Town) -> Desk:
    return desk(a.a_person(Role.HEAD, school=town.school))


def zone(kind: str, outline: list[tuple[float, float]], **said: Any) -> dict[str, Any]:
    spots = [{"x": x, "y": y} for x, y in outline]
    return {"key": str(uuid4()), "kind": kind, "name": kind, "outline": spots, "required": None} | said


def camera(x: float = 0.21, y: float = 0.45, **said: Any) -> dict[str, Any]:
    return point("camera", x=x, y=y, **({"label": "Дәліз", "bearing_deg": 90, "lens": LENS} | said))


def wall(ax: float, ay: float, bx: float, by: float) -> dict[str, Any]:
    return {"a": {"x": ax, "y": ay}, "b": {"x": bx, "y": by}}


def coverage(who: Desk, plan: UUID, **asked: Any) -> dict[str, Any]:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return dict(who.get(f"/plans/{plan}/coverage?{query}").json())


def test_a_corridor_with_one_camera_is_seen_near_it_and_lacks_its_class_further_away(
    town: Town, head: Desk, officer: Desk
) -> None:
    plan, corridor = a_plan(town.school), zone("corridor", CORRIDOR)
    said = put(head, plan, 1, camera(), scale=SCALE, zones=[corridor], walls=[wall(0.2, 0.4, 0.45, 0.4)])
    assert said.status_code == 200
    assert said.json()["points"][0]["lens"] == LENS
    assert said.json()["zones"] == [corridor]

    found = coverage(officer, plan)

    (report,) = found["zones"]
    assert (report["zone"], report["required"], report["needs_px_m"]) == (corridor["key"], "recognise", 125.0)
    assert report["area_m2"] == pytest.approx(25 * 7.5)
    # f = 960 px: 125 px/m reach to a depth of 7.68 m; of 25 m of corridor a third at most
    assert 0.1 < report["with_class"] < 0.33 < report["seen"]
    assert found["lacking"] == [corridor["key"]]
    assert found["missing"] == found["overlaps"] == found["refusals"] == found["unmeasured"] == []
    assert "entrance" in found["absent"] and "corridor" not in found["absent"]
    assert all(spot["area_m2"] >= 1 for spot in report["blind_spots"]) and report["blind_spots"]
    assert coverage(officer, plan, height_m=1.6)["zones"][0]["with_class"] != report["with_class"]
    assert coverage(officer, plan, scale="iec-62676-4-2025")["zones"][0]["required"] == "perceive"


def test_a_zone_that_lacks_its_class_has_it_once_its_camera_is_turned(town: Town, head: Desk, officer: Desk) -> None:
    """From a drawing alone to a zone that is seen well enough: a scale, a lens, a turn; each step says what is next."""
    plan, hall = a_plan(town.school), zone("corridor", [(0.22, 0.43), (0.26, 0.43), (0.26, 0.47), (0.22, 0.47)])
    bare = point("camera", x=0.2, y=0.45, label="Холл")

    put(head, plan, 1, bare, zones=[hall])
    undrawn = coverage(officer, plan)
    put(head, plan, 2, bare, zones=[hall], scale=SCALE)
    unlensed = coverage(officer, plan)
    away = bare | {"bearing_deg": 270, "lens": LENS | {"tilt_deg": 35.0}}
    put(head, plan, 3, away, zones=[hall], scale=SCALE)
    lacking = coverage(officer, plan)
    put(head, plan, 4, away | {"bearing_deg": 90}, zones=[hall], scale=SCALE)
    satisfied = coverage(officer, plan)

    assert (undrawn["missing"], undrawn["zones"]) == (["scale"], [])
    assert (unlensed["missing"], unlensed["unmeasured"], unlensed["lacking"]) == ([], [bare["key"]], [hall["key"]])
    assert (lacking["unmeasured"], lacking["lacking"]) == ([], [hall["key"]])
    assert lacking["zones"][0]["seen"] == 0.0
    assert (satisfied["lacking"], satisfied["zones"][0]["enough"]) == ([], True)
    assert satisfied["zones"][0]["with_class"] >= officer.get("/norms/zones").json()["needed_share"]
    drawn = [head.get(f"/plans/{plan}/revisions/{number}").json()["points"][0]["bearing_deg"] for number in (4, 5)]
    assert drawn == [270, 90], "how it hung before is kept"


def test_the_map_shows_each_class_in_its_colour_and_nothing_behind_a_wall(
    town: Town, head: Desk, officer: Desk
) -> None:
    plan = a_plan(town.school)
    put(head, plan, 1, camera(), scale=SCALE, walls=[wall(0.3, 0.0, 0.3, 1.0)])
    address = coverage(officer, plan)["map"].removeprefix("/api")

    answer = officer.get(address)

    assert (answer.status_code, answer["content-type"]) == (200, "image/png")
    picture = np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA"))
    assert picture.shape[1] / picture.shape[0] == pytest.approx(4 / 3, rel=0.01)
    classes = officer.get("/norms/zones").json()["scales"][0]["classes"]
    near = picture[int(0.45 * picture.shape[0]), int(0.27 * picture.shape[1])]
    # 6 m away on the floor: depth 6.7 m, 144 px/m, which is `recognise`
    assert "#" + bytes(near[:3].tolist()).hex() == next(one["colour"] for one in classes if one["key"] == "recognise")
    assert not picture[:, int(0.32 * picture.shape[1]) :, 3].any(), "behind the wall nobody sees anything"


@pytest.mark.parametrize("kind", ["toilet", "changing_room"])
def test_a_camera_in_a_room_where_nobody_is_filmed_is_refused_and_the_plan_stays(
    town: Town, head: Desk, kind: str
) -> None:
    plan, room = a_plan(town.school), zone(kind, [(0.3, 0.4), (0.4, 0.4), (0.4, 0.5), (0.3, 0.5)])

    stands = put(head, plan, 1, point("camera", x=0.35, y=0.45), zones=[room])
    looks = put(head, plan, 1, camera(), scale=SCALE, zones=[room])

    assert [(one.status_code, one.json()["code"]) for one in (stands, looks)] == [(422, "plan.camera_private")] * 2
    seeing = camera(label="Дәліз 2")
    told = put(head, plan, 1, camera(x=0.9), seeing, scale=SCALE, zones=[room]).json()["detail"]
    assert all(one in told for one in ("Дәліз 2", kind, seeing["key"], room["key"])), "camera and zone by name and key"
    assert put(head, plan, 1, camera(), scale=SCALE, zones=[room], walls=[wall(0.3, 0.3, 0.3, 0.6)]).status_code == 200


@pytest.mark.parametrize(
    ("outline", "code"),
    [
        ([(0.1, 0.1), (0.2, 0.2), (0.2, 0.1), (0.1, 0.2)], "zone.crosses_itself"),
        ([(0.1, 0.1), (0.2, 0.2)], "zone.points"),
        ([(0.1, 0.1), (0.1001, 0.1), (0.1, 0.1001)], "zone.too_small"),
        ([(0.1, 0.1), (1.2, 0.1), (0.1, 0.2)], "plan.point_outside"),
    ],
)
def test_an_outline_that_makes_no_sense_is_refused_with_or_without_a_scale(
    town: Town, head: Desk, outline: list[tuple[float, float]], code: str
) -> None:
    plan = a_plan(town.school)
    for scale in (None, SCALE):
        refused = put(head, plan, 1, scale=scale, zones=[zone("yard", outline)])
        assert (refused.status_code, refused.json()["code"]) == (422, code)


def test_zones_that_overlap_are_kept_and_told(town: Town, head: Desk) -> None:
    plan, first = a_plan(town.school), zone("yard", [(0.1, 0.1), (0.3, 0.1), (0.3, 0.3), (0.1, 0.3)])
    second = zone("playground", [(0.2, 0.2), (0.4, 0.2), (0.4, 0.4), (0.2, 0.4)])
    put(head, plan, 1, scale=SCALE, zones=[first, second])
    (overlap,) = coverage(head, plan)["overlaps"]
    assert {overlap["first"], overlap["second"]} == {first["key"], second["key"]}
    assert overlap["area_m2"] == pytest.approx(10 * 7.5)


def test_without_a_scale_and_a_lens_it_is_said_what_is_missing(town: Town, head: Desk) -> None:
    plan, bare = a_plan(town.school), point("camera", x=0.5)
    put(head, plan, 1, bare, zones=[zone("hall", CORRIDOR)])
    found = coverage(head, plan)
    assert (found["missing"], found["unmeasured"], found["map"]) == (["scale"], [bare["key"]], None)
    assert head.get(f"/plans/{plan}/density").status_code == 404


def test_a_lens_that_no_camera_has_is_refused(town: Town, head: Desk) -> None:
    plan = a_plan(town.school)
    refused = put(head, plan, 1, camera() | {"lens": LENS | {"hfov_deg": 200}})
    assert (refused.status_code, refused.json()["code"]) == (422, "camera_place.hfov")
    assert put(head, plan, 1, point("door", lens=LENS)).json()["code"] == "plan.lens"


def test_the_width_of_a_door_tells_how_wide_a_lens_is(town: Town, head: Desk) -> None:
    """A sill of 0.9 m, seen by a camera 3 m high, 45° down, in the middle of its picture: f = 960 px, depth 4.24 m."""
    plan = a_plan(town.school)
    half = 960 * 0.9 / (3 / np.sin(np.radians(45))) / 2
    body = {
        "camera": str(uuid4()),
        "solve": "hfov",
        "lens": LENS | {"tilt_deg": 45, "hfov_deg": 60},
        "width_m": 0.9,
        "left": {"column": 960 - half, "row": 540},
        "right": {"column": 960 + half, "row": 540},
    }
    answer = head.post(f"/plans/{plan}/calibration", body)
    assert answer.json()["degrees"] == pytest.approx(90.0, abs=0.2)
    assert 0 < answer.json()["error_deg"] < 9
    refused = head.post(f"/plans/{plan}/calibration", body | {"width_m": -1})
    assert (refused.status_code, refused.json()["code"]) == (422, "calibration.width")


def test_what_a_plan_was_can_be_seen_and_had_again_with_its_zones(town: Town, head: Desk) -> None:
    plan = a_plan(town.school)
    before = put(head, plan, 1, camera(), scale=SCALE, zones=[zone("corridor", CORRIDOR)]).json()
    put(head, plan, 2)

    then = head.get(f"/plans/{plan}/revisions/2").json()
    restored = head.post(f"/plans/{plan}/restore", {"revision": 3, "to": 2}).json()

    assert then["zones"] == before["zones"] == restored["zones"]
    assert then["points"] == before["points"] == restored["points"]
    assert head.get(f"/plans/{plan}/revisions/9").status_code == 404
    verify(PlanRevision.objects.filter(plan=plan).order_by("number"))
    PlanRevision.objects.filter(plan=plan, number=2).update(zones=[])
    with pytest.raises(LedgerBroken):
        verify(PlanRevision.objects.filter(plan=plan).order_by("number"))
