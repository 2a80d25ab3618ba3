"""Radars: a category's capabilities, or the categories, around a middle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..content import CapabilityResult, CategoryResult, CategoryScore, ReportContent, Suppressed
from .rows import category_bars
from .sentences import describe_category, describe_overview
from .shared import (
    CUT_SCORES,
    Sign,
    ghost_dots,
    ghost_sign,
    interval_sign,
    legend,
    score_dots,
    score_sign,
    write,
)
from .sheet import (
    ACCENT,
    ACCENT_SOFT,
    GHOST,
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
from .text import wrap
from .words import Words, all_words, interval_of, previous_score, score_text

RADIUS: Final = 86.0
FEWEST_AXES, MOST_AXES = 4, 8


@dataclass(frozen=True)
class _Axis:
    """One direction of a radar. Without a score it is a gap."""

    name: str
    score: int | None
    previous: int | None
    interval: tuple[int, int] | None = None


@dataclass(frozen=True)
class _Label:
    """The words at the end of an axis, laid out: the name above the value."""

    x: float
    top: float
    anchor: Anchor
    names: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def bottom(self) -> float:
        """Where the descenders of the value end."""
        return self.top + LEADING * (len(self.names) + len(self.values)) + 2


def category_chart(
    category: CategoryResult, *, chart_id: str, title: str = "", words: Words | None = None
) -> str:
    """The capabilities of a category: a radar, or bars where they are too few for one."""
    draw = category_bars if len(category.capabilities) < FEWEST_AXES else category_radar
    return draw(category, chart_id=chart_id, title=title, words=words)


def category_radar(
    category: CategoryResult, *, chart_id: str, title: str = "", words: Words | None = None
) -> str:
    """The capabilities of a category in the order of the questionnaire, from 4 to 8 of them."""
    axes = [_capability_axis(capability) for capability in category.capabilities]
    return _radar(axes, chart_id=chart_id, title=title or describe_category(category, words), words=words)


def overview_radar(
    content: ReportContent, *, chart_id: str, title: str = "", words: Words | None = None
) -> str:
    """The scores of the categories."""
    axes = [_category_axis(category) for category in content.categories]
    return _radar(axes, chart_id=chart_id, title=title or describe_overview(content, words), words=words)


def _capability_axis(capability: CapabilityResult) -> _Axis:
    result = capability.result
    if isinstance(result, Suppressed):
        return _Axis(capability.short_name, None, None)
    return _Axis(capability.short_name, result.score, previous_score(capability), interval_of(result))


def _category_axis(category: CategoryResult) -> _Axis:
    score = category.result.score if isinstance(category.result, CategoryScore) else None
    return _Axis(category.name, score, previous_score(category))


def _radar(axes: Sequence[_Axis], *, chart_id: str, title: str, words: Words | None) -> str:
    if not FEWEST_AXES <= len(axes) <= MOST_AXES:
        raise ValueError(f"a radar has {FEWEST_AXES} to {MOST_AXES} axes, not {len(axes)}")
    sheet, said = Sheet(left=-WIDTH / 2), all_words(words)
    scores = [axis.score for axis in axes]
    ghosts = [axis.previous for axis in axes]
    if None not in scores:
        sheet.area(_corners(scores), fill=ACCENT_SOFT)
    _draw_web(sheet, len(axes))
    _draw_ring_labels(sheet, [scores, ghosts])
    _draw_ghost(sheet, ghosts)
    _draw_intervals(sheet, axes)
    sheet.lines(_runs(scores), stroke=ACCENT, width=1.6)
    score_dots(sheet, _corners(scores))
    labels = [_radar_label(n, axes, said) for n in range(len(axes))]
    for axis, label in zip(axes, labels, strict=True):
        _draw_label(sheet, label, shown=axis.score is not None)
    bottom = legend(sheet, 0, max(label.bottom for label in labels) + 20, _radar_signs(axes, said))
    return sheet.svg(min(label.top for label in labels) - 2, bottom, chart_id=chart_id, title=title)


def _direction(n: float, count: int) -> Point:
    """The way of the n-th axis from the middle: the first goes up, the others follow clockwise."""
    angle = 2 * math.pi * n / count
    return math.sin(angle), -math.cos(angle)


def _on_axis(n: int, count: int, score: float) -> Point:
    x, y = _direction(n, count)
    return x * RADIUS * score / 100, y * RADIUS * score / 100


def _corners(scores: Sequence[int | None]) -> list[Point]:
    return [_on_axis(n, len(scores), score) for n, score in enumerate(scores) if score is not None]


def _runs(scores: Sequence[int | None]) -> list[list[Point]]:
    """Lines between neighbours that are both shown: one closed line, or a run from gap to gap."""
    count = len(scores)
    if None not in scores:
        corners = _corners(scores)
        return [[*corners, corners[0]]]
    first = scores.index(None)
    runs: list[list[Point]] = [[]]
    for n in ((first + step) % count for step in range(1, count + 1)):
        score = scores[n]
        if score is None:
            runs.append([])
        else:
            runs[-1].append(_on_axis(n, count, score))
    return [run for run in runs if len(run) > 1]


def _draw_web(sheet: Sheet, count: int) -> None:
    spokes = [((0.0, 0.0), _on_axis(n, count, 100)) for n in range(count)]
    sheet.lines(spokes, stroke=GRID, width=0.6)
    for score in (*CUT_SCORES, 100):
        sheet.ring(RADIUS * score / 100, stroke=GRID, width=0.6 if score < 100 else 1.0)


def _draw_ring_labels(sheet: Sheet, outlines: Sequence[Sequence[int | None]]) -> None:
    """Number the rings just inside their lines, between two axes where fewest lines pass."""
    x, y = _direction(_calmest_sector(outlines), len(outlines[0]))
    for score in (*CUT_SCORES, 100):
        at = RADIUS * score / 100 - 5.5
        sheet.text((x * at, y * at + 3.2), f"{score:.0f}", size=SMALL, fill=MUTED, anchor="middle")


def _calmest_sector(outlines: Sequence[Sequence[int | None]]) -> float:
    """The way between two axes on which numbers stand farthest from the outlines.

    Only ways that go rather up or down: sideways the numbers would touch each other.
    """
    count = len(outlines[0])
    ways = [n + 0.5 for n in range(count) if abs(_direction(n + 0.5, count)[1]) > 0.6]
    return max(ways, key=lambda way: min(8.0, _clearance(way, outlines)))


def _clearance(way: float, outlines: Sequence[Sequence[int | None]]) -> float:
    """How far the nearest outline passes from a ring's number, in points."""
    numbers = [RADIUS * score / 100 - 5.5 for score in (*CUT_SCORES, 100)]
    nearest = RADIUS
    for scores in outlines:
        before, after = scores[int(way)], scores[(int(way) + 1) % len(scores)]
        if before is None or after is None:
            continue
        # Half-way between the axes a straight side passes at the harmonic mean times cos(half angle).
        side = 2 * before * after / max(1, before + after) * math.cos(math.pi / len(scores)) * RADIUS / 100
        nearest = min(nearest, *(abs(side - number) for number in numbers))
    return nearest


