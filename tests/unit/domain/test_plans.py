"""What may stand on a plan, how large its drawing is, and where an alarm was raised."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from qorgan.domain.plans import (
    MAX_LENSES,
    MAX_POINTS,
    Found,
    Layout,
    Lens,
    PlanKind,
    Point,
    PointKind,
    Scale,
    Size,
    Spot,
    checked,
    find_place,
    in_order,
    metres_per_px,
)
from qorgan.kernel.errors import Invalid
from qorgan.kernel.ids import CameraKey

A4 = Size(width=4_000, height=3_000)
LENS = Lens(height_m=3.0, tilt_deg=20.0, hfov_deg=90.0, width_px=1920, height_px=1080)
HALL, YARD, STAIRS = CameraKey("hall"), CameraKey("yard"), CameraKey("stairs")


def point(number: int, kind: PointKind = PointKind.DOOR, x: float = 0.5, y: float = 0.5, **said: Any) -> Point:
    return Point(key=UUID(int=number), kind=kind, at=Spot(x=x, y=y), **said)


def camera(number: int, key: CameraKey, **said: Any) -> Point:
    return point(number, PointKind.CAMERA, camera=key, **said)


def floor(*points: Point, number: int | None = 1, name: str = "1-қабат", **said: Any) -> Layout:
    return Layout(name=name, kind=PlanKind.FLOOR, floor=number, points=points, **said)


def site(*points: Point) -> Layout:
    return Layout(name="Аумақ", kind=PlanKind.SITE, points=points)


def check(layout: Layout, size: Size = A4) -> Layout:
    return checked(layout, size, cameras={HALL, YARD}, ways={"hall", "gym.005"})


def scale(metres: float, *, to: float = 0.75, down: float = 0.0) -> Scale:
    return Scale(a=Spot(x=0.25, y=0.1), b=Spot(x=to, y=0.1 + down), metres=metres)


def test_a_layout_is_kept_with_its_positions_rounded_and_a_bearing_of_one_turn() -> None:
    kept = check(floor(camera(1, HALL, x=0.123456789, bearing_deg=360.0, label=" Фойе ")))

    (seen,) = kept.points
    assert (seen.at.x, seen.bearing_deg, seen.label, seen.camera) == (0.123457, 0.0, "Фойе", HALL)
    assert check(kept) == kept, "what is kept may be kept again"


def test_a_site_has_no_floor() -> None:
    assert check(replace(site(), floor=3)).floor is None


@pytest.mark.parametrize(
    ("layout", "code"),
    [
        (floor(name="  "), "plan.name"),
        (floor(name="я" * 121), "plan.name"),
        (floor(number=51), "plan.floor"),
        (floor(number=-6), "plan.floor"),
        (floor(*(point(number) for number in range(MAX_POINTS + 1))), "plan.points_too_many"),
        (floor(*(point(n, PointKind.CAMERA, lens=LENS) for n in range(MAX_LENSES + 1))), "plan.lenses_too_many"),
        (floor(point(1, lens=LENS)), "plan.lens"),
        (floor(point(1, PointKind.CAMERA, lens=replace(LENS, tilt_deg=float("nan")))), "camera_place.tilt"),
        (floor(point(1, x=1.0001)), "plan.point_outside"),
        (floor(point(1, y=-0.0001)), "plan.point_outside"),
        (floor(point(1, x=float("nan"))), "plan.point_outside"),
        (floor(point(1, label="я" * 81)), "plan.label"),
        (floor(point(1), point(1)), "plan.point_twice"),
        (floor(camera(1, STAIRS)), "plan.camera_unknown"),
        (floor(point(1, PointKind.DOOR, camera=HALL)), "plan.camera_unknown"),
        (floor(camera(1, HALL), camera(2, HALL)), "plan.camera_twice"),
        (floor(point(1, PointKind.BUTTON, way="attic")), "plan.way_unknown"),
        (floor(point(1, PointKind.EXIT, way="hall")), "plan.way_unknown"),
        (
            floor(point(1, PointKind.BUTTON, way="hall"), point(2, PointKind.CONTACT, way="hall")),
            "plan.way_twice",
        ),
        (floor(camera(1, HALL, bearing_deg=361.0)), "plan.bearing"),
        (floor(camera(1, HALL, bearing_deg=float("nan"))), "plan.bearing"),
        (floor(point(1, PointKind.DOOR, bearing_deg=10.0)), "plan.bearing"),
        (floor(scale=scale(10.0, to=1.5)), "plan.point_outside"),
        (floor(scale=scale(10.0, to=0.25)), "plan.scale_near"),
        (floor(scale=scale(10.0, to=0.259)), "plan.scale_near"),
        (floor(scale=scale(0.4)), "plan.scale_metres"),
        (floor(scale=scale(float("nan"))), "plan.scale_metres"),
        (floor(scale=scale(2_001.0)), "plan.scale_metres"),
        (floor(scale=scale(0.5, to=0.95)), "plan.scale_metres"),  # the whole drawing would be 71 cm
        (floor(scale=scale(2_000.0, to=0.27)), "plan.scale_metres"),  # and here 100 km
    ],
)
def test_what_cannot_be_so_says_why(layout: Layout, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check(layout)
    assert refused.value.code == code


def test_as_many_points_as_are_allowed_and_those_at_the_very_edge_stand() -> None:
    edge = floor(*(point(number, x=number % 2, y=1.0) for number in range(MAX_POINTS)))
    assert check(edge).points == edge.points


def test_a_scale_measures_in_pixels_of_a_drawing_that_is_not_square() -> None:
    assert metres_per_px(None, A4) is None
    assert metres_per_px(scale(50.0), A4) == 50 / 2_000
    across = scale(50.0, to=0.25 + 0.3, down=0.3)  # 1,200 and 900 px: 1,500
    assert metres_per_px(across, A4) == pytest.approx(50 / 1_500)


def test_the_site_comes_first_then_the_floors_from_below_then_what_has_none() -> None:
    plans = [floor(number=None, name="Шатыр"), floor(number=2), floor(number=-1), site(), floor(number=1)]
    order = in_order(plans, lambda plan: plan)
    assert [(plan.kind.value, plan.floor) for plan in order] == [
        ("site", None),
        ("floor", -1),
        ("floor", 1),
        ("floor", 2),
        ("floor", None),
    ]


def test_a_pressed_button_is_found_where_it_stands_and_on_a_floor_before_the_site() -> None:
    pressed = point(7, PointKind.BUTTON, way="hall")
    outside = point(8, PointKind.BUTTON, way="hall")
    cameras = floor(camera(1, HALL), camera(2, STAIRS), number=2)

    assert find_place([site(outside), cameras, floor(pressed)], "hall", [HALL]) == Found(plan=2, point=pressed.key)
    assert find_place([site(outside), cameras], "hall", [HALL]) == Found(plan=0, point=outside.key)


def test_a_button_on_no_plan_is_near_where_most_of_its_cameras_are() -> None:
    first, second = floor(camera(1, HALL)), floor(camera(1, YARD), camera(2, STAIRS), number=2)

    assert find_place([first, second], "gym", [HALL, YARD, STAIRS]) == Found(plan=1, point=None)
    assert find_place([first, second], "gym", [YARD, HALL]) == Found(plan=1, point=None), "as many: the nearest"
    both = [site(camera(1, HALL)), floor(camera(1, HALL))]
    assert find_place(both, "gym", [HALL]) == Found(plan=1, point=None), "and then a floor"


def test_nothing_is_guessed_when_nothing_is_known() -> None:
    plans = [site(), floor(camera(1, HALL), point(2, PointKind.BUTTON))]
    assert find_place(plans, "gym", [YARD]) is None
    assert find_place(plans, "gym", []) is None
    assert find_place([], "hall", [HALL]) is None
