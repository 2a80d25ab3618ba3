"""Workshops: a team agrees openly on one answer a statement. No survey, and every page says so."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import access
from ..access import Permission, SignedInRequest
from ..forms import ResponseForm, WorkshopForm
from ..instrument import Instrument
from ..pages import pages_of
from ..queries import load_instrument
from ..scale import Texts
from ..services import workshops
from ..services.errors import ServiceError
from .helpers import refuse, show_form, wants_json


@require_http_methods(["GET", "HEAD", "POST"])
def hold_workshop(request: SignedInRequest, org: str, team: str) -> HttpResponse:
    """Begin a workshop."""
    found = access.get_team(request.user, org, team, Permission.HOLD_WORKSHOPS)
    form = WorkshopForm(found.organization, request.POST or None)
    if form.is_valid():
        try:
            held = workshops.hold_workshop(
                team=found, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except (ServiceError, ValidationError) as error:
            refuse(form, error)
        else:
            return redirect("workshop_page", org, team, held.pk, 1)
    return show_form(
        request, form, _("Hold a workshop with %(team)s") % {"team": found}, found.organization, found
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedInRequest, org: str, team: str, workshop_id: int, number: int) -> HttpResponse:
    """One page of questions; posting it saves what was agreed."""
    found = access.get_workshop(request.user, org, team, workshop_id, Permission.HOLD_WORKSHOPS)
    instrument = load_instrument(found.questionnaire)
    pages = pages_of(instrument)
    if not 1 <= number <= len(pages):
        raise Http404
    language = get_language() or instrument.languages[0]
    form = ResponseForm(pages[number - 1], instrument, language, request.POST or None, initial=found.answers)
    if form.is_valid():
        try:
            workshops.save_answers(workshop=found, answers=form.answers, by=request.user)
        except ServiceError as error:
            messages.error(request, str(error))
            if wants_json(request):
                location = reverse("workshop", args=[org, team, workshop_id])
                return JsonResponse({"location": location}, status=409)
            return redirect("workshop", org, team, workshop_id)
        if wants_json(request):
            return JsonResponse({"saved": True})
        if request.POST.get("go") == "leave" or number == len(pages):
            return redirect("workshop", org, team, workshop_id)
        return redirect("workshop_page", org, team, workshop_id, number + 1)
    if form.is_bound and wants_json(request):
        return JsonResponse({"errors": form.errors}, status=422)
    if found.finished_at:
        return redirect("workshop", org, team, workshop_id)
    return render(
        request,
        "assessments/workshops/page.html",
        {
            "organization": found.team.organization,
            "team": found.team,
            "workshop": found,
            "form": form,
            "page": pages[number - 1],
            "pages": len(pages),
            "scale": instrument.scale,
        },
        status=422 if form.is_bound else 200,
    )


@never_cache
@require_safe
def workshop(request: SignedInRequest, org: str, team: str, workshop_id: int) -> HttpResponse:
    """What was agreed, in words: nothing is counted, averaged or compared."""
    found = access.get_workshop(request.user, org, team, workshop_id, Permission.VIEW_RESULTS)
    instrument = load_instrument(found.questionnaire)
    agreed = _in_words(instrument, found.answers)
    return render(
        request,
        "assessments/workshops/workshop.html",
        {
            "organization": found.team.organization,
            "team": found.team,
            "workshop": found,
            "instrument": instrument,
            "agreed": agreed,
            "left_open": sum(words is None for words in agreed.values()),
            "pages": pages_of(instrument),
            "may_hold_workshops": Permission.HOLD_WORKSHOPS
            in access.team_permissions(request.user, found.team),
        },
    )


def _in_words(instrument: Instrument, answers: dict[str, Any]) -> dict[str, Texts | None]:
    """The words of every answer by its question's key, in the order of the questions; None if left open."""
    scales = {statement.key: instrument.scale for statement in instrument.statements}
    scales |= {metric.key: metric.scale for metric in instrument.key_metrics}
    return {key: scale.words_of(answers.get(key)) for key, scale in scales.items()}


@require_POST
def finish_workshop(request: SignedInRequest, org: str, team: str, workshop_id: int) -> HttpResponse:
    """End the workshop."""
    found = access.get_workshop(request.user, org, team, workshop_id, Permission.HOLD_WORKSHOPS)
    workshops.finish_workshop(workshop=found, by=request.user, now=timezone.now())
    return redirect("workshop", org, team, workshop_id)


@require_POST
def reopen_workshop(request: SignedInRequest, org: str, team: str, workshop_id: int) -> HttpResponse:
    """Go on with a finished workshop."""
    found = access.get_workshop(request.user, org, team, workshop_id, Permission.HOLD_WORKSHOPS)
    workshops.reopen_workshop(workshop=found, by=request.user)
    return redirect("workshop", org, team, workshop_id)


@require_POST
def delete_workshop(request: SignedInRequest, org: str, team: str, workshop_id: int) -> HttpResponse:
    """Delete the workshop and what was agreed in it."""
    found = access.get_workshop(request.user, org, team, workshop_id, Permission.HOLD_WORKSHOPS)
    workshops.delete_workshop(workshop=found, by=request.user)
    messages.success(request, _("%(workshop)s is deleted.") % {"workshop": found})
    return redirect("team", org, team)
