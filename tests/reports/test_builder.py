"""From frozen scores to what may be shown."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pypdf
import pytest
from django.test import Client

from assessments.models import Action, Organization, Questionnaire, Round, Team, User
from assessments.queries import load_instrument
from assessments.services import actions, people, rounds
from reports import pdf
from reports.builder import build_content
from reports.content import (
    UNTOLD_VOTES,
    CategoryScore,
    Change,
    InWords,
    ReportContent,
    Shown,
    ShownMetric,
    Suppressed,
    Votes,
)
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


def test_the_statement_that_most_agree_with_comes_first(aviary: Organization) -> None:
    team = factories.make_team(aviary, size=8)
    key = load_instrument(factories.make_questionnaire()).capabilities[0].statements[1].key
    result = content_of(closed(team, [3] * 8, **{key: 6}), team).capabilities[0].result

    assert [s.agree for s in result.statements] == [8, 0, 0]


def test_hindrances_are_words_and_no_shares(kestrel: Team) -> None:
    content = content_of(closed(kestrel, [5] * 6, hindrances=["integration"]), kestrel)

    assert content.hindrances == (("Name of integration", "most"),)


def test_hindrances_of_a_small_team_stand_in_no_order_that_tells_votes(kestrel: Team) -> None:
    """Two of six and four of six are both about half: which has more must not be read off their order."""
    keys = ["a", "b", "c", "d"]
    factories.make_questionnaire(make_instrument({"practice": dict.fromkeys(keys, 3)}))
    opened = factories.open_round(kestrel.organization)
    tokens = factories.tokens_of(opened, kestrel)
    for token, named in zip(tokens, ["abd", "abd", "bd", "bd", "d", "c"], strict=False):
        factories.answer(token, factories.answers_of(make_instrument(), 5, hindrances=list(named)))
    rounds.close_round(round=opened, by=None, now=NOW + DAY)

    assert content_of(opened, kestrel).hindrances == (
        ("Name of d", "most"),
        ("Name of a", "about_half"),
        ("Name of b", "about_half"),
        ("Name of c", "few"),
    )


def test_a_questionnaire_without_key_metrics_has_a_report(kestrel: Team) -> None:
    factories.make_questionnaire(make_instrument(metrics=()))
    content = content_of(closed(kestrel, [5] * 6), kestrel)

    assert (content.enough, content.key_metrics) == (True, ())
    assert pdf.render(content)


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

    The first person answers 7 and all others 3: of six that is 44 of 100, without the first 33.
    """
    closed(team, [7, 3, 3, 3, 3, 3])
    for number in range(joined):
        people.add_to_team(team=team, email=f"zz-{number}@example.org", name="New", by=None)
    for membership in team.memberships.order_by("user__email")[:left]:
        people.remove_from_team(membership=membership, by=None)
    return closed(team, [7, *[3] * (5 + joined)][left:], "2026 Q3", 90)


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


@pytest.mark.parametrize(("left", "coarse"), [(0, False), (1, True)])
def test_the_same_asked_under_another_name_gives_nobody_away(kestrel: Team, left: int, coarse: bool) -> None:
    """An administrator who publishes a copy with a family of its own can subtract its results, too."""
    closed(kestrel, [5] * 6)
    copy = factories.make_questionnaire(replace(make_instrument(), slug="copy"))
    for membership in list(kestrel.memberships.all())[:left]:
        people.remove_from_team(membership=membership, by=None)
    later = factories.closed_round(
        kestrel.organization, kestrel, [5] * (6 - left), name="2026 Q3", now=NOW + 9 * DAY, questionnaire=copy
    )
    content = content_of(later, kestrel)

    assert (content.previous_round, content.one_changed) == ("", coarse)
    assert content.capabilities[0].result.is_coarse is coarse
    assert ("differs, or may differ, from another round nearby" in pdf.render_html(content)) is coarse


