"""Who sees what, in public; and removing a person."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from assessments import access
from assessments.access import ROLE_PERMISSIONS, Permission
from assessments.emails import invitation_mail
from assessments.models import Invitation, Organization, OrganizationRole, Team, User
from assessments.services import people
from reports.builder import build_content
from tests import factories

SignIn = Callable[[User], Client]

FORGET = "/o/aviary/people/forget/"


def page(client: Client) -> str:
    return " ".join(re.sub("<[^>]+>", " ", client.get("/privacy/").content.decode()).split())


def test_the_table_of_roles_is_that_of_the_code(client: Client, db: None) -> None:
    response = client.get("/privacy/")

    assert response.context["roles"] == ["administrator", "coach", "lead", "member"]
    shown = {words: [has for _role, has in cells] for words, cells in response.context["rows"]}
    assert shown == {
        permission.value: [
            permission in ROLE_PERMISSIONS[role] for role in ("administrator", "coach", "lead", "member")
        ]
        for permission in Permission
    }
    text = page(client)
    assert all(str(permission.value).replace("'", "&#x27;") in text for permission in Permission)


def test_a_new_right_is_told_at_once(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    more = ROLE_PERMISSIONS | {OrganizationRole.COACH: frozenset(Permission)}
    monkeypatch.setattr("assessments.views.privacy.ROLE_PERMISSIONS", more)

    cells = dict(client.get("/privacy/").context["rows"])[Permission.MANAGE_ROUNDS.value]
    assert cells == [("administrator", True), ("coach", True), ("lead", False), ("member", False)]


@pytest.mark.parametrize(("name", "words"), [
    ("DEFAULT_MINIMUM", "{} unless it says otherwise"),
    ("FLOOR", "never fewer than {}"),
    ("DETAIL_MINIMUM", "from {} on"),
    ("STEP", "Scores in steps of {}"),
    ("CAP_LOW", "Scores of {} or less"),
    ("COMMENTS_MINIMUM", "if at least {} people"),
])  # fmt: skip
def test_what_is_shown_follows_the_rules_of_the_code(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    monkeypatch.setattr(f"assessments.disclosure.{name}", 42)

    assert words.format(42) in page(client)


def test_the_promise_is_the_same_everywhere(
    client: Client, aviary: Organization, kestrel: Team, mia: User
) -> None:
    """On the public page, before the first question, in the mail, on the result page and in the report."""
    promise = render_to_string("assessments/promise.txt")
    assert promise.startswith("Your answers are stored without your name.")
    closed = factories.closed_round(aviary, kestrel, [5] * 6)
    running = factories.open_round(aviary, "2026 Q3", now=timezone.now())
    invitation = Invitation.objects.filter(assessment__round=running).first()
    token = factories.token_of(invitation)
    mail = invitation_mail(invitation, token, 1)
    content = build_content(closed.assessments.get(), "en", for_team=False)
    client.get(f"/respond/{token}/")
    told = [client.get("/privacy/").content.decode(), client.get("/respond/").content.decode(), mail.body]
    client.force_login(mia)
    told.append(client.get(f"/o/aviary/teams/team-kestrel/rounds/{closed.pk}/").content.decode())

    assert all(promise in text for text in told)
    assert promise in render_to_string("reports/pdf/report.html", {"content": content})


def test_the_way_to_it_stands_on_the_first_page_of_the_questionnaire(
    client: Client, aviary: Organization, kestrel: Team
) -> None:
    running = factories.open_round(aviary, now=timezone.now())
    client.get(f"/respond/{factories.tokens_of(running)[0]}/")

    assert b'href="/privacy/"' in client.get("/respond/").content


# --- Removing a person ------------------------------------------------------------------------


def test_a_person_is_removed(
    aviary: Organization, kestrel: Team, ada: User, mia: User, sign_in: SignIn
) -> None:
    response = sign_in(ada).post(FORGET, {"email": "MIA@example.org", "sure": "on"}, follow=True)

    assert not User.objects.filter(pk=mia.pk).exists()
    assert b"The person is removed." in response.content


@pytest.mark.parametrize(
    ("posted", "words"),
    [
        ({"email": "mia@example.org"}, "This field is required"),
        ({"email": "nobody@example.org", "sure": "on"}, "Nobody with this address"),
        ({"email": "ada@example.org", "sure": "on"}, "only administrator"),
    ],
)
def test_a_removal_is_refused_in_words(
    aviary: Organization, ada: User, mia: User, sign_in: SignIn, posted: dict[str, str], words: str
) -> None:
    response = sign_in(ada).post(FORGET, posted)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert User.objects.filter(pk__in=[ada.pk, mia.pk]).count() == 2


def test_who_removes_themselves_is_signed_out(
    aviary: Organization, ada: User, cleo: User, sign_in: SignIn
) -> None:
    people.set_organization_role(
        organization=aviary, email=cleo.email, name="", role=OrganizationRole.ADMINISTRATOR, by=ada
    )
    client = sign_in(ada)
    client.post(FORGET, {"email": ada.email, "sure": "on"})

    assert client.get("/")["Location"].startswith("/account/login/")
    assert access.organization_permissions(cleo, aviary) == ROLE_PERMISSIONS[OrganizationRole.ADMINISTRATOR]
