"""A lens or a tilt from a door of known width."""

import math
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qorgan.domain.density.calibration import Doubt, KnownWidth, estimate_hfov, estimate_tilt
from qorgan.domain.density.camera import PlacedCamera, to_picture
from qorgan.kernel.errors import Invalid


def a_camera(**place: float) -> PlacedCamera:
    fields = {"x_m": 0.0, "y_m": 0.0, "height_m": 3.0, "tilt_deg": 30.0, "bearing_deg": 0.0, "hfov_deg": 80.0}
    return PlacedCamera(key="hall", width_px=1920, height_px=1080, **(fields | place))


def a_door(camera: PlacedCamera, ahead_m: float = 4.0, right_m: float = 0.5, width_m: float = 0.9) -> KnownWidth:
    """Where this camera shows the sill of a door that faces it."""
    column, row, _ = to_picture(camera, [right_m, right_m + width_m], [-ahead_m, -ahead_m], 0.0)
    return KnownWidth(
        width_m=width_m,
        left_column=float(column[0]),
        left_row=float(row[0]),
        right_column=float(column[1]),
        right_row=float(row[1]),
    )


def test_a_field_of_view_worked_by_hand() -> None:
    """3 m up, tilt 30°, the sill of 0.9 m on the middle row, 172.8 px wide. On the axis the floor is 3 / sin 30° = 6 m
    away, so 172.8 / 0.9 · 6 = 1152 px of focal length: 2 · atan(960 / 1152) = 79.6°.
    """
    door = KnownWidth(width_m=0.9, left_column=873.6, left_row=540, right_column=1046.4, right_row=540)
    found = estimate_hfov(a_camera(hfov_deg=20.0), door)
    assert 79.61 == pytest.approx(found.degrees, abs=0.01)
    assert 0 < found.error_deg < 8


@settings(deadline=None, max_examples=25)
@given(
    height_m=st.floats(2.5, 6),
    tilt_deg=st.floats(20, 60),
    hfov_deg=st.floats(40, 110),
    right_m=st.floats(-1.5, 0.5),
)
def test_lens_and_tilt_come_back(height_m: float, tilt_deg: float, hfov_deg: float, right_m: float) -> None:
    """What a camera shows of a sill on its axis gives that camera again; with an exact tape the error is nothing."""
    camera = a_camera(height_m=height_m, tilt_deg=tilt_deg, hfov_deg=hfov_deg)
    on_the_axis = height_m / math.tan(math.radians(tilt_deg))
    door = a_door(camera, on_the_axis, right_m)
    assume(0 <= door.left_column and door.right_column <= camera.width_px)
    exact = Doubt(pixels=0.0, width_m=0.0, height_m=0.0, tilt_deg=0.0, hfov_deg=0.0)
    lens = estimate_hfov(replace(camera, hfov_deg=5.0), door, exact)
    tilt = estimate_tilt(replace(camera, tilt_deg=5.0), door, exact)
    assert (hfov_deg, tilt_deg) == pytest.approx((lens.degrees, tilt.degrees), abs=0.01)
    assert 0 == lens.error_deg == tilt.error_deg


def test_the_error_covers_what_a_hand_gets_wrong() -> None:
    """A door clicked 2 px beside and a tape 3 cm off: the true lens lies within two standard deviations."""
    camera = a_camera()
    door = a_door(camera)
    clicked = replace(door, left_column=door.left_column - 2, right_column=door.right_column + 1, width_m=0.91)
    found = estimate_hfov(replace(camera, height_m=3.03), clicked)
    assert abs(found.degrees - 80.0) < 2 * found.error_deg < 16


def test_a_nearer_or_wider_width_says_more() -> None:
    camera = a_camera()
    narrow, wide = (estimate_hfov(camera, a_door(camera, width_m=width)) for width in (0.5, 2.0))
    assert wide.error_deg < narrow.error_deg


def test_a_level_camera_cannot_learn_its_lens_so() -> None:
    """Its height over the distance and its pixels over the focal length cancel: any lens shows that sill there."""
    camera = a_camera(tilt_deg=0.0)
    with pytest.raises(Invalid) as refused:
        estimate_hfov(camera, a_door(camera, 8.0, 0.0))
    assert refused.value.code in ("calibration.no_answer", "calibration.ambiguous", "calibration.uncertain")
    nearly = a_camera(tilt_deg=2.0)
    with pytest.raises(Invalid) as refused:
        estimate_hfov(nearly, a_door(nearly, 8.0, 0.0))
    assert "calibration.uncertain" == refused.value.code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"width_m": 0.0}, "calibration.width"),
        ({"width_m": float("nan")}, "calibration.width"),
        ({"right_column": 100.0}, "calibration.width"),  # left of the left end
        ({"left_column": -3.0}, "calibration.width"),
        ({"right_row": float("nan")}, "calibration.width"),
        ({"width_m": 45.0}, "calibration.no_answer"),
    ],
)
def test_what_says_nothing_is_refused(change: dict[str, float], code: str) -> None:
    camera = a_camera()
    with pytest.raises(Invalid) as refused:
        estimate_hfov(camera, replace(a_door(camera), **change))
    assert code == refused.value.code


def test_a_width_in_the_sky_is_refused() -> None:
    sky = KnownWidth(width_m=0.9, left_column=800, left_row=5, right_column=1000, right_row=5)
    with pytest.raises(Invalid) as refused:
        estimate_hfov(a_camera(tilt_deg=0.0), sky)
    assert "calibration.no_answer" == refused.value.code
