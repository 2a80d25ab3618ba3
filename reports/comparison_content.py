"""What a comparison of teams is made of, and its sums: plain data, no Django.

Everything here is a function of what the teams' own pages print: scores in their steps, numbers of
people, gaps. So a comparison can tell nothing that they do not, and no difference of two totals, of a
group and its parts, or of two views of this page can be taken (docs/method.md, 6.2 no. 2). A team of
which nothing may be shown is in no sum at all, so that nothing has to be hidden in its place.
Nothing is ever in the order of scores (docs/method.md, 4.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from assessments import disclosure
from assessments.pooling import MINIMUM_TEAMS, funnel, pooled
from assessments.prior import PRIOR_SD

from .content import InWords, Shown, Suppressed

LOW = 50
"""Below this a score is called low: the answers lie more on the side of disagreeing."""

FEW_TEAMS = 2
"""A capability that is low in so many teams, and in no other, is theirs to talk about."""

FEWEST_BESIDE, MOST_BESIDE = 2, 4
"""So many teams stand side by side: more are no longer read one by one."""


MOST_IN_ONE_CHART = 40
"""More teams than this are drawn group by group."""

STEPS_OF_FUNNEL = 40
"""At so many numbers of answers its limits are worked out, so that they look round."""


@dataclass(frozen=True)
class Column:
    """A capability that the round asked about."""

    key: str
    name: str
    category: str  # its name
    usual_sd: float = PRIOR_SD  # of person scores, in points (docs/method.md, 4.2)


@dataclass(frozen=True)
class Cell:
    """What one team said about one capability, and what it said in the other round."""

    now: Shown | Suppressed
    before: Shown | InWords | Suppressed | None = None  # None: not compared, or asked in other words


@dataclass(frozen=True)
class Total:
    """The mean over people of several teams' shown scores."""

    score: int  # 5 to 95 in steps of 5
    people: int
    teams: int


@dataclass(frozen=True)
class TeamRow:
    """A team and its results, in the order of the columns."""

    slug: str
    name: str
    cells: tuple[Cell, ...]
    scoring: str = ""  # version of the scoring that made them

    @cached_property
    def is_shown(self) -> bool:
        """Whether anything may be told of the team."""
        return any(isinstance(cell.now, Shown) for cell in self.cells)


@dataclass(frozen=True)
class Section:
    """A group with the teams that are in it and in no group within it; ``path`` begins at the tree's root."""

    path: tuple[str, ...]  # empty: the teams without a group
    teams: tuple[TeamRow, ...]
    totals: tuple[Total | None, ...]  # of all teams below, in the order of the columns
    is_parent: bool = False  # whether there are groups within it


@dataclass(frozen=True)
class LowInMost:
    """A capability that is low in more than half of the teams."""

    column: Column
    low: int
    shown: int


@dataclass(frozen=True)
class LowInFew:
    """A capability that is low in one team or two, and in no other."""

    column: Column
    teams: tuple[TeamRow, ...]


@dataclass(frozen=True)
class Comparison:
    """A round's teams beside each other."""

    columns: tuple[Column, ...]
    sections: tuple[Section, ...]  # in the order of the tree, each level by name
    totals: tuple[Total | None, ...]  # of all its teams, in the order of the columns
    minimum: int  # answers needed

    @cached_property
    def teams(self) -> tuple[TeamRow, ...]:
        """All teams, as they stand on the page."""
        return tuple(team for section in self.sections for team in section.teams)

    @cached_property
    def shown(self) -> tuple[TeamRow, ...]:
        """Those of which something may be told."""
        return tuple(team for team in self.teams if team.is_shown)

    @property
    def is_possible(self) -> bool:
        """Whether there are teams enough (docs/method.md, 4.4)."""
        return len(self.shown) >= MINIMUM_TEAMS

    @cached_property
    def categories(self) -> tuple[tuple[str, int], ...]:
        """Each category with its number of columns."""
        counted: dict[str, int] = {}
        for column in self.columns:
            counted[column.category] = counted.get(column.category, 0) + 1
        return tuple(counted.items())

    def scored(self, column: Column) -> list[tuple[TeamRow, Shown]]:
        """The teams whose result of a capability is shown, with it."""
        place = self.columns.index(column)
        found = [(team, team.cells[place].now) for team in self.teams]
        return [(team, result) for team, result in found if isinstance(result, Shown)]

    @cached_property
    def low_in_most(self) -> tuple[LowInMost, ...]:
        """What is low in more than half of at least MINIMUM_TEAMS teams: hardly a single team's to mend."""
        found = [(column, self.scored(column)) for column in self.columns]
        counted = [
            LowInMost(column, sum(result.score < LOW for _, result in scored), len(scored))
            for column, scored in found
        ]
        return tuple(each for each in counted if each.shown >= MINIMUM_TEAMS and each.low > each.shown / 2)

    @cached_property
    def low_in_few(self) -> tuple[LowInFew, ...]:
        """What is low in one or two teams, and in none of the others."""
        found = []
        for column in self.columns:
            scored = self.scored(column)
            low = tuple(team for team, result in scored if result.score < LOW)
            if len(scored) >= MINIMUM_TEAMS and 0 < len(low) <= FEW_TEAMS and len(low) <= len(scored) / 2:
                found.append(LowInFew(column, low))
        return tuple(found)


