"""Experiments that a team commits to."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from assessments.models import Action, ActionState, Round, Team, User
from assessments.services.actions import MAXIMUM_OPEN, finish_action, start_action
from assessments.services.errors import ServiceError
from tests import factories
from tests.factories import DAY, NOW


@pytest.fixture
def closed(kestrel: Team) -> Round:
    """A closed round of Kestrel."""
    return factories.closed_round(kestrel.organization, kestrel, [4] * 6)


def start(team: Team, of: Round, lee: User, title: str = "Merge daily") -> Action:
    return start_action(team=team, round=of, capability_key="integration", title=title, by=lee)


def test_an_experiment_begins_open(kestrel: Team, lee: User, closed: Round) -> None:
    due = dt.date(2026, 8, 1)
    action = start_action(
        team=kestrel,
        round=closed,
        capability_key="integration",
        title="Merge daily",
        by=lee,
        owner=lee,
        due=due,
    )

    assert (action.state, action.closed_at) == (ActionState.OPEN, None)
    assert (action.owner, action.due) == (lee, due)


def test_a_fourth_experiment_is_refused(kestrel: Team, lee: User, closed: Round) -> None:
    for number in range(MAXIMUM_OPEN):
        start(kestrel, closed, lee, f"Number {number}")

    with pytest.raises(ServiceError, match="Three experiments are open"):
        start(kestrel, closed, lee)
    assert Action.objects.count() == 3


def test_a_finished_experiment_makes_room(kestrel: Team, lee: User, closed: Round) -> None:
    first, *_others = [start(kestrel, closed, lee, f"Number {number}") for number in range(MAXIMUM_OPEN)]

    finish_action(action=first, state=ActionState.DROPPED, outcome="Not now", by=lee, now=NOW + DAY)

    assert start(kestrel, closed, lee)


def test_one_teams_experiments_do_not_count_for_another(kestrel: Team, lee: User, closed: Round) -> None:
    for number in range(MAXIMUM_OPEN):
        start(kestrel, closed, lee, f"Number {number}")

    assert start(factories.make_team(kestrel.organization, "Team Sparrow"), closed, lee)


@pytest.mark.parametrize("state", [ActionState.KEPT, ActionState.CHANGED, ActionState.DROPPED])
def test_an_experiment_ends_with_what_came_of_it(kestrel: Team, lee: User, closed: Round, state: str) -> None:
    action = start(kestrel, closed, lee)

    finish_action(action=action, state=state, outcome="It helped.", by=lee, now=NOW + DAY)

    stored = Action.objects.get()
    assert (stored.state, stored.outcome, stored.closed_at) == (state, "It helped.", NOW + DAY)


def test_an_experiment_ends_once(kestrel: Team, lee: User, closed: Round) -> None:
    action = start(kestrel, closed, lee)
    finish_action(action=action, state=ActionState.KEPT, outcome="", by=lee, now=NOW + DAY)

    with pytest.raises(ServiceError, match="has ended already"):
        finish_action(action=action, state=ActionState.DROPPED, outcome="", by=lee, now=NOW + 2 * DAY)
    assert Action.objects.get().state == ActionState.KEPT


@pytest.mark.parametrize("state", [ActionState.OPEN, "forgotten", ""])
def test_an_experiment_does_not_end_as_anything(kestrel: Team, lee: User, closed: Round, state: str) -> None:
    action = start(kestrel, closed, lee)

    with pytest.raises(ValidationError):
        finish_action(action=action, state=state, outcome="", by=lee, now=NOW)
    assert Action.objects.get().state == ActionState.OPEN


@pytest.mark.parametrize("title", ["", "a" * 201])
def test_an_experiment_has_a_title_that_fits(kestrel: Team, lee: User, closed: Round, title: str) -> None:
    with pytest.raises(ValidationError):
        start(kestrel, closed, lee, title)
