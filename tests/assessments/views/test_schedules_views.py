"""The pages of the schedule, and what they say about the round that comes next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from assessments import queries
from assessments.models import Organization, Questionnaire, Round, Schedule, Team, User
from tests import factories

SignIn = Callable[[User], Client]
PAGE = "/o/aviary/schedule/"
GOOD = {
    "is_active": "on", "months": ["2", "5", "8", "11"], "day": "1", "time": "09:00", "days_open": "14",
    "reminders": "2", "team_first_days": "2",
}  # fmt: skip


@pytest.fixture
def ada_in(kestrel: Team, ada: User, sign_in: SignIn) -> Client:
    """Ada, in an organization by the clock of Kiritimati, 14 hours ahead."""
    Organization.objects.update(time_zone="Pacific/Kiritimati")
    factories.make_questionnaire()
    return sign_in(ada)


def save(client: Client, **other: Any) -> Any:
    return client.post(PAGE, GOOD | {"questionnaire": Questionnaire.objects.get().pk} | other)


def planned() -> Round:
    found = queries.planned_round(Organization.objects.get())
    assert found is not None
    return found


def test_saving_plans_a_round_and_says_so(ada_in: Client) -> None:
    assert "Nothing. Rounds come by themselves" in ada_in.get(PAGE).content.decode()

    assert save(ada_in).headers["Location"] == PAGE
    html = ada_in.get(PAGE).content.decode()

    local = planned().opens_at.astimezone(ZoneInfo("Pacific/Kiritimati"))
    assert (local.day, local.time()) == (1, dt.time(9))
    assert f"{local:%-d %B %Y}, 09:00" in html
    assert "Pacific/Kiritimati" in html
    assert planned().name in html
    assert "6 people, as the rosters are today" in html
    assert html.count(" checked") == 5  # four months, and that it runs


def test_the_organizations_page_says_when_it_opens(ada_in: Client) -> None:
    save(ada_in)

    assert "opens by itself on 1 " in ada_in.get("/o/aviary/").content.decode()
    assert "opens by itself on 1 " in ada_in.get(f"/o/aviary/rounds/{planned().pk}/").content.decode()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"months": []}, "Choose at least one month."),
        ({"months": ["13"]}, "13 is not one of the available choices"),
        ({"day": "29"}, "less than or equal to 28"),
        ({"reminders": "4"}, "less than or equal to 3"),
        ({"time": "25:00"}, "Enter a valid time."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_saved(ada_in: Client, wrong: dict[str, Any], words: str) -> None:
    response = save(ada_in, **wrong)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Schedule.objects.exists()


def test_a_planned_round_is_changed_by_the_organizations_clock(ada_in: Client) -> None:
    save(ada_in)
    page = f"/o/aviary/rounds/{planned().pk}/change/"
    opens_at = planned().opens_at - dt.timedelta(hours=1)
    assert 'T09:00"' in ada_in.get(page).content.decode()

    local = opens_at.astimezone(ZoneInfo("Pacific/Kiritimati"))
    response = ada_in.post(
        page,
        {
            "name": "Winter", "opens_at": f"{local:%Y-%m-%dT%H:%M}", "reminders": "1", "team_first_days": "0",
            "closes_at": f"{local + dt.timedelta(days=3):%Y-%m-%dT%H:%M}",
        },
    )  # fmt: skip

    assert response.status_code == 302
    assert (planned().name, planned().opens_at) == ("Winter", opens_at)
    assert planned().closes_at == opens_at + dt.timedelta(days=3)


def test_a_name_that_is_taken_is_refused_in_words(ada_in: Client) -> None:
    by_hand = factories.make_round(Organization.objects.get(), "By hand", now=timezone.now())
    factories.make_round(Organization.objects.get(), "Taken", now=timezone.now())

    response = ada_in.post(
        f"/o/aviary/rounds/{by_hand.pk}/change/",
        {"name": "Taken", "closes_at": "2099-01-01T09:00", "reminders": "0", "team_first_days": "0"},
    )

    assert response.status_code == 422
    assert "There is a round with this name already." in response.content.decode()


def test_skipping_leads_to_the_next(ada_in: Client) -> None:
    save(ada_in)
    first = planned()

    response = ada_in.post(f"/o/aviary/rounds/{first.pk}/skip/", follow=True)

    assert f"{first.name} will not take place." in response.content.decode()
    assert planned().opens_at > first.opens_at
    assert Round.objects.count() == 1


def test_an_open_round_cannot_be_changed_or_skipped(ada_in: Client) -> None:
    running = factories.open_round(Organization.objects.get(), now=timezone.now())

    for what in ("change", "skip"):
        response = ada_in.post(f"/o/aviary/rounds/{running.pk}/{what}/")
        assert response.headers["Location"] == f"/o/aviary/rounds/{running.pk}/"
    assert Round.objects.get().is_open


def test_a_round_that_has_to_wait_says_for_what(ada_in: Client) -> None:
    now = timezone.now()
    factories.open_round(
        Organization.objects.get(), "A long one", now=now, closes_at=now + dt.timedelta(days=300)
    )

    save(ada_in)

    assert "as soon as A long one has closed" in ada_in.get(PAGE).content.decode()
