"""What to try next: gap, reach and vote, made from nothing but what a report shows. No Django.

Advice is worked out from numbers as they are printed, so it can tell nothing that the page does not
tell, and a reader can do the sums again. The paths are what the research published, and have a sign
but no size: every step counts the same (docs/method.md 5).
"""

from __future__ import annotations

import math
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy import stats

from assessments.disclosure import CAP_HIGH, CAP_LOW, HIGHEST, LOWEST, points_of
from assessments.key_metrics import Entry
from assessments.prior import PRIOR_DF, PRIOR_SD
from assessments.scale import Texts, translate

from .content import Advice, CapabilityResult, Experiment, Plan, Priority, ReportContent, Shown, Votes

TARGET = 6.0
"""Points from which on nothing is missing: "agree" (docs/method.md 5.4)."""

DISCOUNT = 0.8
"""What a further step on a path leaves of the reach: mild, as nothing published supports more."""

OTHER_DISCOUNTS = (0.5, 1.0)
"""With these the first three are looked for again, to see whether they hang on the discount."""

MOST = 3
"""More experiments at once are too much work in progress."""

DRAWS = 2000
"""How often the scores are drawn again to see how firm the first three are."""

SEED = 2018
"""Where drawing begins, so that a report says the same whenever it is made."""

CONFIDENCE = 0.90
"""That of the interval which a report shows (docs/method.md 4.2)."""

RESULT = "continuous_delivery"
"""A result of other practices. It is never an experiment itself; its weakest drivers are (5.4 no. 1)."""

VOTE_SHARES = {"untold": 0.0, "few": 1 / 6, "about_half": 1 / 2, "most": 5 / 6}
"""What votes count for where they are shown in words: the middle of each word's range."""

KINDS = ("drawn", "group", "reciprocal", "text", "correlation")
"""How an arrow was found; fixtures/benchmarks/paths.yaml explains the words."""

SIGNS = ("plus", "minus")
"""Whether there is more or less of the target where there is more of the source."""

_KEY = re.compile(r"[a-z0-9_]+")

Numbers = npt.NDArray[np.float64]
Number = TypeVar("Number", float, Numbers)


# --- Published paths --------------------------------------------------------------------------


@dataclass(frozen=True)
class Arrow:
    """One finding: more of the source goes with more of the target, or with less where it is minus."""

    source: str  # key of a capability or an outcome
    target: str
    kind: str  # one of KINDS
    sign: str  # one of SIGNS
    years: tuple[int, ...]  # of the reports that published it; empty where none did
    note: str


@dataclass(frozen=True)
class Paths:
    """All published arrows, in the order of their file."""

    outcomes: Mapping[str, Texts]  # what is no capability, by key, with its name
    arrows: tuple[Arrow, ...]

    @cached_property
    def followed(self) -> tuple[Arrow, ...]:
        """The arrows that more of something leads along."""
        return tuple(arrow for arrow in self.arrows if arrow.sign == "plus")

    def drivers(self, target: str) -> frozenset[str]:
        """The keys of what leads to ``target`` in one step."""
        return frozenset(arrow.source for arrow in self.followed if arrow.target == target)

    def practices(self, target: str) -> frozenset[str]:
        """The keys of the capabilities that lead to ``target`` directly, or through outcomes alone."""
        found: set[str] = set()
        waiting, seen = [target], {target}
        while waiting:
            drivers = self.drivers(waiting.pop()) - seen
            seen |= drivers
            found |= drivers - self.outcomes.keys()
            waiting.extend(drivers & self.outcomes.keys())
        return frozenset(found)

    def shortest(self, source: str, goal: str) -> tuple[Arrow, ...] | None:
        """The arrows from ``source`` to ``goal``, as few as possible; None where nothing leads there.

        Of several shortest ways the one whose arrows come first in the file.
        """
        ways: dict[str, tuple[Arrow, ...]] = {source: ()}
        waiting = deque([source])
        while waiting and goal not in ways:
            here = waiting.popleft()
            for arrow in self.followed:
                if arrow.source == here and arrow.target not in ways:
                    ways[arrow.target] = (*ways[here], arrow)
                    waiting.append(arrow.target)
        return ways.get(goal)


def read_paths(text: str, name: str) -> Paths:
    """The paths in the YAML ``text`` of a file like fixtures/benchmarks/paths.yaml, in its order.

    ``name`` is the file's name for messages. Raises BenchmarksFileError when the text is not YAML,
    something is missing, empty, of the wrong type or not known, or an arrow is given twice or
    leads nowhere.
    """
    root = Entry.read(text, name)
    root.allow("outcomes", "arrows")
    outcomes = dict(_outcome(entry) for entry in root.entries("outcomes", "outcome"))
    entries = root.entries("arrows", "arrow")
    paths = Paths(outcomes, tuple(arrow for entry in entries for arrow in _arrows(entry)))
    pairs = Counter((arrow.source, arrow.target) for arrow in paths.arrows)
    twice = [" to ".join(pair) for pair, number in pairs.items() if number > 1]
    root.require(not twice, f"given twice: {', '.join(twice)}")
    targets = {arrow.target for arrow in paths.arrows}
    stray = sorted(targets - set(outcomes) - {arrow.source for arrow in paths.arrows})
    root.require(not stray, f"neither an outcome nor the start of an arrow: {', '.join(stray)}")
    alone = [key for key in outcomes if key not in targets]
    root.require(not alone, f"no arrow leads to: {', '.join(alone)}")
    return paths


