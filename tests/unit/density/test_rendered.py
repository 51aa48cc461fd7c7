"""The judge of the geometry: pictures that the simulator renders by rays, and pixels counted in them."""

import pytest
from tests.support.viewpoints import placed

from qorgan.domain.density.camera import density_at, to_picture
from qorgan.sim.perspective import POST, Viewpoint, render
from qorgan.sim.yardstick import counted_density, stripe

WITHIN = 0.05  # of what is counted


@pytest.mark.parametrize(
    ("height_m", "tilt_deg", "bearing_deg", "focal_mm", "ahead_m", "right_m", "wide_m", "target_m"),
    [
        (3.0, 0.0, 0.0, 4.0, 6.0, 0.0, 2.0, 1.5),
        (3.0, 15.0, 30.0, 4.0, 6.0, 0.0, 2.0, 1.5),
        (3.0, 15.0, 30.0, 4.0, 6.0, 2.0, 1.0, 0.3),
        (2.5, 25.0, 200.0, 2.8, 4.0, -2.5, 1.0, 0.8),
        (5.0, 35.0, 275.0, 6.0, 7.0, 0.5, 1.0, 0.2),
        (8.0, 60.0, 90.0, 2.8, 4.0, 2.0, 3.0, 0.2),
        (6.0, 10.0, 330.0, 12.0, 30.0, -4.0, 3.0, 1.0),
    ],
)
def test_pixels_that_are_counted_are_pixels_that_were_computed(
    height_m: float,
    tilt_deg: float,
    bearing_deg: float,
    focal_mm: float,
    ahead_m: float,
    right_m: float,
    wide_m: float,
    target_m: float,
) -> None:
    """A bar of known width at a known place: its pixels in a row of the picture against `density_at`."""
    view = Viewpoint(
        x_m=12.0,
        y_m=7.0,
        height_m=height_m,
        tilt_deg=tilt_deg,
        bearing_deg=bearing_deg,
        focal_mm=focal_mm,
        sensor_width_mm=5.37,
        width_px=640,
        height_px=360,
    )
    bar = stripe(view, ahead_m, right_m, target_m, wide_m)
    counted = counted_density(view, bar)
    assert counted is not None, "the bar is not wholly in the picture"
    computed = float(density_at(placed(view), bar.x_m, bar.y_m, target_m))
    assert computed == pytest.approx(counted, rel=WITHIN)


def test_a_renderer_that_is_turned_the_other_way_would_be_noticed() -> None:
    """The picture's own middle of an off-axis bar: guards against two mistakes that cancel each other."""
    view = Viewpoint(
        x_m=12.0,
        y_m=7.0,
        height_m=3.0,
        tilt_deg=20.0,
        bearing_deg=70.0,
        focal_mm=4.0,
        sensor_width_mm=5.37,
        width_px=640,
        height_px=360,
    )
    bar = stripe(view, 6.0, 1.5, 0.5, 1.0)
    white = render(view, [bar]) == POST
    rows, columns = white.nonzero()
    column, row, _ = to_picture(placed(view), bar.x_m, bar.y_m, 0.5)
    assert float(columns.mean()) + 0.5 == pytest.approx(float(column), abs=1.0)
    assert float(rows.mean()) + 0.5 == pytest.approx(float(row), abs=1.0)
