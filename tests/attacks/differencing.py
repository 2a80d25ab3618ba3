"""Attack 2: somebody lays two things that are shown beside each other, and looks for the difference.

Quarter beside quarter after somebody has left, and group beside its teams. What is shown is what the
product's own scoring and disclosure make of random answers; the attacker knows how they work.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from assessments import disclosure, scoring
from tests.instruments import make_instrument

STATEMENTS = 3
"""Of a capability, as in the questionnaire that the product ships."""

INSTRUMENT = make_instrument({"practice": {"integration": STATEMENTS}})
KEYS = [statement.key for statement in INSTRUMENT.statements]
MINIMUM = disclosure.DEFAULT_MINIMUM

Answers = tuple[int, ...]
"""One person's answers to the statements of a capability."""

Team = tuple[Answers, ...]

Page = tuple[Any, ...]
"""All that is shown of a team."""

LastQuarter = Callable[[Page], Any]
"""What of last quarter's page is known beside this quarter's."""


# --- Quarter beside quarter ----------------------------------------------------------------------


@dataclass(frozen=True)
class Leaver:
    """A team that answers twice alike, but for the one who has left in between."""

    staying: Team
    leaver: Answers

    @property
    def before(self) -> Team:
        """Who answered in the first quarter."""
        return (*self.staying, self.leaver)


def random_leaver(chance: random.Random) -> Leaver:
    """A team of 6 to 12; half of them answer evenly at random, half around a common view."""
    view = chance.choice([None, chance.gauss(4.5, 1)])
    *staying, leaver = (_random_person(chance, view) for _ in range(chance.randint(MINIMUM + 1, 12)))
    return Leaver(tuple(staying), leaver)


def _random_person(chance: random.Random, view: float | None) -> Answers:
    if view is None:
        return tuple(chance.randint(1, 7) for _ in KEYS)
    own = chance.gauss(view, 1.2)
    return tuple(min(7, max(1, round(chance.gauss(own, 0.8)))) for _ in KEYS)


def shown_of(teams: Sequence[Team], *, one_changed: bool = False) -> list[Page]:
    """All that a page says of each team about the capability.

    ``one_changed``: exactly one person joined or left since the quarter before.
    """
    labels = np.repeat(np.arange(len(teams)), [len(team) for team in teams])
    given = np.array([person for team in teams for person in team], dtype=np.float64)
    answers = pd.DataFrame(given, columns=pd.Index(KEYS), index=pd.Index(labels, name="team"))
    scores = scoring.score_capabilities(answers, INSTRUMENT, minimum=MINIMUM)
    counts: dict[int, list[tuple[int, ...]]] = {}
    for row in scoring.statement_counts(answers, INSTRUMENT, minimum=MINIMUM).itertuples():
        counts.setdefault(row.team, []).append((row.disagree, row.neutral, row.agree))
    pages: list[Page] = []
    for row in scores.itertuples():
        score = disclosure.display_score(row.mean)
        interval = disclosure.display_interval(row.low90, row.high90)
        agreement = row.agreement, row.two_camps
        if disclosure.is_coarse(row.n, one_changed=one_changed):
            pages.append((row.n, disclosure.coarse_score(row.mean)))
        elif one_changed:  # words are made of the score
            pages.append((row.n, score, disclosure.coarse_interval(*interval), agreement))
        else:
            words = disclosure.bands_of(row.mean, row.low80, row.high80), disclosure.level_of(row.mean)
            pages.append((row.n, score, interval, agreement, words, tuple(counts.get(row.team, ()))))
    return pages


def in_words(shown: Page) -> Any:
    """What the next quarter's page still says of this one when one person has left since: a word."""
    return disclosure.band_of_score(shown[1])


def in_full(shown: Page) -> Any:
    """What a reader knows who has kept last quarter's page."""
    return shown


@dataclass(frozen=True)
class Search:
    """How another explanation of the same pages is looked for."""

    others_change: int  # so many answers of the others may be a little different
    reach: int  # so far from the leaver's own may the sum of the leaver's answers be
    tries: int


NEAR_TO_FAR = (
    Search(0, 6, 20),
    Search(0, 6, 60),
    Search(2, 3, 200),
    Search(4, 2, 1000),
    Search(8, 1, 4000),
    Search(3, 1, 8000),
    Search(2, 1, 30_000),
    Search(4, 1, 60_000),
)


