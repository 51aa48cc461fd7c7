"""What is known of schools: lines that are appended, and what follows from them now."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone

from qorgan.centre.norms.models import FactLine, SchoolNorms
from qorgan.domain.norms.expressions import Plain
from qorgan.domain.norms.knowledge import facts_of, require_observation
from qorgan.domain.norms.types import Observation, SiteFacts, Vocabulary


class Seen(NamedTuple):
    """What somebody or something saw. `expires_at` None: as the vocabulary says."""

    fact: str
    value: Plain | None
    observed_at: datetime
    subject: str = ""
    expires_at: datetime | None = None
    evidence: str = ""


def lock(school: UUID, now: datetime) -> SchoolNorms:
    """The school's row, locked until the transaction ends; made, and due at once, if there was none."""
    SchoolNorms.objects.get_or_create(school_id=school, defaults={"due_at": now})
    return SchoolNorms.objects.select_for_update().get(pk=school)


def write(
    row: SchoolNorms, seen: Sequence[Seen], source: FactLine.Source, vocabulary: Vocabulary, *, by: UUID | None = None
) -> None:
    """One more line of the locked school's facts, and `row.known` after it; `row` is not saved.

    Raises `Invalid` (`observation.…`): then nothing is written.
    """
    if not seen:
        return
    now = timezone.now()
    for one in seen:
        require_observation(_observation(_packed(one), now), vocabulary)
    last = FactLine.objects.filter(school=row.school_id).order_by("-number").first()
    line = FactLine(school_id=row.school_id, source=source, by_id=by, at=now, facts=[_packed(one) for one in seen])
    line.after(last).save()
    for said in line.facts:
        _learn(row.known, said, now)


def site_facts(row: SchoolNorms, vocabulary: Vocabulary, *, at: datetime) -> SiteFacts:
    """What is known now."""
    rows = [_observation(said, at) for subjects in row.known.values() for said in subjects.values()]
    return facts_of(str(row.school_id), rows, vocabulary, at=at, known_at=at)


def site_facts_then(school: UUID, vocabulary: Vocabulary, *, at: datetime) -> SiteFacts:
    """What was known at an earlier instant: by the lines that there were then."""
    lines = FactLine.objects.filter(school=school, at__lte=at).order_by("number").values_list("at", "facts")
    return facts_of(str(school), _observations(lines.iterator(chunk_size=500)), vocabulary, at=at, known_at=at)


def _observations(lines: Iterable[tuple[datetime, list[dict[str, Any]]]]) -> Iterable[Observation]:
    return (_observation(said, at) for at, facts in lines for said in facts)


def _learn(known: dict[str, dict[str, Any]], said: Mapping[str, Any], at: datetime) -> None:
    """`known` has the newest of each fact and subject; what is gone is forgotten but for its being gone."""
    if said["value"] is None and said["subject"] and "." not in said["fact"]:
        for name in [name for name in known if name.startswith(f"{said['fact']}.")]:
            known[name].pop(said["subject"], None)
    before = known.get(said["fact"], {}).get(said["subject"])
    if before is None or before["observed_at"] <= said["observed_at"]:
        known.setdefault(said["fact"], {})[said["subject"]] = dict(said)


def _packed(one: Seen) -> dict[str, Any]:
    return {
        "fact": one.fact,
        "subject": one.subject,
        "value": one.value,
        "observed_at": _iso(one.observed_at),
        "expires_at": None if one.expires_at is None else _iso(one.expires_at),
        "evidence": one.evidence,
    }


def _observation(said: Mapping[str, Any], recorded_at: datetime) -> Observation:
    ends = said["expires_at"]
    return Observation(
        fact=said["fact"],
        subject=said["subject"],
        value=said["value"],
        observed_at=datetime.fromisoformat(said["observed_at"]),
        recorded_at=recorded_at,
        expires_at=None if ends is None else datetime.fromisoformat(ends),
        evidence=said["evidence"],
    )


def _iso(moment: datetime) -> str:
    """UTC to the second, so that texts sort as instants do."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")
