"""Answers that were given elsewhere, out of a spreadsheet: responses, or every mistake by its place.

The format: a row per response, its team in the column ``team``, and a column for each statement
or key metric, named by its key. An empty cell is a skipped question, ``dk`` is *don't know*; a
statement or metric without a column was skipped by everybody. CSV in UTF-8. A mistake is a code
and not a sentence: its words stand where they can be translated.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import chain
from typing import NamedTuple, NoReturn

from .instrument import Instrument
from .scale import DONT_KNOW, Answer, InvalidAnswer, Scale
from .texts import is_showable

MAXIMUM_BYTES = 5_000_000
MAXIMUM_ROWS = 5_000
"""Of what is uploaded; a file on the server may have any number of rows."""

LINES_A_ROW = 20
"""Lines that a row may take on average: remarks have several, and empty ones count."""

MAXIMUM_COLUMNS = 1_000
MAXIMUM_LINE = 200_000
"""Bytes of a line. A longer one is no row of answers, and would swell when it is cut into cells."""

ARCHIVE = b"PK\x03\x04"
"""With this begins every zip file, and so every Excel workbook."""

MISTAKES_KEPT = 50
TEAM = "team"
TEAM_LENGTH = 100
GIVEN_LENGTH = 60  # of a cell, where a mistake repeats it


class Problem(Enum):
    """What can be wrong with a file of answers."""

    # with the file
    TOO_LARGE = auto()
    NOT_A_TABLE = auto()
    NOT_UTF8 = auto()
    NOT_CSV = auto()
    LINE_TOO_LONG = auto()
    TOO_MANY_ROWS = auto()
    TOO_MANY_COLUMNS = auto()
    NO_HEADER = auto()
    NO_ANSWERS = auto()
    # with a column
    NO_NAME = auto()
    UNKNOWN_COLUMN = auto()
    COLUMN_TWICE = auto()
    NO_TEAM_COLUMN = auto()
    NO_STATEMENT = auto()
    NOT_EXPORTED = auto()
    NOT_COMPLETE = auto()
    # with a row
    CELLS = auto()
    NOT_AN_ANSWER = auto()
    UNKNOWN_CODE = auto()
    NO_TEAM = auto()
    TEAM_TOO_LONG = auto()
    TEAM_NOT_SHOWABLE = auto()
    # with what is there already
    UNKNOWN_TEAM = auto()
    TEAM_NOT_UNIQUE = auto()


@dataclass(frozen=True)
class Mistake:
    """What is wrong, and where: the row as a spreadsheet program counts (0: all of it), and the column."""

    problem: Problem
    row: int = 0
    column: str = ""
    given: str = ""
    other: str = ""


class AnswersFileError(ValueError):
    """A file that cannot be read. It carries the first mistakes, and the number of all others."""

    def __init__(self, mistakes: Iterable[Mistake], more: int = 0) -> None:
        super().__init__("the file has mistakes")
        self.mistakes = tuple(mistakes)
        self.more = more


class Mistakes:
    """The first mistakes of a file, and how many there are."""

    def __init__(self) -> None:
        self.first: list[Mistake] = []
        self.number = 0

    def add(self, problem: Problem, row: int = 0, column: str = "", given: str = "", other: str = "") -> None:
        """Note what is wrong; a long text is cut off."""
        if self.number < MISTAKES_KEPT:
            cut = [text[:GIVEN_LENGTH] for text in (column, given, other)]
            self.first.append(Mistake(problem, row, *cut))
        self.number += 1

    def refuse(self) -> None:
        """Raise AnswersFileError if anything was wrong."""
        if self.number:
            raise AnswersFileError(self.first, self.number - len(self.first))


def refuse(problem: Problem, row: int = 0, column: str = "", given: str = "", other: str = "") -> NoReturn:
    """Raise AnswersFileError for one thing, after which there is no going on."""
    found = Mistakes()
    found.add(problem, row, column, given, other)
    raise AnswersFileError(found.first)


class Row(NamedTuple):
    """A response: where it stands, whose it is, and its answers without skipped questions."""

    number: int
    team: str
    answers: dict[str, Answer]


@dataclass(frozen=True)
class AnswersFile:
    """What a file holds: its responses, the columns that were not read, the incomplete ones left out."""

    rows: tuple[Row, ...]
    ignored: tuple[str, ...] = ()
    left_out: int = 0


Cells = Mapping[str, Answer | None]
"""What each text of a cell means. Raises InvalidAnswer for a text without a meaning."""


class Column(NamedTuple):
    """Where a question's answers stand, under which heading, and what they mean."""

    key: str
    name: str
    at: int
    cells: Cells


