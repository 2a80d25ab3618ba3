"""The mails that people get: what they say. Sending them is a task's work."""

import zoneinfo
from collections.abc import Iterable
from urllib.parse import urlsplit

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from . import access
from .models import Action, Assessment, Invitation, Mail, MailKind, Organization, Round, Team, User


def mails_are_kept() -> bool:
    """Whether mails become files because no server is set, on a machine that shows its pages to itself alone.

    Kept mails hold everybody's links, and show who was reminded.
    """
    is_alone = urlsplit(settings.SITE_URL).hostname in {"127.0.0.1", "localhost", "::1"}
    return is_alone and bool(settings.EMAIL_BACKEND.endswith("filebased.EmailBackend"))


def site_address(path: str) -> str:
    """A path of this site as people can follow it; never made from a request's host."""
    return f"{settings.SITE_URL}{path}"


def _message(
    template: str,
    organization: Organization,
    user: User,
    *,
    name: str,
    link: str,
    button: Promise,
    stop: bool = True,
    **context: object,
) -> EmailMultiAlternatives:
    """A mail as text, and as HTML made of that text: its paragraphs, and the link as a button.

    ``name`` is unique for each mail that people should get; nobody can read it out of the mail.
    Times and language are those of the organization. ``stop`` adds the link with which a person gets no more.
    """
    headers = {"Message-ID": _message_id(name), "Auto-Submitted": "auto-generated"}
    stop_link = ""
    if stop:
        stop_link = site_address(reverse("stop_mails", args=[access.mail_token(user, organization)]))
        headers["List-Unsubscribe"] = f"<{stop_link}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    context |= {"organization": organization, "user": user, "link": link, "stop_link": stop_link}
    zone = zoneinfo.ZoneInfo(organization.time_zone)
    with timezone.override(zone), translation.override(organization.language):
        subject = " ".join(render_to_string(f"assessments/mail/{template}_subject.txt", context).split())
        text = render_to_string(f"assessments/mail/{template}.txt", context).strip()
        html = render_to_string(
            "assessments/mail/mail.html",
            context | {"subject": subject, "paragraphs": text.split("\n\n"), "button": button},
        )
        if stop:
            text += "\n\n" + render_to_string("assessments/mail/stop.txt", context).strip()
    message = EmailMultiAlternatives(subject=subject, body=text + "\n", to=[user.email], headers=headers)
    message.attach_alternative(html, "text/html")
    return message


def _message_id(name: str) -> str:
    """The same for the same mail, so that a program that gets it twice can tell."""
    digest = salted_hmac("assessments.emails", name).hexdigest()[:32]
    return f"<{digest}@{urlsplit(settings.SITE_URL).hostname}>"


def message_id_of(mail: Mail) -> str:
    """The id in the head of a mail that was sent."""
    name = "results" if mail.kind == MailKind.ALL_RESULTS else mail.kind
    return _message_id(f"{name} {mail.pk}")


def invitation_mail(invitation: Invitation, token: str, number: int) -> EmailMultiAlternatives:
    """The mail with a respondent's personal link, and the promise made to them.

    ``number`` is that of the mail; another one makes a mail that programs show beside the first.
    """
    return _to_answer("invitation", f"invitation {number}", invitation, token)


def reminder_mail(invitation: Invitation, token: str, number: int) -> EmailMultiAlternatives:
    """The same link once more, to somebody whose answers are not complete.

    Needs the invitation with its round and organization, as ``invitation_mail`` does.
    """
    return _to_answer("reminder", f"reminder {number} {invitation.pk}", invitation, token)


def _to_answer(template: str, name: str, invitation: Invitation, token: str) -> EmailMultiAlternatives:
    asked = invitation.assessment.round
    return _message(
        template,
        asked.organization,
        User.objects.get(email__iexact=invitation.email),
        name=name,
        link=site_address(reverse("respond_enter", args=[token])),
        button=_("To the questionnaire"),
        assessment=invitation.assessment,
        round=asked,
    )


def results_mail(of: Round, assessment: Assessment | None, user: User, number: int) -> EmailMultiAlternatives:
    """The news that results are ready: a team's own, or, for a coach, those of all teams."""
    slug = of.organization.slug
    if assessment:
        path = reverse("results", args=[slug, assessment.team.slug, of.pk])
    else:
        path = reverse("round", args=[slug, of.pk])
    return _message(
        "results" if assessment else "all_results",
        of.organization,
        user,
        name=f"results {number}",
        link=site_address(path),
        button=_("To the results"),
        assessment=assessment,
        round=of,
        coaches_from=access.results_open_to_coaches(of) if of.team_first_days else None,
    )


def nudge_mail(
    organization: Organization, team: Team | None, actions: Iterable[Action], user: User, number: int
) -> EmailMultiAlternatives:
    """The question, half-way to the next round, how open experiments go: a team's, or the organization's."""
    if team:
        path = reverse("actions", args=[organization.slug, team.slug])
    else:
        path = reverse("organization_actions", args=[organization.slug])
    return _message(
        "nudge",
        organization,
        user,
        name=f"nudge {number}",
        link=site_address(path),
        button=_("To the experiments"),
        team=team,
        actions=actions,
    )


def bundle_mail(of: Round, user: User, number: int) -> EmailMultiAlternatives:
    """The news that the reports that somebody asked for are packed."""
    return _message(
        "bundle",
        of.organization,
        user,
        name=f"bundle {number}",
        link=site_address(reverse("bundles", args=[of.organization.slug, of.pk])),
        button=_("To the reports"),
        round=of,
    )


def account_mail(user: User, organization: Organization, number: int = 0) -> EmailMultiAlternatives:
    """The mail that lets a person choose a password, or sign on where there are none."""
    path = reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)},
    )
    return _message(
        "account",
        organization,
        user,
        name=f"account {number}",
        link=site_address(reverse("account_login") if settings.SSO_ONLY else path),
        button=_("Sign in") if settings.SSO_ONLY else _("Choose a password"),
        sso_only=settings.SSO_ONLY,
        stop=False,
    )
