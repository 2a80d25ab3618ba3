"""Where everybody starts."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from ..access import Permission, SignedInRequest, organization_permissions
from ..queries import my_organizations, my_teams


@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    """My teams, my organizations; straight to the only one where there is no choice."""
    organizations, teams = list(my_organizations(request.user)), list(my_teams(request.user))
    coached = [
        found
        for found in organizations
        if Permission.COACH_TEAMS in organization_permissions(request.user, found)
    ]
    if len(organizations) == 1 and not teams:
        return redirect("coach" if coached else "organization", organizations[0].slug)
    if len(teams) == 1 and not organizations:
        return redirect("team", teams[0].organization.slug, teams[0].slug)
    context = {"organizations": organizations, "teams": teams, "coached": coached}
    return render(request, "assessments/home.html", context)
