"""What `remarks` announces to browsers, and tells those who subscribed: the school, and the author of a remark."""

from uuid import UUID

from qorgan.centre.access.models import RoleGrant
from qorgan.centre.events import announce
from qorgan.centre.notices import outbox
from qorgan.centre.notices.facts import LANGUAGES, LOCAL, News, school_said
from qorgan.centre.remarks.models import Remark
from qorgan.domain.access import Role
from qorgan.domain.notices import Notice
from qorgan.domain.places import LocalText
from qorgan.domain.remarks import RemarkDeed, RemarkState

TO_SCHOOL = {RemarkDeed.ISSUE: "issued", RemarkDeed.RETURN: "returned"}
TO_AUTHOR = {RemarkDeed.OBJECT: "objected", RemarkDeed.FIX: "fixed"}
OVERDUE = "overdue"
WORDS = {
    "issued": LocalText(kk="Жаңа ескерту", ru="Новое замечание", en="New remark"),
    "returned": LocalText(
        kk="Ескерту қайтарылды: жойылмаған", ru="Замечание возвращено: не устранено", en="Remark returned: not fixed"
    ),
    "objected": LocalText(
        kk="Мектеп ескертуге қарсылық білдірді", ru="Школа возразила на замечание", en="The school objects to a remark"
    ),
    "fixed": LocalText(
        kk="Ескерту жойылды: тексеру қажет", ru="Замечание устранено: нужна проверка", en="Remark fixed: to be verified"
    ),
    OVERDUE: LocalText(kk="Ескертудің мерзімі өтті", ru="Срок замечания истёк", en="Remark overdue"),
}
DEADLINE = LocalText(kk="Мерзімі: {day}", ru="Срок: {day}", en="To be fixed by {day}")
SHOWN = 300  # characters of the remark's text in a notice


def changed(row: Remark) -> None:
    """Open screens hear that this remark is not what they show. Of a draft nobody hears."""
    if row.state != RemarkState.DRAFT:
        announce("remark", row.pk, schools=(row.school_id,))


def tell(row: Remark, deed: RemarkDeed) -> None:
    """The school hears of what was issued and returned, the author of objections and of what is said to be fixed."""
    if deed in TO_SCHOOL:
        outbox.tell([_news(row, TO_SCHOOL[deed], _of_school(row))])
    elif deed in TO_AUTHOR:
        outbox.tell([_news(row, TO_AUTHOR[deed], frozenset({row.author_id}))])


def tell_overdue(row: Remark) -> None:
    """Both hear of it."""
    outbox.tell([_news(row, OVERDUE, _of_school(row) | {row.author_id})])


def _of_school(row: Remark) -> frozenset[UUID]:
    return frozenset(RoleGrant.objects.filter(role=Role.HEAD, school=row.school_id).values_list("user", flat=True))


def _news(row: Remark, what: str, persons: frozenset[UUID]) -> News:
    notice = Notice(
        key=f"remark:{row.pk}:{row.version}:{what}",
        event=f"remark.{what}",
        at=row.changed_at,
        school=row.school_id,
        region=row.school.district.region_id,
        district=row.school.district_id,
        persons=persons,
    )
    said = {
        "id": str(row.pk),
        "number": row.number,
        "state": row.state,
        "body": row.body,
        "category": row.category,
        "text": row.text,
        "deadline": row.deadline.isoformat() if row.deadline else None,
        "school": school_said(row.school),
    }
    kk, ru, en = (_title(row, what, language) for language in LANGUAGES)
    told = [_text(row, language) for language in LANGUAGES]
    return News(notice=notice, said=said, title=LocalText(kk=kk, ru=ru, en=en), text=LocalText(*told), cap=lambda: None)


def _title(row: Remark, what: str, language: str) -> str:
    return f"{WORDS[what].in_language(language)}: {row.school.name.in_language(language)}, № {row.number}"


def _text(row: Remark, language: str) -> str:
    said = [row.text if len(row.text) <= SHOWN else row.text[: SHOWN - 1] + "…"]
    if row.deadline is not None:
        said.append(DEADLINE.in_language(language).format(day=row.deadline.strftime("%d.%m.%Y")) + ".")
    said.append(row.changed_at.astimezone(LOCAL).strftime("%d.%m.%Y %H:%M"))
    return " ".join(said)
