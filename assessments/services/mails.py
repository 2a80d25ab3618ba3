"""Mails: queued, sent once, tried again, stopped (models/mails.py).

A mail is claimed in the database before it goes to the mail server, so a worker that dies in
between leaves it marked as being sent: nobody knows whether it went out, and it is never sent a
second time unless an administrator says so. What the server did not take is tried again.
"""

import contextlib
import datetime as dt
import re
import smtplib
from collections.abc import Iterable

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from .. import access, emails
from ..access import Permission
from ..bounces import Bounce
from ..logs import mask
from ..models import (
    Assessment,
    Invitation,
    Mail,
    MailKind,
    MailState,
    MailStop,
    Organization,
    OrganizationMembership,
    OrganizationRole,
    Round,
    TeamMembership,
    User,
)
from ..queries import (
    actions_to_nudge,
    due_mails,
    officials_to_nudge,
    organization_actions_to_nudge,
    people_to_nudge,
)
from .errors import ServiceError
from .responses import lock_round
from .rounds import link_token, refuse_too_many_mails

BACK_OFF = [dt.timedelta(minutes=minutes) for minutes in (1, 5, 25, 2 * 60, 10 * 60)]
"""How long to wait after the first failure, the second, and so on; after the last there is no other try."""

PATIENCE = dt.timedelta(hours=1)
"""How long a mail that was handed to the queue may take before it is handed over once more."""

IN_FLIGHT = dt.timedelta(minutes=5)
"""No conversation with a mail server takes longer: what is still being sent then has lost its worker."""

AGAIN_AFTER = dt.timedelta(hours=1)
"""How long after a mail went out its person can be sent the same again."""

ERROR_LENGTH = 300


class NotSent(Exception):
    """A mail that certainly did not go out; the text is what the mail server said, or we."""

    def __init__(self, words: str, *, for_good: bool) -> None:
        super().__init__(words)
        self.for_good = for_good  # another try would end in the same way


class Unreachable(NotSent):
    """The mail server cannot be talked to at all, so it would take no other mail either."""


class MaybeSent(Exception):
    """The connection broke while a mail was being handed over: it may arrive, or not."""


# --- Queueing ---------------------------------------------------------------------------------


@transaction.atomic
def queue_invitations(*, round: Round, now: dt.datetime) -> list[Mail]:
    """A mail for each invitation of an open round that has none yet; the new ones. Twice changes nothing."""
    asking = lock_round(round.pk)
    if asking is None or not asking.is_open:
        return []
    known = set(
        Mail.objects.filter(round=asking, kind=MailKind.INVITATION).values_list("assessment_id", "email")
    )
    invited = Invitation.objects.filter(assessment__round=asking).values_list("assessment_id", "email")
    return _queue(asking, MailKind.INVITATION, (entry for entry in invited if entry not in known), now)


@transaction.atomic
def queue_results(*, round: Round, now: dt.datetime) -> list[Mail]:
    """The news that results are ready, once for the teams and, in its time, once for the coaches."""
    closed = lock_round(round.pk)
    open_to_coaches = access.results_open_to_coaches(closed) if closed else None
    if closed is None or open_to_coaches is None:
        return []
    queued: list[Mail] = []
    if not closed.team_told:
        assessments = dict(Assessment.objects.filter(round=closed).values_list("team_id", "pk"))
        rosters = TeamMembership.objects.filter(team__in=assessments).values_list("team_id", "user__email")
        to_teams = [(assessments[team], email) for team, email in rosters]
        queued += _queue(closed, MailKind.RESULTS, to_teams, now)
        closed.team_told = True
    if not closed.coaches_told and now >= open_to_coaches:
        coaches = OrganizationMembership.objects.filter(
            organization=closed.organization, role=OrganizationRole.COACH
        )
        to_coaches = [(None, email) for email in coaches.values_list("user__email", flat=True)]
        queued += _queue(closed, MailKind.ALL_RESULTS, to_coaches, now)
        closed.coaches_told = True
    closed.save(update_fields=["team_told", "coaches_told"])
    return queued


