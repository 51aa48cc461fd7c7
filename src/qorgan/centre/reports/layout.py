"""What all reports share: sections of rows, the digest of their data, and the line in the audit of whoever took one."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from qorgan.centre.access import service as access
from qorgan.centre.access.models import User
from qorgan.centre.ledger import canonical
from qorgan.centre.papers.render import Language, clock, render, word
from qorgan.centre.reports.signing import SignedBy, signer
from qorgan.domain.access import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A table. `widths`: "auto", or a share of the width that is left; one for each key of `head`."""

    title: str
    head: Sequence[str]
    widths: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A paper before it is printed. `data`: what it was made of, in JSON types; its digest stands on the paper."""

    kind: str
    title: str
    facts: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    data: Mapping[str, Any]
    signatures: Sequence[str]


def digest_of(data: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON (sorted keys, no spaces, UTF-8), so that anybody can compute it again."""
    return hashlib.sha256(canonical(dict(data)).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """In which language a paper is wanted, and with whose signature."""

    language: Language = "kk"
    signature: SignedBy = SignedBy.NONE


def printed(actor: Actor, report: Report, form: Form, about: Mapping[str, object]) -> bytes:
    """PDF/A-2b. It leaves the building, so it is a line in the audit of whoever took it; `about`: of what.

    Raises `Unavailable` (`signature.…`) when it cannot be signed as wanted; then there is no paper and no line.
    """
    language = form.language
    digest = digest_of(report.data)
    said = {
        "title": report.title,
        "footer": _footer(actor, language),
        "facts": [list(row) for row in report.facts],
        "sections": [_section(one, language) for one in report.sections],
        "digest": digest,
        "signatures": [say(language, key) for key in report.signatures],
    }
    paper = render("report", language, said)
    by = signer(form.signature)
    paper = paper if by is None else by.sign(paper)
    line: dict[str, object] = {"report": report.kind, "language": language, "digest": digest}
    line |= {"signature": form.signature.value} | dict(about)
    access.audit(User.objects.get(pk=actor.user), "report.printed", line)
    return paper


def _section(one: Section, language: Language) -> dict[str, Any]:
    return {
        "title": one.title,
        "head": [say(language, key) for key in one.head],
        "widths": list(one.widths),
        "rows": [list(row) for row in one.rows],
        "note": one.note,
    }


def _footer(actor: Actor, language: Language) -> str:
    said = f"{word(language, 'paper', 'printed')} {clock(timezone.now())} ({word(language, 'paper', 'zone')})"
    return f"Qorgan · {said}, {actor.name}"


def say(language: Language, key: str) -> str:
    return word(language, "report", key)


def day(at: date | None) -> str:
    """As people here read it; empty for none."""
    return "" if at is None else f"{at:%d.%m.%Y}"


def counted(numbers: Iterable[tuple[str, int]]) -> str:
    return "; ".join(f"{name}: {number}" for name, number in numbers)
