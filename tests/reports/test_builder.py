"""From frozen scores to what may be shown."""

from __future__ import annotations

import json

import pytest

from assessments.models import Organization, Round, Team
from reports.builder import build_content, previous_assessment
from reports.content import CategoryScore, ReportContent, Shown, ShownMetric, Suppressed
from tests import factories
from tests.factories import DAY, NOW


def content_of(of: Round, team: Team, *, for_team: bool = False) -> ReportContent:
    return build_content(of.assessments.get(team=team), "en", for_team=for_team)


def closed(
    team: Team, values: list[int | str], name: str = "2026 Q2", days: int = 0, **other: object
) -> Round:
    return factories.closed_round(
        team.organization, team, values, name=name, now=NOW + days * DAY, other=other
    )


def test_a_team_of_four_has_no_number(kestrel: Team) -> None:
    content = content_of(closed(kestrel, [7, 1, 2, 6], hindrances=["integration"]), kestrel)

    assert not content.enough
    assert {type(capability.result) for capability in content.capabilities} == {Suppressed}
    assert {type(category.result) for category in content.categories} == {Suppressed}
    assert {type(metric.result) for metric in content.key_metrics} == {Suppressed}
    assert content.hindrances == ()


def test_a_score_is_rounded_and_its_interval_outward(kestrel: Team) -> None:
    """5.8 points are 80 of 100; 4.94 to 6.66 are 65.7 to 94.3."""
    content = content_of(closed(kestrel, [5, 5, 6, 6, 7]), kestrel)
    result = content.capabilities[0].result

    assert isinstance(result, Shown)
    assert (result.n, result.score, result.low, result.high) == (5, 80, 65, 95)
    assert result.bands == ("mostly_agree", "strongly_agree")
    assert (result.level, result.agreement, result.two_camps) == ("high", "close", False)
    assert result.statements == ()


@pytest.mark.parametrize(("value", "score"), [(1, 5), (7, 95)])
def test_unanimous_ends_are_not_told(kestrel: Team, value: int, score: int) -> None:
    assert content_of(closed(kestrel, [value] * 6), kestrel).capabilities[0].result.score == score


def test_only_the_advice_of_the_level_is_given(kestrel: Team) -> None:
    shown = content_of(closed(kestrel, [2] * 6), kestrel)
    hidden = content_of(closed(kestrel, [2] * 4, "2026 Q3", 90), kestrel)

    assert [advice.level for advice in shown.capabilities[0].advice] == ["low"]
    assert [advice.level for advice in hidden.capabilities[0].advice] == ["low", "middle", "high"]


def test_a_metric_is_a_band_in_words(kestrel: Team) -> None:
    metric = content_of(closed(kestrel, [6] * 6), kestrel).key_metrics[0]

    assert metric.result == ShownMetric(n=6, band=6, label="Option 6", meets_elite=True)
    assert metric.advice == "Meets"


def test_statements_are_told_from_eight_people_on(aviary: Organization) -> None:
    team = factories.make_team(aviary, size=8)
    result = content_of(closed(team, [1, 2, 3, 4, 5, 5, 6, 7]), team).capabilities[0].result

    assert [(s.disagree, s.neutral, s.agree) for s in result.statements] == [(3, 1, 4)] * 3


def test_hindrances_are_words_and_no_shares(kestrel: Team) -> None:
    content = content_of(closed(kestrel, [5] * 6, hindrances=["integration"]), kestrel)

    assert content.hindrances == (("Name of integration", "most"),)


# --- The round before -------------------------------------------------------------------------


def test_the_round_before_stands_beside(kestrel: Team) -> None:
    closed(kestrel, [3] * 6)
    later = closed(kestrel, [6] * 6, "2026 Q3", 90)
    content = content_of(later, kestrel)

    assert content.previous_round == "2026 Q2"
    assert content.capabilities[0].previous.score == 35
    assert isinstance(content.categories[0].previous, CategoryScore)


def test_the_first_round_has_none_before(kestrel: Team) -> None:
    first = closed(kestrel, [3] * 6)
    closed(kestrel, [6] * 6, "2026 Q3", 90)
    content = content_of(first, kestrel)

    assert previous_assessment(first.assessments.get()) is None
    assert (content.previous_round, content.capabilities[0].previous) == ("", None)


def test_a_hidden_round_before_stays_hidden(kestrel: Team) -> None:
    closed(kestrel, [3] * 4)

    content = content_of(closed(kestrel, [6] * 6, "2026 Q3", 90), kestrel)

    assert content.capabilities[0].previous == Suppressed(5)


def test_another_teams_round_is_not_the_one_before(kestrel: Team) -> None:
    sparrow = factories.make_team(kestrel.organization, "Team Sparrow", size=6)
    closed(sparrow, [3] * 6)
    later = closed(kestrel, [6] * 6, "2026 Q3", 90)

    assert content_of(later, kestrel).capabilities[0].previous == Suppressed(5)


# --- Comments ---------------------------------------------------------------------------------


def remarks(team: Team, *, comments: int, answers: int) -> Round:
    made = factories.open_round(team.organization)
    for number, token in enumerate(factories.tokens_of(made, team)[:answers]):
        factories.answer(
            token, {"integration_1": 4} | ({"comment": f"No {number}"} if number < comments else {})
        )
    factories.rounds.close_round(round=made, by=None, now=NOW + DAY)
    return made


@pytest.mark.parametrize(("comments", "answers", "shown"), [(3, 5, 3), (2, 5, 0), (4, 4, 0)])
def test_comments_need_three_of_five(kestrel: Team, comments: int, answers: int, shown: int) -> None:
    made = remarks(kestrel, comments=comments, answers=answers)

    assert len(content_of(made, kestrel, for_team=True).comments) == shown


def test_comments_are_for_the_team_alone(kestrel: Team) -> None:
    assert content_of(remarks(kestrel, comments=5, answers=5), kestrel).comments == ()


# --- The whole --------------------------------------------------------------------------------


def test_content_costs_six_queries(kestrel: Team, django_assert_max_num_queries: object) -> None:
    closed(kestrel, [3] * 6)
    later = closed(kestrel, [6] * 6, "2026 Q3", 90)
    assessment = later.assessments.select_related("round__questionnaire", "round__organization").get()
    build_content(assessment, "en", for_team=True)

    with django_assert_max_num_queries(6):
        build_content(assessment, "en", for_team=True)


def test_content_can_be_frozen(kestrel: Team) -> None:
    frozen = content_of(closed(kestrel, [5] * 6), kestrel).as_json()

    assert json.loads(json.dumps(frozen))["closed_on"] == "2026-05-05"
