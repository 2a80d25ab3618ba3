"""Deployments and incidents out of files, one after the other, or what is wrong by line and column.

docs/deliveries.md is the format: our own rows, as CSV or JSON, and what GitHub, GitLab and Apache
DevLake hand out. Which of them a file is, its columns tell. A file of any length is read in little
memory. A mistake is a code and not a sentence: its words stand where they can be translated.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, BinaryIO

from .deliveries import Deployment, Incident
from .texts import is_showable

MAXIMUM_BYTES = 5_000_000
"""Of what is uploaded or sent; a file on the server may be of any size."""

MAXIMUM_LINE = 1_000_000
"""Characters of one line of CSV, or of one JSON object."""

MAXIMUM_COLUMNS = 100
MAXIMUM_COMMITS = 5_000  # of one deployment; as many fit into a cell of CSV
MISTAKES_KEPT = 50
LENGTHS = {"service": 100}
LENGTH = 200  # of every other text
CHUNK = 65_536  # characters

PRODUCTION = "production"
NOTHING = ("", "NULL", "\\N")
"""How databases write into CSV that there is no value."""

YES_OR_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

Event = Deployment | Incident


class Problem(Enum):
    """What can be wrong with a file of deliveries."""

    # with the file
    TOO_LARGE = auto()
    NOT_UTF8 = auto()
    NOT_CSV = auto()
    NOT_JSON = auto()
    NOT_KNOWN = auto()
    NEEDS_A_JOIN = auto()
    LINE_TOO_LONG = auto()
    TOO_MANY_COLUMNS = auto()
    COLUMN_TWICE = auto()
    NO_EVENTS = auto()
    # with a line
    EXTRA_CELLS = auto()
    MISSING = auto()
    NOT_A_TEXT = auto()
    TOO_LONG = auto()
    NOT_SHOWABLE = auto()
    NOT_A_TIME = auto()
    NO_ZONE = auto()
    NOT_IN_CENTURY = auto()
    NOT_YES_OR_NO = auto()
    UNKNOWN_KIND = auto()
    ENDS_BEFORE_IT_STARTS = auto()
    TOO_MANY_COMMITS = auto()
    NO_STATUSES = auto()


@dataclass(frozen=True)
class Mistake:
    """What is wrong, and where: the line of the file (0: all of it), and the column or field."""

    problem: Problem
    line: int = 0
    column: str = ""
    given: str = ""


class DeliveryFileError(ValueError):
    """A file that cannot be read. It carries the first mistakes, and the number of all others."""

    def __init__(self, mistakes: list[Mistake], more: int = 0) -> None:
        super().__init__("the file has mistakes")
        self.mistakes = tuple(mistakes)
        self.more = more


@dataclass(frozen=True)
class Options:
    """What a file itself may not say."""

    service: str = ""  # of the events that name none
    environment: str = PRODUCTION  # of an export, the only one whose deployments count


def read(stream: BinaryIO, options: Options | None = None) -> Iterator[Event | None]:
    """The events of a file, from its beginning; None for each entry that is of no use here.

    Such are the deployments to other environments, and those that have not ended. Raises
    DeliveryFileError, for mistakes in lines only at the end, when events have come out: who must
    have all or nothing reads twice.
    """
    options = _checked(options or Options())
    begin = _beginning(stream)
    separator = max(",;\t", key=begin.partition("\n")[0].count)
    entries = _objects(stream) if begin[:1] in ("[", "{") else _lines(stream, separator)
    collected = _Mistakes()
    events = _events(entries, options, collected)
    empty = True
    for event in events:
        empty = False
        yield event
    if collected.first:
        raise DeliveryFileError(collected.first, collected.number - len(collected.first))
    if empty:
        raise _refused(Problem.NO_EVENTS)


def _checked(options: Options) -> Options:
    """What the file does not say has to be as sound as what it says. Raises DeliveryFileError."""
    row = _Row(0, {"service": options.service, "environment": options.environment})
    checked = Options(row.text("service"), row.text("environment"))
    if row.mistakes:
        raise DeliveryFileError(row.mistakes)
    return checked


def _refused(problem: Problem, line: int = 0, column: str = "", given: str = "") -> DeliveryFileError:
    return DeliveryFileError([Mistake(problem, line, column, given)])


class _Mistakes:
    """The first mistakes of a file, and how many there are."""

    def __init__(self) -> None:
        self.first: list[Mistake] = []
        self.number = 0

    def add(self, mistakes: list[Mistake]) -> None:
        self.first += mistakes[: MISTAKES_KEPT - len(self.first)]
        self.number += len(mistakes)


def _events(
    entries: Iterator[tuple[int, Mapping[str, Any]]], options: Options, collected: _Mistakes
) -> Iterator[Event | None]:
    """What each entry says; after the first mistake only further ones are looked for."""
    read_entry: Adapter | None = None
    waiting: Event | None = None
    for line, cells in entries:
        row = _Row(line, cells)
        read_entry = read_entry or _adapter(row)
        event = read_entry(row, options)
        both = _same_deployment(waiting, event) if read_entry is _devlake_deployment else None
        if both and len(both.commits) > MAXIMUM_COMMITS:
            row.wrong(Problem.TOO_MANY_COMMITS, "first_commit_authored_date")
        collected.add(row.mistakes)
        if collected.number:
            waiting = None
            continue
        if both:
            waiting = both
            continue
        if waiting:
            yield waiting
        waiting = event
        if event is None:
            yield None
    if waiting:
        yield waiting


# --- Lines and objects --------------------------------------------------------------------------


def _text(stream: BinaryIO) -> io.TextIOWrapper:
    stream.seek(0)
    return io.TextIOWrapper(io.BufferedReader(_Kept(stream), CHUNK), encoding="utf-8-sig", newline="")


class _Kept(io.RawIOBase):
    """A stream that stays open when what reads it as text is thrown away."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self.stream.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)


