"""How each figure comes about, from nothing but figures that are printed (docs/method.md, 2.1 and 5.4).

What is behind a printed score is a range: no mean, spread or error is told more exactly than the
page tells it.
"""

from dataclasses import dataclass
from fractions import Fraction

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from assessments.disclosure import CAP_HIGH, CAP_LOW, COARSE_STEP, HIGHEST, LOWEST, STEP, TOLERANCE

from ..content import CapabilityResult, CategoryResult, Plan, Priority, ReportContent, Shown

register = template.Library()


def _in_points(score: float) -> float:
    return LOWEST + score / 100 * (HIGHEST - LOWEST)


def _number(value: float, decimals: int) -> str:
    return number_format(round(value + TOLERANCE, decimals), decimals, use_l10n=True)


@register.filter
def means(result: Shown) -> str:
    """Which means on the scale of 1 to 7 are shown as this score: "3.85 to 4.15"."""
    if result.score == CAP_HIGH:
        return _("{low} or more").format(low=_number(_in_points(CAP_HIGH - STEP / 2), 2))
    high = result.score + STEP / 2
    low = high - (COARSE_STEP if result.is_coarse else STEP)  # what is coarse is rounded up, and twice
    if low < CAP_LOW:
        return _("less than {high}").format(high=_number(_in_points(high), 2))
    return _("{low} to {high}").format(low=_number(_in_points(low), 2), high=_number(_in_points(high), 2))


@register.filter
def interval_in_points(result: Shown) -> str:
    """The printed interval on the scale of 1 to 7: "2.8 to 4.9"; nothing of a coarse result."""
    if result.low is None or result.high is None:
        return ""
    low = LOWEST if result.low == CAP_LOW else _in_points(result.low)
    high = HIGHEST if result.high == CAP_HIGH else _in_points(result.high)
    return _("{low} to {high}").format(low=_number(low, 1), high=_number(high, 1))


@register.filter
def mean_of(category: CategoryResult) -> str:
    """The mean of a category's printed scores, as a sum that can be done again."""
    scores = [c.result.score for c in category.capabilities if isinstance(c.result, Shown)]
    terms = " + ".join(str(score) for score in scores)
    return f"({terms}) ÷ {len(scores)} = {_number(sum(scores) / len(scores), 1)}"


@register.filter
def difference_of(capability: CapabilityResult) -> str:
    """How far the score moved: "70 − 55 = 15"."""
    now, then = capability.result, capability.previous
    if not isinstance(now, Shown) or not isinstance(then, Shown):
        return ""
    return f"{now.score} − {then.score} = {now.score - then.score}".replace("= -", "= −")


@register.filter
def gap_of(priority: Priority) -> str:
    """The gap to "agree", which is 6 of 7: "(6 − 3.1) ÷ 5 = 0.58"."""
    points = _number(_in_points(priority.score), 1)
    return f"(6 − {points}) ÷ 5 = {gap(priority)}" if priority.gap else gap(priority)


@register.filter
def gap(priority: Priority) -> str:
    """The gap from 0 to 1. A printed score is a multiple of 5, so two decimals are exact."""
    return _number(priority.gap, 2)


@register.filter
def reach(priority: Priority) -> str:
    """The reach from 0 to 1: 1 for a direct path, a fifth less for each step more."""
    return _number(priority.reach, 3) if 0 < priority.reach < 0.6 else _number(priority.reach, 2)


@register.filter
def vote(priority: Priority) -> str:
    """The vote as it counts: a share, or a sixth, a half, five sixths for few, about half, most."""
    return str(Fraction(priority.vote).limit_denominator(1000))


@register.filter
def product_of(priority: Priority) -> str:
    """The priority as a product that can be done again; what has no gap or no path has none."""
    if priority.steps is None:
        return _("0, no published path")
    if not priority.gap:
        return _("0, no gap")
    parts = {"gap": gap(priority), "reach": reach(priority), "vote": vote(priority)}
    return "100 × {gap} × {reach} × (1 + {vote}) ÷ 2 = {value}".format(
        value=round(priority.priority), **parts
    )


@register.filter
def lower_median(n: int) -> int:
    """Which of ``n`` answers, from the worst on, is the team's (docs/method.md, 8.3)."""
    return (n + 1) // 2


@register.simple_tag
def priority_of(capability: CapabilityResult, plan: Plan | None) -> Priority | None:
    """The capability's priority in this report."""
    ranked = plan.ranked if plan else ()
    return next((each for each in ranked if each.capability == capability.key), None)


@dataclass(frozen=True)
class Sum:
    """A row of the appendix."""

    capability: CapabilityResult
    result: Shown
    priority: Priority | None


@register.filter
def sums(content: ReportContent) -> list[tuple[CategoryResult, list[Sum]]]:
    """Per category its capabilities that have a score, each with its priority."""
    by_key = {each.capability: each for each in content.plan.ranked} if content.plan else {}
    found = []
    for category in content.categories:
        rows = [
            Sum(capability, capability.result, by_key.get(capability.key))
            for capability in category.capabilities
            if isinstance(capability.result, Shown)
        ]
        if rows:
            found.append((category, rows))
    return found
