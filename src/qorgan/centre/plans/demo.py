"""Plans of the demo's three organisations: invented buildings, drawn here; their points are what stands in the demo.

Lengths are metres, from the building's upper left corner. A building is two rows of rooms along a corridor. Doors of
rooms are kept closed, so walls go through them; rooms that are of no interest to the norm are no zones.
"""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import typst
from PIL import Image

from qorgan.centre.plans.drawing import Drawing
from qorgan.domain.density.norms import ZoneKind
from qorgan.domain.plans import Layout, Lens, PlanKind, PlanZone, Point, PointKind, Scale, Spot, WallLine
from qorgan.kernel.ids import CameraKey

LEFT, TOP, RIGHT, BOTTOM = 7.0, 7.0, 7.0, 8.0  # of ground around a building
OUTER, INNER = 0.4, 0.2  # thickness of walls
DOOR, GATE = 1.0, 2.0  # how wide
DOTS_PER_INCH = 120
CORRIDOR, ENTRANCE = "Дәліз", "Кіреберіс алды"
STEP = 2.5  # how far before the building one still is at its entrance
PICTURE = (1920, 1080)  # what the simulator's cameras send as their main stream, in pixels
NOTE = "Ойдан шығарылған ғимарат · Вымышленное здание"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One of a row. An open one has no wall to the corridor. `kind`: the zone that it is."""

    name: str
    width: float
    kind: ZoneKind | None = None
    open: bool = False
    stairs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What stands at a place; `names` is the key of a camera or of a way in."""

    kind: PointKind
    x: float
    y: float
    names: str | None = None
    label: str = ""
    bearing_deg: float | None = None
    lens: Lens | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """A storey with its ground. `entrance` and `back_door`: the middles of the outer doors below and above.

    `yard_kind`: the zone that the ground behind it is; that before it is the perimeter.
    """

    site: str
    title: str
    name: str
    upper: tuple[Room, ...]
    lower: tuple[Room, ...]
    depths: tuple[float, float, float]  # of the upper rooms, the corridor, the lower rooms
    entrance: float
    back_door: float
    yard: str
    yard_kind: ZoneKind
    front: str
    things: tuple[Thing, ...]

    @property
    def width(self) -> float:
        return sum(room.width for room in self.upper)

    @property
    def depth(self) -> float:
        return sum(self.depths)

    @property
    def sheet(self) -> tuple[float, float]:
        """How wide and how high the drawing is, m."""
        return LEFT + self.width + RIGHT, TOP + self.depth + BOTTOM

    def spot(self, x: float, y: float) -> Spot:
        """Where on the drawing a place of the building is."""
        width, height = self.sheet
        return Spot(x=(LEFT + x) / width, y=(TOP + y) / height)


def layout_of(building: Building) -> Layout:
    """Its points, walls and zones, and its scale: the length of its upper wall."""
    return Layout(
        name=building.name,
        kind=PlanKind.FLOOR,
        floor=1,
        scale=Scale(a=building.spot(0, 0), b=building.spot(building.width, 0), metres=building.width),
        points=tuple(
            Point(
                key=uuid5(NAMESPACE_URL, f"{building.site}/{thing.kind}/{thing.names or thing.label}"),
                kind=thing.kind,
                at=building.spot(thing.x, thing.y),
                camera=CameraKey(thing.names) if thing.kind is PointKind.CAMERA and thing.names else None,
                way=None if thing.kind is PointKind.CAMERA else thing.names,
                label=thing.label,
                bearing_deg=thing.bearing_deg,
                lens=thing.lens,
            )
            for thing in building.things
        ),
        walls=tuple(WallLine(a=building.spot(ax, ay), b=building.spot(bx, by)) for ax, ay, bx, by in _walls(building)),
        zones=tuple(_zones(building)),
    )


def _walls(building: Building) -> Iterator[tuple[float, float, float, float]]:
    """The middles of all walls: around the building, along the corridor, between rooms."""
    upper, corridor, _ = building.depths
    left, top, right, bottom = OUTER / 2, OUTER / 2, building.width - OUTER / 2, building.depth - OUTER / 2
    yield from ((left, top, right, top), (right, top, right, bottom))
    yield from ((right, bottom, left, bottom), (left, bottom, left, top))
    for x, _, is_upper, room in _rows(building):
        near, far = (upper - INNER / 2, top) if is_upper else (upper + corridor + INNER / 2, bottom)
        if not room.open:
            yield x, near, x + room.width, near
        if x > 0:
            yield x, near, x, far


