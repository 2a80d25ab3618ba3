"""Answers out of LimeSurvey: its CSV of responses, read by a mapping that somebody wrote.

The export has a column for each question, headed by its code (``G02Q01[SQ003]`` or
``G02Q01_SQ003``), and columns about the person: token, address, times. Only the columns that the
mapping names are read, and whether ``submitdate`` is empty; those about the person it may not
name, so who answered and when is left behind here. docs/imports.md gives the format.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .answers_file import (
    AnswersFile,
    Column,
    Mistakes,
    Problem,
    read_header,
    read_rows,
    read_table,
    scales_of,
)
from .instrument import Instrument
from .scale import DONT_KNOW, Answer, InvalidAnswer, Scale
from .yaml_file import Node, YamlFileError

MAXIMUM_MAPPING = 100_000
"""Bytes. One of 80 questions, each with codes of its own, has some 20,000."""

SUBMITTED = "submitdate"
SKIPPED = "skipped"
NOTHING: dict[str, Answer | None] = {"": None, "N/A": None}
"""How LimeSurvey writes that a question was not answered, or not asked."""

PERSONAL = frozenset(
    {
        SUBMITTED,
        "id",
        "seed",
        "token",
        "startdate",
        "datestamp",
        "ipaddr",
        "refurl",
        "firstname",
        "lastname",
        "email",
    }
)
"""Columns that tell who answered, or when."""


class Codes(dict[str, Answer | None]):
    """What a cell means by a mapping."""

    def __missing__(self, text: str) -> Answer | None:
        """Raises InvalidAnswer for a code without a meaning."""
        bare = " ".join(text.split())
        if bare == text or bare not in self:
            raise InvalidAnswer(f"{text!r} has no meaning")
        return self[bare]


@dataclass(frozen=True)
class LimeSurveyMapping:
    """Which column holds what. ``columns`` do not know yet at which place they are."""

    team: Column | str  # the column with the teams, or the one team of all responses
    teams: Mapping[str, str]  # what a text in that column stands for, where that is not the team's name
    columns: tuple[Column, ...]
    incomplete: bool  # whether responses count that were never submitted


# --- The mapping ------------------------------------------------------------------------------


def read_mapping(content: bytes, name: str, instrument: Instrument) -> LimeSurveyMapping:
    """The mapping in a YAML file; ``name`` is how errors call it. Raises YamlFileError."""
    root = Node.compose(_decoded(content, name), name)
    fields = root.fields(
        ["statements"], ["team_column", "team_name", "teams", "answers", "key_metrics", "incomplete"]
    )
    if ("team_column" in fields) == ("team_name" in fields):
        raise root.error("expected either team_column or, where all are of one team, team_name")
    if "teams" in fields and "team_column" not in fields:
        raise fields["teams"].error("teams say what stands in team_column, and there is none")
    reading = _Reading(instrument)
    if "team_column" in fields:
        team: Column | str = Column("", reading.heading(fields["team_column"]), 0, {})
    else:
        team = fields["team_name"].string()
    shared = reading.codes(fields["answers"], instrument.scale) if "answers" in fields else None
    statements = {statement.key for statement in instrument.statements}
    columns = [*reading.questions(fields["statements"], statements, shared)]
    if not columns:
        raise fields["statements"].error("expected at least one statement")
    if "key_metrics" in fields:
        metrics = {metric.key for metric in instrument.key_metrics}
        columns += reading.questions(fields["key_metrics"], metrics, None)
    return LimeSurveyMapping(
        team=team,
        teams={code: value.string() for code, _at, value in fields["teams"].pairs()}
        if "teams" in fields
        else {},
        columns=tuple(columns),
        incomplete=fields["incomplete"].boolean() if "incomplete" in fields else False,
    )


def _decoded(content: bytes, name: str) -> str:
    if len(content) > MAXIMUM_MAPPING:
        raise YamlFileError(f"{name}: this is larger than {MAXIMUM_MAPPING} bytes, and no mapping")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise YamlFileError(f"{name}, line {line}: this is not text in UTF-8") from error


class _Reading:
    """A mapping while it is read: each column may be named once."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.scales = scales_of(instrument)
        self.named: set[str] = set()

    def heading(self, node: Node) -> str:
        """A column's heading."""
        heading = node.string()
        if heading.lower() in PERSONAL:
            raise node.error(f"the column {heading!r} tells who answered or when, and is never read")
        if heading in self.named:
            raise node.error(f"the column {heading!r} is named twice")
        self.named.add(heading)
        return heading

    def codes(self, node: Node, scale: Scale) -> Codes:
        """What each code stands for: a value of the scale, "dk" or "skipped"."""
        found = Codes(NOTHING)
        for code, _at, value in node.pairs():
            meaning = value.value()
            if meaning == SKIPPED:
                found[code] = None
            elif meaning == DONT_KNOW or (type(meaning) is int and meaning in scale.values):
                found[code] = meaning
            else:
                raise value.error(f"expected {scale.low} to {scale.high}, {DONT_KNOW} or {SKIPPED}")
        return found

    def questions(self, node: Node, known: set[str], shared: Codes | None) -> Iterator[Column]:
        """The columns of statements or of key metrics, each with what its codes stand for."""
        for key, at, value in node.pairs():
            if key not in known:
                raise at.error(f"'{key}' is not asked by {self.instrument.slug} {self.instrument.version}")
            scale, codes, heading = self.scales[key], shared, value
            if value.is_mapping:
                fields = value.fields(["column"], ["answers"])
                heading = fields["column"]
                codes = self.codes(fields["answers"], scale) if "answers" in fields else shared
            yield Column(key, self.heading(heading), 0, codes or _as_typed(scale))


