"""Zones of a school's plan, what cameras achieve in them, and where no camera may look."""

import math

import pytest

from qorgan.domain.density.assessment import assess, lacking
from qorgan.domain.density.camera import PlacedCamera
from qorgan.domain.density.norms import ZoneDuty, ZoneKind, scales, zone_pack
from qorgan.domain.density.sight import Wall
from qorgan.domain.density.zones import Intrusion, Refusal, Zone, overlaps, refusals
from qorgan.kernel.errors import Invalid

SIX_CLASSES = "iec-62676-4-2014"


def a_camera(key: str = "c", **place: float) -> PlacedCamera:
    """Straight down from 4 m with 1000 · 1000 pixels over 90°: 500 / 4 = 125 px/m on a square of 8 · 8 m."""
    fields = {"x_m": 5.0, "y_m": 5.0, "height_m": 4.0, "tilt_deg": 90.0, "bearing_deg": 0.0, "hfov_deg": 90.0}
    return PlacedCamera(key=key, width_px=1000, height_px=1000, **(fields | place))


def a_zone(
    left: float, top: float, right: float, bottom: float, kind: ZoneKind = ZoneKind.CORRIDOR, key: str = "zone"
) -> Zone:
    return Zone(key=key, name=key, kind=kind, points=((left, top), (right, top), (right, bottom), (left, bottom)))


@pytest.mark.parametrize(
    ("points", "code", "word"),
    [
        (((0, 0), (4, 4), (4, 0), (0, 4)), "zone.crosses_itself", "[2 2]"),
        (((0, 0), (4, 0), (4, 4), (2, 0), (0, 4)), "zone.crosses_itself", "touches"),
        (((0, 0), (4, 4)), "zone.points", "2 points"),
        (tuple((math.cos(n / 32), math.sin(n / 32)) for n in range(201)), "zone.points", "201 points"),
        (((0, 0), (1, 0), (1, math.nan)), "zone.points", "no plan"),
        (((0, 0), (0.5, 0), (0.5, 0.5), (0, 0.5)), "zone.too_small", "0.25 m²"),
    ],
)
def test_an_outline_that_makes_no_sense_is_refused_in_clear_words(
    points: tuple[tuple[float, float], ...], code: str, word: str
) -> None:
    with pytest.raises(Invalid) as refused:
        Zone(key="z", name="2-қабат дәлізі", kind=ZoneKind.CORRIDOR, points=points)
    assert code == refused.value.code
    assert word in str(refused.value) and "2-қабат дәлізі" in str(refused.value)


def test_zones_that_overlap_are_named_both_and_neighbours_are_not() -> None:
    hall, stairs = a_zone(0, 0, 6, 4, key="hall"), a_zone(5, 0, 9, 4, key="stairs")
    beside = a_zone(9, 0, 12, 4, key="beside")
    (found,) = overlaps([hall, stairs, beside])
    assert ("hall", "stairs", pytest.approx(4.0)) == (found.first, found.second, found.area_m2)
    assert "'hall'" in str(found) and "'stairs'" in str(found)


def test_the_share_of_a_zone_worked_by_hand() -> None:
    """The camera gives the corridor's class, 125 px/m, on x = 1 … 9; the corridor reaches from 0 to 12: 8 of 12 m.

    What is left is a piece of 1 · 2 m on the left and one of 3 · 2 m on the right: two blind spots.
    """
    (report,) = assess([a_zone(0, 4, 12, 6)], [a_camera()], [], scales()[SIX_CLASSES], zone_pack())
    assert (ZoneDuty.MUST, "recognise", 125.0) == (report.cameras, report.required, report.needs_px_m)
    assert 8 / 12 == pytest.approx(report.with_class, abs=0.01)
    assert [6.0, 2.0] == pytest.approx([spot.area_m2 for spot in report.blind_spots], abs=0.3)
    assert all(9 <= x <= 12 and 4 <= y <= 6 for x, y in report.blind_spots[0].outline)
    assert 4 == len(report.blind_spots[0].outline)
    assert not report.enough


def test_seen_is_not_yet_recognised() -> None:
    """5 m up it is 500 / 5 = 100 px/m on 10 · 10 m: all of the zone is seen, nothing of it with the class."""
    zone = a_zone(2, 4, 8, 6)
    (report,) = assess([zone], [a_camera(height_m=5.0)], [], scales()[SIX_CLASSES], zone_pack())
    assert (1.0, 0.0) == (report.seen, report.with_class)
    (spot,) = report.blind_spots
    assert zone.area_m2 == pytest.approx(spot.area_m2)


def test_a_hole_of_less_than_a_square_metre_is_no_blind_spot() -> None:
    """The zone reaches 0.4 m out of the picture on a side of 2 m: 0.8 m²."""
    (report,) = assess([a_zone(2, 4, 9.4, 6)], [a_camera()], [], scales()[SIX_CLASSES], zone_pack())
    assert () == report.blind_spots and 0.9 < report.with_class < 1.0 and report.enough


