"""The mails that people get: what they say. Sending them is a task's work."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from .models import Invitation, Organization, User


def site_address(path: str) -> str:
    """A path of this site as people can follow it; never made from a request's host."""
    return f"{settings.SITE_URL}{path}"


def _message(template: str, to: str, context: dict[str, object]) -> EmailMessage:
    subject = render_to_string(f"assessments/mail/{template}_subject.txt", context)
    body = render_to_string(f"assessments/mail/{template}.txt", context)
    return EmailMessage(subject=" ".join(subject.split()), body=body.strip() + "\n", to=[to])


def invitation_mail(invitation: Invitation, token: str) -> EmailMessage:
    """The mail with a respondent's personal link, and the promise made to them."""
    asked = invitation.assessment.round
    return _message(
        "invitation",
        invitation.email,
        {
            "assessment": invitation.assessment,
            "round": asked,
            "organization": asked.organization,
            "link": site_address(reverse("respond_enter", args=[token])),
        },
    )


def account_mail(user: User, organization: Organization) -> EmailMessage:
    """The mail that lets a person choose a password."""
    path = reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)},
    )
    return _message(
        "account", user.email, {"user": user, "organization": organization, "link": site_address(path)}
    )
