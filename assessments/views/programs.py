"""Tokens with which other programs read in one's name: one's own, made, shown once, withdrawn."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import access
from ..access import SignedInRequest
from ..emails import site_address
from ..forms import ApiTokenForm
from ..services import programs
from ..services.errors import ServiceError
from .helpers import refuse, show_form


@require_safe
def api_tokens(request: SignedInRequest) -> HttpResponse:
    """The tokens that the person has made."""
    return render(
        request,
        "assessments/api_tokens.html",
        {"tokens": request.user.api_tokens.all(), "now": timezone.now(), "api": _api()},
    )


def _api() -> str:
    """Where programs begin to read."""
    return site_address(reverse("api:reader"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def make_api_token(request: SignedInRequest) -> HttpResponse:
    """A token, which is shown this once."""
    form = ApiTokenForm(request.POST or None)
    if form.is_valid():
        try:
            token, text = programs.make_token(by=request.user, now=timezone.now(), **form.cleaned_data)
        except (ServiceError, ValidationError) as error:
            refuse(form, error)
        else:
            context = {"token": token, "text": text, "api": _api()}
            return render(request, "assessments/api_token.html", context)
    return show_form(request, form, _("A token for a program"))


@require_POST
def withdraw_api_token(request: SignedInRequest, api_token_id: int) -> HttpResponse:
    """Let whoever holds the token read nothing more."""
    token = access.get_api_token(request.user, api_token_id)
    programs.withdraw_token(token=token, by=request.user, now=timezone.now())
    messages.success(request, _("“%(name)s” opens nothing any more.") % {"name": token})
    return redirect("api_tokens")
