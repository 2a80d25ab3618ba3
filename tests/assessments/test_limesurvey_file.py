"""LimeSurvey's exports: read by a mapping, and nothing read that it does not name."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.answers_file import AnswersFile, AnswersFileError, Column, Mistake, Problem, Row
from assessments.instrument import Instrument
from assessments.limesurvey_file import MAXIMUM_MAPPING, PERSONAL, read_export, read_mapping
from assessments.yaml_file import YamlFileError
from tests.instruments import make_instrument

ROOT = Path(__file__).parent.parent.parent
INSTRUMENT = make_instrument({"practice": {"c": 2}})
MAPPING = """\
team_column: G01Q01
teams:
  A1: Kestrel
answers: {A1: 1, A2: 2, A3: 3, A4: 4, A5: 5, A6: 6, A7: 7, A8: dk, "-oth-": skipped}
statements:
  c_1: G02Q01[SQ001]
  c_2: G02Q01[SQ002]
key_metrics:
  lead_time:
    column: G03Q01
    answers: {AO01: 6, AO02: 5}
"""
SUBMITTED = "1980-01-01 00:00:00"
HEADINGS = [
    "id",
    "submitdate",
    "lastpage",
    "startlanguage",
    "seed",
    "token",
    "startdate",
    "ipaddr",
    "G01Q01",
    "G02Q01[SQ001]",
    "G02Q01[SQ002]",
    "G03Q01",
    "G04Q01",
]


def response(team: str, *answers: str, submitted: str = SUBMITTED, remark: str = "") -> list[str]:
    about = ["7", submitted, "4", "en", "123", "s3cret-t0ken", "2025-03-01 09:00:00", "192.0.2.7"]
    return [*about, team, *answers, remark]


def export_of(*responses: list[str], headings: list[str] = HEADINGS, separator: str = ",") -> bytes:
    """As LimeSurvey writes it: a byte order mark, everything quoted, an empty line at the end."""
    rows = [headings, *responses]
    quoted = [separator.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    return ("\ufeff" + "".join(f"{row}\r\n" for row in quoted) + "\r\n").encode()


def read(content: bytes, mapping: str = MAPPING, most: int | None = None) -> AnswersFile:
    found = read_mapping(mapping.encode(), "map.yaml", INSTRUMENT)
    return read_export(io.BytesIO(content), found, most)


def mistakes_in(content: bytes, mapping: str = MAPPING) -> list[Mistake]:
    with pytest.raises(AnswersFileError) as refused:
        read(content, mapping)
    return list(refused.value.mistakes)


# --- What is read -----------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_responses_are_read_by_the_mapping(separator: str) -> None:
    found = read(
        export_of(
            response("A1", "A6", "A8", "AO02", remark='Good, "fast";\nand more'),
            response("Wren", "", "N/A", ""),
            response("A1", "-oth-", "A1", "AO01"),
            separator=separator,
        )
    )

    assert found.rows == (
        Row(2, "Kestrel", {"c_1": 6, "c_2": "dk", "lead_time": 5}),
        Row(3, "Wren", {}),
        Row(4, "Kestrel", {"c_2": 1, "lead_time": 6}),
    )


def test_columns_that_are_not_named_are_told_by_their_headings_and_nothing_else() -> None:
    found = read(export_of(response("A1", "A6", "A8", "AO02", remark="Tea")))

    assert found.ignored == (
        "id", "lastpage", "startlanguage", "seed", "token", "startdate", "ipaddr", "G04Q01",
    )  # fmt: skip
    for secret in ("s3cret-t0ken", "192.0.2.7", "2025-03-01", SUBMITTED, "Tea"):
        assert secret not in repr(found)


def test_incomplete_responses_do_not_count_unless_the_mapping_says_so() -> None:
    content = export_of(response("A1", "A6", "A6", ""), response("A1", "A2", "", "", submitted=""))

    assert [
        (len(found.rows), found.left_out)
        for found in (read(content), read(content, MAPPING + "incomplete: true\n"))
    ] == [(1, 1), (2, 0)]


def test_what_an_incomplete_response_says_is_not_even_checked() -> None:
    found = read(export_of(response("A1", "A6", "A6", ""), response("", "nonsense", "", "", submitted="")))

    assert (len(found.rows), found.left_out) == (1, 1)


def test_all_responses_may_be_of_one_team() -> None:
    found = read(
        export_of(response("?", "A6", "A6", "")),
        MAPPING.replace("team_column: G01Q01\nteams:\n  A1: Kestrel\n", "team_name: Wren\n"),
    )

    assert [row.team for row in found.rows] == ["Wren"]


def test_codes_with_underscores_and_full_answers_are_only_other_names() -> None:
    mapping = """\
team_column: G01Q01
answers: {Somewhat agree: 5, "I don't know": dk}
statements:
  c_1: G02Q01_SQ001
