"""A school's card: how it stands against the norms, the gates first, and its papers; on one day, by one digest."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from qorgan.centre.norms import judging, papers, reading
from qorgan.centre.norms import schemas as wire
from qorgan.centre.norms.models import SchoolDocument
from qorgan.centre.papers.render import Language, clock, word
from qorgan.centre.reports.layout import Form, Report, Section, counted, day, printed, say
from qorgan.centre.schools.models import School
from qorgan.domain.access import Actor
from qorgan.domain.norms.types import Verdict

_HEAD = ("requirement", "clause", "verdict", "since", "due", "owner", "what_to_do")
_WIDTHS = ("1.6", "1.4", "auto", "auto", "auto", "0.8", "1.6")
_PAPER_HEAD = ("document", "number", "issued", "valid_to", "issuer")
_PAPER_WIDTHS = ("2", "1", "auto", "auto", "1")


def card(actor: Actor, school_id: UUID, form: Form, *, pack: str | None, at: date | None) -> bytes:
    """The PDF. Raises `NotFound` for a school or pack that is not there, `Invalid` (`norms.future`)."""
    school = reading.find_school(actor, school_id)
    data = card_data(actor, school, pack=pack, at=at)
    return printed(actor, _card(school, data, form.language), form, {"school": str(school.pk)})


def card_data(actor: Actor, school: School, *, pack: str | None, at: date | None) -> dict[str, Any]:
    """All that the card says, in JSON's own types and in three languages. Raises as `card`."""
    norms = reading.school(actor, school.pk, pack=pack, at=at, norm_day=None)
    packs = judging.bench(pack).packs.values()
    return {
        "school": {"id": str(school.pk), "site": school.site},
        "norms": norms.model_dump(mode="json"),
        "documents": _documents(actor, school, norms),
        "packs": [{"key": one.key, "version": one.version, "digest": one.digest} for one in packs],
    }


def _documents(actor: Actor, school: School, norms: wire.SchoolNorms) -> list[dict[str, Any]]:
    """Those that were entered by then and not yet withdrawn."""
    then = Q(added_at__lte=norms.as_of) & (Q(withdrawn_at=None) | Q(withdrawn_at__gt=norms.as_of))
    rows = SchoolDocument.objects.visible_to(actor).filter(then, school=school).order_by("kind", "-issued", "pk")
    return [
        {
            "kind": row.kind,
            "number": row.number,
            "issued": row.issued.isoformat(),
            "valid_to": row.valid_to.isoformat() if row.valid_to else None,
            "issuer": row.issuer,
        }
        for row in rows[: papers.MAX_DOCUMENTS]
    ]


def _card(school: School, data: dict[str, Any], language: Language) -> Report:
    norms = wire.SchoolNorms.model_validate(data["norms"])
    soon = [_row(one, language) for one in norms.due_soon]
    return Report(
        kind="card",
        title=f"{say(language, 'card')}: {school.name.in_language(language)}",
        facts=_facts(school, norms, data["packs"], language),
        sections=[
            _items("gate", [one for one in norms.items if one.gate], language, note=say(language, "gate_note")),
            _items("rest", [one for one in norms.items if not one.gate], language),
            Section(title=say(language, "due_soon"), head=_HEAD, widths=_WIDTHS, rows=soon),
            _papers(data["documents"], language),
        ],
        data=data,
        signatures=("sign_author", "sign_head"),
    )


def _facts(
    school: School, norms: wire.SchoolNorms, packs: list[dict[str, Any]], language: Language
) -> list[tuple[str, str]]:
    district = school.district
    said = [
        ("school", f"{school.name.in_language(language)} ({school.site})"),
        ("address", school.address.in_language(language)),
        ("district", f"{district.name.in_language(language)}, {district.region.name.in_language(language)}"),
        ("as_of", clock(norms.as_of)),
        ("gate", word(language, "norm_verdict", norms.gate)),
        ("counts", counted((word(language, "norm_verdict", one), norms.counts[one]) for one in Verdict)),
        ("packs", "; ".join(f"{one['key']} {one['version']} ({one['digest'][:12]})" for one in packs)),
    ]
    return [(say(language, key), value) for key, value in said]


def _items(title: str, items: list[wire.NormItem], language: Language, note: str = "") -> Section:
    rows = [_row(one, language) for one in items]
    return Section(title=say(language, title), head=_HEAD, widths=_WIDTHS, rows=rows, note=note)


def _row(one: wire.NormItem, language: Language) -> list[str]:
    status = word(language, "clause_status", one.status)
    return [
        getattr(one.title, language),
        f"{one.clause} ({status})",
        word(language, "norm_verdict", one.verdict),
        "" if one.since is None else day(timezone.localtime(one.since, judging.ZONE).date()),
        day(one.due),
        word(language, "norm_owner", one.owner),
        getattr(one.what_to_do, language),
    ]


def _papers(documents: list[dict[str, Any]], language: Language) -> Section:
    kinds = papers.kinds()
    rows = [
        [
            kinds[one["kind"]].title.in_language(language) if one["kind"] in kinds else one["kind"],
            one["number"],
            day(date.fromisoformat(one["issued"])),
            day(date.fromisoformat(one["valid_to"])) if one["valid_to"] else "",
            one["issuer"],
        ]
        for one in documents
    ]
    return Section(title=say(language, "documents"), head=_PAPER_HEAD, widths=_PAPER_WIDTHS, rows=rows)
