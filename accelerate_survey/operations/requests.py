"""Each request gets a number, a line in the log and a place in the figures.

A respondent's gets them only when something went wrong. Otherwise the log, or figures that are
read every few seconds, would tell when somebody answered; who sits beside them knows who that was
(docs/method.md, 6.4).
"""

import logging
import re
import secrets
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from . import metrics
from .logs import current_request, route_of

logger = logging.getLogger("accelerate_survey.requests")

HEADER = "X-Request-ID"
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
RESPONDENTS = "/respond/"
QUIET = (RESPONDENTS, "/health/", "/metrics")
"""Paths of which only failures are told; the other two are asked for every few seconds."""

FAILED = 400


class RequestsAreNoted:
    """Tells of each request by its route, never by its path, and nothing of whose device it came from."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and note how that went."""
        number = _number(request)
        token = current_request.set(number)
        began = time.perf_counter()
        try:
            response = self.get_response(request)
            response[HEADER] = number
            _note(request, response.status_code, time.perf_counter() - began)
        finally:
            current_request.reset(token)
        return response


def _number(request: HttpRequest) -> str:
    """The number that our proxy gave, so that both logs can be read together; else a new one.

    A respondent's request gets a new one always: the proxy's log may know the device.
    """
    given = request.headers.get(HEADER, "")
    trusted = settings.ALLAUTH_TRUSTED_PROXY_COUNT and not request.path_info.startswith(RESPONDENTS)
    return given if trusted and WELL_FORMED.fullmatch(given) else secrets.token_hex(8)


def _note(request: HttpRequest, status: int, seconds: float) -> None:
    if status < FAILED and request.path_info.startswith(QUIET):
        return
    of_respondent = request.path_info.startswith(RESPONDENTS)
    route = "respond" if of_respondent else route_of(request)
    fields = {"method": request.method, "route": route, "status": status, "ms": round(seconds * 1000)}
    if not of_respondent and (user := _signed_in(request)):
        fields["user"] = user
    logger.info(" ".join(f"{name}={value}" for name, value in fields.items()), extra={"fields": fields})
    metrics.count(route=route, status=status, seconds=seconds)


def _signed_in(request: HttpRequest) -> int | None:
    """The number of the person whom Django has looked up for this page; nobody is looked up for a log."""
    return getattr(getattr(request, "_cached_user", None), "pk", None)
