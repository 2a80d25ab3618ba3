"""An organization's settings, and its log."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from assessments.models import Goal, Organization, OrganizationRole, Team, TeamRole, User
from assessments.services import people, rounds
from assessments.services.audit import LOGGED, VERBS, Event
from assessments.views.settings import SENTENCES
from reports.models import Report, ReportState
from tests import factories
from tests.factories import DAY, NOW

SignIn = Callable[[User], Client]

LOG = "/o/aviary/log/"
SETTINGS = "/o/aviary/settings/"


def lines(client: Client, address: str = LOG) -> list[str]:
    """What the log says, the newest first."""
    return [entry["what"] for entry in client.get(address).context["entries"]]


# --- Settings ---------------------------------------------------------------------------------


def test_settings_are_saved(aviary: Organization, ada: User, sign_in: SignIn) -> None:
    posted = {"name": "Birds", "time_zone": "Asia/Tokyo", "language": "de"}
    posted |= {"minimum_responses": 6, "keep_responses_days": 400}
    response = sign_in(ada).post(SETTINGS, posted, follow=True)

    aviary.refresh_from_db()
    assert {name: getattr(aviary, name) for name in posted} == posted
    assert b"The settings are saved." in response.content


def test_the_form_shows_what_is_set(aviary: Organization, ada: User, sign_in: SignIn) -> None:
    people.change_organization(
        organization=aviary,
        name="Birds",
        time_zone="CET",
        language="en",
        minimum_responses=6,
        keep_responses_days=None,
        by=None,
    )
    form = sign_in(ada).get(SETTINGS).context["form"]

    posted = {name: value if value is not None else "" for name, value in form.initial.items()}
    assert type(form)(posted).is_valid()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("minimum_responses", "3", "greater than or equal to 4"),
        ("keep_responses_days", "0", "greater than or equal to 1"),
        ("time_zone", "Mars/Olympus", "Select a valid choice"),
        ("name", "", "This field is required"),
    ],
)
def test_wrong_settings_are_refused(
    aviary: Organization, ada: User, sign_in: SignIn, field: str, value: str, words: str
) -> None:
    posted = {"name": "Birds", "time_zone": "UTC", "minimum_responses": "5", "keep_responses_days": ""}
    response = sign_in(ada).post(SETTINGS, posted | {field: value})

    assert response.status_code == 422
    assert words in response.content.decode()
    assert Organization.objects.get().name == "Aviary"


# --- The log ----------------------------------------------------------------------------------


def test_everything_that_is_logged_has_words() -> None:
    models = {f"{model.__name__.lower()}_{verb}" for model in LOGGED for verb in VERBS.values()}

    assert {event.value for event in Event} <= set(SENTENCES)
    assert {name.split("_")[-1] for name in models} <= set(SENTENCES)
    assert {name for name in SENTENCES if "_" in name} - {event.value for event in Event} <= models


def test_the_log_says_who_did_what(
    aviary: Organization, kestrel: Team, ada: User, lee: User, mia: User, sign_in: SignIn
) -> None:
    now = timezone.now()
    people.add_to_team(team=kestrel, email=mia.email, name="", role=TeamRole.LEAD, by=ada)
    people.remove_from_team(membership=kestrel.memberships.get(user=mia), by=lee)
    people.set_organization_role(
        organization=aviary, email="cleo@example.org", name="Cleo", role=OrganizationRole.COACH, by=ada
    )
    group = people.create_group(organization=aviary, name="Falcons", by=ada)
    people.change_team(team=kestrel, name="Team Falcon", group=group, by=ada)
    people.change_organization(
        organization=aviary,
        name="Aviary",
        time_zone="UTC",
        language="en",
        minimum_responses=6,
        keep_responses_days=400,
        by=ada,
    )
    made = factories.make_round(aviary, "2026 Q4", now=now, by=ada)
    rounds.open_round(round=made, by=ada, now=timezone.now())
    rounds.close_round(round=made, by=None, now=now + DAY)

    assert lines(sign_in(ada)) == [
        "The schedule closed 2026 Q4.",
        "Ada opened 2026 Q4.",
        "Ada made the round 2026 Q4.",
        "Ada changed the settings: answers needed before a result is shown from 5 to 6; "
        "days after a round's close for which sealed answers are kept from none to 400.",
        "Ada changed the team Team Falcon: group; name from Team Kestrel to Team Falcon.",
        "Ada made the group Falcons.",
        "Ada made Cleo coach of Aviary.",
        "Lee took Mia off Team Kestrel.",
        "Ada made Mia lead of Team Kestrel.",
    ]


def test_the_log_says_a_goal_in_words(kestrel: Team, ada: User, lee: User, sign_in: SignIn) -> None:
    people.choose_goal(team=kestrel, goal=Goal.LESS_BURNOUT, by=lee)

    assert lines(sign_in(ada)) == [
        "Lee changed the team Team Kestrel: "
        "goal from deliver software faster and more reliably to less burnout."
    ]


def test_the_log_forgets_whom_it_must(
    aviary: Organization, kestrel: Team, ada: User, lee: User, sign_in: SignIn
) -> None:
    people.add_to_team(team=kestrel, email="mia@example.org", name="Mia", by=lee)
    for email in ("mia@example.org", lee.email):
        people.forget_person(organization=aviary, email=email, by=ada, now=timezone.now())

    assert lines(sign_in(ada)) == [
        *["Ada removed a person's e-mail address for good."] * 2,
        "Somebody who was removed put somebody who was removed on Team Kestrel as member.",
    ]


def test_times_are_the_organizations(aviary: Organization, kestrel: Team, ada: User, sign_in: SignIn) -> None:
    Organization.objects.update(time_zone="Asia/Tokyo")
    people.archive_team(team=kestrel, by=ada, now=NOW)

    page = sign_in(ada).get(LOG).content.decode()
    assert "4 May 2026, 18:00" in page
    assert "Asia/Tokyo" in page


def test_the_log_has_pages(aviary: Organization, ada: User, sign_in: SignIn) -> None:
    for number in range(51):
        people.create_group(organization=aviary, name=f"Group {number}", by=ada)
    client = sign_in(ada)

    assert len(lines(client)) == 50
    assert lines(client, f"{LOG}?page=2") == ["Ada made the group Group 0."]
    assert lines(client, f"{LOG}?page=rubbish") == lines(client)


def test_a_longer_log_costs_no_more_queries(
    aviary: Organization, ada: User, sign_in: SignIn, django_assert_num_queries: Callable[..., object]
) -> None:
    client, kestrel = sign_in(ada), factories.make_team(aviary)
    for number in range(30):
        people.add_to_team(team=kestrel, email=f"{number}@example.org", name="New", by=ada)
    client.get(LOG)

    with django_assert_num_queries(7):
        client.get(LOG)
    with django_assert_num_queries(6):
        client.get("/o/aviary/log.csv")


def test_the_log_as_a_table(aviary: Organization, ada: User, sign_in: SignIn) -> None:
    """All of it, with the organization's clock."""
    people.change_organization(
        organization=aviary, by=ada, name="=Aviary", time_zone="Asia/Tokyo", language="en",
        minimum_responses=5, keep_responses_days=400,
    )  # fmt: skip
    for number in range(51):
        people.create_group(organization=aviary, name=f"Group {number}", by=ada)
    client = sign_in(ada)
    told = json.loads(client.get("/o/aviary/log.json").content)

    assert [row["what"] for row in told["rows"]] == [*lines(client), *lines(client, f"{LOG}?page=2")]
    assert {row["when"][19:] for row in told["rows"]} == {"+09:00"}
    assert (told["time_zone"], told["organization"]) == ("Asia/Tokyo", "=Aviary")
    assert b",Asia/Tokyo,'=Aviary\r\n" in client.get("/o/aviary/log.csv").content


