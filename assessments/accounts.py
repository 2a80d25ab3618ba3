"""How people get to sign in: because an administrator invited them, or their identity provider knows them."""

import base64
import hashlib
import hmac
import logging
import re
import secrets
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.forms import LoginForm, ResetPasswordForm
from allauth.core import context as current
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.utils import encrypt
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError
from cryptography.fernet import Fernet, InvalidToken
from django import forms
from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .emails import site_address
from .models import Organization, User
from .queries import owes_second_factor
from .services import mails, sign_in

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """django-allauth with its sign-up closed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for themselves."""
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        """A link of the one address that people know, whatever the request calls its host."""
        return site_address(urlsplit(super().get_reset_password_from_key_url(key)).path)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Where the way to the form began."""
        return reverse("mfa_index")

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Where no password is good for anything, none is asked for once more."""
        return not settings.SSO_ONLY and super().is_reauthentication_required(app=app)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the mail now, and hand it over meanwhile: no page waits for a mail server, or breaks with it.

        Its link is kept nowhere, in no queue either; who got no mail asks for it again.
        """
        about = {"request": current.request, "email": email} | context
        message = self.render_mail(template_prefix, email, about)
        threading.Thread(target=_hand_over, args=[message], name="hand over").start()


def _hand_over(message: EmailMessage) -> None:
    try:
        mails.hand_over(message)
    except (mails.NotSent, mails.MaybeSent) as error:
        logger.warning("A mail about a password was not taken: %s", error)


class SignInForm(LoginForm):
    """Django-allauth's, in our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = gettext_lazy("E-mail address")
        self.fields["remember"].label = gettext_lazy("Stay signed in")


class ForgottenPasswordForm(ResetPasswordForm):
    """Django-allauth's, in our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = gettext_lazy("E-mail address")


class PublicPagesAskNobody(LoginRequiredMiddleware):
    """Django's rule that a page is public only when it says so, without a look at who asks for such a page.

    Django's own asks for the user first and the page second; the questionnaire opens no session.
    """

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        """Let public pages through; everybody else's go the usual way."""
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


class OwnWordsValidator:
    """Refuses a password that is little more than words that everybody here would try first.

    They are those of the product, of the site's name, and of the names of the person's organizations.
    """

    WORDS = frozenset(
        {"accelerate", "survey", "dora", "password", "welcome", "administrator", "admin", "coach"}
    )
    LEFT = 6
    """So many other letters and digits make it one's own again."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for such a password."""
        words = self.WORDS | set(re.findall(r"\w+", urlsplit(settings.SITE_URL).hostname or ""))
        if user is not None and user.pk:
            for name in Organization.objects.filter(memberships__user=user).values_list("name", flat=True):
                words |= set(re.findall(r"\w+", name.lower()))
        left = password.lower()
        for word in sorted(words, key=len, reverse=True):
            left = left.replace(word, "") if len(word) > 2 else left
        if len(left) < len(password) and len(re.findall(r"\w", left)) < self.LEFT:
            raise ValidationError(_("This password consists of words that others here would guess."))

    def get_help_text(self) -> str:
        """What is said beside the field."""
        return _("Your password can’t consist of the names of this survey and of your organization.")


# --- Second factors -------------------------------------------------------------------------------


class SecondFactorIsAsked:
    """Leads whoever has to have a second factor, and has none, to where they set it up.

    Who came over single sign-on has shown there what the identity provider asks for.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing is to be done before it is known which page is asked for."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        """Let through whoever asks for a public page, or one about signing in, and who has one."""
        name = str(request.resolver_match.url_name if request.resolver_match else "")
        if not settings.REQUIRE_SECOND_FACTOR or name.startswith(("account_", "mfa_")):
            return None
        if not getattr(view_func, "login_required", True):
            return None
        return redirect("mfa_index") if has_to_set_one_up(request) else None


def has_to_set_one_up(request: HttpRequest) -> bool:
    """Whether other pages open only after this person has set up a second factor."""
    user = request.user
    return isinstance(user, User) and not _came_by_sso(request) and owes_second_factor(user)


def _came_by_sso(request: HttpRequest) -> bool:
    records = get_authentication_records(request, request.user)
    return any(record["method"] == "socialaccount" for record in records)


class SecondFactorAdapter(DefaultMFAAdapter):
    """django-allauth's second factors in our words, and kept so that the database alone makes no codes."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("This was not accepted: it is wrong, too old or used already."),
    }

    def get_totp_issuer(self) -> str:
        """What an authenticator app calls us."""
        return "Accelerate Survey"

    def encrypt(self, text: str) -> str:
        """For the database, readable with SECRET_KEY only."""
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret again; after SECRET_KEY has changed, one that nobody knows."""
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        """What a passkey is called that was given no name."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return _("Passkey %(number)d") % {"number": number}


