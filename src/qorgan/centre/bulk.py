"""Many new rows at once: by COPY on PostgreSQL, a third of the cost of an INSERT; by `bulk_create` elsewhere."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import Any, TypeAlias

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql
from psycopg.types.json import Jsonb

Field: TypeAlias = "models.Field[Any, Any]"
Prepare = Callable[[Any], Any]


def insert(rows: Sequence[models.Model]) -> None:
    """Write new rows of one model. They carry their own primary keys; no signals, as with `bulk_create`.

    Raises what `bulk_create` would: `IntegrityError` of Django.
    """
    if not rows:
        return
    model = type(rows[0])
    connection = connections[router.db_for_write(model)]
    if connection.vendor != "postgresql":
        model._base_manager.bulk_create(rows)
        return
    fields = model._meta.local_concrete_fields
    values = attrgetter(*(field.attname for field in fields))
    _copy(connection, model, fields, map(values, rows))
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def insert_values(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """The same for rows that nobody needs as objects: each names all of the model's columns."""
    if not rows:
        return
    connection = connections[router.db_for_write(model)]
    if connection.vendor != "postgresql":
        model._base_manager.bulk_create([model(**row) for row in rows])
        return
    fields = model._meta.local_concrete_fields
    values = itemgetter(*(field.attname for field in fields))
    _copy(connection, model, fields, map(values, rows))


def _copy(
    connection: BaseDatabaseWrapper, model: type[models.Model], fields: Sequence[Field], rows: Iterable[Sequence[Any]]
) -> None:
    prepared = [(place, prepare) for place, field in enumerate(fields) if (prepare := _preparing(field)) is not None]
    names = sql.SQL(", ").join([sql.Identifier(str(field.column)) for field in fields])
    command = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(model._meta.db_table), names)
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(command) as copy:
        for row in rows:
            line = list(row)
            for place, prepare in prepared:
                if line[place] is not None:
                    line[place] = prepare(line[place])
            copy.write_row(line)


def _preparing(field: Field) -> Prepare | None:
    """What makes a value of this field one that PostgreSQL understands, where it is not one already."""
    if isinstance(field, models.JSONField):
        return Jsonb
    if isinstance(field, models.CharField | models.TextField):
        return str  # members of enumerations are told by their values
    return None
