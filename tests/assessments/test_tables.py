"""Tables as CSV, workbooks and JSON: what goes in comes out, and nothing becomes a formula."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from assessments.tables import LONGEST, Table, Value, as_csv, as_json, as_xlsx, escaped, unescaped
from assessments.texts import FORMULA_STARTS, bare_cell, is_showable
from tests.assessments.test_texts import DANGEROUS

ODD = ["#N/A", "#REF!", "TRUE", "_x0041_", "_x005F_x0041_", "a_x000d_b", "1/2", "007", " spaced ", "a\tb", "a\nb", "a\rb", "a\r\nb", 'a "b", c; d', "<b>&amp;", "李", "🦅", "e\u0301"]  # fmt: skip  # noqa: E501
"""Texts that a workbook, an XML or a CSV parser could take for something else."""

SHOWABLE = st.text().filter(is_showable)


def table(rows: Sequence[dict[str, Value]], **about: Value) -> Table:
    return Table("birds", about, tuple(rows[0]), rows)


def texts(*values: str) -> Table:
    return table([{"text": value} for value in values])


def csv_cells(of: Table) -> list[list[str]]:
    return list(csv.reader(io.StringIO(as_csv(of).decode("utf-8-sig"), newline="")))


def sheet_of(of: Table) -> Any:
    return openpyxl.load_workbook(io.BytesIO(as_xlsx(of))).active


def xlsx_cells(of: Table) -> list[list[Any]]:
    """As a program that knows a workbook's escapes reads it."""
    return [
        [unescaped(value) if isinstance(value, str) else value for value in row]
        for row in sheet_of(of).iter_rows(values_only=True)
    ]


FULL = table(
    [
        {"text": "Kestrel", "whole": -5, "part": 2.5, "yes": True, "day": dt.date(2026, 5, 4), "none": None},
        {"text": "Wren", "whole": 0, "part": -0.1, "yes": False, "day": None, "none": None},
    ],
    round="2026 Q2",
    minimum=5,
)


def test_csv_has_a_mark_and_what_holds_for_all_rows_behind() -> None:
    assert as_csv(FULL).startswith(b"\xef\xbb\xbftext,")
    assert csv_cells(FULL) == [
        ["text", "whole", "part", "yes", "day", "none", "round", "minimum"],
        ["Kestrel", "-5", "2.5", "yes", "2026-05-04", "", "2026 Q2", "5"],
        ["Wren", "0", "-0.1", "no", "", "", "2026 Q2", "5"],
    ]


def test_a_workbook_keeps_numbers_and_dates() -> None:
    header, first, second = sheet_of(FULL).iter_rows()

    assert [cell.value for cell in first] == [
        "Kestrel", -5, 2.5, "yes", dt.datetime(2026, 5, 4), None, "2026 Q2", 5  # noqa: DTZ001  workbooks have no zones
    ]  # fmt: skip
    assert [cell.data_type for cell in first] == ["s", "n", "n", "s", "d", "n", "s", "n"]
    assert first[4].number_format == "yyyy-mm-dd"
    assert second[2].value == -0.1
    assert {cell.font.bold for cell in header} == {True}
    assert sheet_of(FULL).freeze_panes == "A2"
    assert sheet_of(FULL).title == "birds"


def test_json_has_what_holds_for_all_rows_once() -> None:
    assert json.loads(as_json(FULL)) == {
        "what": "birds",
        "round": "2026 Q2",
        "minimum": 5,
        "rows": [
            {"text": "Kestrel", "whole": -5, "part": 2.5, "yes": True, "day": "2026-05-04", "none": None},
            {"text": "Wren", "whole": 0, "part": -0.1, "yes": False, "day": None, "none": None},
        ],
    }