@pytest.mark.parametrize(("joined", "numbers_stand"), [(0, False), (1, True)])
def test_who_left_is_not_the_difference_of_two_results(
    kestrel: Team, client: Client, cleo: User, joined: int, numbers_stand: bool
) -> None:
    """6 · 44 − 5 · 33 is the answer of the one who left, so 45 is on no page, in no chart, PDF or table.

    With two who changed nothing can be worked out, and it stands there: the proof that the test sees it.
    """
    later = changed_team(kestrel, joined=joined, left=1)
    client.force_login(cleo)
    address = f"/o/aviary/teams/{kestrel.slug}/rounds/{later.pk}/"
    content = content_of(later, kestrel)
    html = client.get(address).content.decode()
    page = re.sub("<[^>]+>", " ", html)
    paper = pypdf.PdfReader(io.BytesIO(pdf.render(content)))
    frozen = json.dumps(content.as_json())
    told = [page, " ".join(sheet.extract_text() for sheet in paper.pages), frozen]

    before = content_of(Round.objects.get(name="2026 Q2"), kestrel).capabilities[0].result
    assert (before.score, content.capabilities[0].result.score) == (45, 35 if numbers_stand else 40)
    assert [bool(re.search(r"\b45\b", text)) for text in told] == [numbers_stand] * 3
    assert (">last round<" in html) is numbers_stand  # in the charts' legends
    assert ("One person has joined or left since 2026 Q2." in page) is not numbers_stand
    assert ("Since 2026 Q2, 1 joined and 1 left." in page) is numbers_stand
    assert ('"previous": {"bands": ["mixed"]}' in frozen) is not numbers_stand
    assert (",45," in client.get(f"{address}scores.csv").content.decode()) is numbers_stand


@pytest.mark.parametrize(("size", "coarse"), [(21, True), (22, False)])
def test_a_small_teams_results_are_coarse_after_one_person_left(
    aviary: Organization, size: int, coarse: bool
) -> None:
    team = factories.make_team(aviary, "Team Owl", size=size)
    closed(team, [4] * size)
    people.remove_from_team(membership=team.memberships.first(), by=None)
    content = content_of(closed(team, [4] * (size - 1), "2026 Q3", 90), team)
    result = content.capabilities[0].result

    assert isinstance(result, Shown)
    assert (result.is_coarse, result.agreement == "", result.statements) == (coarse, coarse, ())
    assert content.capabilities[0].change is content.categories[0].change is None
    assert (content.compared, content.cautions) == (0, ())


# --- More than two rounds -----------------------------------------------------------------------


def asked(team: Team, names: str, number: int) -> ReportContent:
    """One round later: what the report says when the team consists of these people, who all answer 4."""
    wanted = {f"{name.lower()}@example.org" for name in names}
    for membership in team.memberships.exclude(user__email__in=wanted):
        people.remove_from_team(membership=membership, by=None)
    for email in sorted(wanted - set(team.memberships.values_list("user__email", flat=True))):
        people.add_to_team(team=team, email=email, name="", by=None)
    return content_of(closed(team, [4] * len(names), f"R{number}", 90 * number), team)


def trend_of(content: ReportContent) -> list[int | str | None]:
    """Each point's score, or its word, or None for a gap."""
    trend = content.capabilities[0].trend
    assert trend is not None
    return [p.score if p.score is not None else " ".join(p.bands) or None for p in trend.points]


