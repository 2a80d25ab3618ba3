"""Slopes: where each capability of a category stood last round, and where it stands now.

Grey is the rule, because most differences between two rounds are luck (docs/method.md, 4.3). Only a
clear or likely change has a bold line, an arrow and the movement: never a colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from ..content import CapabilityResult, CategoryResult, Shown, Suppressed
from .rows import draw_suppressed
from .sentences import describe_slopes
from .shared import Sign, legend, write
from .sheet import ACCENT, GHOST, GRID, INK, LARGE, LEADING, MUTED, NORMAL, SMALL, WIDTH, Point, Sheet
from .text import text_width, wrap
from .words import Words, all_words, change_label, previous_score, short_score

_BEFORE, _NOW = 34.0, 122.0  # where the two rounds stand
_WORDS = 136.0  # where the words at the right begin
_POINT = 2.0  # of paper for a point of score: the same in every chart, so that slopes compare
_GAP = 6.0

_SURE: Final = ("clear", "likely")
_STROKES: Final = {"clear": (ACCENT, 2.6), "likely": (ACCENT, 1.4)}
_GREY: Final = (GHOST, 0.8)


@dataclass(frozen=True)
class _Slope:
    """A capability's line, and the words at its end."""

    names: tuple[str, ...]
    score: int
    before: int | None
    label: str  # of its change
    value: str
    movement: str  # "↑ 15"; empty where no change is sure

    @property
    def is_sure(self) -> bool:
        return self.label in _SURE

    @property
    def stroke(self) -> tuple[str, float]:
        """Colour and width of its line."""
        return _STROKES.get(self.label, _GREY)

    @property
    def height(self) -> float:
        """What its words take, with a little air."""
        return LEADING * len(self.names) + 2


def slopegraph(
    category: CategoryResult, *, chart_id: str, title: str = "", words: Words | None = None
) -> str:
    """Last round and this one of every capability of a category; what is not shown stands below."""
    sheet, said = Sheet(), all_words(words)
    slopes = _slopes(category.capabilities)
    top, bottom = _draw_slopes(sheet, slopes, said) if slopes else (0.0, 0.0)
    bottom += 3
    for capability in category.capabilities:
        if isinstance(capability.result, Suppressed):
            bottom = draw_suppressed(sheet, bottom, capability.short_name, capability.result, said)
    if slopes:
        bottom = legend(sheet, WIDTH / 2, bottom + 18, _signs(slopes, said))
    return sheet.svg(top, bottom, chart_id=chart_id, title=title or describe_slopes(category, words))


