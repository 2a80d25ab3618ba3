"""The mails that people get."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import translation

from assessments import access
from assessments.emails import account_mail, invitation_mail, reminder_mail, results_mail, site_address
from assessments.models import Assessment, Invitation, Organization, Round, Team, User
from tests import factories, pseudo

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


def first_mail(of: Round) -> EmailMultiAlternatives:
    invitation = Invitation.objects.select_related("assessment__round__organization").first()
    return invitation_mail(invitation, factories.token_of(invitation), 1)


def links_in(text: str) -> list[str]:
    """The links in a mail but for the one that ends them."""
    return [link for link in LINK.findall(text) if "/mails/stop/" not in link]


def html_of(mail: EmailMultiAlternatives) -> str:
    """The mail's other half."""
    ((html, kind),) = mail.alternatives
    assert kind == "text/html"
    return html


# --- What they say ----------------------------------------------------------------------------


def test_an_invitation_has_its_link_and_no_other(running: Round) -> None:
    mail = first_mail(running)
    invitation = Invitation.objects.get(email=mail.to[0])

    assert links_in(mail.body) == [f"{SITE}/respond/{factories.token_of(invitation)}/"]


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


def test_a_reminder_has_the_invitations_link_and_says_to_whom_it_goes(running: Round) -> None:
    invitation = Invitation.objects.select_related("assessment__round__organization").first()
    token = factories.token_of(invitation)
    mail = reminder_mail(invitation, token, 1)

    assert links_in(mail.body) == links_in(invitation_mail(invitation, token, 1).body)
    assert "only to those whose answers are not complete. Nobody sees who they are" in mail.body
    assert mail.subject == "How does Team Kestrel deliver? Open until 18 May 2026"


def test_times_are_those_of_the_organization(running: Round) -> None:
    Organization.objects.update(time_zone="Pacific/Auckland")

    assert "18 May 2026, 21:00 (Pacific/Auckland)" in first_mail(running).body


@pytest.fixture
def closed(kestrel: Team) -> Round:
    """A round that enough people answered."""
    return factories.closed_round(kestrel.organization, kestrel, [4] * 6, team_first_days=2)


def test_a_team_is_told_where_its_results_are_and_who_sees_them_when(closed: Round, mia: User) -> None:
    mail = results_mail(closed, Assessment.objects.get(), mia, 1)

    assert links_in(mail.body) == [f"{SITE}/o/aviary/teams/team-kestrel/rounds/{closed.pk}/"]
    assert "the results of Team Kestrel are ready" in mail.body
    assert "administrators and coaches see them from 7 May 2026, 09:00 (UTC) on" in mail.body


def test_a_team_of_which_too_few_answered_is_promised_no_results(closed: Round, mia: User) -> None:
    mail = results_mail(closed, Assessment(team=closed.assessments.get().team, responded=4), mia, 1)

    assert "results are shown where at least 5 did" in mail.body
    assert "are ready" not in mail.body


def test_a_coach_is_told_of_all_teams_at_once(closed: Round, cleo: User) -> None:
    mail = results_mail(closed, None, cleo, 1)

    assert mail.subject == "The results of 2026 Q2 at Aviary"
    assert links_in(mail.body) == [f"{SITE}/o/aviary/rounds/{closed.pk}/"]


# --- How they are made ------------------------------------------------------------------------


def test_the_other_half_says_the_same_with_the_link_as_a_button(running: Round) -> None:
    mail = first_mail(running)
    html = html_of(mail)

    assert f'<a href="{links_in(mail.body)[0]}"' in html
    assert ">To the questionnaire</a>" in html
    assert "stored without your name" in html
    assert re.findall(r"<(?:img|script|link|iframe)|url\(", html) == []
    assert set(re.findall(r'https?://[^"\s<]+', html)) == set(LINK.findall(mail.body))


def test_a_name_is_no_markup(running: Round) -> None:
    Assessment.objects.update(team_name="<b>R&D</b>")
    mail = first_mail(running)

    assert "for <b>R&D</b>:" in mail.body
    assert "for &lt;b&gt;R&amp;D&lt;/b&gt;:" in html_of(mail)


def test_a_mail_program_can_end_them_by_itself(running: Round) -> None:
    """RFC 8058: an address in a header, to post to; it holds no e-mail address."""
    message = first_mail(running).message()
    address = re.fullmatch(rf"<{SITE}/mails/stop/(\S+)/>", re.sub(r"\s", "", message["List-Unsubscribe"]))

    organization, user = access.get_recipient(address[1])
    assert (organization, user.email) == (running.organization, message["To"])
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"


def test_a_person_can_end_them_by_a_link(running: Round) -> None:
    mail = first_mail(running)

    assert f"<{LINK.findall(mail.body)[-1]}>" == mail.extra_headers["List-Unsubscribe"]
    assert ">No more mails from this survey</a>" in html_of(mail)


def test_an_invitation_to_sign_in_cannot_be_ended(ada: User, aviary: Organization) -> None:
    mail = account_mail(ada, aviary)

    assert "List-Unsubscribe" not in mail.message()
    assert "/mails/stop/" not in mail.body + html_of(mail)


def test_the_same_mail_has_the_same_id_and_another_has_another(running: Round) -> None:
    first, second = Invitation.objects.select_related("assessment__round__organization")[:2]
    made = [
        message(invitation, factories.token_of(invitation), number).message()["Message-ID"]
        for message in (invitation_mail, reminder_mail)
        for invitation, number in ((first, 1), (second, 2), (first, 1))
    ]

    assert made[0] == made[2]
    assert made[3] == made[5]
    assert len(set(made)) == 4
    assert all(re.fullmatch(r"<[0-9a-f]{32}@survey\.example\.org>", each) for each in made)


@pytest.mark.parametrize("token", ["", "nonsense", "WzEsMV0:1abc:x"])
def test_a_made_up_address_belongs_to_nobody(db: None, token: str) -> None:
    assert access.get_recipient(token) is None


def test_the_address_of_somebody_who_is_gone_belongs_to_nobody(ada: User, aviary: Organization) -> None:
    token = access.mail_token(ada, aviary)
    ada.delete()

    assert access.get_recipient(token) is None


# --- In which language ------------------------------------------------------------------------


def test_mails_are_in_the_language_of_the_organization(running: Round, ada: User) -> None:
    """Whoever has them sent, and in whatever language they read."""
    Organization.objects.update(language="de")
    with translation.override("en"):
        invitation, account = first_mail(running), account_mail(ada, Organization.objects.get())

    assert invitation.subject.startswith("Wie liefert Team Kestrel?")
    assert "Ergebnisse werden nur gezeigt, wo mindestens 5 Personen geantwortet haben." in invitation.body
    assert " Uhr (UTC) ändern." in invitation.body
    assert "Keine Mails mehr von dieser Umfrage:" in invitation.body
    assert '<html lang="de" dir="ltr">' in html_of(invitation)
    assert ">Zum Fragebogen</a>" in html_of(invitation)
    assert account.body.startswith("Guten Tag Ada,")


def test_every_text_of_a_mail_is_marked(running: Round, ada: User, settings: Any) -> None:
    Organization.objects.update(language=pseudo.LANGUAGE)
    data = pseudo.data_of_database()
    with pseudo.spoken(settings):
        mails = [first_mail(running), account_mail(ada, Organization.objects.get())]

    for mail in mails:
        texts = [mail.subject, mail.body, html_of(mail)]
        assert [words for text in texts if (words := pseudo.plain_words(text, data))] == []
