"""The order: all remarks on a school that are not mended, by their deadlines."""

from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from qorgan.centre.norms.reading import find_school
from qorgan.centre.papers.render import Language, clock, word
from qorgan.centre.remarks import reading
from qorgan.centre.remarks import schemas as wire
from qorgan.centre.remarks.models import Remark
from qorgan.centre.reports.layout import Form, Report, Section, day, printed, say
from qorgan.centre.schools.models import School
from qorgan.domain.access import Actor, Body
from qorgan.domain.remarks import UNFIXED

MAX_REMARKS = 500
_HEAD = ("number", "body", "about", "remark", "clause", "state", "due")
_WIDTHS = ("auto", "1", "1", "3", "1.2", "1", "auto")


def order(actor: Actor, school_id: UUID, form: Form, *, body: Body | None) -> bytes:
    """The PDF; of one body, or of all. Raises `NotFound`."""
    school = find_school(actor, school_id)
    rows = Remark.objects.visible_to(actor).filter(school=school, state__in=UNFIXED)
    rows = rows if body is None else rows.filter(body=body)
    wanted = rows.whole().order_by(F("deadline"), "number")[: MAX_REMARKS + 1]
    remarks = reading.on_the_wire(actor, list(wanted))
    report = _order(school, remarks[:MAX_REMARKS], form.language, whole=len(remarks) <= MAX_REMARKS)
    return printed(actor, report, form, {"school": str(school.pk), "body": body or ""})


def _order(school: School, remarks: list[wire.Remark], language: Language, *, whole: bool) -> Report:
    notes = [say(language, "remarks_note"), *([] if whole else [say(language, "more")])]
    data = {"school": str(school.pk), "remarks": [_said(one) for one in remarks]}
    facts = [
        ("school", f"{school.name.in_language(language)} ({school.site})"),
        ("address", school.address.in_language(language)),
        ("as_of", clock(timezone.now())),
        ("count", str(len(remarks))),
    ]
    rows = [_row(one, language) for one in remarks]
    title = say(language, "remarks")
    return Report(
        kind="order",
        title=f"{say(language, 'order')}: {school.name.in_language(language)}",
        facts=[(say(language, key), value) for key, value in facts],
        sections=[Section(title=title, head=_HEAD, widths=_WIDTHS, rows=rows, note=" ".join(notes))],
        data=data,
        signatures=("sign_author", "sign_head"),
    )


def _said(one: wire.Remark) -> dict[str, Any]:
    named = {"id", "number", "version", "body", "text", "clause", "state", "deadline", "target"}
    return one.model_dump(mode="json", include=named)


def _row(one: wire.Remark, language: Language) -> list[str]:
    late = f" ({say(language, 'overdue')})" if one.overdue else ""
    camera = getattr(one.target.camera_name, language) if one.target.camera_name else ""
    return [
        f"№ {one.number}",
        word(language, "remark_body", one.body),
        " · ".join(part for part in (camera, one.target.plan_name, one.target.zone) if part) or say(language, "school"),
        one.text,
        one.clause,
        word(language, "remark_state", one.state),
        f"{day(one.deadline)}{late}",
    ]