def test_another_organizations_log_is_not_shown(
    aviary: Organization, kestrel: Team, ada: User, zoe: User, sign_in: SignIn
) -> None:
    people.change_team(team=kestrel, name="Team Falcon", group=None, by=ada)

    assert lines(sign_in(zoe), "/o/terrarium/log/") == []


def test_downloads_are_logged_for_who_holds_an_office(
    aviary: Organization, kestrel: Team, ada: User, cleo: User, lee: User, mia: User, sign_in: SignIn
) -> None:
    closed = factories.closed_round(aviary, kestrel, [5] * 6)
    Report.objects.create(
        assessment=closed.assessments.get(), state=ReportState.READY, file="reports/none.pdf"
    )
    for person in (mia, lee, cleo):
        client = sign_in(person)
        client.get(f"/o/aviary/teams/team-kestrel/rounds/{closed.pk}/scores.csv")
        client.head(f"/o/aviary/teams/team-kestrel/rounds/{closed.pk}/scores.csv")
        client.get(f"/o/aviary/teams/team-kestrel/rounds/{closed.pk}/")

    assert [line for line in lines(sign_in(ada)) if "downloaded" in line] == [
        "Cleo downloaded the numbers of Team Kestrel, 2026 Q2.",
        "Lee downloaded the numbers of Team Kestrel, 2026 Q2.",
    ]


def test_the_report_is_logged_when_it_is_read(
    aviary: Organization, kestrel: Team, ada: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.pdf.render", lambda content: b"%PDF-1.7 of a test")
    closed = factories.closed_round(aviary, kestrel, [5] * 6)
    address = f"/o/aviary/teams/team-kestrel/rounds/{closed.pk}/report.pdf"
    client = sign_in(ada)
    client.get(address)
    assert "downloaded" not in lines(client)[0]

    client.post(address)
    client.get(address).getvalue()

    assert lines(client)[0] == "Ada downloaded the report of Team Kestrel, 2026 Q2."
