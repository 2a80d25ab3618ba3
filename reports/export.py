"""Results as tables for other programs: exactly what the pages show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.utils.translation import gettext as _

from assessments.deliveries import FEW, Figures
from assessments.tables import Table, Value

from .comparison_content import Column, Comparison, TeamRow, Total
from .content import (
    UNTOLD_VOTES,
    CapabilityResult,
    CategoryResult,
    CategoryScore,
    InWords,
    KeyMetricResult,
    Measured,
    ReportContent,
    Shown,
    ShownMetric,
    Suppressed,
)

Row = dict[str, Value]

RESULT = [
    "shown", "n", "score", "low90", "high90", "bands", "agreement", "two_camps", "dont_know_percent",
]  # fmt: skip
"""What is told of a result. One that is hidden has nothing of it, and says why."""

HIDDEN = ["coarse", "why_not_shown"]
"""Whether a score is rough, in steps of ten; and what a hidden one is hidden for."""

SCORES = [
    "kind", "key", "name", *RESULT, "last_round", "change", "moved", "trend", "votes", *HIDDEN,
    "disagree", "neutral", "agree", "service", "measured", "value", "unit", "bands_apart",
]  # fmt: skip
COMPARISON = [
    "kind", "group", "team", "category", "key", "name", *RESULT, "before", *HIDDEN, "teams", "scoring",
]  # fmt: skip

TOO_FEW = "too_few"
"""Fewer people than the minimum answered: a result's usual reason not to be shown."""


# --- A team's results -----------------------------------------------------------------------------


def scores_table(content: ReportContent) -> Table:
    """A row for each category, capability, statement and key metric that a team's page tells of."""
    return Table(
        name="scores",
        about={
            "team": content.team,
            "round": content.round,
            "closed_on": content.closed_on,
            "organization": content.organization,
            "invited": content.invited,
            "responded": content.responded,
            "minimum": content.minimum,
            "previous_round": content.previous_round or None,
            "questionnaire": content.questionnaire_version,
            "scoring": content.scoring_version,
        },
        columns=SCORES,
        rows=list(_rows(content)),
    )


def _rows(content: ReportContent) -> Iterator[Row]:
    for category in content.categories:
        yield _category(category)
        for capability in category.capabilities:
            yield _capability(capability)
            yield from _statements(capability)
    yield from map(_key_metric, content.key_metrics)
    if content.enough:  # as on the page
        for measured in content.measured:
            yield from _measured(measured)


def _category(category: CategoryResult) -> Row:
    row: Row = {"kind": "category", "key": category.key, "name": category.name}
    if not isinstance(category.result, CategoryScore):
        return row | _hidden("too_few_capabilities")
    rough = any(isinstance(each.result, Shown) and each.result.is_coarse for each in category.capabilities)
    result = category.result
    row |= {"shown": True, "score": result.score, "bands": " ".join(result.bands), "coarse": rough}
    return row | {"last_round": _before(category.previous)} | _change(category)


def _capability(capability: CapabilityResult) -> Row:
    row: Row = {"kind": "capability", "key": capability.key, "name": capability.name}
    row |= _result(capability.result) | _change(capability)
    if isinstance(capability.result, Shown):
        row["last_round"] = _before(capability.previous)
        row["trend"] = (capability.trend and capability.trend.direction) or None
    if capability.votes and capability.votes != UNTOLD_VOTES:
        row["votes"] = capability.votes.words
    return row


def _result(result: Shown | Suppressed) -> Row:
    """What is told of a capability."""
    if isinstance(result, Suppressed):
        return _hidden(TOO_FEW)
    return {
        "shown": True,
        "n": result.n,
        "score": result.score,
        "low90": result.low,
        "high90": result.high,
        "bands": " ".join(result.bands),
        "agreement": result.agreement or None,
        "two_camps": None if result.is_coarse else result.two_camps,  # a rough result does not tell
        "dont_know_percent": result.dont_know,
        "coarse": result.is_coarse,
    }


def _hidden(why: str) -> Row:
    return {"shown": False, "why_not_shown": why}


def _change(of: CapabilityResult | CategoryResult) -> Row:
    return {"change": of.change.label, "moved": of.change.moved} if of.change else {}


