"""A mail server that is down, mute, or refuses: no page waits or breaks, and each mail goes out once."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from assessments.models import Mail, MailState, Organization, Team, User
from assessments.services import mails
from tests import factories
from tests.factories import DAY, NOW
from tests.journeys.stage import HOST, Mailbox, free_port, mail_server

FORGOTTEN = "/account/password/reset/"


@pytest.fixture
def real_mails(settings: Any) -> Any:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", HOST
    settings.EMAIL_TIMEOUT = 3
    return settings


@pytest.fixture
def mute() -> Iterator[int]:
    """The port of a server that takes every call and never says a word."""
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]


class Choosy(Mailbox):
    """Takes mails, but not for everybody."""

    def __init__(self, says: dict[str, str]) -> None:
        super().__init__()
        self.says = says

    async def handle_RCPT(
        self, server: object, session: object, envelope: Any, address: str, options: list[str]
    ) -> str:
        """What is said of a recipient."""
        if refusal := self.says.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"


def wait_for_threads() -> None:
    for thread in threading.enumerate():
        if thread.name == "hand over":
            thread.join(30)


@pytest.mark.parametrize("how", ["down", "mute"])
def test_who_forgot_a_password_neither_waits_nor_breaks(
    client: Client, lee: User, real_mails: Any, mute: int, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody without an account does not learn that either: both are answered at once."""
    real_mails.EMAIL_PORT = mute if how == "mute" else free_port()
    for address in (lee.email, "nobody@example.org"):
        response = client.post(FORGOTTEN, {"email": address})
        assert (response.status_code, response["Location"]) == (302, f"{FORGOTTEN}done/")
        assert how == "down" or any(thread.name == "hand over" for thread in threading.enumerate())

    wait_for_threads()
    warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warned) == 2
    assert all("was not taken" in words and "example.org" not in words for words in warned)


def test_the_mail_about_a_password_arrives(
    client: Client, lee: User, mailoutbox: list[mail.EmailMessage]
) -> None:
    client.post(FORGOTTEN, {"email": lee.email})
    wait_for_threads()

    (sent,) = mailoutbox
    assert sent.to == [lee.email]
    assert "/account/password/reset/key/" in sent.body


def test_a_mute_server_is_not_waited_for_and_the_mail_goes_once_when_it_speaks(
    aviary: Organization, lee: User, real_mails: Any, mute: int
) -> None:
    """It takes the call and says nothing: nothing was handed over, so the mail waits for its next try."""
    real_mails.EMAIL_PORT = mute
    waiting = factories.make_mail(aviary, lee)
    began = time.perf_counter()
    mails.deliver(mail_id=waiting.pk, now=NOW)
    assert time.perf_counter() - began < 10

    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts) == (MailState.WAITING, 1)
    assert "timed out" in waiting.error
    with mail_server() as (mailbox, port):
        real_mails.EMAIL_PORT = port
        for _again in range(2):
            mails.deliver(mail_id=waiting.pk, now=NOW)
        (sent,) = mailbox.mails
    assert sent["To"] == lee.email
    waiting.refresh_from_db()
    assert waiting.state == MailState.SENT


def test_one_who_is_refused_keeps_nobody_else_from_their_mail(kestrel: Team, real_mails: Any) -> None:
    """For good, for now, and taken: each says so, and each that is taken comes once."""
    running = factories.open_round(kestrel.organization)
    mails.queue_invitations(round=running, now=NOW)
    addresses = sorted(Mail.objects.values_list("email", flat=True))
    says = {addresses[0]: "550 No such person", addresses[1]: "450 Full, try later"}
    with mail_server(Choosy(says)) as (mailbox, port):
        real_mails.EMAIL_PORT = port
        for number in Mail.objects.values_list("pk", flat=True):
            mails.deliver(mail_id=number, now=NOW)
        mailbox.says.clear()
        for number in Mail.objects.values_list("pk", flat=True):
            mails.deliver(mail_id=number, now=NOW + DAY)
        received = sorted(sent["To"] for sent in mailbox.mails)

    assert received == addresses[1:]  # the second one, who was full, at the second try
    states = dict(Mail.objects.values_list("email", "state"))
    assert states == dict.fromkeys(addresses, MailState.SENT) | {addresses[0]: MailState.FAILED}
    assert "No such person" in Mail.objects.get(email=addresses[0]).error
