"""A team's page: what the team wants its experiments to lead to."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from assessments.models import Goal, Team, User

SignIn = Callable[[User], Client]
TEAM = "/o/aviary/teams/team-kestrel/"
GOAL = f"{TEAM}goal/"
CHOSEN = re.compile(r'<input type="radio"[^>]* value="less_burnout"[^>]* checked')


def test_a_lead_chooses_the_goal_on_the_teams_page(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    client = sign_in(lee)
    before = client.get(TEAM).content.decode()

    after = client.post(GOAL, {"goal": Goal.LESS_BURNOUT}, follow=True).content.decode()

    assert f'action="{GOAL}"' in before
    assert not CHOSEN.search(before)
    assert CHOSEN.search(after)
    assert "The goal is saved." in after


@pytest.mark.parametrize("person", ["mia", "cleo", "ada"])
def test_others_are_told_the_goal(
    request: pytest.FixtureRequest, kestrel: Team, sign_in: SignIn, person: str
) -> None:
    page = sign_in(request.getfixturevalue(person)).get(TEAM).content.decode()

    assert "deliver software faster and more reliably" in page
    assert GOAL not in page


@pytest.mark.parametrize("goal", ["", "fame"])
def test_another_goal_is_refused_in_words(kestrel: Team, lee: User, sign_in: SignIn, goal: str) -> None:
    response = sign_in(lee).post(GOAL, {"goal": goal, "csrfmiddlewaretoken": "as every browser sends it"})

    assert response.status_code == 422
    assert "There is a problem" in response.content.decode()
    kestrel.refresh_from_db()
    assert kestrel.goal == Goal.DELIVERY_PERFORMANCE