def _draw_ghost(sheet: Sheet, ghosts: Sequence[int | None]) -> None:
    if any(score is not None for score in ghosts):
        sheet.lines(_runs(ghosts), stroke=GHOST, width=1.1, dashes=(3, 2))
        ghost_dots(sheet, _corners(ghosts), radius=1.9)


def _draw_intervals(sheet: Sheet, axes: Sequence[_Axis]) -> None:
    ends = [(n, axis.interval) for n, axis in enumerate(axes) if axis.interval is not None]
    runs = [[_on_axis(n, len(axes), low), _on_axis(n, len(axes), high)] for n, (low, high) in ends]
    sheet.lines(runs, stroke=ACCENT, width=0.9)


def _radar_label(n: int, axes: Sequence[_Axis], words: Words) -> _Label:
    x, y = _direction(n, len(axes))
    anchor: Anchor = "middle" if abs(x) < 0.2 else "start" if x > 0 else "end"
    at = x * (RADIUS + 9) if anchor != "middle" else 0.0
    room = 118.0 if anchor == "middle" else WIDTH / 2 - abs(at)
    axis = axes[n]
    names = wrap(axis.name, room, NORMAL, lines=3)
    value = words["too_few"] if axis.score is None else score_text(axis.score, words)
    shown = axis.score is not None
    values = wrap(value, room, LARGE if shown else SMALL, semibold=shown)
    height = LEADING * (len(names) + len(values)) - 1
    middle = y * (RADIUS + 8 + height / 2)
    return _Label(at, middle - height / 2, anchor, names, values)


def _draw_label(sheet: Sheet, label: _Label, *, shown: bool) -> None:
    start = (label.x, label.top + NORMAL - 1)
    y = write(sheet, start, label.names, size=NORMAL, fill=INK if shown else MUTED, anchor=label.anchor)
    for n, line in enumerate(label.values):
        at = (label.x, y + 1 + n * LEADING)
        size, fill = (LARGE, INK) if shown else (SMALL, MUTED)
        sheet.text(at, line, size=size, fill=fill, anchor=label.anchor, semibold=shown)


def _radar_signs(axes: Sequence[_Axis], words: Words) -> list[Sign]:
    signs = [Sign(score_sign, words["this_round"])]
    if any(axis.previous is not None for axis in axes):
        signs.append(Sign(ghost_sign, words["last_round"]))
    if any(axis.interval is not None for axis in axes):
        signs.append(Sign(interval_sign, words["interval"]))
    return signs
