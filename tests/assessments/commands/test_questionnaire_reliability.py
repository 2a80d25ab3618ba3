"""``manage.py questionnaire_reliability``: over all teams, and never about one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from assessments import reliability
from assessments.models import Organization, Response, Round
from assessments.queries import load_instrument
from tests import factories
from tests.factories import DAY, NOW
from tests.instruments import make_instrument

KEYS = [f"integration_{number}" for number in (1, 2, 3)]


def hold(organization: Organization, sizes: list[int], *, seed: int = 1, **given: Any) -> Round:
    """A closed round with teams of so many people, who answer at random around a level of their own."""
    chance = random.Random(seed)
    teams = [
        factories.make_team(organization, f"Team {number}", size)
        for number, size in enumerate(sizes, start=1)
    ]
    made = factories.open_round(organization)
    instrument = load_instrument(made.questionnaire)
    for team in teams:
        for token in factories.tokens_of(made, team):
            level = chance.gauss(4.5, 1)
            answers = {
                statement.key: min(max(round(chance.gauss(level, 0.8)), 1), 7)
                for statement in instrument.statements
            }
            factories.answer(token, answers | given)
    factories.rounds.close_round(round=made, by=None, now=NOW + DAY)
    made.refresh_from_db()
    return made


@pytest.fixture(autouse=True)
def questionnaire(db: None) -> None:
    """Two capabilities; the second is a single statement."""
    factories.make_questionnaire(make_instrument({"practice": {"integration": 3, "testing": 1}}))


def table(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, list[str]]:
    """What is printed: the words of each line, by the first one."""
    call_command("questionnaire_reliability", "test-1", *arguments)
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line]
    return {first: rest for first, *rest in lines}


def matrices(of: Round) -> Iterator[tuple[int, list[int]]]:
    for response in Response.objects.filter(assessment__round=of):
        yield response.assessment_id, [response.answers[key] for key in KEYS]


def test_alpha_and_icc_are_those_of_all_teams_together(
    aviary: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    held = hold(aviary, [8, 8, 9, 10])
    groups, matrix = zip(*matrices(held), strict=True)
    people = [[np.mean(row) for group, row in matrices(held) if group == each] for each in set(groups)]
    alpha = reliability.alpha(reliability.centred(matrix, groups))
    low, high = reliability.alpha_interval(alpha, 35, 3, groups=4)
    icc = reliability.icc(people)

    expected = ["35", *(f"{value:.2f}".replace("-", "−") for value in (alpha, low, high, icc.one, icc.two))]

    printed = table(capsys)
    assert [cell for cell in printed["integration"] if cell != "to"] == expected
    assert printed["35"][:2] == ["people's", "answers."]


def test_a_single_statement_has_an_icc_and_no_alpha(
    aviary: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    hold(aviary, [15, 15])

    people, alpha, *iccs = table(capsys)["testing"]
    assert (people, alpha, len(iccs)) == ("30", "–", 2)


def test_dont_know_is_told_statement_by_statement(
    aviary: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    hold(aviary, [15, 15], integration_2="dk")

    printed = table(capsys)
    assert printed["integration_2"] == ["30", "100", "%"]
    assert printed["integration_1"] == ["30", "0", "%"]
    assert printed["integration"] == ["below", "30"]


def test_fewer_than_thirty_are_refused(aviary: Organization) -> None:
    hold(aviary, [15, 14])

    with pytest.raises(CommandError, match="No capability was rated completely by 30 people"):
        call_command("questionnaire_reliability", "test-1")


def test_one_team_is_refused_however_large(aviary: Organization) -> None:
    hold(aviary, [40])

    with pytest.raises(CommandError, match="of two teams or more"):
        call_command("questionnaire_reliability", "test-1")


def test_teams_of_which_nothing_is_shown_take_no_part(
    aviary: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    hold(aviary, [15, 15, 4])

    assert table(capsys)["integration"][0] == "30"


def test_one_organization_can_be_chosen(aviary: Organization, capsys: pytest.CaptureFixture[str]) -> None:
    hold(aviary, [15, 16])
    hold(factories.make_organization("Elsewhere"), [20, 20], seed=2)

    assert table(capsys)["integration"][0] == "71"
    assert table(capsys, "--organization", aviary.slug)["integration"][0] == "31"


def test_open_rounds_take_no_part(aviary: Organization, capsys: pytest.CaptureFixture[str]) -> None:
    hold(aviary, [15, 15])
    elsewhere = factories.make_organization("Elsewhere")
    team = factories.make_team(elsewhere, "Team Far", 6)
    factories.answer_all(factories.open_round(elsewhere), team, [5] * 6)

    assert table(capsys)["integration"][0] == "30"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("accelerate-9",), "no questionnaire 'accelerate-9'. Published are: test-1"),
        (("test",), "no questionnaire 'test'"),
        (("test-1", "--organization", "none"), "no organization 'none'"),
    ],
)
def test_what_is_not_there_is_told(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("questionnaire_reliability", *arguments)