def _zones(building: Building) -> Iterator[PlanZone]:
    """Rooms that the norm knows, the corridor, and the ground; the entrance is the step before the outer door."""
    upper, corridor, _ = building.depths
    yield _zone(building, ZoneKind.CORRIDOR, CORRIDOR, OUTER, upper, building.width - 2 * OUTER, corridor)
    for x, y, w, h, room in _inner(building):
        if room.kind is not None:
            yield _zone(building, room.kind, room.name, x, y, w, h)
    ground, depth = building.width + LEFT + RIGHT - 2, building.depth
    yield _zone(building, ZoneKind.ENTRANCE, ENTRANCE, building.entrance - GATE, depth, 2 * GATE, STEP)
    yield _zone(building, building.yard_kind, building.yard, 1 - LEFT, 1 - TOP, ground, TOP - 2)
    yield _zone(building, ZoneKind.PERIMETER, building.front, 1 - LEFT, depth + STEP, ground, 5 - STEP)


def _zone(building: Building, kind: ZoneKind, name: str, x: float, y: float, w: float, h: float) -> PlanZone:
    corners = ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
    return PlanZone(
        key=uuid5(NAMESPACE_URL, f"{building.site}/zone/{name}"),
        kind=kind,
        name=name,
        outline=tuple(building.spot(*corner) for corner in corners),
    )


def draw(building: Building) -> Drawing:
    """The drawing: lines and words by typst, whose own fonts have all Kazakh letters; the same on every machine."""
    template = Path(str(files("qorgan.centre.plans"))) / "demo.typ"
    said = json.dumps(_measures(building), ensure_ascii=False)
    sheet = typst.compile(
        template,
        root=template.parent,
        ignore_system_fonts=True,
        format="png",
        ppi=DOTS_PER_INCH,
        sys_inputs={"data": said},
    )
    assert isinstance(sheet, bytes)
    with Image.open(io.BytesIO(sheet)) as picture:
        return Drawing(content=sheet, mime="image/png", width=picture.width, height=picture.height)


def _measures(building: Building) -> dict[str, Any]:
    """What the template draws, on the sheet's own metres."""
    width, height = building.sheet
    rooms = list(_rooms(building))
    doors, windows = list(_doors(building)), list(_windows(building))
    return {
        "width": width,
        "height": height,
        "title": building.title,
        "note": NOTE,
        "x": LEFT,
        "y": TOP,
        "w": building.width,
        "h": building.depth,
        "ground": _ground(building),
        "rooms": rooms,
        "doors": doors,
        "windows": windows,
        "stairs": list(_stairs(building)),
    }


def _ground(building: Building) -> list[dict[str, Any]]:
    width, _ = building.sheet
    return [
        {"x": 1, "y": 1, "w": width - 2, "h": TOP - 2, "colour": "#eef5e6", "name": building.yard},
        {"x": 1, "y": TOP + building.depth + 1, "w": width - 2, "h": 4, "colour": "#f1efe8", "name": building.front},
    ]


def _rows(building: Building) -> Iterator[tuple[float, float, bool, Room]]:
    """Where each room begins (x), where its row begins (y), whether it is of the upper row."""
    upper, corridor, _ = building.depths
    for y, is_upper, row in ((0.0, True, building.upper), (upper + corridor, False, building.lower)):
        x = 0.0
        for room in row:
            yield x, y, is_upper, room
            x += room.width


def _rooms(building: Building) -> Iterator[dict[str, Any]]:
    upper, corridor, _ = building.depths
    yield _area(CORRIDOR, LEFT + OUTER, TOP + upper, building.width - 2 * OUTER, corridor)
    for x, y, w, h, room in _inner(building):
        area = _area(room.name, LEFT + x, TOP + y, w, h)
        yield area | ({"area": ""} if room.stairs else {})


