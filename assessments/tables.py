"""Tables for other programs: CSV, Excel workbooks and JSON, in which a text stays a text.

A spreadsheet has what holds for all rows in columns of its own, behind the others; JSON has it once, at
the head. Spreadsheets say yes and no and get no text that they would take for a formula: one that looks
like it begins with an apostrophe, in a workbook too, for people save workbooks as CSV.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from .texts import safe_cell

Value = str | int | float | dt.date | None
"""What a cell holds. Truth values count as numbers, and moments, with a time zone, as dates."""

LONGEST = 16_000
"""Characters of a workbook's cell: it holds 32,767 UTF-16 units. No form of ours takes as many."""

WIDEST = 60
"""Characters of a workbook's column as it is first seen."""

UNHOLDABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML, and so a workbook, cannot hold; nobody could see it either."""

LIKE_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}[_\r])")
ESCAPE = re.compile(r"_x(000D|005F)_")
"""A workbook names characters by their numbers: a carriage return, and _ where it would begin such a name."""


@dataclass(frozen=True)
class Table:
    """Rows by the names of their columns; a column that a row lacks is empty there."""

    name: str  # up to 31 letters, such as "scores"
    about: Mapping[str, Value]  # what holds for all rows
    columns: Sequence[str]
    rows: Sequence[Mapping[str, Value]]


def as_csv(table: Table) -> bytes:
    """Comma-separated, in UTF-8 with a byte order mark, by which spreadsheets know it."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(_lines(table))
    return buffer.getvalue().encode("utf-8-sig")


def as_xlsx(table: Table) -> bytes:
    """A workbook of one sheet, whose first row stays in sight."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(table.name)
    sheet.freeze_panes = "A2"
    header, *lines = _lines(table)
    for place, width in enumerate(_widths([header, *lines]), start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.append([_cell(sheet, name, font=Font(bold=True)) for name in header])
    for line in lines:
        sheet.append([_cell(sheet, value) for value in line])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def as_json(table: Table) -> bytes:
    """An object: what the table is, what holds for all of it, and its rows as objects."""
    rows = [{name: row.get(name) for name in table.columns} for row in table.rows]
    value = {"what": table.name, **table.about, "rows": rows}
    text = json.dumps(
        value, ensure_ascii=False, allow_nan=False, indent=1, default=lambda day: day.isoformat()
    )
    return f"{text}\n".encode(errors="replace")


FORMATS: dict[str, tuple[str, Callable[[Table], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
    "json": ("application/json", as_json),
}
"""By the ending of a file's name: its type, and who writes it."""


def _lines(table: Table) -> Iterator[list[Value]]:
    """The header and every row, as spreadsheets get them."""
    yield [*table.columns, *table.about]
    about = [_safe(value) for value in table.about.values()]
    for row in table.rows:
        yield [*(_safe(row.get(name)) for name in table.columns), *about]


def _safe(value: Value) -> Value:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(safe_cell(UNHOLDABLE.sub("\ufffd", value))) if isinstance(value, str) else value


def _cell(sheet: Any, value: Value, **style: Any) -> Any:
    """A workbook's cell. A text is told to be one; openpyxl would guess, and find formulas and errors."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None)  # a workbook knows no time zones
    if not isinstance(value, str):
        return value
    text = value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"
    cell = WriteOnlyCell(sheet, escaped(text))
    cell.data_type = "s"
    for name, look in style.items():
        setattr(cell, name, look)
    return cell


def escaped(text: str) -> str:
    """A text as a workbook writes it."""
    return LIKE_ESCAPE.sub("_x005F_", text).replace("\r", "_x000D_")


def unescaped(text: str) -> str:
    """The text that ``escaped`` was given."""
    return ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def _widths(lines: Iterable[Sequence[Value]]) -> list[int]:
    """How wide each column is: as its longest text, within reason."""
    return [2 + min(max(len(str(value)) for value in column), WIDEST) for column in zip(*lines, strict=True)]
