"""Webhooks: whom to tell, what, and until when (models/programs.py).

A message is written in the transaction in which something happens, so nothing is told that did not
happen and nothing that did gets lost. It is sent until it is taken: a worker that dies in between may
send it twice, with the same id, by which the receiver knows it.
"""

import datetime as dt
import json
import secrets
import uuid
from collections.abc import Iterable

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import webhooks
from ..emails import site_address
from ..models import (
    Assessment,
    MessageState,
    Organization,
    Round,
    User,
    Webhook,
    WebhookEvent,
    WebhookMessage,
)
from ..posting import Failure, NotPosted, post
from ..queries import due_messages
from ..webhooks import AddressError, Problem
from .audit import Event, audited, record
from .errors import ServiceError

MOST_WEBHOOKS = 20
"""Of one organization."""

SECONDS = 10.0
"""What an address may take to answer, the looking up of its name included."""

BACK_OFF = [
    dt.timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 6 * 60, 12 * 60, 24 * 60, 24 * 60)
]
"""How long to wait after the first failure, the second, and so on: about three days in all."""

PATIENCE = dt.timedelta(hours=1)
"""How long a message that was handed to the queue may take before it is handed over once more."""

IN_FLIGHT = dt.timedelta(minutes=5)
"""What has been begun for so long has lost its worker."""

KEPT = dt.timedelta(days=30)

ERROR_LENGTH = 300

GONE = 410

WORDS = {
    Problem.NO_ADDRESS: gettext_lazy(
        "This is no address. Write all of it, such as https://chat.example.org/hooks/4711."
    ),
    Problem.TOO_LONG: gettext_lazy("This is longer than 500 characters."),
    Problem.NOT_HTTPS: gettext_lazy(
        "The address has to begin with https://. Whoever runs the server can allow http in its own network "
        "with WEBHOOKS_INSIDE."
    ),
    Problem.HAS_PASSWORD: gettext_lazy(
        "Leave out the name and password before the @. The signature shows who is sending."
    ),
    Problem.INSIDE: gettext_lazy(
        "This leads into the network that the survey runs in, where it may reach nothing. "
        "Whoever runs the server can allow that with WEBHOOKS_INSIDE."
    ),
    Failure.UNKNOWN_NAME: gettext_lazy("No server of this name is known."),
    Failure.INSIDE: gettext_lazy(
        "The name leads into the network that the survey runs in, where it may reach nothing."
    ),
    Failure.UNREACHABLE: gettext_lazy("It could not be reached."),
    Failure.CERTIFICATE: gettext_lazy("Its certificate cannot be trusted: %(detail)s."),
    Failure.NO_TLS: gettext_lazy("It could not be spoken to by https."),
    Failure.TOO_SLOW: gettext_lazy("It did not answer within 10 seconds."),
    Failure.CLOSED: gettext_lazy("It hung up without an answer."),
    Failure.NOT_HTTP: gettext_lazy("It did not answer as a web server does."),
}


class NotTaken(Exception):
    """A message that was not taken; the text says why."""

    def __init__(self, words: str, *, is_mute: bool = False) -> None:
        super().__init__(words)
        self.is_mute = is_mute  # no answer at all: it would give none to another message either


class Gone(NotTaken):
    """The address wants no message any more."""


# --- Addresses --------------------------------------------------------------------------------


@audited
def add_webhook(
    *, organization: Organization, url: str, events: Iterable[str], by: User | None, now: dt.datetime
) -> Webhook:
    """Tell an address from now on. Raises ValidationError and ServiceError."""
    if organization.webhooks.count() >= MOST_WEBHOOKS:
        raise ServiceError(
            _("There are %(most)d addresses already. Remove one first.") % {"most": MOST_WEBHOOKS}
        )
    added = Webhook(organization=organization, salt=secrets.token_hex(32), created_at=now)
    return _save(added, url, events)


@audited
def change_webhook(*, webhook: Webhook, url: str, events: Iterable[str], by: User | None) -> Webhook:
    """Tell another address, or something else. Messages that wait go to the new one."""
    return _save(webhook, url, events)


def check_address(url: str) -> None:
    """Raise ValidationError, in words, for an address to which nothing may be sent."""
    try:
        webhooks.read_address(url, inside=settings.WEBHOOKS_INSIDE)
    except AddressError as error:
        raise ValidationError(WORDS[error.problem]) from error


def _save(webhook: Webhook, url: str, events: Iterable[str]) -> Webhook:
    webhook.url, webhook.events = url, list(dict.fromkeys(events))
    try:
        check_address(url)
    except ValidationError as error:
        raise ValidationError({"url": error}) from error
    # Django's own check of an address takes no name without a dot, as there are in one's own network
    webhook.full_clean(exclude=["url"])
    webhook.validate_constraints()
    webhook.save()
    return webhook


