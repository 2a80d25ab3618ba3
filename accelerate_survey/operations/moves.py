"""From SQLite to PostgreSQL (docs/postgresql.md): all rows or none, compared before it counts.

The file is only read. What is moved is a copy of it, of one moment and brought up to date.
"""

import datetime as dt
import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, models, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import DEFAULT_DB_ALIAS

from . import backups, databases
from .databases import NotPossible, Rows

SOURCE = "moved"
"""The copy's name among Django's connections."""

TOGETHER = 500
"""So many rows are written by one statement."""

Model = type[models.Model]


def move(source: Path) -> Rows:
    """Fill the empty database that DATABASE_URL names with all rows of a SQLite file. Raises NotPossible."""
    if connection.vendor != "postgresql":
        raise NotPossible("DATABASE_URL has to name the empty PostgreSQL that they are to be moved to.")
    if not source.is_file():
        raise NotPossible("There is no such file: name the one that DATA_DIR held before.")
    with _copy_of(source) as copied:
        if strange := copied - _tables_of(_models()) - {MigrationRecorder.Migration._meta.db_table}:
            raise NotPossible(f"It has tables that this version does not know: {', '.join(sorted(strange))}.")
        call_command("migrate", interactive=False, skip_checks=True, verbosity=0)
        with transaction.atomic():
            _empty(_models())
            rows = {model._meta.db_table: _move(model) for model in _models()}
            try:
                connection.check_constraints()
            except DatabaseError as error:
                raise NotPossible(f"It is damaged: {_words(error)}") from error
            _count_on()
    return rows


@contextmanager
def _copy_of(source: Path) -> Iterator[set[str]]:
    """The file's present state as a database of Django's, and the names of its tables."""
    with tempfile.TemporaryDirectory(prefix=backups.ASIDE, dir=settings.DATA_DIR) as folder:
        copy = Path(folder) / databases.NAME
        databases.copy_file(source, copy)
        databases.migrate_file(copy)
        own = {**connection.settings_dict, "NAME": str(copy), "OPTIONS": {}, "CONN_MAX_AGE": 0}
        connections[SOURCE] = DatabaseWrapper(own, SOURCE)
        try:
            if newer := set(backups.applied(connections[SOURCE])) - backups.known_migrations():
                raise NotPossible(f"It is of a newer version of the survey: {sorted(newer)[0]} is not known.")
            yield set(connections[SOURCE].introspection.table_names())
        finally:
            connections[SOURCE].close()
            del connections[SOURCE]


def _models() -> list[Model]:
    return [each for each in apps.get_models(include_auto_created=True) if each._meta.managed]


def _tables_of(found: Iterable[Model]) -> set[str]:
    return {model._meta.db_table for model in found}


def _empty(found: list[Model]) -> None:
    """What migrations wrote makes room. Nobody else can write until we are done."""
    tables = ", ".join(connection.ops.quote_name(table) for table in sorted(_tables_of(found)))
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
        if backups.has_data():
            raise NotPossible("There are data in PostgreSQL already: it has to be a new, empty database.")
        cursor.execute(f"TRUNCATE {tables}")


def _move(model: Model) -> int:
    """All rows of a table, read again to see that they are the same; how many."""
    fields = [field for field in model._meta.local_concrete_fields if not field.generated]
    there = model._base_manager.using(SOURCE).order_by("pk").iterator(TOGETHER)
    try:
        while rows := list(islice(there, TOGETHER)):
            # as Django's own loaddata does: as they are, without asking fields for the time or a default
            model._base_manager._insert(rows, fields=fields, using=DEFAULT_DB_ALIAS, raw=True)  # type: ignore[attr-defined]
    except (DatabaseError, ValueError) as error:
        raise NotPossible(
            f"PostgreSQL did not take a row of {model._meta.db_table}: {_words(error)}"
        ) from error
    names = [field.attname for field in fields]
    wanted, found = (_sum(model, names, alias) for alias in (SOURCE, DEFAULT_DB_ALIAS))
    if wanted != found:
        raise NotPossible(f"What PostgreSQL keeps of {model._meta.db_table} is not what the file holds.")
    return found[0]


def _sum(model: Model, names: list[str], alias: str) -> tuple[int, int]:
    """The number of rows, and a digest of them all in whatever order: engines do not sort alike."""
    number = digest = 0
    for row in model._base_manager.using(alias).order_by().values_list(*names).iterator(TOGETHER):
        words = json.dumps([_plain(value) for value in row], sort_keys=True).encode()
        digest = (digest + int.from_bytes(hashlib.sha256(words).digest())) % 2**256
        number += 1
    return number, digest


def _plain(value: Any) -> Any:
    """A value as both engines give it: PostgreSQL makes 2 of a 2.0 in JSON."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    return value if isinstance(value, str | int | float | None) else str(value)


def _count_on() -> None:
    """New rows get numbers after all that SQLite ever gave, those of deleted rows too."""
    with connections[SOURCE].cursor() as cursor:
        cursor.execute("SELECT name, seq FROM sqlite_sequence")
        given = dict(cursor.fetchall())
    with connection.cursor() as cursor:
        for model in _models():
            key, table = model._meta.pk, model._meta.db_table
            if isinstance(key, models.AutoField) and (last := given.get(table)):
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, %s), %s)",
                    [connection.ops.quote_name(table), key.column, last],
                )


def _words(error: Exception) -> str:
    return " ".join(str(error).split())
