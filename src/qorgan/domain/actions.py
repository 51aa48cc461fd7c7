"""The standard actions of a school: hold, secure, lockdown, evacuate, shelter, and the all-clear that ends them.

Plain words and no codes; each action says one thing to adults and one to pupils (reference §5, the standard response
protocol used by 30,000 schools). Which outputs take part, who may take and end an action, and what stands after a wish
are decided here; `edge/outputs` does it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from qorgan.domain.alarms import Kind
from qorgan.domain.places import LocalText
from qorgan.kernel.errors import Conflict, Forbidden


class SchoolAction(StrEnum):
    """What everybody in the building does now."""

    HOLD = "hold"
    SECURE = "secure"
    LOCKDOWN = "lockdown"
    EVACUATE = "evacuate"
    SHELTER = "shelter"
    ALL_CLEAR = "all_clear"


class Audience(StrEnum):
    ADULT = "adult"
    PUPIL = "pupil"


class OutputKind(StrEnum):
    """What an output is for, in the order in which outputs are told."""

    DOOR = "door"  # on: locked; off: free. An exit always opens by hand from within: that is the door's own business
    SIREN = "siren"
    LAMP = "lamp"
    SPEAKER = "speaker"  # says a message once for each action


class Role(StrEnum):
    """What a person of the school's staff may do at the node."""

    STAFF = "staff"
    LEADER = "leader"  # the head, or who is in charge of safety


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The action that stands, and for whom it was meant. All clear when nothing does."""

    action: SchoolAction = SchoolAction.ALL_CLEAR
    kind: Kind = Kind.REAL

    @property
    def clear(self) -> bool:
        return self.action is SchoolAction.ALL_CLEAR


_ON: Mapping[OutputKind, frozenset[SchoolAction]] = MappingProxyType(
    {
        OutputKind.DOOR: frozenset({SchoolAction.SECURE, SchoolAction.LOCKDOWN}),
        OutputKind.SIREN: frozenset({SchoolAction.EVACUATE}),  # in a lockdown nothing must lure people into corridors
        OutputKind.LAMP: frozenset(SchoolAction) - {SchoolAction.ALL_CLEAR},
        OutputKind.SPEAKER: frozenset(SchoolAction),
    }
)


def wished_state(kind: OutputKind, action: SchoolAction, scenario: frozenset[SchoolAction] | None = None) -> bool:
    """Whether an output is on while an action stands. `scenario`: the actions that the school itself has chosen."""
    return action in (_ON[kind] if scenario is None else scenario)


def after(standing: Standing, wish: Standing) -> Standing:
    """What stands after a wish. Raises `Conflict` when a drill or test would take the place of what is real (I3)."""
    if wish.kind is not Kind.REAL and standing.kind is Kind.REAL and not standing.clear:
        raise Conflict("a real action stands; a drill cannot replace or end it", code="action.real_stands")
    return wish


def check_right(role: Role, wish: Standing) -> None:
    """Anybody of the staff may start a real action; only the leader ends one, or calls a drill. Raises `Forbidden`."""
    if role is Role.LEADER or (wish.kind is Kind.REAL and not wish.clear):
        return
    raise Forbidden("only the leader ends an action, or calls a drill", code="action.right")


def _text(kk: str, ru: str, en: str) -> LocalText:
    return LocalText(kk=kk, ru=ru, en=en)


NAMES: Mapping[SchoolAction, LocalText] = MappingProxyType(
    {
        SchoolAction.HOLD: _text("ОРНЫҢЫЗДА ҚАЛЫҢЫЗ", "ОСТАВАЙТЕСЬ НА МЕСТАХ", "HOLD"),
        SchoolAction.SECURE: _text("ҒИМАРАТ ЖАБЫЛДЫ", "ЗДАНИЕ ЗАКРЫТО", "SECURE"),
        SchoolAction.LOCKDOWN: _text("ЕСІКТІ БЕКІТІП, ЖАСЫРЫНЫҢЫЗ", "ЗАПРИТЕСЬ И УКРОЙТЕСЬ", "LOCKDOWN"),
        SchoolAction.EVACUATE: _text("ҒИМАРАТТАН ШЫҒЫҢЫЗ", "ВЫХОДИТЕ ИЗ ЗДАНИЯ", "EVACUATE"),
        SchoolAction.SHELTER: _text("ПАНАЛАУ ОРНЫНА БАРЫҢЫЗ", "ИДИТЕ В УКРЫТИЕ", "SHELTER"),
        SchoolAction.ALL_CLEAR: _text("ҚАУІП ЖОҚ", "ОПАСНОСТИ НЕТ", "ALL CLEAR"),
    }
)
DUTIES: Mapping[tuple[SchoolAction, Audience], LocalText] = MappingProxyType(
    {
        (SchoolAction.HOLD, Audience.ADULT): _text(
            "Сынып есігін жабыңыз. Балаларды түгендеңіз. Сабақты жалғастырыңыз. Дәліздерді бос ұстаңыз.",
            "Закройте дверь класса. Пересчитайте детей. Продолжайте урок. Коридоры должны быть свободны.",
            "Close the classroom door. Account for the children. Go on with the lesson. Keep the corridors clear.",
        ),
        (SchoolAction.HOLD, Audience.PUPIL): _text(
            "Сыныпта қал. Дәлізге шықпа.",
            "Оставайся в классе. Не выходи в коридор.",
            "Stay in the classroom. Keep out of the corridor.",
        ),
        (SchoolAction.SECURE, Audience.ADULT): _text(
            "Барлығын ішке кіргізіңіз. Сыртқы есіктерді жабыңыз. Балаларды түгендеңіз. Сабақты жалғастырыңыз.",
            "Заведите всех внутрь. Закройте наружные двери. Пересчитайте детей. Продолжайте урок.",
            "Bring everyone inside. Lock the outside doors. Account for the children. Go on with the lesson.",
        ),
        (SchoolAction.SECURE, Audience.PUPIL): _text(
            "Ғимаратқа кір. Сыртқа шықпа. Сабағыңды жалғастыр.",
            "Зайди в здание. Не выходи на улицу. Занимайся как обычно.",
            "Get inside. Do not go out. Go on as usual.",
        ),
        (SchoolAction.LOCKDOWN, Audience.ADULT): _text(
            "Есікті бекітіңіз. Жарықты сөндіріңіз. Есіктен көрінбейтін жерге барыңыз. Дыбыс шығармаңыз. "
            "Есікті ешкімге ашпаңыз.",
            "Заприте дверь. Погасите свет. Уйдите туда, где вас не видно от двери. Соблюдайте тишину. "
            "Никому не открывайте.",
            "Lock the door. Lights out. Move out of sight of the door. Keep silent. Do not open the door to anyone.",
        ),
        (SchoolAction.LOCKDOWN, Audience.PUPIL): _text(
            "Мұғалімнің айтқанын істе. Есіктен көрінбейтін жерге бар. Үндеме.",
            "Делай, что говорит учитель. Уйди туда, где тебя не видно от двери. Молчи.",
            "Do as the teacher says. Move out of sight of the door. Keep quiet.",
        ),
        (SchoolAction.EVACUATE, Audience.ADULT): _text(
            "Балаларды жиналатын жерге алып шығыңыз. Журналды алыңыз. Сол жерде түгендеңіз. Жоғалғанды хабарлаңыз.",
            "Выведите детей к месту сбора. Возьмите журнал. Пересчитайте там. Сообщите, кого нет.",
            "Lead the children to the assembly point. Take the register. Account for everyone. Report the missing.",
        ),
        (SchoolAction.EVACUATE, Audience.PUPIL): _text(
            "Заттарыңды қалдыр. Сыныппен бірге шық. Қатардан бөлінбе.",
            "Оставь вещи. Выходи вместе с классом. Держись в строю.",
            "Leave your things. Go out with your class. Stay in line.",
        ),
        (SchoolAction.SHELTER, Audience.ADULT): _text(
            "Балаларды паналау орнына апарыңыз. Терезелерден алыс тұрыңыз. Балаларды түгендеңіз.",
            "Отведите детей в укрытие. Держитесь подальше от окон. Пересчитайте детей.",
            "Take the children to the shelter. Keep away from windows. Account for the children.",
        ),
        (SchoolAction.SHELTER, Audience.PUPIL): _text(
            "Мұғаліммен бірге паналау орнына бар. Терезеге жақындама.",
            "Иди с учителем в укрытие. Не подходи к окнам.",
            "Go to the shelter with your teacher. Keep away from windows.",
        ),
        (SchoolAction.ALL_CLEAR, Audience.ADULT): _text(
            "Балаларды түгендеңіз. Сабақты жалғастырыңыз.",
            "Пересчитайте детей. Продолжайте занятия.",
            "Account for the children. Go on with the lessons.",
        ),
        (SchoolAction.ALL_CLEAR, Audience.PUPIL): _text(
            "Мұғалімнің айтқанын тыңда.",
            "Слушай учителя.",
            "Listen to your teacher.",
        ),
    }
)
KIND_WORDS: Mapping[Kind, LocalText] = MappingProxyType(
    {
        Kind.DRILL: _text("ОҚУ-ЖАТТЫҒУ", "УЧЕБНАЯ ТРЕВОГА", "DRILL"),
        Kind.TEST: _text("СЫНАҚ", "ПРОВЕРКА", "TEST"),
    }
)
