"""Backups: everything in one file, and back (docs/operations.md).

What is not in it: SECRET_KEY, unless asked for, and mails that were kept as files. With either, a backup
taken while a round is open would lead from people to their answers (docs/method.md, 6.4).
"""

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.apps import apps
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from accelerate_survey import __version__
from assessments.models import Round

from . import backup_file, databases
from .backup_file import BadBackup, Manifest
from .databases import NotPossible

FILES, KEY = "files", "secret-key"
ASIDE = ".survey-"
"""How the names of folders begin in which something is put aside for a while."""


def make_backup(*, target: Path, with_key: bool, now: dt.datetime) -> Manifest:
    """Write everything into a new file that only its owner may read, and check it. Raises NotPossible."""
    if target.exists():
        raise NotPossible(f"{target} exists already: give another name, or a folder.")
    part = target.with_name(f"{target.name}.part")
    try:
        with _private_folder(target.parent) as folder, _private_file(part) as file:
            copy = folder / databases.NAME
            manifest = Manifest(
                version=__version__,
                made_at=now.isoformat(timespec="seconds"),
                engine=connection.vendor,
                open_rounds=_open_rounds(),  # before the copy: one that closes meanwhile is open in it
                rows=databases.copy_to(copy),
                migrations=applied(connection),
            )
            backup_file.pack(file, _members(copy, with_key=with_key), manifest)
            file.flush()
            os.fsync(file.fileno())
        manifest = backup_file.check(part)
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    return manifest


def examine(source: Path) -> Manifest:
    """The manifest of a backup that is whole and that this version can restore here. Raises BadBackup."""
    manifest = backup_file.check(source)
    if manifest.engine != connection.vendor:
        raise BadBackup(f"It is of {manifest.engine}, and the database here is {connection.display_name}.")
    if set(manifest.migrations) - known_migrations():
        raise BadBackup(
            f"It was made by a newer version of the survey ({manifest.version}; this is {__version__}): "
            "restore it with that version."
        )
    return manifest


def restore(*, source: Path, replace: bool) -> Manifest:
    """Put a backup in place of what is here: all of it, or nothing. Raises BadBackup and NotPossible."""
    manifest = examine(source)
    if not replace and has_data():
        raise NotPossible(
            "There are data here already. Make a backup of them; then --replace puts this one in their place."
        )
    with _private_folder(Path(settings.DATA_DIR)) as folder:
        backup_file.unpack(source, manifest, folder)
        copy = folder / databases.NAME
        with databases.replaced_by(copy, manifest.rows), _files_replaced_by(folder / FILES, manifest):
            if KEY in manifest.members:
                (folder / KEY).chmod(0o600)
                (folder / KEY).replace(Path(settings.DATA_DIR) / KEY)
    return manifest


def keeps_files_here() -> bool:
    """Whether reports are kept in a folder of this machine, rather than in a storage that others back up."""
    return isinstance(default_storage, FileSystemStorage)


def applied(database: BaseDatabaseWrapper) -> list[str]:
    """The migrations that a database has seen."""
    return sorted(".".join(key) for key in MigrationRecorder(database).applied_migrations())


def known_migrations() -> set[str]:
    """Those of this version."""
    return {".".join(key) for key in MigrationLoader(None).disk_migrations}


def has_data() -> bool:
    """Whether anybody has done anything here."""
    tables = set(connection.introspection.table_names())
    models = [*apps.get_app_config("assessments").get_models(), *apps.get_app_config("reports").get_models()]
    return any(model._base_manager.exists() for model in models if model._meta.db_table in tables)


def _members(copy: Path, *, with_key: bool) -> Iterator[tuple[str, Path]]:
    """What goes into a backup. The database first: a report that is finished later is one file too many."""
    yield databases.NAME, copy
    root = Path(settings.MEDIA_ROOT)
    if keeps_files_here():
        for path in sorted(root.rglob("*")):
            if path.is_file():
                yield f"{FILES}/{path.relative_to(root).as_posix()}", path
    if with_key:
        yield KEY, Path(settings.DATA_DIR) / KEY


@contextmanager
def _files_replaced_by(new: Path, manifest: Manifest) -> Iterator[None]:
    """The files out of a backup in place of the present ones, which come back when the block fails."""
    if not keeps_files_here():
        yield
        return
    place, aside = Path(settings.MEDIA_ROOT), new.with_name("files aside")
    new.mkdir(exist_ok=True)
    place.mkdir(exist_ok=True)
    place.rename(aside)
    try:
        new.rename(place)
        yield
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        aside.rename(place)
        raise


@contextmanager
def _private_folder(parent: Path) -> Iterator[Path]:
    """A folder for what only its owner may see, gone in the end."""
    with tempfile.TemporaryDirectory(prefix=ASIDE, dir=parent) as folder:
        yield Path(folder)


@contextmanager
def _private_file(path: Path) -> Iterator[BinaryIO]:
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as file:
        yield file


def _open_rounds() -> int:
    return Round.objects.exclude(salt="").count()


def _applied() -> list[str]:
    return sorted(".".join(key) for key in MigrationRecorder(connection).applied_migrations())
