"""Pictures of a yard with known metres, as a camera with known geometry takes them: each pixel asks what its ray meets.

What is in the picture is measured by counting pixels. So that it can judge the geometry of `domain/density`, nothing
of that is used here: rays are turned with matrices, axis by axis, and met with boxes and the floor.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SKY, DARK, LIGHT, POST = 40, 90, 160, 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """An upright box: the middle of its foot on the plan (metres; y grows down the plan), its sizes, its height's span.

    `turned_deg`: clockwise; `wide_m` lies along the plan's x before it is turned.
    """

    x_m: float
    y_m: float
    wide_m: float
    deep_m: float
    from_m: float = 0.0
    to_m: float = 2.0
    turned_deg: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewpoint:
    """A camera of the simulator: angles and metres as in `domain.density.camera`; lens by focal length and sensor."""

    x_m: float
    y_m: float
    height_m: float
    tilt_deg: float
    bearing_deg: float
    focal_mm: float
    sensor_width_mm: float
    width_px: int
    height_px: int


def render(view: Viewpoint, boxes: Sequence[Box], tile_m: float = 1.0) -> NDArray[np.uint8]:
    """A grey picture: boxes white, the floor a checkerboard of `tile_m`, the sky dark. Rows from above."""
    eye = np.array([view.x_m, view.height_m, view.y_m])  # x, up, and down the plan
    rays = _rays(view)
    picture, nearest = _floor(eye, rays, tile_m)
    for box in boxes:
        at = _meets(eye, rays, box)
        picture[at < nearest] = POST
        nearest = np.minimum(nearest, at)
    return picture


def _rays(view: Viewpoint) -> NDArray[np.float64]:
    """A direction for the middle of every pixel: (rows, columns, 3)."""
    pitch_mm = view.sensor_width_mm / view.width_px
    across = (np.arange(view.width_px) + 0.5 - view.width_px / 2) * pitch_mm
    up = (view.height_px / 2 - np.arange(view.height_px) - 0.5) * pitch_mm
    grid = np.empty((view.height_px, view.width_px, 3))
    grid[..., 0], grid[..., 1], grid[..., 2] = across[None, :], up[:, None], -view.focal_mm  # it looks up the plan
    tilt, bearing = math.radians(-view.tilt_deg), math.radians(-view.bearing_deg)
    about_x = np.array(
        [[1, 0, 0], [0, math.cos(tilt), -math.sin(tilt)], [0, math.sin(tilt), math.cos(tilt)]],
    )
    about_up = np.array(
        [[math.cos(bearing), 0, math.sin(bearing)], [0, 1, 0], [-math.sin(bearing), 0, math.cos(bearing)]],
    )
    turned: NDArray[np.float64] = grid @ (about_up @ about_x).T
    return turned


def _floor(
    eye: NDArray[np.float64], rays: NDArray[np.float64], tile_m: float
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    with np.errstate(divide="ignore", invalid="ignore"):
        length = np.where(rays[..., 1] < 0, -eye[1] / rays[..., 1], np.inf)
        x, y = eye[0] + length * rays[..., 0], eye[2] + length * rays[..., 2]
        light = (np.floor(x / tile_m) + np.floor(y / tile_m)) % 2 == 0
    picture = np.where(np.isinf(length), SKY, np.where(light, LIGHT, DARK)).astype(np.uint8)
    return picture, length


def _meets(eye: NDArray[np.float64], rays: NDArray[np.float64], box: Box) -> NDArray[np.float64]:
    """How far along each ray the box begins; infinite where the ray misses it."""
    turned = math.radians(box.turned_deg)
    about_up = np.array([[math.cos(turned), 0, math.sin(turned)], [0, 1, 0], [-math.sin(turned), 0, math.cos(turned)]])
    middle = np.array([box.x_m, (box.from_m + box.to_m) / 2, box.y_m])
    half = np.array([box.wide_m / 2, (box.to_m - box.from_m) / 2, box.deep_m / 2])
    start, way = about_up @ (eye - middle), rays @ about_up.T
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (-half - start) / way, (half - start) / way
    enters = np.nanmax(np.minimum(one, other), axis=-1)
    leaves = np.nanmin(np.maximum(one, other), axis=-1)
    return np.where((enters <= leaves) & (enters > 0), enters, np.inf)
