"""What is said when a page could not be made: that the database does not answer, or that something broke."""

import errno
import sys
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.defaults import server_error

from assessments.limits import problem

LATER = 30
"""Seconds after which to ask again: a database that is started anew is back, a long write is over."""

FULL = (errno.ENOSPC, errno.EDQUOT)


def say_what_failed(request: HttpRequest) -> HttpResponse:
    """Django's handler of crashes; it is called while the error is handled, and logs it.

    A database that is down, locked or full is no fault of the program's and passes: 503, with words
    that need no database, and when to come again.
    """
    if not _passes(sys.exc_info()[1]):
        return server_error(request)
    sent = request.method not in ("GET", "HEAD")
    response: HttpResponse
    if request.path_info.startswith("/api/"):
        detail = _("The database does not answer just now. Nothing was changed; ask again later.")
        response = problem(HTTPStatus.SERVICE_UNAVAILABLE, detail)
    else:
        text = render_to_string("503.html", {"sent": sent})
        response = HttpResponse(text, status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = str(LATER)
    response["Cache-Control"] = "no-store"
    return response


def _passes(error: BaseException | None) -> bool:
    """Whether this is the state of the machine rather than a mistake of ours."""
    full = isinstance(error, OSError) and error.errno in FULL
    return full or isinstance(error, (OperationalError, InterfaceError))
