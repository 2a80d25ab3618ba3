"""An organization's teams, groups, rounds and people."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import access
from ..access import Permission, SignedInRequest
from ..emails import mails_are_kept
from ..forms import ORGANIZATION_ROLES, GroupForm, PersonForm, TeamForm
from ..models import OrganizationMembership
from ..queries import open_actions, rounds_of, teams_of
from ..services import people
from ..services.errors import ServiceError
from .helpers import invite_to_sign_in, refuse, show_form


@require_safe
def organization(request: SignedInRequest, org: str) -> HttpResponse:
    """Teams by group, and rounds."""
    found = access.get_organization(request.user, org, Permission.VIEW_ORGANIZATION)
    held = access.organization_permissions(request.user, found)
    return render(
        request,
        "assessments/organization.html",
        {
            "organization": found,
            "teams": teams_of(found),
            "rounds": rounds_of(found),
            "actions": open_actions(found, None),
            "may_coach": Permission.COACH_TEAMS in held,
            "may_manage_people": Permission.MANAGE_PEOPLE in held,
            "may_manage_organization": Permission.MANAGE_ORGANIZATION in held,
            "mails_are_kept": mails_are_kept(),
            "may_manage_rounds": Permission.MANAGE_ROUNDS in held,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def create_team(request: SignedInRequest, org: str) -> HttpResponse:
    """A new team."""
    found = access.get_organization(request.user, org, Permission.MANAGE_PEOPLE)
    form = TeamForm(found, request.POST or None)
    if form.is_valid():
        try:
            team = people.create_team(organization=found, by=request.user, **form.cleaned_data)
        except (ServiceError, ValidationError) as error:
            refuse(form, error)
        else:
            return redirect("team", found.slug, team.slug)
    return show_form(request, form, _("New team"), found)


@require_http_methods(["GET", "HEAD", "POST"])
def create_group(request: SignedInRequest, org: str) -> HttpResponse:
    """A new group."""
    found = access.get_organization(request.user, org, Permission.MANAGE_PEOPLE)
    form = GroupForm(found, request.POST or None)
    if form.is_valid():
        try:
            people.create_group(organization=found, by=request.user, **form.cleaned_data)
        except (ServiceError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The group is there. Put teams into it on their pages."))
            return redirect("organization", found.slug)
    return show_form(request, form, _("New group"), found)


@require_http_methods(["GET", "HEAD", "POST"])
def roles(request: SignedInRequest, org: str) -> HttpResponse:
    """Administrators and coaches, and a form to name another."""
    found = access.get_organization(request.user, org, Permission.MANAGE_PEOPLE)
    form = PersonForm(ORGANIZATION_ROLES, request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            membership = people.set_organization_role(
                organization=found, email=data["email"], name=data["name"], role=data["role"], by=request.user
            )
        except (ServiceError, ValidationError) as error:
            refuse(form, error)
        else:
            if data["sign_in"]:
                invite_to_sign_in(request, found, membership.user)
            messages.success(request, _("%(name)s has the role now.") % {"name": membership.user})
            return redirect("roles", found.slug)
    memberships = found.memberships.select_related("user").order_by("role", "user__name")
    return render(
        request,
        "assessments/roles.html",
        {"organization": found, "memberships": memberships, "form": form},
        status=422 if form.is_bound else 200,
    )


@require_POST
def remove_role(request: SignedInRequest, org: str, membership_id: int) -> HttpResponse:
    """Take a role in the organization away."""
    found = access.get_organization(request.user, org, Permission.MANAGE_PEOPLE)
    membership = get_object_or_404(OrganizationMembership, organization=found, pk=membership_id)
    try:
        people.remove_organization_role(membership=membership, by=request.user)
    except ServiceError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(name)s has no role here any more.") % {"name": membership.user})
    return redirect("roles", found.slug)
