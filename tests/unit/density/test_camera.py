"""One camera over a floor: cases worked by hand, and what must hold wherever it stands."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qorgan.domain.density.camera import (
    PlacedCamera,
    density_at,
    footprint,
    hfov_of_lens,
    to_picture,
    to_plan,
)
from qorgan.kernel.errors import Invalid


def a_camera(
    x_m: float = 10.0,
    y_m: float = 20.0,
    height_m: float = 3.0,
    tilt_deg: float = 30.0,
    bearing_deg: float = 0.0,
    hfov_deg: float = 90.0,
    width_px: int = 1920,
    height_px: int = 1080,
) -> PlacedCamera:
    """1920 pixels over 90°: half of them over the tangent of 45° is a focal length of 960 pixels."""
    return PlacedCamera(
        key="yard",
        x_m=x_m,
        y_m=y_m,
        height_m=height_m,
        tilt_deg=tilt_deg,
        bearing_deg=bearing_deg,
        hfov_deg=hfov_deg,
        width_px=width_px,
        height_px=height_px,
    )


cameras = st.builds(
    a_camera,
    x_m=st.floats(-50, 50),
    y_m=st.floats(-50, 50),
    height_m=st.floats(2, 12),
    tilt_deg=st.floats(0, 90),
    bearing_deg=st.floats(-180, 360),
    hfov_deg=st.floats(10, 130),
    width_px=st.sampled_from([640, 1280, 1920, 3840]),
    height_px=st.sampled_from([360, 720, 1080, 2160]),
)


def test_a_level_camera_fills_its_picture_with_twice_the_distance() -> None:
    """90° wide: at 8 m the picture is 2 · 8 · tan 45° = 16 m wide, and 1920 px / 16 m = 120 px/m."""
    camera = a_camera(tilt_deg=0.0, bearing_deg=90.0)
    assert 120 == pytest.approx(float(density_at(camera, 18.0, 20.0, 3.0)))


def test_a_tilted_camera_measures_along_its_axis() -> None:
    """3 m up, tilt 30°: a spot on the floor 4 m ahead is 4 · cos 30° + 3 · sin 30° = 4.964 m deep; 960 / 4.964 = 193.4.

    Aside of it by 2 m the depth, and so the density, is the same: the picture's rows are as wide there.
    """
    camera = a_camera()
    assert 193.39 == pytest.approx(float(density_at(camera, 10.0, 16.0)), abs=0.01)
    assert 193.39 == pytest.approx(float(density_at(camera, 12.0, 16.0)), abs=0.01)


def test_a_face_is_seen_finer_than_the_feet_under_it() -> None:
    """1.5 m over that spot: 4 · cos 30° + (3 - 1.5) · sin 30° = 4.214 m deep; 960 / 4.214 = 227.8."""
    assert 227.80 == pytest.approx(float(density_at(a_camera(), 10.0, 16.0, 1.5)), abs=0.01)


def test_straight_down_the_floor_is_as_deep_as_the_camera_is_high() -> None:
    """3 m up, tilt 90°: 960 / 3 = 320 px/m everywhere in the picture, whose edge is 1920 / 320 / 2 = 3 m aside."""
    camera = a_camera(tilt_deg=90.0)
    x = np.array([10.0, 12.9, 7.1, 13.1])
    assert [320, 320, 320, 0] == pytest.approx(density_at(camera, x, np.full(4, 20.0)).tolist())


@pytest.mark.parametrize(("bearing", "x", "y"), [(0, 10, 12), (90, 18, 20), (180, 10, 28), (270, 2, 20), (-90, 2, 20)])
def test_the_bearing_turns_clockwise_from_the_plans_upper_edge(bearing: float, x: float, y: float) -> None:
    """8 m ahead is up, right, down and left on the plan; a level camera shows a point at its height in its middle."""
    column, row, depth = to_picture(a_camera(tilt_deg=0.0, bearing_deg=bearing), x, y, 3.0)
    assert (960, 540, 8) == pytest.approx((float(column), float(row), float(depth)))


def test_what_is_right_on_the_plan_is_right_in_the_picture() -> None:
    """A camera that looks up the plan has the plan's right at its right: 8 m ahead, 8 m aside is the 45° edge."""
    column, _, _ = to_picture(a_camera(tilt_deg=0.0), 18.0, 12.0, 3.0)
    assert 1920 == pytest.approx(float(column))


