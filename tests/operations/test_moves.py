"""From SQLite to PostgreSQL: every row, or none and a sentence."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from accelerate_survey.operations import databases
from tests.servers import another_database, postgresql

from .houses import House

ON_SQLITE = {"DATABASE_URL": ""}
pytestmark = pytest.mark.own_engine


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    with postgresql() as running:
        yield running


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house with people, a closed round with its report, and an open one. Not to be changed."""
    house = House(tmp_path_factory.mktemp("furnished"), ON_SQLITE)
    house.drill("furnish")
    return house.folder


@pytest.fixture
def lived_in(furnished: Path, tmp_path: Path) -> House:
    return House(Path(shutil.copytree(furnished, tmp_path / "house")), ON_SQLITE)


@pytest.fixture
def moved(lived_in: House, server: dict[str, str]) -> House:
    """The same folder, with an empty database of PostgreSQL."""
    return House(lived_in.folder, another_database(server))


def change(house: House, *statements: str) -> None:
    """As only the file lets itself be changed."""
    with closing(sqlite3.connect(house.folder / databases.NAME)) as file, file:
        for statement in statements:
            file.execute(statement)


COUNTS = (
    "from django.apps import apps; "
    "print([m._base_manager.count() for m in apps.get_models(include_auto_created=True)])"
)
NEW = "from assessments.models import Organization as O; print(O.objects.create(name='New', slug='new').pk)"


def shell(house: House, words: str) -> str:
    done = house.manage("shell", "--no-imports", "-c", words)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def people_in(house: House) -> int:
    """In PostgreSQL, whether or not it has any tables."""
    folder, _, name = house.database["DATABASE_URL"].removeprefix("postgres://").rpartition("/")
    with psycopg.connect(host=folder, user=house.database["PGUSER"], dbname=name) as there:
        if there.execute("SELECT to_regclass('assessments_user')").fetchone() == (None,):
            return 0
        (number,) = there.execute("SELECT count(*) FROM assessments_user").fetchone() or (0,)
        return int(number)


def test_the_demo_moves(server: dict[str, str], tmp_path: Path) -> None:
    """It has something of nearly everything. The tables may be there already."""
    old, new = House(tmp_path, ON_SQLITE), House(tmp_path, another_database(server))
    assert old.manage("migrate").returncode == 0
    made = old.manage("create_demo", "--teams", "12", "--quarters", "2")
    assert made.returncode == 0, made.stderr

    assert new.manage("migrate").returncode == 0
    done = new.manage("move_database")

    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[0]) > 1000
    assert shell(new, COUNTS) == shell(old, COUNTS)


def test_everything_moves_and_goes_on(lived_in: House, moved: House) -> None:
    """Also numbers go on: that of a deleted organization is never given again."""
    before = lived_in.drill("tell")
    change(lived_in, "UPDATE sqlite_sequence SET seq = 700 WHERE name = 'assessments_organization'")
    as_it_was = (lived_in.folder / databases.NAME).read_bytes()

    done, again = moved.manage("move_database"), moved.manage("move_database")

    assert done.returncode == 0, done.stderr
    assert again.returncode == 1
    assert "There are data in PostgreSQL already" in again.stderr
    assert "were moved and compared" in done.stdout
    assert "delete" in done.stderr
    assert moved.drill("tell") == before | {"database": "It answers and is up to date (postgresql)."}
    assert shell(moved, NEW) == "701"
    assert people_in(moved) == 8
    assert (lived_in.folder / databases.NAME).read_bytes() == as_it_was


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE assessments_team SET name = 'a' || char(0)", "did not take a row of assessments_team"),
        ("UPDATE assessments_team SET name = replace(hex(zeroblob(999)), '0', 'x')", "did not take a row"),
        ("CREATE TABLE other (id integer)", "tables that this version does not know: other"),
        (
            "INSERT INTO django_migrations (app, name, applied) VALUES ('reports', '9999_x', 'now')",
            "newer version",
        ),
    ],
)
def test_what_does_not_fit_moves_nothing(
    lived_in: House, moved: House, statement: str, sentence: str
) -> None:
    change(lived_in, statement)

    done = moved.manage("move_database")

    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Nothing was moved" in done.stderr
    assert "Traceback" not in done.stderr
    assert people_in(moved) == 0


def test_what_arrives_otherwise_is_noticed(moved: House) -> None:
    """A row that is lost on the way, whatever the reason."""
    lossy = (
        "from accelerate_survey.operations import moves; from pathlib import Path; "
        "moves.islice = lambda rows, number: (row for row in list(rows)[1:]); "
        f"moves.move(Path({str(moved.folder / databases.NAME)!r}))"
    )

    done = moved.manage("shell", "--no-imports", "-c", lossy)

    assert "is not what the file holds" in done.stderr
    assert people_in(moved) == 0


def test_senseless_requests_get_a_sentence(lived_in: House, moved: House, tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish"
    rubbish.write_text("no database" * 100)

    back, missing, broken = (
        lived_in.manage("move_database"),
        moved.manage("move_database", str(tmp_path / "nowhere")),
        moved.manage("move_database", str(rubbish)),
    )

    assert "DATABASE_URL has to name the empty PostgreSQL" in back.stderr
    assert "There is no such file" in missing.stderr
    assert "cannot be copied" in broken.stderr
    assert {back.returncode, missing.returncode, broken.returncode} == {1}