@pytest.mark.parametrize(
    ("rosters", "trend"),
    [
        (["ABCDEF", "ABCDEF", "ABCDEF"], [50, 50, 50]),
        (["ABCDEF", "ABCDE", "ABCDEF"], [50, "mixed", 50]),  # left and came back
        (["ABCDEF", "ABCDE", "ABCDE"], ["mixed", 50, 50]),
        (["ABCDEF", "ABCDEG", "ABCDE"], ["mixed", "mixed", 50]),
        (["ABCDEF", "ABCDEGH", "ABCDEFG"], ["mixed", 50, 50]),  # neighbours differ by more, the ends do not
        (["ABCDEF", "ABCDGH", "ABCDFGH"], [50, "mixed", 50]),
        (["ABCDEF", "ABCDEFG", "ABCDEFGH", "ABCDEF"], [50, "mixed", 50, 50]),
        (["ABCDE", "ABCD", "ABCDEF", "ABCDEF"], ["mixed", None, 50, 50]),
        (["ABCDEFGHI", "ABCDEFGH", "ABCDEFGH", "ABCDEF"], ["mixed", 50, 50, 50]),
    ],
)
def test_no_number_of_a_trend_stands_beside_one_of_a_person_more_or_less(
    aviary: Organization, rosters: list[str], trend: list[int | str | None]
) -> None:
    team = factories.make_team(aviary, "Team Owl")
    contents = [asked(team, names, number) for number, names in enumerate(rosters)]

    assert trend_of(contents[-1]) == trend


def test_forgetting_somebody_brings_no_number_back(aviary: Organization) -> None:
    """Who left is forgotten, and who was there; what was frozen at the close is not compared anew."""
    team = factories.make_team(aviary, "Team Owl")
    rounds = [asked(team, names, number) for number, names in enumerate(["ABCDEF", "ABCDE", "ABCDE"])]
    for name in "fa":
        people.forget_person(organization=aviary, email=f"{name}@example.org", by=None, now=NOW)

    assert content_of(Round.objects.get(name="R2"), team) == rounds[-1]
    assert trend_of(asked(team, "BCDE" + "G", 3)) == ["mixed", 50, 50, 50]


def test_rounds_that_closed_before_this_was_frozen_still_have_their_neighbours(kestrel: Team) -> None:
    later = changed_team(kestrel, left=1)
    later.assessments.update(one_apart=[])

    assert trend_of(content_of(later, kestrel)) == ["mixed", 40]


def test_last_round_as_a_number_is_as_rough_as_it_was_then(aviary: Organization) -> None:
    """Later rounds with the same people must not tell finely what the second told roughly."""
    team = factories.make_team(aviary, "Team Owl")
    contents = [asked(team, names, n) for n, names in enumerate(["ABCDEF", "ABCDE", "ABCDE", "ABCDE"])]
    previous = contents[2].capabilities[0].previous

    assert isinstance(previous, Shown)
    assert previous.is_coarse
    assert [content.capabilities[0].result.is_coarse for content in contents] == [False, True, True, False]
    assert [content.one_changed for content in contents] == [False, True, True, False]
    assert [content.previous_in_words for content in contents] == [False, True, False, False]


def test_a_trend_over_six_rounds_has_a_direction(kestrel: Team) -> None:
    for number, value in enumerate([2, 3, 4, 4, 5]):
        closed(kestrel, [value] * 6, f"R{number}", 90 * number)
    content = content_of(closed(kestrel, [6] * 6, "R5", 450), kestrel)
    trend = content.capabilities[0].trend

    assert trend is not None
    assert (trend.direction, [point.round for point in trend.points]) == (
        "rising",
        ["R0", "R1", "R2", "R3", "R4", "R5"],
    )
    assert content.capabilities[0].change == Change("clear", 20)
    assert content.compared == 1


# --- Votes, experiments, what next --------------------------------------------------------------


@pytest.mark.parametrize(("size", "number"), [(7, None), (8, 8)])
def test_votes_are_counted_from_eight_people_on(aviary: Organization, size: int, number: int | None) -> None:
    team = factories.make_team(aviary, "Team Owl", size=size)
    content = content_of(closed(team, [5] * size, hindrances=["integration"]), team)

    assert content.capabilities[0].votes == Votes("most", number)


def test_votes_are_not_told_where_one_person_changed(aviary: Organization) -> None:
    """Named before and not now is what the one who left named."""
    team = factories.make_team(aviary, "Team Owl", size=10)
    closed(team, [5] * 10, hindrances=["integration"])
    people.remove_from_team(membership=team.memberships.first(), by=None)
    later = closed(team, [5] * 9, "2026 Q3", 90, hindrances=["integration"])

    content = content_of(later, team)
    assert {capability.votes for capability in content.capabilities} == {UNTOLD_VOTES}
    assert content.hindrances == ()
    assert content.plan is not None
    assert {priority.vote for priority in content.plan.ranked} == {0}