def _inner(building: Building) -> Iterator[tuple[float, float, float, float, Room]]:
    """x, y, width and depth of each room between its walls."""
    upper, _, lower = building.depths
    for x, y, is_upper, room in _rows(building):
        left = OUTER if x == 0 else INNER / 2
        right = OUTER if x + room.width == building.width else INNER / 2
        top, bottom = (OUTER, INNER) if is_upper else (INNER, OUTER)
        if room.open:
            top, bottom = (OUTER, 0.0) if is_upper else (0.0, OUTER)
        depth = (upper if is_upper else lower) - top - bottom
        yield x + left, y + top, room.width - left - right, depth, room


def _area(name: str, x: float, y: float, w: float, h: float) -> dict[str, Any]:
    return {"name": name, "x": x, "y": y, "w": w, "h": h, "area": f"{w * h:.0f} м²"}


def _stairs(building: Building) -> Iterator[dict[str, Any]]:
    for x, y, is_upper, room in _rows(building):
        if room.stairs:
            depth = building.depths[0] if is_upper else building.depths[2]
            yield {"x": LEFT + x + 1, "y": TOP + y + depth - 3.2, "w": room.width - 2, "h": 2.4, "steps": 12}


def _doors(building: Building) -> Iterator[dict[str, Any]]:
    """Of each closed room to the corridor, and to the outside: below, above, and at the corridor's right end."""
    upper, corridor, _ = building.depths
    for x, y, is_upper, room in _rows(building):
        if not room.open:
            wall = y + upper - INNER if is_upper else y
            yield _door(x + room.width - 1.0 - DOOR, wall, DOOR, INNER, into=-DOOR if is_upper else INNER + DOOR)
    yield _door(building.entrance - GATE / 2, building.depth - OUTER, GATE, OUTER, into=OUTER + GATE)
    yield _door(building.back_door - DOOR / 2, 0, DOOR, OUTER, into=-DOOR)
    x, y = LEFT + building.width - OUTER, TOP + upper + corridor / 2 - DOOR / 2
    end = LEFT + building.width + DOOR
    yield {
        "x": x,
        "y": y,
        "w": OUTER,
        "h": DOOR,
        "hinge": [x + OUTER, y],
        "leaf": [end, y],
        "corner": [end, y + DOOR],
        "end": [x + OUTER, y + DOOR],
    }


def _door(x: float, y: float, w: float, h: float, *, into: float) -> dict[str, Any]:
    """In a level wall: hinged at its left, opening upwards (`into` < 0) or downwards."""
    x, y = LEFT + x, TOP + y
    edge = y if into < 0 else y + h
    tip = y + into
    return {
        "x": x,
        "y": y,
        "w": w,
        "h": h,
        "hinge": [x, edge],
        "leaf": [x, tip],
        "corner": [x + w, tip],
        "end": [x + w, edge],
    }


def _windows(building: Building) -> Iterator[dict[str, Any]]:
    """Two metres wide, in every outer wall of three metres and more that has no door just there."""
    for x, _, is_upper, room in _rows(building):
        door = building.back_door if is_upper else building.entrance
        middle = x + room.width / 2
        if room.width >= 4 and abs(middle - door) > GATE + 0.5:
            y = 0 if is_upper else building.depth - OUTER
            yield {"x": LEFT + middle - 1, "y": TOP + y + 0.1, "w": 2, "h": OUTER - 0.2}


def _lens(height_m: float, tilt_deg: float, hfov_deg: float) -> Lens:
    width, height = PICTURE
    return Lens(height_m=height_m, tilt_deg=tilt_deg, hfov_deg=hfov_deg, width_px=width, height_px=height)


# Before a sensor of 1/2.8″ (5.37 mm wide): 2.8 mm see 88°, 4 mm 68°, 6 mm 48°
ROOM, HALLWAY, DOORSTEP = _lens(2.8, 22.0, 88.0), _lens(2.7, 14.0, 48.0), _lens(3.2, 30.0, 68.0)
OUTSIDE = _lens(4.5, 18.0, 68.0)


