"""Experiments that a team commits to."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from ..models import Action, ActionState, Round, Team, User
from ..queries import load_instrument
from .errors import ServiceError

MAXIMUM_OPEN = 3
"""More than three at once is too much work in progress."""


@transaction.atomic
def start_action(
    *,
    team: Team,
    round: Round,
    capability_key: str,
    title: str,
    by: User,
    owner: User | None = None,
    due: dt.date | None = None,
) -> Action:
    """Write down an experiment out of a round's results."""
    if round.organization_id != team.organization_id:
        raise ServiceError(_("The round belongs to another organization."))
    known = {capability.key for capability in load_instrument(round.questionnaire).capabilities}
    if capability_key not in known:
        raise ServiceError(_("The experiment has to belong to a capability that was asked about."))
    if Action.objects.filter(team=team, state=ActionState.OPEN).count() >= MAXIMUM_OPEN:
        raise ServiceError(_("Three experiments are open. Finish or drop one before you start another."))
    action = Action(team=team, round=round, capability_key=capability_key, title=title, owner=owner, due=due)
    action.full_clean()
    action.save()
    return action


@transaction.atomic
def finish_action(*, action: Action, state: str, outcome: str, by: User, now: dt.datetime) -> Action:
    """Say what became of an experiment: kept, changed or dropped."""
    if action.state != ActionState.OPEN:
        raise ServiceError(_("This experiment has ended already."))
    action.state, action.outcome, action.closed_at = state, outcome, now
    action.full_clean()
    action.save()
    return action
