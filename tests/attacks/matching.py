"""What an attacker does with two lists: people on one side, answers on the other.

Each list is a set of *traces*: a name ("assessments_invitation.place") with a value for each person, or for
each person's answers. Whoever finds a pair of traces that agree, in order or in value, knows who answered
what. Whoever only guesses links one person a team on the average, however large the team, with a
variance of one.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from scipy import stats

Traces = Mapping[str, Mapping[str, Any]]
"""{name: {person: value}}. Answers, too, go by the person who gave them, which the attacker does not see."""

FALSE_ALARM = 1e-6
"""How often all matchers of an attack together may take chance for a leak."""


class Pair(NamedTuple):
    """A way to link: two traces that are laid side by side, in order or where they are equal."""

    how: str
    of_people: str
    of_answers: str


@dataclass
class Tally:
    """How often a way to link was right over many teams, and how often chance would have been."""

    people: int = 0
    links: int = 0
    expected: float = 0.0
    correlation: float = 0.0  # summed over teams: an order shows here before it links anybody
    correlation_variance: float = 0.0

    @property
    def rate(self) -> float:
        """The share of people who were linked to their own answers."""
        return self.links / self.people

    @property
    def z(self) -> float:
        """Standard deviations from chance: of the links, or of the order where that is farther."""
        by_links = (self.links - self.expected) / math.sqrt(self.expected)
        by_order = self.correlation / math.sqrt(self.correlation_variance or 1)
        return max(by_links, by_order, key=abs)

    @property
    def p(self) -> float:
        """How often chance is as far from its average as this. The links of guesses are Poisson's."""
        chance = stats.poisson(self.expected)
        by_links = min(chance.cdf(self.links), chance.sf(self.links - 1))
        by_order = stats.norm.sf(abs(self.correlation) / math.sqrt(self.correlation_variance or 1))
        return float(min(1.0, 4 * min(by_links, by_order)))  # two sides, two ways to look


@dataclass
class Attack:
    """All pairs of traces, tried on one team after another."""

    chance: random.Random
    tallies: dict[Pair, Tally] = field(default_factory=dict)

    def on_team(self, team: Collection[str], people: Traces, answers: Traces) -> None:
        """Try everything on one team."""
        left, right = _telling(team, people), _telling(team, answers)
        for of_people, one in left.items():
            for of_answers, other in right.items():
                both = one.keys() & other.keys()
                if len(both) > 1:
                    self._by_order(Pair("order", of_people, of_answers), both, one, other)
                self._by_value(Pair("value", of_people, of_answers), one, other)

    def _by_order(
        self, pair: Pair, both: Collection[str], one: Mapping[str, Any], other: Mapping[str, Any]
    ) -> None:
        """The first of the people gave the first of the answers, and so on."""
        size, places = len(both), [self._places(both, values) for values in (one, other)]
        apart = [places[0][person] - places[1][person] for person in both]
        tally = self.tallies.setdefault(pair, Tally())
        tally.people += size
        tally.links += apart.count(0)
        tally.expected += 1
        tally.correlation += 1 - 6 * sum(steps**2 for steps in apart) / (size * (size**2 - 1))
        tally.correlation_variance += 1 / (size - 1)

    def _places(self, people: Collection[str], values: Mapping[str, Any]) -> dict[str, int]:
        """Equal values in random order, so that they tell nothing."""
        ordered = sorted(people, key=lambda person: (values[person], self.chance.random()))
        return {person: place for place, person in enumerate(ordered)}

    def _by_value(self, pair: Pair, one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
        """A value that one of the people and one of the answers share, and nobody else."""
        owners, givers = _unique(one), _unique(other)
        for value in owners.keys() & givers.keys():
            tally = self.tallies.setdefault(pair, Tally())
            tally.people += 1
            tally.links += owners[value] == givers[value]
            tally.expected += 1 / len(other)

    def leaks(self) -> dict[Pair, Tally]:
        """The ways to link that were not chance, considering how many were tried."""
        limit = FALSE_ALARM / max(1, len(self.tallies))
        return {pair: tally for pair, tally in self.tallies.items() if tally.p < limit}

    def best(self) -> tuple[Pair, Tally]:
        """The way to link that is least like chance."""
        return min(self.tallies.items(), key=lambda item: item[1].p)


def _telling(team: Collection[str], traces: Traces) -> dict[str, dict[str, Any]]:
    """What the traces say of these people, without those that say the same of all."""
    here = {name: {key: values[key] for key in team if key in values} for name, values in traces.items()}
    return {name: values for name, values in here.items() if len(set(values.values())) > 1}


def _unique(values: Mapping[str, Any]) -> dict[Any, str]:
    counts = Counter(values.values())
    return {value: person for person, value in values.items() if counts[value] == 1}
