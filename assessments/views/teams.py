"""A team: who is on it, its rounds and results."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import access
from ..access import Permission, SignedInRequest
from ..forms import TEAM_ROLES, GoalForm, PersonForm, TeamForm
from ..models import ActionState, Assessment, Team, TeamMembership
from ..queries import closed_assessments, open_rounds, participation, team_actions
from ..services import mails, people
from ..services.errors import ServiceError
from ..tasks import enqueue_mails
from .helpers import invite_to_sign_in, note_form, refuse, show_form, tell_of_newcomers


@never_cache
@require_safe
def team(request: SignedInRequest, org: str, team: str) -> HttpResponse:
    """The team's results, what is open, and its roster for those who keep it."""
    found = access.get_team(request.user, org, team, Permission.VIEW_TEAM)
    own = access.own_permissions(request.user, found)
    held = own | access.organization_permissions(request.user, found.organization)
    is_coach = Permission.COACH_TEAMS in held
    now = timezone.now()
    assessments = list(closed_assessments(found))
    actions = team_actions(found, now, is_own=bool(own))
    running = open_rounds(found.organization).filter(assessments__team=found).first()
    counts = participation(running, found) if running and Permission.VIEW_PARTICIPATION in held else []
    return render(
        request,
        "assessments/team.html",
        {
            "team": found,
            "organization": found.organization,
            "running": running,
            "participation": counts[0] if counts else None,
            "assessments": assessments,
            "waiting_until": access.waiting_until(next(iter(assessments), None), now, is_own=bool(own)),
            "actions": [action for action in actions if action.state == ActionState.OPEN],
            "workshops": found.workshops.all(),
            "memberships": found.memberships.select_related("user")
            if Permission.MANAGE_ROSTER in held
            else None,
            "notes": found.coach_notes.filter(coach=request.user) if is_coach else None,
            "note_form": note_form(found.organization, found) if is_coach else None,
            "goal_form": _goal_form(found) if Permission.MANAGE_ACTIONS in held else None,
            "may_manage_people": Permission.MANAGE_PEOPLE in held,
            "may_manage_roster": Permission.MANAGE_ROSTER in held,
            "may_hold_workshops": Permission.HOLD_WORKSHOPS in held and not found.archived_at,
            "may_view_organization": Permission.VIEW_ORGANIZATION in held,
            "now": now,
        },
    )


def _goal_form(team: Team) -> GoalForm:
    """The form on the team's page."""
    form = GoalForm(initial={"goal": team.goal})
    form.helper.form_action = reverse("choose_goal", args=[team.organization.slug, team.slug])
    return form


@require_http_methods(["GET", "HEAD", "POST"])
def change_team(request: SignedInRequest, org: str, team: str) -> HttpResponse:
    """Another name or group."""
    found = access.get_team(request.user, org, team, Permission.MANAGE_PEOPLE)
    initial = {"name": found.name, "group": found.group}
    form = TeamForm(found.organization, request.POST or None, initial=initial)
    if form.is_valid():
        try:
            people.change_team(team=found, by=request.user, **form.cleaned_data)
        except (ServiceError, ValidationError) as error:
            refuse(form, error)
        else:
            return redirect("team", org, found.slug)
    return show_form(request, form, _("Change the team"), found.organization, found)


@require_POST
def choose_goal(request: SignedInRequest, org: str, team: str) -> HttpResponse:
    """What the team wants its experiments to lead to."""
    found = access.get_team(request.user, org, team, Permission.MANAGE_ACTIONS)
    form = GoalForm(request.POST)
    if form.is_valid():
        people.choose_goal(team=found, by=request.user, **form.cleaned_data)
        messages.success(request, _("The goal is saved."))
        return redirect("team", org, found.slug)
    return show_form(request, form, _("The goal of %(team)s") % {"team": found}, found.organization, found)


@require_POST
def archive_team(request: SignedInRequest, org: str, team: str) -> HttpResponse:
    """Leave the team out of coming rounds."""
    found = access.get_team(request.user, org, team, Permission.MANAGE_PEOPLE)
    people.archive_team(team=found, by=request.user, now=timezone.now())
    messages.success(request, _("%(team)s will not be asked any more. Its results stay.") % {"team": found})
    return redirect("organization", org)


@require_http_methods(["GET", "HEAD", "POST"])
def add_person(request: SignedInRequest, org: str, team: str) -> HttpResponse:
    """Put a person on the roster."""
    found = access.get_team(request.user, org, team, Permission.MANAGE_ROSTER)
    form = PersonForm(TEAM_ROLES, request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            membership = people.add_to_team(
                team=found, email=data["email"], name=data["name"], role=data["role"], by=request.user
            )
        except (ServiceError, ValidationError) as error:
            refuse(form, error)
        else:
            if data["sign_in"]:
                invite_to_sign_in(request, found.organization, membership.user)
            messages.success(request, _("%(name)s is on the team.") % {"name": membership.user})
            tell_of_newcomers(request, found.organization)
            return redirect("team", org, found.slug)
    return show_form(
        request, form, _("Add a person to %(team)s") % {"team": found}, found.organization, found
    )


@require_POST
def remove_person(request: SignedInRequest, org: str, team: str, membership_id: int) -> HttpResponse:
    """Take a person off the roster."""
    found = access.get_team(request.user, org, team, Permission.MANAGE_ROSTER)
    membership = get_object_or_404(TeamMembership, team=found, pk=membership_id)
    people.remove_from_team(membership=membership, by=request.user)
    messages.success(request, _("%(name)s is off the team.") % {"name": membership.user})
    return redirect("team", org, found.slug)


@require_POST
def send_link(request: SignedInRequest, org: str, team: str, membership_id: int) -> HttpResponse:
    """Send a person on the roster the link to the open round again; it is the same, and so is the answer."""
    found = access.get_team(request.user, org, team, Permission.MANAGE_ROSTER)
    membership = get_object_or_404(TeamMembership, team=found, pk=membership_id)
    asked = Assessment.objects.exclude(round__salt="").filter(team=found).order_by("round__closes_at").last()
    if asked is None:
        raise Http404
    now = timezone.now()
    try:
        mails.resend_invitation(assessment=asked, email=membership.user.email, by=request.user, now=now)
    except ServiceError as error:
        messages.error(request, str(error))
    else:
        enqueue_mails(now)
        messages.success(request, _("The link is on its way to %(name)s again.") % {"name": membership.user})
    return redirect("team", org, found.slug)
