"""Rows: a capability below the other, as dots with their intervals or as bars."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from assessments.disclosure import BANDS

from ..content import CapabilityResult, CategoryResult, Shown, Suppressed
from .sentences import describe_category, describe_dot_plot
from .shared import CUT_SCORES, Sign, dot_sign, ghost_dot_sign, ghost_dots, legend, score_dots, write
from .sheet import (
    ACCENT,
    ACCENT_SOFT,
    GRID,
    INK,
    LARGE,
    LEADING,
    MUTED,
    NORMAL,
    SMALL,
    WIDTH,
    Anchor,
    Point,
    Sheet,
)
from .text import text_width, wrap
from .words import Words, all_words, interval_of, previous_score, score_text

_ROW = 28.0  # from one capability to the next
_LANE = 16.5  # from the top of a row to the middle of its dots: nearer to its own name than to the next
_TALL = 5.0  # how far a cut line reaches from there, up and down
_CAP = 2.5  # the same for the ends of an interval


def dot_plot(
    categories: CategoryResult | Sequence[CategoryResult],
    *,
    chart_id: str,
    title: str = "",
    words: Words | None = None,
) -> str:
    """Every capability of one or more categories: score, interval, last round, number of answers."""
    many = [categories] if isinstance(categories, CategoryResult) else list(categories)
    title = title or describe_dot_plot(many, words)
    return _row_chart(many, bars=False, chart_id=chart_id, title=title, words=words)


def category_bars(
    category: CategoryResult, *, chart_id: str, title: str = "", words: Words | None = None
) -> str:
    """A category of too few capabilities for a radar, as bars."""
    title = title or describe_category(category, words)
    return _row_chart([category], bars=True, chart_id=chart_id, title=title, words=words)


def _row_chart(
    categories: Sequence[CategoryResult], *, bars: bool, chart_id: str, title: str, words: Words | None
) -> str:
    sheet, said = Sheet(), all_words(words)
    y = _draw_band_words(sheet, said)
    for category in categories:
        if len(categories) > 1:
            y = write(sheet, (0, y + 15), wrap(category.name, WIDTH, LARGE), size=LARGE, fill=ACCENT)
            y -= LEADING - 7
        for capability in category.capabilities:
            y = _draw_row(sheet, y, capability, said, bar=bars)
    _draw_scale(sheet, y + 7)
    shown = [capability for category in categories for capability in category.capabilities]
    bottom = legend(sheet, WIDTH / 2, y + 27, _row_signs(shown, said))
    return sheet.svg(0, bottom, chart_id=chart_id, title=title)


def _along(score: float) -> float:
    """Where a score from 0 to 100 stands from left to right."""
    return 1 + (WIDTH - 2) * score / 100


def _draw_band_words(sheet: Sheet, words: Words) -> float:
    """The words of the bands over their parts of the scale; returns the lower edge."""
    parts = list(zip(BANDS, pairwise((0, *CUT_SCORES, 100)), strict=True))
    lines = [wrap(words[band], _along(to) - _along(start) - 3, SMALL, lines=3) for band, (start, to) in parts]
    most = max(len(each) for each in lines)
    for each, (_, (start, to)) in zip(lines, parts, strict=True):
        at = (_along((start + to) / 2), 9 + LEADING * (most - len(each)))
        write(sheet, at, each, anchor="middle")
    return LEADING * most + 6


def _draw_row(sheet: Sheet, top: float, capability: CapabilityResult, words: Words, *, bar: bool) -> float:
    """Draw a capability from ``top`` on; returns the lower edge."""
    result = capability.result
    if isinstance(result, Suppressed):
        return draw_suppressed(sheet, top, capability.short_name, result, words)
    n, score = words["n"].format(n=result.n), score_text(result.score, words)
    column = WIDTH - max(28, text_width(n, SMALL) + 8)
    room = column - text_width(score, LARGE, semibold=True) - 10
    after = write(sheet, (0, top + 9), wrap(capability.short_name, room, NORMAL), size=NORMAL, fill=INK)
    sheet.text((column, top + 9), score, size=LARGE, anchor="end", semibold=True)
    sheet.text((WIDTH, top + 9), n, size=SMALL, fill=MUTED, anchor="end")
    extra = after - top - 9 - LEADING + (4 if bar else 0)  # a bar keeps off the descenders
    _draw_lane(sheet, top + _LANE + extra, result, previous_score(capability), bar=bar)
    return top + _ROW + extra


def draw_suppressed(sheet: Sheet, top: float, name: str, result: Suppressed, words: Words) -> float:
    """Name what is not shown, and why, from ``top`` on; returns the lower edge."""
    reason = words["fewer_than"].format(minimum=result.minimum)
    room = WIDTH - text_width(reason, SMALL) - 10
    after = write(sheet, (0, top + 9), wrap(name, room, NORMAL), size=NORMAL)
    sheet.text((WIDTH, top + 9), reason, size=SMALL, fill=MUTED, anchor="end")
    return after - LEADING + 11


def _draw_lane(sheet: Sheet, y: float, result: Shown, previous: int | None, *, bar: bool) -> None:
    if bar:
        sheet.box(_along(0), y - 5, _along(result.score), y + 5, fill=ACCENT_SOFT, stroke="none")
    cuts = [((_along(cut), y - _TALL), (_along(cut), y + _TALL)) for cut in CUT_SCORES]
    sheet.lines([*cuts, ((_along(0), y), (_along(100), y))], stroke=GRID, width=0.6)
    if previous is not None:
        ghost_dots(sheet, [(_along(previous), y)], radius=4)
    if interval := interval_of(result):
        _draw_whisker(sheet, y, *map(_along, interval))
    score_dots(sheet, [(_along(result.score), y)])


def _draw_whisker(sheet: Sheet, y: float, left: float, right: float) -> None:
    """An interval with its ends marked, or last round's circle upon one would look like the end."""
    caps = [((x, y - _CAP), (x, y + _CAP)) for x in (left, right)]
    sheet.lines([((left, y), (right, y)), *caps], stroke=ACCENT, width=1.0)


def _whisker_sign(sheet: Sheet, at: Point) -> None:
    _draw_whisker(sheet, at[1], at[0], at[0] + 18)


def _draw_scale(sheet: Sheet, y: float) -> None:
    """The numbers of the cuts, once at the foot."""
    anchors: dict[float, Anchor] = {0: "start", 100: "end"}
    for score in (0, *CUT_SCORES, 100):
        anchor = anchors.get(score, "middle")
        sheet.text((_along(score), y), f"{score:.0f}", size=SMALL, fill=MUTED, anchor=anchor)


def _row_signs(capabilities: Sequence[CapabilityResult], words: Words) -> list[Sign]:
    signs = [Sign(dot_sign, words["this_round"])]
    if any(previous_score(capability) is not None for capability in capabilities):
        signs.append(Sign(ghost_dot_sign, words["last_round"]))
    if any(isinstance(each.result, Shown) and interval_of(each.result) for each in capabilities):
        signs.append(Sign(_whisker_sign, words["interval"]))
    return signs
