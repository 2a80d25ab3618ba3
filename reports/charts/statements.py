"""Statements: how each was answered, as bars to both sides."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ..content import CapabilityResult, Shown, StatementResult
from .sentences import describe_statements
from .shared import write
from .sheet import ACCENT, GRID, INK, LEADING, MUTED, NORMAL, PAPER, SMALL, WIDTH, Anchor, Sheet
from .text import text_width, wrap
from .words import Words, all_words

_BAR = 12.0


@dataclass(frozen=True)
class _Scale:
    """Where shares stand: disagree and agree from one line to both sides, neutral apart at the right.

    So each of the three has a straight edge to be compared along, whatever the others are.
    """

    whole: float = 95.0  # the width of all answers
    middle: float = 110.0
    apart: float = 230.0
    heads: tuple[tuple[str, float, Anchor], ...] = field(
        default=(("disagree", 105.0, "end"), ("agree", 115.0, "start"), ("neutral", 230.0, "start"))
    )


_SCALE = _Scale()


def statement_bars(
    capability: CapabilityResult, *, chart_id: str, title: str = "", words: Words | None = None
) -> str:
    """How each statement of a capability was answered. Raises ValueError where that is not shown."""
    statements = capability.result.statements if isinstance(capability.result, Shown) else ()
    if not statements:
        raise ValueError(f"the statements of {capability.key} are not shown")
    sheet, said = Sheet(), all_words(words)
    for word, x, anchor in _SCALE.heads:
        sheet.text((x, 9), said[word], size=SMALL, fill=MUTED, anchor=anchor)
    y = 13.0
    for statement in statements:
        y = _draw_statement(sheet, y, statement)
    title = title or describe_statements(capability, words)
    return sheet.svg(0, y - 3, chart_id=chart_id, title=title)


def _draw_statement(sheet: Sheet, top: float, statement: StatementResult) -> float:
    """Draw a sentence and its bars; returns the lower edge."""
    y = write(sheet, (0, top + 11), wrap(statement.text, WIDTH, NORMAL, lines=3), size=NORMAL, fill=INK)
    y -= LEADING - 5
    whole = statement.disagree + statement.neutral + statement.agree
    point = _SCALE.whole / whole if whole else 0.0
    _draw_segment(sheet, y, _SCALE.middle, -point * statement.disagree, statement.disagree, PAPER, INK)
    _draw_segment(sheet, y, _SCALE.middle, point * statement.agree, statement.agree, ACCENT, PAPER)
    _draw_segment(sheet, y, _SCALE.apart, point * statement.neutral, statement.neutral, GRID, INK)
    for x in (_SCALE.middle, _SCALE.apart):
        sheet.lines([((x, y - 2), (x, y + _BAR + 2))], stroke=INK, width=0.8)
    return y + _BAR + 8


def _draw_segment(
    sheet: Sheet, top: float, base: float, length: float, count: int, fill: str, ink: str
) -> None:
    """A bar from ``base`` with its count inside, or beyond its end where it is too short."""
    if count:
        edge = MUTED if fill == PAPER else fill
        sheet.box(base, top, base + length, top + _BAR, fill=fill, stroke=edge)
    room = abs(length) - text_width(str(count), SMALL) >= 5
    away = math.copysign(7, length)
    x = base + length / 2 if room else base + length + away
    sheet.text((x, top + 9.2), str(count), size=SMALL, fill=ink if room else MUTED, anchor="middle")
