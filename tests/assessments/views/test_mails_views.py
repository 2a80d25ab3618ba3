"""The pages about mails: what did not arrive, a lost link, and no more of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from assessments import access
from assessments.models import (
    Invitation,
    Mail,
    MailState,
    MailStop,
    Organization,
    Response,
    Round,
    Team,
    User,
)
from assessments.services import mails
from tests import factories
from tests.factories import DAY

MAILS = "/o/aviary/mails/"


@pytest.fixture
def running(kestrel: Team) -> Round:
    """An open round of Kestrel, whose six people have a mail waiting."""
    opened = factories.open_round(kestrel.organization, now=timezone.now())
    mails.queue_invitations(round=opened, now=timezone.now())
    return opened


@pytest.fixture
def ada_in(sign_in: Any, ada: User) -> Client:
    """A browser in which ada is signed in."""
    return sign_in(ada)


def set_states(*states: MailState) -> list[Mail]:
    """The first mails, in these states; the others are sent."""
    Mail.objects.update(state=MailState.SENT, attempts=1)
    found = list(Mail.objects.order_by("pk"))[: len(states)]
    for mail, state in zip(found, states, strict=True):
        Mail.objects.filter(pk=mail.pk).update(state=state)
    return found


# --- For administrators -----------------------------------------------------------------------


def test_the_page_of_a_round_counts_its_mails(ada_in: Client, running: Round) -> None:
    set_states(MailState.FAILED, MailState.WAITING, MailState.FAILED)

    page = ada_in.get(f"/o/aviary/rounds/{running.pk}/").content.decode()

    assert f'<a href="{MAILS}">1 waiting, 3 sent, 2 not delivered</a>' in page


def test_a_coach_is_not_shown_mails(sign_in: Any, cleo: User, running: Round) -> None:
    assert MAILS not in sign_in(cleo).get(f"/o/aviary/rounds/{running.pk}/").content.decode()


def test_what_was_not_delivered_is_listed_with_the_servers_words(ada_in: Client, running: Round) -> None:
    failed, sent = set_states(MailState.FAILED, MailState.SENT)
    Mail.objects.filter(pk=failed.pk).update(error="550 no such <person>")

    page = ada_in.get(MAILS).content.decode()

    assert failed.email in page
    assert "not delivered, tried once" in page
    assert "550 no such &lt;person&gt;" in page
    assert sent.email not in page
    assert "5 sent, 1 not delivered." in page


def test_a_mail_in_doubt_is_called_so_once_its_worker_must_be_gone(ada_in: Client, running: Round) -> None:
    lost, moving = set_states(MailState.SENDING, MailState.SENDING)
    Mail.objects.filter(pk=lost.pk).update(changed_at=timezone.now() - mails.IN_FLIGHT)

    page = ada_in.get(MAILS).content.decode()

    assert page.count("may not have arrived") == 1
    assert f"{MAILS}{lost.pk}/again/" in page
    assert f"{MAILS}{moving.pk}/again/" not in page


def test_a_mail_is_sent_again_when_asked_for(
    ada_in: Client, running: Round, mailoutbox: list[EmailMessage]
) -> None:
    (failed,) = set_states(MailState.FAILED)

    page = ada_in.post(f"{MAILS}{failed.pk}/again/", follow=True).content.decode()

    assert f"The mail to {failed.email} is on its way again." in page
    assert [mail.to for mail in mailoutbox] == [[failed.email]]


def test_all_that_failed_is_sent_again_at_once(
    ada_in: Client, running: Round, mailoutbox: list[EmailMessage]
) -> None:
    set_states(MailState.FAILED, MailState.FAILED)
    assert "Send all 2 undelivered mails again" in ada_in.get(MAILS).content.decode()

    assert "2 mails are on their way again." in ada_in.post(f"{MAILS}again/", follow=True).content.decode()
    assert len(mailoutbox) == 2


def test_old_trouble_is_not_listed(ada_in: Client, running: Round) -> None:
    (failed,) = set_states(MailState.FAILED)
    Mail.objects.update(changed_at=timezone.now() - 91 * DAY)

    page = ada_in.get(MAILS).content.decode()

    assert "Nothing. Every mail has been handed to the mail server." in page
    assert failed.email not in page


def test_closing_a_round_tells_its_teams(
    ada_in: Client, running: Round, mailoutbox: list[EmailMessage]
) -> None:
    ada_in.post(f"/o/aviary/rounds/{running.pk}/close/")

    news = [
        mail for mail in mailoutbox if mail.subject == "How Team Kestrel delivers: the results of 2026 Q2"
    ]
    assert len(news) == 6


# --- A lost link ------------------------------------------------------------------------------


def test_a_lead_sends_a_lost_link_again(
    sign_in: Any, lee: User, running: Round, mailoutbox: list[EmailMessage]
) -> None:
    set_states()
    Mail.objects.update(changed_at=timezone.now() - mails.AGAIN_AFTER)
    membership = running.assessments.get().team.memberships.get(user__email="team-kestrel-0@example.org")
    address = f"/o/aviary/teams/team-kestrel/people/{membership.pk}/link/"
    assert address in sign_in(lee).get("/o/aviary/teams/team-kestrel/").content.decode()

    page = sign_in(lee).post(address, follow=True).content.decode()

    assert "The link is on its way to Person 0 again." in page
    (mail,) = mailoutbox
    assert factories.token_of(Invitation.objects.get(email=membership.user.email)) in mail.body
    assert Response.objects.count() == Invitation.objects.count()


def test_no_link_is_offered_without_an_open_round(sign_in: Any, lee: User) -> None:
    page = sign_in(lee).get("/o/aviary/teams/team-kestrel/").content.decode()

    assert "/link/" not in page


# --- No more ----------------------------------------------------------------------------------


@pytest.fixture
def address(aviary: Organization, mia: User) -> str:
    """The link at the end of mia's mails."""
    return f"/mails/stop/{access.mail_token(mia, aviary)}/"


def test_looking_stops_nothing(client: Client, address: str) -> None:
    for _visit in range(2):
        assert "Send me no more mails" in client.get(address).content.decode()

    assert not MailStop.objects.exists()


def test_a_mail_program_stops_them_by_one_post(mia: User, aviary: Organization, address: str) -> None:
    program = Client(enforce_csrf_checks=True)

    response = program.post(address, {"List-Unsubscribe": "One-Click"})

    assert response.status_code == 200
    assert [(stop.user, stop.organization) for stop in MailStop.objects.all()] == [(mia, aviary)]
    assert response.cookies == {}


def test_a_person_stops_them_and_changes_their_mind(client: Client, address: str) -> None:
    assert "You get no mails from the survey of Aviary any more" in client.post(address).content.decode()
    assert "You get no mails from the survey of Aviary any more" in client.get(address).content.decode()

    assert "from the survey of Aviary again" in client.post(address, {"allow": ""}).content.decode()
    assert not MailStop.objects.exists()


def test_the_page_asks_nobody_who_they_are(
    client: Client, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object) -> None:
        raise AssertionError("a session was opened")

    monkeypatch.setattr(SessionBase, "_session", property(fail))
    client.cookies[settings.SESSION_COOKIE_NAME] = "somebody"

    for url in (address, "/mails/stop/nonsense/"):
        for method in (client.get, client.post):
            assert "no-store" in method(url)["Cache-Control"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_cut_off_link_is_explained(client: Client, address: str, method: str) -> None:
    response = getattr(client, method)(f"{address[:-3]}/")

    assert response.status_code == 404
    assert "The address is not complete." in response.content.decode()
    assert not MailStop.objects.exists()
