"""The words in charts, and scores and bands in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from assessments.disclosure import CAP_HIGH, CAP_LOW

from ..content import CapabilityResult, CategoryResult, CategoryScore, Priority, Shown, Suppressed

WORDS: Final[Mapping[str, str]] = {
    "mostly_disagree": "mostly disagree",
    "mixed": "mixed",
    "mostly_agree": "mostly agree",
    "strongly_agree": "strongly agree",
    "band_range": "{low} to {high}",
    "mostly_agree-strongly_agree": "mostly to strongly agree",
    "lowest": "{score} or less",
    "highest": "{score} or more",
    "too_few": "too few answers",
    "fewer_than": "fewer than {minimum} answered",
    "n": "n {n}",
    "this_round": "this round",
    "last_round": "last round",
    "interval": "90 % interval",
    "disagree": "disagree",
    "neutral": "neutral",
    "agree": "agree",
    "change_clear": "clear change",
    "change_likely": "likely change",
    "change_none": "no clear change",
    "change_unknown": "nothing to compare with",
    "one_round": "one round",
    "in_words": "known only in words",
    "gap_in_time": "too few answered",
    "reworded": "asked otherwise before",
    "cuts": "where bands begin",
    "gap": "gap",
    "reach": "reach",
    "vote": "vote",
    "decimal": ".",
    "from_score": "score {score}",
    "steps": "steps to the goal: {number}",
    "no_path": "no published path",
    "named_nobody": "named by nobody",
    "named_few": "named by few",
    "named_untold": "not told this time",
    "named_about_half": "named by about half",
    "named_most": "named by most",
    "named": "named by {number}",
    "elite": "elite: {elite}",
    "say_score": "{name}: {score}, {bands}.",
    "say_interval": "{name}: {score}, between {low} and {high}, {bands}.",
    "say_previous": "Last round {score}.",
    "say_suppressed": "{name}: {reason}.",
    "say_category": "{name}.",
    "say_range": "{name}: from {low} ({lowest}) to {high} ({highest}).",
    "say_missing": "{count} with too few answers.",
    "say_metric": "{name}: {band}, band {number} of {count}, six being best. Elite performers: {elite}.",
    "say_statement": "{text} {disagree} disagree, {neutral} neutral, {agree} agree.",
    "say_slope": "{name}: from {before} to {score}, {change}.",
    "say_now": "{name}: {score}.",
    "say_trend": "{name} from {first} to {last}: {scores}.",
    "say_rising": "Rising over these rounds.",
    "say_falling": "Falling over these rounds.",
    "say_unclear": "No clear direction over these rounds.",
    "say_reworded": "Up to {round} it was asked otherwise.",
    "say_factors": "{name}: gap {gap}, reach {reach}, vote {vote}.",
    "estimate": "estimate",
    "own_score": "the team's own score",
    "all_teams": "mean of all teams",
    "luck_alone": "limits of luck alone",
    "usual_differences": "luck and what teams usually differ by",
    "by_answers": "number of answers",
    "say_caterpillar": "{name}: {count} teams around {mean}; luck allowed for, from {low} to {high}.",
    "say_funnel": "{name}: {count} teams by number of answers, around {mean}; {apart} beyond the limits.",
}
"""Every word in a chart, in English. Pass a mapping with the same keys for another language."""

Words = Mapping[str, str]


def all_words(words: Words | None) -> Words:
    """``words``, and in English what they lack."""
    return {**WORDS, **(words or {})}


def score_text(score: int, words: Words | None = None) -> str:
    """A score as it is read: the ends of the scale are not told apart."""
    key = {CAP_LOW: "lowest", CAP_HIGH: "highest"}.get(score)
    return all_words(words)[key].format(score=score) if key else str(score)


def short_score(score: int) -> str:
    """The same where there is no room for words: "≥ 95"."""
    sign = {CAP_LOW: "≤ ", CAP_HIGH: "≥ "}.get(score, "")
    return f"{sign}{score}"


def bands_text(bands: Sequence[str], words: Words) -> str:
    """One band, or the first and the last as a range: "mixed to mostly agree"."""
    joined = words.get("-".join(bands))
    return joined or words["band_range"].format(low=words[bands[0]], high=words[bands[-1]])


def previous_score(now: CapabilityResult | CategoryResult) -> int | None:
    """Last round's score where there is something to compare it with."""
    if isinstance(now.result, Suppressed) or not isinstance(now.previous, (Shown, CategoryScore)):
        return None
    return now.previous.score


def interval_of(result: Shown) -> tuple[int, int] | None:
    """The ends of the interval; None in a coarse result."""
    return None if result.low is None or result.high is None else (result.low, result.high)


def change_label(capability: CapabilityResult) -> str:
    """How sure a change is: "clear", "likely" or "none"; "unknown" without a score to compare with."""
    if previous_score(capability) is None:
        return "unknown"
    return capability.change.label if capability.change else "none"


def factors_of(priority: Priority) -> dict[str, float]:
    """What a priority is made of, each from 0 to 1 (docs/method.md 5.4)."""
    return {"gap": priority.gap, "reach": priority.reach, "vote": priority.vote}


def factor_text(share: float, words: Words) -> str:
    """A factor from 0 to 1 with two decimals: 0.80."""
    return f"{share:.2f}".replace(".", words["decimal"])
