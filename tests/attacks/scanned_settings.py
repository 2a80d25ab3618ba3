"""The product's settings on a server that scanners ask: no limits, and nothing that would end the scan.

Limits would stop a scanner within a second; that they hold is tested elsewhere. What signs somebody out or
takes away what is to be scanned can be looked at, but not sent.
"""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden

from accelerate_survey.settings import *  # noqa: F403
from accelerate_survey.settings import MIDDLEWARE

KEPT = re.compile(r"/(logout|end|remove|delete|archive|forget|withdraw|close|skip|cancel)/$")


class EverythingIsKept:
    """Refuses to end and to delete."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer all else."""
        if request.method == "POST" and KEPT.search(request.path_info):
            return HttpResponseForbidden()
        return self.get_response(request)


MIDDLEWARE = [name for name in MIDDLEWARE if name != "assessments.limits.GuessesAreLimited"]
MIDDLEWARE += [f"{__name__}.EverythingIsKept"]
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # as in tests/settings.py
