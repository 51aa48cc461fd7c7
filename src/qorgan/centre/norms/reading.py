"""How a school stands, in the words of the wire."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.utils import timezone

from qorgan.centre.norms import judging, ledgering, service
from qorgan.centre.norms import schemas as wire
from qorgan.centre.norms.judging import ZONE, Day
from qorgan.centre.norms.models import SchoolNorms
from qorgan.centre.schools.models import School
from qorgan.centre.wire import Name
from qorgan.domain.access import Actor
from qorgan.domain.density.norms import Status
from qorgan.domain.norms.compiling import Clock
from qorgan.domain.norms.engine import Inquiry, defined_facts, provisions_of
from qorgan.domain.norms.types import (
    NEVER,
    FactSource,
    Known,
    Pack,
    Provision,
    Reason,
    Requirement,
    Severity,
    SiteFacts,
    Verdict,
    Vocabulary,
)
from qorgan.kernel.errors import NotFound

SOON = timedelta(days=30)
_MEASURED = (FactSource.TELEMETRY, FactSource.PICTURE)
_WORST = (Verdict.NOT, Verdict.PARTLY, Verdict.UNKNOWN, Verdict.COMPLIANT, Verdict.NOT_APPLICABLE)
_GRAVEST = tuple(Severity)
_FAILS = (Verdict.NOT, Verdict.PARTLY)


def packs() -> wire.NormPackList:
    """All that are shipped."""
    national = judging.national()
    return wire.NormPackList(items=[_pack(one, one.key in national) for one in judging.shipped().packs.values()])


def requirements(pack: str, *, cursor: str | None, limit: int) -> wire.NormRequirementPage:
    """What the pack asks today, after `cursor`. Raises `NotFound` (`norm_pack.unknown`)."""
    asked = judging.inquiry(pack, Day(at=timezone.now()))
    refs = sorted(ref for ref in asked.requirements if ref.startswith(f"{pack}:") and ref > (cursor or ""))
    items = [_asked_of_all(asked, ref) for ref in refs[:limit]]
    return wire.NormRequirementPage(items=items, next=refs[limit - 1] if len(refs) > limit else None)


def _asked_of_all(asked: Inquiry, ref: str) -> wire.NormRequirement:
    one = asked.requirements[ref]
    pack = asked.engine.packs[ref.partition(":")[0]]
    return wire.NormRequirement(
        requirement=ref,
        title=Name.of(one.title),
        clause=clause_of(pack, one),
        status=asked.status(ref),
        sources=sorted({clause.source for clause in provisions_of(pack, one.provisions)}),
        owner=one.owner,
        severity=one.severity,
        gate=one.gate,
        how_checked=one.kind,
        frequency=one.frequency,
    )


def find_school(actor: Actor, school_id: UUID) -> School:
    """Raises `NotFound` for a school that the actor may not see, as for one that is not there."""
    row = School.objects.visible_to(actor).filter(pk=school_id).first()
    if row is None:
        raise NotFound("there is no such school in your territory")
    return row


def school(
    actor: Actor, school_id: UUID, *, pack: str | None, at: date | None, norm_day: date | None
) -> wire.SchoolNorms:
    """Raises `NotFound` for a school or pack that is not there, `Invalid` (`norms.future`)."""
    row = find_school(actor, school_id)
    asked, facts, since = _asked(row, pack, at, norm_day)
    verdicts = asked.verdicts(facts)
    shown = [ref for ref in verdicts if pack is None or ref.startswith(f"{pack}:")]
    items = [item(asked, ref, verdicts[ref], since.get(ref)) for ref in shown]
    counts = dict.fromkeys(Verdict, 0)
    for one in items:
        counts[one.verdict] += 1
    today = at is None or at == timezone.localdate(timezone.now(), ZONE)
    return wire.SchoolNorms(
        as_of=asked.question.at,
        gate=service.gate_of(asked, {ref: verdicts[ref] for ref in shown}),
        counts=counts,
        items=sorted(items, key=_worst_first),
        due_soon=_due_soon(asked, pack, facts, {ref: verdicts[ref] for ref in shown}) if today else [],
    )


def requirement(
    actor: Actor, school_id: UUID, ref: str, *, at: date | None, norm_day: date | None
) -> wire.RequirementPage:
    """Raises as `school`, and `NotFound` (`requirement.unknown`) for one that is not in force on that day."""
    row = find_school(actor, school_id)
    key = ref.partition(":")[0]
    asked, facts, since = _asked(row, None if key in judging.bench().packs else key, at, norm_day)
    found = asked.explain(facts, ref)
    reasons = [one for one in (found.applies, found.check, found.partly) if one is not None]
    return wire.RequirementPage(
        item=item(asked, ref, found.verdict, since.get(ref)),
        at=found.at,
        norm_day=found.norm_day,
        pack_digest=found.pack_digest,
        provisions=[_provision(one) for one in found.provisions],
        applies=_reason(found.applies),
        check=_reason(found.check),
        partly=_reason(found.partly),
        titles=_titles(reasons, asked),
    )


def _asked(
    row: School, pack: str | None, at: date | None, norm_day: date | None
) -> tuple[Inquiry, SiteFacts, Mapping[str, datetime]]:
    """The question, what was known of the school then, and since when its verdicts of now hold."""
    now = timezone.now()
    day = judging.day_of(at, norm_day, now)
    vocabulary = judging.bench(pack).vocabulary
    if day.at < now:
        return judging.inquiry(pack, day), ledgering.site_facts_then(row.pk, vocabulary, at=day.at), {}
    kept = SchoolNorms.objects.filter(pk=row.pk).first() or SchoolNorms(school=row, due_at=now)
    since = {} if norm_day else {ref: datetime.fromisoformat(when) for ref, (_, when) in kept.verdicts.items()}
    return judging.inquiry(pack, day), ledgering.site_facts(kept, vocabulary, at=now), since


def item(asked: Inquiry, ref: str, verdict: Verdict, since: datetime | None) -> wire.NormItem:
    one = asked.requirements[ref]
    pack = asked.engine.packs[ref.partition(":")[0]]
    return wire.NormItem(
        requirement=ref,
        title=Name.of(one.title),
        clause=clause_of(pack, one),
        status=asked.status(ref),
        verdict=verdict,
        since=since,
        due=_due(pack, one, since) if since and verdict in _FAILS else None,
        owner=one.owner,
        severity=one.severity,
        gate=one.gate,
        how_checked=one.kind,
        what_to_do=Name.of(one.advice),
    )


def _due(pack: Pack, one: Requirement, since: datetime) -> date | None:
    """By when what failed since then is to be mended."""
    if one.fix_within is None:
        return None
    day = since.astimezone(ZoneInfo(pack.time_zone)).date()
    return one.fix_within.after(day, Clock(day, pack.calendar).works)


def _due_soon(
    asked: Inquiry, pack: str | None, facts: SiteFacts, verdicts: Mapping[str, Verdict]
) -> list[wire.NormItem]:
    """What is met today and will be met no more within `SOON` if nobody does anything but measure on."""
    lasting = _measured_on(facts, judging.bench(pack).vocabulary)
    now = asked.question.at
    met = [ref for ref, verdict in verdicts.items() if verdict is Verdict.COMPLIANT]
    then = judging.inquiry(pack, Day(at=now + SOON)).verdicts(lasting)
    open_refs = {ref for ref in met if then.get(ref) not in (None, Verdict.COMPLIANT, Verdict.NOT_APPLICABLE)}
    found: list[wire.NormItem] = []
    for days in range(1, SOON.days + 1):
        if not open_refs:
            break
        day = now + timedelta(days=days)
        then = judging.inquiry(pack, Day(at=day)).verdicts(lasting)
        for ref in sorted(open_refs):
            if then.get(ref) not in (None, Verdict.COMPLIANT, Verdict.NOT_APPLICABLE):
                one = item(asked, ref, Verdict.COMPLIANT, None)
                one.due = timezone.localdate(day, ZONE)
                found.append(one)
                open_refs.discard(ref)
    return found


def _measured_on(facts: SiteFacts, vocabulary: Vocabulary) -> SiteFacts:
    """The same, as if everything that is measured by itself went on being measured as it is."""

    def lasting(row: Mapping[str, Known]) -> dict[str, Known]:
        return {
            name: known._replace(expires_at=NEVER) if vocabulary.facts[name].source in _MEASURED else known
            for name, known in row.items()
        }

    items = {name: {key: lasting(row) for key, row in rows.items()} for name, rows in facts.items.items()}
    return SiteFacts(facts.site, lasting(facts.facts), items, facts.listed)


def _worst_first(one: wire.NormItem) -> tuple[int, bool, int, str]:
    return _WORST.index(one.verdict), not one.gate, _GRAVEST.index(one.severity), one.requirement


def clause_of(pack: Pack, one: Requirement) -> str:
    """As people cite it: the act's number and the paragraph."""
    acts = {act.key: act for act in pack.acts}
    found = provisions_of(pack, one.provisions)
    numbers = [f"№ {number}" if (number := acts[each.act].number) else "" for each in found if each.act in acts]
    cited = [f"{number} {each.paragraph}".strip() for number, each in zip(numbers, found, strict=False)]
    return "; ".join(dict.fromkeys(one for one in cited if one))


