"""The questionnaire: no account, no session, no name.

A link's token moves into a cookie that only these pages get, so that it stands in no page's
address. Loading a page changes nothing; every answer is saved by posting the page.
"""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import activate, get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from .. import access, tokens
from ..forms import ResponseForm, ReviewForm
from ..instrument import Instrument
from ..models import Invitation, Response, Round
from ..pages import Page, minutes_left, pages_of
from ..queries import load_instrument
from ..services.errors import RoundNotOpen
from ..services.responses import save_response
from .helpers import wants_json

COOKIE = settings.RESPOND_COOKIE_NAME

View = Callable[..., HttpResponse]


def respond_view(view: View) -> View:
    """A page of the questionnaire: public, never kept by a browser, never in an error report."""
    view = sensitive_variables()(sensitive_post_parameters()(view))
    return login_not_required(never_cache(view))


def _with_invitation(view: View) -> View:
    """Hand the view the cookie's token and its invitation, or say why there is none."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        token = request.COOKIES.get(COOKIE, "")
        try:
            invitation = access.get_invitation(token, timezone.now())
        except access.LinkError as error:
            return _no_entry(request, error)
        try:
            return view(request, token, invitation, *args, **kwargs)
        except RoundNotOpen:
            return _no_entry(request, access.LinkOver())

    return wrapper


def _no_entry(request: HttpRequest, error: access.LinkError) -> HttpResponse:
    over = isinstance(error, access.LinkOver)
    if wants_json(request):
        return JsonResponse({"location": reverse("respond_start")}, status=error.status)
    return render(request, "assessments/respond/no_entry.html", {"over": over}, status=error.status)


def _response_of(token: str) -> Response:
    """What is stored under the link. Raises RoundNotOpen when the round was sealed a moment ago."""
    stored = Response.objects.filter(pk=tokens.response_of(token)).first()
    if stored is None:
        raise RoundNotOpen
    return stored


def _language(instrument: Instrument) -> str:
    """The reader's language, or the questionnaire's first; in what is returned the whole page is written."""
    language = get_language() or ""
    if language not in instrument.languages:
        language = instrument.languages[0]
        if language in dict(settings.LANGUAGES):
            activate(language)
    return language


def _languages(instrument: Instrument) -> list[str]:
    """In which languages the page can be had."""
    return [code for code, _name in settings.LANGUAGES if code in instrument.languages]


def _instrument_of(invitation: Invitation) -> Instrument:
    return load_instrument(invitation.assessment.round.questionnaire)


@respond_view
@require_safe
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """A personal link: keep its token in a cookie and go on to the first page."""
    try:
        access.get_invitation(token, timezone.now())
    except access.LinkError as error:
        return _no_entry(request, error)
    response = redirect("respond_start")
    response.set_cookie(
        COOKIE,
        token,
        path=reverse("respond_start"),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


@respond_view
@require_safe
@_with_invitation
def start(request: HttpRequest, token: str, invitation: Invitation) -> HttpResponse:
    """Why, how long, who sees what: before the first question."""
    instrument = _instrument_of(invitation)
    _language(instrument)
    pages = pages_of(instrument)
    response = _response_of(token)
    return render(
        request,
        "assessments/respond/start.html",
        {
            "assessment": invitation.assessment,
            "round": invitation.assessment.round,
            "organization": invitation.assessment.round.organization,
            "instrument": instrument,
            "statements": len(instrument.statements),
            "minutes": minutes_left(pages, 1),
            "answered": sum(key in response.answers for page in pages for key in page.keys),
            "complete": response.complete,
            "next_page": _first_open(pages, response.answers),
            "page_languages": _languages(instrument),
        },
    )


def _first_open(pages: tuple[Page, ...], answers: dict[str, Any]) -> int:
    """The page to go on with: the first on which nothing was answered yet, else the first."""
    return next((page.number for page in pages if not any(key in answers for key in page.keys)), 1)


@respond_view
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, number: int) -> HttpResponse:
    """One page of questions; posting it saves it."""
    return _save_page(request, number) if request.method == "POST" else _show_page(request, number)


def _saving(view: View) -> View:
    """Hand the view the cookie's token, the time and what is asked, or say why nothing is saved.

    The way of every click, so it is short: what a round asks is known, and saving checks the link.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any) -> HttpResponse:
        token, now = request.COOKIES.get(COOKIE, ""), timezone.now()
        language = get_language()
        try:
            asking = access.load_round(tokens.from_text(token)[0], now)
            return view(request, token, now, load_instrument(asking.questionnaire), *args)
        except (tokens.InvalidToken, Round.DoesNotExist, RoundNotOpen):
            activate(language)  # the reader's, which may not be the questionnaire's
            return _refuse(request, token)

    return wrapper


