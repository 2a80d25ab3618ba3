"""The file that a backup is: a zip archive with a list of what is in it, and a seal at its end.

``manifest.json`` holds version, engine, migrations, rows of each table, and size and SHA-256 of each
member. The seal is the archive's comment, ``sha256:`` and the digest of all bytes before it, so a byte
that changed anywhere or an end that is missing is noticed before anything is read.
"""

import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

FORMAT = 1
"""Raised when an older program could no longer restore what a newer one writes."""

MANIFEST = "manifest.json"
_SEAL = re.compile(rb"sha256:[0-9a-f]{64}")
_NO_SEAL = b"sha256:" + b"0" * 64
_PIECE = 1 << 20


class BadBackup(ValueError):
    """A file that nothing can be restored from; the text says why, for people."""


@dataclass(frozen=True)
class Manifest:
    """What is in a backup."""

    version: str  # of the program
    made_at: str
    engine: str
    migrations: list[str]
    rows: dict[str, int]  # by table
    open_rounds: int
    members: dict[str, str] = field(default_factory=dict)  # SHA-256 by name
    format: int = FORMAT


def pack(target: BinaryIO, members: Iterable[tuple[str, Path]], manifest: Manifest) -> Manifest:
    """Write a backup; its manifest, now with its members. What has been deleted meanwhile is left out."""
    digests = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in members:
            try:
                source = path.open("rb")
            except FileNotFoundError:
                continue
            with source, archive.open(name, "w", force_zip64=True) as member:
                digests[name] = _copy(source, member.write)
        manifest = replace(manifest, members=digests)
        archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1))
        archive.comment = _NO_SEAL
    target.seek(0)
    seal = _seal_of(target)
    target.seek(-len(seal), 2)
    target.write(seal)
    return manifest


def check(path: Path) -> Manifest:
    """The manifest of a backup that is whole. Raises BadBackup."""
    try:
        with path.open("rb") as file:
            _check_seal(file)
        with zipfile.ZipFile(path) as archive:
            read = json.loads(archive.read(MANIFEST))
            if read["format"] > FORMAT:
                raise BadBackup("It was made by a newer version of the survey: restore it with that version.")
            manifest = Manifest(**{each.name: read[each.name] for each in fields(Manifest)})
            for name in manifest.members:
                archive.getinfo(name)
    except BadBackup:
        raise
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise BadBackup("It is no backup of this survey.") from error
    except OSError as error:
        raise BadBackup(f"It cannot be read: {error.strerror}.") from error
    for name in manifest.members:
        parts = PurePosixPath(name).parts
        if PurePosixPath(name).is_absolute() or ".." in parts or "\\" in name:
            raise BadBackup(f"It would write outside of its folder: {name}.")
    return manifest


def unpack(path: Path, manifest: Manifest, into: Path) -> None:
    """Write the members of a backup that was checked into a folder. Raises BadBackup."""
    with zipfile.ZipFile(path) as archive:
        for name, digest in manifest.members.items():
            target = into / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as member, target.open("wb") as file:
                if _copy(member, file.write) != digest:
                    raise BadBackup(f"Its part {name} is damaged.")


def _check_seal(file: BinaryIO) -> None:
    size = file.seek(0, 2)
    file.seek(max(0, size - len(_NO_SEAL)))
    written = file.read()
    if not _SEAL.fullmatch(written):
        raise BadBackup("It is no backup of this survey, or its end is missing.")
    file.seek(0)
    if _seal_of(file) != written:
        raise BadBackup("It is damaged: it is not what was written.")


def _seal_of(file: BinaryIO) -> bytes:
    """The seal of everything from here to where the seal stands."""
    left = file.seek(0, 2) - len(_NO_SEAL)
    file.seek(0)
    digest = hashlib.sha256()
    while left > 0 and (piece := file.read(min(_PIECE, left))):
        digest.update(piece)
        left -= len(piece)
    return b"sha256:" + digest.hexdigest().encode()


def _copy(source: IO[bytes], write: Callable[[bytes], object]) -> str:
    """Copy a stream; the SHA-256 of what was copied."""
    digest = hashlib.sha256()
    while piece := source.read(_PIECE):
        digest.update(piece)
        write(piece)
    return digest.hexdigest()
