"""What the summary of an organization is made of, and its sums: plain data, no Django.

It names no team. Everything here counts teams, each as its own report tells it, so that the summary can
tell nothing that those reports do not; and where fewer than ``MINIMUM_TEAMS`` teams are shown, nothing is
counted at all (docs/method.md, 4.4 and 6.2).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from assessments.disclosure import BANDS, visible_children
from assessments.pooling import MINIMUM_TEAMS

from .comparison_content import Comparison, LowInMost
from .content import Shown

FAR_APART = "differ_widely"


@dataclass(frozen=True)
class Counts:
    """How many teams are where with one capability. Exists only for MINIMUM_TEAMS shown teams or more."""

    teams: int  # of which the capability is shown
    bands: tuple[int, ...]  # how many of them lie in each of disclosure.BANDS, by their scores as shown
    told: int  # of which agreement is told: not of rough results; 0 below MINIMUM_TEAMS, too
    far_apart: int  # of those, how many have answers far apart, or two views


@dataclass(frozen=True)
class CapabilityCounts:
    """One capability over all teams."""

    name: str
    counts: Counts | None  # None: too few teams


@dataclass(frozen=True)
class CategoryCounts:
    """A category's capabilities, in the order of the questionnaire."""

    name: str
    capabilities: tuple[CapabilityCounts, ...]


@dataclass(frozen=True)
class Low:
    """A capability that is low in more than half of the teams."""

    name: str
    low: int
    teams: int


@dataclass(frozen=True)
class Summary:
    """An organization in one round."""

    organization: str
    round: str
    closed_on: dt.date
    language: str
    questionnaire: str  # title, for people
    questionnaire_version: str
    minimum: int  # answers needed before a team is shown
    invited: int | None  # None where the answers came in a file
    responded: int
    teams: int  # that took part
    counted: int  # of them, those in the counts
    categories: tuple[CategoryCounts, ...]
    low_in_most: tuple[Low, ...]  # in the order of the questionnaire

    @property
    def is_possible(self) -> bool:
        """Whether there are teams enough to count."""
        return self.counted >= MINIMUM_TEAMS

    @property
    def shared(self) -> tuple[tuple[str, Counts], ...]:
        """Capabilities about which more than half of the teams are of two minds."""
        found = [(each.name, each.counts) for category in self.categories for each in category.capabilities]
        return tuple(
            (name, counts) for name, counts in found if counts and counts.far_apart > counts.told / 2
        )

    def as_json(self) -> dict[str, Any]:
        """The content as it is frozen in a report."""
        return asdict(self) | {"closed_on": self.closed_on.isoformat()}


def counted_teams(comparison: Comparison, responded: Mapping[str, int]) -> Comparison:
    """The comparison with none but the teams that may be counted: complementary suppression.

    ``responded`` has the number of answers by the team's slug. All answers stand in the summary, so the
    smallest shown team is left out where those of the hidden ones could be told by subtraction. Source:
    docs/method.md, 6.2; assessments.disclosure.visible_children.
    """
    visible = visible_children(responded, comparison.minimum)
    sections = tuple(
        replace(
            section, teams=tuple(team for team in section.teams if team.slug in visible and team.is_shown)
        )
        for section in comparison.sections
    )
    return replace(comparison, sections=sections)


def categories_of(comparison: Comparison) -> tuple[CategoryCounts, ...]:
    """Every capability of a comparison with its counts, by category."""
    found: dict[str, list[CapabilityCounts]] = {}
    for column in comparison.columns:
        results = [result for _team, result in comparison.scored(column)]
        found.setdefault(column.category, []).append(CapabilityCounts(column.name, count(results)))
    return tuple(CategoryCounts(name, tuple(each)) for name, each in found.items())


def count(results: Iterable[Shown]) -> Counts | None:
    """How many teams are in each band, and how many are of two minds; None below MINIMUM_TEAMS teams.

    A result that lies between bands counts in the lowest that it names, as in a team's own report.
    """
    shown = list(results)
    if len(shown) < MINIMUM_TEAMS:
        return None
    told = [result for result in shown if result.agreement]
    if len(told) < MINIMUM_TEAMS:
        told = []  # what is said of three would be said of each
    return Counts(
        teams=len(shown),
        bands=tuple(sum(result.bands[0] == band for result in shown) for band in BANDS),
        told=len(told),
        far_apart=sum(result.two_camps or result.agreement == FAR_APART for result in told),
    )


def low_of(found: Iterable[LowInMost]) -> tuple[Low, ...]:
    """What is low in most teams, without the teams."""
    return tuple(Low(each.column.name, each.low, each.shown) for each in found)
