"""What every answer carries beside the headers that Django and django-csp set.

A program that asks by plain http is refused instead of sent on: its token has just crossed the network for
all to read, and would again, and nobody would notice.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from assessments.limits import problem

METHODS = ["GET", "HEAD", "POST"]

UNUSED = ("camera", "display-capture", "geolocation", "microphone", "midi", "payment", "serial", "usb")
"""What our pages never ask a browser for, nor may anything that gets into them."""

PERMISSIONS = ", ".join(f"{feature}=()" for feature in UNUSED)


class HeadersAreSet:
    """Adds them. What does not say that it may be kept, is kept by no browser and no proxy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with all headers."""
        response = _refusal(request) or self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if "Cache-Control" not in response:  # static files have one
            add_never_cache_headers(response)
        return response


def _refusal(request: HttpRequest) -> HttpResponse | None:
    if request.method not in METHODS and not request.path_info.startswith("/api/"):
        return HttpResponseNotAllowed(METHODS)  # there, programs are told in JSON
    if settings.SECURE_SSL_REDIRECT and request.path_info.startswith("/api/") and not request.is_secure():
        return problem(403, _("Use https. The token that was sent can have been read: withdraw it."))
    return None
