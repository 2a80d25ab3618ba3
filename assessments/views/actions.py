"""Experiments of a team, and of the organization itself: written down, changed, ended, taken elsewhere."""

import datetime as dt
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from .. import access, queries
from ..access import Permission, SignedInRequest
from ..downloads import file_response, table_response
from ..forms import ActionForm, FinishActionForm
from ..instrument import Instrument
from ..models import Action, ActionState, Organization, Round, Team
from ..queries import load_instrument
from ..scale import translate
from ..services import actions as services
from ..services.errors import ServiceError
from ..tables import Table, Value
from .helpers import refuse, show_form

COLUMNS = [
    "title", "capability", "round", "state", "first_step", "measure", "owner", "due", "outcome", "ended",
]  # fmt: skip


# --- To look ----------------------------------------------------------------------------------


@require_safe
def actions(request: SignedInRequest, org: str, team: str) -> HttpResponse:
    """What the team tries, and what became of what it tried."""
    found = access.get_team(request.user, org, team, Permission.VIEW_TEAM)
    now, own = timezone.now(), access.own_permissions(request.user, found)
    held = own | access.organization_permissions(request.user, found.organization)
    newest = queries.closed_assessments(found).first()
    return _page(
        request,
        found.organization,
        found,
        queries.team_actions(found, now, is_own=bool(own)),
        newest=newest.round if newest else None,
        waiting_until=access.waiting_until(newest, now, is_own=bool(own)),
        may_manage=Permission.MANAGE_ACTIONS in held and not found.archived_at,
    )


@require_safe
def organization_actions(request: SignedInRequest, org: str) -> HttpResponse:
    """What the organization itself tries."""
    found = access.get_organization(request.user, org, Permission.VIEW_ORGANIZATION)
    may_manage = Permission.MANAGE_ORGANIZATION in access.organization_permissions(request.user, found)
    everything, newest = queries.actions_of(found, None), queries.last_closed_round(found)
    return _page(request, found, None, everything, newest=newest, may_manage=may_manage)


def _page(
    request: SignedInRequest,
    organization: Organization,
    team: Team | None,
    everything: Iterable[Action],
    *,
    newest: Round | None,
    **more: Any,
) -> HttpResponse:
    """``newest`` is the round out of which another would come."""
    everything = list(everything)
    going_on = [action for action in everything if action.state == ActionState.OPEN]
    return render(
        request,
        "assessments/actions.html",
        {
            "organization": organization,
            "team": team,
            "newest": newest,
            "going_on": going_on,
            "ended": [action for action in everything if action.state != ActionState.OPEN],
            "is_full": len(going_on) >= services.MAXIMUM_OPEN,
            "today": _today(organization),
            "hide_organization": team,
        }
        | more,
    )


def _today(organization: Organization) -> dt.date:
    return timezone.localdate(timezone=ZoneInfo(organization.time_zone))


# --- To write down, change and end --------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def start_action(request: SignedInRequest, org: str, team: str, round_id: int) -> HttpResponse:
    """An experiment out of a team's results."""
    assessment = access.get_assessment(
        request.user, org, team, round_id, Permission.MANAGE_ACTIONS, timezone.now()
    )
    return _start(request, assessment.round, assessment.team)


@require_http_methods(["GET", "HEAD", "POST"])
def start_organization_action(request: SignedInRequest, org: str, round_id: int) -> HttpResponse:
    """An experiment of the organization itself, out of a round's results."""
    found = access.get_round(request.user, org, round_id, Permission.MANAGE_ORGANIZATION)
    return _start(request, found, None)


