"""Tables of organisations: read, compared with the registry, shown, and then applied whole or not at all.

A column that a table does not have, and an empty cell, change nothing. An organisation is known by `site`; nothing is
ever deleted by a table.
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.ledger import canonical
from qorgan.centre.norms import schemas as wire
from qorgan.centre.norms import sheets
from qorgan.centre.norms.models import RegistryImport
from qorgan.centre.schools.models import School
from qorgan.centre.territory.models import District
from qorgan.domain.access import Actor
from qorgan.kernel.errors import Conflict, Invalid, NotFound
from qorgan.kernel.ids import is_key

SHOWN = 500
KEPT = 20  # imports: older ones that were never applied go
TEXTS = ("name_kk", "name_ru", "name_en", "address_kk", "address_ru", "address_en", "head_name", "phone")
NUMBERS = {"lat": 90.0, "lon": 180.0}  # WGS 84, °: at most so far from 0
COLUMNS = ("site", "kind", *TEXTS, "district", *NUMBERS)
NEEDED = ("kind", "name_kk", "address_kk", "district", "lat", "lon")  # of an organisation that is new
AT_ONCE = 1_000


class _Wrong(Exception):
    """A cell cannot be what it says; the code of why."""


@dataclass(frozen=True, slots=True)
class _Change:
    row: int
    site: str
    is_new: bool
    fields: Mapping[str, tuple[Any, Any]]  # before, after


@dataclass(frozen=True, slots=True)
class _Diff:
    changes: list[_Change]
    faults: list[dict[str, Any]]
    unchanged: int

    @property
    def digest(self) -> str:
        said = [[one.row, one.site, one.is_new, {k: list(v) for k, v in one.fields.items()}] for one in self.changes]
        return hashlib.sha256(canonical({"changes": said}).encode()).hexdigest()


def upload(actor: Actor, file_name: str, content: bytes) -> wire.RegistryImport:
    """The dry run. Raises `Invalid` (`registry.…`) for what is no table of organisations."""
    rows = sheets.read(content)
    _require_columns(rows)
    diff = _compare(rows)
    with transaction.atomic():
        row = RegistryImport.objects.create(
            file_name=clean.text(file_name, 200),
            by_id=actor.user,
            at=timezone.now(),
            rows=[[number, said] for number, said in rows],
            errors=diff.faults,
            shown=diff.digest,
            counts=_counts(diff),
        )
        drafts = RegistryImport.objects.filter(applied_at=None).order_by("-at").values_list("pk", flat=True)
        RegistryImport.objects.filter(pk__in=list(drafts[KEPT:])).delete()
    return _shown(row, diff)


def get(import_id: UUID) -> wire.RegistryImport:
    """Raises `NotFound`. What was applied has no changes any more."""
    row = _find(import_id)
    return _shown(row, None if row.applied_at else _compare(_rows(row)))


@transaction.atomic
def apply(actor: Actor, import_id: UUID) -> wire.RegistryImport:
    """All of it. Raises `NotFound`, `Conflict`: `registry.applied`, `registry.faulty`, or `registry.changed` when the
    registry is another by now than the one that was compared with."""
    _find(import_id)
    row = RegistryImport.objects.select_for_update().get(pk=import_id)
    if row.applied_at is not None:
        raise Conflict("it is applied already", code="registry.applied")
    known = {one.site: one for one in School.objects.select_for_update(no_key=True).filter(site__in=_sites(row))}
    diff = _compare(_rows(row), known)
    if diff.faults:
        raise Conflict("while rows are wrong nothing is applied", code="registry.faulty")
    if diff.digest != row.shown:
        raise Conflict("the registry has changed: send the table again", code="registry.changed")
    new = [_made(one, School(site=one.site)) for one in diff.changes if one.is_new]
    try:
        with transaction.atomic():
            School.objects.bulk_create(new, AT_ONCE)
    except IntegrityError as error:  # somebody else made one of them since we looked
        raise Conflict("the registry has changed: send the table again", code="registry.changed") from error
    old = [_made(one, known[one.site]) for one in diff.changes if not one.is_new]
    School.objects.bulk_update(old, ["kind", *TEXTS, "district", *NUMBERS, "search", "list_key"], AT_ONCE)
    row.applied_at, row.applied_by_id = timezone.now(), actor.user
    row.save()
    return _shown(row, diff)


def _require_columns(rows: Iterable[tuple[int, sheets.Row]]) -> None:
    named = next((said.keys() for _, said in rows), COLUMNS)
    strange = [name for name in named if name not in COLUMNS]
    if strange or "site" not in named:
        wanted = ", ".join(COLUMNS)
        raise Invalid(f"the first row names the column site, and of {wanted} what is given", code="registry.header")


def _compare(rows: list[tuple[int, sheets.Row]], known: Mapping[str, School] | None = None) -> _Diff:
    if known is None:
        known = {one.site: one for one in School.objects.filter(site__in=[said["site"] for _, said in rows])}
    districts = frozenset(District.objects.values_list("pk", flat=True))
    changes: list[_Change] = []
    all_faults: list[dict[str, Any]] = []
    unchanged, seen = 0, set[str]()
    for number, said in rows:
        site = said.get("site", "")
        values, faults = _values(number, said, districts)
        if site in seen:
            faults.append(_fault(number, "site", site, "twice"))
        seen.add(site)
        before = known.get(site)
        if before is None:
            wanted = [name for name in NEEDED if not said.get(name)]
            faults += [_fault(number, name, "", "missing") for name in wanted]
        fields = {name: (_before(before, name), value) for name, value in values.items()}
        fields = {name: pair for name, pair in fields.items() if pair[0] != pair[1]}
        all_faults += faults
        if faults:
            continue
        if fields or before is None:
            changes.append(_Change(number, site, before is None, fields))
        else:
            unchanged += 1
    return _Diff(changes, all_faults, unchanged)


def _before(row: School | None, name: str) -> Any:
    if row is None:
        return ""
    return row.district_id if name == "district" else getattr(row, name)


def _values(number: int, said: sheets.Row, districts: frozenset[str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the cells say, and what is wrong with them."""
    read: dict[str, Callable[[str], Any]] = {name: _text_for(name) for name in TEXTS}
    read |= {name: _number_up_to(limit) for name, limit in NUMBERS.items()}
    read |= {"kind": _one_of(frozenset(School.Kind.values)), "district": _one_of(districts)}
    values: dict[str, Any] = {}
    faults: list[dict[str, Any]] = []
    if not is_key(said.get("site", "")):
        faults.append(_fault(number, "site", said.get("site", ""), "not_a_key"))
    for name in (one for one in COLUMNS if one in read and said.get(one)):  # not as a database gives them back
        cell = said[name]
        try:
            values[name] = read[name](cell)
        except _Wrong as wrong:
            faults.append(_fault(number, name, cell, str(wrong)))
    return values, faults


