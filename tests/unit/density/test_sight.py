"""A plan with walls and several cameras."""

import numpy as np
import pytest

from qorgan.domain.density.camera import PlacedCamera, density_at
from qorgan.domain.density.sight import Grid, Wall, density_map, hidden
from qorgan.kernel.errors import Invalid


def a_camera(key: str = "c", x_m: float = 0.0, y_m: float = 5.0, bearing_deg: float = 90.0) -> PlacedCamera:
    """Looks to the right over the floor, 90° wide, 960 pixels of focal length."""
    return PlacedCamera(
        key=key,
        x_m=x_m,
        y_m=y_m,
        height_m=3.0,
        tilt_deg=30.0,
        bearing_deg=bearing_deg,
        hfov_deg=90.0,
        width_px=1920,
        height_px=1080,
    )


def wall(x1: float, y1: float, x2: float, y2: float) -> Wall:
    return Wall(x1_m=x1, y1_m=y1, x2_m=x2, y2_m=y2)


def hides(camera: PlacedCamera, walls: list[Wall], *places: tuple[float, float]) -> list[bool]:
    x, y = np.array(places).T
    return hidden(camera, walls, x, y).tolist()


def test_a_wall_hides_what_is_behind_it_and_nothing_else() -> None:
    """A wall at x = 4 from y = 4 to 6. Its shadow at x = 8 is twice as wide: from y = 3 to 7."""
    seen = hides(a_camera(), [wall(4, 4, 4, 6)], (3.9, 5), (4.1, 5), (8, 3.1), (8, 6.9), (8, 2.9), (8, 7.1), (-1, 5))
    assert [False, True, True, True, False, False, False] == seen


def test_two_walls_that_meet_leave_no_gap() -> None:
    assert [True] == hides(a_camera(), [wall(4, 4, 4, 5), wall(4, 5, 4, 6)], (8, 5))


def test_a_wall_that_is_seen_edge_on_hides_nothing_beside_it() -> None:
    assert [False, False] == hides(a_camera(), [wall(2, 5, 4, 5)], (8, 5.5), (8, 4.5))


def test_a_camera_on_a_wall_looks_away_from_it() -> None:
    """However a little on the wrong side it was drawn, and in a corner too."""
    behind_it = a_camera(x_m=-0.05)
    corner = [wall(0, 0, 0, 10), wall(0, 5.04, 9, 5.04)]
    assert [False, True] == hides(behind_it, corner[:1], (3, 4), (-3, 4))
    assert [False, True] == hides(a_camera(x_m=0.05, bearing_deg=45.0), corner, (3, 3), (3, 6))


def test_the_best_camera_counts() -> None:
    """Two that face each other over 10 m: in the middle they see alike, elsewhere the nearer one decides."""
    left, right = a_camera("left"), a_camera("right", x_m=10.0, bearing_deg=270.0)
    grid = Grid.over(0.0, 0.0, 10.0, 10.0, 0.5)
    x, y = grid.middles()
    each = [density_at(camera, x, y) for camera in (left, right)]
    both = density_map([left, right], [], grid)
    assert np.array_equal(np.maximum(*each), both)
    assert np.allclose(both, both[:, ::-1])  # the plan is symmetric, so is the map


def test_a_wall_leaves_the_other_camera_its_view() -> None:
    left, right = a_camera("left"), a_camera("right", x_m=10.0, bearing_deg=270.0)
    between = [wall(5, 0, 5, 10)]
    grid = Grid.over(0.0, 0.0, 10.0, 10.0, 0.5)
    x, y = grid.middles()
    expected = np.where(x < 5, density_at(left, x, y), density_at(right, x, y))
    assert np.array_equal(expected, density_map([left, right], between, grid))


def test_a_grid_covers_its_rectangle_and_has_limits() -> None:
    grid = Grid.over(1.0, 2.0, 1.1, 0.5, 0.25)
    assert (5, 2) == (grid.columns, grid.rows)
    x, y = grid.middles()
    assert (1.125, 2.125) == (x[0, 0], y[0, 0])
    for width, step in ((0.0, 0.25), (10_000.0, 0.25), (10.0, 0.0), (float("nan"), 0.25)):
        with pytest.raises(Invalid) as refused:
            Grid.over(0.0, 0.0, width, 5_000.0, step)
        assert "grid.size" == refused.value.code
