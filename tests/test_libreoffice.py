"""Our tables, opened and saved again by a real spreadsheet program.

It is started twice: for workbooks, and for CSV, which it has to be told is UTF-8. There it is asked to
recognise numbers, dates and formulas, so that what it leaves alone is safe in any program.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from assessments.roster_file import Row, as_table, read
from assessments.tables import Table, as_csv, as_xlsx
from assessments.texts import bare_cell, safe_cell
from reports.comparison_content import Cell, Column, Comparison, Section, TeamRow
from reports.content import Change
from reports.export import comparison_table, scores_table
from tests.assessments.test_tables import ODD
from tests.assessments.test_texts import DANGEROUS
from tests.contents import make_capability, make_category, make_report, make_shown

HOSTILE = [
    *DANGEROUS,
    "-5",
    "+cmd|' /C calc'!A0",
    '=HYPERLINK("http://x")',
    "\u202f=1+1",
    "@SUM(1;1)",
    "=2",
    "'=2",
]
"""Names that want to be formulas: with spaces of all kinds, signs of full width, and things nobody sees."""

SAID = [text for text in [*HOSTILE, *ODD] if "\x0b" not in text]  # which no form takes
TABLE = Table(
    "hostile",
    {"round": "=1+1", "minimum": -5},
    ("text", "whole", "part", "day", "yes", "none"),
    [
        {"text": text, "whole": -5, "part": -0.25, "day": dt.date(2026, 5, 4), "yes": True, "none": None}
        for text in SAID
    ],
)
ROSTER = [
    Row(2, "=1+1", ("@Birds", "-Falcons"), "+Ann", "ann@example.org", "lead"),
    Row(3, "\uff1dKestrel", (), "007", "ben@example.org", "member"),
    Row(4, "_x0041_", (), "李", "li@example.org", ""),
]
TEA = make_capability("=Tea", 70, 85, change=Change("likely", -15))
REPORT = make_report([make_category("+Drinks", [TEA])], team="=1+1", round="-5", organization="@SUM(1;1)")
ROW = TeamRow("tea", "\uff1d1+1", (Cell(make_shown(70)),))
RESULTS = {
    "scores": scores_table(REPORT),
    "comparison": comparison_table(
        Comparison(
            (Column("tea", "-Tea", "+Drinks"),), (Section(("=A", "@B"), (ROW, ROW), (None,)),), (None,), 5
        )
    ),
}
FORMULA = 'text,sum\n"=1+1",=1+1\n'
"""What a table must never be."""


class Opened:
    """Files that went through LibreOffice, each as CSV."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "back").mkdir()

    def put(self, name: str, content: bytes) -> None:
        (self.folder / name).write_bytes(content)

    def convert(self, ending: str, *options: str) -> None:
        """Open all files of a kind and save them as CSV: one start of the program."""
        subprocess.run(
            [
                shutil.which("soffice") or "libreoffice",
                f"-env:UserInstallation={(self.folder / 'profile').as_uri()}",
                "--headless",
                *options,
                "--convert-to",
                "csv:Text - txt - csv (StarCalc):44,34,76",
                "--outdir",
                str(self.folder / "back"),
                *map(str, sorted(self.folder.glob(f"*.{ending}"))),
            ],
            check=True,
            capture_output=True,
            timeout=180,
        )

    def rows(self, name: str) -> list[list[str]]:
        text = (self.folder / "back" / f"{name}.csv").read_bytes().decode()
        return list(csv.reader(io.StringIO(text, newline="")))

    def roster(self, name: str) -> tuple[Row, ...]:
        return read((self.folder / "back" / f"{name}.csv").read_bytes()).rows


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """A table and a roster, as CSV and as workbooks, and a file with a formula."""
    files = Opened(tmp_path_factory.mktemp("spreadsheets"))
    for name, table in (RESULTS | {"table": TABLE, "roster": as_table(ROSTER)}).items():
        files.put(f"{name}-book.xlsx", as_xlsx(table))
        files.put(f"{name}-text.csv", as_csv(table))
    files.put("formula.csv", FORMULA.encode())
    files.convert("xlsx")
    files.convert("csv", "--infilter=CSV:44,34,76,1,,0,false,true,false,false,false,0,true")
    return files


def test_a_formula_would_be_worked_out(opened: Opened) -> None:
    """The proof that the others bite."""
    assert opened.rows("formula") == [["text", "sum"], ["2", "2"]]


@pytest.mark.parametrize("name", ["table-book", "table-text"])
def test_texts_and_numbers_come_through(opened: Opened, name: str) -> None:
    header, *rows = opened.rows(name)

    assert header == [*TABLE.columns, *TABLE.about]
    assert len(rows) == len(SAID)
    for row, text in zip(rows, SAID, strict=True):
        assert row[1:] == ["-5", "-0.25", "2026-05-04", "yes", "", "'=1+1", "-5"], text


def test_every_text_of_a_workbook_is_as_it_was(opened: Opened) -> None:
    found = [row[0] for row in opened.rows("table-book")[1:]]

    assert found == [str(safe_cell(text)).replace("\r\n", "\n") for text in SAID]


def test_every_text_of_csv_is_as_it_was_unless_it_is_a_number(opened: Opened) -> None:
    """CSV tells no program that 007 is a name. Whoever needs that takes the workbook."""
    found = [row[0] for row in opened.rows("table-text")[1:]]
    read_as_numbers = {"007": "7", "1/2": "01/02"}

    for cell, text in zip(found, SAID, strict=True):
        if text in read_as_numbers:
            assert cell.startswith(read_as_numbers[text])
        else:
            assert cell == re.sub("\r\n?", "\n", str(safe_cell(text)))


@pytest.mark.parametrize("name", ["scores-book", "scores-text", "comparison-book", "comparison-text"])
def test_of_results_nothing_is_lost(opened: Opened, name: str) -> None:
    ours = RESULTS[name.split("-")[0]]

    assert opened.rows(name) == list(csv.reader(io.StringIO(as_csv(ours).decode("utf-8-sig"))))


@pytest.mark.parametrize("name", ["table-book", "table-text"])
def test_nothing_was_worked_out(opened: Opened, name: str) -> None:
    texts = [row[0] for row in opened.rows(name)[1:]]

    assert "2" not in texts
    assert not [text for text in texts if text[:1] in set("=+-@\uff1d\uff0b\uff0d\uff20\t\r\n")]
    assert not [text for text in texts if text.startswith("Err:")]
    assert [bare_cell(text) for text in texts].count("-5") == 1


@pytest.mark.parametrize("name", ["roster-book", "roster-text"])
def test_a_roster_that_was_saved_again_can_be_uploaded(opened: Opened, name: str) -> None:
    by_csv = {"007": "7"} if name == "roster-text" else {}

    assert opened.roster(name) == tuple(
        Row(row.number, row.team, row.groups, by_csv.get(row.name, row.name), row.email, row.role)
        for row in ROSTER
    )