def _text_for(name: str) -> Callable[[str], str]:
    limit = int(cast(Any, School._meta.get_field(name)).max_length)

    def read(cell: str) -> str:
        if len(cell) > limit:
            raise _Wrong("too_long")
        return clean.text(cell, limit)

    return read


def _number_up_to(limit: float) -> Callable[[str], float]:
    def read(cell: str) -> float:
        try:
            value = float(cell.replace(",", "."))
        except ValueError:
            raise _Wrong("not_a_number") from None
        if not math.isfinite(value) or abs(value) > limit:
            raise _Wrong("out_of_range")
        return value

    return read


def _one_of(known: frozenset[str]) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if cell not in known:
            raise _Wrong("unknown")
        return cell

    return read


def _fault(number: int, column: str, value: str, code: str) -> dict[str, Any]:
    return {"row": number, "column": column, "value": value[:80], "code": code}


def _made(change: _Change, row: School) -> School:
    for name, (_, value) in change.fields.items():
        setattr(row, "district_id" if name == "district" else name, value)
    row.prepare()
    return row


def _find(import_id: UUID) -> RegistryImport:
    row = RegistryImport.objects.filter(pk=import_id).first()
    if row is None:
        raise NotFound("there is no such import")
    return row


def _rows(row: RegistryImport) -> list[tuple[int, sheets.Row]]:
    return [(number, said) for number, said in row.rows]


def _sites(row: RegistryImport) -> list[str]:
    return [said.get("site", "") for _, said in row.rows]


def _counts(diff: _Diff) -> dict[str, int]:
    added = sum(one.is_new for one in diff.changes)
    return {"added": added, "changed": len(diff.changes) - added, "unchanged": diff.unchanged}


def _shown(row: RegistryImport, diff: _Diff | None) -> wire.RegistryImport:
    counts, faults = (row.counts, row.errors) if diff is None else (_counts(diff), diff.faults)
    state = "applied" if row.applied_at else "faulty" if faults else "ready"
    changes = [] if diff is None else diff.changes[:SHOWN]
    return wire.RegistryImport.model_validate(
        {
            "id": row.pk,
            "file_name": row.file_name,
            "state": state,
            "rows": len(row.rows),
            **counts,
            "errors_count": len(faults),
            "errors": faults[:SHOWN],
            "changes": [_change(one) for one in changes],
            "applied_at": row.applied_at,
        }
    )


def _change(one: _Change) -> dict[str, Any]:
    fields = [{"field": name, "before": str(old), "after": str(new)} for name, (old, new) in one.fields.items()]
    return {"row": one.row, "site": one.site, "kind": "added" if one.is_new else "changed", "fields": fields}