def _provision(one: Provision) -> wire.Provision:
    return wire.Provision(
        key=one.key,
        paragraph=one.paragraph,
        text=Name.of(one.text),
        status=one.status,
        source=one.source,
        checked_on=one.checked_on,
    )


def _reason(one: Reason | None) -> wire.Reason | None:
    return None if one is None else wire.Reason.model_validate(msgspec.structs.asdict(one) | _parts(one))


def _parts(one: Reason) -> dict[str, Any]:
    limit = list(one.limit) if isinstance(one.limit, tuple) else one.limit
    return {"limit": limit, "subjects": list(one.subjects), "parts": [_reason(part) for part in one.parts]}


def _titles(reasons: Iterable[Reason], asked: Inquiry) -> dict[str, Name]:
    """Of every fact and collection that the reasons name."""
    names: set[str] = set()
    left = list(reasons)
    while left:
        one = left.pop()
        names |= {one.fact, one.collection}
        left += one.parts
    words = judging.shipped().vocabulary
    facts = {**words.facts, **defined_facts(asked.engine.packs.values())}
    titles = {name: Name.of(facts[name].title) for name in names & facts.keys()}
    return titles | {name: Name.of(words.collections[name]) for name in names & words.collections.keys()}


def _pack(one: Pack, national: bool) -> wire.NormPack:
    counts = dict.fromkeys(Status, 0)
    for each in one.provisions:
        counts[each.status] += 1
    acts = {act.key: act for act in one.acts}
    return wire.NormPack(
        key=one.key,
        version=one.version,
        title=Name.of(one.title),
        country=one.country,
        digest=one.digest,
        national=national,
        requirements=len(one.requirements),
        counts=counts,
        editions=[
            wire.NormEdition(
                key=each.key,
                act=Name.of(acts[each.act].title),
                number=acts[each.act].number,
                published=each.published,
                valid_from=each.valid_from,
                valid_to=each.valid_to,
                status=each.status,
                source=each.source,
                state=each.state.value,
            )
            for each in one.editions
        ],
    )
