"""How well the method does: teams of which the truth is known, under the code that scores real ones.

Each table of docs/method.md that rests on chance is one function here; ``manage.py simulate_method``
prints them. Nothing is worked out a second time: answers are drawn, and what is said about them
comes from the modules that real rounds go through.

People are drawn as docs/method.md 4.5 describes: a normal level for each capability, of which a
share (HALO) is the same for all 24, and another share (LASTING) stays from quarter to quarter;
three statements that each miss the level by a normal NOISE; answers rounded to 1 to 7. Levels,
gains and widths are in points.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from . import change, pooling, reliability, scoring
from .change import Summary
from .disclosure import FLOOR, HIGHEST, LOWEST
from .instrument import Capability, Category, Instrument, Statement
from .scale import Option, Scale

RUNS = 4000
"""Invented teams, or reports, behind each figure of docs/method.md."""

SEED = 1

CATEGORIES = (8, 2, 4, 5, 5)
"""Capabilities of each category, as in the questionnaire that is shipped."""

STATEMENTS = 3

MIDDLE = 4.5
"""Where people's levels lie on average, and what a gain is spread around."""

NOISE = 0.8
HALO = 0.4
LASTING = 0.5

PEOPLE = (5, 8, 12)
"""How many answer in a team."""

AT_ONCE = 500
"""Teams scored in one go: enough to be fast, few enough to fit anywhere."""

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rng = np.random.Generator