def total_of(results: Iterable[Shown | Suppressed]) -> Total | None:
    """The mean of shown scores in which each person counts once; None with less than two teams.

    ``Σ n·score / Σ n`` over all teams below a group, never a mean of means, in steps of 5 like any
    score. Made of scores as printed: docs/method.md, 6.2.
    """
    shown = [result for result in results if isinstance(result, Shown)]
    if len(shown) < 2:
        return None
    people = sum(result.n for result in shown)
    mean = sum(result.n * result.score for result in shown) / people
    return Total(_score(mean), people, len(shown))


def _score(value: float) -> int:
    """A value from 0 to 100 as a score is shown."""
    return disclosure.display_score(_points(value))


def _points(value: float) -> float:
    return disclosure.LOWEST + value / 100 * (disclosure.HIGHEST - disclosure.LOWEST)


def _percent(points: float) -> float:
    return (points - disclosure.LOWEST) / (disclosure.HIGHEST - disclosure.LOWEST) * 100


def _on_scale(points: float) -> float:
    return min(max(points, disclosure.LOWEST), disclosure.HIGHEST)


@dataclass(frozen=True)
class Estimate:
    """A team's result as it is, and drawn towards that of all teams by as much as it may be luck."""

    slug: str
    name: str
    n: int
    score: int  # as its own page shows it
    pooled: int  # 5 to 95 in steps of 5, like the ends of the 90 % interval, which are rounded outward
    low: int
    high: int
    apart: bool  # beyond the funnel: not what luck and the usual differences between teams make


@dataclass(frozen=True)
class Limits:
    """The funnel for so many answers: two pairs of ends, from 0 to 100."""

    n: int
    luck: tuple[float, float]  # where the means of teams that do not differ at all would lie
    usual: tuple[float, float]  # those of teams that differ as these do


@dataclass(frozen=True)
class Spread:
    """One capability over all teams that tell it in full."""

    column: Column
    mean: int  # of all teams, 5 to 95 in steps of 5
    teams: tuple[Estimate, ...]  # as they stand on the page, never by score
    limits: tuple[Limits, ...]  # by rising numbers of answers
    left_out: tuple[str, ...]  # names of teams whose score is only rough


def spread_of(comparison: Comparison, column: Column) -> Spread | None:
    """A capability of each team, partially pooled, and the funnel; None below MINIMUM_TEAMS.

    Rough results are left out: a step of 10 is wider than what is to be told. The others go in as they are
    printed; a step of 5 adds 0.09 points to a standard error of 0.4. Source: docs/method.md, 4.4.
    """
    scored = comparison.scored(column)
    full = [(team, result) for team, result in scored if not result.is_coarse]
    if len(full) < MINIMUM_TEAMS:
        return None
    means, n = [_points(result.score) for _, result in full], [result.n for _, result in full]
    found = pooled(means, n, column.usual_sd)
    lows, highs = found.interval()
    limits = _limits(found.mean, found.spread, n, column.usual_sd)
    ends = {each.n: each.usual for each in limits}
    teams = []
    for place, (team, result) in enumerate(full):
        low, high = disclosure.display_interval(_on_scale(lows[place]), _on_scale(highs[place]))
        least, most = ends[result.n]
        teams.append(
            Estimate(
                slug=team.slug,
                name=team.name,
                n=result.n,
                score=result.score,
                pooled=disclosure.display_score(_on_scale(found.means[place])),
                low=low,
                high=high,
                apart=not least <= result.score <= most,
            )
        )
    return Spread(
        column=column,
        mean=disclosure.display_score(_on_scale(found.mean)),
        teams=tuple(teams),
        limits=limits,
        left_out=tuple(team.name for team, result in scored if result.is_coarse),
    )


def parts_of(spread: Spread, comparison: Comparison) -> list[tuple[tuple[str, ...], Spread]]:
    """A capability group by group, each with its path; the whole alone where that makes one chart."""
    if len(spread.teams) <= MOST_IN_ONE_CHART:
        return [((), spread)]
    home = {team.slug: section.path for section in comparison.sections for team in section.teams}
    groups: dict[tuple[str, ...], list[Estimate]] = {}
    for team in spread.teams:
        groups.setdefault(home[team.slug], []).append(team)
    return [(path, replace(spread, teams=tuple(teams))) for path, teams in groups.items()]


def _limits(mean: float, spread: float, n: Sequence[int], sd: float) -> tuple[Limits, ...]:
    """The funnel at every number of answers that occurs, and at some between them."""
    between = np.geomspace(min(n), max(n), STEPS_OF_FUNNEL).astype(int).tolist()
    sizes = sorted({*n, *between})
    luck, usual = funnel(mean, sizes, sd), funnel(mean, sizes, sd, spread)
    ends = np.column_stack([*luck, *usual])
    return tuple(
        Limits(size, (_percent(a), _percent(b)), (_percent(c), _percent(d)))
        for size, (a, b, c, d) in zip(sizes, ends.tolist(), strict=True)
    )
