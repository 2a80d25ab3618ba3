"""Rosters out of files and pasted texts: rows, or every mistake by its name; never anything else."""

from __future__ import annotations

import bz2
import gzip
import io
import tracemalloc
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl
import pytest
from django.core.validators import validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments import roster_file
from assessments.roster_file import (
    Mistake,
    Person,
    Problem,
    RosterFileError,
    Row,
    as_table,
    read,
    read_addresses,
)
from assessments.tables import as_csv, as_xlsx

HEADER = ["team", "group", "name", "e-mail", "role"]
ANN = ["Kestrel", "Birds / Falcons", "Ann", "ann@example.org", "lead"]
BEN = ["Kestrel", "Birds / Falcons", "Ben", "ben@example.org", ""]


def csv_of(*rows: list[str], separator: str = ",") -> bytes:
    return "\r\n".join(separator.join(row) for row in rows).encode()


def workbook_of(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def mistakes_in(content: bytes) -> list[Mistake]:
    with pytest.raises(RosterFileError) as refused:
        read(content)
    return list(refused.value.mistakes)


def problems_in(content: bytes) -> list[Problem]:
    return [mistake.problem for mistake in mistakes_in(content)]


# --- What is read -----------------------------------------------------------------------------

EXPECTED = (
    Row(2, "Kestrel", ("Birds", "Falcons"), "Ann", "ann@example.org", "lead"),
    Row(3, "Kestrel", ("Birds", "Falcons"), "Ben", "ben@example.org", ""),
)


@pytest.mark.parametrize(
    "content",
    [
        csv_of(HEADER, ANN, BEN),
        csv_of(HEADER, ANN, BEN, separator=";"),
        csv_of(HEADER, ANN, BEN, separator="\t"),
        b"\xef\xbb\xbf" + csv_of(HEADER, ANN, BEN),
        csv_of(HEADER, ANN, BEN).replace(b"\r\n", b"\n"),
        csv_of(HEADER, ANN, BEN).replace(b"\r\n", b"\r"),
        csv_of(HEADER, ANN, BEN, ["", "", "", "", ""]),
        csv_of([" Team", "Tribe ", "NAME", "E-Mail", "Role"], ANN, BEN),
        csv_of([*HEADER, "", ""], [*ANN, "", ""], BEN),
        workbook_of(HEADER, ANN, BEN),
    ],
    ids="commas semicolons tabs bom lf cr blank synonyms empty-columns workbook".split(),
)
def test_people_are_read(content: bytes) -> None:
    assert read(content).rows == EXPECTED


def test_columns_stand_in_any_order_and_only_two_are_needed() -> None:
    (row,) = read(csv_of(["mail", "team"], [" Ann@Example.org ", "Team  Kestrel"])).rows

    assert row == Row(2, "Team Kestrel", (), "", "ann@example.org", "")


def test_columns_that_are_not_ours_are_named() -> None:
    found = read(csv_of(["team", "phone", "email"], ["Kestrel", "112", "ann@example.org"]))

    assert found.ignored == ("phone",)


def test_rows_are_counted_as_a_spreadsheet_shows_them() -> None:
    content = b'team,e-mail,name\n\nKestrel,a@example.org,"A\nB"\n\nKestrel,nobody,C\n'

    assert mistakes_in(content) == [Mistake(Problem.NOT_AN_ADDRESS, 5, "e-mail", "nobody")]


def test_a_workbook_may_hold_numbers_and_wrong_dimensions() -> None:
    content = workbook_of(["team", "email"], [42, "ann@example.org"])
    content = _with_part(
        content, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'ref="A1:B2"', b'ref="A1"')
    )

    assert read(content).rows == (Row(2, "42", (), "", "ann@example.org", ""),)


cells = st.text(st.characters(blacklist_categories=["C"]), min_size=1, max_size=50).map(
    lambda text: " ".join(text.split())
)
names = cells.filter(lambda text: text and not text.startswith("'") and " / " not in f" {text} ")


@settings(max_examples=100, deadline=None)
@given(team=names, group=names, name=names)
def test_what_is_written_is_read(team: str, group: str, name: str) -> None:
    row = Row(2, team, (group,), name, "ann@example.org", "lead")

    for write in (as_csv, as_xlsx):
        assert read(write(as_table([row]))).rows == (row,)


@pytest.mark.parametrize("team", ["_x0041_", "_x005F_x0041_", "007", "1/2", "TRUE", "#N/A", "-5", "=1+1"])
def test_names_that_a_workbook_could_take_for_something_else(team: str) -> None:
    row = Row(2, team, (), "Ann", "ann@example.org", "")

    assert read(as_xlsx(as_table([row]))).rows == (row,)


