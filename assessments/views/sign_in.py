"""Sign-in and security: one's second factors and sessions, a lost device, the doors of single sign-on."""

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import access, oidc
from ..access import Permission, SignedInRequest
from ..accounts import has_to_set_one_up
from ..forms import LostDeviceForm
from ..queries import second_factors
from ..services import sign_in
from ..services.errors import ServiceError
from ..texts import device_of
from .helpers import refuse

logger = logging.getLogger(__name__)
View = Callable[..., HttpResponse]


@never_cache
@require_safe
def security(request: SignedInRequest) -> HttpResponse:
    """By what the person signs in, and where they are signed in."""
    factors = list(second_factors(request.user).order_by("pk"))
    codes = Authenticator.objects.filter(user=request.user, type=Authenticator.Type.RECOVERY_CODES).first()
    context = {
        "totp": next((each for each in factors if each.type == Authenticator.Type.TOTP), None),
        "passkeys": [each for each in factors if each.type == Authenticator.Type.WEBAUTHN],
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else None,
        "owes": has_to_set_one_up(request),
        "sessions": [_told(each) for each in UserSession.objects.purge_and_list(request.user)],
        "sso_only": settings.SSO_ONLY,
    }
    return render(request, "mfa/index.html", context)


def _told(session: UserSession) -> dict[str, object]:
    browser, system = device_of(session.user_agent)
    return {
        "pk": session.pk,
        "browser": browser or _("A browser"),
        "system": system,
        "since": session.created_at,
        "is_current": session.is_current(),
    }


def after_showing_that_it_is_me(view: View) -> View:
    """What whoever finds a browser open cannot do.

    django-allauth's own keeps the request meanwhile, and in it the address that somebody comes from.
    """

    @wraps(view)
    def shown(request: HttpRequest, **kwargs: object) -> HttpResponse:
        if is_reauthentication_required(request, app="allauth.usersessions"):
            return redirect_to_login(reverse("mfa_index"), reverse("account_reauthenticate"))
        return view(request, **kwargs)

    return shown


@require_POST
@after_showing_that_it_is_me
def end_session(request: SignedInRequest, session_id: int) -> HttpResponse:
    """Sign out elsewhere."""
    session = get_object_or_404(UserSession, user=request.user, pk=session_id)
    sign_in.end_sessions(sessions=[session])
    messages.success(request, _("The session is ended."))
    return redirect("mfa_index")


@require_POST
@after_showing_that_it_is_me
def end_other_sessions(request: SignedInRequest) -> HttpResponse:
    """Sign out everywhere else."""
    others = UserSession.objects.filter(user=request.user).exclude(session_key=request.session.session_key)
    sign_in.end_sessions(sessions=others)
    messages.success(request, _("You are signed in nowhere else."))
    return redirect("mfa_index")


@require_http_methods(["GET", "HEAD", "POST"])
def lost_device(request: SignedInRequest, org: str) -> HttpResponse:
    """End the sessions of somebody who lost a device."""
    found = access.get_organization(request.user, org, Permission.MANAGE_PEOPLE)
    form = LostDeviceForm(request.POST or None)
    if form.is_valid():
        try:
            person = sign_in.sign_person_out(
                organization=found, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except ServiceError as error:
            refuse(form, error)
        else:
            messages.success(request, _("%(name)s is signed in nowhere any more.") % {"name": person})
            return redirect("roles", found.slug)
    context = {"organization": found, "form": form}
    return render(request, "assessments/lost_device.html", context, status=422 if form.is_bound else 200)


# --- Passwords and single sign-on -----------------------------------------------------------------


def unless_sso_only(view: View) -> View:
    """A page about passwords; where there are none, it does not exist."""

    @wraps(view)
    def shown(request: HttpRequest, **kwargs: object) -> HttpResponse:
        if settings.SSO_ONLY:
            raise Http404
        return view(request, **kwargs)

    return shown


def door(view: View) -> View:
    """A page of single sign-on: whatever goes wrong behind it ends in words."""

    @never_cache
    @login_not_required
    @wraps(view)
    def opened(request: HttpRequest, **kwargs: object) -> HttpResponse:
        try:
            return view(request, **kwargs)
        except (SocialApp.DoesNotExist, Http404) as error:
            raise Http404 from error
        except Exception as error:  # what a provider says is taken apart by several libraries
            logger.warning("Single sign-on failed: %s: %s", type(error).__name__, error)
            context = {"next": request.GET.get("next")}
            return render(request, "socialaccount/failed.html", context, status=HTTPStatus.BAD_GATEWAY)

    return opened


@door
@require_safe
def sign_on(request: HttpRequest, provider: str) -> HttpResponse:
    """Send the person to the identity provider, and remember where they wanted to go.

    Whoever was led here from elsewhere presses the button first: a provider may let them in without a word.
    """
    if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        return redirect_to_login(get_next_redirect_url(request) or "/", settings.LOGIN_URL)
    found = get_adapter().get_provider(request, provider)
    return found.redirect(request, process="login", next_url=get_next_redirect_url(request))


@door
@require_safe
def oidc_callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The person comes back with a code."""
    return oidc.callback(request, provider_id)


@csrf_exempt
@door
@require_POST
def saml_acs(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """The person comes back with an assertion; posted from elsewhere, so without a session."""
    return _saml("acs", request, organization_slug)


@door
@require_safe
def saml_finish_acs(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """The same, with the session in which it began."""
    return _saml("finish_acs", request, organization_slug)


@door
@require_safe
def saml_metadata(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """What the identity provider has to know of us."""
    return _saml("metadata", request, organization_slug)


def _saml(name: str, request: HttpRequest, organization_slug: str) -> HttpResponse:
    get_adapter().get_app(request, provider="saml", client_id=organization_slug)
    from allauth.socialaccount.providers.saml import views  # noqa: PLC0415  few need it, and it is large

    return getattr(views, name)(request, organization_slug)
