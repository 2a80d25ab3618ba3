"""A fire drill, on both engines: backed up while people answer, restored elsewhere, nothing lost.

And everything that must not happen: a damaged file, data written over, half a restore.
"""

from __future__ import annotations

import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accelerate_survey.operations import backup_file
from tests import factories
from tests.conftest import LONG_KEY, Inside
from tests.journeys.stage import until
from tests.servers import another_database, postgresql

from . import drill
from .houses import House

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.own_engine


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def houses(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[House]]:
    """One in which people live, and an empty one."""
    folders = [tmp_path_factory.mktemp(name) for name in ("lived-in", "empty")]
    with ExitStack() as stack:
        databases = [{"DATABASE_URL": ""}] * 2
        if request.param == "postgresql":
            server = stack.enter_context(postgresql())
            databases = [server, another_database(server)]
        yield [House(*each) for each in zip(folders, databases, strict=True)]


def test_a_fire_drill(houses: list[House], tmp_path: Path) -> None:
    """Backed up while everybody saves: what was acknowledged before is there, and all numbers are equal."""
    lived_in, empty = houses
    links = lived_in.drill("furnish")["links"]
    stop, backup = tmp_path / "stop", tmp_path / "backup.zip"
    acknowledged = tmp_path / "acknowledged"
    with acknowledged.open("w") as file:
        saving = subprocess.Popen(
            [sys.executable, "-m", "tests.operations.drill", "save", str(stop), *links],
            cwd=ROOT, env=lived_in.environment, stdout=file, stderr=subprocess.PIPE,
        )  # fmt: skip
    try:
        until(lambda: len(acknowledged.read_text().splitlines()) > 40, "people save")
        before = acknowledged.read_text().splitlines()[:-1]  # the last line may not be whole
        made = lived_in.manage("backup", str(backup))
        after = acknowledged.read_text().splitlines()
    finally:
        stop.touch()
        _, said = saving.communicate(timeout=60)
    assert (saving.returncode, said) == (0, b"")
    assert made.returncode == 0, made.stderr
    assert "not sealed yet" in made.stderr
    assert len(after) > len(before)  # they went on

    restored = empty.manage("restore", str(backup))
    assert restored.returncode == 0, restored.stderr
    there, here = empty.drill("tell"), lived_in.drill("tell")

    assert [line for line in before if line.split()[1] not in there["answers"][line.split()[0]]] == []
    assert {name: there[name] for name in there if name != "answers"} == {
        name: here[name] for name in here if name != "answers"
    }
    assert there["answers"].keys() == here["answers"].keys()
    assert there["database"].startswith("It answers and is up to date")

    # also onto what is there: one that is refused half-way, one that is killed half-way, and one that works
    lying = Path(shutil.copy(backup, tmp_path / "lying.zip"))
    rewritten(lying, rows={"assessments_user": 10**6})
    refused = empty.manage("restore", "--replace", str(lying))
    killed = empty.manage("shell", "--no-imports", "-c", KILLED.format(backup=str(backup)))
    again = empty.manage("restore", "--replace", str(backup))
    assert (refused.returncode, killed.returncode, again.returncode) == (1, 9, 0)
    assert "Rows are missing" in refused.stderr
    assert empty.drill("tell") == there


KILLED = """
import os, pathlib
from accelerate_survey.operations import backups
backups._files_replaced_by = lambda *_: os._exit(9)
backups.restore(source=pathlib.Path({backup!r}), replace=True)
"""


# --- On SQLite, in this process ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house and a backup of it, not to be changed."""
    house = House(tmp_path_factory.mktemp("furnished"), {"DATABASE_URL": ""})
    house.drill("furnish")
    assert house.manage("backup", str(house.folder / "backup.zip")).returncode == 0
    return house.folder


@pytest.fixture
def backup(furnished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(furnished / "backup.zip", tmp_path / "backup.zip"))


@pytest.fixture
def other(furnished: Path, tmp_path: Path, inside: Inside) -> Path:
    """A house with the same data, but for one person more."""
    shutil.copytree(furnished, tmp_path / "other", ignore=shutil.ignore_patterns("backup.zip"))
    with inside(tmp_path / "other"):
        factories.make_user("Late")
    return tmp_path / "other"


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """An empty house."""
    (tmp_path / "new").mkdir()
    return tmp_path / "new"


@pytest.fixture
def run(inside: Inside) -> Callable[..., tuple[str, str]]:
    """``run(folder, "restore", file)``: what the command says, to each of its two streams."""

    def command(folder: Path, *words: object, key: str = LONG_KEY, **options: Any) -> tuple[str, str]:
        out, err = StringIO(), StringIO()
        with inside(folder, key):
            try:
                call_command(*map(str, words), stdout=out, stderr=err, **options)
            except CommandError as error:
                err.write(f"refused: {error}")
        return out.getvalue(), err.getvalue()

    return command