def test_the_largest_roster_is_read_as_a_workbook() -> None:
    """None of the limits against swelling files stands in the way."""
    rows = [
        Row(at, f"Team {at // 7}", ("Birds", "Falcons"), f"Person {at}", f"person.{at}@example.org", "member")
        for at in range(2, roster_file.MAXIMUM_ROWS + 2)
    ]

    assert len(read(as_xlsx(as_table(rows))).rows) == roster_file.MAXIMUM_ROWS


def test_what_is_written_is_no_formula() -> None:
    text = as_csv(as_table([Row(2, "=1+1", ("@home",), "+Ann", "ann@example.org", "lead")])).decode()

    assert "'=1+1,'@home,'+Ann" in text


# --- Mistakes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (["", "", "Ann", "ann@example.org", ""], (Problem.MISSING, "team")),
        (["Kestrel", "", "Ann", "", ""], (Problem.MISSING, "e-mail")),
        (["Kestrel", "", "Ann", "ann@", ""], (Problem.NOT_AN_ADDRESS, "e-mail")),
        (["Kestrel", "", "Ann", "a@b@example.org", ""], (Problem.NOT_AN_ADDRESS, "e-mail")),
        (["Kestrel", "", "Ann", "a" * 250 + "@example.org", ""], (Problem.NOT_AN_ADDRESS, "e-mail")),
        (["Kestrel", "", "Ann", "ann@example.org", "boss"], (Problem.UNKNOWN_ROLE, "role")),
        (["K" * 101, "", "Ann", "ann@example.org", ""], (Problem.TOO_LONG, "team")),
        (["Kestrel", "", "A" * 151, "ann@example.org", ""], (Problem.TOO_LONG, "name")),
        (["Kestrel", "B" * 101, "Ann", "ann@example.org", ""], (Problem.TOO_LONG, "group")),
        (["Kestrel", "Birds / ", "Ann", "ann@example.org", ""], (Problem.MISSING, "group")),
        (["Kestrel", "Birds /  / Falcons", "Ann", "ann@example.org", ""], (Problem.MISSING, "group")),
        (["Kestrel", "", "\u202eAnn", "ann@example.org", ""], (Problem.NOT_SHOWABLE, "name")),
        (["Kestrel", "", "Ann", "ann@example.org", "", "x"], (Problem.EXTRA_CELLS, "")),
    ],
)
def test_a_bad_row_is_named(row: list[str], expected: tuple[Problem, str]) -> None:
    (mistake,) = mistakes_in(csv_of(HEADER, row))

    assert (mistake.row, mistake.problem, mistake.column) == (2, *expected)


def test_a_slash_inside_a_word_is_part_of_the_name() -> None:
    (row,) = read(csv_of(HEADER, ["Kestrel", "Platform / CI/CD", "", "ann@example.org", ""])).rows

    assert row.groups == ("Platform", "CI/CD")


def test_all_mistakes_are_told_at_once() -> None:
    content = csv_of(HEADER, ["", "", "", "ann", "boss"], BEN, ["Kestrel", "", "", "", ""])

    assert [(mistake.row, mistake.column) for mistake in mistakes_in(content)] == [
        (2, "team"),
        (2, "e-mail"),
        (2, "role"),
        (4, "e-mail"),
    ]


def test_nobody_has_two_roles_on_one_team() -> None:
    again = ["KESTREL", "", "Ann", "ANN@example.org", "member"]

    assert mistakes_in(csv_of(HEADER, ANN, again)) == [
        Mistake(Problem.TWO_ROLES, 3, "role", "ann@example.org", "2")
    ]
    assert len(read(csv_of(HEADER, ANN, ANN)).rows) == 2
    assert len(read(csv_of(HEADER, ANN, ["Wren", "", "Ann", "ann@example.org", "member"])).rows) == 2


def test_a_team_is_in_one_group() -> None:
    elsewhere = ["Kestrel", "Owls", "Ben", "ben@example.org", ""]

    assert mistakes_in(csv_of(HEADER, ANN, elsewhere)) == [
        Mistake(Problem.TWO_GROUPS, 3, "group", "Kestrel", "2")
    ]
    assert read(csv_of(HEADER, ANN, ["Kestrel", "", "Ben", "ben@example.org", ""])).rows


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", Problem.NOBODY),
        (b"\n\n", Problem.NOBODY),
        (csv_of(HEADER), Problem.NOBODY),
        (b"name,role\nAnn,lead\n", Problem.NO_COLUMN),
        (csv_of([*HEADER, "email"], ANN), Problem.COLUMN_TWICE),
        (b'team,e-mail\n"Kestrel,ann@example.org\n', Problem.NOT_CSV),
        (b'team,e-mail\n"Kes"trel,ann@example.org\n', Problem.NOT_CSV),
        (
            csv_of(HEADER, ["Kestrel", "", "Müller", "m@example.org", ""]).decode().encode("latin-1"),
            Problem.NOT_UTF8,
        ),
        (csv_of(HEADER, ANN).decode().encode("utf-16"), Problem.NOT_A_TABLE),
        (csv_of(HEADER, ANN).replace(b"Ann", b"A\0n"), Problem.NOT_A_TABLE),
    ],
)
def test_a_file_that_is_no_roster_is_refused(content: bytes, problem: Problem) -> None:
    assert problem in problems_in(content)