@_saving
def _save_page(
    request: HttpRequest, token: str, now: dt.datetime, instrument: Instrument, number: int
) -> HttpResponse:
    pages = pages_of(instrument)
    if not 1 <= number <= len(pages):
        return redirect("respond_start")
    form = ResponseForm(pages[number - 1], instrument, _language(instrument), request.POST)
    if form.is_valid():
        save_response(token=token, answers=form.answers, complete=False, now=now)
        return _saved(request, lambda: _after(request, pages, number))
    return _tell(request, form) if wants_json(request) else _show_page(request, number, form)


@_with_invitation
def _tell(
    request: HttpRequest, token: str, invitation: Invitation, form: ResponseForm | ReviewForm
) -> HttpResponse:
    """What is wrong, for a script, where the link is good."""
    return JsonResponse({"errors": form.errors}, status=422)


def _refuse(request: HttpRequest, token: str) -> HttpResponse:
    """Why nothing was saved."""
    try:
        access.get_invitation(token, timezone.now())
    except access.LinkError as error:
        return _no_entry(request, error)
    return _no_entry(request, access.LinkOver())


@_with_invitation
def _show_page(
    request: HttpRequest, token: str, invitation: Invitation, number: int, form: ResponseForm | None = None
) -> HttpResponse:
    instrument = _instrument_of(invitation)
    pages = pages_of(instrument)
    if not 1 <= number <= len(pages):
        return redirect("respond_start")
    current = pages[number - 1]
    stored = _response_of(token).answers
    return render(
        request,
        "assessments/respond/page.html",
        {
            "form": form or ResponseForm(current, instrument, _language(instrument), initial=stored),
            "page": current,
            "pages": len(pages),
            "minutes": minutes_left(pages, number),
            "scale": instrument.scale,
            "minimum": invitation.assessment.round.minimum_responses,
            "page_languages": _languages(instrument),
        },
        status=422 if form else 200,
    )


def _after(request: HttpRequest, pages: tuple[Page, ...], number: int) -> str:
    """Where the button that was pressed leads."""
    if request.POST.get("go") == "leave":
        return reverse("respond_start")
    return reverse("respond_page", args=[number + 1]) if number < len(pages) else reverse("respond_review")


def _saved(request: HttpRequest, location: Callable[[], str]) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"saved": True})
    return HttpResponseRedirect(location(), status=303)


@respond_view
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest) -> HttpResponse:
    """What is open, what holds the team back, and the button that sends."""
    return _save_review(request) if request.method == "POST" else _show_review(request)


@_saving
def _save_review(request: HttpRequest, token: str, now: dt.datetime, instrument: Instrument) -> HttpResponse:
    form = ReviewForm(instrument, _language(instrument), request.POST)
    if form.is_valid():
        save_response(token=token, answers=form.answers, complete=not wants_json(request), now=now)
        return _saved(request, lambda: reverse("respond_thanks"))
    return _tell(request, form) if wants_json(request) else _show_review(request, form)


@_with_invitation
def _show_review(
    request: HttpRequest, token: str, invitation: Invitation, form: ReviewForm | None = None
) -> HttpResponse:
    instrument = _instrument_of(invitation)
    pages, stored = pages_of(instrument), _response_of(token)
    return render(
        request,
        "assessments/respond/review.html",
        {
            "form": form or ReviewForm(instrument, _language(instrument), initial=stored.answers),
            "pages": len(pages),
            "open_pages": _open_questions(pages, stored.answers),
            "complete": stored.complete,
            "round": invitation.assessment.round,
            "organization": invitation.assessment.round.organization,
            "page_languages": _languages(instrument),
        },
        status=422 if form else 200,
    )


def _open_questions(pages: tuple[Page, ...], answers: dict[str, Any]) -> list[dict[str, Any]]:
    """The pages with something left open, each with what it is about."""
    found = []
    for each in pages:
        parts = [
            {"key": capability.key, "name": capability.name, "open": missing}
            for capability in each.capabilities
            if (
                missing := [
                    statement.key for statement in capability.statements if statement.key not in answers
                ]
            )
        ] + [
            {"key": metric.key, "name": metric.name, "open": [metric.key]}
            for metric in each.key_metrics
            if metric.key not in answers
        ]
        if parts:
            found.append({"page": each, "parts": parts, "count": sum(len(part["open"]) for part in parts)})
    return found


@respond_view
@require_safe
@_with_invitation
def thanks(request: HttpRequest, token: str, invitation: Invitation) -> HttpResponse:
    """The last page: when results come, and that answers can still be changed."""
    instrument = _instrument_of(invitation)
    _language(instrument)
    return render(
        request,
        "assessments/respond/thanks.html",
        {
            "assessment": invitation.assessment,
            "round": invitation.assessment.round,
            "organization": invitation.assessment.round.organization,
            "page_languages": _languages(instrument),
        },
    )


@respond_view
@require_safe
def unknown(request: HttpRequest, rest: str) -> HttpResponse:
    """An address that no link of ours has: cut off by a mail program, or mistyped."""
    return _no_entry(request, access.LinkUnknown())
