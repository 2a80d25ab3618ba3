"""Attack 5: what anyone can type is a text and nothing else, wherever it comes out again."""

from __future__ import annotations

import email
import email.policy
import io
from typing import Any

import pikepdf
import pytest
import tinyhtml5
from django.core.mail import EmailMultiAlternatives
from django.core.management import call_command
from django.test import Client

from assessments import emails
from assessments.models import Invitation, Round, User
from reports import pdf
from reports.builder import build_content
from reports.summary import build_summary
from tests.attacks import hostile
from tests.journeys import scenes

pytestmark = [pytest.mark.django_db, pytest.mark.own_engine]

PEOPLE = ("mia", "lee", "cleo", "ada", "olga")
"""Of ``scenes.every_page``: somebody of each role, and an administrator with questionnaires of their own."""


TOKEN = f"1-{'A' * 43}"


@pytest.fixture
def scene() -> dict[str, Any]:
    """An organization in which every page has something to show."""
    call_command("import_questionnaire", str(scenes.QUESTIONNAIRE), stdout=io.StringIO())
    return scenes.every_page()


@pytest.mark.parametrize("kind", hostile.TEXTS)
def test_on_every_page_and_in_every_form(
    scene: dict[str, Any], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("render", "render_summary"):  # documents have tests of their own, below
        monkeypatch.setattr(f"reports.pdf.{name}", lambda content: b"%PDF-1.7 of a test")
    people = {name: User.objects.get(email=scene["people"][name]) for name in PEOPLE}
    hostile.plant(hostile.TEXTS[kind])

    crawlers = [_walk(hostile.TEXTS[kind], scene, user) for user in (*people.values(), None)]

    assert [crawler.harm for crawler in crawlers] == [{}] * len(crawlers)
    assert min(crawler.seen.total() for crawler in crawlers) > 9


def _walk(text: str, scene: dict[str, Any], user: User | None) -> hostile.Crawler:
    """As somebody who is signed in, or who came by links from mails."""
    crawler = hostile.Crawler(Client(), text, often=2)
    if user:
        crawler.client.force_login(user)
        crawler.walk("/")
    else:
        crawler.walk(scene["links"][0], "/respond/1/", f"/mails/stop/{scene['signed']['mia']}/")
    return crawler


@pytest.mark.parametrize("kind", hostile.TEXTS)
def test_in_mails(scene: dict[str, Any], kind: str) -> None:
    user = User.objects.get(email=scene["people"]["lee"])
    hostile.plant(hostile.TEXTS[kind])
    user.refresh_from_db()
    of = Round.objects.get(pk=scene["last"])
    assessment = of.assessments.get(team__slug="team-owl")
    team, organization = assessment.team, of.organization
    invitation = Invitation.objects.filter(assessment__round=scene["running"]).first()
    assert invitation
    invitation.email = user.email

    for message in (
        emails.invitation_mail(invitation, TOKEN, 1),
        emails.reminder_mail(invitation, TOKEN, 1),
        emails.results_mail(of, assessment, user, 1),
        emails.results_mail(of, None, user, 1),
        emails.nudge_mail(organization, team, team.actions.all(), user, 1),
        emails.bundle_mail(of, user, 1),
        emails.account_mail(user, organization),
    ):
        assert harm_of_mail(message) == set()


def harm_of_mail(message: EmailMultiAlternatives) -> set[str]:
    """What goes wrong with a mail, as a program for mails reads it."""
    parsed = email.message_from_bytes(message.message().as_bytes(), policy=email.policy.default)
    found = {f"header {name}" for name in ("Bcc", "Cc") if name in parsed}
    found |= {f"line in {name}" for name, value in parsed.items() if set(value) & set("\r\n")}
    found |= {"another person"} if len(parsed["To"].addresses) != 1 else set()
    text = parsed.get_body(("plain",)).get_content()
    found |= {"template worked out"} if hostile.RESULT in text else set()
    page = tinyhtml5.parse(parsed.get_body(("html",)).get_content(), namespace_html_elements=False)
    return found | hostile.harm_of_page(page)


@pytest.mark.parametrize("kind", hostile.TEXTS)
def test_in_documents(scene: dict[str, Any], kind: str, caplog: pytest.LogCaptureFixture) -> None:
    hostile.plant(hostile.TEXTS[kind])
    of = Round.objects.get(pk=scene["last"])
    content = build_content(of.assessments.get(team__slug="team-owl"), "en", for_team=True)

    page = tinyhtml5.parse(pdf.render_html(content), namespace_html_elements=False)
    assert hostile.harm_of_page(page) == set()
    for document in (pdf.render(content), pdf.render_summary(build_summary(of, "en"))):
        assert harm_of_document(document) == set()
    assert "does not fetch" not in caplog.text


def harm_of_document(document: bytes) -> set[str]:
    """What a PDF would do when it is opened or clicked at, beyond links that a browser opens."""
    found: set[str] = set()
    with pikepdf.open(io.BytesIO(document)) as opened:
        for each in opened.objects:
            if isinstance(each, pikepdf.Dictionary):
                found |= {"/JS", "/JavaScript", "/Launch", "/EmbeddedFile", "/AA"} & {*each.keys()}
                found |= {str(each.S)} & {"/JavaScript", "/Launch"} if "/S" in each else set()
                if not str(each.get("/URI", "https://")).startswith("https://"):
                    found.add(f"link to {each.URI}")
    return found


@pytest.mark.parametrize(
    "page",
    [
        "<p>{markup}",
        "<p title=\"{markup}\">",
        "<title>{markup}</title>",
        "<svg><text>{markup}</text></svg>",
        "<style>p {{ quotes: '{markup}' }}</style>",
        "<!-- {markup} -->",
        '<a href="{address}">',
        "<p title={address}>",
        f"<p>{hostile.RESULT}",
    ],
)  # fmt: skip
def test_what_would_do_harm_is_seen(page: str) -> None:
    tree = tinyhtml5.parse(page.format(**hostile.TEXTS), namespace_html_elements=False)
    assert hostile.harm_of_page(tree)


def test_formulas_and_headers_are_seen() -> None:
    assert hostile.harm_of_rows(iter([["n", hostile.TEXTS["formula"]]]))
    assert not hostile.harm_of_rows(iter([["n", f"'{hostile.TEXTS['formula']}", "-1.5"]]))
    mail = EmailMultiAlternatives("A subject", "A text", to=["a@example.org"], cc=["b@example.org"])
    mail.attach_alternative("<p>A text", "text/html")
    assert harm_of_mail(mail) == {"header Cc"}
