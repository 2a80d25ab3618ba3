"""From frozen scores to what may be shown."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pypdf
import pytest
from django.test import Client

from assessments.models import Organization, Questionnaire, Round, Team, User
from assessments.services import people
from reports import pdf
from reports.builder import build_content
from reports.content import CategoryScore, InWords, ReportContent, Shown, ShownMetric, Suppressed
from tests import factories
from tests.factories import DAY, NOW
from tests.instruments import make_instrument


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


# --- One person joined or left ------------------------------------------------------------------


def changed_team(team: Team, *, joined: int = 0, left: int = 0) -> Round:
    """A second round in which everybody who stayed answers as before, after people came and went.

    The first person answers 5 and all others 3: of six that is 39 of 100, without the first 33.
    """
    closed(team, [5, 3, 3, 3, 3, 3])
    for number in range(joined):
        people.add_to_team(team=team, email=f"zz-{number}@example.org", name="New", by=None)
    for membership in team.memberships.order_by("user__email")[:left]:
        people.remove_from_team(membership=membership, by=None)
    return closed(team, [5, *[3] * (5 + joined)][left:], "2026 Q3", 90)


@pytest.mark.parametrize(
    ("joined", "left", "in_words"), [(0, 1, True), (1, 0, True), (1, 1, False), (2, 0, False), (0, 0, False)]
)
def test_members_who_changed_are_counted(kestrel: Team, joined: int, left: int, in_words: bool) -> None:
    later = changed_team(kestrel, joined=joined, left=left)
    assessment, content = later.assessments.get(), content_of(later, kestrel)

    assert (assessment.joined, assessment.left) == (joined, left)
    assert content.previous_in_words is in_words
    assert isinstance(content.capabilities[0].previous, InWords if in_words else Shown)
    assert isinstance(content.categories[0].previous, InWords if in_words else CategoryScore)


def test_last_round_is_one_word_where_one_person_changed(kestrel: Team) -> None:
    """The interval's two would tell how extreme that person was: tests/attacks/differencing.py."""
    content = content_of(changed_team(kestrel, joined=0, left=1), kestrel)

    assert all(len(capability.previous.bands) == 1 for capability in content.capabilities)


@pytest.mark.parametrize(("left", "told"), [(0, True), (1, False), (2, True)])
def test_statements_are_not_counted_where_one_person_changed(
    aviary: Organization, left: int, told: bool
) -> None:
    """Nine less eight would tell whether the one who left agrees."""
    team = factories.make_team(aviary, "Team Owl", size=10)
    closed(team, [5] * 10)
    for membership in list(team.memberships.all())[:left]:
        people.remove_from_team(membership=membership, by=None)
    content = content_of(closed(team, [5] * (10 - left), "2026 Q3", 90), team)

    assert bool(content.capabilities[0].result.statements) is told


def test_a_first_round_has_nobody_to_compare_with(kestrel: Team) -> None:
    first = closed(kestrel, [5] * 6)

    assert (first.assessments.get().joined, first.assessments.get().left) == (None, None)
    assert not content_of(first, kestrel).previous_in_words


def test_another_questionnaire_in_between_is_not_the_round_before(kestrel: Team) -> None:
    closed(kestrel, [5] * 6)
    other = factories.make_questionnaire(replace(make_instrument(), slug="other"))
    people.remove_from_team(membership=kestrel.memberships.first(), by=None)
    factories.closed_round(
        kestrel.organization, kestrel, [5] * 5, name="Other", now=NOW + 45 * DAY, questionnaire=other
    )
    same = Questionnaire.objects.get(slug="test")
    later = factories.closed_round(
        kestrel.organization, kestrel, [5] * 5, name="2026 Q3", now=NOW + 90 * DAY, questionnaire=same
    )

    assert (later.assessments.get().left, content_of(later, kestrel).previous_round) == (1, "2026 Q2")


@pytest.mark.parametrize(("joined", "numbers_stand"), [(0, False), (1, True)])
def test_who_left_is_not_the_difference_of_two_results(
    kestrel: Team, client: Client, cleo: User, joined: int, numbers_stand: bool
) -> None:
    """6 · 39 − 5 · 33 is the answer of the one who left, so 40 is on no page, in no chart, PDF or table.

    With two who changed nothing can be worked out, and it stands there: the proof that the test sees it.
    """
    later = changed_team(kestrel, joined=joined, left=1)
    client.force_login(cleo)
    address = f"/o/aviary/teams/{kestrel.slug}/rounds/{later.pk}/"
    content = content_of(later, kestrel)
    page = re.sub("<[^>]+>", " ", client.get(address).content.decode())
    paper = pypdf.PdfReader(io.BytesIO(pdf.render(content)))
    frozen = json.dumps(content.as_json())
    told = [page, " ".join(sheet.extract_text() for sheet in paper.pages), frozen]

    before = content_of(Round.objects.get(name="2026 Q2"), kestrel).capabilities[0].result
    assert (before.score, content.capabilities[0].result.score) == (40, 35)
    assert [bool(re.search(r"\b40\b", text)) for text in told] == [numbers_stand] * 3
    assert ("last round" in page) is numbers_stand  # in the charts' legends
    assert ("One person has joined or left since 2026 Q2." in page) is not numbers_stand
    assert ("Since 2026 Q2, 1 joined and 1 left." in page) is numbers_stand
    assert ('"previous": {"bands": ["mixed"]}' in frozen) is not numbers_stand
    assert ",40," not in client.get(f"{address}scores.csv").content.decode()


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


def test_comments_need_as_many_answers_as_a_result(kestrel: Team) -> None:
    kestrel.organization.minimum_responses = 6
    kestrel.organization.save()
    made = remarks(kestrel, comments=5, answers=5)

    assert content_of(made, kestrel, for_team=True).comments == ()


def test_comments_stand_in_another_order_than_answers(aviary: Organization) -> None:
    """Each of twelve says what was answered; by chance the orders agree once in 479 million times."""
    team = factories.make_team(aviary, size=12)
    made = factories.open_round(aviary)
    for number, token in enumerate(factories.tokens_of(made)):
        given = {"integration_1": number % 6 + 1, "integration_2": number // 6 + 1}
        factories.answer(token, given | {"comment": "{integration_1} {integration_2}".format(**given)})
    factories.rounds.close_round(round=made, by=None, now=NOW + DAY)

    answers = [" ".join(map(str, row.answers.values())) for row in made.assessments.get().responses.all()]
    comments = list(content_of(made, team, for_team=True).comments)
    assert sorted(comments) == sorted(answers)
    assert comments != answers


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
