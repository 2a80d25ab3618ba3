"""Words and charts for the result page and the PDF."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from assessments import disclosure

from .. import charts
from ..content import CapabilityResult, CategoryResult, KeyMetricResult, ReportContent, Shown

register = template.Library()

BANDS = {
    "mostly_disagree": gettext_lazy("mostly disagree"),
    "mixed": gettext_lazy("mixed"),
    "mostly_agree": gettext_lazy("mostly agree"),
    "strongly_agree": gettext_lazy("strongly agree"),
}
AGREEMENT = {
    "close": gettext_lazy("close"),
    "some_spread": gettext_lazy("some spread"),
    "differ_widely": gettext_lazy("far apart"),
}
LEVELS = {
    "low": gettext_lazy("Where people mostly disagree"),
    "middle": gettext_lazy("Where answers are mixed"),
    "high": gettext_lazy("Where people mostly agree"),
}
TWO_VIEWS, DIFFER_WIDELY = gettext_lazy("Two views in the team"), gettext_lazy("Answers differ widely")
TALKS = 5
"""So many topics get a question: a retrospective has time for no more."""

QUESTIONS = (
    gettext_lazy("When you hear “{name}”, which part of your work does each of you have in mind?"),
    gettext_lazy("Think of the last three months: where did “{name}” go well, and where not?"),
    gettext_lazy("How would a visitor notice that “{name}” works in your team, and what would they miss?"),
    gettext_lazy("What is it about “{name}” that only some of you get to see, and how could all see it?"),
    gettext_lazy("Which one change to “{name}” would each of you notice in your own work first?"),
)
VOTES = {
    "most": gettext_lazy("Most of you"),
    "about_half": gettext_lazy("About half of you"),
    "few": gettext_lazy("A few of you"),
}


def chart_words() -> dict[str, str]:
    """Every word of ``charts.WORDS`` in the language of the page."""
    return {
        **{name: str(word) for name, word in BANDS.items()},
        "band_range": _("{low} to {high}"),
        "mostly_agree-strongly_agree": _("mostly to strongly agree"),
        "lowest": _("{score} or less"),
        "highest": _("{score} or more"),
        "too_few": _("too few answers"),
        "fewer_than": _("fewer than {minimum} answered"),
        "n": _("n {n}"),
        "this_round": _("this round"),
        "last_round": _("last round"),
        "interval": _("90 % interval"),
        "disagree": _("disagree"),
        "neutral": _("neutral"),
        "agree": _("agree"),
        "elite": _("elite: {elite}"),
        "say_score": _("{name}: {score}, {bands}."),
        "say_interval": _("{name}: {score}, between {low} and {high}, {bands}."),
        "say_previous": _("Last round {score}."),
        "say_suppressed": _("{name}: {reason}."),
        "say_category": _("{name}."),
        "say_range": _("{name}: from {low} ({lowest}) to {high} ({highest})."),
        "say_missing": _("{count} with too few answers."),
        "say_metric": _(
            "{name}: {band}, band {number} of {count}, six being best. Elite performers: {elite}."
        ),
        "say_statement": _("{text} {disagree} disagree, {neutral} neutral, {agree} agree."),
    }


@register.filter
def bands(names: Sequence[str]) -> str:
    """One band, or two as a range: "mixed to mostly agree"."""
    if tuple(names) == ("mostly_agree", "strongly_agree"):
        return _("mostly to strongly agree")
    if len(names) > 1:
        return _("{low} to {high}").format(low=BANDS[names[0]], high=BANDS[names[-1]])
    return str(BANDS[names[0]])


@register.filter
def score(value: int) -> str:
    """A score as it is read: "5 or less", "70", "95 or more"."""
    disclosure.score_words(value)  # refuses what no result can be
    return charts.score_text(value, {"lowest": _("{score} or less"), "highest": _("{score} or more")})


@register.filter
def interval(result: Shown) -> str:
    """The ends of an interval; one that reaches an end of the scale says so."""
    return _("{low} to {high}").format(low=_end(result.low), high=_end(result.high))


def _end(value: int) -> str:
    ends = {disclosure.CAP_LOW: f"≤\u00a0{value}", disclosure.CAP_HIGH: f"≥\u00a0{value}"}
    return ends.get(value, str(value))


@register.filter
def agreement(result: Shown) -> str:
    """How near to each other the answers lie."""
    return _("two views") if result.two_camps else str(AGREEMENT[result.agreement])


@register.filter
def level(name: str) -> str:
    """Which answers a piece of advice is for, in the words of the scale."""
    return str(LEVELS[name])


@register.filter
def votes(hindrances: Sequence[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """What was named as a hindrance, by how many named it: most, about half, few."""
    named = {word: [name for name, said in hindrances if said == word] for word in VOTES}
    return [(str(VOTES[word]), names) for word, names in named.items() if names]


@register.filter
def close(content: ReportContent) -> list[tuple[str, list[str]]]:
    """The capabilities on which the answers lie close together, by what they say; the best first."""
    alike = [(c, r) for c, r in content.shown() if r.agreement == "close" and not r.two_camps]
    alike.sort(key=lambda pair: -pair[1].score)
    return _grouped((bands(result.bands), capability.short_name) for capability, result in alike)


@register.filter
def difference(result: Shown) -> str:
    """In which way answers differ."""
    return str(TWO_VIEWS if result.two_camps else DIFFER_WIDELY)


@register.filter
def talks(content: ReportContent) -> dict[str, list[Any]]:
    """What to talk about: a few topics with a question each, two views first, and the names of the others."""
    differing = [(c, r) for c, r in content.shown() if c in content.disagreements]
    differing.sort(key=lambda pair: not pair[1].two_camps)
    first = [
        (capability, str(QUESTIONS[place % len(QUESTIONS)]).format(name=capability.short_name))
        for place, (capability, _result) in enumerate(differing[:TALKS])
    ]
    others = _grouped((difference(result), capability.short_name) for capability, result in differing[TALKS:])
    return {"first": first, "others": others}


def _grouped(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Names by the words that go with them."""
    found: dict[str, list[str]] = {}
    for words, name in pairs:
        found.setdefault(words, []).append(name)
    return list(found.items())