@audited
def remove_webhook(*, webhook: Webhook, by: User | None) -> None:
    """Tell an address nothing any more."""
    webhook.delete()


@audited
def renew_secret(*, webhook: Webhook, by: User | None, now: dt.datetime) -> None:
    """Sign with another secret from now on; the old one is good for nothing any more."""
    webhook.salt = secrets.token_hex(32)
    webhook.save(update_fields=["salt"])
    if by:
        record(what=Event.WEBHOOK_RENEWED, subject=webhook, organization=webhook.organization, by=by, now=now)


def secret_of(webhook: Webhook) -> bytes:
    """What signs the messages to an address; it is stored nowhere."""
    return webhooks.make_secret(settings.SECRET_KEY, webhook.salt)


# --- Queueing ---------------------------------------------------------------------------------


def queue_round(*, event: WebhookEvent, round: Round, now: dt.datetime) -> list[WebhookMessage]:
    """The news that a round was opened or closed. To be called in the transaction that does it."""
    with translation.override(round.organization.language):
        if event == WebhookEvent.ROUND_OPENED:
            words = _("%(round)s of %(organization)s is open.")
        else:
            words = _("%(round)s of %(organization)s is closed.")
    return _queue(event, round, words % _names(round), _path(round), now, {})


def queue_report(
    *, round: Round, assessment: Assessment | None, path: str, now: dt.datetime
) -> list[WebhookMessage]:
    """The news that a team's report is ready or, without a team, the summary; ``path`` leads to it."""
    with translation.override(round.organization.language):
        if assessment:
            words = _("The report of %(team)s on %(round)s is ready.") % _names(round, assessment)
        else:
            words = _("The summary of %(round)s of %(organization)s is ready.") % _names(round)
    more: dict[str, object] = {"team": assessment.team.slug if assessment else None}
    return _queue(WebhookEvent.REPORT_READY, round, words, path, now, more)


def _names(of: Round, assessment: Assessment | None = None) -> dict[str, str]:
    team = assessment.team_name if assessment else ""
    return {"round": of.name, "organization": of.organization.name, "team": team}


def _path(of: Round) -> str:
    return reverse("round", args=[of.organization.slug, of.pk])


def _queue(
    event: WebhookEvent, about: Round, words: str, path: str, now: dt.datetime, more: dict[str, object]
) -> list[WebhookMessage]:
    """A message to each address that is told of this: never a result, a number of answers or a person.

    A round that was asked elsewhere and brought in is no news.
    """
    told = Webhook.objects.none() if about.imported else about.organization.webhooks.all()
    data: dict[str, object] = {
        "organization": about.organization.slug,
        "round": {
            "id": about.pk,
            "name": about.name,
            "url": site_address(_path(about)),
            "opens_at": _iso(about.opens_at),
            "closes_at": _iso(about.closes_at),
        },
    }
    body = _body(event, words, path, now, data | more)
    return WebhookMessage.objects.bulk_create(
        _message(webhook, event, body, now) for webhook in told if event in webhook.events
    )


def _body(
    event: WebhookEvent, words: str, path: str, now: dt.datetime, data: dict[str, object]
) -> dict[str, object]:
    """What is sent, as docs/webhooks.md describes it."""
    url = site_address(path)
    return {
        "type": event.value,
        "timestamp": _iso(now),
        "data": data | {"url": url},
        "text": f"{words} {url}",
    }


