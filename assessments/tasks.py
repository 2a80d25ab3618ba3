"""Work done in the background: each task fetches by id and does one thing."""

from django.utils import timezone
from django_tasks import task

from . import emails
from .models import Invitation, Organization, User
from .services.rounds import link_token

URGENT = 10
"""Mails go before reports."""


@task(priority=URGENT)
def send_invitation(invitation_id: str) -> None:
    """Send one invitation, once, while its round is open.

    The link is derived here and kept nowhere: neither in the queue nor in the database.
    """
    invitation = (
        Invitation.objects.filter(pk=invitation_id, sent_at=None)
        .select_related("assessment__round__organization")
        .first()
    )
    if invitation is None or not invitation.assessment.round.is_open:
        return
    asked = invitation.assessment.round
    emails.invitation_mail(invitation, link_token(invitation, asked)).send()
    Invitation.objects.filter(pk=invitation.pk).update(sent_at=timezone.now())


@task(priority=URGENT)
def send_account_mail(user_id: int, organization_id: int) -> None:
    """Send a person the link to choose a password."""
    user = User.objects.get(pk=user_id)
    emails.account_mail(user, Organization.objects.get(pk=organization_id)).send()
