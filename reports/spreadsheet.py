"""Answers out of a spreadsheet, and their scores into one: no database, no server.

The format: a row per response, its team in the column ``team``, and a column for each statement
or key metric, named by its key. An empty cell is a skipped question, ``dk`` is *don't know*; a
statement or metric without a column was skipped by everybody. UTF-8, separated by commas or, as
many spreadsheet programs write it, by semicolons. What is wrong is told with row and column.
"""

from __future__ import annotations

import csv
import io
import json
import math
import signal
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import django
from django.utils.text import slugify

from assessments.instrument import Instrument
from assessments.scale import Answer, InvalidAnswer, Scale
from assessments.texts import safe_cell

TEAM = "team"
TEAM_LENGTH = 100
SLUG_LENGTH = 60  # a file's name may have 255 bytes, and a letter up to four

FIELDS = ("n", "mean", "score", "low90", "high90", "agreement", "dont_know", "shown")
"""What is told about a capability, unrounded: points 1 to 7, ``score`` 0 to 100, ``dont_know`` 0 to 1."""

Results = dict[str, dict[str, dict[str, Any]]]
"""{team: {capability key: {each of FIELDS: value}}}"""


class SpreadsheetError(ValueError):
    """A spreadsheet that cannot be scored; its text says where and why."""


# --- Reading ----------------------------------------------------------------------------------


class _Cells(dict[str, Answer | None]):
    """What a cell's text means on one scale. Each text is read once, however often it occurs."""

    def __init__(self, scale: Scale) -> None:
        super().__init__()
        self.scale = scale

    def __missing__(self, text: str) -> Answer | None:
        """Raises InvalidAnswer."""
        answer = self[text] = self.scale.parse(text)
        return answer


def read_answers(lines: Iterable[bytes], instrument: Instrument) -> Iterator[tuple[str, dict[str, Answer]]]:
    """The responses of a spreadsheet, one by one: team and answers, without skipped questions.

    ``lines`` are those of the file, as bytes. Rows are counted as a spreadsheet program shows
    them: the header is row 1. Raises SpreadsheetError as soon as something is wrong, so nothing
    may be kept before the last response has come.
    """
    rows = _rows(lines)
    number, header = next(rows, (1, []))
    names = _columns(header, instrument)
    place = names.index(TEAM)
    scales = _scales(instrument)
    columns = [(name, column, scales[name]) for column, name in enumerate(names) if name != TEAM]
    for number, row in rows:
        if len(row) != len(names):
            raise SpreadsheetError(f"row {number}: it has {len(row)} cells, and the header has {len(names)}")
        try:
            given = {key: answer for key, at, cells in columns if (answer := cells[row[at]]) is not None}
        except InvalidAnswer:
            raise _wrong_cell(number, row, columns) from None
        yield _team(number, row[place]), given
    if number == 1:
        raise SpreadsheetError("there are no answers: the file has a header and no other row")


def _scales(instrument: Instrument) -> dict[str, _Cells]:
    """The cells of every question by its key; statements share theirs."""
    common = _Cells(instrument.scale)
    cells = {statement.key: common for statement in instrument.statements}
    return cells | {metric.key: _Cells(metric.scale) for metric in instrument.key_metrics}