def snapshot(folder: Path) -> dict[str, Any]:
    """The tables and files of a house."""
    files = {
        str(path.relative_to(folder)): path.read_bytes() if "sqlite3" not in path.name else b""
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".sqlite3-wal" and path.suffix != ".sqlite3-shm"
    }
    with closing(sqlite3.connect(folder / "survey.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {"files": files, "database": list(database.iterdump())}


def test_only_its_owner_may_read_it(furnished: Path) -> None:
    path = furnished / "backup.zip"
    members = backup_file.check(path).members

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "survey.sqlite3" in members
    assert len(members) == 2  # and the report
    assert all(name == "survey.sqlite3" or name.startswith("files/reports/") for name in members)


def test_a_restored_house_is_the_same(run: Any, inside: Inside, furnished: Path, new: Path) -> None:
    said, warned = run(new, "restore", furnished / "backup.zip")

    assert "it was restored" in said
    assert warned == ""
    with inside(furnished):
        wanted = drill.tell()
    with inside(new):
        assert drill.tell() == wanted
    assert {path.name for path in new.iterdir()} <= {
        "survey.sqlite3",
        "survey.sqlite3-wal",
        "survey.sqlite3-shm",
        "files",
    }


def test_the_key_comes_along_when_asked_for(run: Any, other: Path, new: Path, tmp_path: Path) -> None:
    (other / "secret-key").write_text(LONG_KEY)
    said, _ = run(other, "backup", tmp_path, with_secret_key=True)
    (written,) = tmp_path.glob("survey-*.zip")  # in a folder it gets a name
    assert str(written) in said

    run(new, "restore", written)

    assert (new / "secret-key").read_text() == LONG_KEY
    assert stat.S_IMODE((new / "secret-key").stat().st_mode) == 0o600


def test_an_open_round_is_warned_of(run: Any, other: Path, tmp_path: Path) -> None:
    said, warned = run(other, "backup", tmp_path / "b.zip")

    assert "1 files, checked." in said
    assert "Together with SECRET_KEY" in warned


def test_another_key_than_that_of_the_open_round_is_told(run: Any, backup: Path, new: Path) -> None:
    _, warned = run(new, "restore", backup, key=LONG_KEY[::-1])

    assert "earlier SECRET_KEY" in warned


def test_an_earlier_backup_is_not_written_over(run: Any, other: Path, backup: Path) -> None:
    before = backup.read_bytes()

    said, warned = run(other, "backup", backup)

    assert said == ""
    assert "exists already" in warned
    assert backup.read_bytes() == before


@pytest.mark.parametrize("target", ["nowhere/b.zip", "other/survey.sqlite3/b.zip", "b.zip"])
def test_a_backup_that_fails_leaves_nothing(
    run: Any, other: Path, tmp_path: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup_file, "pack", full)
    before = {path.name for path in tmp_path.iterdir()}

    said, warned = run(other, "backup", tmp_path / target)

    assert said == ""
    assert "cannot be written" in warned
    assert {path.name for path in tmp_path.iterdir()} == before


HARM = {
    "a byte": lambda content: content[:999] + bytes([content[999] ^ 1]) + content[1000:],
    "half of it": lambda content: content[: len(content) // 2],
    "nothing": lambda content: b"",
}


@pytest.mark.parametrize("harm", HARM)
def test_a_damaged_backup_changes_nothing(run: Any, other: Path, backup: Path, harm: str) -> None:
    before = snapshot(other)
    backup.write_bytes(HARM[harm](backup.read_bytes()))

    said, warned = run(other, "restore", backup, replace=True)

    assert said == ""
    assert warned.startswith("refused: Nothing was changed.")
    assert snapshot(other) == before


def rewritten(backup: Path, **changes: Any) -> None:
    """The same backup with other words in its list, sealed anew."""
    manifest = backup_file.check(backup)
    folder = backup.with_name("unpacked")
    backup_file.unpack(backup, manifest, folder)
    if spoil := changes.pop("spoil", None):
        spoil(folder / "survey.sqlite3")
    members = [(name, folder / name) for name in manifest.members]
    with backup.open("w+b") as file:
        backup_file.pack(file, members, replace(manifest, **changes))


def spoil(path: Path) -> None:
    """Overwrite a page in the middle of a database."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"x" * 4096)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"migrations": ["assessments.9999_future"], "version": "9.0.0"},
            "newer version of the survey (9.0.0;",
        ),
        ({"engine": "postgresql"}, "It is of postgresql, and the database here is SQLite"),
        ({"rows": {"assessments_user": 10**6}}, "Rows are missing"),
        ({"spoil": spoil}, "Its database is damaged"),
    ],
    ids=["newer", "engine", "rows", "database"],
)
def test_a_backup_that_does_not_fit_changes_nothing(
    run: Any, other: Path, backup: Path, changes: dict[str, Any], words: str
) -> None:
    before = snapshot(other)
    rewritten(backup, **changes)

    _, warned = run(other, "restore", backup, replace=True)

    assert words in warned
    assert snapshot(other) == before


def test_data_are_not_written_over_unless_that_is_said(
    run: Any, inside: Inside, other: Path, backup: Path, furnished: Path
) -> None:
    before = snapshot(other)
    assert "--replace" in run(other, "restore", backup)[1]
    assert snapshot(other) == before
    assert "can be restored" in run(other, "restore", backup, check=True)[0]
    assert snapshot(other) == before

    run(other, "restore", backup, replace=True)

    assert snapshot(other)["database"] == snapshot(furnished)["database"]


def test_half_a_restore_is_taken_back(run: Any, other: Path, backup: Path) -> None:
    """The files cannot be put in place, after the database has been."""
    shutil.rmtree(other / "files")
    (other / "files").write_text("in the way")
    before = snapshot(other)

    _, warned = run(other, "restore", backup, replace=True)

    assert "Nothing was changed" in warned
    assert snapshot(other) == before


def test_a_restore_that_was_cut_off_can_be_made_again(
    run: Any, inside: Inside, other: Path, backup: Path, furnished: Path
) -> None:
    """Killed at the worst moment: between database and files. What was there before is kept aside."""
    house = House(other, {"DATABASE_URL": ""})
    killed = house.manage("shell", "--no-imports", "-c", KILLED.format(backup=str(backup)))
    assert killed.returncode == 9
    (aside,) = other.glob(".survey-*/aside.sqlite3")
    with closing(sqlite3.connect(aside)) as database:
        assert database.execute("SELECT 1 FROM assessments_user WHERE name = 'Late'").fetchone()

    run(other, "restore", backup, replace=True)

    assert snapshot(other)["database"] == snapshot(furnished)["database"]
