"""What several charts share: lines of text, marks, and the legend that explains them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from assessments.disclosure import CUTS, HIGHEST, LOWEST

from .sheet import ACCENT, GHOST, LEADING, MUTED, PAPER, SMALL, WIDTH, Anchor, Point, Sheet
from .text import clean, text_width

CUT_SCORES: Final = tuple(100 * (cut - LOWEST) / (HIGHEST - LOWEST) for cut in CUTS)
"""Where each band but the first begins, from 0 to 100."""


def write(
    sheet: Sheet,
    at: Point,
    lines: Sequence[str],
    *,
    size: float = SMALL,
    fill: str = MUTED,
    anchor: Anchor = "start",
) -> float:
    """Set ``lines`` below each other from the baseline ``at``; returns the baseline after the last."""
    x, y = at
    for line in lines:
        sheet.text((x, y), line, size=size, fill=fill, anchor=anchor)
        y += LEADING
    return y


@dataclass(frozen=True)
class Sign:
    """An entry of the legend: how to draw it from a point on, and its word."""

    draw: Callable[[Sheet, Point], None]
    word: str


_SIGN_WIDTH = 22.0
_SIGN_GAP = 16.0


def score_sign(sheet: Sheet, at: Point) -> None:
    _short_line(sheet, at, stroke=ACCENT, width=1.6)
    score_dots(sheet, [(at[0] + 9, at[1])])


def ghost_sign(sheet: Sheet, at: Point) -> None:
    _short_line(sheet, at, stroke=GHOST, width=1.1, dashes=(3, 2))


def interval_sign(sheet: Sheet, at: Point) -> None:
    _short_line(sheet, at, stroke=ACCENT, width=0.9)


def dot_sign(sheet: Sheet, at: Point) -> None:
    score_dots(sheet, [(at[0] + 14, at[1])])


def ghost_dot_sign(sheet: Sheet, at: Point) -> None:
    ghost_dots(sheet, [(at[0] + 14, at[1])], radius=4)


def _short_line(sheet: Sheet, at: Point, *, stroke: str, width: float, dashes: Point | None = None) -> None:
    sheet.lines([(at, (at[0] + 18, at[1]))], stroke=stroke, width=width, dashes=dashes)


def score_dots(sheet: Sheet, points: Sequence[Point]) -> None:
    sheet.dots(points, radius=2.8, fill=ACCENT, stroke=ACCENT)


def ghost_dots(sheet: Sheet, points: Sequence[Point], *, radius: float) -> None:
    sheet.dots(points, radius=radius, fill=PAPER, stroke=GHOST)


def legend(sheet: Sheet, middle: float, y: float, signs: Sequence[Sign]) -> float:
    """Explain the signs in rows around ``middle``; returns the lower edge."""
    rows: list[list[Sign]] = [[]]
    for sign in signs:
        if rows[-1] and _row_width([*rows[-1], sign]) > WIDTH:
            rows.append([])
        rows[-1].append(sign)
    for row in rows:
        x = middle - _row_width(row) / 2
        for sign in row:
            sign.draw(sheet, (x, y - 3.2))
            sheet.text((x + _SIGN_WIDTH, y), sign.word, size=SMALL, fill=MUTED)
            x += _row_width([sign]) + _SIGN_GAP
        y += LEADING + 2
    return y - LEADING + 2


def _row_width(row: Sequence[Sign]) -> float:
    widths = [_SIGN_WIDTH + text_width(clean(sign.word), SMALL) for sign in row]
    return sum(widths) + _SIGN_GAP * (len(row) - 1)