"""
    headings = [heading.replace("[", "_").replace("]", "") for heading in HEADINGS]
    found = read(export_of(response("Kestrel", "Somewhat agree", "whatever", ""), headings=headings), mapping)

    assert found.rows == (Row(2, "Kestrel", {"c_1": 5}),)


def test_without_codes_answers_are_as_in_a_spreadsheet_of_our_own() -> None:
    mapping = 'team_column: G01Q01\nstatements: {c_1: "G02Q01[SQ001]", c_2: "G02Q01[SQ002]"}\n'

    assert read(export_of(response("A", "7", "dk", "")), mapping).rows[0].answers == {"c_1": 7, "c_2": "dk"}
    assert [mistake.problem for mistake in mistakes_in(export_of(response("A", "8", "A1", "")), mapping)] == [
        Problem.UNKNOWN_CODE
    ] * 2


def test_a_statement_may_have_codes_of_its_own() -> None:
    own = '  c_2: {column: "G02Q01[SQ002]", answers: {A1: 7, A7: 1}}'
    found = read(export_of(response("A1", "A1", "A1", "")), MAPPING.replace("  c_2: G02Q01[SQ002]", own))

    assert found.rows[0].answers == {"c_1": 1, "c_2": 7}


def test_the_mapping_in_the_documentation_is_good(accelerate: Instrument) -> None:
    text = (ROOT / "docs" / "imports.md").read_text(encoding="utf-8")
    example = text.partition("```yaml\n")[2].partition("```")[0]
    found = read_mapping(example.encode(), "imports.md", accelerate)

    assert isinstance(found.team, Column)
    assert (found.team.name, found.teams["A2"], found.incomplete) == ("G01Q01", "Wren", False)
    assert {column.key: column.cells["A1"] for column in found.columns} == {
        "version_control_settings": 1,
        "version_control_rebuild": 1,
        "version_control_history": 7,
        "lead_time": 6,
    }


# --- Mistakes in the export -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (export_of(response("A1", "A9", "A1", "")), Mistake(Problem.UNKNOWN_CODE, 2, "G02Q01[SQ001]", "A9")),
        (export_of(response("A1", "6", "A1", "")), Mistake(Problem.UNKNOWN_CODE, 2, "G02Q01[SQ001]", "6")),
        (export_of(response("A1", "", "", "A1")), Mistake(Problem.UNKNOWN_CODE, 2, "G03Q01", "A1")),
        (export_of(response("", "A1", "A1", "")), Mistake(Problem.NO_TEAM, 2, "G01Q01")),
        (export_of(response("A1", "A1", "A1", "")[:-1]), Mistake(Problem.CELLS, 2, given="12", other="13")),
        (export_of(), Mistake(Problem.NO_ANSWERS)),
        (export_of(response("A1", "A1", "A1", "", submitted="")), Mistake(Problem.NO_ANSWERS)),
        (export_of([""] * len(HEADINGS)), Mistake(Problem.NO_ANSWERS)),  # of a survey that nobody answered
        (
            export_of(headings=[heading.replace("SQ002", "SQ003") for heading in HEADINGS]),
            Mistake(Problem.NOT_EXPORTED, 1, "G02Q01[SQ002]"),
        ),
        (
            export_of(headings=[*HEADINGS, "G03Q01"]),
            Mistake(Problem.COLUMN_TWICE, 1, "G03Q01"),
        ),
        (
            export_of(headings=[heading for heading in HEADINGS if heading != "submitdate"]),
            Mistake(Problem.NOT_COMPLETE, 1, "submitdate"),
        ),
        (b"PK\x03\x04" + bytes(99), Mistake(Problem.NOT_A_TABLE)),
        (b"", Mistake(Problem.NO_HEADER)),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_its_place(content: bytes, expected: Mistake) -> None:
    assert mistakes_in(content) == [expected]


def test_as_many_rows_as_may_be_and_no_more() -> None:
    content = export_of(*[response("A1", "A6", "A6", "")] * 4)

    assert len(read(content, most=4).rows) == 4
    with pytest.raises(AnswersFileError) as refused:
        read(content, most=3)
    assert refused.value.mistakes == (Mistake(Problem.TOO_MANY_ROWS),)


# --- Mistakes in the mapping ------------------------------------------------------------------


def changed(old: str, new: str) -> str:
    assert old in MAPPING
    return MAPPING.replace(old, new)


@pytest.mark.parametrize(
    ("mapping", "line", "reason"),
    [
        ("", 1, "the file is empty"),
        ("- a", 1, "expected the fields statements"),
        ("answers: {A1: 1}", 1, "'statements' is missing"),
        ("[" * 3000, 1, "this is not valid YAML"),
        (changed("team_column: G01Q01\n", ""), 1, "expected either team_column or"),
        (changed("teams:\n", "team_name: Wren\nteams:\n"), 1, "expected either team_column or"),
        (changed("team_column: G01Q01", "team_name: Wren"), 3, "there is none"),
        (changed("team_column: G01Q01", "team_column: [a]"), 1, "expected a single value"),
        (changed("  A1: Kestrel", "  A1:"), 3, "expected a text"),
        (changed("A8: dk", "A8: 8"), 4, "expected 1 to 7, dk or skipped"),
        (changed("A8: dk", "A8: true"), 4, "expected 1 to 7, dk or skipped"),
        (changed("A8: dk", "A1: dk"), 4, "'A1' is given twice"),
        (changed("c_2: G02Q01[SQ002]", "c_9: G02Q01[SQ002]"), 7, "'c_9' is not asked by test 1"),
        (changed("c_2: G02Q01[SQ002]", "lead_time: G02Q01[SQ002]"), 7, "'lead_time' is not asked"),
        (changed("c_2: G02Q01[SQ002]", "c_1: G02Q01[SQ002]"), 7, "'c_1' is given twice"),
        (changed("c_2: G02Q01[SQ002]", "c_2: G02Q01[SQ001]"), 7, "the column 'G02Q01[SQ001]' is named twice"),
        (changed("c_2: G02Q01[SQ002]", "c_2: G01Q01"), 7, "the column 'G01Q01' is named twice"),
        (changed("c_2: G02Q01[SQ002]", "c_2: 12"), 7, "expected a text"),
        (changed("c_2: G02Q01[SQ002]", "c_2: {code: x}"), 7, "'code' is not known here"),
        (changed("  c_1: G02Q01[SQ001]\n  c_2: G02Q01[SQ002]\n", "  {}\n"), 6, "at least one statement"),
        (changed("AO01: 6", "AO01: 7"), 11, "expected 1 to 6, dk or skipped"),
        (MAPPING + "incomplete: maybe\n", 12, "expected true or false"),
        (MAPPING + "tokens: yes\n", 12, "'tokens' is not known here"),
        (MAPPING + 'incomplete: !!int ""\n', 12, "expected true or false"),
        (MAPPING + "incomplete: !!bool maybe\n", 12, "expected true or false"),
        (MAPPING + "incomplete: !!timestamp now\n", 12, "expected true or false"),
        (changed("A8: dk", f"A8: 1{':59' * 300}.0"), 4, "expected 1 to 7, dk or skipped"),
        (MAPPING + 'more: "\\U00110000"\n', 1, "this is not valid YAML"),
    ],
)
def test_a_mistake_in_the_mapping_is_told_with_its_line(mapping: str, line: int, reason: str) -> None:
    with pytest.raises(YamlFileError) as refused:
        read_mapping(mapping.encode(), "map.yaml", INSTRUMENT)

    assert str(refused.value).startswith(f"map.yaml, line {line}: ")
    assert reason in str(refused.value)


@pytest.mark.parametrize("column", sorted(PERSONAL))
@pytest.mark.parametrize("place", ["team_column: G01Q01", "c_2: G02Q01[SQ002]", "column: G03Q01"])
def test_no_mapping_reads_who_answered_or_when(column: str, place: str) -> None:
    name = place.partition(":")[0]
    with pytest.raises(YamlFileError, match="tells who answered or when"):
        read_mapping(changed(place, f"{name}: {column.upper()}").encode(), "map.yaml", INSTRUMENT)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a: \xff", "line 1: this is not text in UTF-8"),
        (MAPPING.encode("utf-16"), "this is not text in UTF-8"),
        (b"#" * (MAXIMUM_MAPPING + 1), "no mapping"),
        (b"a: \0", "this is not valid YAML"),
        (b"statements: !!python/object/apply:os.system [ls]", "expected"),
    ],
)
def test_a_file_that_is_no_mapping_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(YamlFileError, match=reason):
        read_mapping(content, "map.yaml", INSTRUMENT)


def test_a_bomb_of_aliases_is_refused_at_once() -> None:
    bomb = "a: &a {x: 1}\n" + "".join(
        f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefghij", "bcdefghijk", strict=True)
    )
    with pytest.raises(YamlFileError, match="'a' is not known here"):
        read_mapping((bomb + MAPPING).encode(), "map.yaml", INSTRUMENT)


words = st.sampled_from(
    [
        "team_column",
        "team_name",
        "teams",
        "answers",
        "statements",
        "c_1",
        "column",
        ": ",
        "\n",
        "\n  ",
        "{",
        "}",
        "[",
        "A1",
        "1",
        "dk",
        "- ",
        "&a ",
        "*a",
        '"',
    ]
)


def outcome(mapping: bytes, content: bytes) -> Any:
    """What is read, or why it is refused; any other exception fails the test."""
    try:
        return read_export(io.BytesIO(content), read_mapping(mapping, "map.yaml", INSTRUMENT))
    except (YamlFileError, AnswersFileError) as refused:
        return refused


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200), st.lists(words, max_size=40).map(lambda parts: "".join(parts).encode())
    )
)
def test_any_mapping_is_read_or_refused(mapping: bytes) -> None:
    assert outcome(mapping, export_of(response("A1", "A6", "A6", "")))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_any_export_is_read_or_refused(content: bytes, below_a_header: bool) -> None:
    assert outcome(MAPPING.encode(), (export_of() if below_a_header else b"") + content)
