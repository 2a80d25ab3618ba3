"""Teams beside each other: a caterpillar and a funnel, in neither of them by score (docs/method.md 4.4)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from ..comparison_content import Estimate, Limits, Spread
from .sentences import describe_caterpillar, describe_funnel
from .shared import Sign, dot_sign, ghost_dot_sign, ghost_dots, legend, score_dots, write
from .sheet import ACCENT, GHOST, GRID, INK, LEADING, MUTED, NORMAL, SMALL, WIDTH, Anchor, Point, Sheet
from .text import text_width, wrap
from .words import Words, all_words

_NAMES = 128.0  # where names end and lanes begin
_ROW = 17.0
_CAP = 2.5  # how far the end of an interval reaches, up and down
_LEFT, _RIGHT = 24.0, WIDTH - 6  # of the funnel
_HEIGHT = 220.0  # from 0 to 100 in the funnel
_SCALE: Final = (0, 25, 50, 75, 100)
_DASHES: Final = (4.0, 2.5)


def caterpillar(
    spread: Spread, *, chart_id: str, title: str = "", words: Words | None = None, key: bool = True
) -> str:
    """Each team's partially pooled estimate with its interval, as teams stand on the page, and their mean.

    Without the ``key`` that explains the signs it is one of several.
    """
    sheet = Sheet()
    foot = _ROW * len(spread.teams)
    sheet.lines([((_lane(at), -6), (_lane(at), foot)) for at in _SCALE], stroke=GRID, width=0.6)
    sheet.lines([((_lane(spread.mean), -6), (_lane(spread.mean), foot))], stroke=GHOST, width=1.4)
    for place, team in enumerate(spread.teams):
        _draw_team(sheet, _ROW * place + 6, team)
    for at in _SCALE:
        sheet.text((_lane(at), foot + 11), str(at), size=SMALL, fill=MUTED, anchor="middle")
    bottom = legend(sheet, WIDTH / 2, foot + 28, _caterpillar_signs(all_words(words))) if key else foot + 14
    return sheet.svg(-8, bottom, chart_id=chart_id, title=title or describe_caterpillar(spread, words))


def caterpillar_key(spread: Spread, *, chart_id: str, title: str = "", words: Words | None = None) -> str:
    """What the signs of several caterpillars mean."""
    sheet, signs = Sheet(), _caterpillar_signs(all_words(words))
    bottom = legend(sheet, WIDTH / 2, 12, signs)
    title = title or "; ".join(sign.word for sign in signs)
    return sheet.svg(0, bottom, chart_id=chart_id, title=title)


def _lane(score: float) -> float:
    """Where a score from 0 to 100 stands from left to right."""
    return _NAMES + 8 + (WIDTH - _NAMES - 18) * score / 100


def _draw_team(sheet: Sheet, y: float, team: Estimate) -> None:
    name = wrap(team.name, _NAMES, NORMAL, lines=1) or ("",)
    sheet.text((_NAMES, y + 3.2), name[0], anchor="end")
    left, right = _lane(team.low), _lane(team.high)
    caps = [((x, y - _CAP), (x, y + _CAP)) for x in (left, right)]
    sheet.lines([((left, y), (right, y)), *caps], stroke=ACCENT, width=1.0)
    ghost_dots(sheet, [(_lane(team.score), y)], radius=4)
    score_dots(sheet, [(_lane(team.pooled), y)])


def _caterpillar_signs(words: Words) -> list[Sign]:
    return [
        Sign(dot_sign, words["estimate"]),
        Sign(ghost_dot_sign, words["own_score"]),
        Sign(_interval_sign, words["interval"]),
        Sign(_mean_sign, words["all_teams"]),
    ]


def _interval_sign(sheet: Sheet, at: Point) -> None:
    caps = [((x, at[1] - _CAP), (x, at[1] + _CAP)) for x in (at[0], at[0] + 18)]
    sheet.lines([(at, (at[0] + 18, at[1])), *caps], stroke=ACCENT, width=1.0)


def _mean_sign(sheet: Sheet, at: Point) -> None:
    sheet.lines([((at[0] + 9, at[1] - 5), (at[0] + 9, at[1] + 5))], stroke=GHOST, width=1.4)


def funnel(spread: Spread, *, chart_id: str, title: str = "", words: Words | None = None) -> str:
    """Each team's score by the number of its answers, and the limits of luck and of usual differences.

    Only what lies beyond them has its name.
    """
    sheet, said = Sheet(), all_words(words)
    sheet.lines([((_LEFT, _up(at)), (_RIGHT, _up(at))) for at in _SCALE], stroke=GRID, width=0.6)
    for at in _SCALE:
        sheet.text((_LEFT - 5, _up(at) + 3.2), str(at), size=SMALL, fill=MUTED, anchor="end")
    across = _Across(spread.limits)
    mean = [(_LEFT, _up(spread.mean)), (_RIGHT, _up(spread.mean))]
    sheet.lines([mean], stroke=GHOST, width=1.4)
    sheet.lines(across.runs([each.luck for each in spread.limits]), stroke=INK, width=0.9)
    sheet.lines(across.runs([each.usual for each in spread.limits]), stroke=INK, width=0.9, dashes=_DASHES)
    score_dots(sheet, sorted({(across.at(team.n), _up(team.score)) for team in spread.teams}))
    _name_apart(sheet, across, spread.teams)
    for n in across.marks:
        sheet.text((across.at(n), 11), str(n), size=SMALL, fill=MUTED, anchor="middle")
    y = write(sheet, (_RIGHT, 23), [said["by_answers"]], anchor="end")
    bottom = legend(sheet, WIDTH / 2, y + 6, _funnel_signs(said))
    return sheet.svg(_up(100) - 8, bottom, chart_id=chart_id, title=title or describe_funnel(spread, words))


def _up(score: float) -> float:
    """How high a score from 0 to 100 stands; what is beyond the scale, at its end."""
    return -_HEIGHT * min(max(score, 0.0), 100.0) / 100


class _Across:
    """Where a number of answers stands: the same ratio is the same way, as limits narrow with its root."""

    def __init__(self, limits: Sequence[Limits]) -> None:
        self._sizes = [each.n for each in limits]
        self._low = math.log(self._sizes[0])
        self._wide = math.log(self._sizes[-1]) - self._low

    def at(self, n: int) -> float:
        if not self._wide:
            return (_LEFT + _RIGHT) / 2
        return _LEFT + 10 + (_RIGHT - _LEFT - 20) * (math.log(n) - self._low) / self._wide

    def runs(self, ends: Sequence[Point]) -> list[list[Point]]:
        """Both limits as lines; a short one where all teams have the same number of answers."""
        places = [self.at(n) for n in self._sizes]
        if len(places) == 1:
            places, ends = [places[0] - 14, places[0] + 14], [*ends, *ends]
        return [[(x, _up(pair[side])) for x, pair in zip(places, ends, strict=True)] for side in (0, 1)]

    @property
    def marks(self) -> list[int]:
        """Numbers of answers that are written below, as far apart as they need."""
        kept: list[int] = []
        for n in self._sizes:
            if not kept or self.at(n) - self.at(kept[-1]) > 24:
                kept.append(n)
        return kept


def _name_apart(sheet: Sheet, across: _Across, teams: Sequence[Estimate]) -> None:
    """Name the teams beyond the limits, those on one point below each other.

    Names that would stand on others are left out: the table beside the chart has them all.
    """
    points: dict[Point, list[str]] = {}
    for team in teams:
        if team.apart:
            points.setdefault((across.at(team.n), _up(team.score)), []).append(team.name)
    taken: list[tuple[float, float, float, float]] = []
    for (x, y), names in points.items():
        anchor: Anchor = "start" if x < WIDTH / 2 else "end"
        side = 7 if anchor == "start" else -7
        room = (WIDTH - x if anchor == "start" else x) - 8
        lines = [line for name in names for line in wrap(name, room, SMALL, lines=1)]
        wide, high = max((text_width(line, SMALL) for line in lines), default=0.0), LEADING * len(lines) / 2
        left = x + side if anchor == "start" else x + side - wide
        box = (left, y - high, left + wide, y + high)
        if any(_overlap(box, other) for other in taken):
            continue
        taken.append(box)
        write(sheet, (x + side, y + 3.2 - LEADING * (len(lines) - 1) / 2), lines, fill=INK, anchor=anchor)


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    """Whether two boxes (left, top, right, bottom) share anything."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _funnel_signs(words: Words) -> list[Sign]:
    return [
        Sign(dot_sign, words["own_score"]),
        Sign(_luck_sign, words["luck_alone"]),
        Sign(_usual_sign, words["usual_differences"]),
    ]


def _luck_sign(sheet: Sheet, at: Point) -> None:
    sheet.lines([(at, (at[0] + 18, at[1]))], stroke=INK, width=0.9)


def _usual_sign(sheet: Sheet, at: Point) -> None:
    sheet.lines([(at, (at[0] + 18, at[1]))], stroke=INK, width=0.9, dashes=_DASHES)
