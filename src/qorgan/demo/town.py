"""Who lives in the demo town: schools, cameras, buttons. Values only; every name in Kazakh, Russian and English."""

from dataclasses import dataclass

from qorgan.domain.actions import OutputKind
from qorgan.domain.places import LocalText
from qorgan.kernel.ids import ButtonKey, CameraKey, SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPlan:
    """A camera, what it looks at (a scene of the simulator), whether it asks for a password, whether it hears."""

    key: CameraKey
    name: LocalText
    zone: str
    scene: str
    locked: bool = False
    hears: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonPlan:
    """A button and the cameras around it, nearest first."""

    key: ButtonKey
    place: LocalText
    cameras: tuple[CameraKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPlan:
    """A dry contact on two wires of the simulated chip, and its lamp."""

    key: ButtonKey
    place: LocalText
    cameras: tuple[CameraKey, ...]
    line: int
    rest_line: int
    lamp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputPlan:
    """Something that the node switches over HTTP, with a login."""

    key: str
    kind: OutputKind
    place: LocalText


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelPlan:
    """An alarm panel that dials over DC-09, encrypted, and the one zone of it that has a panic button."""

    key: str
    account: str
    place: LocalText
    zone_key: str
    zone: str
    zone_place: LocalText
    cameras: tuple[CameraKey, ...]

    @property
    def press(self) -> str:
        """Its panic button, as `qorgan sim panel` takes it: Contact ID, new panic alarm of that zone."""
        return f"1120 01 {self.zone}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolPlan:
    """A school as its node knows it. The centre knows the same site from its own registry."""

    site: SiteId
    name: LocalText
    cameras: tuple[CameraPlan, ...]
    buttons: tuple[ButtonPlan, ...]
    contacts: tuple[ContactPlan, ...] = ()
    outputs: tuple[OutputPlan, ...] = ()
    panel: PanelPlan | None = None


def _text(kk: str, ru: str, en: str) -> LocalText:
    return LocalText(kk=kk, ru=ru, en=en)


def _camera(
    key: str, name: LocalText, zone: str, scene: str, *, locked: bool = False, hears: bool = False
) -> CameraPlan:
    return CameraPlan(key=CameraKey(key), name=name, zone=zone, scene=scene, locked=locked, hears=hears)


def _button(key: str, place: LocalText, *cameras: str) -> ButtonPlan:
    return ButtonPlan(key=ButtonKey(key), place=place, cameras=tuple(CameraKey(camera) for camera in cameras))


SCHOOL = SchoolPlan(
    site=SiteId("kst-012"),
    name=_text("№ 12 мектеп", "Школа № 12", "School No. 12"),
    cameras=(
        _camera("hall", _text("Фойе", "Фойе", "Entrance hall"), "entrance", "hall"),
        _camera("porch", _text("Бас кіреберіс", "Главный вход", "Main entrance"), "entrance", "entrance", locked=True),
        _camera(
            "corridor",
            _text("1-қабат дәлізі", "Коридор, 1 этаж", "Corridor, floor 1"),
            "corridor",
            "corridor",
            hears=True,
        ),
        _camera("stairs", _text("Баспалдақ", "Лестница", "Stairs"), "stairs", "hall", locked=True),
        _camera("dining", _text("Асхана", "Столовая", "Dining hall"), "dining", "classroom"),
        _camera("yard", _text("Мектеп ауласы", "Двор школы", "School yard"), "yard", "yard"),
    ),
    buttons=(
        _button("hall", _text("Фойе, 1-қабат", "Фойе, 1 этаж", "Entrance hall, floor 1"), "hall", "porch", "corridor"),
        _button("dining", _text("Асхана, 1-қабат", "Столовая, 1 этаж", "Dining hall, floor 1"), "dining", "corridor"),
    ),
    contacts=(
        ContactPlan(
            key=ButtonKey("guard"),
            place=_text("Күзет бекеті", "Пост охраны", "Guard post"),
            cameras=(CameraKey("porch"), CameraKey("hall")),
            line=17,
            rest_line=18,
            lamp=22,
        ),
    ),
    outputs=(
        OutputPlan(key="siren", kind=OutputKind.SIREN, place=_text("Шатыр", "Крыша", "Roof")),
        OutputPlan(
            key="porch-door", kind=OutputKind.DOOR, place=_text("Бас кіреберіс", "Главный вход", "Main entrance")
        ),
        OutputPlan(key="speakers", kind=OutputKind.SPEAKER, place=_text("Дәліздер", "Коридоры", "Corridors")),
    ),
    panel=PanelPlan(
        key="guard-panel",
        account="4012",
        place=_text("Күзет бекеті, қабылдау-бақылау аспабы", "Пост охраны, прибор", "Guard post, panel"),
        zone_key="dining-panel",
        zone="005",
        zone_place=_text("Асхана, 1-қабат", "Столовая, 1 этаж", "Dining hall, floor 1"),
        cameras=(CameraKey("dining"), CameraKey("corridor")),
    ),
)

KINDERGARTEN = SchoolPlan(
    site=SiteId("kst-k03"),
    name=_text("№ 3 «Балапан» балабақшасы", "Детский сад № 3 «Балапан»", "Kindergarten No. 3 Balapan"),
    cameras=(
        _camera("porch", _text("Кіреберіс", "Вход", "Entrance"), "entrance", "entrance"),
        _camera("corridor", _text("Дәліз", "Коридор", "Corridor"), "corridor", "corridor"),
        _camera("music", _text("Музыка залы", "Музыкальный зал", "Music hall"), "gym", "classroom"),
        _camera("playground", _text("Ойын алаңы", "Игровая площадка", "Playground"), "yard", "yard"),
        _camera("gate", _text("Қақпа", "Ворота", "Gate"), "perimeter", "street", locked=True),
    ),
    buttons=(
        _button("post", _text("Күзет бекеті", "Пост охраны", "Guard post"), "porch", "gate"),
        _button("office", _text("Меңгеруші кабинеті", "Кабинет заведующей", "Head's office"), "corridor", "porch"),
    ),
)

COLLEGE = SchoolPlan(
    site=SiteId("kst-c01"),
    name=_text("№ 1 политехникалық колледж", "Политехнический колледж № 1", "Polytechnic College No. 1"),
    cameras=(
        _camera("hall", _text("Фойе", "Фойе", "Entrance hall"), "entrance", "hall"),
        _camera("stairs", _text("Баспалдақ, 2-қабат", "Лестница, 2 этаж", "Stairs, floor 2"), "stairs", "corridor"),
        _camera("gym", _text("Спорт залы", "Спортивный зал", "Gym"), "gym", "classroom"),
        _camera("parking", _text("Автотұрақ", "Парковка", "Car park"), "perimeter", "parking", locked=True),
        _camera("street", _text("Көше жағы", "Сторона улицы", "Street side"), "perimeter", "street"),
    ),
    buttons=(
        _button("post", _text("Күзет бекеті", "Пост охраны", "Guard post"), "hall", "street"),
        _button("gym", _text("Спорт залы", "Спортивный зал", "Gym"), "gym", "stairs"),
    ),
)

TOWN = (SCHOOL, KINDERGARTEN, COLLEGE)
