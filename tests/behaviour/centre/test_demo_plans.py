"""The demo's plans: what stands on them is what stands in the demo town."""

import io
from typing import Any

import pytest
from PIL import Image
from tests.behaviour.centre.conftest import desk
from tests.support import centre as a

from qorgan.centre import demo_data
from qorgan.centre.access.models import User
from qorgan.centre.plans import demo
from qorgan.centre.plans.models import PlanRevision
from qorgan.centre.schools.models import School
from qorgan.demo import town
from qorgan.domain.density.norms import ZoneDuty, ZoneKind, scales, zone_pack
from qorgan.domain.ground import assessed, ground_of, require_privacy
from qorgan.domain.plans import WAYS_IN, PointKind, Size, checked
from qorgan.sim.clips import MAIN


@pytest.mark.parametrize(("building", "plan"), list(zip(demo.BUILDINGS, town.TOWN, strict=True)))
def test_every_camera_and_every_way_in_of_the_town_stands_on_its_plan(
    building: demo.Building, plan: town.SchoolPlan
) -> None:
    panel = [plan.panel.zone_key] if plan.panel else []
    points = demo.layout_of(building).points

    assert building.site == plan.site
    assert sorted(point.camera or "" for point in points if point.kind is PointKind.CAMERA) == sorted(
        camera.key for camera in plan.cameras
    )
    assert sorted(point.way or "" for point in points if point.kind in WAYS_IN) == sorted(
        [*(button.key for button in plan.buttons), *(contact.key for contact in plan.contacts), *panel]
    )
    assert {PointKind.EXIT, PointKind.DOOR, PointKind.GUARD_POST, PointKind.ASSEMBLY_POINT} <= {
        point.kind for point in points
    }
    assert sum(room.width for room in building.upper) == sum(room.width for room in building.lower)


@pytest.mark.parametrize("building", demo.BUILDINGS)
def test_a_plan_of_the_town_shows_what_is_seen_what_is_lacking_and_where_nobody_is_filmed(
    building: demo.Building,
) -> None:
    layout, (width, height) = demo.layout_of(building), building.sheet
    size = Size(width=round(27 * width), height=round(27 * height))
    said = {name for point in layout.points for name in (point.camera, point.way) if name is not None}
    assert checked(layout, size, cameras=said, ways=said).zones, "it may be kept as anybody's"
    require_privacy(layout, size, zone_pack())
    scale = scales()["iec-62676-4-2014"]
    ground = ground_of(layout, size, scale)
    assert ground is not None

    found = assessed(ground, scale, zone_pack(), 0.0)

    assert {ZoneKind.TOILET, ZoneKind.ENTRANCE, ZoneKind.CORRIDOR} <= {zone.kind for zone in ground.zones}
    assert not found.overlaps and not found.refusals and not ground.unmeasured
    assert any(report.with_class > 0.5 for report in found.reports)
    assert any(report.cameras is ZoneDuty.MUST and not report.enough for report in found.reports)
    assert {(lens.width_px, lens.height_px) for point in layout.points if (lens := point.lens)} == {
        (MAIN.width, MAIN.height)
    }


@pytest.mark.django_db
def test_a_seeded_town_has_its_plans_at_once_and_their_cameras_as_soon_as_the_node_tells() -> None:
    demo_data.seed(a.PASSWORD)
    demo_data.seed(a.PASSWORD)
    assert PlanRevision.objects.count() == len(demo.BUILDINGS), "seeding again draws nothing anew"
    school, officer = School.objects.get(site="kst-012"), desk(User.objects.get(email="officer@qorgan.demo"))

    def on_plan() -> dict[str, Any]:
        (plan,) = officer.get(f"/schools/{school.pk}/plans").json()["items"]
        return dict(plan)

    before = on_plan()
    assert [one["camera"] for one in before["points"] if one["kind"] == "camera"] == [None] * 6
    with Image.open(io.BytesIO(officer.client.get(before["image"]).content)) as picture:
        assert picture.size == (before["width_px"], before["height_px"])
        assert before["metres_per_px"] * picture.width == pytest.approx(62, rel=1e-3)

    head = desk(User.objects.get(email="head12@qorgan.demo"))
    head.put(f"/plans/{before['id']}", before | {"name": "Бірінші қабат"})
    hall = a.a_camera(school, "hall")
    seen = on_plan()

    assert [one["camera"] for one in seen["points"] if one["label"] == "Фойе"] == [str(hall.pk), None]
    alarm = a.an_alarm(school, button="guard", cameras=("porch", "hall"))
    pressed = officer.get(f"/alarms/{alarm.pk}/place").json()["point"]
    assert [one["label"] for one in seen["points"] if one["key"] == pressed] == ["Күзет бекеті"]