@transaction.atomic
def queue_nudges(*, round: Round, now: dt.datetime) -> list[Mail]:
    """The question, half-way to the next round, how open experiments go. Twice changes nothing."""
    closed = lock_round(round.pk)
    if closed is None:
        return []
    officials = [(None, email) for email in officials_to_nudge(closed)]
    return _queue(closed, MailKind.NUDGE, [*people_to_nudge(closed), *officials], now)


def _queue(
    about: Round, kind: MailKind, to: Iterable[tuple[int | None, str]], now: dt.datetime
) -> list[Mail]:
    return Mail.objects.bulk_create(
        (
            Mail(
                organization_id=about.organization_id,
                round=about,
                assessment_id=assessment,
                kind=kind,
                email=email,
                due_at=now,
            )
            for assessment, email in to
        ),
        batch_size=500,
    )


@transaction.atomic
def queue_account(*, organization: Organization, user: User, by: User | None, now: dt.datetime) -> Mail:
    """The invitation to sign in; the one that is waiting already, if there is one."""
    about = {"organization": organization, "kind": MailKind.ACCOUNT, "email": user.email}
    mails = Mail.objects.filter(**about)
    if waiting := mails.filter(state=MailState.WAITING).first():
        return _now(waiting, now)
    if just_sent := mails.filter(state=MailState.SENT, changed_at__gt=now - AGAIN_AFTER).first():
        return just_sent
    refuse_too_many_mails(organization=organization, more=1, now=now)
    return Mail.objects.create(**about, due_at=now)


@transaction.atomic
def queue_bundle(*, round: Round, to: User, now: dt.datetime) -> Mail:
    """The news that a round's reports are packed, to the person who asked for them.

    A person can ask more than once a round: a new row is a new mail, the last one's is not needed any more.
    """
    about = {"organization": round.organization, "round": round, "kind": MailKind.BUNDLE, "email": to.email}
    Mail.objects.filter(**about).delete()
    return Mail.objects.create(**about, due_at=now)


def _now(waiting: Mail, now: dt.datetime) -> Mail:
    """Somebody asks for it: it does not wait for its next try."""
    waiting.due_at = now
    waiting.save(update_fields=["due_at"])
    return waiting


@transaction.atomic
def take_due(*, now: dt.datetime) -> list[int]:
    """The mails to put into the workers' queue now.

    Each comes up again after ``PATIENCE``, so one whose task got lost is not, and a worker that
    stands still for a week does not find a task for every minute of it.
    """
    due = list(due_mails(now).select_for_update(skip_locked=True).values_list("pk", flat=True))
    Mail.objects.filter(pk__in=due).update(due_at=now + PATIENCE)
    return due


# --- Sending ----------------------------------------------------------------------------------


def deliver(*, mail_id: int, now: dt.datetime) -> None:
    """Send a waiting mail and note how it went. Not to be called inside a transaction."""
    mail = claim(mail_id=mail_id, now=now)
    if mail is None:
        return
    if _is_stopped(mail):
        _note(mail, now, state=MailState.STOPPED)
        return
    try:
        with translation.override(mail.organization.language):  # what went wrong is kept in words
            hand_over(_message(mail))
    except NotSent as error:
        record_failure(mail=mail, error=error, now=now)
    except MaybeSent as error:
        _note(mail, now, error=str(error))
    else:
        _note(mail, now, state=MailState.SENT, error="")


def claim(*, mail_id: int, now: dt.datetime) -> Mail | None:
    """Mark a waiting mail as being sent; None when it is not waiting, so that nobody sends it twice."""
    claimed = Mail.objects.filter(pk=mail_id, state=MailState.WAITING).update(
        state=MailState.SENDING, attempts=F("attempts") + 1, changed_at=now
    )
    if not claimed:
        return None
    related = ("organization", "round__organization", "assessment__team")
    return Mail.objects.select_related(*related).get(pk=mail_id)


def record_failure(*, mail: Mail, error: NotSent, now: dt.datetime) -> None:
    """Plan the next try, or give up."""
    if error.for_good or mail.attempts > len(BACK_OFF):
        _note(mail, now, state=MailState.FAILED, error=str(error))
    else:
        due = now + BACK_OFF[mail.attempts - 1]
        _note(mail, now, state=MailState.WAITING, due_at=due, error=str(error))


