"""Looking at a school: what is new of it is written, and when anything changed its verdicts are found again."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError, transaction
from django.utils import timezone

from qorgan.centre.ledger import moment
from qorgan.centre.norms import judging, ledgering, telemetry
from qorgan.centre.norms.judging import ZONE, Bench, Day
from qorgan.centre.norms.models import FactLine, SchoolNorms, Standing, VerdictLine
from qorgan.centre.schools.models import School
from qorgan.domain.norms.engine import Inquiry
from qorgan.domain.norms.types import NEVER, Known, SiteFacts, Verdict

log = logging.getLogger(__name__)
LOOK_EVERY = timedelta(hours=1)
AFTER_A_CRASH = timedelta(minutes=10)  # so that the longest overdue does not stand before all others for ever
AT_ONCE = 10  # schools of one turn, that is of a second: the whole country in half an hour, and alarms beside it
DRILLED_WITHIN = timedelta(days=365)
_COUNTED = (Verdict.NOT, Verdict.UNKNOWN, Verdict.PARTLY, Verdict.COMPLIANT)  # the worst first


def look(now: datetime | None = None) -> int:
    """Look at the schools that are due, the longest overdue first; how many there were."""
    now = now or timezone.now()
    due = SchoolNorms.objects.filter(due_at__lte=now).order_by("due_at").values_list("pk", flat=True)
    schools = list(due[:AT_ONCE])
    for school in schools:
        try:
            look_at(school, now)
        except (DatabaseError, InterfaceError):
            raise  # the database is away: for all of them
        except Exception:  # the root of this unit of work: one school
            log.exception("norms.school_crashed school=%s", school)
            SchoolNorms.objects.filter(pk=school).update(due_at=now + AFTER_A_CRASH)
    return len(schools)


def enrol(now: datetime | None = None) -> None:
    """Schools that are new get their row; all are due when the packs are others than before."""
    now = now or timezone.now()
    judging.keep_packs(now)
    new = School.objects.filter(norms=None).values_list("pk", flat=True)
    rows = [SchoolNorms(school_id=school, due_at=now) for school in new]
    SchoolNorms.objects.bulk_create(rows, batch_size=1_000, ignore_conflicts=True)
    SchoolNorms.objects.exclude(packs=judging.bench().digest).filter(due_at__gt=now).update(due_at=now)


@transaction.atomic
def look_at(school_id: UUID, now: datetime) -> None:
    """Gather, and judge if something changed, expired, or the day did. Others who write of this school wait."""
    row = ledgering.lock(school_id, now)
    school = School.objects.select_related("node").get(pk=school_id)
    bench = judging.bench()
    new = telemetry.news(telemetry.seen_of(school, now), row.known, bench.vocabulary)
    if not row.known.get("site.kind"):
        new.append(ledgering.Seen("site.kind", school.kind, now))  # as the registry has it, until somebody says more
    ledgering.write(row, new, FactLine.Source.TELEMETRY, bench.vocabulary)
    facts = ledgering.site_facts(row, bench.vocabulary, at=now)
    row.due_at = min(now + LOOK_EVERY, _next_expiry(facts, now))
    if new or row.packs != bench.digest or _time_matters(row, facts, now):
        _judge(row, facts, bench, now)
    _stand(row, facts, bench, now)
    row.save()


def _time_matters(row: SchoolNorms, facts: SiteFacts, now: datetime) -> bool:
    """Whether time alone may have changed a verdict since it was found."""
    if row.evaluated_at is None or timezone.localdate(row.evaluated_at, ZONE) != timezone.localdate(now, ZONE):
        return True
    since, until = row.evaluated_at.timestamp(), now.timestamp()
    return any(since < known.expires_at <= until for known in _all(facts))


def _next_expiry(facts: SiteFacts, now: datetime) -> datetime:
    at = now.timestamp()
    ends = [known.expires_at for known in _all(facts) if at < known.expires_at < NEVER]
    return now + timedelta(seconds=min(ends) - at) if ends else now + LOOK_EVERY


def _all(facts: SiteFacts) -> Iterable[Known]:
    yield from facts.facts.values()
    for rows in facts.items.values():
        for known in rows.values():
            yield from known.values()


def _judge(row: SchoolNorms, facts: SiteFacts, bench: Bench, now: datetime) -> None:
    """The verdicts now; those that are others than before are one more line."""
    verdicts = judging.inquiry(None, Day(at=now)).verdicts(facts)
    before = {ref: verdict for ref, (verdict, _) in row.verdicts.items()}
    changes = {ref: [before.get(ref, ""), verdict.value] for ref, verdict in verdicts.items()}
    changes |= {ref: [verdict, ""] for ref, verdict in before.items() if ref not in verdicts}
    changes = {ref: pair for ref, pair in changes.items() if pair[0] != pair[1]}
    row.packs, row.evaluated_at = bench.digest, now
    if not changes:
        return
    last = VerdictLine.objects.filter(school=row.school_id).order_by("-number").first()
    digests = {key: pack.digest for key, pack in bench.packs.items()}
    VerdictLine(school_id=row.school_id, at=now, packs=digests, changes=changes).after(last).save()
    row.verdicts = {
        ref: [verdict.value, moment(now) if ref in changes else row.verdicts[ref][1]]
        for ref, verdict in verdicts.items()
    }


def _stand(row: SchoolNorms, facts: SiteFacts, bench: Bench, now: datetime) -> None:
    """The numbers that territories add up: one row a pack."""
    asked = judging.inquiry(None, Day(at=now))
    connected = hasattr(row.school, "node") and row.school.node.state == "online"
    said: dict[str, Any] = {
        "connected": connected,
        "working": connected and _all_work(facts, now),
        "drilled": _drilled(facts, now),
        "at": now,
    }
    for key in judging.national():
        mine = {ref: Verdict(verdict) for ref, (verdict, _) in row.verdicts.items() if ref.startswith(f"{key}:")}
        gate = gate_of(asked, mine)
        Standing.objects.update_or_create(school_id=row.school_id, pack=key, defaults={**said, "gate": gate.value})


def gate_of(asked: Inquiry, verdicts: Mapping[str, Verdict]) -> Verdict:
    """The worst of the gates; not applicable where no gate concerns the school."""
    gates = {verdicts[ref] for ref, one in asked.requirements.items() if one.gate and ref in verdicts}
    return next((one for one in _COUNTED if one in gates), Verdict.NOT_APPLICABLE)


def _all_work(facts: SiteFacts, now: datetime) -> bool:
    cameras = facts.items.get("camera", {})
    at = now.timestamp()
    known = [one.get("camera.working") for one in cameras.values()]
    return bool(known) and all(one is not None and one.value is True and one.expires_at > at for one in known)


def _drilled(facts: SiteFacts, now: datetime) -> bool:
    drilled = facts.facts.get("site.practical_drill_on")
    if drilled is None or drilled.value is None:
        return False
    return timezone.localdate(now, ZONE).toordinal() - int(drilled.value) <= DRILLED_WITHIN.days