def _outcome(entry: Entry) -> tuple[str, Texts]:
    entry.allow("key", "name")
    names = entry.content.get("name")
    Entry(names, f"{entry.where}: name").require(
        isinstance(names, dict) and bool(names), "not a text by language"
    )
    return entry.text("key"), entry.texts("name")


def _arrows(entry: Entry) -> Iterator[Arrow]:
    """One entry of the file: an arrow from each of its sources to each of its targets."""
    entry.allow("from", "to", "kind", "sign", "years", "note")
    kind, years = entry.one_of("kind", KINDS), _years(entry)
    entry.require(bool(years) or kind == "text", "no year")
    for source in _keys(entry, "from"):
        for target in _keys(entry, "to"):
            entry.require(source != target, f"{source} leads to itself")
            yield Arrow(
                source=source,
                target=target,
                kind=kind,
                sign=entry.one_of("sign", SIGNS) if "sign" in entry.content else "plus",
                years=years,
                note=entry.text("note") if "note" in entry.content else "",
            )


def _keys(entry: Entry, field: str) -> list[str]:
    keys = entry.content.get(field)
    entry.require(isinstance(keys, list) and bool(keys), f"{field} is not a list of keys")
    for key in keys:
        entry.require(isinstance(key, str) and bool(_KEY.fullmatch(key)), f"not a key: {key!r}")
    return list(keys)


def _years(entry: Entry) -> tuple[int, ...]:
    years = entry.content.get("years")
    entry.require(isinstance(years, list), "years is not a list")
    for year in years:
        entry.require(type(year) is int and 2000 <= year <= 2100, f"not a year: {year!r}")
    entry.require(years == sorted(set(years)), "years do not ascend")
    return tuple(years)


# --- Arithmetic -------------------------------------------------------------------------------


def gap(points: Number) -> Number:
    """What a score in points, or each of many, lacks of TARGET: 0 to 1, 0 from TARGET on (5.4)."""
    missing = (TARGET - points) / (TARGET - LOWEST)
    return (missing + abs(missing)) / 2  # the larger of it and 0, for one number and for many


def reach(steps: int | None, discount: float = DISCOUNT) -> float:
    """How near something is to the goal: 1 for one step, 0 where no path leads there (5.4)."""
    return 0.0 if steps is None else discount ** (steps - 1)


def priority(points: float, steps: int | None, vote: float, discount: float = DISCOUNT) -> float:
    """``100 * gap * reach * (1 + vote) / 2``, from 0 to 100 (docs/method.md 5.4).

    ``points`` from 1 to 7, ``steps`` on the shortest path or None, ``vote`` a share from 0 to 1.
    """
    return 100 * gap(points) * reach(steps, discount) * (1 + vote) / 2


def vote_of(votes: Votes | None, responded: int) -> float:
    """The share of ``responded`` that the votes stand for, as far as they are shown; nobody is 0."""
    if votes is None:
        return 0.0
    return VOTE_SHARES[votes.words] if votes.number is None else votes.number / responded


def standard_error(result: Shown) -> float:
    """How uncertain a shown score is, in points: what its interval implies (docs/method.md 4.2).

    At 5 and at 95 the interval is cut off, so there the longer side counts for both. A coarse
    result has no interval and gets the error that is usual with so many people.
    """
    if result.low is None or result.high is None:
        return PRIOR_SD / math.sqrt(result.n)
    below, above = result.score - result.low, result.high - result.score
    is_cut_off = result.low <= CAP_LOW or result.high >= CAP_HIGH
    half = max(below, above) if is_cut_off else (below + above) / 2
    quantile = float(stats.t.ppf(0.5 + CONFIDENCE / 2, PRIOR_DF + result.n - 1))
    return half / 100 * (HIGHEST - LOWEST) / quantile


def shares_in_top(points: Numbers, errors: Numbers, weights: Numbers, noise: Numbers) -> Numbers:
    """How often each of N is among the first three when scores are drawn again (docs/method.md 5.4).

    ``points`` and their ``errors`` are N numbers in points, ``weights`` N priorities of a gap of 1,
    ``noise`` N rows of standard normal draws. What has no gap left in a draw is not among the first.
    """
    redrawn = points[:, None] + errors[:, None] * noise
    priorities = gap(redrawn) * weights[:, None]
    first = np.argsort(-priorities, axis=0, kind="stable")[:MOST]
    chosen = np.zeros(priorities.shape, dtype=bool)
    np.put_along_axis(chosen, first, True, axis=0)
    return np.asarray((chosen & (priorities > 0)).mean(axis=1))


