"""Against guessing: who asks for too many pages that are not there, or with made-up tokens, is told to wait.

Tokens have 256 bits and slugs lead strangers nowhere, so this is about noise, not about secrets.
An address is kept as a hash, in memory, for a minute.
"""

import hashlib
import hmac
from collections.abc import Callable

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

MISSES_A_MINUTE = 300
"""A whole office may come from one address, and all its mails of last quarter lead nowhere."""

WINDOW = 60  # seconds


class GuessesAreLimited:
    """Answers 429 to an address that has just missed too often."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the request through, and note when it found nothing."""
        key = _key(request)
        if key is None:
            return self.get_response(request)
        if cache.get(key, 0) >= MISSES_A_MINUTE:
            response = render(request, "429.html", status=429)
            response["Retry-After"] = str(WINDOW)
            return response
        response = self.get_response(request)
        if response.status_code in (401, 404) and not cache.add(key, 1, WINDOW):
            cache.incr(key)
        return response


def _key(request: HttpRequest) -> str | None:
    try:
        address = get_adapter().get_client_ip(request)
    except PermissionDenied:  # a socket in a folder has no addresses
        return None
    return f"misses:{hmac.digest(settings.SECRET_KEY.encode(), address.encode(), hashlib.sha256).hex()}"
