"""Rosters out of spreadsheets and pasted addresses: rows, or every mistake by its name and place.

The format: a header, then a row for each person on each team. The columns ``team`` and
``e-mail`` are needed; ``group`` (a path such as ``Birds / Falcons``), ``name`` and ``role``
(lead or member) are not. CSV in UTF-8 or the first sheet of an Excel workbook. Sizes are
checked before anything is unpacked, for nobody knows where a file comes from.
A mistake is a code and not a sentence: its words stand where they can be translated.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

import openpyxl

from .tables import Table, unescaped
from .texts import bare_cell, is_showable

MAXIMUM_BYTES = 1_000_000
MAXIMUM_ROWS = 5_000
MAXIMUM_COLUMNS = 20
MAXIMUM_CELL = 500
MAXIMUM_LINES = 10 * MAXIMUM_ROWS
"""Rows with nothing in them count here."""

MAXIMUM_PARTS = 200
MAXIMUM_UNPACKED = 10_000_000
MAXIMUM_TAGS = 500_000
"""What a workbook may unpack to. A real one of 5,000 people has some 200,000 tags in 20 parts."""

COLUMNS = ("team", "group", "name", "e-mail", "role")
REQUIRED = ("team", "e-mail")
SYNONYMS = {
    "team name": "team",
    "tribe": "group",
    "department": "group",
    "full name": "name",
    "person": "name",
    "email": "e-mail",
    "mail": "e-mail",
    "e-mail address": "e-mail",
    "email address": "e-mail",
}
ROLES = {"": "", "member": "member", "team member": "member", "lead": "lead", "team lead": "lead"}
LENGTHS = {"team": 100, "group": 100, "name": 150, "e-mail": 254}
GROUP_SEPARATOR = " / "


class Problem(Enum):
    """What can be wrong with a roster."""

    # with the file
    TOO_LARGE = auto()
    NOT_A_TABLE = auto()
    NOT_UTF8 = auto()
    NOT_CSV = auto()
    NOT_A_WORKBOOK = auto()
    WORKBOOK_TOO_LARGE = auto()
    TOO_MANY_ROWS = auto()
    TOO_MANY_COLUMNS = auto()
    CELL_TOO_LONG = auto()
    NO_COLUMN = auto()
    COLUMN_TWICE = auto()
    NOBODY = auto()
    # with a row
    EXTRA_CELLS = auto()
    MISSING = auto()
    TOO_LONG = auto()
    NOT_SHOWABLE = auto()
    NOT_AN_ADDRESS = auto()
    UNKNOWN_ROLE = auto()
    TWO_ROLES = auto()
    TWO_GROUPS = auto()
    # with what is there already
    TEAM_ARCHIVED = auto()
    NAME_NOT_UNIQUE = auto()
    NAME_TAKEN = auto()
    NAME_WITHOUT_LETTERS = auto()
    GROUP_ELSEWHERE = auto()
    GROUP_IN_ITSELF = auto()


@dataclass(frozen=True)
class Mistake:
    """What is wrong, and where: the row as a spreadsheet program counts (0: all of it), and the column."""

    problem: Problem
    row: int = 0
    column: str = ""
    given: str = ""
    other: str = ""


class RosterFileError(ValueError):
    """A roster that cannot be read; it carries all mistakes that were found."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        super().__init__("the roster has mistakes")
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True)
class Row:
    """A person on a team. ``groups`` is the way to the team's group from the top.

    An empty ``groups`` or ``role`` says nothing: what there is stays.
    """

    number: int
    team: str
    groups: tuple[str, ...]
    name: str
    email: str
    role: str