# --- The plan ---------------------------------------------------------------------------------


def make_plan(
    content: ReportContent, paths: Paths, goal: str, *, draws: int = DRAWS, seed: int = SEED
) -> Plan | None:
    """What the team of this report could try next to come nearer to ``goal``; None where nothing is shown.

    The same content gives the same plan. Of equals the first in the questionnaire comes first.
    Raises ValueError for a goal that is no outcome of ``paths``.
    """
    if goal not in paths.outcomes:
        raise ValueError(f"{goal!r} is no outcome that a path leads to")
    shown = {capability.key: (capability, result) for capability, result in content.shown()}
    if not content.enough or not shown:
        return None
    names = {key: translate(texts, content.language) for key, texts in paths.outcomes.items()}
    names |= {capability.key: capability.short_name for capability in content.capabilities}
    judged = [_judge(*shown[key], paths.shortest(key, goal) or (), names, content.responded) for key in shown]
    first = _first(judged)
    shares = _shares_in_top(judged, shown, draws, seed) if first else {}
    return Plan(
        goal=goal,
        experiments=tuple(
            Experiment(one, _advice_of(*shown[one.capability]), round(10 * shares[one.capability]))
            for one in first
        ),
        ranked=tuple(_ranked(judged)),
        depends_on_discount=any(set(_first(judged, other)) != set(first) for other in OTHER_DISCOUNTS),
        bottleneck=_bottleneck(judged, paths, goal),
        drivers=_drivers_of_result(judged, paths),
        draws=draws,
    )


def _judge(
    capability: CapabilityResult,
    result: Shown,
    way: tuple[Arrow, ...],
    names: Mapping[str, str],
    responded: int,
) -> Priority:
    points, steps, vote = points_of(result.score), len(way) or None, vote_of(capability.votes, responded)
    return Priority(
        capability=capability.key,
        name=capability.short_name,
        score=result.score,
        gap=gap(points),
        steps=steps,
        reach=reach(steps),
        vote=vote,
        votes=capability.votes,
        priority=priority(points, steps, vote),
        through=tuple(names.get(arrow.target, arrow.target.replace("_", " ")) for arrow in way[:-1]),
        years=way[0].years if way else (),
        clarify=result.two_camps or result.agreement == "differ_widely",
    )


def _ranked(judged: Iterable[Priority], discount: float = DISCOUNT) -> list[Priority]:
    """Highest priority first. What is equal but for the last digit of a float stays as it was."""

    def by_priority(one: Priority) -> float:
        return -round(priority(points_of(one.score), one.steps, one.vote, discount), 9)

    return sorted(judged, key=by_priority)


def _first(judged: Iterable[Priority], discount: float = DISCOUNT) -> list[Priority]:
    """The three at most that can be tried: those with a gap and a path, and no mere result."""
    return [one for one in _ranked(judged, discount) if one.priority > 0 and one.capability != RESULT][:MOST]


def _shares_in_top(
    judged: Iterable[Priority], shown: Mapping[str, tuple[CapabilityResult, Shown]], draws: int, seed: int
) -> dict[str, float]:
    """How often each of what can be tried is among the first three of redrawn scores, by key."""
    rivals = [one for one in judged if one.steps and one.capability != RESULT]
    keys = [one.capability for one in rivals]
    # drawn by name, so that a questionnaire in another order gives the same
    rows = np.random.default_rng(seed).standard_normal((len(keys), draws))
    noise = dict(zip(sorted(keys), rows, strict=True))
    shares = shares_in_top(
        np.array([points_of(one.score) for one in rivals]),
        np.array([standard_error(shown[key][1]) for key in keys]),
        np.array([priority(LOWEST, one.steps, one.vote) for one in rivals]),
        np.array([noise[key] for key in keys]),
    )
    return dict(zip(keys, shares.tolist(), strict=True))


def _advice_of(capability: CapabilityResult, result: Shown) -> Advice:
    """What to do at the team's level."""
    return next((one for one in capability.advice if one.level == result.level), capability.advice[0])


def _bottleneck(judged: Iterable[Priority], paths: Paths, goal: str) -> tuple[str, ...]:
    """From the goal backwards, always to the lowest driver, while one lacks anything (5.4 no. 5)."""
    left = {one.capability: one.score for one in judged if one.gap}
    walked: list[str] = []
    here = goal
    while drivers := [key for key in left if key in paths.practices(here)]:
        here = min(drivers, key=left.__getitem__)
        walked.append(here)
        del left[here]
    return tuple(walked)


def _drivers_of_result(judged: list[Priority], paths: Paths) -> tuple[str, ...]:
    """The lowest of what continuous delivery is made of, where it would have been proposed itself."""
    if not any(one.priority for one in judged if one.capability == RESULT):
        return ()
    drivers = [one for one in judged if one.gap and one.capability in paths.drivers(RESULT)]
    return tuple(one.capability for one in sorted(drivers, key=lambda one: one.score)[:MOST])
