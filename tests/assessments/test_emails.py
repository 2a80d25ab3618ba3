"""The mails that people get."""

from __future__ import annotations

import re

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from assessments.emails import account_mail, invitation_mail, site_address
from assessments.models import Assessment, Invitation, Organization, Round, Team, User
from assessments.services import rounds
from assessments.tasks import send_account_mail, send_invitation
from tests import factories

SITE = "https://survey.example.org"
LINK = re.compile(r"https?://[^\s]+")


@pytest.fixture(autouse=True)
def site(settings: object) -> None:
    """The address that an operator would set."""
    settings.SITE_URL = SITE


@pytest.fixture
def running(kestrel: Team) -> Round:
    """An open round of Kestrel."""
    return factories.open_round(kestrel.organization)


def first_mail(of: Round) -> EmailMessage:
    invitation = Invitation.objects.select_related("assessment__round__organization").first()
    return invitation_mail(invitation, factories.token_of(invitation))


# --- What they say ----------------------------------------------------------------------------


def test_an_invitation_has_its_link_and_no_other(running: Round) -> None:
    mail = first_mail(running)
    invitation = Invitation.objects.get(email=mail.to[0])

    assert LINK.findall(mail.body) == [f"{SITE}/respond/{factories.token_of(invitation)}/"]


def test_an_invitation_says_what_is_promised(running: Round) -> None:
    body = first_mail(running).body

    assert "Your answers are stored without your name." in body
    assert "While it is open, somebody who controls this server could." in body
    assert "at least 5 people answered" in body
    assert re.search(r"May 18|18 May", body)


def test_an_invitation_names_the_team_and_the_round(running: Round) -> None:
    mail = first_mail(running)

    assert mail.subject == "How does Team Kestrel deliver? 2026 Q2"
    assert len(mail.to) == 1
    assert (mail.cc, mail.bcc) == ([], [])


def test_names_are_written_as_they_are(running: Round) -> None:
    """Mails are plain text: nothing in them is escaped for a browser."""
    Assessment.objects.update(team_name="R&D <core>")

    assert first_mail(running).subject == "How does R&D <core> deliver? 2026 Q2"


@pytest.mark.parametrize("name", ["Kestrel\nBcc: all@example.org", "Kestrel\r\n\r\nFollow me", "A\tB"])
def test_a_name_cannot_break_out_of_the_subject(running: Round, name: str) -> None:
    Assessment.objects.update(team_name=name)
    mail = first_mail(running)

    assert mail.subject == f"How does {' '.join(name.split())} deliver? 2026 Q2"
    assert mail.body.startswith("Hello,")
    assert "Bcc" not in mail.message().as_string().split("\n\n")[0].replace(mail.subject, "")


def test_an_account_mail_lets_a_person_choose_a_password(
    client: Client, ada: User, aviary: Organization
) -> None:
    mail = account_mail(ada, aviary)
    (link,) = LINK.findall(mail.body)

    assert (mail.to, mail.subject) == (["ada@example.org"], "Your access to Aviary's survey results")
    page = client.get(link.removeprefix(SITE), follow=True)
    assert page.status_code == 200
    assert b'type="password"' in page.content


def test_addresses_are_made_of_the_setting_alone() -> None:
    assert site_address("/respond/") == f"{SITE}/respond/"


# --- Sending ----------------------------------------------------------------------------------


def test_an_invitation_is_sent_once(running: Round, mailoutbox: list[EmailMessage]) -> None:
    invitation = Invitation.objects.first()

    for _attempt in range(2):
        send_invitation.call(str(invitation.pk))

    assert [mail.to for mail in mailoutbox] == [[invitation.email]]
    assert Invitation.objects.get(pk=invitation.pk).sent_at


def test_nothing_is_sent_once_the_round_is_closed(running: Round, mailoutbox: list[EmailMessage]) -> None:
    invitation = Invitation.objects.first()
    rounds.close_round(round=running, by=None, now=factories.NOW)

    send_invitation.call(str(invitation.pk))

    assert mailoutbox == []


def test_an_invitation_that_is_gone_is_passed_over(running: Round, mailoutbox: list[EmailMessage]) -> None:
    send_invitation.call("00000000-0000-4000-8000-000000000000")

    assert mailoutbox == []


def test_an_account_mail_is_sent(ada: User, aviary: Organization, mailoutbox: list[EmailMessage]) -> None:
    send_account_mail.call(ada.pk, aviary.pk)

    assert [mail.to for mail in mailoutbox] == [["ada@example.org"]]
