"""A team's deliveries: events from a file or from a pipeline, and the tokens that pipelines hold."""

from io import BytesIO
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from .. import access
from ..access import Permission, SignedInRequest
from ..delivery_files import MAXIMUM_BYTES, PRODUCTION, Options, Problem
from ..emails import site_address
from ..forms import DeliveriesForm, DeliveryTokenForm
from ..models import Team
from ..queries import deliveries_of
from ..services import deliveries
from ..services.deliveries import FileRefused, Summary
from ..services.errors import ServiceError
from .helpers import refuse, show_form

CONTENT_TYPES = {
    "text/csv",
    "application/json",
    "application/jsonl",
    "application/x-ndjson",
}


@require_http_methods(["GET", "HEAD", "POST"])
def team_deliveries(request: SignedInRequest, org: str, team: str) -> HttpResponse:
    """What is known of a team's deliveries; upload a file of them."""
    found = access.get_team(request.user, org, team, Permission.MANAGE_ROSTER)
    form = DeliveriesForm(request.POST or None, request.FILES or None)
    if form.is_valid() and _load(request, found, form):
        return redirect("deliveries", org, found.slug)
    return render(
        request,
        "assessments/deliveries.html",
        {
            "team": found,
            "organization": found.organization,
            "form": form,
            "services": deliveries_of(found),
            "tokens": found.delivery_tokens.order_by("name"),
            "api": site_address("/api/deliveries/"),
            "hide_organization": True,
        },
        status=422 if form.is_bound else 200,
    )


def _load(request: SignedInRequest, team: Team, form: DeliveriesForm) -> bool:
    """Take over the file of a form, or only look at it, and say what was in it; whether it could be read."""
    file, options = form.cleaned_data["file"], form.options
    try:
        if form.cleaned_data["only_check"]:
            summary = deliveries.check_deliveries(stream=file, options=options)
            messages.info(
                request, _("Nothing was taken over. In the file: %(what)s") % {"what": _told(summary)}
            )
        else:
            summary = deliveries.load_deliveries(
                team=team, stream=file, options=options, by=request.user, now=timezone.now()
            )
            messages.success(request, _("Taken over: %(what)s") % {"what": _told(summary)})
    except FileRefused as error:
        refuse(form, ValidationError(error.texts))
        return False
    except ServiceError as error:
        refuse(form, error)
        return False
    return True


def _told(summary: Summary) -> str:
    """A file in words."""
    deployments, incidents = summary.deployments, summary.incidents
    counts = {
        "deployments": ngettext("%(number)d deployment", "%(number)d deployments", deployments)
        % {"number": deployments},
        "incidents": ngettext("%(number)d incident", "%(number)d incidents", incidents)
        % {"number": incidents},
    }
    sentences = [_("%(deployments)s and %(incidents)s.") % counts]
    if summary.first and summary.last:
        ends = {"first": summary.first, "last": summary.last}
        days = {name: date_format(timezone.localtime(end)) for name, end in ends.items()}
        sentences.append(_("The first is of %(first)s, the last of %(last)s.") % days)
    if names := ", ".join(sorted(name for name in summary.services if name)):
        sentences.append(_("Services: %(names)s.") % {"names": names})
    if summary.left_out:
        left_out = ngettext(
            "%(number)d entry was left out: another environment, or not ended.",
            "%(number)d entries were left out: another environment, or not ended.",
            summary.left_out,
        )
        sentences.append(left_out % {"number": summary.left_out})
    if summary.unmatched:
        unmatched = ngettext(
            "%(number)d incident of the team names a deployment that is not known. "
            "It counts once that is brought in.",
            "%(number)d incidents of the team name deployments that are not known. "
            "They count once those are brought in.",
            summary.unmatched,
        )
        sentences.append(unmatched % {"number": summary.unmatched})
    return " ".join(sentences)


