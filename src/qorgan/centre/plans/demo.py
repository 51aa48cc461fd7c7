"""Plans of the demo's three organisations: invented buildings, drawn here; their points are what stands in the demo.

Lengths are metres, from the building's upper left corner. A building is two rows of rooms along a corridor.
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
from qorgan.domain.plans import Layout, PlanKind, Point, PointKind, Scale, Spot
from qorgan.kernel.ids import CameraKey

LEFT, TOP, RIGHT, BOTTOM = 7.0, 7.0, 7.0, 8.0  # of ground around a building
OUTER, INNER = 0.4, 0.2  # thickness of walls
DOOR, GATE = 1.0, 2.0  # how wide
DOTS_PER_INCH = 120
NOTE = "Ойдан шығарылған ғимарат · Вымышленное здание"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One of a row. An open one has no wall to the corridor."""

    name: str
    width: float
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """A storey with its ground. `entrance` and `back_door`: the middles of the outer doors below and above."""

    site: str
    title: str
    name: str
    upper: tuple[Room, ...]
    lower: tuple[Room, ...]
    depths: tuple[float, float, float]  # of the upper rooms, the corridor, the lower rooms
    entrance: float
    back_door: float
    yard: str
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
    """Its points and its scale: the length of its upper wall."""
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
            )
            for thing in building.things
        ),
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
    upper, corridor, lower = building.depths
    width = building.width - 2 * OUTER
    yield _area("Дәліз", LEFT + OUTER, TOP + upper, width, corridor)
    for x, y, is_upper, room in _rows(building):
        left = OUTER if x == 0 else INNER / 2
        right = OUTER if x + room.width == building.width else INNER / 2
        top, bottom = (OUTER, INNER) if is_upper else (INNER, OUTER)
        if room.open:
            top, bottom = (OUTER, 0.0) if is_upper else (0.0, OUTER)
        depth = (upper if is_upper else lower) - top - bottom
        area = _area(room.name, LEFT + x + left, TOP + y + top, room.width - left - right, depth)
        yield area | ({"area": ""} if room.stairs else {})


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


def _camera(key: str, x: float, y: float, bearing_deg: float, label: str) -> Thing:
    return Thing(kind=PointKind.CAMERA, x=x, y=y, names=key, label=label, bearing_deg=bearing_deg)


def _thing(kind: PointKind, x: float, y: float, label: str, names: str | None = None) -> Thing:
    return Thing(kind=kind, x=x, y=y, names=names, label=label)


SCHOOL = Building(
    site="kst-012",
    title="№ 12 мектеп · 1-қабат",
    name="1-қабат",
    upper=(
        Room(name="Асхана", width=12),
        Room(name="Ас үй", width=6),
        Room(name="101-кабинет", width=8),
        Room(name="102-кабинет", width=8),
        Room(name="Медпункт", width=6),
        Room(name="Баспалдақ", width=8, open=True, stairs=True),
    ),
    lower=(
        Room(name="Күзет бекеті", width=5),
        Room(name="Фойе", width=13, open=True),
        Room(name="Киім ілгіш", width=6),
        Room(name="103-кабинет", width=8),
        Room(name="104-кабинет", width=7),
        Room(name="Мұғалімдер бөлмесі", width=9),
    ),
    depths=(7.5, 3.0, 7.5),
    entrance=11.5,
    back_door=2.5,
    yard="Мектеп ауласы",
    front="Абай даңғылы жағы",
    things=(
        _camera("hall", 5.7, 11.2, 120, "Фойе"),
        _camera("porch", 13.6, 18.4, 200, "Бас кіреберіс"),
        _camera("corridor", 0.9, 9.0, 90, "1-қабат дәлізі"),
        _camera("stairs", 47.2, 0.9, 225, "Баспалдақ"),
        _camera("dining", 11.4, 0.9, 235, "Асхана"),
        _camera("yard", 24.0, -0.4, 0, "Мектеп ауласы"),
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
        Room(name="1-топ", width=8),
        Room(name="Жатын бөлме", width=7),
        Room(name="2-топ", width=8),
        Room(name="Музыка залы", width=13),
    ),
    lower=(
        Room(name="Күзет бекеті", width=5),
        Room(name="Кіреберіс", width=6, open=True),
        Room(name="Меңгеруші", width=6),
        Room(name="Медбике", width=5),
        Room(name="Ас үй", width=6),
        Room(name="3-топ", width=8),
    ),
    depths=(6.5, 2.5, 6.0),
    entrance=8.0,
    back_door=25.5,
    yard="Ойын алаңы",
    front="Қақпа · Бәйтерек көшесі",
    things=(
        _camera("porch", 9.8, 15.4, 200, "Кіреберіс"),
        _camera("corridor", 0.9, 7.8, 90, "Дәліз"),
        _camera("music", 35.2, 0.9, 235, "Музыка залы"),
        _camera("playground", 14.0, -0.4, 0, "Ойын алаңы"),
        _camera("gate", 24.0, 19.4, 270, "Қақпа"),
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
        Room(name="Спорт залы", width=20),
        Room(name="Киім ауыстыру", width=6),
        Room(name="110-аудитория", width=9),
        Room(name="Баспалдақ", width=9, open=True, stairs=True),
    ),
    lower=(
        Room(name="Күзет бекеті", width=5),
        Room(name="Фойе", width=13, open=True),
        Room(name="Кітапхана", width=10),
        Room(name="Шеберхана", width=16),
    ),
    depths=(10.0, 3.0, 7.0),
    entrance=11.5,
    back_door=3.0,
    yard="Автотұрақ",
    front="Тобыл көшесі",
    things=(
        _camera("hall", 5.7, 13.7, 120, "Фойе"),
        _camera("stairs", 43.2, 0.9, 225, "Баспалдақ, 2-қабат"),
        _camera("gym", 19.2, 0.9, 235, "Спорт залы"),
        _camera("parking", 28.0, -0.4, 0, "Автотұрақ"),
        _camera("street", 30.0, 20.4, 180, "Көше жағы"),
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
