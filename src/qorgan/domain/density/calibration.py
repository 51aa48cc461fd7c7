"""Lens or tilt from a known width in the picture: a door sill, a mat, a line on the floor of so many metres.

A camera on which all but one is known (height measured, tilt read or lens read) sees both ends of the width on the
floor. The value that makes the picture's two points lie that far apart is the one looked for. How much it would
change with small errors of what went in is said along with it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from qorgan.domain.density.camera import Floats, PlacedCamera, meet_plane
from qorgan.kernel.errors import Invalid

FEWEST_PIXELS = 20
_SCAN = 500
_FIELDS_DEG = (2.0, 160.0)
_TILTS_DEG = (0.0, 90.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownWidth:
    """A width on the floor and where the picture shows its two ends, in pixels."""

    width_m: float
    left_column: float
    left_row: float
    right_column: float
    right_row: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """How far what goes in may be off (one standard deviation each). The defaults are a tape, a level and a mouse."""

    pixels: float = 1.0  # each end of the width, along and down
    width_m: float = 0.01
    height_m: float = 0.05
    tilt_deg: float = 1.0
    hfov_deg: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value in degrees and its standard deviation, by the doubts of what went in; lens distortion is not in it."""

    degrees: float
    error_deg: float


def estimate_hfov(camera: PlacedCamera, seen: KnownWidth, doubt: Doubt | None = None) -> Estimate:
    """The horizontal field of view, from a camera whose height and tilt are known (its own `hfov_deg` is not asked).

    Raises Invalid: `calibration.width` (no width, too few pixels, outside the picture), `calibration.no_answer`,
    `calibration.ambiguous`, `calibration.uncertain` (the error would be more than a tenth of the value: as a rule the
    camera looks level, or the width lies near the horizon).
    """
    doubt = doubt or Doubt()
    others = [
        lambda sign: (replace(camera, height_m=camera.height_m + sign * doubt.height_m), seen),
        lambda sign: (replace(camera, tilt_deg=_within_tilts(camera.tilt_deg + sign * doubt.tilt_deg)), seen),
    ]
    found = _estimate(camera, seen, doubt, "hfov_deg", _FIELDS_DEG, others)
    return _certain(found, found.degrees / 10)


def estimate_tilt(camera: PlacedCamera, seen: KnownWidth, doubt: Doubt | None = None) -> Estimate:
    """The tilt, from a camera whose height and field of view are known (its own `tilt_deg` is not asked).

    Raises Invalid as `estimate_hfov` does; `calibration.uncertain` when the error would be more than 5°.
    """
    doubt = doubt or Doubt()
    others = [
        lambda sign: (replace(camera, height_m=camera.height_m + sign * doubt.height_m), seen),
        lambda sign: (replace(camera, hfov_deg=camera.hfov_deg + sign * doubt.hfov_deg), seen),
    ]
    return _certain(_estimate(camera, seen, doubt, "tilt_deg", _TILTS_DEG, others), 5.0)


_Change = Callable[[int], tuple[PlacedCamera, KnownWidth]]


def _estimate(
    camera: PlacedCamera,
    seen: KnownWidth,
    doubt: Doubt,
    name: str,
    limits: tuple[float, float],
    others: list[_Change],
) -> Estimate:
    _check(camera, seen)
    value = _solve(camera, seen, name, limits)
    changes = [*others, *_changes_of_width(camera, seen, doubt)]
    variance = sum(_effect(change, value, name, limits) ** 2 for change in changes)
    return Estimate(degrees=value, error_deg=math.sqrt(variance))


def _changes_of_width(camera: PlacedCamera, seen: KnownWidth, doubt: Doubt) -> list[_Change]:
    def moved(field: str, by: float) -> _Change:
        return lambda sign: (camera, replace(seen, **{field: getattr(seen, field) + sign * by}))

    ends = ("left_column", "left_row", "right_column", "right_row")
    return [moved("width_m", doubt.width_m), *(moved(end, doubt.pixels) for end in ends)]


def _effect(change: _Change, value: float, name: str, limits: tuple[float, float]) -> float:
    """How far the answer moves when one input is a little off, to the worse side."""
    try:
        return max(abs(_solve(*change(sign), name, limits) - value) for sign in (-1, 1))
    except Invalid as error:
        raise Invalid(f"a small error would leave no answer: {error}", code="calibration.uncertain") from error


def _solve(camera: PlacedCamera, seen: KnownWidth, name: str, limits: tuple[float, float]) -> float:
    """The one value within the limits at which the two points are `width_m` apart."""
    values = np.linspace(*limits, _SCAN)
    over = _widths(camera, seen, name, values) - seen.width_m
    crosses = np.isfinite(over[:-1]) & np.isfinite(over[1:]) & ((over[:-1] < 0) != (over[1:] < 0))
    places = np.nonzero(crosses)[0]
    if places.size == 0:
        raise Invalid("no camera at this height shows such a width there", code="calibration.no_answer")
    if places.size > 1:
        raise Invalid("more than one camera would show that width there", code="calibration.ambiguous")
    fine = np.linspace(values[places[0]], values[places[0] + 1], _SCAN)
    return float(fine[np.argmin(np.abs(_widths(camera, seen, name, fine) - seen.width_m))])


def _widths(camera: PlacedCamera, seen: KnownWidth, name: str, values: Floats) -> Floats:
    """Metres between the two points on the floor for each value of `name`; NaN where one of them is not on it."""
    hfov, tilt = (values if name == one else np.asarray(getattr(camera, one)) for one in ("hfov_deg", "tilt_deg"))
    focal = camera.width_px / 2 / np.tan(np.radians(hfov) / 2)

    def on_floor(column: float, row: float) -> tuple[Floats, Floats]:
        across, below = (column - camera.width_px / 2) / focal, (row - camera.height_px / 2) / focal
        return meet_plane(across, below, np.radians(tilt), camera.height_m)

    left, right = on_floor(seen.left_column, seen.left_row), on_floor(seen.right_column, seen.right_row)
    return np.hypot(right[0] - left[0], right[1] - left[1])


def _check(camera: PlacedCamera, seen: KnownWidth) -> None:
    inside = all(
        0 <= column <= camera.width_px and 0 <= row <= camera.height_px
        for column, row in ((seen.left_column, seen.left_row), (seen.right_column, seen.right_row))
    )
    if not inside:
        raise Invalid("both ends of the width must lie in the picture", code="calibration.width")
    if not 0.2 <= seen.width_m <= 50:
        raise Invalid("the width must be 0.2 to 50 m", code="calibration.width")
    if not seen.right_column - seen.left_column >= FEWEST_PIXELS:
        raise Invalid(
            f"the right end must lie {FEWEST_PIXELS} pixels or more right of the left", code="calibration.width"
        )


def _certain(found: Estimate, most_deg: float) -> Estimate:
    if found.error_deg > most_deg:
        message = f"{found.degrees:.1f}° ± {found.error_deg:.1f}° says too little: take a wider or nearer width"
        raise Invalid(message, code="calibration.uncertain")
    return found


def _within_tilts(degrees: float) -> float:
    return min(90.0, max(-30.0, degrees))