def _note(mail: Mail, now: dt.datetime, **fields: object) -> None:
    Mail.objects.filter(pk=mail.pk, state=MailState.SENDING).update(changed_at=now, **fields)


def _is_stopped(mail: Mail) -> bool:
    """Whether the person wants no mails. Who is to sign in is told so nevertheless: somebody asked for it."""
    stops = MailStop.objects.filter(organization=mail.organization, user__email__iexact=mail.email)
    return mail.kind != MailKind.ACCOUNT and stops.exists()


def _message(mail: Mail) -> EmailMessage:
    """What the mail says, made now and kept nowhere. Raises NotSent when there is nothing to say any more."""
    user = User.objects.filter(email__iexact=mail.email).first()
    if user is None:
        raise NotSent(_("Nobody here has this address any more."), for_good=True)
    if mail.round is None:
        return emails.account_mail(user, mail.organization, mail.pk)
    if mail.kind == MailKind.INVITATION:
        return _invitation_mail(mail)
    if mail.kind == MailKind.NUDGE:
        return _nudge_mail(mail, user)
    if mail.kind == MailKind.BUNDLE:
        if Permission.VIEW_RESULTS not in access.organization_permissions(user, mail.organization):
            raise NotSent(_("The reports are no longer this person's to see."), for_good=True)
        return emails.bundle_mail(mail.round, user, mail.pk)
    return emails.results_mail(mail.round, mail.assessment, user, mail.pk)


def _nudge_mail(mail: Mail, user: User) -> EmailMessage:
    about, organization = mail.assessment, mail.organization
    actions = actions_to_nudge(about, user) if about else organization_actions_to_nudge(organization, user)
    if not actions:
        raise NotSent(_("The experiments ended before, or are no longer this person's."), for_good=True)
    return emails.nudge_mail(organization, about.team if about else None, actions, user, mail.pk)


def _invitation_mail(mail: Mail) -> EmailMessage:
    invitation = (
        Invitation.objects.filter(assessment=mail.assessment, email__iexact=mail.email)
        .select_related("assessment__round__organization")
        .first()
    )
    if invitation is None or not invitation.assessment.round.is_open:
        raise NotSent(_("The round closed before."), for_good=True)
    token = link_token(invitation, invitation.assessment.round)
    return emails.invitation_mail(invitation, token, mail.pk)


def hand_over(message: EmailMessage) -> None:
    """Give a message for one person to the mail server. Raises NotSent, Unreachable and MaybeSent.

    A server that cannot be reached, or that answers with a refusal, has not taken it. One that
    falls silent in the middle may have.
    """
    try:
        message.message()
    except ValueError as error:  # a domain that no encoding has
        raise NotSent(_("No mail can be written to this address."), for_good=True) from error
    connection = get_connection()
    try:
        try:
            connection.open()
        except OSError as error:  # smtplib's errors are OSErrors, too
            raise Unreachable(_words(error), for_good=False) from error
        try:
            connection.send_messages([message])
        except smtplib.SMTPRecipientsRefused as error:
            ((code, text),) = error.recipients.values()
            raise _refused(smtplib.SMTPResponseException(code, text)) from error
        except smtplib.SMTPResponseException as error:
            raise _refused(error) from error
        except OSError as error:
            raise MaybeSent(_words(error)) from error
    finally:
        with contextlib.suppress(OSError):  # a failing goodbye changes nothing
            connection.close()


PERMANENT = 500
"""From this number on a mail server's refusal is its last word (RFC 5321, 4.2.1)."""


def _refused(error: smtplib.SMTPResponseException) -> NotSent:
    return NotSent(_words(error), for_good=error.smtp_code >= PERMANENT)


def _words(error: OSError) -> str:
    """What went wrong, on one line. A server may quote the mail that it refuses: our links are left out."""
    text = str(error)
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        text = f"{error.smtp_code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    return _without_secrets(text)


def _without_secrets(text: str) -> str:
    without_links = re.sub(re.escape(settings.SITE_URL) + r"\S*", "***", mask(text))
    return " ".join(without_links.split())[:ERROR_LENGTH]


