"""Answers out of spreadsheets: responses, or every mistake by its place; never anything else."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.answers_file import (
    LINES_A_ROW,
    MAXIMUM_ROWS,
    MISTAKES_KEPT,
    AnswersFileError,
    Mistake,
    Problem,
    Row,
    pack,
    read_answers,
    scales_of,
    unpack,
)
from tests.instruments import make_instrument

INSTRUMENT = make_instrument({"practice": {"c": 4}})
KEYS = list(scales_of(INSTRUMENT))
HEADER = "team,c_1,c_2,c_3,c_4"


def lines(*rows: str) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode()


def read(content: bytes) -> list[Row]:
    return list(read_answers(io.BytesIO(content), INSTRUMENT, MAXIMUM_ROWS))


def mistakes_in(content: bytes) -> list[Mistake]:
    with pytest.raises(AnswersFileError) as refused:
        read(content)
    return list(refused.value.mistakes)


# --- What is read -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        lines("\ufeffteam,c_1,c_2,c_3,c_4", "A,6,5,6,6"),
        lines("team;c_1;c_2;c_3;c_4", "A;6;5;6;6"),
        lines("team\tc_1\tc_2\tc_3\tc_4", "A\t6\t5\t6\t6"),
        lines(" Team , C_1,c_2,c_3,c_4 ", " A , 6 ,5,6,6"),
        lines('"team","c_4","c_3","c_2","c_1"', '"A","6","6","5","6"'),
        b"team,c_1,c_2,c_3,c_4\r\nA,6,5,6,6\r\n\r\n,,,,\r\n",
    ],
    ids=["bom", "semicolons", "tabs", "spaces and capitals", "quotes, other order", "Windows, empty rows"],
)
def test_ways_of_writing_the_same(content: bytes) -> None:
    assert read(content) == [Row(2, "A", {"c_1": 6, "c_2": 5, "c_3": 6, "c_4": 6})]


def test_skipped_is_not_stored_and_dont_know_is() -> None:
    (row,) = read(lines(f"{HEADER},lead_time", "A,7,dk,,DK,6"))

    assert row.answers == {"c_1": 7, "c_2": "dk", "c_4": "dk", "lead_time": 6}


def test_a_row_without_answers_is_still_a_response() -> None:
    assert read(lines(HEADER, "A,,,,")) == [Row(2, "A", {})]


answers = st.fixed_dictionaries(
    {},
    optional={
        key: st.one_of(st.just("dk"), st.sampled_from(scale.values))
        for key, scale in scales_of(INSTRUMENT).items()
    },
)


@settings(deadline=None)
@given(answers)
def test_what_is_packed_is_unpacked(given: dict[str, int | str]) -> None:
    packed = pack(given, KEYS)

    assert len(packed) == len(KEYS)
    assert unpack(packed, KEYS) == given


# --- Mistakes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", Mistake(Problem.NO_HEADER)),
        (lines("", HEADER), Mistake(Problem.NO_HEADER)),
        (lines(",,", HEADER), Mistake(Problem.NO_HEADER)),
        (lines(HEADER), Mistake(Problem.NO_ANSWERS)),
        (lines(HEADER, "", ",,,,"), Mistake(Problem.NO_ANSWERS)),
        (lines("team,mood,c_1", "A,1,6"), Mistake(Problem.UNKNOWN_COLUMN, 1, "mood", "test 1")),
        (lines("team,c_1,C_1", "A,6,6"), Mistake(Problem.COLUMN_TWICE, 1, "c_1")),
        (lines("team,c_1,", "A,6,6"), Mistake(Problem.NO_NAME, 1, "3")),
        (lines("c_1,c_2", "6,6"), Mistake(Problem.NO_TEAM_COLUMN, 1, "team")),
        (lines("team,lead_time", "A,6"), Mistake(Problem.NO_STATEMENT, 1)),
        (lines(HEADER, "A,6,8,6,6"), Mistake(Problem.NOT_AN_ANSWER, 2, "c_2", "8", "1–7")),
        (lines(HEADER, "A,6,6,6,6", "", "A,6,6,6,x"), Mistake(Problem.NOT_AN_ANSWER, 4, "c_4", "x", "1–7")),
        (lines(HEADER, "A,0,6,6,6"), Mistake(Problem.NOT_AN_ANSWER, 2, "c_1", "0", "1–7")),
        (lines(HEADER, "A,5.5,6,6,6"), Mistake(Problem.NOT_AN_ANSWER, 2, "c_1", "5.5", "1–7")),
        (lines("team,c_1,lead_time", "A,6,7"), Mistake(Problem.NOT_AN_ANSWER, 2, "lead_time", "7", "1–6")),
        (lines(HEADER, ",6,6,6,6"), Mistake(Problem.NO_TEAM, 2, "team")),
        (lines(HEADER, f"{'a' * 101},6,6,6,6"), Mistake(Problem.TEAM_TOO_LONG, 2, "team", "a" * 60)),
        (lines(HEADER, "A\u202e,6,6,6,6"), Mistake(Problem.TEAM_NOT_SHOWABLE, 2, "team")),
        (lines(HEADER, "A,6,6,6"), Mistake(Problem.CELLS, 2, given="4", other="5")),
        (lines(HEADER, "A,6,6,6,6,6"), Mistake(Problem.CELLS, 2, given="6", other="5")),
        (lines(HEADER, '"A,6,6,6,6'), Mistake(Problem.NOT_CSV, 2)),
        (lines(HEADER).replace(b"\n", b"\r") + b"A,6,6,6,6", Mistake(Problem.NOT_CSV, 1)),
        (lines(HEADER) + b"J\xe4ger,6,6,6,6\n", Mistake(Problem.NOT_UTF8, 2)),
    ],
)
def test_a_mistake_is_named_by_its_place(content: bytes, expected: Mistake) -> None:
    assert mistakes_in(content) == [expected]


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    found = mistakes_in(lines(HEADER, ",6,9,6,x", "A,6,6,6,6", "A,6", "\u202e,dk,dk,dk,0"))

    assert [(mistake.row, mistake.problem, mistake.column) for mistake in found] == [
        (2, Problem.NO_TEAM, "team"),
        (2, Problem.NOT_AN_ANSWER, "c_2"),
        (2, Problem.NOT_AN_ANSWER, "c_4"),
        (4, Problem.CELLS, ""),
        (5, Problem.TEAM_NOT_SHOWABLE, "team"),
        (5, Problem.NOT_AN_ANSWER, "c_4"),
    ]


def test_nothing_comes_out_after_the_first_mistake() -> None:
    found = read_answers(io.BytesIO(lines(HEADER, "A,6,6,6,6", "A,9,6,6,6", "A,6,6,6,6")), INSTRUMENT)

    assert next(found).number == 2
    with pytest.raises(AnswersFileError):
        next(found)


def test_the_first_mistakes_are_kept_and_the_others_counted() -> None:
    with pytest.raises(AnswersFileError) as refused:
        read(lines(HEADER, *["A,9,9,9,9"] * 20))

    assert (len(refused.value.mistakes), refused.value.more) == (MISTAKES_KEPT, 80 - MISTAKES_KEPT)


def test_a_cell_of_many_lines_does_not_shift_the_numbers_of_rows() -> None:
    (mistake,) = mistakes_in(lines(HEADER, '"A\nB",6,6,6,6', "A,9,6,6,6"))

    assert mistake.row == 3


# --- Hostile files ----------------------------------------------------------------------------


def zipped(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", content)
    return buffer.getvalue()


GOOD = lines(HEADER, "A,6,6,6,6")
HOSTILE = {
    "100,000 columns": (b"team," * 30_000 + b"\n", Problem.TOO_MANY_COLUMNS),
    "a million columns": (b"team," * 1_000_000, Problem.LINE_TOO_LONG),
    "one long line": (b"team,c_1\n" + b"a" * 4_900_000, Problem.LINE_TOO_LONG),
    "a cell of many lines": (b'team,c_1\n"' + b"a\n" * 2_400_000, Problem.NOT_CSV),
    "a row of many lines": (b"team,c_1\n" + b'"\n",' * 1_000_000, Problem.TOO_MANY_ROWS),
    "too many rows": (GOOD * 5_001, Problem.TOO_MANY_ROWS),
    "a million empty rows": (GOOD + b"\n" * 4_900_000, Problem.TOO_MANY_ROWS),
    "NUL": (GOOD.replace(b"A", b"A\0"), Problem.NOT_A_TABLE),
    "UTF-16": (GOOD.decode().encode("utf-16"), Problem.NOT_UTF8),
    "UTF-16 without mark": (GOOD.decode().encode("utf-16-le"), Problem.NOT_A_TABLE),
    "a workbook": (zipped(bytes(50_000_000)), Problem.NOT_A_TABLE),
    "gzip": (gzip.compress(GOOD), Problem.NOT_UTF8),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), Problem.NOT_UTF8),
    "surrogates": (b"team,c_1\n\xed\xa0\x80,6\n", Problem.NOT_UTF8),
}


@pytest.mark.parametrize(("content", "problem"), HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_file_is_refused_by_one_word_in_little_memory(content: bytes, problem: Problem) -> None:
    tracemalloc.start()
    (mistake,) = mistakes_in(content)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert mistake.problem == problem
    assert peak < 50_000_000


def test_a_hostile_file_is_given_up_after_its_first_lines() -> None:
    """Counted, not timed."""
    taken: list[int] = []

    def counted(content: Iterable[bytes]) -> Iterable[bytes]:
        for line in content:
            taken.append(len(line))
            yield line

    for name in ("a million columns", "one long line", "a million empty rows", "too many rows"):
        taken.clear()
        with pytest.raises(AnswersFileError):
            list(read_answers(counted(io.BytesIO(HOSTILE[name][0])), INSTRUMENT, MAXIMUM_ROWS))
        assert len(taken) <= LINES_A_ROW * MAXIMUM_ROWS + 1, name


def test_a_line_may_be_long() -> None:
    assert read(lines("team,c_1", "A," + " " * 100_000 + "6"))[0].answers == {"c_1": 6}


def told(content: bytes) -> Sequence[Row | Mistake]:
    """What is read, or else what is wrong; any other exception fails the test."""
    try:
        return read(content)
    except AnswersFileError as refused:
        return refused.mistakes


pieces = st.sampled_from(
    ["team", "c_1", "c_2", "lead_time", "A", "6", "dk", "9", ",", ";", "\t", "\n", '"', " ", "\r", "é"]
)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300), st.lists(pieces, max_size=60).map(lambda parts: "".join(parts).encode())
    )
)
def test_any_bytes_are_responses_or_mistakes(content: bytes) -> None:
    found = told(content)

    assert found
    assert all(isinstance(each, Mistake) or (each.team and set(each.answers) <= set(KEYS)) for each in found)