def _beginning(stream: BinaryIO) -> str:
    """Enough to tell what a file is, whatever its letters may be; without spaces before it."""
    stream.seek(0)
    return stream.read(CHUNK).removeprefix(b"\xef\xbb\xbf").lstrip().decode("latin-1")


def _lines(stream: BinaryIO, separator: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The lines of a table, each with its number and its cells by the names of the columns."""
    reader = csv.reader(_short_lines(_text(stream)), strict=True, delimiter=separator)
    columns: list[str] = []
    try:
        for cells in reader:
            if not any(cells):
                continue
            if not columns:
                columns = [cell.strip().lower() for cell in cells]
                if len(columns) > MAXIMUM_COLUMNS:
                    raise _refused(Problem.TOO_MANY_COLUMNS, 1)
                if twice := [name for name, number in Counter(columns).items() if name and number > 1]:
                    raise _refused(Problem.COLUMN_TWICE, reader.line_num, twice[0])
                continue
            named = dict(zip(columns, cells, strict=False))
            # what is right of the last column has no name
            yield reader.line_num, {**named, "": cells[len(columns)]} if len(cells) > len(columns) else named
    except csv.Error as error:
        raise _refused(Problem.NOT_CSV, reader.line_num) from error
    except UnicodeDecodeError as error:
        raise _refused(Problem.NOT_UTF8, _unreadable_line(stream)) from error


def _unreadable_line(stream: BinaryIO) -> int:
    """The first line that is not UTF-8. Text is decoded in large pieces, so it has to be looked for."""
    stream.seek(0)
    for number, line in enumerate(stream, start=1):
        try:
            line.decode()
        except UnicodeDecodeError:
            return number
    return 0


def _short_lines(text: io.TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(MAXIMUM_LINE + 1):
        number += 1
        if len(line) > MAXIMUM_LINE:
            raise _refused(Problem.LINE_TOO_LONG, number)
        yield line


_NO_SPACE = re.compile(r"\S")
_DECODER = json.JSONDecoder()
_LONGEST_WORD = len("-Infinity")


def _objects(stream: BinaryIO) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The objects of a JSON array, or those that follow each other, each with the line that it begins in.

    Written by hand, because a streaming parser that builds a path for every bracket can be made to
    fill the memory by brackets alone.
    """
    text = _Buffer(_text(stream))
    try:
        in_list = text.take("[")
        while text.next() not in ("", "]"):
            yield text.line, text.take_object()
            if in_list and not text.take(",") and text.next() != "]":
                raise _refused(Problem.NOT_JSON, text.line)
        if in_list and not text.take("]"):
            raise _refused(Problem.NOT_JSON, text.line)
        if text.next():
            raise _refused(Problem.NOT_JSON, text.line)
    except UnicodeDecodeError as error:
        raise _refused(Problem.NOT_UTF8, _unreadable_line(stream)) from error


def _is_cut_off(error: ValueError, text: str) -> bool:
    """Whether JSON goes wrong only because its text ends: there, or in a string that never does."""
    if not isinstance(error, json.JSONDecodeError):
        return False
    return error.msg.startswith("Unterminated string") or not text[error.pos + _LONGEST_WORD :]


class _Buffer:
    """A text that is read piece by piece."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text = text
        self.held = ""
        self.place = 0
        self.line = 1

    def next(self) -> str:
        """The next character that is no space, which stays; nothing at the end."""
        while True:
            found = _NO_SPACE.search(self.held, self.place)
            self._move(found.start() if found else len(self.held))
            if self.place < len(self.held) or not self._more():
                return self.held[self.place : self.place + 1]

    def take(self, character: str) -> bool:
        """Whether this is the next character; if so, it is taken."""
        found = self.next() == character
        self.place += found
        return found

    def take_object(self) -> dict[str, Any]:
        """The object that begins here. Raises DeliveryFileError where there is none."""
        if self.next() != "{":
            raise _refused(Problem.NOT_JSON, self.line)
        while True:
            try:
                found, end = _DECODER.raw_decode(self.held, self.place)
            except RecursionError as error:
                raise _refused(Problem.NOT_JSON, self.line) from error
            except ValueError as error:  # also numbers of more digits than Python reads
                if len(self.held) - self.place > MAXIMUM_LINE and _is_cut_off(error, self.held):
                    raise _refused(Problem.LINE_TOO_LONG, self.line) from error
                if len(self.held) - self.place > MAXIMUM_LINE or not self._more():
                    raise _refused(Problem.NOT_JSON, self.line) from error
            else:
                self._move(end)
                return dict(found)

    def _move(self, place: int) -> None:
        self.line += self.held.count("\n", self.place, place)
        self.place = place

    def _more(self) -> bool:
        """Read on, twice as far each time that an object does not end; whether there was anything."""
        self.held = self.held[self.place :]
        self.place = 0
        piece = self.text.read(max(CHUNK, len(self.held)))
        self.held += piece
        return bool(piece)


# --- One entry ----------------------------------------------------------------------------------


class _Row:
    """One line or object while it is read; notes what is wrong with it."""

    def __init__(self, line: int, cells: Mapping[str, Any]) -> None:
        self.line = line
        self.cells = cells
        self.mistakes: list[Mistake] = []
        if "" in cells:
            self.wrong(Problem.EXTRA_CELLS, "", cells[""])

    def wrong(self, problem: Problem, column: str, given: object = "") -> None:
        shown = "".join(letter if is_showable(letter) else "\ufffd" for letter in str(given)[:60])
        self.mistakes.append(Mistake(problem, self.line, column, shown))

    def inside(self, name: str) -> _Row:
        """An object in this one, empty where there is none; its mistakes are this one's."""
        found = self.cells.get(name)
        row = _Row(self.line, found if isinstance(found, dict) else {})
        row.mistakes = self.mistakes
        return row

    def text(self, column: str) -> str:
        """A text in one line, empty where there is none."""
        value = self.cells.get(column)
        if value is None or isinstance(value, bool | list | dict):
            if value is not None:
                self.wrong(Problem.NOT_A_TEXT, column)
            return ""
        text = str(value).strip()
        if text in NOTHING:
            return ""
        if len(text) > LENGTHS.get(column, LENGTH):
            self.wrong(Problem.TOO_LONG, column, text)
        elif not is_showable(text) or set(text) & set("\n\r\t"):
            self.wrong(Problem.NOT_SHOWABLE, column)
        return text

    def key(self, column: str) -> str:
        """A text that must be there."""
        before = len(self.mistakes)
        text = self.text(column)
        if not text and len(self.mistakes) == before:
            self.wrong(Problem.MISSING, column)
        return text

    def time(self, column: str, *, bare_is_utc: bool = False) -> dt.datetime | None:
        """A moment: ISO 8601 with its zone, or seconds since 1970; None where there is none, or a mistake."""
        text = self.text(column)
        return self._moment(column, text, bare_is_utc) if text else None

    def needed_time(self, column: str, *, bare_is_utc: bool = False) -> dt.datetime:
        """A moment that must be there; after a mistake any."""
        before = len(self.mistakes)
        found = self.time(column, bare_is_utc=bare_is_utc)
        if found is None and len(self.mistakes) == before:
            self.wrong(Problem.MISSING, column)
        return found or _ANY_TIME

    def times(self, column: str) -> tuple[int, ...]:
        """Moments in seconds since 1970, from a list or from a text in which spaces part them."""
        value = self.cells.get(column)
        given = value if isinstance(value, list) else "" if value is None else str(value)
        texts = [str(entry) for entry in given] if isinstance(given, list) else given.split()
        if len(texts) > MAXIMUM_COMMITS:
            self.wrong(Problem.TOO_MANY_COMMITS, column)
            return ()
        moments = [self._moment(column, text) for text in texts if text not in NOTHING]
        return tuple(int(found.timestamp()) for found in moments if found)

    def _moment(self, column: str, text: str, bare_is_utc: bool = False) -> dt.datetime | None:
        try:
            if re.fullmatch(r"[0-9]{9,11}", text):
                found = dt.datetime.fromtimestamp(int(text), dt.UTC)
            else:
                found = dt.datetime.fromisoformat(text)
        except ValueError:
            self.wrong(Problem.NOT_A_TIME, column, text)
            return None
        if not 2000 <= found.year < 2100:
            self.wrong(Problem.NOT_IN_CENTURY, column, text)
            return None
        if found.tzinfo is None and bare_is_utc:
            found = found.replace(tzinfo=dt.UTC)
        if found.tzinfo is None:
            self.wrong(Problem.NO_ZONE, column, text)
            return None
        return found.astimezone(dt.UTC)

    def flag(self, column: str, *, otherwise: bool) -> bool:
        """Yes or no; ``otherwise`` where nothing is said."""
        value = self.cells.get(column)
        if isinstance(value, bool):
            return value
        text = self.text(column).lower()
        if text and text not in YES_OR_NO:
            self.wrong(Problem.NOT_YES_OR_NO, column, text)
        return YES_OR_NO.get(text, otherwise)


_ANY_TIME = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


# --- Whose entries they are ---------------------------------------------------------------------

Adapter = Callable[[_Row, Options], Event | None]


def _adapter(row: _Row) -> Adapter:
    """What reads entries with these columns. Raises DeliveryFileError where nothing does."""
    for columns, adapter in ADAPTERS:
        if columns <= set(row.cells):
            return adapter
    if {"deployment_commit_id", "first_commit_sha"} <= set(row.cells):
        raise _refused(Problem.NEEDS_A_JOIN)
    raise _refused(Problem.NOT_KNOWN)


def _own(row: _Row, options: Options) -> Event | None:
    """An entry of our own format."""
    kind = row.text("kind").lower()
    if kind == "deployment":
        finished_at = row.needed_time("finished_at")
        return _deployment(row, options, "key", finished_at, row.flag("succeeded", otherwise=True))
    if kind == "incident":
        started_at, resolved_at = row.needed_time("started_at"), row.time("resolved_at")
        return _incident(row, options, "deployment", started_at, resolved_at, "resolved_at")
    row.wrong(Problem.UNKNOWN_KIND, "kind", kind)
    return None


def _github(row: _Row, options: Options) -> Event | None:
    """A deployment of GitHub's REST interface, with the list of its statuses under ``statuses``.

    It ended with the first status that says so; later ones tell that another deployment replaced it.
    """
    if not isinstance(row.cells.get("statuses"), list):
        row.wrong(Problem.NO_STATUSES, "statuses")
        return None
    if not _is_wanted(row.text("environment"), options):
        return None
    ends: dict[bool, list[dt.datetime]] = {True: [], False: []}
    for status in row.cells["statuses"]:
        told = _Row(row.line, status if isinstance(status, dict) else {})
        succeeded = {"success": True, "failure": False, "error": False}.get(told.text("state"))
        if succeeded is not None:
            ends[succeeded].append(told.needed_time("created_at"))
        row.mistakes += told.mistakes
    finished = ends[True] or ends[False]
    return _deployment(row, options, "id", min(finished), bool(ends[True])) if finished else None


def _gitlab(row: _Row, options: Options) -> Event | None:
    """A deployment of GitLab's REST interface."""
    succeeded = {"success": True, "failed": False}.get(row.text("status"))
    if succeeded is None or not _is_wanted(row.inside("environment").text("name"), options):
        return None
    finished_at = row.inside("deployable").time("finished_at") or row.needed_time("updated_at")
    return _deployment(row, options, "id", finished_at, succeeded)


def _devlake_deployment(row: _Row, options: Options) -> Event | None:
    """A row of DevLake's ``cicd_deployment_commits``, joined with ``project_pr_metrics`` or not."""
    succeeded = {"SUCCESS": True, "FAILURE": False}.get(row.text("result"))
    finished_at = row.time("finished_date", bare_is_utc=True)
    if succeeded is None or finished_at is None or not _is_wanted(row.text("environment"), options):
        return None
    first_commit = row.time("first_commit_authored_date", bare_is_utc=True)
    commits = (int(first_commit.timestamp()),) if first_commit else ()
    return _deployment(row, options, "cicd_deployment_id", finished_at, succeeded)._replace(commits=commits)


def _devlake_incident(row: _Row, options: Options) -> Event | None:
    """A row of DevLake's ``incidents``, joined with what relates them to deployments or not."""
    started_at = row.needed_time("created_date", bare_is_utc=True)
    resolved_at = row.time("resolution_date", bare_is_utc=True)
    return _incident(row, options, "deployment_id", started_at, resolved_at, "resolution_date", key="id")


ADAPTERS: tuple[tuple[set[str], Adapter], ...] = (
    ({"kind"}, _own),
    ({"sha", "environment", "statuses_url"}, _github),
    ({"iid", "environment", "status", "deployable"}, _gitlab),
    ({"cicd_deployment_id", "result", "environment", "finished_date"}, _devlake_deployment),
    ({"id", "created_date", "resolution_date"}, _devlake_incident),
)
"""By the columns or fields that tell them."""


def _is_wanted(environment: str, options: Options) -> bool:
    return environment.lower() == options.environment.lower()


def _deployment(
    row: _Row, options: Options, key: str, finished_at: dt.datetime, succeeded: bool
) -> Deployment:
    """Whoever exports may add ``service``, ``unplanned`` and ``commits`` to what the tool gives."""
    return Deployment(
        service=row.text("service") or options.service,
        key=row.key(key),
        finished_at=finished_at,
        succeeded=succeeded,
        unplanned=row.flag("unplanned", otherwise=False),
        commits=row.times("commits"),
    )


def _incident(
    row: _Row,
    options: Options,
    deployment: str,
    started_at: dt.datetime,
    resolved_at: dt.datetime | None,
    end: str,
    *,
    key: str = "key",
) -> Incident:
    if resolved_at and resolved_at < started_at:
        row.wrong(Problem.ENDS_BEFORE_IT_STARTS, end, row.text(end))
    return Incident(
        service=row.text("service") or options.service,
        key=row.key(key),
        deployment_key=row.text(deployment),
        started_at=started_at,
        resolved_at=resolved_at,
    )


def _same_deployment(one: Event | None, other: Event | None) -> Deployment | None:
    """Two rows of one deployment as one: of several repositories, or of several pull requests."""
    if not (isinstance(one, Deployment) and isinstance(other, Deployment)):
        return None
    if (one.service, one.key) != (other.service, other.key):
        return None
    return one._replace(
        finished_at=max(one.finished_at, other.finished_at),
        succeeded=one.succeeded and other.succeeded,
        unplanned=one.unplanned or other.unplanned,
        commits=one.commits + other.commits,
    )