@dataclass(frozen=True)
class Table:
    """Figures, ready to be printed."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def as_markdown(self) -> str:
        """The table as lines of Markdown, without a newline at its end."""
        lines = [self.columns, ("---",) * len(self.columns), *self.rows]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _number(value: float | np.floating[Any]) -> str:
    return f"{value:.2f}".replace("-", "−")


def _percent(share: float | np.floating[Any]) -> str:
    return f"{100 * share:.1f} %" if 0 < share < 0.1 else f"{100 * share:.0f} %"


# --- People, their answers, and what the product makes of them --------------------------------


def _questionnaire(categories: Sequence[int]) -> Instrument:
    """As many categories as there are numbers, of so many capabilities each; without texts."""
    scale = Scale(tuple(Option(value, {}) for value in range(int(LOWEST), int(HIGHEST) + 1)), {})
    built = []
    for place, size in enumerate(categories):
        keys = [f"c{place}_{number}" for number in range(size)]
        capabilities = tuple(Capability(key, {}, {}, {}, {}, _statements(key), {}) for key in keys)
        built.append(Category(f"k{place}", {}, {}, {}, capabilities))
    return Instrument("simulated", 1, (), {}, {}, {}, scale, tuple(built), ())


def _statements(key: str) -> tuple[Statement, ...]:
    return tuple(Statement(f"{key}_{number}", {}) for number in range(STATEMENTS))


ONE = _questionnaire((1,))
ALL = _questionnaire(CATEGORIES)


def _levels(
    rng: Rng, quarters: int, people: int, capabilities: int, lasting: float = LASTING, halo: float = HALO
) -> Floats:
    """Standard normal levels (quarters, people, capabilities), alike within a person as said."""

    def drawn(*shape: int) -> Floats:
        common, own = rng.standard_normal((*shape, 1)), rng.standard_normal((*shape, capabilities))
        return math.sqrt(halo) * common + math.sqrt(1 - halo) * own

    return math.sqrt(lasting) * drawn(people) + math.sqrt(1 - lasting) * drawn(quarters, people)


def _answers(rng: Rng, levels: Floats) -> Floats:
    """Ratings (people, capabilities * STATEMENTS) of people with these levels (people, capabilities)."""
    meant = np.repeat(levels, STATEMENTS, axis=1)
    return np.clip(np.rint(meant + NOISE * rng.standard_normal(meant.shape)), LOWEST, HIGHEST)


Scorer = Callable[[Any, Instrument], Any]
"""Answers as a frame and the questionnaire in, a frame with a row per team and key out."""


def by_capability(answers: Any, instrument: Instrument) -> Any:
    """Scored as in an organization with few teams: with the usual spread of answers."""
    return scoring.score_capabilities(answers, instrument, minimum=FLOOR)


def by_own_spread(answers: Any, instrument: Instrument) -> Any:
    """Scored as in an organization with many teams: with the spread that it has itself."""
    prior = scoring.pooled_prior(answers, instrument)
    return scoring.score_capabilities(answers, instrument, minimum=FLOOR, prior_sd=prior)


def by_category(answers: Any, instrument: Instrument) -> Any:
    """Scored person by person, for each category."""
    return scoring.score_composites(answers, instrument, minimum=FLOOR)


Scored = dict[str, Floats]
"""What is said of each team, by name of the column: arrays (teams, capabilities or categories)."""


def _score(
    ratings: Floats, team_of: Sequence[int], instrument: Instrument = ONE, scorer: Scorer = by_capability
) -> Scored:
    keys = [statement.key for statement in instrument.statements]
    people = zip(team_of, ratings.tolist(), strict=True)
    frame = scoring.to_frame(((team, dict(zip(keys, row, strict=True))) for team, row in people), keys)
    numbers = scorer(frame, instrument).drop(columns=["team", "key"]).select_dtypes("number")
    return {name: numbers[name].to_numpy().reshape(len(set(team_of)), -1) for name in numbers}


def _summary(scored: Scored, team: int, place: int) -> Summary:
    n, *numbers = (float(scored[name][team, place]) for name in ("n", "mean", "sd", "se"))
    return Summary(int(n), *numbers)


def _same_size(teams: int, people: int) -> list[int]:
    """The team of each person, where all teams have so many."""
    return [person // people for person in range(teams * people)]


def _batches(runs: int) -> Iterator[int]:
    for done in range(0, runs, AT_ONCE):
        yield min(AT_ONCE, runs - done)


def _rounds(
    rng: Rng, runs: int, people: int, gains: Floats, *, instrument: Instrument = ONE,
    lasting: float = LASTING, scorer: Scorer = by_capability,
) -> Iterator[list[list[Summary]]]:  # fmt: skip
    """For each of so many teams its rounds, and for each round a summary of each capability or category.

    ``gains`` (quarters, capabilities) is where people's levels lie, from MIDDLE.
    """
    for teams in _batches(runs):
        team_of = _same_size(teams, people)
        levels = _levels(rng, len(gains), len(team_of), gains.shape[1], lasting)
        quarters = MIDDLE + gains[:, np.newaxis] + levels
        scored = [_score(_answers(rng, quarter), team_of, instrument, scorer) for quarter in quarters]
        for team in range(teams):
            yield [[_summary(each, team, place) for place in range(each["n"].shape[1])] for each in scored]


def _gains(quarters: int, capabilities: int = 1, *, gain: float = 0.0, changed: int | None = None) -> Floats:
    """A steady rise by ``gain`` in the first ``changed`` capabilities (all of them without a number)."""
    gains = np.zeros((quarters, capabilities))
    gains[:, :changed] = np.linspace(-gain / 2, gain / 2, quarters)[:, np.newaxis]
    return gains


@dataclass(frozen=True)
class Reports:
    """What reports say about change: a row for each of them, a column for each capability or category."""

    labels: npt.NDArray[np.str_]  # of change.LABELS
    moved: Floats  # points

    @property
    def marked(self) -> Bools:
        """Whether a change is called likely or clear."""
        return np.asarray(self.labels != "none")

    @property
    def clear(self) -> Bools:
        """Whether a change is called clear."""
        return np.asarray(self.labels == "clear")

    @property
    def naive(self) -> Bools:
        """Whether a tool that marks whatever moved would mark it."""
        return np.abs(self.moved) >= change.MEANINGFUL


def change_reports(
    rng: Rng,
    runs: int,
    people: int,
    *,
    gain: float = 0.0,
    changed: int | None = None,
    scorer: Scorer = by_capability,
) -> Reports:
    """Reports about two quarters of so many teams of so many people, by the code that makes real ones.

    The first ``changed`` of the 24 capabilities (all of them without a number) rise by ``gain``
    points; with 0 every mark is a false alarm. By category there are five columns.
    """
    gains = _gains(2, sum(CATEGORIES), gain=gain, changed=changed)
    labels, moved = [], []
    for before, now in _rounds(rng, runs, people, gains, instrument=ALL, scorer=scorer):
        pairs = {str(place): pair for place, pair in enumerate(zip(before, now, strict=True))}
        labels.append(list(change.labels(pairs, cautious=False).values()))
        moved.append([later.mean - earlier.mean for earlier, later in pairs.values()])
    return Reports(np.array(labels), np.array(moved))


# --- Intervals --------------------------------------------------------------------------------


def _normal(mean: float, sd: float) -> Callable[[Rng, int], Floats]:
    return lambda rng, people: rng.normal(mean, sd, people)


def _skewed(rng: Rng, people: int) -> Floats:
    return 7.2 - rng.gamma(2, 0.7, people)


def _camps(rng: Rng, people: int) -> Floats:
    return np.where(rng.random(people) < 0.5, 2.8, 6.2)


POPULATIONS: Mapping[str, Callable[[Rng, int], Floats]] = {
    "middle": _normal(4.5, 1.0),
    "near the top": _normal(6.1, 0.8),
    "skewed": _skewed,
    "two camps": _camps,
    "of one mind": _normal(5.0, 0.0),
}
"""Where the levels of people lie, in points: docs/method.md 4.5 describes them."""

MANY = 1_000_000
"""People whose mean is taken for the truth."""


def _intervals(rng: Rng, runs: int) -> Table:
    """The 90 % interval: how often it holds the truth, and how wide it is; and an ordinary t interval."""
    rows = []
    for name, levels in POPULATIONS.items():
        truth = float(_answers(rng, levels(rng, MANY)[:, np.newaxis]).mean())
        for people in (3, *PEOPLE):
            ratings = _answers(rng, levels(rng, runs * people)[:, np.newaxis])
            ours, ordinary = _ours(ratings, people), _ordinary(ratings, people)
            rows.append((name, str(people), *_coverage(ours, truth), *_coverage(ordinary, truth)))
    columns = ("people", "answers", "holds the truth", "width", "ordinary t", "width")
    return Table(columns, tuple(rows))


def _ours(ratings: Floats, people: int) -> tuple[Floats, Floats]:
    """The ends of the product's interval in each team. Three are too few for a round, but can be reckoned."""
    if people < FLOOR:
        scores = ratings.mean(axis=1).reshape(-1, people).tolist()
        found = [scoring.moderated_interval(team) for team in scores]
        return np.array([each.low for each in found]), np.array([each.high for each in found])
    scored = _score(ratings, _same_size(len(ratings) // people, people))
    return scored["low90"][:, 0], scored["high90"][:, 0]


def _ordinary(ratings: Floats, people: int) -> tuple[Floats, Floats]:
    """Student's interval, for comparison; cut off at 1 and 7 as ours is."""
    scores = ratings.mean(axis=1).reshape(-1, people)
    mean, se = scores.mean(axis=1), scores.std(axis=1, ddof=1) / math.sqrt(people)
    half = special.stdtrit(people - 1, 0.95) * se
    return np.maximum(mean - half, LOWEST), np.minimum(mean + half, HIGHEST)


def _coverage(ends: tuple[Floats, Floats], truth: float) -> tuple[str, str]:
    low, high = ends
    return _percent(((low <= truth) & (truth <= high)).mean()), f"{(high - low).mean():.2f}"


# --- Change -----------------------------------------------------------------------------------


def _is_marked(before: Summary, now: Summary) -> bool:
    """Whether a capability that is compared alone would be called likely changed, or more."""
    found = change.difference(before, now)
    return found.p < change.LIKELY and abs(found.diff) >= change.MEANINGFUL


def _one_change(rng: Rng, runs: int) -> Table:
    """One capability in two quarters: how often a change is marked, by its size and by how much lasts."""
    rows = []
    for people in PEOPLE:
        for lasting in (0.0, 0.5, 0.7):
            found = []
            for gain in (0.0, 1.0, 1.5):
                teams = _rounds(rng, runs, people, _gains(2, gain=gain), lasting=lasting)
                found.append(_percent(_share(_is_marked(before[0], now[0]) for before, now in teams)))
            rows.append((str(people), f"{lasting:.1f}", *found))
    columns = ("answers", "correlation", "nothing changed", "changed by 1.0", "changed by 1.5")
    return Table(columns, tuple(rows))


def _share(found: Iterator[bool]) -> float:
    return float(np.mean(list(found)))


CHANGED = 6


def _false_alarms(rng: Rng, runs: int) -> Table:
    """A report on 24 capabilities: marks where nothing changed, and where six rose by a point."""
    rows = []
    for people in PEOPLE:
        for scorer, where in ((by_capability, "usual spread"), (by_own_spread, "own spread")):
            quiet = change_reports(rng, runs, people, scorer=scorer)
            loud = change_reports(rng, runs, people, scorer=scorer, gain=1.0, changed=CHANGED)
            rules = ((quiet.marked, loud.marked, "likely or clear"), (quiet.clear, loud.clear, "clear"))
            if scorer is by_capability:  # the other rule asks for no spread
                rows.append((str(people), "moved by 0.5 or more", *_alarms(quiet.naive, loud.naive)))
            rows += [(str(people), f"{name}, {where}", *_alarms(*marks)) for *marks, name in rules]
    columns = (
        "answers", "marked", "nothing changed: marks of 24", "reports with a mark",
        "six rose by 1.0: found", "false marks",
    )  # fmt: skip
    return Table(columns, tuple(rows))


def _alarms(quiet: Bools, loud: Bools) -> tuple[str, ...]:
    """Marks a report and reports with any, where nothing changed; right and wrong ones, where six did."""
    marks, right, wrong = quiet.sum(axis=1), loud[:, :CHANGED], loud[:, CHANGED:]
    found, false = (f"{part.sum(axis=1).mean():.2f}" for part in (right, wrong))
    return f"{marks.mean():.2f}", _percent((marks > 0).mean()), found, false


def _categories(rng: Rng, runs: int) -> Table:
    """The five categories compared person by person, when all 24 capabilities rose by a point."""
    rows = []
    for people in PEOPLE:
        quiet = change_reports(rng, runs, people, scorer=by_category)
        categories = change_reports(rng, runs, people, gain=1.0, scorer=by_category)
        capabilities = change_reports(rng, runs, people, gain=1.0)
        found = (categories.marked, categories.clear, capabilities.marked, capabilities.clear)
        marks = f"{quiet.marked.sum(axis=1).mean():.2f}"
        rows.append((str(people), marks, *(_percent(each.mean()) for each in found)))
    columns = (
        "answers", "nothing changed: marks of 5", "all rose by 1.0: categories marked", "clear",
        "capabilities marked", "clear",
    )  # fmt: skip
    return Table(columns, tuple(rows))


def _trends(rng: Rng, runs: int) -> Table:
    """No rise, and one by 1.5 points in all. Two quarters are compared, four and more have a direction."""
    rows = []
    for people in (5, 8):
        for quarters in (2, 4, 6, 8):
            called = []
            for gain in (0.0, 1.5):
                teams = _rounds(rng, runs, people, _gains(quarters, gain=gain))
                called.append(_percent(_share(_is_called([each[0] for each in rounds]) for rounds in teams)))
            rows.append((str(people), str(quarters), *called))
    return Table(("answers", "quarters", "nothing changed", "rose by 1.5 in all"), tuple(rows))


def _is_called(rounds: Sequence[Summary]) -> bool:
    if len(rounds) < change.ENOUGH_ROUNDS:
        return _is_marked(*rounds)
    return change.direction(list(enumerate(rounds))) in ("rising", "falling")


def _detectable(rng: Rng, runs: int) -> Table:
    """The smallest change that is found four times in five, by formula."""
    points = {people: change.detectable(people) for people in (4, 5, 6, 8, 10, 12)}
    rows = tuple((str(n), f"{p:.2f}", f"{p / (HIGHEST - LOWEST) * 100:.0f}") for n, p in points.items())
    return Table(("answers", "points", "of 100"), rows)


# --- Teams ------------------------------------------------------------------------------------


def _pooling(rng: Rng, runs: int) -> Table:
    """Teams side by side, raw and pooled: distance from the truth, and whether the best one leads."""
    rows = []
    for teams in (20, 5):
        for spread in (0.2, 0.5, 0.8):
            found = [each for leagues in _batches(runs) for each in _leagues(rng, leagues, teams, spread)]
            truth, raw, pooled, low, high = (np.array(parts) for parts in zip(*found, strict=True))
            rows.append(
                (
                    str(teams),
                    f"{spread:.1f}",
                    _number(_distance(raw, truth)),
                    _number(_distance(pooled, truth)),
                    _percent(((low <= truth) & (truth <= high)).mean()),
                    _percent((raw.argmax(axis=1) == truth.argmax(axis=1)).mean()),
                )
            )
    columns = (
        "teams", "true spread", "raw: error", "pooled: error", "pooled interval holds the truth",
        "the best team leads",
    )  # fmt: skip
    return Table(columns, tuple(rows))


def _leagues(rng: Rng, leagues: int, teams: int, spread: float) -> Iterator[tuple[Floats, ...]]:
    """Teams of 5 to 12 people, so many at a time: true, raw and pooled means, ends of intervals (teams,)."""
    meant = rng.normal(MIDDLE, spread, leagues * teams)
    sizes = rng.integers(min(PEOPLE), max(PEOPLE), leagues * teams, endpoint=True)
    levels = np.repeat(meant, sizes) + rng.standard_normal(sizes.sum())
    scored = _score(_answers(rng, levels[:, np.newaxis]), np.repeat(np.arange(len(sizes)), sizes).tolist())
    for league in range(leagues):
        own = slice(league * teams, (league + 1) * teams)
        raw = scored["mean"][own, 0]
        pooled = pooling.pooled(raw.tolist(), sizes[own].tolist())
        yield _expected(meant[own]), raw, pooled.means, *pooled.interval()


def _expected(level: Floats) -> Floats:
    """The mean answer of people whose levels are normal around ``level``, after rounding to 1 to 7."""
    borders = np.arange(LOWEST, HIGHEST) + 0.5
    above = special.ndtr((level[..., np.newaxis] - borders) / math.hypot(1, NOISE))
    return np.asarray(LOWEST + above.sum(axis=-1), dtype=np.float64)


def _distance(means: Floats, truth: Floats) -> float:
    return math.sqrt(float(np.mean((means - truth) ** 2)))


# --- Answering at random, reliability ---------------------------------------------------------


def _random_answering(rng: Rng, runs: int) -> Table:
    """What indices of agreement say of people who answer one statement at random: all patterns, counted."""
    rows = []
    for people in (4, 5, 6, 8):
        patterns = _patterns(people)
        total = sum(patterns.values())
        r = np.array([reliability.r_wg(pattern) for pattern in patterns])
        ad = np.array([scoring.ad_mj([[answer] for answer in pattern]) for pattern in patterns])
        weights = np.array(list(patterns.values())) / total
        words = np.array([scoring.agreement_of(value) for value in ad])
        shares = (
            float(weights[chosen].sum())
            for chosen in (r >= 0.7 - 1e-9, words == "close", words != "differ_widely")
        )
        rows.append((str(people), *(_percent(share) for share in shares)))
    return Table(("answers", "r_wg of .70 or more", "answers are close", "close or some spread"), tuple(rows))


def _patterns(people: int) -> dict[tuple[int, ...], int]:
    """Every way in which so many people can answer one statement, sorted, with the number of its orders."""
    values = range(int(LOWEST), int(HIGHEST) + 1)
    return {
        pattern: math.factorial(people) // math.prod(math.factorial(c) for c in Counter(pattern).values())
        for pattern in combinations_with_replacement(values, people)
    }


def _alphas(rng: Rng, runs: int) -> Table:
    """Cronbach's alpha of one capability, by the number of people that it is worked out from."""

    def drawn(people: int) -> Floats:
        return _answers(rng, MIDDLE + rng.standard_normal((people, 1)))

    rows = []
    for people in (*PEOPLE, 30, 100):
        alphas = np.array([reliability.alpha(drawn(people)) for _run in range(runs)])
        spread = (_number(value) for value in np.nanquantile(alphas, (0.025, 0.5, 0.975)))
        rows.append((str(people), *spread, _percent((alphas < 0.7).mean())))
    rows.append(("everybody", "", _number(reliability.alpha(drawn(MANY))), "", ""))
    return Table(("answers", "lowest 2.5 %", "middle", "highest 2.5 %", "below .70"), tuple(rows))


# --- All tables, and their places -------------------------------------------------------------

TABLES: Mapping[str, Callable[[Rng, int], Table]] = {
    "random-answering": _random_answering,
    "alpha": _alphas,
    "intervals": _intervals,
    "detectable": _detectable,
    "one-change": _one_change,
    "false-alarms": _false_alarms,
    "categories": _categories,
    "trends": _trends,
    "pooling": _pooling,
}
"""The tables of docs/method.md, by the names that its markers have."""


def simulate(name: str, *, runs: int = RUNS, seed: int = SEED) -> Table:
    """One of TABLES. Each has its own chance, so that it is the same alone and among others."""
    return TABLES[name](np.random.default_rng([seed, zlib.crc32(name.encode())]), runs)


def place(text: str, name: str, table: Table) -> str:
    """The text with the table between its markers, and nothing else changed.

    Markers are comments, ``<!-- simulated: NAME -->`` and ``<!-- end -->``, each on a line of its
    own. Raises ValueError when they are not there, or are there more than once.
    """
    begin, end = f"<!-- simulated: {name} -->\n", "<!-- end -->\n"
    placed, found = re.subn(
        f"({re.escape(begin)}).*?({re.escape(end)})",
        lambda match: f"{match[1]}{table.as_markdown()}\n{match[2]}",
        text,
        flags=re.DOTALL,
    )
    if found != 1:
        raise ValueError(f"there is no single place for the table {name!r}")
    return placed