def _start(request: SignedInRequest, of: Round, team: Team | None) -> HttpResponse:
    if request.method != "POST":
        try:
            services.refuse_a_fourth(organization=of.organization, team=team)
        except ServiceError as error:  # before anybody types
            messages.error(request, str(error))
            return _to_list(of.organization, team)
    instrument = load_instrument(of.questionnaire)
    form = _form(request, of, team, _proposal(request, instrument))
    if form.is_valid():
        try:
            services.start_action(
                team=team, round=of, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except (ServiceError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The experiment is written down."))
            return _to_list(of.organization, team)
    title = (
        _("An experiment of %(team)s") % {"team": team} if team else _("An experiment of the organization")
    )
    return show_form(request, form, title, of.organization, team)


def _form(request: SignedInRequest, of: Round, team: Team | None, initial: dict[str, Any]) -> ActionForm:
    people = queries.possible_owners(of.organization, team)
    instrument = load_instrument(of.questionnaire)
    return ActionForm(instrument, people, _today(of.organization), request.POST or None, initial=initial)


def _proposal(request: SignedInRequest, instrument: Instrument) -> dict[str, str]:
    """What a link out of the results fills in: a capability, and the questionnaire's advice at a level.

    The link names both and holds no text: nobody can put words into somebody else's form.
    """
    wanted = request.GET.get("capability")
    capability = next((one for one in instrument.capabilities if one.key == wanted), None)
    if capability is None:
        return {}
    advice = capability.levels.get(request.GET.get("level", ""))
    if advice is None:
        return {"capability_key": capability.key}
    language = get_language() or instrument.languages[0]
    return {
        "capability_key": capability.key,
        "first_step": translate(advice.next_step, language),
        "measure": translate(advice.measure, language),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def change_action(request: SignedInRequest, org: str, team: str, action_id: int) -> HttpResponse:
    """Change an experiment of a team."""
    return _change(request, access.get_action(request.user, org, team, action_id, Permission.MANAGE_ACTIONS))


@require_http_methods(["GET", "HEAD", "POST"])
def change_organization_action(request: SignedInRequest, org: str, action_id: int) -> HttpResponse:
    """Change an experiment of the organization itself."""
    manage = Permission.MANAGE_ORGANIZATION
    return _change(request, access.get_organization_action(request.user, org, action_id, manage))


def _change(request: SignedInRequest, action: Action) -> HttpResponse:
    organization = action.round.organization
    if ended := _ended(request, action):
        return ended
    form = _form(request, action.round, action.team, model_to_dict(action))
    if form.is_valid():
        try:
            services.change_action(action=action, by=request.user, **form.cleaned_data)
        except (ServiceError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The experiment is saved."))
            return _to_list(organization, action.team)
    return show_form(request, form, _("Change the experiment"), organization, action.team)


@require_http_methods(["GET", "HEAD", "POST"])
def finish_action(request: SignedInRequest, org: str, team: str, action_id: int) -> HttpResponse:
    """End an experiment of a team: kept, changed or dropped."""
    return _finish(request, access.get_action(request.user, org, team, action_id, Permission.MANAGE_ACTIONS))


@require_http_methods(["GET", "HEAD", "POST"])
def finish_organization_action(request: SignedInRequest, org: str, action_id: int) -> HttpResponse:
    """End an experiment of the organization itself."""
    manage = Permission.MANAGE_ORGANIZATION
    return _finish(request, access.get_organization_action(request.user, org, action_id, manage))


def _finish(request: SignedInRequest, action: Action) -> HttpResponse:
    organization = action.round.organization
    if ended := _ended(request, action):
        return ended
    form = FinishActionForm(request.POST or None)
    if form.is_valid():
        try:
            services.finish_action(action=action, by=request.user, now=timezone.now(), **form.cleaned_data)
        except (ServiceError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The experiment has ended. The next report tells what moved."))
            return _to_list(organization, action.team)
    return show_form(request, form, _("The end of: %(title)s") % {"title": action}, organization, action.team)


def _ended(request: SignedInRequest, action: Action) -> HttpResponseRedirect | None:
    """Away from a page that was open while somebody else ended the experiment."""
    if action.state == ActionState.OPEN:
        return None
    messages.error(request, _("This experiment has ended already."))
    return _to_list(action.round.organization, action.team)


def _to_list(organization: Organization, team: Team | None) -> HttpResponseRedirect:
    if team:
        return redirect("actions", organization.slug, team.slug)
    return redirect("organization_actions", organization.slug)


# --- To take elsewhere ----------------------------------------------------------------------------


@require_safe
def actions_table(request: SignedInRequest, org: str, team: str, ending: str) -> HttpResponse:
    """The team's experiments as a table."""
    found = access.get_team(request.user, org, team, Permission.VIEW_TEAM)
    table = _table(found.organization, found.name, _all_seen(request, found))
    return table_response(table, f"{found.slug}-experiments", ending)


@require_safe
def organization_actions_table(request: SignedInRequest, org: str, ending: str) -> HttpResponse:
    """The organization's own experiments as a table."""
    found = access.get_organization(request.user, org, Permission.VIEW_ORGANIZATION)
    table = _table(found, None, queries.actions_of(found, None))
    return table_response(table, f"{found.slug}-experiments", ending)


def _all_seen(request: SignedInRequest, team: Team) -> list[Action]:
    is_own = bool(access.own_permissions(request.user, team))
    return queries.team_actions(team, timezone.now(), is_own=is_own)


def _table(organization: Organization, team: str | None, all_: Iterable[Action]) -> Table:
    zone, language = ZoneInfo(organization.time_zone), get_language() or "en"
    return Table(
        name="experiments",
        about={"team": team, "organization": organization.name},
        columns=COLUMNS,
        rows=[_row(action, language, zone) for action in all_],
    )


def _row(action: Action, language: str, zone: ZoneInfo) -> dict[str, Value]:
    return {
        "title": action.title,
        "capability": translate(queries.capability_of(action).name, language),
        "round": action.round.name,
        "state": action.state,
        "first_step": action.first_step,
        "measure": action.measure,
        "owner": str(action.owner) if action.owner else None,
        "due": action.due,
        "outcome": action.outcome,
        "ended": action.closed_at.astimezone(zone).date() if action.closed_at else None,
    }


@require_safe
def actions_md(request: SignedInRequest, org: str, team: str) -> HttpResponse:
    """The team's experiments as text that issue trackers and wikis show with headings."""
    found = access.get_team(request.user, org, team, Permission.VIEW_TEAM)
    return _markdown(found, _all_seen(request, found))


@require_safe
def organization_actions_md(request: SignedInRequest, org: str) -> HttpResponse:
    """The organization's own experiments as such a text."""
    found = access.get_organization(request.user, org, Permission.VIEW_ORGANIZATION)
    return _markdown(found, queries.actions_of(found, None))


def _markdown(whose: Team | Organization, all_: Iterable[Action]) -> HttpResponse:
    text = render_to_string("assessments/actions.md", {"whose": whose, "actions": all_})
    return file_response(f"{text.strip()}\n", "text/markdown; charset=utf-8", f"{whose.slug}-experiments.md")
