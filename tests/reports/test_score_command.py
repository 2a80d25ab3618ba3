"""``manage.py score``: exact figures, exact complaints, all or nothing, and no database.

No test here is marked ``django_db``, so one that touches the database fails.
"""

import csv
import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from assessments import disclosure, scoring
from assessments.answers_file import read_answers
from assessments.instrument import Instrument
from assessments.questionnaire_file import write
from reports import spreadsheet
from reports.content import ReportContent, Shown, Suppressed
from reports.management.commands import score as command
from reports.spreadsheet import FIELDS, file_names
from tests.instruments import make_instrument

ROOT = Path(__file__).parent.parent.parent
HEADER = "team,c_1,c_2,c_3,c_4"


def shipped(**options: Any) -> Instrument:
    """A questionnaire of one capability with four statements, fit to be written to a file."""
    made = make_instrument({"practice": {"c": 4}}, **options)
    metrics = (replace(metric, short_name={"en": metric.key}) for metric in made.key_metrics)
    return replace(made, key_metrics=tuple(metrics))


INSTRUMENT = shipped()

# TV1 of docs/method.md with its fourth statement in the direction of the others
TV1 = ["6,5,6,6", "5,4,5,5", "7,6,6,7", "3,2,,3", ",,6,", "6,,5,6"]


def lines(*rows: str) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode()


def table(teams: dict[str, list[str]]) -> bytes:
    return lines(HEADER, *(f"{team},{row}" for team, rows in teams.items() for row in rows))


@pytest.fixture
def contents(monkeypatch: pytest.MonkeyPatch) -> dict[str, ReportContent]:
    """What the reports are made of, by team; drawing them is tested elsewhere."""
    drawn: dict[str, ReportContent] = {}

    def render(content: ReportContent) -> bytes:
        drawn[content.team] = content
        return b"%PDF of " + content.team.encode()

    monkeypatch.setattr(command.pdf, "render", render)
    monkeypatch.setattr(command.os, "cpu_count", lambda: 1)  # in this process
    return drawn


