"""Use cases of `rollcall`: a school's list of classes, from a table, whole or not at all."""

import hashlib
import io
import zipfile
from datetime import date
from itertools import groupby
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from openpyxl import load_workbook

from qorgan.centre import clean
from qorgan.centre.access import service as access
from qorgan.centre.access.models import User
from qorgan.centre.norms import sheets
from qorgan.centre.rollcall import schemas as wire
from qorgan.centre.rollcall.models import Pupil
from qorgan.centre.schools.models import School
from qorgan.domain.access import Actor, Right
from qorgan.domain.rollcall import lists as rules
from qorgan.domain.rollcall.lists import COLUMNS, MAX_PUPILS, Fault, ListDiff, PupilRow
from qorgan.kernel.errors import Conflict, Invalid, NotFound

SHOWN_FAULTS = 500
MAX_BYTES = 5_000_000
_RUNS = ("vbaproject.bin", "/activex/", "/externallinks/", "/embeddings/")
Known = dict[tuple[str, date], tuple[UUID, str]]


def classes(actor: Actor, school_id: UUID) -> wire.RollClassList:
    """By class and name. Raises `NotFound`."""
    _school(actor, school_id)
    rows = Pupil.objects.visible_to(actor).filter(school=school_id, left_at=None).order_by("school_class", "name", "pk")
    items = [
        wire.RollClass(name=name, pupils=[wire.RollPupil(id=one.pk, name=one.name) for one in some])
        for name, some in groupby(rows[:MAX_PUPILS], key=lambda one: one.school_class)
    ]
    return wire.RollClassList(items=items)


@transaction.atomic
def take_list(actor: Actor, school_id: UUID, content: bytes, shown: str | None) -> wire.ClassListImport:
    """Without `shown` a dry run; with the digest that it gave, the table is applied, whole or not at all.

    Raises `NotFound`, `Invalid` (`class_list.…`, `registry.…`: no table), `Conflict` (`class_list.faulty`,
    `class_list.changed`: the list is another than the one that was compared with).
    """
    actor.require(Right.ROLL_CALL)
    school = _school(actor, school_id)
    School.objects.select_for_update(no_key=True).get(pk=school.pk)
    rows, faults = _read(content)
    known = _known(school)
    diff = rules.compare(rows, known)
    digest = _digest(content, known)
    if shown is not None:
        if faults:
            raise Conflict("while rows are wrong nothing is applied", code="class_list.faulty")
        if shown != digest:
            raise Conflict("the list or the table has changed: look at it once more", code="class_list.changed")
        _apply(actor, school, diff)
    return _shown(diff, faults, digest, applied=shown is not None)


def _read(content: bytes) -> tuple[list[PupilRow], list[Fault]]:
    if len(content) > MAX_BYTES:
        raise Invalid(f"a list has at most {MAX_BYTES // 1_000_000} MB", code="class_list.too_big")
    packed = content[:4] == b"PK\x03\x04"
    if packed:
        _require_nothing_to_run(content)
    table = sheets.read(content)
    if len(table) > MAX_PUPILS:
        raise Invalid(f"a school has at most {MAX_PUPILS} children", code="class_list.too_big")
    if not table or set(table[0][1]) != set(COLUMNS):
        raise Invalid(f"the first row names the columns {', '.join(COLUMNS)}", code="class_list.header")
    return rules.read(table, formulas=_formulas(content) if packed else frozenset(), today=timezone.localdate())


def _require_nothing_to_run(content: bytes) -> None:
    """Macros and what is fetched or embedded are refused with the file: nobody needs them in a list of names."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = [f"/{one.filename.casefold()}" for one in packed.infolist()]
    except zipfile.BadZipFile as error:
        raise Invalid("this is no XLSX file", code="registry.file") from error
    if any(part in name for name in names for part in _RUNS):
        raise Invalid("a list with macros or embedded files is not opened", code="class_list.macros")


def _formulas(content: bytes) -> frozenset[int]:
    """Rows of the first sheet in which a formula stands; `sheets.read` has looked at the file before."""
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    try:
        cells = book.worksheets[0].iter_rows(max_row=MAX_PUPILS + 2, max_col=sheets.MAX_COLUMNS)
        return frozenset(cell.row for row in cells for cell in row if cell.data_type == "f" and cell.row)
    finally:
        book.close()


def _known(school: School) -> Known:
    rows = Pupil.objects.filter(school=school, left_at=None)
    return {(one.known_by, one.born): (one.pk, one.school_class) for one in rows}


def _digest(content: bytes, known: Known) -> str:
    said = hashlib.sha256(content)
    for (name, born), (id, school_class) in sorted(known.items()):
        said.update(f"{name}\0{born}\0{id}\0{school_class}\n".encode())
    return said.hexdigest()


def _apply(actor: Actor, school: School, diff: ListDiff) -> None:
    now = timezone.now()
    Pupil.objects.filter(pk__in=diff.left).update(left_at=now)
    for id, one in diff.moved.items():
        Pupil.objects.filter(pk=id).update(school_class=one.school_class)
    for one in diff.added:  # who had left and is back keeps their id
        back = {"school_class": one.school_class, "name": clean.text(one.name, rules.MAX_NAME), "left_at": None}
        Pupil.objects.update_or_create(school=school, known_by=one.key[0], born=one.born, defaults=back)
    said: dict[str, object] = {"school": str(school.pk), "added": len(diff.added), "moved": len(diff.moved)}
    access.audit(User.objects.get(pk=actor.user), "class_list.applied", said | {"left": len(diff.left)})


def _shown(diff: ListDiff, faults: list[Fault], digest: str, *, applied: bool) -> wire.ClassListImport:
    return wire.ClassListImport(
        added=len(diff.added),
        moved=len(diff.moved),
        unchanged=diff.unchanged,
        left=len(diff.left),
        faults=[wire.ClassListFault(row=f.row, fault=f.fault, other=f.other) for f in faults[:SHOWN_FAULTS]],
        faults_total=len(faults),
        digest=digest,
        applied=applied,
    )


def _school(actor: Actor, school_id: UUID) -> School:
    school = School.objects.visible_to(actor).filter(pk=school_id).first()
    if school is None:
        raise NotFound("there is no such school in your territory")
    return school
