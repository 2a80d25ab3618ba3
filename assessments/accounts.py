"""How people get to sign in: by an administrator's invitation only."""

from collections.abc import Callable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm, ResetPasswordForm
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy


class AccountAdapter(DefaultAccountAdapter):
    """django-allauth with its sign-up closed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for themselves."""
        return False


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
