"""Papers with an end, and what kind of a site a school is: said by people, one line of the ledger each."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.norms import judging, ledgering, reading
from qorgan.centre.norms import schemas as wire
from qorgan.centre.norms.judging import ZONE
from qorgan.centre.norms.ledgering import Seen
from qorgan.centre.norms.models import FactLine, SchoolDocument, SchoolNorms
from qorgan.centre.wire import Name
from qorgan.domain.access import Actor, Right
from qorgan.domain.norms.types import Fact, FactSource, FactType
from qorgan.kernel.errors import Conflict, Exhausted, Invalid, NotFound

MAX_DOCUMENTS = 1_000  # of one school, withdrawn ones too
OLDEST = date(1990, 1, 1)
_PAPERS = (FactSource.DOCUMENT, FactSource.EXCHANGE)  # until the other system tells it itself, people do


def documents(actor: Actor, school_id: UUID) -> wire.DocumentList:
    """All, newest first. Raises `NotFound`."""
    reading.find_school(actor, school_id)
    rows = SchoolDocument.objects.visible_to(actor).filter(school=school_id).order_by("-added_at", "-pk")
    return wire.DocumentList(
        items=[_document(row) for row in rows[:MAX_DOCUMENTS]],
        kinds=[
            wire.DocumentKind(kind=kind, title=Name.of(fact.title), ends=_ends(fact)) for kind, fact in kinds().items()
        ],
        may_edit=actor.may(Right.NORMS_EDIT),
    )


def kinds() -> dict[str, Fact]:
    """What papers can prove: a day of the site that somebody else has put on paper."""
    facts = judging.shipped().vocabulary.facts.values()
    found = [one for one in facts if one.collection == "site" and one.type is FactType.DAY and one.source in _PAPERS]
    return {one.name.partition(".")[2]: one for one in found}


def _ends(fact: Fact) -> bool:
    return fact.name.endswith("_until")


@transaction.atomic
def add(actor: Actor, school_id: UUID, wish: wire.NewDocument) -> wire.SchoolDocument:
    """Raises `NotFound`, `Exhausted`, `Invalid` (`document.kind`, `document.days`); then nothing is written."""
    school = reading.find_school(actor, school_id)
    now = timezone.now()
    fact = kinds().get(wish.kind)
    if fact is None:
        raise Invalid(f"nobody asks for a paper {wish.kind!r}", code="document.kind")
    _require_days(wish, _ends(fact), timezone.localdate(now, ZONE))
    row = ledgering.lock(school.pk, now)
    if SchoolDocument.objects.filter(school=school).count() >= MAX_DOCUMENTS:
        raise Exhausted(f"a school has at most {MAX_DOCUMENTS} papers", code="document.too_many")
    paper = SchoolDocument.objects.create(
        school=school,
        kind=wish.kind,
        number=clean.text(wish.number, 100).strip(),
        issued=wish.issued,
        valid_to=wish.valid_to,
        issuer=clean.text(wish.issuer, 200).strip(),
        added_by_id=actor.user,
        added_at=now,
    )
    _tell(row, paper, fact, actor, now)
    return _document(paper)


@transaction.atomic
def withdraw(actor: Actor, school_id: UUID, document_id: UUID) -> wire.SchoolDocument:
    """It was entered by mistake, or holds no more. Raises `NotFound`, `Conflict` (`document.withdrawn`)."""
    reading.find_school(actor, school_id)
    now = timezone.now()
    row = ledgering.lock(school_id, now)
    paper = SchoolDocument.objects.visible_to(actor).filter(school=school_id, pk=document_id).first()
    if paper is None:
        raise NotFound("the school has no such paper")
    if paper.withdrawn_at is not None:
        raise Conflict("it is withdrawn already", code="document.withdrawn")
    paper.withdrawn_at, paper.withdrawn_by_id = now, actor.user
    paper.save()
    fact = kinds().get(paper.kind)
    if fact is not None:  # the words may have changed since
        _tell(row, paper, fact, actor, now)
    return _document(paper)


def _require_days(wish: wire.NewDocument, ends: bool, today: date) -> None:
    if not OLDEST <= wish.issued <= today:
        raise Invalid(f"a paper is issued between {OLDEST} and today", code="document.days")
    if wish.valid_to is not None and wish.valid_to < wish.issued:
        raise Invalid("a paper does not end before it begins", code="document.days")
    if ends and wish.valid_to is None:
        raise Invalid("of this paper it must be said until when it holds", code="document.days")


def _tell(row: SchoolNorms, paper: SchoolDocument, fact: Fact, actor: Actor, now: datetime) -> None:
    """What the school's papers of this kind prove now, as one more observation; the school is due at once."""
    standing = SchoolDocument.objects.filter(school=paper.school_id, kind=paper.kind, withdrawn_at=None)
    newest = standing.order_by("-valid_to" if _ends(fact) else "-issued", "-added_at").first()
    seen = Seen(fact.name, None, now, expires_at=now)  # none is left: not known
    if newest is not None:
        value = newest.valid_to if _ends(fact) else newest.issued
        ends = None if newest.valid_to is None else _after(newest.valid_to)
        seen = Seen(fact.name, str(value), now, expires_at=ends, evidence=f"document:{newest.pk}")
    ledgering.write(row, [seen], FactLine.Source.DOCUMENT, judging.shipped().vocabulary, by=actor.user)
    row.due_at = now
    row.save()


def _after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), ZONE)


def _document(row: SchoolDocument) -> wire.SchoolDocument:
    return wire.SchoolDocument(
        id=row.pk,
        kind=row.kind,
        number=row.number,
        issued=row.issued,
        valid_to=row.valid_to,
        issuer=row.issuer,
        withdrawn_at=row.withdrawn_at,
    )


# --- what kind of a site it is -------------------------------------------------------------------------------------


def site(actor: Actor, school_id: UUID) -> wire.Site:
    """Raises `NotFound`."""
    reading.find_school(actor, school_id)
    return _site(actor, SchoolNorms.objects.filter(pk=school_id).first())


@transaction.atomic
def put_site(actor: Actor, school_id: UUID, wish: wire.NewSite) -> wire.Site:
    """All of it at once: what is null is not known from now on. Raises `NotFound`."""
    reading.find_school(actor, school_id)
    now = timezone.now()
    row = ledgering.lock(school_id, now)
    seen = [one for name, value in wish.model_dump().items() if (one := _said(row.known, name, value, now)) is not None]
    ledgering.write(row, seen, FactLine.Source.SITE, judging.shipped().vocabulary, by=actor.user)
    row.due_at = now
    row.save()
    return _site(actor, row)


def _said(known: Mapping[str, Mapping[str, Any]], name: str, value: Any, now: datetime) -> Seen | None:
    """None: it was not known before, and is not now."""
    if value is None and f"site.{name}" not in known:
        return None
    return Seen(f"site.{name}", value, now, expires_at=now if value is None else None)


def _site(actor: Actor, row: SchoolNorms | None) -> wire.Site:
    now = timezone.now()
    vocabulary = judging.shipped().vocabulary
    facts = {} if row is None else ledgering.site_facts(row, vocabulary, at=now).facts
    said = {
        name: known.value
        for name in wire.NewSite.model_fields
        if (known := facts.get(f"site.{name}")) is not None and known.expires_at > now.timestamp()
    }
    lines = FactLine.objects.filter(school=row.pk if row else None, source=FactLine.Source.SITE)
    last = lines.order_by("-number").values_list("at", flat=True).first()
    return wire.Site.model_validate({**said, "changed_at": last, "may_edit": actor.may(Right.NORMS_EDIT)})