def count_recovered(
    cases: Sequence[Leaver], last_quarter: LastQuarter, chance: random.Random, *, joined: bool = False
) -> int:
    """In how many teams all that is shown leaves only one score that the leaver can have given.

    A second one is enough to save the leaver. It is looked for from near to far: another leaver
    among the same people first, then among people who answered a little differently, too. So the
    count is never too low: what a longer search would still save is counted as recovered.
    ``joined`` turns time round: the leaver is the newcomer.
    """
    hopeless = list(cases)
    for search in NEAR_TO_FAR:
        size = max(1, 100_000 // search.tries)  # as many at a time as memory holds easily
        parts = [hopeless[start : start + size] for start in range(0, len(hopeless), size)]
        hopeless = [
            case for part in parts for case in _unexplained(part, last_quarter, search, chance, joined=joined)
        ]
    return len(hopeless)


def _unexplained(
    cases: Sequence[Leaver],
    last_quarter: LastQuarter,
    search: Search,
    chance: random.Random,
    *,
    joined: bool,
) -> list[Leaver]:
    """The cases whose pages none of so many guesses makes as well."""
    tries = search.tries
    guesses = [_another(case, search, chance) for case in cases for _ in range(tries)]
    seen, guessed = (_pages(found, last_quarter, joined=joined) for found in (cases, guesses))
    return [
        case
        for number, case in enumerate(cases)
        if seen[number] not in guessed[number * tries : (number + 1) * tries]
    ]


def _another(case: Leaver, search: Search, chance: random.Random) -> Leaver:
    """The same team with a leaver of another score, and a few other answers."""
    leaver = chance.choice(_others_like(case.leaver, search.reach, alike=chance.random() < 0.5))
    staying = [list(person) for person in case.staying]
    for _ in range(chance.randint(0, search.others_change)):
        person, place = chance.randrange(len(staying)), chance.randrange(STATEMENTS)
        staying[person][place] = min(7, max(1, staying[person][place] + chance.choice((-1, 1))))
    return Leaver(tuple(tuple(person) for person in staying), leaver)


@cache
def _others_like(answers: Answers, reach: int, *, alike: bool) -> list[Answers]:
    """Answers with another score that is near; ``alike`` ones agree to the same, if there are such."""
    near = [
        others
        for others in product(range(1, 8), repeat=STATEMENTS)
        if 0 < abs(sum(others) - sum(answers)) <= reach
    ]
    same = [others for others in near if _classes(others) == _classes(answers)]
    return same if alike and same else near


def _classes(answers: Answers) -> list[int]:
    return [(answer > 4) - (answer < 4) for answer in answers]


def _pages(cases: Sequence[Leaver], last_quarter: LastQuarter, *, joined: bool) -> list[tuple[Any, Any]]:
    quarters = [case.before for case in cases], [case.staying for case in cases]
    before, now = reversed(quarters) if joined else quarters
    return list(zip(shown_of(now, one_changed=True), map(last_quarter, shown_of(before)), strict=True))


def count_recovered_from_means(cases: Iterable[Leaver]) -> int:
    """The same attack where means are shown as they are: two decimals and a subtraction."""
    recovered = 0
    for case in cases:
        now, before = (
            round(sum(map(sum, team)) / STATEMENTS / len(team), 2) for team in (case.staying, case.before)
        )
        guess = before * len(case.before) - now * len(case.staying)
        recovered += round(guess * STATEMENTS) == sum(case.leaver)
    return recovered


def count_classes_recovered(cases: Iterable[Leaver]) -> tuple[int, int]:
    """Teams whose counts of statements, if both quarters had them, told how the leaver judged; of how many.

    So the product leaves this quarter's out.
    """
    detailed = [case for case in cases if len(case.staying) >= disclosure.DETAIL_MINIMUM]
    before = shown_of([case.before for case in detailed])
    return sum(1 for page in before if page[-1]), len(detailed)


# --- Group beside teams --------------------------------------------------------------------------


Rule = Callable[[Mapping[str, int], int], set[str]]
"""Which children may be shown beside their total, by name and number of responses."""


@dataclass
class Node:
    """A group, or a team: one without children."""

    size: int = 0
    children: dict[str, Node] = field(default_factory=dict)

    @property
    def responses(self) -> int:
        """Of the team, or of all teams below."""
        return self.size + sum(child.responses for child in self.children.values())


def random_tree(chance: random.Random, depth: int = 3) -> Node:
    """Groups of two to four, down to teams of 0 to 9 responses, many of them too small to be shown."""
    if depth == 0 or (depth < 3 and chance.random() < 0.4):
        return Node(chance.randint(0, 9))
    children = {str(number): random_tree(chance, depth - 1) for number in range(chance.randint(2, 4))}
    return Node(children=children)


def plain_minimum(children: Mapping[str, int], minimum: int) -> set[str]:
    """Hide what is too small, and nothing else: what complementary suppression is better than."""
    return {name for name, responses in children.items() if disclosure.may_show(responses, minimum)}


def count_derivable(tree: Node, rule: Rule) -> int:
    """How many sets of too few responses the totals that are shown give away, by any sums and differences.

    Teams that stand behind the same totals cannot be told apart; in a tree, those that do not
    can be, by subtraction. So each set of the former must hold nobody, or enough.
    """
    totals = [{id(team) for team in _teams(node)} for node in _shown(tree, rule)]
    sets: Counter[tuple[bool, ...]] = Counter()
    for team in _teams(tree):
        sets[tuple(id(team) in total for total in totals)] += team.size
    return sum(any(behind) and 0 < responses < MINIMUM for behind, responses in sets.items())


def _teams(node: Node) -> Iterable[Node]:
    if not node.children:
        yield node
    for child in node.children.values():
        yield from _teams(child)


def _shown(node: Node, rule: Rule) -> Iterable[Node]:
    """The node, and below it whatever may stand beside its total. Nothing below a hidden group."""
    if node.responses >= MINIMUM:
        yield node
        visible = rule({name: child.responses for name, child in node.children.items()}, MINIMUM)
        for name in sorted(visible):
            yield from _shown(node.children[name], rule)