@dataclass(frozen=True)
class RosterFile:
    """What a file holds: its rows, and the columns that are none of ours."""

    rows: tuple[Row, ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class Person:
    """A name and an address."""

    name: str
    email: str


def key_of(name: str) -> str:
    """What two spellings of the same team or group have in common."""
    return name.casefold()


# --- Spreadsheets -----------------------------------------------------------------------------


def read(content: bytes) -> RosterFile:
    """What a CSV file or an Excel workbook holds. Raises RosterFileError with every mistake in it."""
    if len(content) > MAXIMUM_BYTES:
        raise _refused(Problem.TOO_LARGE)
    cells = _workbook(content) if content.startswith(b"PK\x03\x04") else _csv(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl has something to say about styles and extensions
        lines = list(_within_limits(cells))
    if not lines:
        raise _refused(Problem.NOBODY)
    header = _columns(lines[0][1])
    rows: list[Row] = []
    mistakes: list[Mistake] = []
    for number, line in lines[1:]:
        row, wrong = _row(number, line, header)
        if wrong:
            mistakes += wrong
        else:
            rows.append(row)
    mistakes += _contradictions(rows)
    if mistakes:
        raise RosterFileError(sorted(mistakes, key=lambda mistake: mistake.row))
    if not rows:
        raise _refused(Problem.NOBODY)
    ignored = (name for name, column in zip(lines[0][1], header, strict=True) if name and not column)
    return RosterFile(tuple(rows), tuple(ignored))


def as_table(rows: Iterable[Row]) -> Table:
    """The rows as a table that ``read`` reads, as CSV and as a workbook; so it has no other columns."""
    cells = ((row.team, GROUP_SEPARATOR.join(row.groups), row.name, row.email, row.role) for row in rows)
    return Table("roster", {}, COLUMNS, [dict(zip(COLUMNS, each, strict=True)) for each in cells])


def _refused(problem: Problem, row: int = 0, column: str = "", given: str = "") -> RosterFileError:
    return RosterFileError([Mistake(problem, row, column, given)])


def _csv(content: bytes) -> Iterator[list[str]]:
    if b"\0" in content:
        raise _refused(Problem.NOT_A_TABLE)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(Problem.NOT_UTF8, content[: error.start].count(b"\n") + 1) from error
    first = text.lstrip("\r\n").partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise _refused(Problem.NOT_CSV, reader.line_num) from error


def _workbook(content: bytes) -> Iterator[list[str]]:
    """The cells of a workbook's first sheet."""
    try:
        _check_parts(content)
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what a sheet says of its size need not be so
        for row in sheet.iter_rows(max_col=MAXIMUM_COLUMNS + 1, values_only=True):
            yield ["" if value is None else unescaped(str(value)) for value in row]
    except RosterFileError:
        raise
    except Exception as error:  # a broken workbook breaks its reader in more ways than can be listed
        raise _refused(Problem.NOT_A_WORKBOOK) from error


def _check_parts(content: bytes) -> None:
    """Refuse what would swell; zipfile never unpacks more of a part than the part says that it holds."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
            raise _refused(Problem.NOT_A_WORKBOOK)  # no workbook has them, and they unpack without bounds
        if len(parts) > MAXIMUM_PARTS or sum(part.file_size for part in parts) > MAXIMUM_UNPACKED:
            raise _refused(Problem.WORKBOOK_TOO_LARGE)
        if sum(archive.read(part).count(b"<") for part in parts) > MAXIMUM_TAGS:
            raise _refused(Problem.WORKBOOK_TOO_LARGE)


def _within_limits(lines: Iterable[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of every line that has anything in it."""
    found = 0
    for number, line in enumerate(lines, start=1):
        if number > MAXIMUM_LINES:
            raise _refused(Problem.TOO_MANY_ROWS)
        cells = [bare_cell(" ".join(cell.split())) for cell in line]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        found += 1
        if found > MAXIMUM_ROWS + 1:
            raise _refused(Problem.TOO_MANY_ROWS)
        if len(cells) > MAXIMUM_COLUMNS:
            raise _refused(Problem.TOO_MANY_COLUMNS, number)
        if any(len(cell) > MAXIMUM_CELL for cell in cells):
            raise _refused(Problem.CELL_TOO_LONG, number)
        yield number, cells


def _columns(header: list[str]) -> list[str]:
    """What each column is; empty for one that is not ours. Raises RosterFileError."""
    names = [SYNONYMS.get(cell.lower(), cell.lower()) for cell in header]
    mistakes = [Mistake(Problem.NO_COLUMN, 1, name) for name in REQUIRED if name not in names]
    mistakes += [Mistake(Problem.COLUMN_TWICE, 1, name) for name in COLUMNS if names.count(name) > 1]
    if mistakes:
        raise RosterFileError(mistakes)
    return [name if name in COLUMNS else "" for name in names]


def _row(number: int, cells: list[str], header: list[str]) -> tuple[Row, list[Mistake]]:
    given = dict.fromkeys(COLUMNS, "") | dict(zip(header, cells, strict=False))
    email = given["e-mail"].lower()
    # a slash between words is part of a name, such as CI/CD
    path = re.split(r"(?<!\S)/(?!\S)", given["group"]) if given["group"] else []
    groups = tuple(part.strip() for part in path)
    role = ROLES.get(given["role"].lower())
    mistakes = [Mistake(Problem.MISSING, number, column) for column in REQUIRED if not given[column]]
    if len(cells) > len(header):
        mistakes.append(Mistake(Problem.EXTRA_CELLS, number, given=cells[-1]))
    texts = [("team", given["team"]), ("name", given["name"]), *(("group", group) for group in groups)]
    for column, text in texts:
        if len(text) > LENGTHS[column]:
            mistakes.append(Mistake(Problem.TOO_LONG, number, column, text, str(LENGTHS[column])))
        if not is_showable(text):
            mistakes.append(Mistake(Problem.NOT_SHOWABLE, number, column))
    if not all(groups):
        mistakes.append(Mistake(Problem.MISSING, number, "group"))
    if email and not is_address(email):
        mistakes.append(Mistake(Problem.NOT_AN_ADDRESS, number, "e-mail", given["e-mail"]))
    if role is None:
        mistakes.append(Mistake(Problem.UNKNOWN_ROLE, number, "role", given["role"]))
    return Row(number, given["team"], groups, given["name"], email, role or ""), mistakes


def _contradictions(rows: Iterable[Row]) -> Iterator[Mistake]:
    """Rows that say something else about the same thing than an earlier one."""
    roles: dict[tuple[str, str], Row] = {}
    groups: dict[str, Row] = {}
    for row in rows:
        first = roles.setdefault((key_of(row.team), row.email), row)
        if first.role != row.role:
            yield Mistake(Problem.TWO_ROLES, row.number, "role", row.email, str(first.number))
        if row.groups:
            first = groups.setdefault(key_of(row.team), row)
            if key_of(first.groups[-1]) != key_of(row.groups[-1]):
                yield Mistake(Problem.TWO_GROUPS, row.number, "group", row.team, str(first.number))


# --- Addresses --------------------------------------------------------------------------------

_ATOM = r"[-!#$%&'*+/=?^_`{}|~0-9a-z]+"
_LETTER = r"a-z\u00a1-\uffff"
_LABEL = rf"[0-9{_LETTER}](?:[-0-9{_LETTER}]{{0,61}}[0-9{_LETTER}])?"
_LAST_LABEL = rf"(?:[{_LETTER}][-{_LETTER}]{{0,61}}[{_LETTER}]|xn--[0-9a-z]{{1,59}})"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LAST_LABEL}", re.IGNORECASE)


def is_address(text: str) -> bool:
    """Whether mail can be sent there; Django's own check takes all that this one takes."""
    return len(text) <= LENGTHS["e-mail"] and is_showable(text) and bool(_ADDRESS.fullmatch(text))


def read_addresses(text: str) -> list[Person]:
    """The people in a text as a mail program copies it: ``Ann Smith <ann@x.org>, bob@x.org``.

    Commas, semicolons and line breaks separate. The same address counts once. Raises
    RosterFileError with everything that is no address.
    """
    people: dict[str, Person] = {}
    mistakes: list[Mistake] = []
    for piece in _pieces(text):
        name, email = _name_and_address(piece)
        if not is_address(email) or "@" in name:
            mistakes.append(Mistake(Problem.NOT_AN_ADDRESS, given=piece))
        elif len(name) > LENGTHS["name"]:
            mistakes.append(Mistake(Problem.TOO_LONG, given=name, other=str(LENGTHS["name"])))
        elif not is_showable(name):
            mistakes.append(Mistake(Problem.NOT_SHOWABLE, given=name))
        else:
            people.setdefault(email, Person(name, email))
    if mistakes:
        raise RosterFileError(mistakes)
    if not people:
        raise _refused(Problem.NOBODY)
    return list(people.values())


def _pieces(text: str) -> Iterator[str]:
    """What stands between separators. “Smith, Ann <ann@x.org>” is one piece."""
    for line in text.splitlines():
        piece = ""
        for part in re.findall(r'"[^"]*"|[^",;]+|[",;]', f"{line};"):
            if part == ";" or (part == "," and "@" in piece):
                for found in [piece] if "<" in piece else piece.split(","):
                    if found.strip():
                        yield " ".join(found.split())
                piece = ""
            else:
                piece += part


def _name_and_address(piece: str) -> tuple[str, str]:
    name, _space, address = piece.replace("<", " <").rpartition(" ")
    email = address.removeprefix("<").removesuffix(">").removeprefix("mailto:").lower()
    name = name.strip(" \"'")
    return ("" if name.lower() == email else name), email  # many programs give the address as a name
