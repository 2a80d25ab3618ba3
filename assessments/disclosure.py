"""What may be shown of a result, and how precisely: minimum counts, rounding, words.

Points are the 1 to 7 of the answer scale; a score is the same on 0 to 100. Every number that
leaves the scoring for a page, a PDF or an export passes through here (docs/method.md 6.2).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

LOWEST, HIGHEST = 1.0, 7.0
"""The ends of the agreement scale in points. All cuts below are cuts of this scale."""

FLOOR = 4
"""No setting may go below this many answers (docs/method.md 6.2 no. 1)."""

DEFAULT_MINIMUM = 5
"""Answers needed before anything is shown, unless an organisation asks for more."""

DETAIL_MINIMUM = 8
"""Answers needed for statements, distributions and standard deviations (docs/method.md 6.2 no. 7)."""

COMMENTS_MINIMUM = 3
"""Fewer comments than this are not shown: style and facts would tell who wrote them (6.2 no. 8)."""

DONT_KNOW_NOTABLE = 0.40
"""From this share on, *don't know* is itself a finding (docs/method.md 1.4)."""

CAP_LOW, CAP_HIGH = 5, 95
"""Scores beyond these are not told apart: a 0 or 100 would tell everyone's answer (6.2 no. 6)."""

STEP = 5
"""Scores are shown in steps of this size (docs/method.md 6.2)."""

COARSE_STEP = 10
"""The same for coarse results, whose number alone is shown (docs/method.md 6.2 no. 4)."""

COARSE_MOST = 20
"""Results of so many people and fewer are coarse where exactly one person differs (6.2 no. 4)."""

LOW_END_MOST, HIGH_END_LEAST = 85, 15
"""Ends of intervals beyond are not told apart: 90 to 95 would say that all six agreed fully (6.2 no. 7)."""

BANDS = ("mostly_disagree", "mixed", "mostly_agree", "strongly_agree")
"""Names of the parts of the scale, worst first: its wording, not a maturity (docs/method.md 2.3)."""

CUTS = (3.0, 5.0, 6.0)
"""Where each band but the first begins, in points. A cut belongs to the band above it."""

TOLERANCE = 1e-6
"""Sums of the same answers in another order differ by about 1e-15; no word may hang on that."""


def require_minimum(minimum: int) -> None:
    """Raise ValueError for a minimum below FLOOR: a wrong setting must not open a small team."""
    if minimum < FLOOR:
        raise ValueError(f"a minimum of {minimum} answers is below the floor of {FLOOR}")


def may_show(n: int, minimum: int) -> bool:
    """Whether a result that ``n`` people gave may be shown. Raises ValueError for minimum < FLOOR."""
    require_minimum(minimum)
    return n >= minimum


def display_score(points: float) -> int:
    """The score as shown: a multiple of 5 from 5 to 95, ties rounded up (62.5 becomes 65).

    Raises ValueError unless ``points`` is from 1 to 7. Source: docs/method.md 2.1 and 6.2.
    """
    return _capped(math.floor(_steps(points) + 0.5 + TOLERANCE))


