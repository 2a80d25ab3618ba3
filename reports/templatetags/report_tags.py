"""Words and charts for the result page and the PDF."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from django import template
from django.utils.formats import get_format, number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from assessments import change as changes
from assessments import disclosure

from .. import charts
from ..content import (
    AskedAnew,
    CapabilityResult,
    CategoryResult,
    CategoryScore,
    Change,
    Experiment,
    InWords,
    KeyMetricResult,
    Plan,
    Priority,
    ReportContent,
    Shown,
    Trend,
    TrendPoint,
)
from ..summary_content import Summary

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
TWO_VIEWS, DIFFER_WIDELY = gettext_lazy("Two views in the team"), gettext_lazy("Answers far apart")
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
    "most": gettext_lazy("most of you"),
    "about_half": gettext_lazy("about half of you"),
    "few": gettext_lazy("a few of you"),
}
NAMED = {
    "most": gettext_lazy("most of you named it"),
    "about_half": gettext_lazy("about half of you named it"),
    "few": gettext_lazy("a few of you named it"),
    "untold": gettext_lazy("who named what is not told this time"),
}
CHANGES = {
    "clear": gettext_lazy("clear change"),
    "likely": gettext_lazy("likely change"),
    "none": gettext_lazy("no clear change"),
}
DIRECTIONS = {
    "rising": gettext_lazy("rising"),
    "falling": gettext_lazy("falling"),
}
CAUTIONS = {
    "roster": gettext_lazy(
        "More than a third of the people have changed since last round. It is hardly the same team, so no"
        " change is called clear."
    ),
    "imported": gettext_lazy(
        "How many people have changed since last round is not known, because answers came in a file. So no"
        " change is called clear."
    ),
    "wording": gettext_lazy(
        "The questionnaire has a new version since last round. What was asked in the same words is compared,"
        " but no change is called clear."
    ),
    "scoring": gettext_lazy(
        "The way of scoring has changed since last round. Numbers that were made in different ways are not"
        " compared."
    ),
}
STATES = {
    "open": gettext_lazy("still running"),
    "kept": gettext_lazy("kept"),
    "changed": gettext_lazy("kept in another form"),
    "dropped": gettext_lazy("dropped"),
}
GOALS = {
    "delivery_performance": gettext_lazy("delivery performance"),
    "organizational_performance": gettext_lazy("the organization's performance"),
    "less_burnout": gettext_lazy("less burnout"),
}
STABLE = 6
"""Of ten redraws: an experiment that is among the first three in fewer could as well be another one."""

OPEN = 4
"""Of ten redraws: in fewer than these, it is clearly more often another one."""

SPARK = 3
"""So many rounds make a line; two are a slope."""


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
        "change_clear": _("clear change"),
        "change_likely": _("likely change"),
        "change_none": _("no clear change"),
        "change_unknown": _("nothing to compare with"),
        "one_round": _("one round"),
        "in_words": _("known only in words"),
        "gap_in_time": _("too few answered"),
        "reworded": _("asked otherwise before"),
        "cuts": _("where bands begin"),
        "gap": _("gap"),
        "reach": _("reach"),
        "vote": _("vote"),
        "decimal": str(get_format("DECIMAL_SEPARATOR")),
        "from_score": _("score {score}"),
        "steps": _("steps to the goal: {number}"),
        "no_path": _("no published path"),
        "named_nobody": _("named by nobody"),
        "named_few": _("named by few"),
        "named_untold": _("not told this time"),
        "named_about_half": _("named by about half"),
        "named_most": _("named by most"),
        "named": _("named by {number}"),
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
        "say_slope": _("{name}: from {before} to {score}, {change}."),
        "say_now": _("{name}: {score}."),
        "say_trend": _("{name} from {first} to {last}: {scores}."),
        "say_rising": _("Rising over these rounds."),
        "say_falling": _("Falling over these rounds."),
        "say_unclear": _("No clear direction over these rounds."),
        "say_reworded": _("Up to {round} it was asked otherwise."),
        "say_factors": _("{name}: gap {gap}, reach {reach}, vote {vote}."),
        "estimate": _("estimate"),
        "own_score": _("the team's own score"),
        "all_teams": _("mean of all teams"),
        "luck_alone": _("limits of luck alone"),
        "usual_differences": _("luck and what teams usually differ by"),
        "by_answers": _("number of answers"),
        "say_caterpillar": _("{name}: {count} teams around {mean}; luck allowed for, from {low} to {high}."),
        "say_funnel": _(
            "{name}: {count} teams by number of answers, around {mean}; {apart} beyond the limits."
        ),
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
    """The ends of an interval; one that reaches an end of the scale says so. A coarse result has none."""
    if result.low is None or result.high is None:
        return ""
    return _("{low} to {high}").format(low=_end(result.low), high=_end(result.high))


def _end(value: int) -> str:
    ends = {disclosure.CAP_LOW: f"≤\u00a0{value}", disclosure.CAP_HIGH: f"≥\u00a0{value}"}
    return ends.get(value, str(value))


@register.filter
def agreement(result: Shown) -> str:
    """How near to each other the answers lie; of a coarse result only whether there are two views."""
    return _("two views") if result.two_camps else str(AGREEMENT.get(result.agreement, ""))


@register.filter
def cell(result: object) -> str:
    """A result in a table, of any round: "70", "≥ 95", "≈ 70" where it is rough, words, or a dash."""
    match result:
        case Shown(is_coarse=True):
            return f"≈\u00a0{_end(result.score)}"
        case Shown() | CategoryScore():
            return _end(result.score)
        case InWords():
            return bands(result.bands)
        case _:
            return "–"


@register.filter
def has_coarse(content: ReportContent) -> bool:
    """Whether some results are so rough that they have no interval."""
    return any(result.is_coarse for _capability, result in content.shown())


@register.filter
def has_interval(content: ReportContent) -> bool:
    """Whether any result has an interval."""
    return any(not result.is_coarse for _capability, result in content.shown())


@register.filter
def no_topic(content: ReportContent) -> str:
    """Why there is nothing to talk about: nobody differs, or nothing may be told about it."""
    if has_coarse(content):
        return _("How far apart your answers lie is not told this time.")
    if not shown_count(content):
        return _("Too few results are shown to tell.")
    return _("There is no topic on which your answers lie far apart.")


@register.filter
def level(name: str) -> str:
    """Which answers a piece of advice is for, in the words of the scale."""
    return str(LEVELS[name])


@register.filter
def votes(content: ReportContent) -> list[tuple[str, list[str]]]:
    """What was named as a hindrance, by how many named it: most, about half, few."""
    voted = [(each.short_name, each.votes.words) for each in content.capabilities if each.votes]
    named = {word: [name for name, said in voted if said == word] for word in VOTES}
    return [(str(VOTES[word]), names) for word, names in named.items() if names]


@register.filter
def close(content: ReportContent) -> list[tuple[str, list[str]]]:
    """The capabilities on which the answers lie close together, by what they say; the best first."""
    alike = [(c, r) for c, r in content.shown() if r.agreement == "close" and not r.two_camps]
    order = list(BANDS)
    alike.sort(key=lambda pair: ([-order.index(band) for band in reversed(pair[1].bands)], -pair[1].score))
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
def hidden_names(content: ReportContent) -> list[str]:
    """The capabilities that too few people answered."""
    return [capability.short_name for capability in content.capabilities if not capability.is_shown]


@register.filter
def answered(content: ReportContent | Summary) -> str:
    """How many people answered and, as far as that is known, how many were asked; in sentences."""
    numbers = {"responded": content.responded, "invited": content.invited}
    if content.invited is not None:
        return _("{responded} of {invited} people answered.").format(**numbers)
    if not content.organization:
        return ngettext("One response.", "{responded} responses.", content.responded).format(**numbers)
    return (
        ngettext("One person answered.", "{responded} people answered.", content.responded)
        + " "
        + _("The answers were brought in from a file; how many were asked is not known.")
    ).format(**numbers)


@register.filter
def answers_each(content: ReportContent) -> str:
    """From how many people the scores come, in a sentence; nothing where there is no score."""
    counts = [result.n for _capability, result in content.shown()]
    if not counts:
        return ""
    fewest, most = min(counts), max(counts)
    if fewest == most:
        return _("Each score comes from {n} people.").format(n=most)
    return _("The scores come from {fewest} to {most} people each.").format(fewest=fewest, most=most)


@register.filter
def band_counts(content: ReportContent) -> list[tuple[str, int]]:
    """How many capabilities lie in each band, the highest first."""
    counts = content.band_counts
    return [(str(BANDS[band]), counts[band]) for band in reversed(BANDS) if band in counts]


# --- What moved ------------------------------------------------------------------------------


@register.filter
def moved(change: Change) -> str:
    """How far a score moved, as both are shown: "up 15". A category has only words."""
    match change.moved:
        case None:
            return ""
        case 0:
            return _("as before")
        case points if points > 0:
            return _("up {points}").format(points=points)
        case points:
            return _("down {points}").format(points=-points)


@register.filter
def movement(change: Change | None) -> str:
    """A change in words with its size: "likely change, up 15"; a dash where nothing is compared."""
    if change is None:
        return "–"
    words, size = str(CHANGES[change.label]), moved(change) if change.moved else ""
    return _("{change}, {moved}").format(change=words, moved=size) if size else words


@register.filter
def cautions(content: ReportContent) -> list[str]:
    """Why nothing is called a clear change."""
    return [str(CAUTIONS[caution]) for caution in content.cautions]


@register.filter
def by_luck(content: ReportContent) -> str:
    """How many would be called a likely change if nothing had moved (docs/method.md, 4.3)."""
    expected = changes.expected_false_alarms(content.compared)
    words = _("about {some} of {all}") if expected >= 1 else _("less than {some} of {all}")
    return words.format(some=max(1, round(expected)), all=content.compared)


@register.filter
def asked_anew(content: ReportContent) -> list[tuple[AskedAnew, list[str]]]:
    """What was asked otherwise before: up to which round and how, and the names of all that share this."""
    groups: dict[AskedAnew, list[str]] = {}
    for capability in content.capabilities:
        if capability.anew:
            groups.setdefault(capability.anew, []).append(capability.short_name)
    return list(groups.items())


@register.filter
def moving(content: ReportContent) -> bool:
    """Whether any earlier result can stand beside one of this round."""
    return bool(content.previous_round) and any(_looks_back(c) for c in content.capabilities)


def _looks_back(capability: CapabilityResult) -> bool:
    return isinstance(capability.previous, (Shown, InWords)) or capability.trend is not None


@register.filter
def trend_rounds(content: ReportContent) -> list[str]:
    """The rounds of the longest trend, oldest first; empty where two rounds are all there are."""
    trends = [capability.trend for capability in content.capabilities if capability.trend]
    longest = max(trends, key=lambda trend: len(trend.points), default=None)
    if longest is None or len(longest.points) < SPARK:
        return []
    return [point.round for point in longest.points]


@register.filter
def points(trend: Trend) -> str:
    """The scores of a trend, oldest first: "45, mixed, –, 70"."""
    return ", ".join(_point(point) for point in trend.points)


def _point(point: TrendPoint) -> str:
    if point.score is not None:
        return _end(point.score)
    return bands(point.bands) if point.bands else "–"


@register.filter
def direction(trend: Trend | None) -> str:
    """Where a trend points to; nothing where the rounds do not tell."""
    return str(DIRECTIONS.get(trend.direction, "")) if trend else ""


@register.filter
def state(name: str) -> str:
    """What has become of an experiment."""
    return str(STATES[name])


# --- What to try next ------------------------------------------------------------------------


@register.filter
def goal(name: str) -> str:
    """What a team works towards, in the middle of a sentence."""
    return str(GOALS[name])


@register.simple_tag
def why(priority: Priority, content: ReportContent) -> str:
    """What speaks for a capability, in a sentence without its end (docs/method.md, 5.4)."""
    gap = _("Score {score}, a gap of {gap} to “agree”").format(
        score=score(priority.score), gap=number_format(round(priority.gap, 2), 2)
    )
    assert content.plan is not None  # noqa: S101 it is one of its plan's
    parts = [gap, _path(priority, goal(content.plan.goal)), _named(priority, content.responded)]
    return _("; ").join(parts)


def _path(priority: Priority, to: str) -> str:
    if priority.steps is None:
        return _("no published path to {goal}").format(goal=to)
    if not priority.through:
        return _("linked to {goal} directly").format(goal=to)
    through = _(" and ").join(priority.through)
    return _("linked to {goal} through {names}").format(goal=to, names=through)


def _named(priority: Priority, responded: int) -> str:
    if priority.votes is None:
        return _("nobody named it")
    if priority.votes.number is not None:
        return _("{number} of {all} named it").format(number=priority.votes.number, all=responded)
    return str(NAMED[priority.votes.words])


@register.filter
def stability(experiment: Experiment) -> str:
    """How surely an experiment is among the first three."""
    words = _("Among the first three in {count} of 10 redraws.").format(count=experiment.in_top)
    if experiment.in_top >= STABLE:
        return words
    if experiment.in_top >= OPEN:
        return words + " " + _("It could as well be another.")
    return words + " " + _("More often it is another.")


@register.simple_tag
def scored_names(keys: Sequence[str], content: ReportContent) -> str:
    """Capabilities by their short names, each with its score: "Test automation (30), Learning (45)"."""
    by_key = {capability.key: (capability, result) for capability, result in content.shown()}
    found = (by_key[key] for key in keys if key in by_key)
    return ", ".join(f"{capability.short_name} ({score(result.score)})" for capability, result in found)


@register.filter
def pathless(content: ReportContent) -> list[str]:
    """The capabilities that no published path leads from to the goal: they cannot be proposed."""
    ranked = content.plan.ranked if content.plan else ()
    return [priority.name for priority in ranked if priority.steps is None]


@register.filter
def leads_nowhere(plan: Plan) -> bool:
    """Whether no published path leads from anything that has a result to the goal."""
    return all(priority.steps is None for priority in plan.ranked)


@register.filter
def is_tried(capability: CapabilityResult, content: ReportContent) -> bool:
    """Whether it is one of the proposed experiments, where its next step is told already."""
    plan = content.plan
    return plan is not None and any(e.priority.capability == capability.key for e in plan.experiments)


# --- Charts ----------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def drawn(draw: Callable[..., str], what: Hashable, chart_id: str, language: str) -> SafeString:
    """A chart in a language. Results never change, so what was drawn for a page once is drawn."""
    # charts.tidy writes every text through an XML serializer, so names cannot become mark-up
    return mark_safe(draw(what, chart_id=chart_id, words=chart_words()))  # noqa: S308  an SVG of ours


def _chart(draw: Callable[..., str], what: Hashable, chart_id: str) -> SafeString:
    return drawn(draw, what, chart_id, get_language() or "")


@register.simple_tag
def overview_radar(content: ReportContent, chart_id: str = "overview") -> SafeString:
    """The categories as a radar; nothing where a questionnaire has too few or too many for one."""
    if not charts.FEWEST_AXES <= len(content.categories) <= charts.MOST_AXES:
        return SafeString("")
    return _chart(charts.overview_radar, content, chart_id)


@register.simple_tag
def category_chart(category: CategoryResult) -> SafeString:
    """The capabilities of a category as a radar, or as bars where they are too few for one.

    Nothing where they are too many: then the dot plot beside it tells them.
    """
    if len(category.capabilities) > charts.MOST_AXES:
        return SafeString("")
    return _chart(charts.category_chart, category, f"shape-{category.key}")


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


@register.simple_tag
def slopegraph(category: CategoryResult) -> SafeString:
    """The capabilities of a category last round and this one."""
    return _chart(charts.slopegraph, category, f"slopes-{category.key}")


@register.simple_tag
def sparkline(capability: CapabilityResult) -> SafeString:
    """A capability over the rounds; nothing where it has no trend."""
    if capability.trend is None:
        return SafeString("")
    return _chart(charts.sparkline, capability, f"spark-{capability.key}")


@register.simple_tag
def sparkline_key(content: ReportContent) -> SafeString:
    """What the marks of the sparklines mean."""
    return _chart(charts.sparkline_key, content, "spark-key")


@register.simple_tag
def factor_bars(priority: Priority) -> SafeString:
    """Why a capability is among the next to work on."""
    return _chart(charts.factor_bars, priority, f"factors-{priority.capability}")
