"""What a signal means: one word for each thing that a button, a contact, a panel or a person can say.

A code of a panel becomes a `Meaning` (`protocols/contact_id.py`, `protocols/sia_dcs.py`); what is done about it is
decided here, for every way in alike. A code that nobody knows is an alarm for a human, never nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from qorgan.domain.alarms import Level
from qorgan.domain.places import LocalText


class Nature(StrEnum):
    """What is to be done about a signal."""

    ALARM = "alarm"  # somebody has to look
    RESTORE = "restore"  # what was reported is over, says the panel: an alarm stays, a fault ends
    CANCEL = "cancel"  # a claim that it was nothing: it never ends an alarm
    FAULT = "fault"  # a way in is not what it should be: a defect with a clock
    TEST = "test"  # evidence that a way in works
    INFORMATION = "information"


class Phase(StrEnum):
    """Which end of a condition is reported (DC-05 qualifiers 1, 3, 6)."""

    NEW = "new"
    RESTORED = "restored"
    STILL = "still"  # reported before and still so


class Meaning(StrEnum):
    """What is the matter. Values travel over the link and are translation keys: they are never renamed."""

    # P1: police
    POLICE = "police"
    PANIC = "panic"
    DURESS = "duress"
    SILENT_PANIC = "silent_panic"
    AUDIBLE_PANIC = "audible_panic"
    HOLD_UP = "hold_up"
    SUSPICION = "suspicion"
    MORE_HELP = "more_help"
    # P2
    ASSIST = "assist"
    MEDICAL = "medical"
    EMERGENCY = "emergency"
    FALL = "fall"
    NO_REPORT = "no_report"
    FIRE = "fire"
    SMOKE = "smoke"
    HEAT = "heat"
    FLAME = "flame"
    PULL_STATION = "pull_station"
    SPRINKLER = "sprinkler"
    GAS = "gas"
    CARBON_MONOXIDE = "carbon_monoxide"
    INTRUSION = "intrusion"
    INTRUSION_CONFIRMED = "intrusion_confirmed"
    DOOR_FORCED = "door_forced"
    GENERAL = "general"
    TAMPER = "tamper"
    SABOTAGE = "sabotage"
    RADIO_JAMMED = "radio_jammed"
    UNKNOWN = "unknown"
    # P3
    FLOOD = "flood"
    TEMPERATURE = "temperature"
    TECHNICAL = "technical"
    DOOR_OPEN = "door_open"
    NEAR_ALARM = "near_alarm"
    # faults of a way in
    MAINS_LOST = "mains_lost"
    BATTERY_LOW = "battery_low"
    POWER_TROUBLE = "power_trouble"
    PANEL_TROUBLE = "panel_trouble"
    MODULE_TROUBLE = "module_trouble"
    SOUNDER_TROUBLE = "sounder_trouble"
    LINE_OPEN = "line_open"
    LINE_SHORT = "line_short"
    LINE_TROUBLE = "line_trouble"
    COMMS_TROUBLE = "comms_trouble"
    EVENT_NOT_SENT = "event_not_sent"
    EVENTS_LOST = "events_lost"
    SENSOR_TROUBLE = "sensor_trouble"
    SUPERVISION_LOST = "supervision_lost"
    FIRE_TROUBLE = "fire_trouble"
    PANIC_TROUBLE = "panic_trouble"
    HOLD_UP_TROUBLE = "hold_up_trouble"
    ACCESS_TROUBLE = "access_trouble"
    BYPASSED = "bypassed"
    DISABLED = "disabled"
    CLOCK_WRONG = "clock_wrong"
    # tests
    TEST_MANUAL = "test_manual"
    TEST_PERIODIC = "test_periodic"
    TEST_MODE = "test_mode"
    POINT_TESTED = "point_tested"
    POINT_NOT_TESTED = "point_not_tested"
    # claims and news
    CANCELLED = "cancelled"
    PANIC_RESET = "panic_reset"
    OPEN_CLOSE = "open_close"
    ACCESS = "access"
    PROGRAMMING = "programming"
    EVENT_LOG = "event_log"
    CLOCK_SET = "clock_set"
    SCHEDULE = "schedule"
    SERVICE = "service"
    HELP_ARRIVED = "help_arrived"
    LISTEN_IN = "listen_in"
    STATUS = "status"


_M, _N = Meaning, Nature
_TABLE: Mapping[Meaning, tuple[Nature, Level | None, str, str, str]] = MappingProxyType(
    {
        _M.POLICE: (_N.ALARM, Level.P1, "Полиция шақыру", "Вызов полиции", "Police needed"),
        _M.PANIC: (_N.ALARM, Level.P1, "Дабыл түймесі басылды", "Нажата тревожная кнопка", "Panic button"),
        _M.DURESS: (
            _N.ALARM,
            Level.P1,
            "Мәжбүрлеу коды терілді: қоңырау шалмаңыз",
            "Введён код под принуждением: не перезванивать",
            "Code entered under duress: do not call back",
        ),
        _M.SILENT_PANIC: (_N.ALARM, Level.P1, "Дыбыссыз дабыл", "Тихая тревога", "Silent alarm"),
        _M.AUDIBLE_PANIC: (_N.ALARM, Level.P1, "Дыбысты дабыл", "Громкая тревога", "Audible panic alarm"),
        _M.HOLD_UP: (_N.ALARM, Level.P1, "Шабуыл", "Нападение", "Hold-up"),
        _M.SUSPICION: (_N.ALARM, Level.P1, "Күдікті жағдай", "Подозрительная ситуация", "Suspicious situation"),
        _M.MORE_HELP: (_N.ALARM, Level.P1, "Қосымша көмек керек", "Нужна дополнительная помощь", "More help needed"),
        _M.ASSIST: (_N.ALARM, Level.P2, "Көмек керек", "Нужна помощь", "Help needed"),
        _M.MEDICAL: (_N.ALARM, Level.P2, "Медициналық көмек", "Медицинская помощь", "Medical help"),
        _M.EMERGENCY: (_N.ALARM, Level.P2, "Адамға шұғыл көмек керек", "Человеку срочно нужна помощь", "Emergency"),
        _M.FALL: (_N.ALARM, Level.P2, "Адам құлады", "Человек упал", "A person fell"),
        _M.NO_REPORT: (_N.ALARM, Level.P2, "Адам белгі бермеді", "Человек не отметился", "Somebody did not report in"),
        _M.FIRE: (_N.ALARM, Level.P2, "Өрт", "Пожар", "Fire"),
        _M.SMOKE: (_N.ALARM, Level.P2, "Түтін", "Дым", "Smoke"),
        _M.HEAT: (_N.ALARM, Level.P2, "Қызып кету", "Перегрев", "Heat"),
        _M.FLAME: (_N.ALARM, Level.P2, "От жалыны", "Пламя", "Flame"),
        _M.PULL_STATION: (_N.ALARM, Level.P2, "Қолмен басылған өрт дабылы", "Ручной извещатель", "Fire call point"),
        _M.SPRINKLER: (_N.ALARM, Level.P2, "Өрт сөндіру іске қосылды", "Сработало пожаротушение", "Sprinkler"),
        _M.GAS: (_N.ALARM, Level.P2, "Газ шықты", "Утечка газа", "Gas"),
        _M.CARBON_MONOXIDE: (_N.ALARM, Level.P2, "Иіс газы", "Угарный газ", "Carbon monoxide"),
        _M.INTRUSION: (_N.ALARM, Level.P2, "Рұқсатсыз кіру", "Проникновение", "Intrusion"),
        _M.INTRUSION_CONFIRMED: (
            _N.ALARM,
            Level.P2,
            "Рұқсатсыз кіру расталды",
            "Проникновение подтверждено",
            "Intrusion, confirmed",
        ),
        _M.DOOR_FORCED: (_N.ALARM, Level.P2, "Есік бұзылды", "Взлом двери", "Door forced"),
        _M.GENERAL: (_N.ALARM, Level.P2, "Жалпы дабыл", "Общая тревога", "General alarm"),
        _M.TAMPER: (_N.ALARM, Level.P2, "Құрылғы ашылды", "Вскрытие устройства", "Tamper"),
        _M.SABOTAGE: (_N.ALARM, Level.P2, "Күзет құрылғысы істен шығарылды", "Саботаж", "Possible sabotage"),
        _M.RADIO_JAMMED: (_N.ALARM, Level.P2, "Радио тұншықтырылып жатыр", "Радио глушат", "Radio is jammed"),
        _M.UNKNOWN: (_N.ALARM, Level.P2, "Белгісіз дабыл коды", "Неизвестный код тревоги", "Unknown alarm code"),
        _M.FLOOD: (_N.ALARM, Level.P3, "Су ағып жатыр", "Протечка воды", "Water leak"),
        _M.TEMPERATURE: (_N.ALARM, Level.P3, "Температура шектен шықты", "Температура вне нормы", "Temperature"),
        _M.TECHNICAL: (_N.ALARM, Level.P3, "Техникалық дабыл", "Техническая тревога", "Technical alarm"),
        _M.DOOR_OPEN: (_N.ALARM, Level.P3, "Есік ашық қалды", "Дверь оставлена открытой", "Door left open"),
        _M.NEAR_ALARM: (_N.ALARM, Level.P3, "Дабылға жақын", "Близко к тревоге", "Close to an alarm"),
        _M.MAINS_LOST: (_N.FAULT, None, "Электр желісі жоқ", "Нет сети 220 В", "Mains power lost"),
        _M.BATTERY_LOW: (_N.FAULT, None, "Батарея әлсіз", "Разряд батареи", "Battery low"),
        _M.POWER_TROUBLE: (_N.FAULT, None, "Қуат көзі ақаулы", "Неисправность питания", "Power trouble"),
        _M.PANEL_TROUBLE: (_N.FAULT, None, "Панель ақаулы", "Неисправность панели", "Panel trouble"),
        _M.MODULE_TROUBLE: (_N.FAULT, None, "Модуль ақаулы", "Неисправность модуля", "Module trouble"),
        _M.SOUNDER_TROUBLE: (
            _N.FAULT,
            None,
            "Сирена не реле ақаулы",
            "Неисправность сирены или реле",
            "Sounder trouble",
        ),
        _M.LINE_OPEN: (_N.FAULT, None, "Шлейф үзілген", "Обрыв шлейфа", "Line open"),
        _M.LINE_SHORT: (_N.FAULT, None, "Шлейф тұйықталған", "Замыкание шлейфа", "Line shorted"),
        _M.LINE_TROUBLE: (_N.FAULT, None, "Шлейф ақаулы", "Неисправность шлейфа", "Line trouble"),
        _M.COMMS_TROUBLE: (_N.FAULT, None, "Байланыс ақаулы", "Неисправность связи", "Communication trouble"),
        _M.EVENT_NOT_SENT: (_N.FAULT, None, "Хабар жіберілмеген", "Событие не было передано", "An event was not sent"),
        _M.EVENTS_LOST: (_N.FAULT, None, "Журнал толып, хабарлар жоғалған", "Журнал переполнен", "Events were lost"),
        _M.SENSOR_TROUBLE: (_N.FAULT, None, "Датчик ақаулы", "Неисправность датчика", "Sensor trouble"),
        _M.SUPERVISION_LOST: (_N.FAULT, None, "Құрылғы үнсіз", "Устройство не отвечает", "Device is silent"),
        _M.FIRE_TROUBLE: (_N.FAULT, None, "Өрт дабылы ақаулы", "Неисправность пожарной сигнализации", "Fire trouble"),
        _M.PANIC_TROUBLE: (
            _N.FAULT,
            None,
            "Дабыл түймесі ақаулы",
            "Тревожная кнопка неисправна",
            "Panic button trouble",
        ),
        _M.HOLD_UP_TROUBLE: (
            _N.FAULT,
            None,
            "Шабуыл түймесі ақаулы",
            "Кнопка нападения неисправна",
            "Hold-up button trouble",
        ),
        _M.ACCESS_TROUBLE: (_N.FAULT, None, "Кіру жүйесі ақаулы", "Неисправность доступа", "Access control trouble"),
        _M.BYPASSED: (_N.FAULT, None, "Аймақ айналып өтілген", "Зона обойдена", "Bypassed"),
        _M.DISABLED: (_N.FAULT, None, "Өшіріп қойылған", "Отключено", "Disabled"),
        _M.CLOCK_WRONG: (_N.FAULT, None, "Панель сағаты қате", "Часы панели неверны", "The panel's clock is wrong"),
        _M.TEST_MANUAL: (_N.TEST, None, "Қолмен сынау", "Ручной тест", "Manual test"),
        _M.TEST_PERIODIC: (_N.TEST, None, "Мерзімді сынақ", "Периодический тест", "Periodic test"),
        _M.TEST_MODE: (_N.TEST, None, "Сынақ режимі", "Режим проверки", "Test mode"),
        _M.POINT_TESTED: (_N.TEST, None, "Нүкте сыналды", "Точка проверена", "Point tested"),
        _M.POINT_NOT_TESTED: (_N.TEST, None, "Нүкте сыналмады", "Точка не проверена", "Point not tested"),
        _M.CANCELLED: (_N.CANCEL, None, "Дабылдан бас тарту", "Отмена тревоги", "Cancelled"),
        _M.PANIC_RESET: (_N.RESTORE, None, "Дабыл түймесі қалпына келтірілді", "Сброс кнопки", "Panic button reset"),
        _M.OPEN_CLOSE: (_N.INFORMATION, None, "Күзетке қою, күзеттен алу", "Постановка, снятие", "Armed or disarmed"),
        _M.ACCESS: (_N.INFORMATION, None, "Кіру", "Доступ", "Access"),
        _M.PROGRAMMING: (_N.INFORMATION, None, "Панельді баптау", "Программирование панели", "Programming"),
        _M.EVENT_LOG: (_N.INFORMATION, None, "Панель журналы", "Журнал панели", "Event log"),
        _M.CLOCK_SET: (_N.INFORMATION, None, "Панель сағаты қойылды", "Часы панели установлены", "Clock set"),
        _M.SCHEDULE: (_N.INFORMATION, None, "Кесте өзгерді", "Расписание изменено", "Schedule changed"),
        _M.SERVICE: (_N.INFORMATION, None, "Қызмет көрсету", "Обслуживание", "Service"),
        _M.HELP_ARRIVED: (_N.INFORMATION, None, "Көмек келді", "Помощь прибыла", "Help arrived"),
        _M.LISTEN_IN: (_N.INFORMATION, None, "Тыңдау басталады", "Начинается прослушивание", "Listen-in follows"),
        _M.STATUS: (_N.INFORMATION, None, "Панель күйі", "Состояние панели", "Status"),
    }
)

WORDS: Mapping[Meaning, LocalText] = MappingProxyType(
    {meaning: LocalText(kk=kk, ru=ru, en=en) for meaning, (_nature, _level, kk, ru, en) in _TABLE.items()}
)
_STANDING = frozenset(
    {_M.TAMPER, _M.SABOTAGE, _M.RADIO_JAMMED}
)  # alarms that are a fault of the way in as well, until restored
_DURESS = frozenset({_M.DURESS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is to be done about one signal. `level` is set for alarms; `stands`: a fault until it is restored."""

    nature: Nature
    meaning: Meaning
    phase: Phase
    level: Level | None = None
    duress: bool = False
    stands: bool = False