def _rows(lines: Iterable[bytes]) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of every row that has anything in it."""
    texts = _decoded(lines)
    first = next(texts, "")
    if not first.strip():
        raise SpreadsheetError("row 1 is empty: it has to name the columns")
    reader = csv.reader(chain([first], texts), delimiter=";" if ";" in first else ",", strict=True)
    number = 0
    try:
        for number, row in enumerate(reader, start=1):
            if any(row):
                yield number, row
    except csv.Error as error:
        raise SpreadsheetError(f"row {number + 1}: this is not CSV: {error}") from error


def _decoded(lines: Iterable[bytes]) -> Iterator[str]:
    encoding = "utf-8-sig"  # Excel marks its UTF-8 with a byte order mark
    for number, line in enumerate(lines, start=1):
        try:
            yield line.decode(encoding)
        except UnicodeDecodeError as error:
            raise SpreadsheetError(
                f"line {number} is not UTF-8 text; save the file as “CSV UTF-8”"
            ) from error
        encoding = "utf-8"


def _columns(header: Sequence[str], instrument: Instrument) -> list[str]:
    """The header's names. Raises SpreadsheetError unless each is known and there once."""
    names = [cell.strip().lower() for cell in header]
    statements = {statement.key for statement in instrument.statements}
    known = statements | {metric.key for metric in instrument.key_metrics} | {TEAM}
    for column, name in enumerate(names, start=1):
        if not name:
            raise SpreadsheetError(f"row 1: column {column} has no name")
        if name not in known:
            raise SpreadsheetError(
                f"row 1: the column {header[column - 1].strip()!r} is not known to "
                f"{instrument.slug} {instrument.version}"
            )
        if name in names[: column - 1]:
            raise SpreadsheetError(f"row 1: the column {name} is there twice")
    if TEAM not in names:
        raise SpreadsheetError(f"row 1: there is no column {TEAM}")
    if statements.isdisjoint(names):
        raise SpreadsheetError("row 1: there is no column of a statement")
    return names


def _team(number: int, cell: str) -> str:
    name = " ".join(cell.split())
    if not name:
        raise SpreadsheetError(f"row {number}: the team has no name")
    if len(name) > TEAM_LENGTH:
        raise SpreadsheetError(f"row {number}: the team's name is longer than {TEAM_LENGTH} characters")
    if not name.isprintable():
        raise SpreadsheetError(f"row {number}: the team's name has characters that cannot be shown")
    return name


def _wrong_cell(
    number: int, row: Sequence[str], columns: Iterable[tuple[str, int, _Cells]]
) -> SpreadsheetError:
    """Which cell of a row is no answer."""
    for key, at, cells in columns:
        try:
            cells[row[at]]
        except InvalidAnswer as error:
            return SpreadsheetError(f"row {number}, column {key}: {error}")
    raise AssertionError("called for a row in which every cell is an answer")


# --- Writing ----------------------------------------------------------------------------------


def results_of(table: Any) -> Results:
    """The scores of ``scoring.score_capabilities`` as plain data. What is hidden is None."""
    results: Results = {}
    for row in table.itertuples():
        told = {name: _plain(getattr(row, name)) for name in FIELDS}
        results.setdefault(row.team, {})[row.key] = told | {"n": int(row.n), "shown": bool(row.shown)}
    return results


def _plain(value: Any) -> Any:
    """A number or word as JSON knows it; pandas writes NaN where there is none."""
    if isinstance(value, str) or value is None:
        return value
    return None if math.isnan(value) else float(value)


def as_json(results: Results) -> str:
    """The results as JSON text."""
    return json.dumps(results, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def as_csv(results: Results) -> str:
    """The results as CSV, a row per team and capability; what is hidden is an empty cell."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([TEAM, "capability", *FIELDS])
    for team, capabilities in results.items():
        for key, told in capabilities.items():
            shown = "yes" if told["shown"] else "no"
            writer.writerow([safe_cell(team), key, *(told[name] for name in FIELDS[:-1]), shown])
    return "\ufeff" + buffer.getvalue()


def file_names(teams: Iterable[str]) -> dict[str, str]:
    """A file's name without its ending for every team: readable, and no two alike."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for team in teams:
        slug = slugify(team, allow_unicode=True)[:SLUG_LENGTH] or TEAM
        name, number = slug, 1
        while name in taken:
            number += 1
            name = f"{slug}-{number}"
        taken.add(name)
        names[team] = name
    return names


def start_process() -> None:
    """What a process that draws documents does first. It can be called before Django is there.

    Ctrl-C is left to the process that watches over it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    django.setup()