def test_nobodys_hindrance_has_no_votes(kestrel: Team) -> None:
    assert content_of(closed(kestrel, [5] * 6), kestrel).capabilities[0].votes is None


def decided(of: Round, team: Team, by: User, title: str) -> Action:
    return actions.start_action(
        team=team, round=of, capability_key="integration", title=title, by=by, now=NOW
    )


def test_last_rounds_experiments_are_looked_back_on(kestrel: Team, lee: User) -> None:
    """Those of the round before, ended or not, and older ones that still go on; no later or other team's."""
    sparrow = factories.make_team(kestrel.organization, "Team Sparrow", size=6)
    rounds = [closed(kestrel, [3] * 7, f"R{number}", 90 * number) for number in range(4)]
    decided(rounds[0], kestrel, lee, "Old")
    given_up = decided(rounds[0], kestrel, lee, "Old and over")
    actions.finish_action(action=given_up, state="dropped", outcome="No.", by=lee, now=NOW)
    done = decided(rounds[1], kestrel, lee, "Done")
    actions.finish_action(action=done, state="kept", outcome="It helped.", by=lee, now=NOW)
    decided(rounds[1], sparrow, lee, "Another team's")
    decided(rounds[2], kestrel, lee, "New")
    past = content_of(rounds[2], kestrel).past_actions

    assert [(one.title, one.round, one.state, one.outcome) for one in past] == [
        ("Old", "R0", "open", ""),
        ("Done", "R1", "kept", "It helped."),
    ]
    assert {(one.capability, one.name, one.change) for one in past} == {
        ("integration", "Short of integration", Change("none", 0))
    }
    assert content_of(rounds[0], kestrel).past_actions == ()


def test_a_plan_leads_to_the_teams_goal(kestrel: Team) -> None:
    of = closed(kestrel, [5] * 6)
    kestrel.goal = "less_burnout"
    kestrel.save()
    plan = content_of(of, kestrel).plan

    assert plan is not None
    assert (plan.goal, [one.capability for one in plan.ranked]) == ("less_burnout", ["integration"])


def test_too_few_answers_give_no_plan(kestrel: Team) -> None:
    assert content_of(closed(kestrel, [5] * 4), kestrel).plan is None


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


@pytest.mark.parametrize("rounds", [2, 7])
def test_content_costs_five_queries_however_many_rounds(
    kestrel: Team, lee: User, django_assert_num_queries: object, rounds: int
) -> None:
    for number in range(rounds):
        later = closed(kestrel, [3] * 7, f"R{number}", 90 * number)
        decided(later, kestrel, lee, f"Experiment {number}") if number < 3 else None
    assessment = later.assessments.select_related("round__questionnaire", "round__organization", "team").get()
    build_content(assessment, "en", for_team=True)

    with django_assert_num_queries(5):
        build_content(assessment, "en", for_team=True)


def test_the_page_costs_twelve_queries_at_most_with_everything_on_it(
    kestrel: Team, lee: User, client: Client, django_assert_max_num_queries: object
) -> None:
    for number in range(6):
        later = closed(kestrel, [3 + number % 4] * 7, f"R{number}", 90 * number, comment="A remark.")
    decided(Round.objects.get(name="R4"), kestrel, lee, "An experiment")
    client.force_login(lee)
    address = f"/o/aviary/teams/{kestrel.slug}/rounds/{later.pk}/"
    client.get(address)

    with django_assert_max_num_queries(12):
        page = client.get(address)
    content = page.context["content"]
    assert content.comments
    assert content.past_actions
    assert content.capabilities[0].trend


def test_content_can_be_frozen(kestrel: Team) -> None:
    frozen = content_of(closed(kestrel, [5] * 6), kestrel).as_json()

    assert json.loads(json.dumps(frozen))["closed_on"] == "2026-05-05"