def coarse_score(points: float) -> int:
    """The score of a coarse result: what :func:`display_score` shows, rounded to 10, ties up; at most 95.

    Made of the score as shown and not of the points, so that it never tells what the other does
    not. Raises ValueError unless ``points`` is from 1 to 7. Source: docs/method.md 6.2 no. 4.
    """
    return min((display_score(points) + STEP) // COARSE_STEP * COARSE_STEP, CAP_HIGH)


ROUNDS_REMEMBERED = 2
"""So many rounds back, a report whose people differ by exactly one is laid beside this one (6.2 no. 4)."""


def is_coarse(n: int, *, one_changed: bool) -> bool:
    """Whether a result of ``n`` people is told coarsely: in a small team in which exactly one person changed.

    The earlier result stands in its own report, and its interval beside this one's would tell what
    that person answered (docs/method.md 6.2 no. 4).
    """
    return one_changed and n <= COARSE_MOST


def display_interval(low: float, high: float) -> tuple[int, int]:
    """The ends of an interval as shown: multiples of 5, rounded outward, 5 to 85 and 15 to 95.

    Exact ends would tell the standard deviation, and with it the answers (docs/method.md 6.2
    no. 7). ``low`` and ``high`` are in points; ValueError unless 1 <= low <= high <= 7.
    """
    if not low <= high:
        raise ValueError(f"an interval cannot run from {low} to {high}")
    shown_low = _capped(math.floor(_steps(low) + TOLERANCE))
    shown_high = _capped(math.ceil(_steps(high) - TOLERANCE))
    return min(shown_low, LOW_END_MOST), max(shown_high, HIGH_END_LEAST)


def coarse_interval(low: int, high: int) -> tuple[int, int]:
    """The ends of an interval as shown, moved outward to multiples of 10 (5 and 95 stay as they are).

    Where exactly one person differs from an earlier round, finer ends would pin the mean down
    further than its rounding does (docs/method.md 6.2 no. 4).
    """
    wider = low // COARSE_STEP * COARSE_STEP, -(-high // COARSE_STEP) * COARSE_STEP
    return max(wider[0], CAP_LOW), min(wider[1], CAP_HIGH)


def score_words(score: int) -> str:
    """A shown score in words: ``"5 or less"``, ``"70"``, ``"95 or more"``.

    Raises ValueError for a number that display_score cannot return.
    """
    if score % STEP or not CAP_LOW <= score <= CAP_HIGH:
        raise ValueError(f"{score} is not a score as shown")
    return {CAP_LOW: f"{CAP_LOW} or less", CAP_HIGH: f"{CAP_HIGH} or more"}.get(score, str(score))


def band_of(points: float) -> str:
    """The one of BANDS that ``points`` lies in: < 3, 3 to < 5, 5 to < 6, >= 6 (docs/method.md 2.3).

    Raises ValueError unless ``points`` is from 1 to 7.
    """
    _require_on_scale(points)
    return BANDS[sum(points >= cut - TOLERANCE for cut in CUTS)]


def band_of_score(score: int) -> str:
    """The band of a score as shown, for one who may not see how near the result was to a cut.

    Source: docs/method.md 6.2 no. 4; the ends of an interval would tell an extreme answer.
    """
    return band_of(points_of(score))


def points_of(score: int) -> float:
    """A score as shown, 5 to 95, in points."""
    return LOWEST + score / 100 * (HIGHEST - LOWEST)


def bands_of(mean: float, low80: float, high80: float) -> tuple[str, ...]:
    """The band of a result, or the lowest and the highest that its 80 % interval reaches.

    Two names are the ends of a range and are to be read "mixed *to* strongly agree". An interval
    over three or four bands also gives its ends: to name only the band of the mean and a
    neighbour would claim more than was measured, and the range tells the reader that this
    team cannot be told apart by words. All in points; ValueError unless
    1 <= low80 <= mean <= high80 <= 7 (docs/method.md 2.3, TV3).
    """
    if not low80 - TOLERANCE <= mean <= high80 + TOLERANCE:
        raise ValueError(f"the mean {mean} is not between {low80} and {high80}")
    lowest, highest = band_of(low80), band_of(high80)
    return (lowest,) if lowest == highest else (lowest, highest)


def level_of(points: float) -> str:
    """The level of advice: ``"low"`` (< 3), ``"middle"`` (3 to < 5) or ``"high"`` (>= 5).

    Raises ValueError unless ``points`` is from 1 to 7.
    """
    return {"mostly_disagree": "low", "mixed": "middle"}.get(band_of(points), "high")


def display_share(share: float) -> int | None:
    """A share of *don't know* in percent, rounded to 10 (ties up); None below DONT_KNOW_NOTABLE or for NaN.

    Raises ValueError for a share outside 0 to 1. Source: docs/method.md 1.4.
    """
    if math.isnan(share):
        return None
    _require_share(share)
    return None if share < DONT_KNOW_NOTABLE - TOLERANCE else 10 * math.floor(10 * share + 0.5 + TOLERANCE)


def vote_words(share: float) -> str:
    """A share of votes in words: ``"few"`` < 1/3 <= ``"about_half"`` <= 2/3 < ``"most"``.

    In a small team a percentage is a head count, hence words. Raises ValueError outside 0 to 1.
    """
    _require_share(share)
    if share < 1 / 3 - TOLERANCE:
        return "few"
    return "about_half" if share <= 2 / 3 + TOLERANCE else "most"


def visible_children(children: Mapping[str, int], minimum: int) -> set[str]:
    """Which children of a group may be shown next to the group's total: complementary suppression.

    ``children`` maps names to numbers of responses. While those hidden add up to more than
    nobody and less than ``minimum``, total minus shown would give them away, so the smallest
    shown child is hidden as well; of equal ones the first by name. Source: docs/method.md 6.2,
    TV17. Raises ValueError for minimum < FLOOR.
    """
    shown = {name for name, responses in children.items() if may_show(responses, minimum)}
    hidden = sum(responses for name, responses in children.items() if name not in shown)
    if 0 < hidden < minimum and shown:
        shown.remove(min(shown, key=lambda name: (children[name], name)))
    return shown


def one_person_changed(joined: int | None, left: int | None) -> bool:
    """Whether exactly one person joined or left between two rounds; None where there was no round before.

    If the others answer as before, the difference of the two results is that person's answer, so
    their numbers must not stand side by side (docs/method.md 6.2 no. 4).
    """
    return (joined or 0) + (left or 0) == 1


def may_differ_by_one(answered: int, answered_then: int) -> bool:
    """Whether exactly one person may have come or gone between two rounds, where only numbers are known.

    One result less the other is one person's answer only if one person more answered in one of the
    two. Source: docs/method.md 6.2 no. 4.
    """
    return abs(answered - answered_then) == 1


def _require_on_scale(points: float) -> None:
    """Raise ValueError for what is no point of the scale; NaN, a hidden result, above all."""
    if not LOWEST - TOLERANCE <= points <= HIGHEST + TOLERANCE:
        raise ValueError(f"{points} is not from {LOWEST:g} to {HIGHEST:g}")


def _require_share(share: float) -> None:
    if not 0 <= share <= 1:
        raise ValueError(f"{share} is not a share from 0 to 1")


def _steps(points: float) -> float:
    """Points as a score (docs/method.md 2.1), counted in steps: 0 to 20."""
    _require_on_scale(points)
    return (points - LOWEST) / (HIGHEST - LOWEST) * 100 / STEP


def _capped(steps: int) -> int:
    return min(max(steps * STEP, CAP_LOW), CAP_HIGH)