def test_the_school_may_ask_for_more_and_the_scale_of_2025_asks_with_its_own_words() -> None:
    zone = Zone(key="z", name="z", kind=ZoneKind.CORRIDOR, points=a_zone(2, 4, 8, 6).points, required="identify")
    (stricter,) = assess([zone], [a_camera()], [], scales()[SIX_CLASSES], zone_pack())
    assert (250.0, 0.0) == (stricter.needs_px_m, stricter.with_class)
    (newer,) = assess([a_zone(2, 4, 8, 6)], [a_camera()], [], scales()["iec-62676-4-2025"], zone_pack())
    assert ("perceive", 1.0) == (newer.required, newer.with_class)


def test_required_zones_without_their_class_are_listed_worst_first() -> None:
    zones = [
        a_zone(2, 4, 8, 6, key="fine"),
        a_zone(5, 4, 13, 6, key="half"),
        a_zone(50, 50, 60, 60, key="nowhere"),
        a_zone(50, 60, 60, 70, ZoneKind.CLASSROOM, "may"),
        a_zone(70, 60, 80, 70, ZoneKind.TOILET, "must_not"),
    ]
    reports = assess(zones, [a_camera()], [], scales()[SIX_CLASSES], zone_pack())
    assert ["fine", "half", "nowhere", "may"] == [report.zone for report in reports]
    assert ["nowhere", "half"] == [report.zone for report in lacking(reports)]


def test_a_wall_takes_its_share_of_the_zone() -> None:
    """A wall at x = 7 before a zone from 5 to 9: the camera at 5 has one half of it."""
    behind = [Wall(x1_m=7, y1_m=0, x2_m=7, y2_m=10)]
    (report,) = assess([a_zone(5, 4, 9, 6)], [a_camera()], behind, scales()[SIX_CLASSES], zone_pack())
    assert 0.5 == pytest.approx(report.with_class, abs=0.01)


def test_a_small_zone_and_a_long_site_are_measured_alike() -> None:
    """A door of 1 · 0.6 m has cells enough; a perimeter around 300 m has not too many."""
    around = ((0, 0), (300, 0), (300, 300), (0, 300), (0, 3), (3, 3), (3, 297), (297, 297), (297, 3), (0.5, 2.5))
    zones = [
        a_zone(4.5, 5, 5.5, 5.6, ZoneKind.ENTRANCE, "door"),
        Zone(key="fence", name="fence", kind=ZoneKind.PERIMETER, points=around),
    ]
    door, fence = assess(zones, [a_camera(height_m=2.0)], [], scales()[SIX_CLASSES], zone_pack())
    assert 1.0 == door.with_class
    assert fence.with_class < 0.01 and 1 == len(fence.blind_spots)


# --- toilets and changing rooms --------------------------------------------------------------------------------------

TOILET = a_zone(10, 0, 14, 4, ZoneKind.TOILET, "toilet")
CORRIDOR_WALL = [Wall(x1_m=9, y1_m=4, x2_m=15, y2_m=4)]
WITH_DOORWAY = [Wall(x1_m=9, y1_m=4, x2_m=11, y2_m=4), Wall(x1_m=12, y1_m=4, x2_m=15, y2_m=4)]


def in_the_corridor(**place: float) -> PlacedCamera:
    """Stands before the toilet's wall, 3 m away, and looks at it."""
    return a_camera("corridor", **({"x_m": 11.5, "y_m": 7.0, "height_m": 3.0, "tilt_deg": 30.0} | place))


@pytest.mark.parametrize("kind", [ZoneKind.TOILET, ZoneKind.CHANGING_ROOM])
def test_a_camera_in_a_private_room_is_refused_wherever_it_looks(kind: ZoneKind) -> None:
    room = a_zone(10, 0, 14, 4, kind, "room")
    inside = a_camera("inside", x_m=12.0, y_m=2.0, tilt_deg=-30.0, hfov_deg=20.0)
    assert [Refusal(camera="inside", zone="room", how=Intrusion.STANDS_IN)] == refusals(
        [inside], [room], [], zone_pack()
    )


def test_a_camera_that_looks_in_is_refused_and_a_wall_keeps_it_out() -> None:
    camera = in_the_corridor()
    looks_in = [Refusal(camera="corridor", zone="toilet", how=Intrusion.LOOKS_IN)]
    assert looks_in == refusals([camera], [TOILET], [], zone_pack())
    assert [] == refusals([camera], [TOILET], CORRIDOR_WALL, zone_pack())
    assert looks_in == refusals([camera], [TOILET], WITH_DOORWAY, zone_pack())


def test_a_camera_that_sees_heads_but_no_floor_of_it_is_refused() -> None:
    """Level, with a narrow lens, 2 m up: its picture of the room begins far over the floor."""
    level = in_the_corridor(height_m=2.0, tilt_deg=0.0, hfov_deg=20.0)
    assert ["toilet"] == [one.zone for one in refusals([level], [TOILET], [], zone_pack())]


def test_a_camera_on_the_rooms_outer_wall_that_looks_away_is_welcome() -> None:
    away = in_the_corridor(y_m=4.0, bearing_deg=180.0)
    assert [] == refusals([away], [TOILET], CORRIDOR_WALL, zone_pack())


def test_other_rooms_refuse_nobody() -> None:
    assert [] == refusals([a_camera()], [a_zone(0, 0, 9, 9, ZoneKind.CLASSROOM)], [], zone_pack())
