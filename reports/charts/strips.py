"""Strips: the ordered answers about a key metric, the team's one filled."""

from __future__ import annotations

from collections.abc import Sequence

from ..content import KeyMetricResult, ShownMetric, Suppressed
from .sentences import describe_metric
from .shared import write
from .sheet import ACCENT, GHOST, INK, LARGE, LEADING, PAPER, SMALL, WIDTH, Anchor, Point, Sheet
from .text import text_width, wrap
from .words import Words, all_words

_CELL_GAP, _CELL_HEIGHT = 3.0, 14.0


def metric_strip(
    metric: KeyMetricResult, *, chart_id: str, title: str = "", words: Words | None = None
) -> str:
    """The ordered answers about a key metric as cells, the team's one filled and named."""
    sheet, said = Sheet(), all_words(words)
    cells = _cells(len(metric.band_labels))
    top = _draw_answer(sheet, metric, cells, said)
    chosen = metric.result.band if isinstance(metric.result, ShownMetric) else None
    for band, (left, right) in enumerate(cells, start=1):
        fill, stroke = (ACCENT, ACCENT) if band == chosen else (PAPER, GHOST)
        sheet.box(left, top, right, top + _CELL_HEIGHT, fill=fill, stroke=stroke)
    y = _draw_elite(sheet, top, metric, cells, said)
    y = _draw_ends(sheet, y, metric)
    return sheet.svg(0, y, chart_id=chart_id, title=title or describe_metric(metric, words))


def _cells(count: int) -> list[Point]:
    """Left and right edge of each cell."""
    wide = (WIDTH - 1 - _CELL_GAP * (count - 1)) / count
    return [(0.5 + n * (wide + _CELL_GAP), 0.5 + n * (wide + _CELL_GAP) + wide) for n in range(count)]


def _draw_answer(sheet: Sheet, metric: KeyMetricResult, cells: Sequence[Point], words: Words) -> float:
    """Write the team's answer over its cell, as far as the edges allow; returns the top of the cells."""
    result = metric.result
    if isinstance(result, Suppressed):
        return write(sheet, (0, 9), [words["fewer_than"].format(minimum=result.minimum)]) - 4
    lines = wrap(result.label, WIDTH, LARGE, semibold=True)
    half = max(text_width(line, LARGE, semibold=True) for line in lines) / 2
    left, right = cells[result.band - 1]
    middle = min(max((left + right) / 2, half), WIDTH - half)
    for n, line in enumerate(lines):
        sheet.text((middle, 10 + n * 13), line, size=LARGE, anchor="middle", semibold=True)
    return 17 + 13.0 * (len(lines) - 1)


def _draw_elite(
    sheet: Sheet, top: float, metric: KeyMetricResult, cells: Sequence[Point], words: Words
) -> float:
    """Mark where the elite threshold begins; returns the next baseline."""
    x = max(0.6, cells[metric.elite_from - 1][0] - _CELL_GAP / 2)
    foot = top + _CELL_HEIGHT + 13
    sheet.lines([((x, top - 3), (x, foot))], stroke=INK, width=1.2)
    anchor: Anchor = "start" if x < WIDTH / 2 else "end"
    room = max(x, WIDTH - x) - 5
    lines = wrap(words["elite"].format(elite=metric.elite), room, SMALL)
    return write(sheet, (x + (5 if anchor == "start" else -5), foot), lines, fill=INK, anchor=anchor)


def _draw_ends(sheet: Sheet, y: float, metric: KeyMetricResult) -> float:
    """Name the worst and the best answer; returns the lower edge."""
    worst = wrap(metric.band_labels[0], WIDTH / 2 - 10, SMALL)
    best = wrap(metric.band_labels[-1], WIDTH / 2 - 10, SMALL)
    ends = (write(sheet, (0, y + 2), worst), write(sheet, (WIDTH, y + 2), best, anchor="end"))
    return max(ends) - LEADING + 4
