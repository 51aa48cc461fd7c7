"""The record of an attestation: a snapshot in canonical JSON, its digest, and what a later norm would say of it.

A record holds verdicts, words and digests of packs: no place, no camera's name, no person but those who signed.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum

import msgspec

from qorgan.domain.norms.types import Pack, Requirement, Verdict, ref_of
from qorgan.kernel.errors import Corrupt

FORM = 1  # of the snapshot; readers refuse a later one


class RecordedFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One requirement as it was decided. `excepted_until`: borne by an exception; the verdict is what it is."""

    ref: str
    gate: bool
    own: Verdict | None
    measured: Verdict
    counts: Verdict
    words: str = ""
    excepted_until: date | None = None


class RecordedScore(msgspec.Struct, frozen=True, kw_only=True):
    """A criterion: the grade that the inspector gave, and the range that was measured."""

    ref: str
    grade: int
    lowest: int
    highest: int
    words: str = ""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What an attestation found. `packs`: key → digest of what judged; `facts`: digest of the last line of facts."""

    form: int
    school: str
    site: str
    campaign: str
    norm_day: date
    measured_at: datetime
    recorded_at: datetime
    recorded_by: str
    packs: dict[str, str]
    facts: str
    gates: Verdict
    scores: tuple[RecordedScore, ...]
    findings: tuple[RecordedFinding, ...]


def written(snapshot: Snapshot) -> bytes:
    """Canonical JSON: the same snapshot gives the same bytes."""
    return msgspec.json.encode(snapshot, order="deterministic")


def digest_of(text: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(text).hexdigest()


def read(text: bytes, digest: str) -> Snapshot:
    """Raises `Corrupt` (`attestation.record`) when it is not what was recorded."""
    if digest_of(text) != digest:
        raise Corrupt("the record is not the one that was signed", code="attestation.record")
    snapshot = msgspec.json.decode(text, type=Snapshot)
    if snapshot.form > FORM:
        raise Corrupt(f"a record of form {snapshot.form} is of a later version", code="attestation.record")
    return snapshot


class Change(StrEnum):
    """What became of a requirement since a record."""

    ADDED = "added"  # nobody asked for it then
    REPEALED = "repealed"
    CHANGED = "changed"  # another version: to be looked at again
    CARRIED = "carried"  # another version, and a mapping says that the evidence still proves it


class Delta(msgspec.Struct, frozen=True, kw_only=True):
    """`counted`: as recorded, None for what is new; `now`: measured under the later norm, None for what is gone."""

    change: Change
    key: str
    before: str
    after: str
    counted: Verdict | None
    now: Verdict | None


def delta(snapshot: Snapshot, packs: Sequence[Pack], now: Mapping[str, Verdict]) -> tuple[Delta, ...]:
    """What a later norm asks otherwise. `now`: refs in force then with their verdicts, of packs that judged too.

    The record stays what it is: this stands beside it.
    """
    keys = set(snapshot.packs)
    before = {_key(one.ref): one for one in snapshot.findings}
    after = {_key(ref): ref for ref in now if ref.partition(":")[0] in keys}
    carried = _carried(pack for pack in packs if pack.key in keys)
    found = [_repealed(one) for key, one in before.items() if key not in after]
    for key, ref in after.items():
        old = before.get(key)
        if old is None:
            found.append(Delta(change=Change.ADDED, key=key, before="", after=ref, counted=None, now=now[ref]))
        elif old.ref != ref:
            change = Change.CARRIED if ref in carried else Change.CHANGED
            found.append(Delta(change=change, key=key, before=old.ref, after=ref, counted=old.counts, now=now[ref]))
    return tuple(sorted(found, key=lambda one: (list(Change).index(one.change), one.key)))


def _repealed(one: RecordedFinding) -> Delta:
    key = _key(one.ref)
    return Delta(change=Change.REPEALED, key=key, before=one.ref, after="", counted=one.counts, now=None)


def _carried(packs: Iterable[Pack]) -> set[str]:
    """Refs whose every provision keeps the evidence of an older one."""
    found: set[str] = set()
    for pack in packs:
        keeping = {key for one in pack.mappings if one.relation.keeps_evidence for key in one.news}
        found |= {ref_of(pack.key, one) for one in pack.requirements if _rests_on(one, keeping)}
    return found


def _rests_on(one: Requirement, keeping: set[str]) -> bool:
    return bool(one.provisions) and keeping.issuperset(one.provisions)


def _key(ref: str) -> str:
    return ref.rpartition(":")[0]