@require_POST
def delete_deliveries(request: SignedInRequest, org: str, team: str) -> HttpResponse:
    """Remove all events of a service."""
    found = access.get_team(request.user, org, team, Permission.MANAGE_ROSTER)
    service = request.POST.get("service", "").replace("\0", "")  # which PostgreSQL takes in no text
    deliveries.remove_service(team=found, service=service, by=request.user, now=timezone.now())
    messages.success(request, _("The events are removed."))
    return redirect("deliveries", org, found.slug)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def make_delivery_token(request: SignedInRequest, org: str, team: str) -> HttpResponse:
    """A token for a pipeline, which is shown this once."""
    found = access.get_team(request.user, org, team, Permission.MANAGE_ROSTER)
    form = DeliveryTokenForm(request.POST or None)
    if form.is_valid():
        name = form.cleaned_data["name"]
        try:
            token, text = deliveries.make_token(team=found, name=name, by=request.user, now=timezone.now())
        except ValidationError as error:
            refuse(form, error)
        else:
            return render(
                request,
                "assessments/delivery_token.html",
                {
                    "team": found,
                    "organization": found.organization,
                    "token": token,
                    "text": text,
                    "api": site_address("/api/deliveries/"),
                    "hide_organization": True,
                },
            )
    return show_form(request, form, _("A token for a pipeline"), found.organization, found)


@require_POST
def withdraw_delivery_token(request: SignedInRequest, org: str, team: str, token_id: int) -> HttpResponse:
    """Take no more from who holds this token."""
    token = access.get_delivery_token(request.user, org, team, token_id)
    deliveries.withdraw_token(token=token, by=request.user)
    messages.success(request, _("Nothing sent with “%(name)s” is taken any more.") % {"name": token})
    return redirect("deliveries", org, team)


# --- For pipelines ------------------------------------------------------------------------------


@csrf_exempt  # no cookie is looked at: the token is the proof
@login_not_required
@never_cache
@require_POST
def receive_deliveries(request: HttpRequest) -> HttpResponse:
    """Take over what a pipeline sends: CSV or JSON, with its token in the header ``Authorization``.

    docs/deliveries.md gives the answers.
    """
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    team = access.get_team_of_pipeline(token.strip()) if scheme.lower() == "bearer" else None
    if team is None:
        refusal = _refuse(401, _("This token is not known. Send the header “Authorization: Bearer TOKEN”."))
        refusal["WWW-Authenticate"] = "Bearer"
        return refusal
    if request.content_type not in CONTENT_TYPES:
        return _refuse(415, _("Send text/csv, application/json or application/x-ndjson."))
    content = request.read(MAXIMUM_BYTES + 1)
    if len(content) > MAXIMUM_BYTES:
        return _refuse(413, str(deliveries.WORDS[Problem.TOO_LARGE]))
    options = Options(
        service=request.GET.get("service", ""), environment=request.GET.get("environment", PRODUCTION)
    )
    try:
        summary = deliveries.load_deliveries(
            team=team, stream=BytesIO(content), options=options, by=None, now=timezone.now()
        )
    except FileRefused as error:
        told = [
            {"line": mistake.line, "column": mistake.column, "message": deliveries.words(mistake)}
            for mistake in error.mistakes
        ]
        return JsonResponse({"mistakes": told, "more": error.more}, status=422)
    except ServiceError as error:
        return _refuse(422, str(error))
    return JsonResponse(_counts(summary))


def _refuse(status: int, message: str) -> JsonResponse:
    return JsonResponse(
        {"mistakes": [{"line": 0, "column": "", "message": message}], "more": 0}, status=status
    )


def _counts(summary: Summary) -> dict[str, Any]:
    return {
        "deployments": summary.deployments,
        "incidents": summary.incidents,
        "left_out": summary.left_out,
        "unmatched": summary.unmatched,
        "services": sorted(summary.services),
        "first": summary.first,
        "last": summary.last,
    }
