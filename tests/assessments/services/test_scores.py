"""Scores as they are stored: numbers worked out by hand, and none where too few answered."""

from __future__ import annotations

import random
from typing import Any

import pytest

from assessments.models import Organization, Round, Score, ScoreKind, Suppression, Team
from assessments.scoring import SCORING_VERSION
from assessments.services import scores
from assessments.services.scores import make_scores
from tests import factories
from tests.instruments import make_instrument

NUMBERS = ("n", "mean", "sd", "se", "low90", "high90", "low80", "high80", "dont_know", "distribution")


def closed(team: Team, values: list[int | str], **other: Any) -> Round:
    return factories.closed_round(team.organization, team, values, other=other)


def score(of: Round, kind: str, key: str) -> Score:
    return Score.objects.get(assessment__round=of, kind=kind, key=key)


def near(value: float) -> Any:
    return pytest.approx(value, abs=5e-5)


# --- Too few ----------------------------------------------------------------------------------


@pytest.mark.parametrize("answered", [0, 1, 4])
def test_a_team_of_too_few_has_no_number_at_all(kestrel: Team, answered: int) -> None:
    closed(kestrel, [7, 1, 2, 6][:answered], hindrances=["integration"])

    for stored in Score.objects.all():
        assert stored.suppression == Suppression.TOO_FEW
        assert {getattr(stored, name) for name in NUMBERS} == {None}
        assert (stored.agreement, stored.two_camps) == ("", False)


def test_every_team_has_a_score_for_everything(kestrel: Team) -> None:
    """So that what is missing can be told from what is hidden."""
    factories.make_team(kestrel.organization, "Team Sparrow", size=3)
    made = closed(kestrel, [5] * 6)

    kinds = {"capability": 1, "category": 1, "composite": 1, "key_metric": 4, "hindrance": 1}
    for assessment in made.assessments.all():
        found = list(assessment.scores.values_list("kind", flat=True))
        assert {kind: found.count(kind) for kind in set(found)} == kinds


def test_a_small_team_is_hidden_beside_a_large_one(kestrel: Team) -> None:
    sparrow = factories.make_team(kestrel.organization, "Team Sparrow", size=4)
    made = factories.open_round(kestrel.organization)
    factories.answer_all(made, kestrel, [5] * 6)
    factories.answer_all(made, sparrow, [2] * 4)
    factories.rounds.close_round(round=made, by=None, now=factories.NOW)

    assert set(sparrow.assessments.get().scores.values_list("suppression", flat=True)) == {"too_few"}
    assert set(kestrel.assessments.get().scores.values_list("suppression", flat=True)) == {""}


def test_the_minimum_is_that_of_the_round(aviary: Organization) -> None:
    Organization.objects.update(minimum_responses=4)
    aviary.refresh_from_db()
    made = closed(factories.make_team(aviary, size=4), [3, 3, 3, 3])

    assert score(made, ScoreKind.CAPABILITY, "integration").n == 4


def test_who_does_not_know_does_not_make_up_the_minimum(kestrel: Team) -> None:
    made = closed(kestrel, [5, 5, 5, 5, "dk", "dk"])

    assert score(made, ScoreKind.CAPABILITY, "integration").suppression == Suppression.TOO_FEW
    assert score(made, ScoreKind.HINDRANCE, "integration").n == 6


# --- Numbers ----------------------------------------------------------------------------------


def test_a_capability_of_five_people(kestrel: Team) -> None:
    """5 5 6 6 7: mean 5.8, variance 0.7; moderated (4 x 1.44 + 4 x 0.7) / 8 = 1.07 with 8 degrees."""
    stored = score(closed(kestrel, [5, 5, 6, 6, 7]), ScoreKind.CAPABILITY, "integration")

    assert (stored.n, stored.mean, stored.sd) == (5, near(5.8), near(0.83666))
    assert stored.se == near(0.46260)  # the root of 1.07 / 5
    assert (stored.low90, stored.high90) == (near(4.93977), near(6.66023))
    assert (stored.low80, stored.high80) == (near(5.15383), near(6.44617))
    assert (stored.agreement, stored.two_camps) == ("close", False)
    assert stored.dont_know == 0
    assert stored.distribution is None
    assert stored.scoring_version == SCORING_VERSION


