"""The way in: who asks, how often, and how they are refused."""

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, Throttled, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.security import HttpBearer

from assessments import access, limits
from assessments.limits import PROBLEM, problem
from assessments.models import ApiToken, Scope

METHODS = ["GET", "HEAD"]

REQUESTS_A_MINUTE = 600
"""For each token. What a page of results costs, one core can make some 30 times a second."""


class ProgramRequest(HttpRequest):
    """A request of a program that has shown a good token."""

    auth: ApiToken


class Token(HttpBearer):
    """Whoever shows a token is its person, as far as its scopes go. No cookie is looked at."""

    def __init__(self, scope: Scope | None) -> None:
        super().__init__()
        self.scope = scope  # that is needed; None: any will do

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """The token, if it is good.

        Raises Throttled where it is used too often, PermissionDenied where its scopes do not reach.
        """
        found = access.get_reader(token.strip(), timezone.now())
        if found is None:
            return None
        if limits.count(f"api:{found.pk}") > REQUESTS_A_MINUTE:
            raise Throttled(limits.WINDOW)
        if self.scope and self.scope not in found.scopes:
            raise PermissionDenied(
                _("This token may not read this: %(what)s. Make one that may.") % {"what": self.scope.label}
            )
        return found


class Api(NinjaAPI):
    """Ninja's, with plain names in its description, and problems with a media type of their own."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The function's name."""
        return operation.view_func.__name__

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """The description, made once a process."""
        return self._described

    @cached_property
    def _described(self) -> OpenAPISchema:
        schema = super().get_openapi_schema()
        for methods in schema["paths"].values():
            del methods["head"]  # goes without saying
            for status, response in methods["get"]["responses"].items():
                if status >= 400:
                    response["content"] = {PROBLEM: response["content"]["application/json"]}
        return schema


api = Api(
    title="Accelerate Survey",
    version="1",
    description="What a token's person may see, to be read by programs.",
    urls_namespace="api",
    docs_url=None,  # ninja's page would ask other servers for its scripts
)


@api.exception_handler(AuthenticationError)
def unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """Who asks without a good token."""
    response = problem(
        401, _("This token is not known or is over. Send the header “Authorization: Bearer TOKEN”.")
    )
    response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(PermissionDenied)
def forbidden(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    """Who may look at other things, and not at this."""
    return problem(403, str(error))


@api.exception_handler(Http404)
def missing(request: HttpRequest, error: Http404) -> HttpResponse:
    """What does not exist and what is a stranger's are the same."""
    return problem(404, _("There is nothing at this address, or it is not yours to see."))


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """What no address and no question can be."""
    return problem(422, " ".join(f"{each['loc'][-1]}: {each['msg']}." for each in error.errors))


@api.exception_handler(Throttled)
def too_fast(request: HttpRequest, error: Throttled) -> HttpResponse:
    """A token that is used too often."""
    return limits.too_many(request)


def addresses() -> tuple[list[Any], str]:
    """All addresses of the API, and of everything else below it, for ``include``."""
    patterns, _app, namespace = api.urls
    for pattern in patterns:
        pattern.callback = _for_programs(pattern.callback)
    elsewhere = path("<path:rest>", _for_programs(_nothing), name="elsewhere")
    return [*patterns, elsewhere], namespace


def _nothing(request: HttpRequest, rest: str) -> HttpResponse:
    raise Http404


def _for_programs(view: Any) -> Callable[..., HttpResponse]:
    """A view that opens no session, is kept by nobody, is only looked at, and refuses in JSON."""

    @csrf_exempt  # no cookie is looked at: the token is the proof
    @login_not_required
    @never_cache
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in METHODS:
            response = problem(405, _("Here one can only read: use GET."))
            response["Allow"] = ", ".join(METHODS)
            return response
        try:
            return view(request, *args, **kwargs)
        except Http404 as error:
            return missing(request, error)

    return answer
