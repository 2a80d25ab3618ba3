"""Each chart as a sentence: what stands in its place for those who do not see it."""

from __future__ import annotations

from collections.abc import Sequence

from ..comparison_content import Spread
from ..content import (
    CapabilityResult,
    CategoryResult,
    InWords,
    KeyMetricResult,
    Priority,
    ReportContent,
    Shown,
    Suppressed,
    TrendPoint,
)
from .words import (
    Words,
    all_words,
    bands_text,
    change_label,
    factor_text,
    factors_of,
    interval_of,
    previous_score,
    score_text,
)


def describe_capability(capability: CapabilityResult, words: Words | None = None) -> str:
    """For example "Continuous integration: 70, between 55 and 85, mixed to mostly agree."."""
    said, result = all_words(words), capability.result
    if isinstance(result, Suppressed):
        return _suppressed_sentence(capability.short_name, result, said)
    score, bands = score_text(result.score, said), bands_text(result.bands, said)
    if interval := interval_of(result):
        low, high = (score_text(end, said) for end in interval)
        sentence = said["say_interval"].format(
            name=capability.short_name, score=score, low=low, high=high, bands=bands
        )
    else:
        sentence = said["say_score"].format(name=capability.short_name, score=score, bands=bands)
    return _with_previous(sentence, capability, said)


def describe_category(category: CategoryResult, words: Words | None = None) -> str:
    """Every capability of a category."""
    head = all_words(words)["say_category"].format(name=category.name)
    return " ".join([head, *(describe_capability(each, words) for each in category.capabilities)])


def describe_overview(content: ReportContent, words: Words | None = None) -> str:
    """The score of every category."""
    return " ".join(_category_sentence(category, all_words(words)) for category in content.categories)


def describe_dot_plot(
    categories: CategoryResult | Sequence[CategoryResult], words: Words | None = None
) -> str:
    """Every capability of one category; of several only the ends, as a table stands beside them."""
    many = [categories] if isinstance(categories, CategoryResult) else list(categories)
    if len(many) == 1:
        return describe_category(many[0], words)
    return " ".join(_range_sentence(category, all_words(words)) for category in many)


def describe_metric(metric: KeyMetricResult, words: Words | None = None) -> str:
    """The answer to a key metric and the elite threshold."""
    said, result = all_words(words), metric.result
    if isinstance(result, Suppressed):
        return _suppressed_sentence(metric.short_name, result, said)
    return said["say_metric"].format(
        name=metric.short_name,
        band=result.label,
        number=result.band,
        count=len(metric.band_labels),
        elite=metric.elite,
    )


def describe_statements(capability: CapabilityResult, words: Words | None = None) -> str:
    """How many disagreed and agreed with each statement."""
    said = all_words(words)
    statements = capability.result.statements if isinstance(capability.result, Shown) else ()
    counts = (
        said["say_statement"].format(
            text=each.text, disagree=each.disagree, neutral=each.neutral, agree=each.agree
        )
        for each in statements
    )
    return " ".join([said["say_category"].format(name=capability.short_name), *counts])


def describe_slopes(category: CategoryResult, words: Words | None = None) -> str:
    """How each capability of a category moved since last round."""
    said = all_words(words)
    head = said["say_category"].format(name=category.name)
    return " ".join([head, *(_slope_sentence(each, said) for each in category.capabilities)])


def describe_trend(capability: CapabilityResult, words: Words | None = None) -> str:
    """Every round of a trend. Raises ValueError where there is none."""
    said, trend = all_words(words), capability.trend
    if trend is None:
        raise ValueError(f"{capability.key} has no trend")
    sentence = said["say_trend"].format(
        name=capability.short_name,
        first=trend.points[0].round,
        last=trend.points[-1].round,
        scores=", ".join(_point_text(point, said) for point in trend.points),
    )
    direction = [said[f"say_{trend.direction}"]] if trend.direction else []
    reworded = [said["say_reworded"].format(round=trend.reworded_after)] if trend.reworded_after else []
    return " ".join([sentence, *direction, *reworded])


def describe_factors(priority: Priority, words: Words | None = None) -> str:
    """The three factors of a priority."""
    said = all_words(words)
    factors = {name: factor_text(share, said) for name, share in factors_of(priority).items()}
    return said["say_factors"].format(name=priority.name, **factors)


def _suppressed_sentence(name: str, result: Suppressed, words: Words) -> str:
    reason = words["fewer_than"].format(minimum=result.minimum)
    return words["say_suppressed"].format(name=name, reason=reason)


def _slope_sentence(capability: CapabilityResult, words: Words) -> str:
    result, before = capability.result, previous_score(capability)
    if isinstance(result, Suppressed):
        return _suppressed_sentence(capability.short_name, result, words)
    score = score_text(result.score, words)
    if before is not None:
        change = words[f"change_{change_label(capability)}"]
        return words["say_slope"].format(
            name=capability.short_name, before=score_text(before, words), score=score, change=change
        )
    sentence = words["say_now"].format(name=capability.short_name, score=score)
    if not isinstance(capability.previous, InWords):
        return sentence
    return f"{sentence} {words['say_previous'].format(score=bands_text(capability.previous.bands, words))}"


def _point_text(point: TrendPoint, words: Words) -> str:
    if point.score is not None:
        return score_text(point.score, words)
    return bands_text(point.bands, words) if point.bands else words["too_few"]


def _with_previous(sentence: str, now: CapabilityResult | CategoryResult, words: Words) -> str:
    previous = previous_score(now)
    if previous is None:
        return sentence
    return f"{sentence} {words['say_previous'].format(score=score_text(previous, words))}"


def _category_sentence(category: CategoryResult, words: Words) -> str:
    result = category.result
    if isinstance(result, Suppressed):
        return words["say_suppressed"].format(name=category.name, reason=words["too_few"])
    bands = bands_text(result.bands, words)
    score = score_text(result.score, words)
    sentence = words["say_score"].format(name=category.name, score=score, bands=bands)
    return _with_previous(sentence, category, words)


def _range_sentence(category: CategoryResult, words: Words) -> str:
    shown = [(each.result.score, each) for each in category.capabilities if isinstance(each.result, Shown)]
    if not shown:
        return words["say_suppressed"].format(name=category.name, reason=words["too_few"])
    (low, lowest), (high, highest) = (
        min(shown, key=lambda pair: pair[0]),
        max(shown, key=lambda pair: pair[0]),
    )
    sentence = words["say_range"].format(
        name=category.name,
        low=score_text(low, words),
        lowest=lowest.short_name,
        high=score_text(high, words),
        highest=highest.short_name,
    )
    missing = len(category.capabilities) - len(shown)
    return f"{sentence} {words['say_missing'].format(count=missing)}" if missing else sentence


def describe_caterpillar(spread: Spread, words: Words | None = None) -> str:
    """How many teams, and from where to where their estimates go."""
    said = all_words(words)
    estimates = [team.pooled for team in spread.teams]
    return said["say_caterpillar"].format(
        name=spread.column.name,
        count=len(spread.teams),
        mean=score_text(spread.mean, said),
        low=score_text(min(estimates), said),
        high=score_text(max(estimates), said),
    )


def describe_funnel(spread: Spread, words: Words | None = None) -> str:
    """How many teams, and how many of them lie beyond the limits."""
    said = all_words(words)
    return said["say_funnel"].format(
        name=spread.column.name,
        count=len(spread.teams),
        mean=score_text(spread.mean, said),
        apart=sum(team.apart for team in spread.teams),
    )