def test_the_footprint_worked_by_hand() -> None:
    """3 m up, tilt 45°, 90° wide and high (a square picture): its lower edge looks straight down, its upper at the
    horizon. Below the camera the picture is as wide as its depth, 3 · sin 45° = 2.121, on both sides.
    """
    near_left, near_right, far_right, far_left = footprint(
        a_camera(tilt_deg=45.0, width_px=1000, height_px=1000), range_m=30.0
    )
    assert (10 - 2.121, 20) == pytest.approx(near_left, abs=0.001)
    assert (10 + 2.121, 20) == pytest.approx(near_right, abs=0.001)
    # 30 m ahead the depth is (30 + 3) · sin 45° = 23.335
    assert (10 + 23.335, -10) == pytest.approx(far_right, abs=0.001)
    assert (10 - 23.335, -10) == pytest.approx(far_left, abs=0.001)


def test_a_camera_that_looks_up_sees_no_floor() -> None:
    camera = a_camera(tilt_deg=-30.0, hfov_deg=40.0)
    assert () == footprint(camera)
    assert 0 == density_at(camera, 10.0, 10.0)


def test_what_is_behind_or_beside_is_not_seen() -> None:
    camera = a_camera()
    x, y = np.array([10.0, 30.0, 10.0]), np.array([25.0, 19.0, 19.9])  # behind, far aside, under its own foot
    assert [0, 0, 0] == density_at(camera, x, y).tolist()


def test_the_lens_of_a_data_sheet() -> None:
    """4 mm before a sensor 5.37 mm wide (1/2.8″): 2 · atan(5.37 / 8) = 67.7°."""
    assert 67.75 == pytest.approx(hfov_of_lens(4.0, 5.37), abs=0.01)
    with pytest.raises(Invalid):
        hfov_of_lens(0.0, 5.37)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"height_m": 0.0}, "camera_place.height"),
        ({"tilt_deg": 91.0}, "camera_place.tilt"),
        ({"bearing_deg": math.nan}, "camera_place.bearing"),
        ({"hfov_deg": 180.0}, "camera_place.hfov"),
        ({"x_m": math.inf}, "camera_place.x"),
        ({"width_px": 0}, "camera_place.width"),
    ],
)
def test_no_camera_is_like_this(wrong: dict[str, float], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        a_camera(**wrong)  # type: ignore[arg-type]
    assert code == refused.value.code


@settings(deadline=None, max_examples=50)
@given(camera=cameras, column=st.floats(0, 1), row=st.floats(0, 1), height_m=st.floats(0, 1.9))
def test_from_the_picture_to_the_plan_and_back(
    camera: PlacedCamera, column: float, row: float, height_m: float
) -> None:
    """What a pixel looks at on a plane is shown at that pixel."""
    column, row = column * camera.width_px, row * camera.height_px
    x, y = to_plan(camera, column, row, height_m)
    assume(math.isfinite(x) and math.hypot(x - camera.x_m, y - camera.y_m) < 500)
    again = to_picture(camera, x, y, height_m)
    assert (column, row) == pytest.approx((float(again[0]), float(again[1])), abs=1e-3)


@settings(deadline=None, max_examples=50)
@given(camera=cameras, near=st.floats(0.5, 60), further=st.floats(0.1, 60), height_m=st.floats(0, 1.9))
def test_density_falls_with_distance(camera: PlacedCamera, near: float, further: float, height_m: float) -> None:
    """Of two places ahead of a camera that looks forward the further one has fewer pixels to the metre."""
    assume(camera.tilt_deg < 89)
    bearing = math.radians(camera.bearing_deg)
    ahead = np.array([near, near + further])
    x, y = camera.x_m + ahead * math.sin(bearing), camera.y_m - ahead * math.cos(bearing)
    first, second = density_at(camera, x, y, height_m).tolist()
    assume(first > 0 and second > 0)
    assert first > second


@settings(deadline=None, max_examples=50)
@given(camera=cameras, ahead=st.floats(0.5, 60), aside=st.floats(0, 30))
def test_left_and_right_are_alike(camera: PlacedCamera, ahead: float, aside: float) -> None:
    """Seen, and how fine, is the same to the left of the axis as to its right."""
    bearing = math.radians(camera.bearing_deg)
    side = np.array([-aside, aside])
    x = camera.x_m + ahead * math.sin(bearing) + side * math.cos(bearing)
    y = camera.y_m - ahead * math.cos(bearing) + side * math.sin(bearing)
    column, _, _ = to_picture(camera, x, y, 0.0)
    assume(min(abs(column[0]), abs(column[1] - camera.width_px)) > 1e-6)  # not on the picture's very edge
    left, right = density_at(camera, x, y).tolist()
    assert left == pytest.approx(right)
