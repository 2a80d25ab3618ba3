"""Forms of organizations, teams and rounds: they work, and refuse in words with what was typed kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from assessments.models import Group, Mail, MailState, Organization, Round, Team, User
from tests import factories
from tests.factories import DAY

SignIn = Callable[[User], Client]


class Page(NamedTuple):
    """A form page: good data, where it leads, and data that are refused with these words."""

    url: str
    good: dict[str, str]
    leads_to: str
    bad: dict[str, str]
    words: str


SOON = (timezone.now() + 14 * DAY).strftime("%Y-%m-%dT%H:%M")
PAST = (timezone.now() - DAY).strftime("%Y-%m-%dT%H:%M")
LEE = {"name": "Lia", "email": "lia@example.org", "role": "member"}

PAGES = {
    "team": Page(
        "/o/aviary/teams/new/",
        {"name": "Team Sparrow"},
        "/o/aviary/teams/team-sparrow/",
        {"name": "Team Kestrel"},
        "There is a team with this name already.",
    ),
    "team without letters": Page(
        "/o/aviary/teams/new/",
        {"name": "Wren"},
        "/o/aviary/teams/wren/",
        {"name": "?!"},
        "no letters or digits",
    ),
    "group": Page(
        "/o/aviary/groups/new/",
        {"name": "Falcons"},
        "/o/aviary/",
        {"name": "Owls"},
        "There is a group with this name already.",
    ),
    "role": Page(
        "/o/aviary/roles/",
        LEE | {"role": "coach"},
        "/o/aviary/roles/",
        {"name": "Ada", "email": "ada@example.org", "role": "coach"},
        "This is the only administrator.",
    ),
    "name of a team": Page(
        "/o/aviary/teams/team-kestrel/change/",
        {"name": "Team Falcon"},
        "/o/aviary/teams/team-kestrel/",
        {"name": "a" * 101},
        "at most 100 characters",
    ),
    "person": Page(
        "/o/aviary/teams/team-kestrel/people/new/",
        LEE,
        "/o/aviary/teams/team-kestrel/",
        LEE | {"email": "lia"},
        "Enter a valid email address.",
    ),
    "round": Page(
        "/o/aviary/rounds/new/",
        {"name": "2026 Q4", "closes_at": SOON, "team_first_days": "2"},
        "/o/aviary/rounds/1/",
        {"name": "2027 Q1", "closes_at": PAST, "team_first_days": "2"},
        "The round has to open before it closes.",
    ),
}

each_page = pytest.mark.parametrize("page", PAGES.values(), ids=list(PAGES))


@pytest.fixture
def ada_in(kestrel: Team, ada: User, sign_in: SignIn) -> Client:
    """The client as ada, with a questionnaire and a group to choose."""
    factories.make_questionnaire()
    Group.objects.create(organization=kestrel.organization, name="Owls", slug="owls")
    return sign_in(ada)


def complete(data: dict[str, str]) -> dict[str, Any]:
    questionnaire = factories.make_questionnaire().pk
    return data | ({"questionnaire": questionnaire} if "closes_at" in data else {})


@each_page
def test_an_empty_form_is_shown(ada_in: Client, page: Page) -> None:
    response = ada_in.get(page.url)

    assert response.status_code == 200
    assert b"There is a problem" not in response.content


@each_page
def test_good_data_lead_on(ada_in: Client, page: Page) -> None:
    response = ada_in.post(page.url, complete(page.good))

    assert response.status_code == 302
    expected = f"/o/aviary/rounds/{Round.objects.get().pk}/" if "rounds" in page.url else page.leads_to
    assert response["Location"] == expected


@each_page
def test_bad_data_are_refused_in_words_and_kept(ada_in: Client, page: Page) -> None:
    response = ada_in.post(page.url, complete(page.bad))
    html = response.content.decode()

    assert response.status_code == 422
    assert page.words in html
    assert "There is a problem" in html
    assert f'value="{next(iter(page.bad.values()))}"' in html


@each_page
def test_an_empty_post_is_refused(ada_in: Client, page: Page) -> None:
    response = ada_in.post(page.url, {"csrfmiddlewaretoken": "as every browser sends it"})

    assert response.status_code == 422


# --- What they do -----------------------------------------------------------------------------


def test_a_person_is_sent_a_mail_only_when_asked_for(
    ada_in: Client, mailoutbox: list[EmailMessage], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        ada_in.post("/o/aviary/teams/team-kestrel/people/new/", LEE)
    assert mailoutbox == []

    with django_capture_on_commit_callbacks(execute=True):
        ada_in.post("/o/aviary/teams/team-kestrel/people/new/", LEE | {"sign_in": "on"})
    assert [mail.to for mail in mailoutbox] == [["lia@example.org"]]


def test_opening_a_round_sends_a_mail_to_everybody(
    ada_in: Client, kestrel: Team, mailoutbox: list[EmailMessage], django_capture_on_commit_callbacks: Any
) -> None:
    planned = factories.make_round(kestrel.organization, now=timezone.now())

    with django_capture_on_commit_callbacks(execute=True):
        response = ada_in.post(f"/o/aviary/rounds/{planned.pk}/open/", follow=True)

    assert "6 invitations are on their way." in response.content.decode()
    assert len({mail.to[0] for mail in mailoutbox}) == len(mailoutbox) == 6
    assert Mail.objects.filter(state=MailState.SENT).count() == 6


def test_opening_twice_sends_no_second_mail(
    ada_in: Client, kestrel: Team, mailoutbox: list[EmailMessage], django_capture_on_commit_callbacks: Any
) -> None:
    planned = factories.make_round(kestrel.organization, now=timezone.now())
    for _click in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            ada_in.post(f"/o/aviary/rounds/{planned.pk}/open/")

    assert len(mailoutbox) == 6


def test_what_cannot_be_done_is_told_on_the_rounds_page(ada_in: Client, aviary: Organization) -> None:
    Team.objects.all().update(archived_at=timezone.now())
    planned = factories.make_round(aviary, now=timezone.now())

    for act, words in (("open", "Add people first"), ("close", "never opened"), ("invite", "is not open")):
        response = ada_in.post(f"/o/aviary/rounds/{planned.pk}/{act}/", follow=True)
        assert words in response.content.decode()


def test_closing_seals_and_has_the_reports_made(
    ada_in: Client, kestrel: Team, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr("reports.pdf.render", lambda content: b"%PDF")
    running = factories.open_round(kestrel.organization, now=timezone.now())
    factories.answer_all(running, kestrel, [5] * 6, now=timezone.now())

    with django_capture_on_commit_callbacks(execute=True):
        response = ada_in.post(f"/o/aviary/rounds/{running.pk}/close/", follow=True)

    assert "The round is closed." in response.content.decode()
    assert running.assessments.get().report.state == "ready"


def test_the_last_administrator_is_told_to_stay(ada_in: Client, ada: User, aviary: Organization) -> None:
    membership = aviary.memberships.get(user=ada)

    response = ada_in.post(f"/o/aviary/roles/{membership.pk}/remove/", follow=True)

    assert "This is the only administrator." in response.content.decode()
    assert aviary.memberships.filter(pk=membership.pk).exists()


def test_a_person_is_taken_off_the_team(kestrel: Team, lee: User, mia: User, sign_in: SignIn) -> None:
    membership = kestrel.memberships.get(user=mia)

    sign_in(lee).post(f"/o/aviary/teams/team-kestrel/people/{membership.pk}/remove/")

    assert not kestrel.memberships.filter(user=mia).exists()


# --- Lists cost the same with one row and with three ------------------------------------------


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("url", "queries"),
    [("/o/aviary/", 7), ("/o/aviary/roles/", 5), ("/o/aviary/teams/team-0/", 12)],
)
def test_a_list_has_a_fixed_number_of_queries(
    aviary: Organization,
    ada: User,
    sign_in: SignIn,
    django_assert_max_num_queries: Any,
    rows: int,
    url: str,
    queries: int,
) -> None:
    for number in range(rows):
        team = factories.make_team(aviary, f"Team {number}", size=rows)
        factories.closed_round(aviary, team, [5] * rows, name=f"Round {number}")
        factories.people.set_organization_role(
            organization=aviary, email=f"c{number}@example.org", name="", role="coach", by=None
        )
    client = sign_in(ada)

    with django_assert_max_num_queries(queries):
        assert client.get(url).status_code == 200


@pytest.mark.parametrize("teams", [1, 3])
def test_a_rounds_page_has_a_fixed_number_of_queries(
    aviary: Organization, ada: User, sign_in: SignIn, django_assert_max_num_queries: Any, teams: int
) -> None:
    for number in range(teams):
        factories.make_team(aviary, f"Team {number}", size=2)
    running = factories.open_round(aviary, now=timezone.now())
    client = sign_in(ada)

    with django_assert_max_num_queries(11):
        assert client.get(f"/o/aviary/rounds/{running.pk}/").status_code == 200