class Desk:
    """A folder with a questionnaire, a spreadsheet and what is made of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file, self.out = folder / "answers.csv", folder / "out"
        self.questionnaire = folder / "test-1.yaml"
        self.questionnaire.write_text(write(INSTRUMENT))

    def score(self, content: bytes, *options: str, **other: Any) -> dict[str, Any]:
        self.file.write_bytes(content)
        values = {"questionnaire": str(self.questionnaire), "out": self.out, "stdout": StringIO()} | other
        call_command("score", str(self.file), *options, **values)
        return self.results()

    def results(self) -> dict[str, Any]:
        return json.loads((self.out / "scores.json").read_text())

    def refuse(self, content: bytes) -> str:
        """The sentence with which a spreadsheet is refused; nothing is left behind."""
        with pytest.raises(CommandError) as refusal:
            self.score(content, "--no-pdf")
        assert {path.name for path in self.folder.iterdir()} == {"answers.csv", "test-1.yaml"}
        return str(refusal.value)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def exactly(value: float) -> Any:
    return pytest.approx(value, abs=1e-6)


# --- Figures ----------------------------------------------------------------------------------


def test_the_figures_of_the_methods_first_vector(desk: Desk) -> None:
    found = desk.score(table({"Kestrel": TV1}), "--no-pdf")
    assert found == {
        "Kestrel": {
            "c": {
                "n": 5,
                "mean": exactly(5.066667),
                "score": exactly(67.777778),
                "low90": exactly(3.947006),
                "high90": exactly(6.186327),
                "agreement": "some_spread",
                "dont_know": 0.0,
                "shown": True,
            }
        }
    }


def test_unanimous_and_split_teams(desk: Desk) -> None:
    found = desk.score(table({"A": ["6,6,6,6"] * 5, "B": ["1,1,1,1"] * 3 + ["7,7,7,7"] * 3}), "--no-pdf")
    assert found["A"]["c"]["low90"] == exactly(5.294351)
    assert found["A"]["c"]["high90"] == exactly(6.705649)
    assert found["A"]["c"]["agreement"] == "close"
    assert found["B"]["c"]["mean"] == 4.0
    assert found["B"]["c"]["score"] == 50.0
    assert found["B"]["c"]["agreement"] == "differ_widely"


def test_dont_know_has_no_value_and_is_counted(desk: Desk) -> None:
    rows = ["6,6,6,6"] * 5 + ["dk,DK, dk ,6"]  # the sixth has one rating of four: no person score
    found = desk.score(table({"A": rows}), "--no-pdf")["A"]["c"]
    assert (found["n"], found["mean"], found["dont_know"]) == (5, 6.0, 3 / 24)


def test_a_reversed_capability_is_turned_round(desk: Desk) -> None:
    desk.questionnaire.write_text(write(shipped(reverse={"c": [1, 2, 3, 4]})))
    assert desk.score(table({"A": ["2,2,2,2"] * 5}), "--no-pdf")["A"]["c"]["mean"] == 6.0


def test_below_the_minimum_only_the_count_is_told(desk: Desk) -> None:
    found = desk.score(table({"A": ["6,6,6,6"] * 4, "B": ["6,6,6,6"] * 5}), "--no-pdf")
    assert found["A"]["c"] == dict.fromkeys(FIELDS) | {"n": 4, "shown": False}
    assert found["B"]["c"]["shown"] is True


def test_a_statement_without_a_column_was_skipped(desk: Desk) -> None:
    rows = [f"A,{value},{value}" for value in (5, 5, 5, 5, 5)]
    assert desk.score(lines("team,c_1,c_2", *rows), "--no-pdf")["A"]["c"]["mean"] == 5.0
    only_one = lines("team,c_3", *["A,5"] * 5)
    assert desk.score(only_one, "--no-pdf", out=desk.folder / "two")["A"]["c"]["n"] == 5
    found = json.loads((desk.folder / "two" / "scores.json").read_text())
    assert found["A"]["c"]["n"] == 0  # one of four is less than half


def test_another_team_moves_no_figure_of_this_one(desk: Desk) -> None:
    alone = desk.score(table({"A": TV1}), "--no-pdf")["A"]
    crowd = {f"T{number}": ["1,1,2,1", "7,7,7,6"] * 4 for number in range(10)}
    beside = desk.score(table({"A": TV1} | crowd), "--no-pdf", out=desk.folder / "two")
    assert json.loads((desk.folder / "two" / "scores.json").read_text())["A"] == alone
    assert beside["A"] == alone


def test_the_questionnaire_that_is_shipped_scores_every_capability(
    desk: Desk, accelerate: Instrument
) -> None:
    keys = [statement.key for statement in accelerate.statements]
    keys += [metric.key for metric in accelerate.key_metrics]
    rows = [f"Kestrel{',5' * len(keys)}"] * 5
    found = desk.score(lines(",".join(["team", *keys]), *rows), "--no-pdf", questionnaire="accelerate-2")
    assert list(found["Kestrel"]) == [capability.key for capability in accelerate.capabilities]
    for told in found["Kestrel"].values():
        assert tuple(told) == FIELDS
        assert (told["mean"], told["score"]) == (exactly(5), exactly(400 / 6))


# --- Files ------------------------------------------------------------------------------------


def test_the_csv_says_the_same_and_no_cell_is_a_formula(desk: Desk) -> None:
    found = desk.score(table({"=1+1": TV1, "Ω-team": ["6,6,6,6"]}), "--no-pdf")
    text = (desk.out / "scores.csv").read_text(encoding="utf-8-sig")
    first, second = csv.DictReader(StringIO(text))
    assert (first["team"], first["capability"], first["shown"]) == ("'=1+1", "c", "yes")
    assert float(first["mean"]) == found["=1+1"]["c"]["mean"]
    assert (second["team"], second["n"], second["mean"], second["shown"]) == ("Ω-team", "1", "", "no")


def test_a_report_for_every_team_says_what_the_json_says(
    desk: Desk, contents: dict[str, ReportContent]
) -> None:
    found = desk.score(table({"Kestrel": TV1, "Wren": ["6,6,6,6"] * 3}))
    assert {path.name for path in desk.out.iterdir()} == {
        "scores.json", "scores.csv", "kestrel.pdf", "wren.pdf"
    }  # fmt: skip
    told, content = found["Kestrel"]["c"], contents["Kestrel"]
    result = content.capabilities[0].result
    assert isinstance(result, Shown)
    assert result.score == disclosure.display_score(told["mean"])
    assert (result.low, result.high) == disclosure.display_interval(told["low90"], told["high90"])
    assert (result.n, result.agreement) == (told["n"], told["agreement"])
    assert (content.organization, content.round, content.responded) == ("", "answers", 6)
    assert isinstance(contents["Wren"].capabilities[0].result, Suppressed)


def test_a_report_rests_on_its_own_team_alone(desk: Desk, contents: dict[str, ReportContent]) -> None:
    crowd = {f"T{number}": ["1,1,2,1", "7,7,7,6"] * 4 for number in range(10)}
    desk.score(table({"Kestrel": TV1}))
    alone = contents["Kestrel"]
    desk.score(table({"Kestrel": TV1} | crowd), out=desk.folder / "two")
    assert contents["Kestrel"] == alone


def test_answers_survive_the_way_into_a_frame_and_back() -> None:
    content = lines(f"{HEADER},lead_time", "A,7,dk,,1,6", "A,,,,,")
    rows = list(read_answers(content.splitlines(keepends=True), INSTRUMENT))
    keys = [statement.key for statement in INSTRUMENT.statements] + [m.key for m in INSTRUMENT.key_metrics]
    frame = scoring.to_frame(((row.team, row.answers) for row in rows), keys)
    assert command._responses(frame) == [row.answers for row in rows]
    assert rows[0] == (2, "A", {"c_1": 7, "c_2": "dk", "c_4": 1, "lead_time": 6})


def test_teams_whose_names_make_the_same_file_name_are_numbered() -> None:
    names = file_names(["Team A", "team a", "team-a-2", "Команда", "!!!", "???", "x" * 100])
    assert list(names.values()) == ["team-a", "team-a-2", "team-a-2-2", "команда", "team", "team-2", "x" * 60]


def test_real_reports_are_drawn_by_several_processes_without_any_database(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.file.write_bytes(table({"A": TV1, "B": TV1, "C": TV1}))
    data = tmp_path / "data"
    environment = os.environ | {"DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "accelerate_survey.settings"}
    said = subprocess.run(
        [sys.executable, "manage.py", "score", desk.file, "--questionnaire", desk.questionnaire,
         "--out", desk.out],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    assert "18 responses of 3 teams" in said.stdout
    assert [path.read_bytes()[:5] for path in desk.out.glob("*.pdf")] == [b"%PDF-"] * 3
    assert not list(data.glob("*.sqlite3"))


# --- Mistakes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The first row is empty. It has to name the columns."),
        (lines(HEADER), "There are no answers below the header, or none that is complete."),
        (
            lines(HEADER).decode().encode("utf-16"),
            "Row 1: This is not text in UTF-8. Save the file as “CSV UTF-8”.",
        ),
        (
            lines("team,c_1,mood", "A,6,6"),
            "Row 1, mood: This is not asked by test 1. "
            "Name the column by the key of a statement, or leave it out.",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place_and_nothing_is_written(
    desk: Desk, content: bytes, sentence: str
) -> None:
    assert desk.refuse(content) == f"answers.csv: {sentence}"


def test_every_bad_cell_is_told_and_from_the_fiftieth_on_how_many_more(desk: Desk) -> None:
    told = desk.refuse(table({"A": ["6,6,6,6", "6,8,6,x"]})).splitlines()
    more = desk.refuse(table({"A": ["9,9,9,9"] * 20})).splitlines()

    advice = "Write 1–7, dk, or nothing where the question was skipped."
    assert told == [
        f"answers.csv: Row 3, c_2: “8” is no answer. {advice}",
        f"answers.csv: Row 3, c_4: “x” is no answer. {advice}",
    ]
    assert (len(more), more[-1]) == (51, "answers.csv: And 30 more mistakes.")


# --- All or nothing ---------------------------------------------------------------------------


def test_a_report_that_fails_leaves_nothing_behind(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(content: ReportContent) -> bytes:
        raise RuntimeError("no paper")

    monkeypatch.setattr(command.pdf, "render", fail)
    with pytest.raises(RuntimeError, match="no paper"):
        desk.score(table({"A": TV1}))
    assert {path.name for path in desk.folder.iterdir()} == {"answers.csv", "test-1.yaml"}


def test_being_stopped_leaves_nothing_behind(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(content: ReportContent) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(command.pdf, "render", stop)
    with pytest.raises(CommandError, match=r"Stopped\. Nothing was written\."):
        desk.score(table({"A": TV1}))
    assert not desk.out.exists()


def test_a_folder_with_files_is_left_alone(desk: Desk) -> None:
    desk.out.mkdir()
    (desk.out / "old.txt").write_text("keep me")
    with pytest.raises(CommandError, match="is there already and not an empty folder"):
        desk.score(table({"A": TV1}), "--no-pdf")
    assert [path.name for path in desk.out.iterdir()] == ["old.txt"]


def test_an_empty_folder_is_filled_and_a_missing_one_is_made(desk: Desk) -> None:
    desk.out.mkdir()
    desk.score(table({"A": TV1}), "--no-pdf")
    deep = desk.folder / "a" / "b"
    desk.score(table({"A": TV1}), "--no-pdf", out=deep)
    assert sorted(path.name for path in deep.iterdir()) == ["scores.csv", "scores.json"]


def test_a_missing_file_and_an_unknown_questionnaire(desk: Desk) -> None:
    with pytest.raises(CommandError, match=r"none\.csv cannot be read: No such file or directory\."):
        call_command(
            "score", str(desk.folder / "none.csv"), questionnaire=str(desk.questionnaire), out=desk.out
        )
    with pytest.raises(CommandError, match=r"no questionnaire 'accelerate-9'.*one of: accelerate-2\."):
        desk.score(table({"A": TV1}), questionnaire="accelerate-9")
    desk.questionnaire.write_text("slug: Nope")
    with pytest.raises(CommandError, match=r"test-1\.yaml, line 1"):
        desk.score(table({"A": TV1}))


def test_plain_values_only() -> None:
    assert spreadsheet._plain(math.nan) is None
    assert type(spreadsheet._plain(scoring.np.float64(2.5))) is float
