"""What several views do alike."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..access import SignedInRequest
from ..forms import NoteForm
from ..models import Organization, Team, User
from ..queries import newcomers, open_rounds
from ..services import mails
from ..services.errors import ServiceError
from ..tasks import enqueue_mails


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks, which saves answers as they are given."""
    return request.headers.get("Accept") == "application/json"


def refuse(form: forms.Form, error: Exception) -> None:
    """Show a service's refusal, or a model's, as the form's own."""
    if not isinstance(error, ValidationError):
        form.add_error(None, str(error))
        return
    by_field = error.error_dict if hasattr(error, "error_dict") else {"__all__": error.error_list}
    for field, texts in by_field.items():
        form.add_error(field if field in form.fields else None, texts)


def show_form(
    request: HttpRequest,
    form: forms.Form,
    title: str,
    organization: Organization | None = None,
    team: Team | None = None,
) -> HttpResponse:
    """A page with nothing but a form. A team's leads the way back to the team: its lead may see no more."""
    return render(
        request,
        "assessments/form.html",
        {"form": form, "title": title, "organization": organization, "team": team, "hide_organization": team},
        status=422 if form.is_bound else 200,
    )


def note_form(organization: Organization, team: Team, query: str = "") -> NoteForm:
    """The form for a coach's note about a team; a page may have one for each of several."""
    form = NoteForm(auto_id=f"id_%s_{team.pk}")
    form.helper.form_action = reverse("write_note", args=[organization.slug, team.slug]) + query
    return form


def invite_to_sign_in(request: SignedInRequest, organization: Organization, user: User) -> None:
    """Have a mail with a link sent to somebody, or say why none is."""
    now = timezone.now()
    try:
        mails.queue_account(organization=organization, user=user, by=request.user, now=now)
    except ServiceError as error:
        messages.error(request, str(error))
    else:
        enqueue_mails(now)


def tell_of_newcomers(request: HttpRequest, organization: Organization, new_teams: bool = False) -> None:
    """Say when and where those are asked who came while a round is open."""
    for running in open_rounds(organization):
        number = newcomers(running)
        if number:
            messages.info(
                request,
                ngettext(
                    "%(round)s is open, and %(number)d person on its teams has no invitation yet. "
                    "An administrator can invite them on its page.",
                    "%(round)s is open, and %(number)d people on its teams have no invitation yet. "
                    "An administrator can invite them on its page.",
                    number,
                )
                % {"round": running, "number": number},
            )
        if new_teams:
            messages.info(
                request,
                _("%(round)s is open without the new teams. They are asked from the next round on.")
                % {"round": running},
            )
