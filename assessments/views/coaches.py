"""A coach's own page: the teams in their care, what is new, and notes that only they see."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from .. import access
from ..access import Permission, SignedInRequest
from ..forms import CareForm, NoteForm, SeenForm
from ..models import Team
from ..queries import care_of
from ..services import coaches
from .helpers import note_form, show_form


@never_cache
@require_safe
def coach(request: SignedInRequest, org: str) -> HttpResponse:
    """The teams in the coach's care, and what is new about them."""
    found = access.get_organization(request.user, org, Permission.COACH_TEAMS)
    now = timezone.now()
    care = care_of(request.user, found, now)
    form = CareForm(found, initial={"teams": [about.team.pk for about in care.teams]})
    form.helper.form_action = reverse("choose_care", args=[org])
    return render(
        request,
        "assessments/coach.html",
        {
            "organization": found,
            "care": care,
            "teams": [(about, note_form(found, about.team, "?from=coach")) for about in care.teams],
            "care_form": form,
            "seen_form": SeenForm(initial={"until": now.isoformat()}),
        },
    )


@require_POST
def choose_care(request: SignedInRequest, org: str) -> HttpResponse:
    """Which teams are in the coach's care."""
    found = access.get_organization(request.user, org, Permission.COACH_TEAMS)
    form = CareForm(found, request.POST)
    if form.is_valid():
        coaches.choose_care(organization=found, by=request.user, **form.cleaned_data)
        return redirect("coach", org)
    return show_form(request, form, _("Teams in my care"), found)


@require_POST
def mark_seen(request: SignedInRequest, org: str) -> HttpResponse:
    """What the coach has looked at is no news any more."""
    found = access.get_organization(request.user, org, Permission.COACH_TEAMS)
    form = SeenForm(request.POST)
    if form.is_valid():  # its only field is hidden: nobody has anything to correct
        coaches.mark_seen(
            organization=found, until=form.cleaned_data["until"], by=request.user, now=timezone.now()
        )
    return redirect("coach", org)


@require_POST
def write_note(request: SignedInRequest, org: str, team: str) -> HttpResponse:
    """A note about a team that only its author sees."""
    found = access.get_team(request.user, org, team, Permission.COACH_TEAMS)
    form = NoteForm(request.POST)
    if form.is_valid():
        coaches.write_note(team=found, by=request.user, now=timezone.now(), **form.cleaned_data)
        return _back(request, found)
    title = _("A note about %(team)s") % {"team": found}
    return show_form(request, form, title, found.organization, found)


@require_POST
def delete_note(request: SignedInRequest, org: str, team: str, note_id: int) -> HttpResponse:
    """Take a note of one's own away."""
    note = access.get_note(request.user, org, team, note_id)
    coaches.delete_note(note=note, by=request.user)
    messages.success(request, _("The note is deleted."))
    return _back(request, note.team)


def _back(request: SignedInRequest, team: Team) -> HttpResponse:
    """To the page on which the note was written or deleted."""
    slug = team.organization.slug
    if request.GET.get("from") == "coach":
        return redirect(f"{reverse('coach', args=[slug])}#about-{team.slug}")
    return redirect("team", slug, team.slug)
