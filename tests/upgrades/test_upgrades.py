"""The databases of all released versions, brought up to date: not a row is lost, not a number has changed.

``tests/upgrades/release.py`` keeps another one at each release.
"""

from __future__ import annotations

import json
import lzma
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accelerate_survey.operations.health import look_at_database
from assessments import access
from assessments.models import Response
from assessments.services.responses import save_response
from assessments.tokens import response_of
from tests.conftest import Inside
from tests.factories import NOW

from . import release

HERE = Path(__file__).parent
VERSIONS = sorted(path.name.removesuffix(".sqlite3.xz") for path in HERE.glob("*.sqlite3.xz"))
CLOSE = 1e-9

pytestmark = pytest.mark.own_engine
each_version = pytest.mark.parametrize("version", VERSIONS)


def unpack(version: str, folder: Path) -> dict[str, Any]:
    """The database of a version into a folder, and what was kept beside it."""
    packed = lzma.decompress((HERE / f"{version}.sqlite3.xz").read_bytes())
    (folder / "survey.sqlite3").write_bytes(packed)
    return json.loads(lzma.decompress((HERE / f"{version}.json.xz").read_bytes()))


def is_same(told: Any, wanted: Any) -> bool:
    """Whether two numbers, words or gaps are the same."""
    if isinstance(told, float) and isinstance(wanted, float):
        return math.isclose(told, wanted, rel_tol=CLOSE, abs_tol=CLOSE)
    return bool(told == wanted)


def changed(wanted: dict[str, Any]) -> dict[str, Any]:
    """What is not as it was, of all that a version told: rows that are gone, numbers that are others."""
    rows, numbers = release.rows(), release.numbers()
    lost = {name: rows.get(name) for name, number in wanted["rows"].items() if rows.get(name) != number}
    return lost | {
        name: (was, numbers.get(name, "gone"))
        for name, was in wanted["numbers"].items()
        if not is_same(numbers.get(name, "gone"), was)
    }


def test_there_is_one_to_try() -> None:
    assert VERSIONS
    assert all((HERE / f"{version}.json.xz").is_file() for version in VERSIONS)


@each_version
def test_no_row_is_lost_and_no_number_changes(version: str, tmp_path: Path, inside: Inside) -> None:
    wanted = unpack(version, tmp_path)
    assert len(wanted["numbers"]) > 1000

    with inside(tmp_path, release.KEY):
        call_command("migrate", verbosity=0)

        assert changed(wanted) == {}
        assert look_at_database(NOW).is_fine


@each_version
def test_links_that_were_sent_go_on_opening(version: str, tmp_path: Path, inside: Inside) -> None:
    link = unpack(version, tmp_path)["link"]

    with inside(tmp_path, release.KEY):
        call_command("migrate", verbosity=0)
        assert access.get_invitation(link, NOW).assessment.round.is_open
        save_response(token=link, answers={"integration_1": 7}, complete=True, now=NOW)

        assert Response.objects.get(pk=response_of(link)).answers["integration_1"] == 7


CUT_OFF = """
import os
from django.core.management import call_command
from django.db import connection
left = {statements}
def die_in_time(execute, *arguments):
    global left
    left -= 1
    return execute(*arguments) if left >= 0 else os._exit(9)
with connection.execute_wrapper(die_in_time):
    call_command("migrate", verbosity=0)
"""


def test_an_upgrade_that_is_killed_again_and_again_ends_well(tmp_path: Path, inside: Inside) -> None:
    """At three places on its way, and each time it is simply started anew."""
    version = VERSIONS[0]  # the longest way
    (tmp_path / "whole").mkdir()
    unpack(version, tmp_path / "whole")
    statements = 0

    def count(execute: Any, *arguments: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*arguments)

    with inside(tmp_path / "whole", release.KEY), connection.execute_wrapper(count):
        call_command("migrate", verbosity=0)
    wanted = unpack(version, tmp_path)
    environment = os.environ | {"DATA_DIR": str(tmp_path), "DATABASE_URL": "", "SECRET_KEY": release.KEY}
    environment |= {"DJANGO_SETTINGS_MODULE": "accelerate_survey.settings"}

    for share in (0.3, 0.3, 0.3):
        script = CUT_OFF.format(statements=int(share * statements))
        killed = subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", script],
            cwd=release.ROOT, env=environment, check=False, capture_output=True,
        )  # fmt: skip
        assert killed.returncode == 9, killed.stderr
    with inside(tmp_path, release.KEY):
        call_command("migrate", verbosity=0)

        assert changed(wanted) == {}
        assert look_at_database(timezone.now()).is_fine
