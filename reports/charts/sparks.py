"""Sparklines: a capability over the rounds, all of one size, for the rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from assessments.disclosure import BANDS

from ..content import CapabilityResult, ReportContent, Trend, TrendPoint
from .sentences import describe_trend
from .shared import CUT_SCORES, Sign, legend
from .sheet import ACCENT, GHOST, GRID, LARGE, MUTED, PAPER, WIDTH, Point, Sheet
from .words import Words, all_words, short_score

SPARK_WIDTH: Final = 136.0
"""In points: as wide beside the other charts as its place in a table."""

_HEIGHT = 32.0
_LOW, _HIGH = 28.5, 3.5  # where 0 and 100 lie
_FIRST, _LAST = 12.0, 100.0  # where rounds may stand; the newest is always at the right
_STEP = 16.0  # from round to round, and less only where there are too many rounds
_WORDS = 107.0


def sparkline(
    capability: CapabilityResult, *, chart_id: str, title: str = "", words: Words | None = None
) -> str:
    """A capability's trend: a line over the rounds, and this round's score at its end.

    Where too few answered there is a gap, and an open box over the bands where only words are
    known. Raises ValueError where there is no trend.
    """
    trend = capability.trend
    if trend is None:
        raise ValueError(f"{capability.key} has no trend")
    sheet = Sheet(width=SPARK_WIDTH)
    _draw_cuts(sheet, [(0.0, y) for y in map(_height, CUT_SCORES)], _LAST + 4)
    places = _places(len(trend.points))
    for x, point in zip(places, trend.points, strict=True):
        if point.score is None and point.bands:
            _draw_box(sheet, x, point.bands)
    _draw_line(sheet, _with_score(places, trend.points))
    if trend.reworded_after:
        _draw_break(sheet, (places[0] - 7, _start(trend)))
    _draw_last(sheet, trend.points[-1].score)
    return sheet.svg(0, _HEIGHT, chart_id=chart_id, title=title or describe_trend(capability, words))


def sparkline_key(
    content: ReportContent, *, chart_id: str, title: str = "", words: Words | None = None
) -> str:
    """What the marks of a report's sparklines mean: only those that occur."""
    sheet = Sheet()
    signs = _signs([each.trend for each in content.capabilities if each.trend], all_words(words))
    bottom = legend(sheet, WIDTH / 2, 12, signs)
    title = title or "; ".join(sign.word for sign in signs)
    return sheet.svg(0, bottom, chart_id=chart_id, title=title)


def _height(score: float) -> float:
    return _LOW - (_LOW - _HIGH) * score / 100


def _places(count: int) -> list[float]:
    """Where so many rounds stand from left to right."""
    step = min(_STEP, (_LAST - _FIRST) / max(1, count - 1))
    return [_LAST - step * (count - 1 - n) for n in range(count)]


def _with_score(places: Sequence[float], points: Sequence[TrendPoint]) -> list[list[Point]]:
    """Runs of neighbouring rounds with a score."""
    pairs = zip(places, points, strict=True)
    runs = (list(run) for known, run in groupby(pairs, key=lambda pair: pair[1].score is not None) if known)
    return [[(x, _height(point.score)) for x, point in run if point.score is not None] for run in runs]


def _start(trend: Trend) -> float:
    """The height of the first round that has one; half-way where none has."""
    scores = [point.score for point in trend.points if point.score is not None]
    return _height(scores[0] if scores else 50)


def _draw_cuts(sheet: Sheet, starts: Iterable[Point], length: float) -> None:
    sheet.lines([((x, y), (x + length, y)) for x, y in starts], stroke=GRID, width=0.6)


def _draw_line(sheet: Sheet, runs: Sequence[Sequence[Point]]) -> None:
    sheet.lines([run for run in runs if len(run) > 1], stroke=ACCENT, width=1.4)
    sheet.dots([point for run in runs for point in run], radius=1.6, fill=ACCENT, stroke=ACCENT, width=0.5)


def _draw_box(sheet: Sheet, x: float, bands: Sequence[str]) -> None:
    """An open box as high as what the words leave open."""
    edges = (0, *CUT_SCORES, 100)
    low, high = edges[BANDS.index(bands[0])], edges[BANDS.index(bands[-1]) + 1]
    sheet.box(x - 2.5, _height(high), x + 2.5, _height(low), fill=PAPER, stroke=GHOST)


def _draw_break(sheet: Sheet, at: Point) -> None:
    """Two slanted strokes: what was asked before was something else."""
    x, y = at
    sheet.lines([((x + n - 1.5, y + 4), (x + n + 1.5, y - 4)) for n in (-1.5, 1.5)], stroke=MUTED, width=1.0)


def _draw_last(sheet: Sheet, score: int | None) -> None:
    if score is None:
        sheet.text((_WORDS, _height(50) + 3.6), "–", size=LARGE, fill=MUTED)
        return
    sheet.dots([(_LAST, _height(score))], radius=2.6, fill=ACCENT, stroke=ACCENT, width=0.5)
    y = min(max(_height(score) + 3.6, 9.0), _HEIGHT - 3)
    sheet.text((_WORDS, y), short_score(score), size=LARGE, semibold=True)


def _signs(trends: Sequence[Trend], words: Words) -> list[Sign]:
    points = [point for trend in trends for point in trend.points]
    signs = [Sign(_line_sign, words["one_round"])]
    if any(point.score is None and point.bands for point in points):
        signs.append(Sign(_box_sign, words["in_words"]))
    if any(point.score is None and not point.bands for point in points):
        signs.append(Sign(_gap_sign, words["gap_in_time"]))
    if any(trend.reworded_after for trend in trends):
        signs.append(Sign(_break_sign, words["reworded"]))
    return [*signs, Sign(_cuts_sign, words["cuts"])]


def _line_sign(sheet: Sheet, at: Point) -> None:
    _draw_line(sheet, [[(at[0] + 2, at[1] + 2), (at[0] + 15, at[1] - 2)]])


def _gap_sign(sheet: Sheet, at: Point) -> None:
    _draw_line(sheet, [[(at[0] + 2, at[1])], [(at[0] + 15, at[1])]])


def _box_sign(sheet: Sheet, at: Point) -> None:
    sheet.box(at[0] + 10, at[1] - 4, at[0] + 15, at[1] + 4, fill=PAPER, stroke=GHOST)


def _break_sign(sheet: Sheet, at: Point) -> None:
    _draw_break(sheet, (at[0] + 13, at[1]))


def _cuts_sign(sheet: Sheet, at: Point) -> None:
    _draw_cuts(sheet, [(at[0], at[1] + n) for n in (-3, 0, 3)], 18)