def pushed_apart(wanted: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Middles for things of these ``heights`` that touch nowhere, as near to ``wanted`` as can be.

    ``wanted`` rises. What collides forms a pile around the mean of what its members want: least
    squares under an order, found by joining neighbours (pool adjacent violators).
    """
    offsets = [sum(heights[:n]) + height / 2 for n, height in enumerate(heights)]
    piles: list[tuple[float, int]] = []  # where a pile begins, and how many it holds
    for want, offset in zip(wanted, offsets, strict=True):
        start, count = want - offset, 1
        while piles and piles[-1][0] > start:
            before, more = piles.pop()
            start, count = (start * count + before * more) / (count + more), count + more
        piles.append((start, count))
    starts = (start for start, count in piles for _ in range(count))
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]


def _slopes(capabilities: Sequence[CapabilityResult]) -> list[_Slope]:
    """What is shown, the highest first; of equal ones first what comes from above."""
    shown = [(each, each.result) for each in capabilities if isinstance(each.result, Shown)]
    values = [short_score(result.score) for _, result in shown]
    movements = [_movement(each) for each, _ in shown]
    room = WIDTH - _WORDS - _column(values) - _column(movements)
    slopes = [
        _Slope(
            wrap(each.short_name, room, NORMAL, lines=4) or ("",),
            result.score,
            previous_score(each),
            change_label(each),
            value,
            movement,
        )
        for (each, result), value, movement in zip(shown, values, movements, strict=True)
    ]
    return sorted(slopes, key=lambda slope: (-slope.score, -(slope.before or slope.score)))


def _movement(capability: CapabilityResult) -> str:
    """An arrow and how far, for a sure change only."""
    change = capability.change
    if change is None or change.label not in _SURE or not change.moved:
        return ""
    return f"{'↑' if change.moved > 0 else '↓'} {abs(change.moved)}"


def _column(texts: Sequence[str]) -> float:
    """The room for the widest of ``texts`` and the gap after it; none where all are empty."""
    widest = max((text_width(text, LARGE, semibold=True) for text in texts), default=0.0)
    return widest + _GAP if widest else 0.0


def _height(score: float) -> float:
    return -_POINT * score


def _draw_slopes(sheet: Sheet, slopes: Sequence[_Slope], words: Words) -> tuple[float, float]:
    """Draw lines, names and heads; returns the upper and lower edge."""
    ends = [_height(score) for slope in slopes for score in (slope.score, slope.before) if score is not None]
    places = pushed_apart([_height(slope.score) for slope in slopes], [slope.height for slope in slopes])
    top = min(*ends, places[0] - slopes[0].height / 2) - 4
    bottom = max(*ends, places[-1] + slopes[-1].height / 2) + 4
    sides = (_NOW,) if _is_first(slopes) else (_BEFORE, _NOW)
    sheet.lines([((x, top), (x, bottom)) for x in sides], stroke=GRID, width=0.8)
    for slope in sorted(slopes, key=lambda slope: slope.is_sure):  # what is sure lies above the grey
        _draw_slope(sheet, slope)
    _draw_scores_before(sheet, slopes)
    _draw_words(sheet, slopes, places)
    return _draw_heads(sheet, top, slopes, words), bottom


def _is_first(slopes: Sequence[_Slope]) -> bool:
    """Whether nothing can be compared."""
    return all(slope.before is None for slope in slopes)


def _draw_slope(sheet: Sheet, slope: _Slope) -> None:
    stroke, width = slope.stroke
    points = [(_NOW, _height(slope.score))]
    if slope.before is not None:
        points.append((_BEFORE, _height(slope.before)))
        sheet.lines([points], stroke=stroke, width=width)
    sheet.dots(points, radius=2.8 if slope.is_sure else 2.0, fill=stroke, stroke=stroke, width=0.5)


def _draw_scores_before(sheet: Sheet, slopes: Sequence[_Slope]) -> None:
    """Print each score of last round once, left of its dots: steps of five keep them apart."""
    for score in sorted({slope.before for slope in slopes if slope.before is not None}):
        at = (_BEFORE - _GAP, _height(score) + 3.2)
        sheet.text(at, short_score(score), size=SMALL, fill=MUTED, anchor="end")


def _first_line(middle: float, lines: int) -> float:
    """The first baseline of so many lines around ``middle``."""
    return middle + 3.2 - LEADING * (lines - 1) / 2


def _draw_words(sheet: Sheet, slopes: Sequence[_Slope], places: Sequence[float]) -> None:
    """Score, movement and name at each line's end, joined to its dot where they had to move away."""
    value_end = _WORDS + _column([slope.value for slope in slopes]) - _GAP
    names = value_end + _GAP + _column([slope.movement for slope in slopes])
    joints = [
        ((_NOW + 4, _height(slope.score)), (_WORDS - 3, place))
        for slope, place in zip(slopes, places, strict=True)
    ]
    sheet.lines(joints, stroke=GHOST, width=0.5)
    for slope, place in zip(slopes, places, strict=True):
        y = _first_line(place, len(slope.names))
        sheet.text((value_end, y), slope.value, size=LARGE, anchor="end", semibold=slope.is_sure)
        if slope.movement:
            sheet.text((value_end + _GAP, y), slope.movement, size=LARGE, semibold=True, fill=ACCENT)
        write(sheet, (names, y), slope.names, size=NORMAL, fill=INK)


def _draw_heads(sheet: Sheet, top: float, slopes: Sequence[_Slope], words: Words) -> float:
    """Say over each side which round it is; returns the upper edge."""
    start, foot = _NOW - 4, top - 5
    before = () if _is_first(slopes) else wrap(words["last_round"], start - _GAP, SMALL)
    now = wrap(words["this_round"], WIDTH - start, SMALL)
    for lines, x in ((before, 0.0), (now, start)):
        write(sheet, (x, foot - LEADING * (len(lines) - 1)), lines)
    return foot - LEADING * (max(len(before), len(now)) - 1) - SMALL


def _signs(slopes: Sequence[_Slope], words: Words) -> list[Sign]:
    """The kinds of lines that occur, the surest first."""
    labels = {slope.label for slope in slopes}
    kinds = [label for label in (*_SURE, "none", "unknown") if label in labels]
    return [Sign(partial(_slope_sign, label), words[f"change_{label}"]) for label in kinds]


def _slope_sign(label: str, sheet: Sheet, at: Point) -> None:
    stroke, width = _STROKES.get(label, _GREY)
    end = (at[0] + 15, at[1])
    if label != "unknown":
        sheet.lines([(at, end)], stroke=stroke, width=width)
    sheet.dots([end], radius=2.8 if label in _SURE else 2.0, fill=stroke, stroke=stroke, width=0.5)
