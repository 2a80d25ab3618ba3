"""A database as a file, and a file as the database: SQLite by its own online copy, PostgreSQL by pg_dump.

Both copies are of one moment, while people go on answering. Putting one in place is all or nothing:
the present data are kept aside until everything else has worked.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from .backup_file import BadBackup

NAME = "survey.sqlite3"
"""Of the copy, whatever the engine: a folder with it is a DATA_DIR."""

ASIDE = "before_restore"
"""The schema in which PostgreSQL keeps the present data meanwhile."""


class NotPossible(Exception):
    """Something that is missing here, in words for people."""


Rows = dict[str, int]


def copy_to(target: Path) -> Rows:
    """Write the database as it is at this moment to a file; the number of rows of each table."""
    return copy_file(_live(), target) if connection.vendor == "sqlite" else _copy_postgresql(target)


def replaced_by(file: Path, rows: Rows) -> AbstractContextManager[None]:
    """The database out of a file, brought up to date, in place of the present one.

    When that fails, or what is done inside the block does, the present one stays as it is. Raises BadBackup.
    """
    replace: Callable[[Path, Rows], AbstractContextManager[None]]
    replace = _replaced_sqlite if connection.vendor == "sqlite" else _replaced_postgresql
    return replace(file, rows)


# --- SQLite ---------------------------------------------------------------------------------------


def copy_file(source: Path, target: Path) -> Rows:
    """A copy of a SQLite file as it is at this moment; the rows of each table. Raises NotPossible."""
    try:
        with closing(_open_sqlite(source, "ro")) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a journal beside it
            return _checked_rows(copy)
    except (sqlite3.DatabaseError, BadBackup) as error:
        raise NotPossible(f"{source} cannot be copied: {error}") from error


@contextmanager
def _replaced_sqlite(file: Path, rows: Rows) -> Iterator[None]:
    try:
        with closing(_open_sqlite(file, "ro")) as database:
            found = _checked_rows(database)
    except sqlite3.DatabaseError as error:
        raise BadBackup(f"Its database is damaged: {error}.") from error
    _require_same(found, rows)
    migrate_file(file)
    connection.close()
    aside = file.with_name("aside.sqlite3")
    with closing(_open_sqlite(_live(), "rwc")) as live:
        _pour(live, aside)
    try:
        _pour_live(file)
        yield
    except BaseException:
        _pour_live(aside)
        raise


def _live() -> Path:
    return Path(connection.settings_dict["NAME"])


def _open_sqlite(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=20)


def _pour(source: sqlite3.Connection, path: Path) -> None:
    with closing(sqlite3.connect(path)) as target:
        source.backup(target)


def _pour_live(file: Path) -> None:
    """Make the database what the file is. In one transaction: whoever looks sees the old or the new one."""
    with closing(_open_sqlite(file, "ro")) as source, closing(_open_sqlite(_live(), "rw")) as live:
        live.execute("PRAGMA secure_delete = ON")
        source.backup(live)
        live.execute("PRAGMA journal_mode = WAL")
        live.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _checked_rows(database: sqlite3.Connection) -> Rows:
    """The number of rows of each table of a database that is whole. Raises BadBackup."""
    (whole,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    if whole != "ok" or database.execute("PRAGMA foreign_key_check").fetchone():
        raise BadBackup(f"Its database is damaged: {whole}.")
    tables = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return {
        table: database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608  its own names
        for (table,) in tables.fetchall()
    }


def migrate_file(file: Path) -> None:
    """Bring a database file up to date, in a process of its own whose DATA_DIR is the file's folder."""
    migrate = ["migrate", "--no-input", "--skip-checks", "--verbosity", "0"]
    _run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *migrate],
        {"DATA_DIR": str(file.parent), "DATABASE_URL": "", "SECRET_KEY": settings.SECRET_KEY},
    )


# --- PostgreSQL -----------------------------------------------------------------------------------


def _copy_postgresql(target: Path) -> Rows:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        _client("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={target}")
        return _rows()


@contextmanager
def _replaced_postgresql(file: Path, rows: Rows) -> Iterator[None]:
    if is_cut_off():
        _put_back()
    _execute(f"ALTER SCHEMA public RENAME TO {ASIDE}", "CREATE SCHEMA public")
    try:
        _client(
            *["pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"],
            str(file),
        )
        _require_same(_rows(), rows)
        call_command("migrate", interactive=False, skip_checks=True, verbosity=0)
        yield
    except BaseException:
        _put_back()
        raise
    _execute(f"DROP SCHEMA {ASIDE} CASCADE")


def is_cut_off() -> bool:
    """Whether a restore was killed on PostgreSQL, with the earlier data still aside."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [ASIDE])
        return cursor.fetchone() is not None


def _put_back() -> None:
    _execute("DROP SCHEMA public CASCADE", f"ALTER SCHEMA {ASIDE} RENAME TO public")


def _execute(*statements: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _rows() -> Rows:
    with connection.cursor() as cursor:
        counted = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608  its own
            counted[table] = cursor.fetchone()[0]
    return counted


def _client(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs on our database; the password goes by the environment."""
    if not shutil.which(program):
        raise NotPossible(
            f"{program} is not there: install PostgreSQL's client programs (postgresql-client on Debian), of "
            "the server's version or a newer one."
        )
    command, env = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    *options, name = command[1:]
    _run([program, *options, f"--dbname={name}", *arguments], env or {})


# --- Both -----------------------------------------------------------------------------------------


def _run(command: list[str], env: dict[str, str]) -> None:
    done = subprocess.run(  # noqa: S603  commands of our own
        command, env=os.environ | env, capture_output=True, text=True, check=False, errors="replace"
    )
    if done.returncode:
        said = " ".join(done.stderr.split())
        raise NotPossible(f"{Path(command[0]).name} failed: {said[-500:] or 'it said nothing'}")


def _require_same(found: Rows, wanted: Rows) -> None:
    if found != wanted:
        tables = [name for name in {*found, *wanted} if found.get(name) != wanted.get(name)]
        raise BadBackup(f"Rows are missing or too many in {', '.join(sorted(tables))}.")
