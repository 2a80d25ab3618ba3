"""A backup that changed by a single byte, or lacks its end, is refused; so is what would do harm."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from accelerate_survey.operations import backup_file
from accelerate_survey.operations.backup_file import FORMAT, MANIFEST, BadBackup, Manifest

PLAIN = Manifest(
    version="0.1.0",
    made_at="2026-05-04T09:00:00+00:00",
    engine="sqlite",
    migrations=["assessments.0001_initial"],
    rows={"assessments_user": 3},
    open_rounds=0,
)


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """A small one, of a database and a file."""
    (tmp_path / "database").write_bytes(bytes(range(256)) * 4)
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7")
    target = tmp_path / "backup.zip"
    members = [("survey.sqlite3", tmp_path / "database"), ("files/reports/a.pdf", tmp_path / "report.pdf")]
    with target.open("w+b") as file:
        backup_file.pack(file, [*members, ("files/deleted.pdf", tmp_path / "nothing")], PLAIN)
    return target


def sealed(content: bytes) -> bytes:
    """An archive without its seal, and a right one: what somebody could make who means harm."""
    return content + b"sha256:" + hashlib.sha256(content).hexdigest().encode()


def forged(target: Path, manifest: Any, members: dict[str, bytes]) -> Path:
    """A backup that our own program would never write."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.writestr(MANIFEST, json.dumps(manifest))
        archive.comment = b"-" * 71
    target.write_bytes(sealed(made.getvalue()[:-71]))
    return target


def test_what_was_packed_comes_out_again(backup: Path, tmp_path: Path) -> None:
    manifest = backup_file.check(backup)
    backup_file.unpack(backup, manifest, tmp_path / "out")

    assert replace(manifest, members={}) == PLAIN
    assert set(manifest.members) == {"survey.sqlite3", "files/reports/a.pdf"}
    assert (tmp_path / "out" / "survey.sqlite3").read_bytes() == (tmp_path / "database").read_bytes()
    assert (tmp_path / "out" / "files" / "reports" / "a.pdf").read_bytes() == b"%PDF-1.7"


def test_any_program_for_archives_opens_it(backup: Path) -> None:
    with zipfile.ZipFile(backup) as archive:
        assert archive.testzip() is None
        assert json.loads(archive.read(MANIFEST))["rows"] == PLAIN.rows


def test_every_byte_counts(backup: Path) -> None:
    whole = backup.read_bytes()
    for place in range(len(whole)):
        spoilt = bytearray(whole)
        spoilt[place] ^= 1
        backup.write_bytes(spoilt)
        with pytest.raises(BadBackup):
            backup_file.check(backup)


def test_every_cut_is_noticed(backup: Path) -> None:
    whole = backup.read_bytes()
    for length in range(len(whole)):
        backup.write_bytes(whole[:length])
        with pytest.raises(BadBackup):
            backup_file.check(backup)


def test_more_at_the_end_is_noticed(backup: Path) -> None:
    with backup.open("ab") as file:
        file.write(b"x")

    with pytest.raises(BadBackup, match="end is missing"):
        backup_file.check(backup)


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    for number, content in enumerate([b"", b"x", b"x" * 71, b"PK" * 200, sealed(b""), sealed(b"PK" * 200)]):
        path = tmp_path / str(number)
        path.write_bytes(content)
        with pytest.raises(BadBackup, match="It is no backup"):
            backup_file.check(path)


@pytest.mark.parametrize("manifest", [[], 7, None, "x", {}, {"format": 1}, {"format": "1"}, {"format": None}])
def test_a_list_that_is_none_is_refused(tmp_path: Path, manifest: Any) -> None:
    with pytest.raises(BadBackup, match="It is no backup"):
        backup_file.check(forged(tmp_path / "x.zip", manifest, {}))


def test_one_of_a_later_format_is_refused(tmp_path: Path) -> None:
    later = asdict(PLAIN) | {"format": FORMAT + 1}

    with pytest.raises(BadBackup, match="newer version"):
        backup_file.check(forged(tmp_path / "x.zip", later, {}))


def test_what_a_later_version_adds_to_the_list_is_no_reason(tmp_path: Path) -> None:
    more = asdict(PLAIN) | {"color": "blue"}

    assert backup_file.check(forged(tmp_path / "x.zip", more, {})) == PLAIN


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "files/../../evil", "files\\..\\evil"])
def test_nothing_is_written_outside(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadBackup, match="outside"):
        backup_file.check(
            forged(tmp_path / "x.zip", asdict(PLAIN) | {"members": {name: ""}}, {name: b"evil"})
        )


def test_a_part_that_is_not_what_the_list_says_is_refused(tmp_path: Path) -> None:
    lying = asdict(PLAIN) | {"members": {"survey.sqlite3": "0" * 64}}
    path = forged(tmp_path / "x.zip", lying, {"survey.sqlite3": b"other"})

    with pytest.raises(BadBackup, match=r"survey\.sqlite3 is damaged"):
        backup_file.unpack(path, backup_file.check(path), tmp_path / "out")


def test_a_part_that_is_not_there_is_missed(tmp_path: Path) -> None:
    lying = asdict(PLAIN) | {"members": {"survey.sqlite3": "0" * 64}}

    with pytest.raises(BadBackup, match="It is no backup"):
        backup_file.check(forged(tmp_path / "x.zip", lying, {}))


def test_a_folder_or_nothing_at_all_is_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.zip"):
        with pytest.raises(BadBackup, match="cannot be read"):
            backup_file.check(path)
