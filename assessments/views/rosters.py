"""Rosters: many people at once, from a file or pasted."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import astuple

from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import access, roster_file
from ..access import Permission, SignedInRequest
from ..downloads import table_response
from ..forms import PeopleForm, RosterForm
from ..models import Organization
from ..roster_file import Row
from ..services import rosters
from ..services.errors import ServiceError
from ..services.rosters import RosterPlan
from .helpers import refuse, show_form, tell_of_newcomers

PREVIEW_LASTS = dt.timedelta(days=1)


@require_http_methods(["GET", "HEAD", "POST"])
def roster(request: SignedInRequest, org: str) -> HttpResponse:
    """Upload a roster, and see what it would change."""
    found = access.get_organization(request.user, org, Permission.MANAGE_PEOPLE)
    form = RosterForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        file, whole = form.cleaned_data["file"], form.cleaned_data["whole"]
        try:
            preview = rosters.preview_roster(
                organization=found, content=file.read(roster_file.MAXIMUM_BYTES + 1), whole=whole
            )
        except ValidationError as error:
            refuse(form, error)
        else:
            return _show_plan(request, found, preview.plan, preview.rows, whole, preview.ignored)
    return render(
        request,
        "assessments/roster.html",
        {"organization": found, "form": form},
        status=422 if form.is_bound else 200,
    )


@require_POST
def change_roster(request: SignedInRequest, org: str) -> HttpResponse:
    """Carry out what was shown; show it anew where it has become something else."""
    found = access.get_organization(request.user, org, Permission.MANAGE_PEOPLE)
    try:
        whole, digest, values = signing.loads(
            request.POST.get("roster", ""), salt=_salt(found), max_age=PREVIEW_LASTS
        )
    except signing.BadSignature:
        messages.error(request, _("This preview is no longer good. Upload the file again."))
        return redirect("roster", found.slug)
    rows = [Row(number, team, tuple(groups), *rest) for number, team, groups, *rest in values]
    try:
        plan = rosters.change_roster(
            organization=found, rows=rows, whole=whole, digest=digest, by=request.user, now=timezone.now()
        )
    except rosters.RosterChanged as error:
        messages.error(request, str(error))
        return _show_plan(request, found, error.plan, rows, whole)
    except ValidationError as error:
        for text in error.messages:
            messages.error(request, text)
        return redirect("roster", found.slug)
    messages.success(
        request,
        _("Done: %(added)d people joined a team, %(roles)d changed roles, %(removed)d were taken off.")
        % {"added": len(plan.added), "roles": len(plan.roles), "removed": len(plan.removed)},
    )
    tell_of_newcomers(request, found, new_teams=bool(plan.teams))
    return redirect("organization", found.slug)


@require_safe
def roster_table(request: SignedInRequest, org: str, ending: str) -> HttpResponse:
    """The roster as it is, in the form in which it can be uploaded."""
    found = access.get_organization(request.user, org, Permission.MANAGE_PEOPLE)
    rows = rosters.as_rows(rosters.current_roster(found))
    return table_response(roster_file.as_table(rows), f"{found.slug}-roster", ending)


@require_http_methods(["GET", "HEAD", "POST"])
def add_people(request: SignedInRequest, org: str, team: str) -> HttpResponse:
    """Put several people on a team, by pasted addresses."""
    found = access.get_team(request.user, org, team, Permission.MANAGE_ROSTER)
    form = PeopleForm(request.POST or None)
    if form.is_valid():
        persons = form.cleaned_data["people"]
        try:
            added = rosters.add_people(team=found, persons=persons, by=request.user)
        except (ServiceError, ValidationError) as error:
            refuse(form, error)
        else:
            names = ", ".join(f"{membership.user} ({membership.user.email})" for membership in added)
            if names:
                messages.success(request, _("On the team now: %(people)s.") % {"people": names})
            if len(added) < len(persons):
                number = len(persons) - len(added)
                messages.info(
                    request,
                    ngettext("%(number)d was on it already.", "%(number)d were on it already.", number)
                    % {"number": number},
                )
            tell_of_newcomers(request, found.organization)
            return redirect("team", org, found.slug)
    return show_form(
        request, form, _("Add several people to %(team)s") % {"team": found}, found.organization, found
    )


def _salt(organization: Organization) -> str:
    return f"roster of {organization.pk}"


def _show_plan(
    request: HttpRequest,
    organization: Organization,
    plan: RosterPlan,
    rows: Iterable[Row],
    whole: bool,
    ignored: tuple[str, ...] = (),
) -> HttpResponse:
    """The plan in words, with a button that sends it back as it was signed."""
    value = [whole, plan.digest, [astuple(row) for row in rows]]
    return render(
        request,
        "assessments/roster_plan.html",
        {
            "organization": organization,
            "plan": plan,
            "ignored": ignored,
            "signed": signing.dumps(value, salt=_salt(organization), compress=True),
        },
    )
