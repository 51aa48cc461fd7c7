"""Lists of classes on the wire."""

from uuid import UUID

from ninja import Schema

from qorgan.domain.rollcall.lists import RowFault


class ClassListFault(Schema):
    """`row` as the table numbers it, the header being 1; `other`: where the same child stands as well. No names."""

    row: int
    fault: RowFault
    other: int | None


class ClassListImport(Schema):
    """What a table changes. With `digest` and the same table it is applied; with faults never."""

    added: int
    moved: int
    unchanged: int
    left: int
    faults: list[ClassListFault]
    faults_total: int
    digest: str
    applied: bool


class RollPupil(Schema):
    id: UUID
    name: str


class RollClass(Schema):
    name: str
    pupils: list[RollPupil]


class RollClassList(Schema):
    items: list[RollClass]