def test_moments_keep_their_zone() -> None:
    moment = dt.datetime(2026, 5, 4, 9, 30, 1, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    made = table([{"when": moment}])

    assert csv_cells(made)[1] == ["2026-05-04 09:30:01+02:00"]
    assert xlsx_cells(made)[1] == [moment.replace(tzinfo=None)]  # a workbook knows none
    assert dt.datetime.fromisoformat(json.loads(as_json(made))["rows"][0]["when"]) == moment


@pytest.mark.parametrize("made", [Table("none", {}, ("a", "b"), []), Table("less", {}, ("a", "b"), [{}])])
def test_what_is_not_there_is_empty(made: Table) -> None:
    assert csv_cells(made)[0] == xlsx_cells(made)[0] == ["a", "b"]
    assert csv_cells(made)[1:] == [["", ""] for _ in made.rows]
    assert json.loads(as_json(made))["rows"] == [{"a": None, "b": None} for _ in made.rows]


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_looks_like_a_formula_is_a_quoted_text(text: str) -> None:
    made = table([{"text": text}], about=text)
    quoted = "\ufffd=1" if text == "\x0b=1" else f"'{text}"  # what XML cannot hold is no formula either

    assert csv_cells(made)[1] == xlsx_cells(made)[1] == [quoted] * 2
    assert json.loads(as_json(made))["rows"] == [{"text": text}]


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_stay(text: str) -> None:
    assert [bare_cell(cell) for cell in [csv_cells(texts(text))[1][0], xlsx_cells(texts(text))[1][0]]] == [
        text
    ] * 2
    assert sheet_of(texts(text))["A2"].data_type == "s"


def test_what_xml_cannot_hold_leaves_a_sign() -> None:
    made = texts("a\0b\x1b\ud800\uffff", "whole")

    assert csv_cells(made)[1:] == xlsx_cells(made)[1:] == [["a\ufffdb\ufffd\ufffd\ufffd"], ["whole"]]
    assert json.loads(as_json(made))["rows"][0]["text"] == "a\0b\x1b?\uffff"  # it holds all but half a pair


def test_a_text_too_long_for_a_cell_says_so() -> None:
    made = texts("x" * LONGEST, "x" * LONGEST + "x")

    assert [len(row[0]) for row in xlsx_cells(made)[1:]] == [LONGEST, LONGEST]
    assert [row[0][-1] for row in xlsx_cells(made)[1:]] == ["x", "…"]
    assert len(csv_cells(made)[2][0]) == LONGEST + 1


@given(SHOWABLE)
def test_any_text_that_can_be_shown_comes_back(text: str) -> None:
    made = texts(text)
    quoted_before = bare_cell(text) != text

    assert json.loads(as_json(made))["rows"][0]["text"] == text
    for back in (csv_cells(made)[1:], xlsx_cells(made)[1:]):
        cell = (back[0][0] if back and back[0] else "") or ""
        assert bare_cell(cell) == (bare_cell(text) if quoted_before else text)


@given(st.text())
def test_no_text_is_a_formula(text: str) -> None:
    """Neither by its kind nor by its first character, whatever stands before that."""
    made = texts(text)
    inside = zipfile.ZipFile(io.BytesIO(as_xlsx(made))).read("xl/worksheets/sheet1.xml")

    assert b"<f>" not in inside
    assert b't="e"' not in inside
    for cell in (*csv_cells(made)[1:2], *xlsx_cells(made)[1:2]):
        seen = (cell[0] if cell else "") or ""
        assert not set(seen[:1]) & (FORMULA_STARTS | set("\t\r\n"))


@given(st.lists(st.one_of(st.integers(-(10**9), 10**9), st.floats(-1e9, 1e9), st.booleans()), min_size=1))
def test_numbers_stay_numbers(numbers: list[Any]) -> None:
    made = table([{"number": number} for number in numbers])
    told = [("yes" if number else "no") if isinstance(number, bool) else number for number in numbers]

    for (back,), value in zip(xlsx_cells(made)[1:], told, strict=True):
        assert back == (value if isinstance(value, str) else pytest.approx(value, rel=1e-15))
    assert [row[0] for row in csv_cells(made)[1:]] == [str(value) for value in told]
    assert [row["number"] for row in json.loads(as_json(made))["rows"]] == numbers


@given(st.text(alphabet="_x0Dd5F\ra"))
def test_what_is_escaped_is_read_as_it_was(text: str) -> None:
    assert unescaped(escaped(text)) == text
    assert unescape(escaped(text)) == text  # as others read it