def _as_typed(scale: Scale) -> Codes:
    """Answers that stand there as in a spreadsheet of our own."""
    return Codes({str(value): value for value in scale.values} | {DONT_KNOW: DONT_KNOW} | NOTHING)


# --- The export -------------------------------------------------------------------------------


def read_export(lines: Iterable[bytes], mapping: LimeSurveyMapping, most: int | None = None) -> AnswersFile:
    """The responses of an export. Raises AnswersFileError with every mistake in it."""
    table = read_table(lines, most)
    header = [" ".join(heading.split()) for heading in read_header(table)]
    team, columns, submitted = _places(header, mapping)
    left_out = 0

    def counted() -> Iterator[tuple[int, list[str]]]:
        nonlocal left_out
        for number, row in table:
            if submitted is not None and len(row) == len(header) and row[submitted].strip() in NOTHING:
                left_out += 1
            else:
                yield number, row

    rows = tuple(read_rows(counted(), len(header), columns, team, mapping.teams))
    read = {column.name for column in columns} | ({team.name} if isinstance(team, Column) else set())
    ignored = tuple(heading for heading in header if heading and heading not in read | {SUBMITTED})
    return AnswersFile(rows, ignored, left_out)


def _places(
    header: Sequence[str], mapping: LimeSurveyMapping
) -> tuple[Column | str, list[Column], int | None]:
    """The mapping's columns where they are in an export, and that of ``submitdate``."""
    mistakes = Mistakes()

    def placed(column: Column) -> Column:
        found = header.count(column.name)
        if found != 1:
            mistakes.add(Problem.COLUMN_TWICE if found else Problem.NOT_EXPORTED, 1, column.name)
            return column
        return column._replace(at=header.index(column.name))

    team = mapping.team if isinstance(mapping.team, str) else placed(mapping.team)
    columns = [placed(column) for column in mapping.columns]
    submitted = header.index(SUBMITTED) if SUBMITTED in header else None
    if submitted is None and not mapping.incomplete:
        mistakes.add(Problem.NOT_COMPLETE, 1, SUBMITTED)
    mistakes.refuse()
    return team, columns, None if mapping.incomplete else submitted