def _before(result: Shown | CategoryScore | InWords | Suppressed | None) -> Value:
    """An earlier score, or the word that stands in its place; None where there is neither."""
    match result:
        case Shown() | CategoryScore():
            return result.score
        case InWords():
            return " ".join(result.bands)
        case _:
            return None


def _statements(capability: CapabilityResult) -> Iterator[Row]:
    """How many disagree and agree, where the page tells it."""
    if isinstance(capability.result, Shown):
        for statement in capability.result.statements:
            yield {
                "kind": "statement",
                "key": capability.key,
                "name": statement.text,
                "shown": True,
                "disagree": statement.disagree,
                "neutral": statement.neutral,
                "agree": statement.agree,
            }


def _key_metric(metric: KeyMetricResult) -> Row:
    row: Row = {"kind": "key_metric", "key": metric.key, "name": metric.name}
    if not isinstance(metric.result, ShownMetric):
        return row | _hidden(TOO_FEW)
    result = metric.result
    return row | {"shown": True, "n": result.n, "score": result.band, "bands": result.label}


def _measured(measured: Measured) -> Iterator[Row]:
    """What a service's deployments and incidents say, beside what the team states."""
    counted = _counted(measured.figures)
    about: Row = {"kind": "measured", "shown": True, "service": measured.service or None}
    for metric in measured.metrics:
        row = about | {"key": metric.key, "name": metric.name, "measured": metric.measured or None}
        if metric.stated and metric.measured:
            row["bands_apart"] = metric.apart
        yield row | counted.get(metric.key, {})
    yield about | {"key": "rework", "name": _("Rework")} | counted.get("rework", {})


def _counted(figures: Figures) -> dict[str, Row]:
    """The figure behind each metric's band, and of how many commits or deployments it is."""
    deployments = figures.frequency.deployments
    found = {"deployment_frequency": _figure(figures.frequency.per_week, "a week", deployments)}
    if lead := figures.lead_time:
        found["lead_time"] = _figure(lead.median, "hours", lead.commits)
    if failures := figures.failure_rate:
        found["change_failure_rate"] = _figure(100 * failures.share, "percent", deployments)
    if recovery := figures.recovery:
        middle = recovery.median if recovery.deployments >= FEW else None  # as on the page
        found["time_to_restore"] = _figure(middle, "hours", recovery.deployments)
    if figures.rework is not None:
        found["rework"] = _figure(100 * figures.rework, "percent", deployments)
    return found


def _figure(value: float | None, unit: str, n: int) -> Row:
    return {"n": n, "value": None if value is None else round(value, 2), "unit": unit}


# --- Teams beside each other ----------------------------------------------------------------------


def comparison_table(comparison: Comparison, **about: Value) -> Table:
    """A row for each team and capability, and for each mean of several teams, in the order of the page."""
    return Table(
        name="comparison",
        about=about | {"minimum": comparison.minimum},
        columns=COMPARISON,
        rows=list(_compared(comparison)),
    )


def _compared(comparison: Comparison) -> Iterator[Row]:
    columns = comparison.columns
    for section in comparison.sections:
        group = " / ".join(section.path) or None
        for team in section.teams:
            yield from _team(team, columns, group)
        if len(comparison.sections) > 1:  # as on the page
            yield from _totals("group", section.totals, columns, group)
    yield from _totals("all", comparison.totals, columns, None)


def _team(team: TeamRow, columns: Iterable[Column], group: str | None) -> Iterator[Row]:
    about: Row = {"kind": "team", "group": group, "team": team.name, "scoring": team.scoring}
    for column, cell in zip(columns, team.cells, strict=True):
        yield about | _column(column) | _result(cell.now) | {"before": _before(cell.before)}


def _totals(
    kind: str, totals: Sequence[Total | None], columns: Iterable[Column], group: str | None
) -> Iterator[Row]:
    """The means over the people of several teams, made of scores as they are shown."""
    for column, total in zip(columns, totals, strict=True):
        row: Row = {"kind": kind, "group": group} | _column(column)
        if total is None:
            yield row | _hidden("too_few_teams")
        else:
            yield row | {"shown": True, "n": total.people, "score": total.score, "teams": total.teams}


def _column(column: Column) -> Row:
    return {"category": column.category, "key": column.key, "name": column.name}
