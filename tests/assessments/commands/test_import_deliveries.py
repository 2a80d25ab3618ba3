"""``manage.py import_deliveries``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from assessments.models import Deployment, Team

TABLE = "kind,key,finished_at\ndeployment,run-1,2026-05-04T09:30:00Z\ndeployment,run-2,2026-05-06T09:30:00Z\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two deployments."""
    path = tmp_path / "deliveries.csv"
    path.write_text(TABLE)
    return path


def imported(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    call_command("import_deliveries", *map(str, arguments))
    return capsys.readouterr().out


def test_a_file_is_imported(kestrel: Team, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = imported(capsys, file, "--team", "aviary/team-kestrel", "--service", "shop")

    assert (
        said == "Team Kestrel: deployments: 2, incidents: 0, from 2026-05-04 to 2026-05-06; services: shop.\n"
    )
    assert list(Deployment.objects.values_list("service", "key")) == [("shop", "run-1"), ("shop", "run-2")]


def test_a_dry_run_writes_nothing(kestrel: Team, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = imported(capsys, file, "--team", "aviary/team-kestrel", "--dry-run")

    assert said.endswith("from 2026-05-04 to 2026-05-06. Nothing was written.\n")
    assert not Deployment.objects.exists()


def test_mistakes_are_told_with_their_lines(kestrel: Team, file: Path) -> None:
    file.write_text(TABLE + "deployment,,soon\n")
    with pytest.raises(CommandError) as refused:
        call_command("import_deliveries", str(file), "--team", "aviary/team-kestrel")

    assert str(refused.value).splitlines() == [
        "deliveries.csv: Line 4, finished_at: “soon” is no time. "
        "Write it like 2026-05-04T09:30:00Z, or as seconds since 1970.",
        "deliveries.csv: Line 4, key: This is empty. Fill it in.",
    ]
    assert not Deployment.objects.exists()


def test_another_environment(kestrel: Team, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header = "cicd_deployment_id,result,environment,finished_date\n"
    file.write_text(f"{header}1,SUCCESS,LIVE,2026-05-04 09:30:00\n2,SUCCESS,PRODUCTION,2026-05-04 09:30:00\n")
    said = imported(capsys, file, "--team", "aviary/team-kestrel", "--environment", "live")

    assert "deployments: 1, incidents: 0, from 2026-05-04 to 2026-05-04; left out: 1." in said


@pytest.mark.parametrize("team", ["aviary/nobody", "nowhere/team-kestrel", "team-kestrel", ""])
def test_an_unknown_team(kestrel: Team, file: Path, team: str) -> None:
    with pytest.raises(CommandError, match="There is no team"):
        call_command("import_deliveries", str(file), "--team", team)


def test_a_file_that_is_not_there(kestrel: Team, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("import_deliveries", str(tmp_path / "none.csv"), "--team", "aviary/team-kestrel")


def test_what_can_only_be_read_once(kestrel: Team) -> None:
    """A pipe has no beginning to come back to, and its errors no words of the system's."""
    end, begin = os.pipe()
    os.close(begin)
    try:
        with pytest.raises(CommandError, match=r"cannot be read: .*seek"):
            call_command("import_deliveries", f"/dev/fd/{end}", team="aviary/team-kestrel")
    finally:
        os.close(end)