def nature_of(meaning: Meaning) -> Nature:
    """What is to be done when this is reported new."""
    return _TABLE[meaning][0]


def level_of(meaning: Meaning) -> Level:
    """How urgent an alarm of this meaning is. What is no alarm is P3."""
    return _TABLE[meaning][1] or Level.P3


def judge(meaning: Meaning, phase: Phase = Phase.NEW, *, level: Level | None = None) -> Judgement:
    """What is to be done. `level` overrides that of the meaning: an unknown code knows better how urgent it may be.

    An unknown code is an alarm in every phase: nobody can tell what it says is over.
    """
    nature, usual, *_words = _TABLE[meaning]
    stands = nature is Nature.FAULT or meaning in _STANDING
    if phase is Phase.RESTORED and nature in (Nature.ALARM, Nature.FAULT) and meaning is not Meaning.UNKNOWN:
        nature = Nature.RESTORE
    alarm = nature is Nature.ALARM
    return Judgement(
        nature=nature,
        meaning=meaning,
        phase=phase,
        level=(level or usual) if alarm else None,
        duress=alarm and meaning in _DURESS,
        stands=stands,
    )


class PointKind(StrEnum):
    """What the number behind an event counts."""

    ZONE = "zone"
    USER = "user"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelEvent:
    """One event of a panel: what it means, its code as the panel said it, where.

    `partition` and `point` are digits without leading zeros, empty when the panel named none.
    """

    judgement: Judgement
    code: str
    partition: str = ""
    point: str = ""
    point_kind: PointKind = PointKind.ZONE
    text: str = ""  # what the panel wrote beside it; anything may stand here