def test_two_camps_and_an_interval_that_ends_with_the_scale(kestrel: Team) -> None:
    stored = score(closed(kestrel, [1, 1, 1, 7, 7, 7]), ScoreKind.CAPABILITY, "integration")

    assert (stored.mean, stored.agreement, stored.two_camps) == (4.0, "differ_widely", True)
    assert 1 <= stored.low90 < stored.low80 < 4 < stored.high80 < stored.high90 <= 7


def test_a_category_is_the_mean_of_what_is_shown(kestrel: Team) -> None:
    stored = score(closed(kestrel, [5, 5, 6, 6, 7]), ScoreKind.CATEGORY, "practice")

    assert (stored.n, stored.mean) == (1, near(5.8))


def test_a_composite_is_kept_for_comparisons(kestrel: Team) -> None:
    """The same people as above, but the prior of composites: (4 x 0.81 + 4 x 0.7) / 8 = 0.755."""
    stored = score(closed(kestrel, [5, 5, 6, 6, 7]), ScoreKind.COMPOSITE, "practice")

    assert (stored.n, stored.mean, stored.sd) == (5, near(5.8), near(0.83666))
    assert stored.se == near(0.38859)
    assert (stored.low90, stored.agreement) == (None, "")


def test_a_key_metric_is_the_lower_median_of_the_bands(kestrel: Team) -> None:
    stored = score(closed(kestrel, [2, 3, 3, 4, 4, 6]), ScoreKind.KEY_METRIC, "lead_time")

    assert (stored.n, stored.mean) == (6, 3)


def test_a_hindrance_is_the_share_of_all_who_answered(kestrel: Team) -> None:
    made = factories.open_round(kestrel.organization)
    tokens = factories.tokens_of(made)
    for number, token in enumerate(tokens):
        factories.answer(token, {"hindrances": ["integration"]} if number < 3 else {})
    factories.rounds.close_round(round=made, by=None, now=factories.NOW)
    stored = score(made, ScoreKind.HINDRANCE, "integration")

    assert (stored.n, stored.mean) == (6, 0.5)


def test_the_share_of_dont_know_counts_all_given_answers(kestrel: Team) -> None:
    stored = score(closed(kestrel, [4, 4, 4, 4, 4, "dk"]), ScoreKind.CAPABILITY, "integration")

    assert (stored.n, stored.dont_know) == (5, near(1 / 6))


def test_statements_are_counted_from_eight_people_on(aviary: Organization) -> None:
    stored = score(
        closed(factories.make_team(aviary, size=9), [1, 2, 3, 4, 5, 5, 6, 7]),
        ScoreKind.CAPABILITY,
        "integration",
    )

    counts = {"disagree": 3, "neutral": 1, "agree": 4, "dont_know": 0}
    assert stored.distribution == {f"integration_{number}": counts for number in (1, 2, 3)}


def test_a_reversed_statement_counts_the_other_way() -> None:
    instrument = make_instrument({"practice": {"c": 1}}, reverse={"c": [1]})

    made = make_scores([("a", {"c_1": 2})] * 5, ["a"], instrument, minimum=5)

    assert next(found.mean for found in made["a"] if found.kind == ScoreKind.CAPABILITY) == 6


def test_scores_are_made_without_a_database() -> None:
    """``manage.py score`` reads them at once; nothing is saved."""
    made = make_scores([("a", {"integration_1": 4})] * 5, ["a", "b"], make_instrument(), minimum=5)

    assert {found.suppression for found in made["b"]} == {Suppression.TOO_FEW}
    assert all(found.pk is None for found in made["a"])


def test_teams_scored_some_at_a_time_get_the_scores_of_all_together(
    aviary: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The prior of the organization is that of all its teams, whichever are scored together."""
    chance = random.Random(5)
    teams = [factories.make_team(aviary, f"Team {number}", size=8) for number in range(15)]
    made = {}
    for at_a_time in (100, 4):
        monkeypatch.setattr(scores, "TEAMS_AT_A_TIME", at_a_time)
        chance.seed(5)
        asked = factories.open_round(aviary, f"By {at_a_time}")
        for team in teams:
            factories.answer_all(asked, team, [chance.randint(1, 7) for _person in range(8)])
        factories.rounds.close_round(round=asked, by=None, now=factories.NOW)
        made[at_a_time] = [
            (found.assessment.team_name, found.kind, found.key, found.mean, found.se)
            for found in Score.objects.filter(assessment__round=asked).order_by(
                "assessment__team", "kind", "key"
            )
        ]

    assert made[4] == made[100]