class ScaleCells(dict[str, Answer | None]):
    """What a cell means on a scale. Each text is read once, however often it occurs."""

    def __init__(self, scale: Scale) -> None:
        super().__init__()
        self.scale = scale

    def __missing__(self, text: str) -> Answer | None:
        """Raises InvalidAnswer."""
        answer = self[text] = self.scale.parse(text)
        return answer


# --- Rows -------------------------------------------------------------------------------------


def read_table(lines: Iterable[bytes], most: int | None = None) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of every row that has anything in it; the first is row 1, the header.

    Raises AnswersFileError for what is no CSV, or has more than ``most`` rows below its header.
    """
    texts = _decoded(lines, most)
    first = next(texts, "")
    if not first.strip():
        refuse(Problem.NO_HEADER)
    outside = re.sub(r'"[^"]*"', "", first)  # a heading may be a whole question, with commas in it
    reader = csv.reader(chain([first], texts), delimiter=max(",;\t", key=outside.count), strict=True)
    number = found = 0
    try:
        for number, row in enumerate(reader, start=1):
            if len(row) > MAXIMUM_COLUMNS:
                refuse(Problem.TOO_MANY_COLUMNS, number)
            found += any(row)
            if most is not None and found > most + 1:
                refuse(Problem.TOO_MANY_ROWS)
            if any(row):
                yield number, row
    except csv.Error as error:
        raise AnswersFileError([Mistake(Problem.NOT_CSV, number + 1)]) from error


def _decoded(lines: Iterable[bytes], most: int | None) -> Iterator[str]:
    encoding = "utf-8-sig"  # spreadsheet programs and LimeSurvey mark their UTF-8 with a byte order mark
    for number, line in enumerate(lines, start=1):
        if most is not None and number > LINES_A_ROW * most:
            refuse(Problem.TOO_MANY_ROWS)
        if len(line) > MAXIMUM_LINE:
            refuse(Problem.LINE_TOO_LONG, number)
        if number == 1 and line.startswith(ARCHIVE):
            refuse(Problem.NOT_A_TABLE)
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError as error:
            raise AnswersFileError([Mistake(Problem.NOT_UTF8, number)]) from error
        if "\0" in text:
            refuse(Problem.NOT_A_TABLE)
        yield text
        encoding = "utf-8"


def read_header(rows: Iterator[tuple[int, list[str]]]) -> list[str]:
    """The first row of a table. Raises AnswersFileError where it is empty."""
    number, header = next(rows, (0, []))
    if number != 1:
        refuse(Problem.NO_HEADER)
    return header


def read_rows(
    rows: Iterable[tuple[int, Sequence[str]]],
    width: int,
    columns: Sequence[Column],
    team_of: Column | str,
    teams: Mapping[str, str] | None = None,
) -> Iterator[Row]:
    """The responses of a table below its header, one by one.

    ``team_of`` is the column with the teams, or the one team of all rows; ``teams`` says what a
    text in that column stands for. Mistakes are raised at the end as AnswersFileError, so nothing
    may be kept before the last response has come; after the first, only further ones are looked for.
    """
    mistakes, empty = Mistakes(), True
    for number, row in rows:
        empty = False
        if len(row) != width:
            mistakes.add(Problem.CELLS, number, given=str(len(row)), other=str(width))
            continue
        team = (
            team_of if isinstance(team_of, str) else _team(number, row[team_of.at], team_of, teams, mistakes)
        )
        try:
            given = {
                key: answer for key, _name, at, cells in columns if (answer := cells[row[at]]) is not None
            }
        except InvalidAnswer:
            _note_wrong_cells(number, row, columns, mistakes)
        if not mistakes.number:
            yield Row(number, team, given)
    mistakes.refuse()
    if empty:
        refuse(Problem.NO_ANSWERS)


def _team(number: int, cell: str, column: Column, teams: Mapping[str, str] | None, mistakes: Mistakes) -> str:
    name = " ".join(cell.split())
    name = (teams or {}).get(name, name)
    if not name:
        mistakes.add(Problem.NO_TEAM, number, column.name)
    elif len(name) > TEAM_LENGTH:
        mistakes.add(Problem.TEAM_TOO_LONG, number, column.name, name)
    elif not is_showable(name):
        mistakes.add(Problem.TEAM_NOT_SHOWABLE, number, column.name)
    return name


def _note_wrong_cells(number: int, row: Sequence[str], columns: Iterable[Column], mistakes: Mistakes) -> None:
    for _key, name, at, cells in columns:
        try:
            cells[row[at]]
        except InvalidAnswer:
            if isinstance(cells, ScaleCells):
                ends = f"{cells.scale.low}–{cells.scale.high}"
                mistakes.add(Problem.NOT_AN_ANSWER, number, name, row[at], ends)
            else:
                mistakes.add(Problem.UNKNOWN_CODE, number, name, row[at])


# --- A spreadsheet ----------------------------------------------------------------------------


def read_answers(lines: Iterable[bytes], instrument: Instrument, most: int | None = None) -> Iterator[Row]:
    """The responses of a spreadsheet, one by one, in little memory.

    ``lines`` are those of the file, as bytes. Raises AnswersFileError as :func:`read_table` and
    :func:`read_rows` do.
    """
    rows = read_table(lines, most)
    header = read_header(rows)
    columns, team = _columns(header, instrument)
    yield from read_rows(rows, len(header), columns, team)


def scales_of(instrument: Instrument) -> dict[str, Scale]:
    """The scale of every statement and key metric by its key."""
    scales = {statement.key: instrument.scale for statement in instrument.statements}
    return scales | {metric.key: metric.scale for metric in instrument.key_metrics}


def _columns(header: Sequence[str], instrument: Instrument) -> tuple[list[Column], Column]:
    """What each column is, and which one has the team. Raises AnswersFileError unless all are known."""
    scales, mistakes = scales_of(instrument), Mistakes()
    cells: dict[int, ScaleCells] = {}  # statements share theirs
    found: dict[str, Column] = {}
    for at, heading in enumerate(header):
        name = heading.strip().lower()
        if not name:
            mistakes.add(Problem.NO_NAME, 1, str(at + 1))
        elif name in found:
            mistakes.add(Problem.COLUMN_TWICE, 1, name)
        elif name == TEAM:
            found[name] = Column(name, name, at, {})
        elif name in scales:
            scale = scales[name]
            found[name] = Column(name, name, at, cells.setdefault(id(scale), ScaleCells(scale)))
        else:
            mistakes.add(
                Problem.UNKNOWN_COLUMN, 1, heading.strip(), f"{instrument.slug} {instrument.version}"
            )
    if TEAM not in found:
        mistakes.add(Problem.NO_TEAM_COLUMN, 1, TEAM)
    elif not any(statement.key in found for statement in instrument.statements):
        mistakes.add(Problem.NO_STATEMENT, 1)
    mistakes.refuse()
    team = found.pop(TEAM)
    return list(found.values()), team


# --- In one line ------------------------------------------------------------------------------

SKIPPED, UNKNOWN = "-", "d"


def pack(answers: Mapping[str, Answer], keys: Iterable[str]) -> str:
    """Answers as a text with a character for each key, in their order."""
    return "".join(
        SKIPPED if (answer := answers.get(key)) is None else UNKNOWN if answer == DONT_KNOW else str(answer)
        for key in keys
    )


def unpack(text: str, keys: Iterable[str]) -> dict[str, Answer]:
    """The way back from :func:`pack`."""
    return {
        key: DONT_KNOW if sign == UNKNOWN else int(sign)
        for key, sign in zip(keys, text, strict=True)
        if sign != SKIPPED
    }
