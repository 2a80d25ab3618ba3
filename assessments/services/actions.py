"""Experiments that a team, or the organization as a whole, commits to."""

import datetime as dt

from django.utils.translation import gettext as _

from ..models import Action, ActionState, Organization, Round, Team, User
from ..queries import load_instrument, open_actions, possible_owners
from .audit import audited
from .errors import ServiceError

MAXIMUM_OPEN = 3
"""More than three at once is too much work in progress."""


def refuse_a_fourth(*, organization: Organization, team: Team | None) -> None:
    """Raise ServiceError where three experiments of the team, or of the organization, are open."""
    if open_actions(organization, team).count() >= MAXIMUM_OPEN:
        raise ServiceError(_("Three experiments are open. Finish or drop one before you start another."))


@audited
def start_action(
    *,
    team: Team | None,
    round: Round,
    capability_key: str,
    title: str,
    by: User | None,
    now: dt.datetime,
    first_step: str = "",
    measure: str = "",
    owner: User | None = None,
    due: dt.date | None = None,
) -> Action:
    """Write down an experiment out of a closed round's results; without a team it is the organization's own.

    Raises ServiceError for a fourth that is open at once, an archived team, a round that has not
    closed, a capability that was not asked about, and an owner who does not belong there.
    """
    if team and round.organization_id != team.organization_id:
        raise ServiceError(_("The round belongs to another organization."))
    if round.closed_at is None:
        raise ServiceError(_("The round is not closed yet. Experiments come out of its results."))
    if team and team.archived_at:
        raise ServiceError(_("This team is archived and is not asked any more."))
    _lock(round, team)
    refuse_a_fourth(organization=round.organization, team=team)
    action = Action(
        team=team,
        round=round,
        capability_key=capability_key,
        title=title,
        first_step=first_step,
        measure=measure,
        owner=owner,
        due=due,
        started_at=now,
    )
    return _saved(action)


def _lock(round: Round, team: Team | None) -> None:
    """Until the end of the transaction: of two who write down the last one allowed, one comes second."""
    if team:
        Team.objects.select_for_update().get(pk=team.pk)
    else:
        Organization.objects.select_for_update().get(pk=round.organization_id)


def _saved(action: Action) -> Action:
    asked = load_instrument(action.round.questionnaire)
    if action.capability_key not in {capability.key for capability in asked.capabilities}:
        raise ServiceError(_("The experiment has to belong to a capability that was asked about."))
    people = possible_owners(action.round.organization, action.team)
    if action.owner and not people.filter(pk=action.owner.pk).exists():
        raise ServiceError(_("%(person)s is not among those who can see to it.") % {"person": action.owner})
    action.full_clean()
    action.save()
    return action


@audited
def change_action(
    *,
    action: Action,
    capability_key: str,
    title: str,
    first_step: str,
    measure: str,
    owner: User | None,
    due: dt.date | None,
    by: User,
) -> Action:
    """Put an open experiment in other words, into other hands, on another day. Raises ServiceError."""
    held = _hold_open(action)
    held.capability_key, held.title = capability_key, title
    held.first_step, held.measure = first_step, measure
    held.owner, held.due = owner, due
    return _saved(held)


@audited
def finish_action(*, action: Action, state: str, outcome: str, by: User | None, now: dt.datetime) -> Action:
    """Say what became of an experiment: kept, changed or dropped."""
    held = _hold_open(action)
    held.state, held.outcome, held.closed_at = state, outcome, now
    held.full_clean()
    held.save()
    return held


def _hold_open(action: Action) -> Action:
    """The experiment as it is now, held until the end of the transaction."""
    held = Action.objects.select_for_update(of=("self",)).select_related("round__organization", "team")
    found = held.get(pk=action.pk)
    if found.state != ActionState.OPEN:
        raise ServiceError(_("This experiment has ended already."))
    return found
