"""Many rows at once: new ones by COPY on PostgreSQL, known ones found by one array; plain statements elsewhere.

New rows are given as values, not as objects: to make an object of fifty columns costs more than to store it.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
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
    """COPY's text format (PostgreSQL, "COPY", File Formats): columns between tabs, `\\N` for NULL, four escapes.

    A block at a time, written column by column: what is alike is then looked at once.
    """
    for block in blocks:
        end = "".join(["\t" + _column(fields[name], [block.same[name]])[0] for name in same]) + "\n"
        columns = [
            _column(fields[name], values) for name, values in zip(varying, zip(*block.rows, strict=True), strict=True)
        ]
        yield end.join(map("\t".join, zip(*columns, strict=True))) + end


def update(rows: Sequence[models.Model], columns: Sequence[str]) -> None:
    """Write these columns (`attname`) of rows of one model that are there: one statement on PostgreSQL. No signals."""
    if not rows or not columns:
        return
    model = type(rows[0])
    connection = connections[router.db_for_write(model)]
    fields = {field.attname: field for field in model._meta.local_concrete_fields}
    key = model._meta.pk
    told = [*(fields[name] for name in columns), key]
    values = [
        [_plain(field.get_db_prep_save(getattr(row, field.attname), connection)) for row in rows] for field in told
    ]
    if connection.vendor == "postgresql":
        command, parameters = _from_arrays(connection, model, told), values
        with connection.cursor() as cursor:
            cursor.execute(command, parameters)
    else:
        name = connection.ops.quote_name
        sets = ", ".join(f"{name(str(field.column))} = %s" for field in told[:-1])
        with connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE {name(model._meta.db_table)} SET {sets} WHERE {name(str(key.column))} = %s",  # noqa: S608
                list(zip(*values, strict=True)),
            )


def _from_arrays(connection: BaseDatabaseWrapper, model: type[models.Model], told: Sequence[Field]) -> str:
    """An UPDATE from arrays, one a column, the key's last."""
    name = connection.ops.quote_name
    table, columns = name(model._meta.db_table), [name(str(field.column)) for field in told]
    sets = ", ".join(f"{column} = new.{column}" for column in columns[:-1])
    arrays = ", ".join(f"%s::{field.db_type(connection)}[]" for field in told)
    key = columns[-1]
    return (
        f"UPDATE {table} SET {sets} FROM unnest({arrays}) AS new({', '.join(columns)}) "  # noqa: S608 - our own names
        f"WHERE {table}.{key} = new.{key}"
    )


def _plain(value: Any) -> Any:
    """An array has values of one type: of an enumeration the value."""
    return value.value if isinstance(value, Enum) else value


# --- how a value is written ----------------------------------------------------------------------------------------


def _column(field: Field, values: Sequence[Any]) -> Sequence[str]:
    """The values of one column in COPY's text format."""
    write, there = _writer(field), [value for value in values if value is not None]
    if len(there) == len(values):
        return write(values)
    written = iter(write(there))
    return [NULL if value is None else next(written) for value in values]


def _texts(values: Sequence[str]) -> Sequence[str]:
    if not _special("".join(values)):
        return values
    return [value.translate(_ESCAPES) for value in values]


def _json(values: Sequence[Any]) -> Sequence[str]:
    return _texts([msgspec.json.encode(value).decode() for value in values])


def _uuids(values: Sequence[UUID]) -> Sequence[str]:
    return [f"{value.int:032x}" for value in values]


def _bytes(values: Sequence[bytes]) -> Sequence[str]:
    return [rf"\\x{value.hex()}" for value in values]


def _booleans(values: Sequence[bool]) -> Sequence[str]:
    return ["t" if value else "f" for value in values]


def _each(write: Callable[[Any], str]) -> Callable[[Sequence[Any]], Sequence[str]]:
    return lambda values: [write(value) for value in values]


_WRITERS: tuple[tuple[type[Field], Callable[[Sequence[Any]], Sequence[str]]], ...] = (
    (models.UUIDField, _uuids),
    (models.JSONField, _json),
    (models.DateTimeField, _each(datetime.isoformat)),
    (models.BooleanField, _booleans),
    (models.BinaryField, _bytes),
    (models.IntegerField, _each(str)),
    (models.FloatField, _each(repr)),
    (models.CharField, _texts),
    (models.TextField, _texts),
)


def _writer(field: Field) -> Callable[[Sequence[Any]], Sequence[str]]:
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
