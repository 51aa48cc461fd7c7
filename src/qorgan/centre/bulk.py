"""Many rows at once: new ones by COPY on PostgreSQL, known ones found by one array; plain statements elsewhere.

New rows are given as values, not as objects: to make an object of fifty columns costs more than to store it.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
from django.core.exceptions import EmptyResultSet
from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.lookups import Lookup
from django.db.models.sql.compiler import SQLCompiler
from psycopg import sql

Field: TypeAlias = "models.Field[Any, Any]"
NULL = r"\N"
_special = re.compile(r"[\\\t\n\r]").search
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


@dataclass(frozen=True, slots=True)
class Alike:
    """New rows that have some columns in common: `same` names those, `rows` has the others, one tuple for each row."""

    same: Mapping[str, Any]
    rows: Sequence[tuple[Any, ...]]


def insert(model: type[models.Model], varying: Sequence[str], blocks: Iterable[Alike]) -> None:
    """Write new rows. `varying` names the columns of the tuples; with `same` it names all columns of the model.

    No defaults, no signals. Raises what `bulk_create` would: `IntegrityError` of Django, `DataError` for what does not
    fit.
    """
    blocks = [block for block in blocks if block.rows]
    if not blocks:
        return
    connection = connections[router.db_for_write(model)]
    if connection.vendor == "postgresql":
        _copy(connection, model, varying, blocks)
    else:
        rows = [model(**block.same, **dict(zip(varying, row, strict=True))) for block in blocks for row in block.rows]
        model._base_manager.bulk_create(rows)


def _copy(
    connection: BaseDatabaseWrapper, model: type[models.Model], varying: Sequence[str], blocks: Sequence[Alike]
) -> None:
    fields = {field.attname: field for field in model._meta.local_concrete_fields}
    same = sorted(fields.keys() - set(varying))
    columns = sql.SQL(", ").join([sql.Identifier(str(fields[name].column)) for name in (*varying, *same)])
    command = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(model._meta.db_table), columns)
    text = "".join(_lines(fields, varying, same, blocks))
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(command) as copy:
        copy.write(text)


def _lines(
    fields: Mapping[str, Field], varying: Sequence[str], same: Sequence[str], blocks: Iterable[Alike]
) -> Iterable[str]:
    """COPY's text format (PostgreSQL, "COPY", File Formats): columns between tabs, `\\N` for NULL, four escapes."""
    write = [_writer(fields[name]) for name in varying]
    for block in blocks:
        common = ((_writer(fields[name]), block.same[name]) for name in same)
        end = "".join(["\t" + (NULL if value is None else write_(value)) for write_, value in common]) + "\n"
        for row in block.rows:
            yield (
                "\t".join([NULL if value is None else write_(value) for write_, value in zip(write, row, strict=True)])
                + end
            )


# --- how a value is written ----------------------------------------------------------------------------------------


def _text(value: str) -> str:
    return value.translate(_ESCAPES) if _special(value) else value


def _json(value: Any) -> str:
    return _text(msgspec.json.encode(value).decode())


def _uuid(value: UUID) -> str:
    return f"{value.int:032x}"


def _bytes(value: bytes) -> str:
    return rf"\\x{value.hex()}"


def _boolean(value: bool) -> str:
    return "t" if value else "f"


_WRITERS: tuple[tuple[type[Field], Callable[[Any], str]], ...] = (
    (models.UUIDField, _uuid),
    (models.JSONField, _json),
    (models.DateTimeField, datetime.isoformat),
    (models.BooleanField, _boolean),
    (models.BinaryField, _bytes),
    (models.IntegerField, str),
    (models.FloatField, repr),
    (models.CharField, _text),
    (models.TextField, _text),
)


def _writer(field: Field) -> Callable[[Any], str]:
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    for kind, writer in _WRITERS:
        if isinstance(target, kind):
            return writer
    raise TypeError(f"{type(target).__name__} is not known to be written by COPY")


# --- among many ----------------------------------------------------------------------------------------------------


@models.ForeignKey.register_lookup
@models.Field.register_lookup
class Among(Lookup):
    """`field__among=values`: as `in`, for hundreds of values, which are not prepared one by one on PostgreSQL."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        values: Collection[Any] = self.rhs
        if not values:
            raise EmptyResultSet
        column, parameters = self.process_lhs(compiler, connection)
        field = self.lhs.output_field
        marks = ", ".join(["%s"] * len(values))
        return f"{column} IN ({marks})", (*parameters, *(field.get_db_prep_value(one, connection) for one in values))

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        values: Collection[Any] = self.rhs
        if not values:
            raise EmptyResultSet
        column, parameters = self.process_lhs(compiler, connection)
        if all(isinstance(one, UUID) for one in values):
            ids = ",".join([f"{one.int:032x}" for one in values])
            return f"{column} = ANY(%s::uuid[])", (*parameters, f"{{{ids}}}")
        return f"{column} = ANY(%s)", (*parameters, list(values))