BOUNCES_COME_WITHIN = dt.timedelta(days=30)
"""Mail servers give up after days; what was sent before is no longer looked for."""


def record_bounce(*, bounce: Bounce, now: dt.datetime) -> Mail | None:
    """Mark the mail that came back as not delivered; None where it is none of ours, or is marked already.

    The id is known to those alone who got the mail, so nobody else can make up what came back.
    A reminder that comes back is passed over: it has no row, for it would tell who had not answered.
    """
    candidates = Mail.objects.filter(
        state__in=[MailState.SENT, MailState.SENDING], changed_at__gt=now - BOUNCES_COME_WITHIN
    )
    for mail in candidates.iterator():
        if emails.message_id_of(mail) in bounce.message_ids:
            words = _without_secrets(bounce.words)
            changed = candidates.filter(pk=mail.pk).update(
                state=MailState.FAILED, error=words, changed_at=now
            )
            return mail if changed else None
    return None


# --- Once more --------------------------------------------------------------------------------


@transaction.atomic
def send_again(*, mail: Mail, by: User | None, now: dt.datetime) -> Mail:
    """Queue a mail that was sent, was not, or may have been. Its link is the same: no second vote.

    Mail programs show only one of two mails with the same id, and the id comes from the row's
    number: so a mail that did arrive once gets a new row.
    """
    again = Mail.objects.select_for_update().get(pk=mail.pk)
    if again.state == MailState.WAITING or (
        again.state == MailState.SENDING and now < again.changed_at + IN_FLIGHT
    ):
        raise ServiceError(_("This mail is on its way already."))
    if _is_stopped(again):
        raise ServiceError(
            _("%(person)s wants no mails from this survey. The last mail has a link to change that.")
            % {"person": again.email}
        )
    if again.state == MailState.SENT and now < again.changed_at + AGAIN_AFTER:
        raise ServiceError(
            _(
                "A mail went to %(person)s less than an hour ago. They may find it among their spam; "
                "otherwise try again later."
            )
            % {"person": again.email}
        )
    refuse_too_many_mails(organization=again.organization, more=1, now=now)
    if again.state == MailState.SENT:
        again.delete()
    again.state, again.attempts, again.error, again.due_at = MailState.WAITING, 0, "", now
    again.save()
    return again


@transaction.atomic
def send_all_again(*, organization: Organization, by: User | None, now: dt.datetime) -> int:
    """Queue everything that was not delivered, after a mail server was dead for long; how much it is."""
    failed = Mail.objects.filter(organization=organization, state=MailState.FAILED)
    refuse_too_many_mails(organization=organization, more=failed.count(), now=now)
    return failed.update(state=MailState.WAITING, attempts=0, error="", due_at=now, changed_at=now)


@transaction.atomic
def resend_invitation(*, assessment: Assessment, email: str, by: User | None, now: dt.datetime) -> Mail:
    """Queue a lost link again: the same one. Raises ServiceError where there is none to send."""
    queue_invitations(round=assessment.round, now=now)
    mail = Mail.objects.filter(assessment=assessment, kind=MailKind.INVITATION, email__iexact=email).first()
    if mail is None:
        raise ServiceError(_("%(person)s has no invitation in this round yet.") % {"person": email})
    return _now(mail, now) if mail.state == MailState.WAITING else send_again(mail=mail, by=by, now=now)


# --- No more ----------------------------------------------------------------------------------


def stop_mails(*, organization: Organization, user: User) -> None:
    """Send this person no more invitations, reminders and news. Twice changes nothing."""
    MailStop.objects.get_or_create(organization=organization, user=user)


@transaction.atomic
def allow_mails(*, organization: Organization, user: User, now: dt.datetime) -> None:
    """Send this person mails again, beginning with the link to a round that is open."""
    MailStop.objects.filter(organization=organization, user=user).delete()
    held_back = Mail.objects.filter(
        organization=organization, email__iexact=user.email, state=MailState.STOPPED, round__closed_at=None
    )
    held_back.update(state=MailState.WAITING, due_at=now, changed_at=now)
