"""Experiments that a team commits to."""

from __future__ import annotations

import datetime as dt

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError

from assessments.models import Action, ActionState, Round, Team, User
from assessments.services.actions import MAXIMUM_OPEN, change_action, finish_action, start_action
from assessments.services.errors import ServiceError
from tests import factories
from tests.factories import DAY, NOW


@pytest.fixture
def closed(kestrel: Team) -> Round:
    """A closed round of Kestrel."""
    return factories.closed_round(kestrel.organization, kestrel, [4] * 6)


def start(team: Team, of: Round, lee: User, title: str = "Merge daily") -> Action:
    return start_action(team=team, round=of, capability_key="integration", title=title, by=lee, now=NOW)


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
        now=NOW,
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


# --- Who, what, when ----------------------------------------------------------------------------


def test_a_round_that_is_open_has_no_experiments(kestrel: Team, lee: User) -> None:
    with pytest.raises(ServiceError, match="not closed yet"):
        start(kestrel, factories.open_round(kestrel.organization), lee)


def test_an_archived_team_begins_nothing(kestrel: Team, lee: User, ada: User, closed: Round) -> None:
    factories.people.archive_team(team=kestrel, by=ada, now=NOW)

    with pytest.raises(ServiceError, match="archived"):
        start(kestrel, closed, lee)


def test_a_round_of_others_is_refused(kestrel: Team, lee: User) -> None:
    elsewhere = factories.make_organization("Elsewhere")
    theirs = factories.closed_round(elsewhere, factories.make_team(elsewhere, size=6), [4] * 6)

    with pytest.raises(ServiceError, match="another organization"):
        start(kestrel, theirs, lee)


def test_a_capability_that_was_not_asked_about_is_refused(kestrel: Team, lee: User, closed: Round) -> None:
    with pytest.raises(ServiceError, match="asked about"):
        start_action(team=kestrel, round=closed, capability_key="juggling", title="Try", by=lee, now=NOW)


def test_only_people_of_the_team_see_to_its_experiments(
    kestrel: Team, lee: User, mia: User, sam: User, closed: Round
) -> None:
    with pytest.raises(ServiceError, match="Sam is not among those"):
        start_action(
            team=kestrel, round=closed, capability_key="integration", title="Try", by=lee, owner=sam, now=NOW
        )
    owned = start_action(
        team=kestrel, round=closed, capability_key="integration", title="Try", by=lee, owner=mia, now=NOW
    )
    assert owned.owner == mia


CHANGES = {"title": "Merge twice a day", "first_step": "Ask why not", "measure": "No branch is old"}


def change(action: Action, by: User, owner: User | None = None, **other: object) -> Action:
    values = CHANGES | {"capability_key": "integration", "due": dt.date(2026, 6, 1), "owner": owner} | other
    return change_action(action=action, by=by, **values)


def test_an_open_experiment_is_changed(kestrel: Team, lee: User, mia: User, closed: Round) -> None:
    change(start(kestrel, closed, lee), lee, mia)

    stored = Action.objects.get()
    assert {name: getattr(stored, name) for name in CHANGES} == CHANGES
    assert (stored.owner, stored.due, stored.state) == (mia, dt.date(2026, 6, 1), ActionState.OPEN)


def test_what_has_ended_stays_as_it_was(kestrel: Team, lee: User, closed: Round) -> None:
    action = start(kestrel, closed, lee)
    finish_action(action=action, state=ActionState.KEPT, outcome="", by=lee, now=NOW + DAY)

    with pytest.raises(ServiceError, match="has ended already"):
        change(action, lee)
    assert Action.objects.get().title == "Merge daily"


@pytest.mark.parametrize("wrong", [{"capability_key": "juggling"}, {"title": ""}])
def test_a_change_is_checked_like_a_beginning(
    kestrel: Team, lee: User, closed: Round, wrong: dict[str, str]
) -> None:
    with pytest.raises((ServiceError, ValidationError)):
        change(start(kestrel, closed, lee), lee, **wrong)
    assert Action.objects.get().title == "Merge daily"


# --- The organization's own -----------------------------------------------------------------------


def test_the_organization_has_experiments_of_its_own(
    kestrel: Team, ada: User, cleo: User, lee: User, closed: Round
) -> None:
    own = {"team": None, "round": closed, "capability_key": "integration", "by": ada}
    for number in range(MAXIMUM_OPEN):
        start_action(**own, title=f"Number {number}", owner=cleo, now=NOW)

    with pytest.raises(ServiceError, match="Three experiments are open"):
        start_action(**own, title="Number 4", now=NOW)
    assert start(kestrel, closed, lee), "a team's are counted apart"


def test_another_organizations_experiments_do_not_count(ada: User, kestrel: Team, closed: Round) -> None:
    elsewhere = factories.make_organization("Elsewhere")
    theirs = factories.closed_round(elsewhere, factories.make_team(elsewhere, size=6), [4] * 6)
    for number in range(MAXIMUM_OPEN):
        start_action(
            team=None, round=theirs, capability_key="integration", title=f"Number {number}", by=ada, now=NOW
        )

    assert start_action(team=None, round=closed, capability_key="integration", title="Ours", by=ada, now=NOW)


def test_who_only_is_on_a_team_sees_to_none_of_the_organizations(
    kestrel: Team, ada: User, lee: User, closed: Round
) -> None:
    with pytest.raises(ServiceError, match="Lee is not among those"):
        start_action(
            team=None, round=closed, capability_key="integration", title="Try", by=ada, owner=lee, now=NOW
        )


# --- The log --------------------------------------------------------------------------------------


def test_the_log_tells_what_began_changed_and_ended(
    kestrel: Team, lee: User, mia: User, closed: Round
) -> None:
    action = change(start(kestrel, closed, lee), lee, mia)
    finish_action(action=action, state=ActionState.KEPT, outcome="Mia was ill", by=lee, now=NOW + DAY)

    entries = LogEntry.objects.filter(actor=lee).order_by("pk")
    told = [(entry.additional_data["organization"], entry.additional_data["what"]) for entry in entries]
    here = kestrel.organization_id
    assert told == [(here, "action_made"), (here, "action_changed"), (here, "action_changed")]
    assert "Mia" not in str(list(entries.values("changes", "object_repr"))), "neither owner nor outcome"