def _iso(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _message(
    webhook: Webhook, event: WebhookEvent, body: dict[str, object], now: dt.datetime
) -> WebhookMessage:
    return WebhookMessage(webhook=webhook, event=event, body=body, created_at=now, due_at=now)


@transaction.atomic
def queue_test(*, webhook: Webhook, by: User | None, now: dt.datetime) -> WebhookMessage:
    """A message that only says that it is a test. One at a time."""
    if webhook.messages.filter(event=WebhookEvent.TEST, state=MessageState.WAITING).exists():
        raise ServiceError(_("A test message is on its way already."))
    organization = webhook.organization
    with translation.override(organization.language):
        words = _("This is a test from the survey of %(organization)s.") % {"organization": organization}
    path = reverse("organization", args=[organization.slug])
    body = _body(WebhookEvent.TEST, words, path, now, {"organization": organization.slug})
    message = _message(webhook, WebhookEvent.TEST, body, now)
    message.save()
    return message


@transaction.atomic
def take_due(*, now: dt.datetime) -> list[tuple[uuid.UUID, int]]:
    """The messages to put into the workers' queue now, each with the number of attempts so far.

    Each comes up again after ``PATIENCE``, as one whose task got lost has to.
    """
    due = list(due_messages(now).select_for_update(skip_locked=True).values_list("pk", "attempts"))
    WebhookMessage.objects.filter(pk__in=[pk for pk, _attempts in due]).update(due_at=now + PATIENCE)
    return due


@transaction.atomic
def try_again(*, webhook: Webhook, by: User | None, now: dt.datetime) -> int:
    """Begin anew with all that an address has not taken; how much that is."""
    not_taken = webhook.messages.exclude(state=MessageState.SENT)
    return not_taken.update(state=MessageState.WAITING, attempts=0, due_at=now)


def forget_old(*, now: dt.datetime) -> None:
    """Delete what was told, or was to be, 30 days ago and more."""
    WebhookMessage.objects.filter(created_at__lte=now - KEPT).delete()


# --- Sending ----------------------------------------------------------------------------------


def deliver(*, message_id: uuid.UUID, attempts: int, now: dt.datetime) -> None:
    """Send a message that waits after so many attempts, and note how it went.

    After another number of them somebody else has taken it on. Not to be called inside a transaction.
    """
    waiting = WebhookMessage.objects.filter(pk=message_id, state=MessageState.WAITING, attempts=attempts)
    message = waiting.select_related("webhook__organization").first()
    if message is None or not waiting.update(attempts=attempts + 1, due_at=now + IN_FLIGHT):
        return
    message.attempts += 1
    try:
        with translation.override(message.webhook.organization.language):  # the reason is kept in words
            if attempts > len(BACK_OFF):
                raise NotTaken(_("Whoever was to send it never came back."))
            _send(message, now)
    except Gone as error:
        _end(message.webhook, error, now)
    except NotTaken as error:
        _put_off(message, error, now)
    else:
        taken = WebhookMessage.objects.filter(pk=message.pk)
        taken.update(state=MessageState.SENT, error="", due_at=now)


def _send(message: WebhookMessage, now: dt.datetime) -> None:
    """Raises NotTaken unless the address takes it."""
    inside = settings.WEBHOOKS_INSIDE
    try:
        address = webhooks.read_address(message.webhook.url, inside=inside)
        body = json.dumps(message.body).encode()
        status = post(address, body, _headers(message, body, now), inside=inside, seconds=SECONDS)
    except AddressError as error:
        raise NotTaken(str(WORDS[error.problem]), is_mute=True) from error
    except NotPosted as error:
        words = WORDS[error.failure] % {"detail": error.detail.rstrip(".")}
        raise NotTaken(words[:ERROR_LENGTH], is_mute=True) from error
    if status == GONE:
        raise Gone(_("It answered 410: it wants no messages any more."))
    if 300 <= status < 400:
        raise NotTaken(
            _("It answered %(status)d and points elsewhere. Enter that address.") % {"status": status}
        )
    if not 200 <= status < 300:
        raise NotTaken(_("It answered %(status)d.") % {"status": status})


def _headers(message: WebhookMessage, body: bytes, now: dt.datetime) -> dict[str, str]:
    timestamp = int(now.timestamp())
    return {
        "Content-Type": "application/json",
        "User-Agent": "Accelerate-Survey",
        "webhook-id": str(message.pk),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": webhooks.sign(secret_of(message.webhook), str(message.pk), timestamp, body),
    }


def _put_off(message: WebhookMessage, error: NotTaken, now: dt.datetime) -> None:
    """Plan the next attempt, or give up.

    What has waited as long for an address that is mute goes the same way without being tried: a dead
    address costs the workers seconds, however much it is to be told.
    """
    alike = Q(pk=message.pk, attempts=message.attempts)
    if error.is_mute:
        alike |= Q(webhook=message.webhook, attempts=message.attempts - 1)
    waiting = WebhookMessage.objects.filter(alike, state=MessageState.WAITING)
    if message.attempts > len(BACK_OFF):
        state, due = MessageState.FAILED, now
    else:
        state, due = MessageState.WAITING, now + BACK_OFF[message.attempts - 1]
    waiting.update(state=state, attempts=message.attempts, due_at=due, error=str(error))


@transaction.atomic
def _end(webhook: Webhook, error: Gone, now: dt.datetime) -> None:
    """Tell an address nothing any more, because it said so. If it is another one by now, that is asked."""
    if not Webhook.objects.filter(pk=webhook.pk, url=webhook.url).update(events=[]):
        return
    waiting = webhook.messages.filter(state=MessageState.WAITING)
    waiting.update(state=MessageState.FAILED, due_at=now, error=str(error))
    record(what=Event.WEBHOOK_GONE, subject=webhook, organization=webhook.organization, by=None, now=now)