def _box() -> Fernet:
    key = hmac.digest(settings.SECRET_KEY.encode(), b"second factors", hashlib.sha256)
    return Fernet(base64.urlsafe_b64encode(key))


class _ByCode(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = gettext_lazy("Code")
        widget = self.fields["code"].widget
        widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "size": "12"}


class CodeForm(_ByCode, AuthenticateForm):
    """The second step of signing in."""


class CodeAgainForm(_ByCode, ReauthenticateForm):
    """Asked once more before something important."""


class FirstCodeForm(_ByCode, ActivateTOTPForm):
    """The proof that the app has the secret. Its code is used up by that, like any other."""

    def clean_code(self) -> str:
        """The code. Raises ValidationError for a wrong one, and one that was good before."""
        code: str = super().clean_code()
        app = Authenticator(
            user=self.user, type=Authenticator.Type.TOTP, data={"secret": encrypt(self.secret)}
        )
        if not app.wrap().validate_code(code):
            raise get_mfa_adapter().validation_error("incorrect_code")
        return code


class PasskeyForm(AddWebAuthnForm):
    """A new passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = gettext_lazy("Name")
        self.fields["name"].help_text = gettext_lazy("Such as the device that it is on.")
        self.fields["name"].max_length = 50
        if "passwordless" in self.fields:
            self.fields["passwordless"].initial = True
            self.fields["passwordless"].label = gettext_lazy("Sign in with it alone, without a password")
            self.fields["passwordless"].help_text = gettext_lazy(
                "The device then asks for a PIN, a finger or a face."
            )


# --- Single sign-on -------------------------------------------------------------------------------


class SignOnAdapter(DefaultSocialAccountAdapter):
    """Who signs on is joined to the person of the same address; nobody makes an account for themselves."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """An administrator invites, or a group gives a role."""
        return False

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> Any:
        """The name as the provider gives it."""
        parts = (data.get("first_name"), data.get("last_name"))
        name = data.get("name") or " ".join(str(part) for part in parts if part)
        sociallogin.user.name = str(name)[:150]
        return sociallogin.user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find the person, or tell a stranger whom to ask. What else the provider said is not kept."""
        claims, sociallogin.account.extra_data = sociallogin.account.extra_data, {}
        given = sociallogin.email_addresses
        # a provider may say "false", which is no less true to Python than any other word
        proven = [each.email for each in given if str(each.verified).lower() == "true"]
        context = {"address": given[0].email if given else "", "is_proven": bool(proven)}
        try:
            user = sign_in.sign_on(
                user=sociallogin.user if sociallogin.is_existing else None,
                email=proven[0] if proven else "",
                name=sociallogin.user.name,
                groups=groups_of(claims),
                rules=settings.SSO_ROLES,
                now=timezone.now(),
            )
        except sign_in.AddressTaken as error:
            logger.warning("Single sign-on: an address came with another account than before")
            taken = render(request, "socialaccount/taken.html", context, status=403)
            raise ImmediateHttpResponse(taken) from error
        if user is None:
            raise ImmediateHttpResponse(render(request, "socialaccount/unknown.html", context, status=403))
        if sociallogin.is_existing:
            sociallogin.account.save()
        else:
            sociallogin.connect(request, user)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Say so on a page of ours; the log says what it was."""
        more, said = extra_context or {}, request.GET.get("error", "")
        reason = more.get("saml_last_error_reason") or exception
        reason = reason or (said if re.fullmatch("[a-z_]{1,40}", said) else error)
        logger.warning("Single sign-on failed: %s", reason)
        context = {
            "is_refused": error in {AuthError.CANCELLED, AuthError.DENIED},
            "next": (more.get("state") or {}).get("next"),
        }
        raise ImmediateHttpResponse(render(request, "socialaccount/failed.html", context, status=401))


def groups_of(claims: dict[str, Any]) -> set[str]:
    """The groups that a provider names, wherever it does: in the token, beside it, or in a SAML attribute."""
    places = (claims, claims.get("userinfo"), claims.get("id_token"))
    said = [place.get(settings.SSO_GROUPS_CLAIM) for place in places if isinstance(place, dict)]
    return {str(group) for one in said if one for group in ([one] if isinstance(one, str) else one)}