# --- Hostile files ----------------------------------------------------------------------------


def _zip(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _with_part(workbook: bytes, name: str, change) -> bytes:
    """The workbook with one of its parts changed."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    return _zip(parts | {name: change(parts.get(name, b""))})


PLAIN = workbook_of(HEADER, ANN)
SHEET = "xl/worksheets/sheet1.xml"
ENTITIES = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
END = b"</sheetData>"
FAR_ROW = b'<row r="999999999"><c r="A999999999"><v>1</v></c></row>' + END
LONG_NUMBER = b'<row r="3"><c><v>' + b"9" * 9_999 + b"</v></c></row>" + END

HOSTILE = {
    "megabytes": (b"a" * 1_000_001, Problem.TOO_LARGE),
    "100,000 columns": (b"team," * 100_000, Problem.TOO_MANY_COLUMNS),
    "5,001 rows": (csv_of(HEADER, *[ANN] * 5_001), Problem.TOO_MANY_ROWS),
    "a million empty rows": (b"team,e-mail" + b"\n" * 900_000, Problem.TOO_MANY_ROWS),
    "a long cell": (csv_of(HEADER, ["K" * 501, *ANN[1:]]), Problem.CELL_TOO_LONG),
    "one long line": (b'team,e-mail\n"' + b"a" * 900_000, Problem.NOT_CSV),
    "gzip": (gzip.compress(csv_of(HEADER, ANN)), Problem.NOT_A_TABLE),
    "bzip2": (bz2.compress(csv_of(HEADER, ANN) * 99), Problem.NOT_A_TABLE),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), Problem.NOT_A_TABLE),
    "UTF-16 without mark": (csv_of(HEADER, ANN).decode().encode("utf-16-le"), Problem.NOT_A_TABLE),
    "a cut workbook": (PLAIN[: len(PLAIN) // 2], Problem.NOT_A_WORKBOOK),
    "a zip of something else": (_zip({"roster.csv": csv_of(HEADER, ANN)}), Problem.NOT_A_WORKBOOK),
    "an empty sheet": (workbook_of(), Problem.NOBODY),
    "a bomb": (_with_part(PLAIN, SHEET, lambda xml: bytes(100_000_000)), Problem.WORKBOOK_TOO_LARGE),
    "a bomb beside": (
        _with_part(PLAIN, "xl/media/1.png", lambda xml: bytes(100_000_000)),
        Problem.WORKBOOK_TOO_LARGE,
    ),
    "a bzip2 bomb": (_zip({SHEET: bytes(100_000_000)}, zipfile.ZIP_BZIP2), Problem.NOT_A_WORKBOOK),
    "many parts": (_zip({f"xl/{number}": b"" for number in range(5_000)}), Problem.WORKBOOK_TOO_LARGE),
    "many styles": (
        _with_part(PLAIN, "xl/styles.xml", lambda xml: b"<styleSheet>" + b"<xf/>" * 600_000),
        Problem.WORKBOOK_TOO_LARGE,
    ),
    "entities": (_with_part(PLAIN, SHEET, lambda xml: ENTITIES + xml), Problem.NOT_A_WORKBOOK),
    "a far row": (_with_part(PLAIN, SHEET, lambda xml: xml.replace(END, FAR_ROW)), Problem.TOO_MANY_ROWS),
    "wide": (workbook_of(["team"] * 21), Problem.TOO_MANY_COLUMNS),
    "very wide": (workbook_of(["team"] * 16_000), Problem.TOO_MANY_COLUMNS),
    "long": (workbook_of(HEADER, *[ANN] * 5_001), Problem.TOO_MANY_ROWS),
    "a number without end": (
        _with_part(PLAIN, SHEET, lambda xml: xml.replace(END, LONG_NUMBER)),
        Problem.NOT_A_WORKBOOK,
    ),
}


@pytest.mark.parametrize(("content", "problem"), HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_file_is_refused_by_one_word(content: bytes, problem: Problem) -> None:
    (mistake,) = mistakes_in(content)

    assert mistake.problem == problem


@pytest.mark.parametrize(
    "name",
    ["100,000 columns", "very wide", "a bomb", "a bomb beside", "a bzip2 bomb", "many styles", "entities"],
)
def test_a_hostile_file_takes_little_memory(name: str) -> None:
    tracemalloc.start()
    mistakes_in(HOSTILE[name][0])
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 64_000_000


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda self, part: opened.append(part))

    problems_in(HOSTILE["a bomb"][0])

    assert opened == []


def test_empty_rows_are_given_up_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed."""
    looked_at: list[str] = []
    monkeypatch.setattr(roster_file, "bare_cell", lambda text: looked_at.append(text) or text)

    problems_in(HOSTILE["a far row"][0])

    assert len(looked_at) <= roster_file.MAXIMUM_LINES * (roster_file.MAXIMUM_COLUMNS + 1)


def told(reader: Callable[[Any], Sequence[Any]], given: bytes | str) -> Sequence[Any]:
    """What is read, or else what is wrong; any other exception fails the test."""
    try:
        return reader(given)
    except RosterFileError as refused:
        return refused.mistakes


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_mistakes(content: bytes) -> None:
    for beginning in (b"", b"team,e-mail,role\n", b"PK\x03\x04"):
        assert told(lambda file: read(file).rows, beginning + content)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(st.text(max_size=30), max_size=6), max_size=6), st.sampled_from(",;\t"))