@register.filter
def shown_count(content: ReportContent) -> int:
    """How many capabilities have a result."""
    return sum(capability.is_shown for capability in content.capabilities)


@register.filter
def hidden_count(content: ReportContent) -> int:
    """How many capabilities too few people answered."""
    return sum(not capability.is_shown for capability in content.capabilities)


@register.filter
def band_counts(content: ReportContent) -> list[tuple[str, int]]:
    """How many capabilities lie in each band, the highest first."""
    counts = content.band_counts
    return [(str(BANDS[band]), counts[band]) for band in reversed(BANDS) if band in counts]


@lru_cache(maxsize=256)
def drawn(draw: Callable[..., str], what: Hashable, chart_id: str, language: str) -> SafeString:
    """A chart in a language. Results never change, so what was drawn for a page once is drawn."""
    # charts.tidy writes every text through an XML serializer, so names cannot become mark-up
    return mark_safe(draw(what, chart_id=chart_id, words=chart_words()))  # noqa: S308


def _chart(draw: Callable[..., str], what: Hashable, chart_id: str) -> SafeString:
    return drawn(draw, what, chart_id, get_language() or "")


@register.simple_tag
def overview_radar(content: ReportContent, chart_id: str = "overview") -> SafeString:
    """The categories as a radar; nothing where a questionnaire has too few or too many for one."""
    if not charts.FEWEST_AXES <= len(content.categories) <= charts.MOST_AXES:
        return mark_safe("")
    return _chart(charts.overview_radar, content, chart_id)


@register.simple_tag
def category_chart(category: CategoryResult) -> SafeString:
    """The capabilities of a category as a radar, or as bars where they are too few or too many for one."""
    many = len(category.capabilities) > charts.MOST_AXES
    return _chart(charts.category_bars if many else charts.category_chart, category, f"shape-{category.key}")


@register.simple_tag
def dot_plot(category: CategoryResult) -> SafeString:
    """The capabilities of a category with their intervals."""
    return _chart(charts.dot_plot, category, f"dots-{category.key}")


@register.simple_tag
def metric_strip(metric: KeyMetricResult) -> SafeString:
    """The answers about a key metric, the team's one filled."""
    return _chart(charts.metric_strip, metric, f"strip-{metric.key}")


@register.simple_tag
def statement_bars(capability: CapabilityResult) -> SafeString:
    """How the statements of a capability were answered."""
    return _chart(charts.statement_bars, capability, f"statements-{capability.key}")