def _camera(key: str, x: float, y: float, bearing_deg: float, label: str, lens: Lens = ROOM) -> Thing:
    return Thing(kind=PointKind.CAMERA, x=x, y=y, names=key, label=label, bearing_deg=bearing_deg, lens=lens)


def _thing(kind: PointKind, x: float, y: float, label: str, names: str | None = None) -> Thing:
    return Thing(kind=kind, x=x, y=y, names=names, label=label)


SCHOOL = Building(
    site="kst-012",
    title="№ 12 мектеп · 1-қабат",
    name="1-қабат",
    upper=(
        Room(name="Асхана", width=12, kind=ZoneKind.DINING_ROOM),
        Room(name="Ас үй", width=6),
        Room(name="101-кабинет", width=8, kind=ZoneKind.CLASSROOM),
        Room(name="102-кабинет", width=8, kind=ZoneKind.CLASSROOM),
        Room(name="Медпункт", width=6),
        Room(name="Баспалдақ", width=8, kind=ZoneKind.STAIRS, open=True, stairs=True),
    ),
    lower=(
        Room(name="Күзет бекеті", width=5),
        Room(name="Фойе", width=13, kind=ZoneKind.LOBBY, open=True),
        Room(name="Киім ілгіш", width=6, kind=ZoneKind.CLOAKROOM),
        Room(name="103-кабинет", width=8, kind=ZoneKind.CLASSROOM),
        Room(name="104-кабинет", width=7, kind=ZoneKind.CLASSROOM),
        Room(name="Дәретхана", width=4, kind=ZoneKind.TOILET),
        Room(name="Мұғалімдер бөлмесі", width=5),
    ),
    depths=(7.5, 3.0, 7.5),
    entrance=11.5,
    back_door=2.5,
    yard="Мектеп ауласы",
    yard_kind=ZoneKind.YARD,
    front="Абай даңғылы жағы",
    things=(
        _camera("hall", 5.7, 11.2, 120, "Фойе"),
        _camera("porch", 15.5, 18.1, 255, "Бас кіреберіс", DOORSTEP),
        _camera("corridor", 0.9, 9.0, 90, "1-қабат дәлізі", HALLWAY),
        _camera("stairs", 47.2, 0.9, 225, "Баспалдақ"),
        _camera("dining", 11.4, 0.9, 235, "Асхана"),
        _camera("yard", 24.0, -0.4, 70, "Мектеп ауласы", OUTSIDE),
        _thing(PointKind.BUTTON, 17.4, 12.2, "Фойе", "hall"),
        _thing(PointKind.BUTTON, 0.8, 6.6, "Асхана", "dining"),
        _thing(PointKind.CONTACT, 1.0, 16.6, "Күзет бекеті", "guard"),
        _thing(PointKind.PANEL_ZONE, 4.6, 6.8, "Асхана, есік жаны", "dining-panel"),
        _thing(PointKind.GUARD_POST, 2.5, 12.3, "Күзет бекеті"),
        _thing(PointKind.DOOR, 11.5, 17.0, "Бас кіреберіс есігі"),
        _thing(PointKind.EXIT, 11.5, 19.2, "Бас кіреберіс"),
        _thing(PointKind.EXIT, 48.9, 9.0, "Дәліз соңы"),
        _thing(PointKind.EXIT, 2.5, -1.2, "Асхана шығысы"),
        _thing(PointKind.ASSEMBLY_POINT, 40.0, -3.4, "Жиналу орны"),
    ),
)

