"""The sentences of CAP messages, in Kazakh, Russian and English. Dispatchers of other services read them aloud."""

from collections.abc import Mapping
from types import MappingProxyType

from qorgan.domain.alarms import Disposition, Kind, Level
from qorgan.domain.places import LocalText


def _text(kk: str, ru: str, en: str) -> LocalText:
    return LocalText(kk=kk, ru=ru, en=en)


RESTRICTION = "Тек жедел қызметтер үшін · Только для экстренных служб · For emergency services only"
AUDIENCE = _text("Жедел қызметтер", "Экстренные службы", "Emergency services")
HEADLINE = _text(
    "{kind}{event}: {school}, {place}",
    "{kind}{event}: {school}, {place}",
    "{kind}{event}: {school}, {place}",
)
ACTION_HEADLINE = _text("{kind}{school}: {action}", "{kind}{school}: {action}", "{kind}{school}: {action}")
ADDRESS = _text("Мекенжайы: {address}.", "Адрес: {address}.", "Address: {address}.")
OVER = _text("Аяқталды", "Завершено", "Over")

KIND_MARKS: Mapping[Kind, LocalText] = MappingProxyType(
    {
        Kind.REAL: _text("", "", ""),
        Kind.DRILL: _text("ОҚУ-ЖАТТЫҒУ. ", "УЧЕБНАЯ ТРЕВОГА. ", "DRILL. "),
        Kind.TEST: _text("СЫНАҚ. ", "ПРОВЕРКА. ", "TEST. "),
    }
)
LEVELS: Mapping[Level, LocalText] = MappingProxyType(
    {
        Level.P1: _text("Полиция шақыру", "Вызов полиции", "Police needed"),
        Level.P2: _text("Көмек керек", "Нужна помощь", "Help needed"),
        Level.P3: _text("Назар аударуды қажет етеді", "Требует внимания", "Needs attention"),
    }
)
# The steps of an alarm that concern others; whatever else stands in its log is the centre's own affair.
STEPS: Mapping[str, LocalText] = MappingProxyType(
    {
        "stored": _text(
            "Дабыл орталыққа түсті.", "Тревога поступила в центр.", "The alarm has reached the operations centre."
        ),
        "raised": _text(
            "Дабылды қоңырау бойынша оператор енгізді.",
            "Тревогу внёс оператор со слов позвонившего.",
            "An operator entered the alarm for a caller.",
        ),
        "owned": _text("Дабылды кезекші қабылдады.", "Тревогу принял дежурный.", "A duty officer has taken the alarm."),
        "confirmed": _text("Оқиға расталды.", "Происшествие подтверждено.", "The incident is confirmed."),
        "unverified": _text(
            "Тексеріп үлгермедік: шынайы дабыл ретінде қарау керек.",
            "Проверить не удалось: действовать как при настоящей тревоге.",
            "It could not be verified: treat it as real.",
        ),
        "refuted": _text(
            "Алдын ала тексеруде қауіп расталмады.",
            "При проверке угроза не подтвердилась.",
            "On checking, no threat was found.",
        ),
        "dispatched": _text("Жасақ жіберілді.", "Наряд направлен.", "A unit has been sent."),
        "en_route": _text("Жасақ жолға шықты.", "Наряд выехал.", "The unit is on its way."),
        "on_scene": _text("Жасақ орнына жетті.", "Наряд прибыл на место.", "The unit has arrived."),
        "stabilised": _text("Жағдай бақылауға алынды.", "Обстановка под контролем.", "The situation is under control."),
        "closed": _text("Дабыл жабылды.", "Тревога закрыта.", "The alarm is closed."),
    }
)
DISPOSITIONS: Mapping[str, LocalText] = MappingProxyType(
    {
        Disposition.TRUE.value: _text("Оқиға шынымен болды.", "Происшествие имело место.", "It was a true alarm."),
        Disposition.FALSE_ACCIDENT.value: _text(
            "Түйме байқаусызда басылған.", "Кнопка нажата случайно.", "The button was pressed by accident."
        ),
        Disposition.FALSE_TECHNICAL.value: _text(
            "Дабыл техникалық ақаудан болған.", "Сработка из-за технической неисправности.", "A technical fault."
        ),
        Disposition.MALICIOUS.value: _text(
            "Дабыл әдейі жалған берілген.", "Заведомо ложный вызов.", "A deliberately false call."
        ),
        Disposition.DRILL.value: _text("Оқу-жаттығу аяқталды.", "Учения завершены.", "The drill is over."),
        Disposition.TEST.value: _text("Сынақ аяқталды.", "Проверка завершена.", "The test is over."),
    }
)
INSTRUCTIONS: Mapping[Level, LocalText] = MappingProxyType(
    {
        Level.P1: _text(
            "Белгіленген тәртіп бойынша жасақ жіберіңіз. Сиренасыз жақындаңыз, егер кезекші басқаша айтпаса.",
            "Направьте наряд по установленному порядку. Подъезжайте без сирены, если дежурный не сказал иного.",
            "Send a unit as planned. Approach without sirens unless the duty officer says otherwise.",
        ),
        Level.P2: _text(
            "Тиісті қызметті жіберіңіз.", "Направьте соответствующую службу.", "Send the appropriate service."
        ),
        Level.P3: _text("Жағдайды бақылаңыз.", "Следите за обстановкой.", "Keep watch."),
    }
)
INSTRUCTION_DURESS = _text(
    "Мектепке қоңырау шалмаңыз: дабыл берген адам қысым астында. Жасақты сиренасыз жіберіңіз.",
    "Не звоните в школу: подавший тревогу находится под принуждением. Направьте наряд без сирены.",
    "Do not call the school: whoever raised the alarm is under duress. Send a unit without sirens.",
)
INSTRUCTION_NOT_REAL = _text("Шара қолданудың қажеті жоқ.", "Никаких действий не требуется.", "No action is required.")
INSTRUCTION_OVER = _text("Қосымша әрекет қажет емес.", "Дальнейших действий не требуется.", "No further action.")
