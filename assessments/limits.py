"""Against guessing: who asks for too many pages that are not there, or with made-up tokens, is told to wait.

Tokens have 256 bits and slugs lead strangers nowhere, so this is about noise, not about secrets.
An address is kept as a hash, for a minute, and only when it misses: a page that is there leaves no trace and
asks nobody. So what is counted in common is looked at with each miss; who has missed too often is then kept
in each process.
"""

import hashlib
import hmac
from collections.abc import Callable
from http import HTTPStatus

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import caches
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

MISSES_A_MINUTE = 300
"""A whole office may come from one address, and all its mails of last quarter lead nowhere."""

WINDOW = 60  # seconds

PROBLEM = "application/problem+json"


class GuessesAreLimited:
    """Answers 429 to an address that has just missed too often."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the request through, and note when it found nothing."""
        key = _key(request)
        if key is None:
            return self.get_response(request)
        if caches["waiting"].get(key):
            return too_many(request)
        response = self.get_response(request)
        if response.status_code in (401, 404) and (number := count(key)) >= MISSES_A_MINUTE:
            caches["waiting"].set(key, True, WINDOW)
            if number > MISSES_A_MINUTE:  # another process has told it to wait
                return too_many(request)
        return response


def count(key: str) -> int:
    """Count one more within a minute, which begins with the first; the number so far."""
    try:
        return caches["noise"].incr(key)
    except ValueError:  # the minute begins, unless another process has just begun it
        return 1 if caches["noise"].add(key, 1, WINDOW) else count(key)


def too_many(request: HttpRequest) -> HttpResponse:
    """Tell whoever asks, in words or as JSON, to wait."""
    response: HttpResponse
    if request.path_info.startswith("/api/"):
        detail = _("These were too many requests within a minute. Wait a minute, then go on.")
        response = problem(429, detail)
    else:
        response = render(request, "429.html", status=429)
    response["Retry-After"] = str(WINDOW)
    return response


def problem(status: int, detail: str) -> JsonResponse:
    """A refusal as programs read it (RFC 9457)."""
    body = {"title": HTTPStatus(status).phrase, "detail": detail, "status": status}
    return JsonResponse(body, status=status, content_type=PROBLEM)


def _key(request: HttpRequest) -> str | None:
    try:
        address = get_adapter().get_client_ip(request)
    except PermissionDenied:  # a socket in a folder has no addresses
        return None
    return f"misses:{hmac.digest(settings.SECRET_KEY.encode(), address.encode(), hashlib.sha256).hex()}"