KINDERGARTEN = Building(
    site="kst-k03",
    title="№ 3 «Балапан» балабақшасы · 1-қабат",
    name="1-қабат",
    upper=(
        Room(name="1-топ", width=8, kind=ZoneKind.CLASSROOM),
        Room(name="Жатын бөлме", width=7),
        Room(name="2-топ", width=8, kind=ZoneKind.CLASSROOM),
        Room(name="Музыка залы", width=13, kind=ZoneKind.HALL),
    ),
    lower=(
        Room(name="Күзет бекеті", width=5),
        Room(name="Кіреберіс", width=6, kind=ZoneKind.LOBBY, open=True),
        Room(name="Меңгеруші", width=5),
        Room(name="Медбике", width=4),
        Room(name="Ас үй", width=5),
        Room(name="Дәретхана", width=4, kind=ZoneKind.TOILET),
        Room(name="3-топ", width=7, kind=ZoneKind.CLASSROOM),
    ),
    depths=(6.5, 2.5, 6.0),
    entrance=8.0,
    back_door=25.5,
    yard="Ойын алаңы",
    yard_kind=ZoneKind.PLAYGROUND,
    front="Қақпа · Бәйтерек көшесі",
    things=(
        _camera("porch", 12.0, 15.1, 255, "Кіреберіс", DOORSTEP),
        _camera("corridor", 0.9, 7.8, 90, "Дәліз", HALLWAY),
        _camera("music", 35.2, 0.9, 235, "Музыка залы"),
        _camera("playground", 4.0, -0.4, 72, "Ойын алаңы", OUTSIDE),
        _camera("gate", 24.0, 19.4, 270, "Қақпа", OUTSIDE),
        _thing(PointKind.BUTTON, 1.0, 13.8, "Күзет бекеті", "post"),
        _thing(PointKind.BUTTON, 12.0, 13.8, "Меңгеруші кабинеті", "office"),
        _thing(PointKind.GUARD_POST, 2.5, 10.3, "Күзет бекеті"),
        _thing(PointKind.DOOR, 8.0, 14.0, "Кіреберіс есігі"),
        _thing(PointKind.EXIT, 8.0, 16.4, "Кіреберіс"),
        _thing(PointKind.EXIT, 36.9, 7.8, "Дәліз соңы"),
        _thing(PointKind.EXIT, 25.5, -1.2, "Музыка залынан"),
        _thing(PointKind.ASSEMBLY_POINT, 32.0, -3.4, "Жиналу орны"),
    ),
)

COLLEGE = Building(
    site="kst-c01",
    title="№ 1 политехникалық колледж · 1-қабат",
    name="1-қабат",
    upper=(
        Room(name="Спорт залы", width=20, kind=ZoneKind.GYM),
        Room(name="Киім ауыстыру", width=6, kind=ZoneKind.CHANGING_ROOM),
        Room(name="110-аудитория", width=9, kind=ZoneKind.CLASSROOM),
        Room(name="Баспалдақ", width=9, kind=ZoneKind.STAIRS, open=True, stairs=True),
    ),
    lower=(
        Room(name="Күзет бекеті", width=5),
        Room(name="Фойе", width=13, kind=ZoneKind.LOBBY, open=True),
        Room(name="Кітапхана", width=10),
        Room(name="Дәретхана", width=4, kind=ZoneKind.TOILET),
        Room(name="Шеберхана", width=12),
    ),
    depths=(10.0, 3.0, 7.0),
    entrance=11.5,
    back_door=3.0,
    yard="Автотұрақ",
    yard_kind=ZoneKind.OTHER,
    front="Тобыл көшесі",
    things=(
        _camera("hall", 5.7, 13.7, 120, "Фойе"),
        _camera("stairs", 43.2, 0.9, 225, "Баспалдақ, 2-қабат"),
        _camera("gym", 19.2, 0.9, 235, "Спорт залы"),
        _camera("parking", 28.0, -0.4, 290, "Автотұрақ", OUTSIDE),
        _camera("street", 30.0, 20.4, 260, "Көше жағы", OUTSIDE),
        _thing(PointKind.BUTTON, 1.0, 18.8, "Күзет бекеті", "post"),
        _thing(PointKind.BUTTON, 0.8, 8.9, "Спорт залы", "gym"),
        _thing(PointKind.GUARD_POST, 2.5, 15.0, "Күзет бекеті"),
        _thing(PointKind.DOOR, 11.5, 19.0, "Бас есік"),
        _thing(PointKind.EXIT, 11.5, 21.3, "Бас есік"),
        _thing(PointKind.EXIT, 44.9, 11.5, "Дәліз соңы"),
        _thing(PointKind.EXIT, 3.0, -1.2, "Спорт залынан"),
        _thing(PointKind.ASSEMBLY_POINT, 12.0, -3.4, "Жиналу орны"),
    ),
)

BUILDINGS = (SCHOOL, KINDERGARTEN, COLLEGE)
