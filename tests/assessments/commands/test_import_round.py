"""``manage.py import_round``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.core.management import call_command
from django.core.management.base import CommandError

from assessments.answers_file import MAXIMUM_ROWS
from assessments.models import Questionnaire, Round, Team
from tests import factories

TABLE = "team,integration_1,integration_2,integration_3\n" + "Team Kestrel,5,6,dk\n" * 6 + "Wren,4,4,4\n"
MAPPING = 'team_name: Team Kestrel\nstatements: {integration_1: "Q1[SQ001]"}\n'


@pytest.fixture
def file(kestrel: Team, tmp_path: Path) -> Path:
    """Six responses of Kestrel and one of Wren."""
    factories.make_team(kestrel.organization, "Wren")
    factories.make_questionnaire()
    path = tmp_path / "past.csv"
    path.write_text(TABLE)
    return path


def run(file: Path, *options: str, **other: str) -> None:
    values: dict[str, Any] = {
        "organization": "aviary", "questionnaire": "test-1", "name": "2025 Q4", "closed_on": "2025-12-31",
    } | other  # fmt: skip
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in values.items()]
    call_command("import_round", str(file), *arguments, *options)


def refused(file: Path, *options: str, **other: str) -> list[str]:
    with pytest.raises(CommandError) as error:
        run(file, *options, **other)
    assert not Round.objects.exists()
    return str(error.value).splitlines()


METRICS = "lead_time, deployment_frequency, time_to_restore, change_failure_rate"


def test_a_past_round_is_brought_in(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(file)

    assert capsys.readouterr().out == (
        f"2025 Q4: 7 responses of 2 teams; too few to be shown: Wren; without any answer: {METRICS}.\n"
    )
    made = Round.objects.get()
    assert (made.imported, made.closed_at.date().isoformat()) == (True, "2025-12-31")
    assert LogEntry.objects.get().additional_data["what"] == "round_imported_on_server"


def test_a_dry_run_writes_nothing(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(file, "--dry-run")

    assert capsys.readouterr().out.endswith(". Nothing was written.\n")
    assert not Round.objects.exists()


def test_an_export_of_limesurvey(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mapping = tmp_path / "map.yaml"
    mapping.write_text(MAPPING)
    file.write_text('"id","submitdate","Q1[SQ001]"\n' + '"1","1980-01-01","6"\n' * 5 + '"6","","2"\n')
    run(file, f"--mapping={mapping}")

    said = capsys.readouterr().out
    assert said.startswith(
        "2025 Q4: 5 responses of 1 teams; never submitted and left out: 1; columns not read: id; without"
    )


def test_a_file_on_the_server_may_have_any_number_of_rows(file: Path) -> None:
    file.write_text("team,integration_1\n" + "Wren,4\n" * (MAXIMUM_ROWS + 1))
    run(file)

    assert Round.objects.get().assessments.get().responded == MAXIMUM_ROWS + 1


def test_every_mistake_is_told_and_nothing_is_written(file: Path, tmp_path: Path) -> None:
    file.write_text(TABLE + "Wren,9,,\n,1,,\n")
    mapping = tmp_path / "map.yaml"

    assert refused(file) == [
        "past.csv: Row 9, integration_1: “9” is no answer. "
        "Write 1–7, dk, or nothing where the question was skipped.",
        "past.csv: Row 10, team: There is no team. Fill it in.",
    ]
    file.write_text(TABLE.replace("Wren", "Robin"))
    assert refused(file)[0].startswith("past.csv: Row 8: There is no team “Robin”.")
    mapping.write_text("statements: 1")
    assert refused(file, f"--mapping={mapping}")[0].startswith("past.csv: map.yaml, line 1: expected either")


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"organization": "nowhere"}, "There is no organization 'nowhere'. There are: aviary."),
        ({"questionnaire": "test-9"}, "There is no questionnaire 'test-9'. Published are: test-1."),
        ({"closed_on": "2099-01-01"}, "past.csv: Give a day that has passed, and from 2000 on."),
        ({"name": ""}, "past.csv: This field cannot be blank."),
    ],
)
def test_what_does_not_exist_is_told(file: Path, other: dict[str, str], sentence: str) -> None:
    assert refused(file, **other) == [sentence]


def test_a_day_that_is_none(file: Path) -> None:
    assert "invalid fromisoformat value: '2025-13-01'" in refused(file, closed_on="2025-13-01")[0]


def test_files_that_are_not_there(file: Path, tmp_path: Path) -> None:
    missing = tmp_path / "none"

    assert refused(missing) == [f"{missing} cannot be read: No such file or directory."]
    assert refused(file, f"--mapping={missing}") == [f"{missing} cannot be read: No such file or directory."]
    assert refused(tmp_path) == [f"{tmp_path} cannot be read: Is a directory."]
    assert Questionnaire.objects.exists()
