"""What `quality` tells those who subscribed: that a fault was confirmed. Its end is on the screens."""

from datetime import timedelta

from django.utils import timezone

from qorgan.centre.notices import outbox
from qorgan.centre.notices.facts import LANGUAGES, LOCAL, News, school_said
from qorgan.centre.quality.models import FaultSpell
from qorgan.centre.quality.words import FAULTS, STREAMS
from qorgan.centre.wire import instant
from qorgan.domain.notices import Notice
from qorgan.domain.places import LocalText

QUIET = timedelta(hours=6)  # a fault that comes and goes is told again at the earliest
TOLD_A_DAY = 50  # of one school: beyond it a school's trouble is one for its screens
_HEAD = LocalText(kk="Камера ақауы", ru="Неисправность камеры", en="Camera fault")
_SEEN = LocalText(kk="Алғаш байқалды: {time}.", ru="Впервые замечено: {time}.", en="First seen: {time}.")


def tell_opened(spell: FaultSpell) -> None:
    """Once for each spell, unless the same was told lately or its school has had its share of today."""
    now = timezone.now()  # ours: a node's clock may say anything
    school = spell.camera.school
    lately = FaultSpell.objects.filter(camera=spell.camera, fault=spell.fault, stream=spell.stream)
    if lately.filter(pk__gte=outbox.first_id(now - QUIET)).exclude(pk=spell.pk).exists():
        return
    today = FaultSpell.objects.filter(camera__school=school, pk__gte=outbox.first_id(now - timedelta(days=1)))
    if today.count() <= TOLD_A_DAY:
        outbox.tell([_news(spell)])


def _news(spell: FaultSpell) -> News:
    school = spell.camera.school
    notice = Notice(
        key=f"quality:{spell.pk}:opened",
        event="quality.opened",
        at=spell.confirmed_at,
        school=school.pk,
        region=school.district.region_id,
        district=school.district_id,
    )
    said = {
        "id": str(spell.pk),
        "camera": str(spell.camera_id),
        "camera_key": spell.camera.key,
        "fault": spell.fault,
        "stream": spell.stream or None,
        "opened_at": instant(spell.opened_at),
        "score": spell.score,
        "school": school_said(school),
    }
    title = LocalText(*(_title(spell, language) for language in LANGUAGES))
    text = LocalText(*(_text(spell, language) for language in LANGUAGES))
    return News(notice=notice, said=said, title=title, text=text, cap=lambda: None)


def _title(spell: FaultSpell, language: str) -> str:
    school, camera = (row.name.in_language(language) for row in (spell.camera.school, spell.camera))
    return f"{_HEAD.in_language(language)}: {school}, {camera}, {_word(spell, language)}"


def _word(spell: FaultSpell, language: str) -> str:
    word = FAULTS.get(spell.fault, LocalText(kk=spell.fault)).in_language(language)
    stream = STREAMS.get(spell.stream)
    return word if stream is None else f"{word} ({stream.in_language(language)})"


def _text(spell: FaultSpell, language: str) -> str:
    time = spell.opened_at.astimezone(LOCAL).strftime("%d.%m.%Y %H:%M:%S")
    return _SEEN.in_language(language).format(time=time)