def test_any_table_is_rows_or_mistakes(table: list[list[str]], separator: str) -> None:
    content = "\n".join(separator.join(row) for row in [HEADER, *table]).encode("utf-8", "surrogatepass")

    assert told(lambda file: read(file).rows, content)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(PLAIN) - 1), st.binary(min_size=1, max_size=8))
def test_a_damaged_workbook_is_rows_or_mistakes(place: int, damage: bytes) -> None:
    assert told(lambda file: read(file).rows, PLAIN[:place] + damage + PLAIN[place + len(damage) :])


# --- Addresses --------------------------------------------------------------------------------

LOCAL = st.text("abcXYZ019.-_+'\"@ é", max_size=12)
DOMAIN = st.text("abcXYZ019.-_üß漢@ ", max_size=20)


@settings(max_examples=300, deadline=None)
@given(st.builds("{}@{}".format, LOCAL, DOMAIN) | st.text(max_size=40))
def test_an_address_is_one_for_django_too(text: str) -> None:
    if roster_file.is_address(text):
        validate_email(text)


@pytest.mark.parametrize("text", ["ann@example.org", "a.b+c@x-y.example.co", "ann@bücher.example"])
def test_these_are_addresses(text: str) -> None:
    assert roster_file.is_address(text)


@pytest.mark.parametrize(
    "text",
    " ann ann@ @example.org ann@example a,b@example.org ann@-x.org ann.@x.org ann@x..org".split(" "),
)
def test_these_are_none(text: str) -> None:
    assert not roster_file.is_address(text)


ANN_SMITH, BOB = Person("Ann Smith", "ann@x.org"), Person("", "bob@x.org")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann Smith <ann@x.org>, bob@x.org", [ANN_SMITH, BOB]),
        ("Ann Smith <ann@x.org>; bob@x.org;", [ANN_SMITH, BOB]),
        ("Ann Smith <Ann@X.org>\r\nbob@x.org\r\n\r\n", [ANN_SMITH, BOB]),
        ('"Ann Smith" <ann@x.org>,<bob@x.org>', [ANN_SMITH, BOB]),
        ("'Ann Smith'<ann@x.org>\nbob@x.org <mailto:bob@x.org>", [ANN_SMITH, BOB]),
        ("Ann Smith\tann@x.org\n'bob@x.org' <bob@x.org>", [ANN_SMITH, BOB]),
        ("Smith, Ann <ann@x.org>; bob@x.org", [Person("Smith, Ann", "ann@x.org"), BOB]),
        ('"Smith; Ann" <ann@x.org>, bob@x.org', [Person("Smith; Ann", "ann@x.org"), BOB]),
        ("bob@x.org, BOB@x.org, Bob <bob@x.org>", [BOB]),
    ],
)
def test_addresses_are_read_as_mail_programs_copy_them(text: str, expected: list[Person]) -> None:
    assert read_addresses(text) == expected


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("ann@x.org, bobx.org", ["bobx.org"]),
        ("bobx.org, ann@x.org", ["bobx.org"]),
        ("Ann Smith\nann@x.org\nBob <bob>", ["Ann Smith", "Bob <bob>"]),
        ("ann@x.org bob@x.org", ["ann@x.org bob@x.org"]),
        ("Ann <ann@x.org> (work)", ["Ann <ann@x.org> (work)"]),
    ],
)
def test_what_is_no_address_is_named(text: str, given: list[str]) -> None:
    with pytest.raises(RosterFileError) as refused:
        read_addresses(text)

    assert [mistake.given for mistake in refused.value.mistakes] == given


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200) | st.text("ab@.,;<>\"' \n", max_size=200))
def test_any_text_is_people_or_mistakes(text: str) -> None:
    found = told(read_addresses, text)

    assert found
    assert all(isinstance(entry, Mistake) or roster_file.is_address(entry.email) for entry in found)
