"""Workshops on the screen: what was agreed, in words, and plainly no survey."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from assessments.models import Team, User, Workshop
from assessments.services.workshops import finish_workshop
from tests import factories
from tests.factories import DAY
from tests.instruments import make_instrument

SignIn = Callable[[User], Client]
TEAM = "/o/aviary/teams/team-kestrel/"
BANNER = "Workshop: answers are agreed openly. Nothing here is anonymous."
AGREED = {"integration_1": 6, "integration_2": "dk", "lead_time": 2}
JSON = {"accept": "application/json"}


@pytest.fixture
def workshop(kestrel: Team) -> Workshop:
    """One that is going on."""
    return factories.hold_workshop(kestrel, answers=AGREED)


def address(workshop: Workshop, what: str = "") -> str:
    return f"{TEAM}workshops/{workshop.pk}/{what}"


def words(html: str) -> str:
    """What a person reads of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_a_workshop_is_held_page_by_page(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    client = sign_in(lee)
    questionnaire = factories.make_questionnaire()

    begun = client.post(f"{TEAM}workshops/new/", {"name": "May", "questionnaire": questionnaire.pk})
    held = Workshop.objects.get()
    assert begun["Location"] == address(held, "1/")
    assert client.post(begun["Location"], {"integration_1": "6"})["Location"] == address(held, "2/")
    assert client.post(address(held, "2/"), {"lead_time": "2"})["Location"] == address(held)
    assert client.post(address(held, "finish/"))["Location"] == address(held)

    held.refresh_from_db()
    assert (held.name, held.answers) == ("May", {"integration_1": 6, "lead_time": 2})
    assert held.finished_at


def test_the_newest_questionnaire_is_chosen_first(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    factories.make_questionnaire()
    newer, _made = factories.questionnaires.import_questionnaire(
        instrument=replace(make_instrument(), slug="a-newer-one"), now=factories.NOW + DAY
    )

    html = sign_in(lee).get(f"{TEAM}workshops/new/").content.decode()

    assert re.findall(r'<option value="(\d+)"', html)[0] == str(newer.pk)


def test_a_name_that_is_taken_is_refused_in_words(
    kestrel: Team, lee: User, workshop: Workshop, sign_in: SignIn
) -> None:
    data = {"name": workshop.name, "questionnaire": workshop.questionnaire_id}

    response = sign_in(lee).post(f"{TEAM}workshops/new/", data)

    assert response.status_code == 422
    assert "The team has a workshop with this name already." in response.content.decode()


def test_every_page_says_that_nothing_is_anonymous(lee: User, workshop: Workshop, sign_in: SignIn) -> None:
    client = sign_in(lee)
    for what in ("", "1/", "2/"):
        assert BANNER in client.get(address(workshop, what)).content.decode()


def test_a_page_shows_what_was_agreed_before(lee: User, workshop: Workshop, sign_in: SignIn) -> None:
    html = sign_in(lee).get(address(workshop, "1/")).content.decode()

    chosen = re.findall(r'name="(\w+)" value="(\w+)"[^>]* checked', html)
    assert chosen == [("integration_1", "6"), ("integration_2", "dk")]


def test_one_click_is_saved_by_itself(lee: User, workshop: Workshop, sign_in: SignIn) -> None:
    response = sign_in(lee).post(address(workshop, "1/"), {"integration_3": "1"}, headers=JSON)

    assert response.json() == {"saved": True}
    workshop.refresh_from_db()
    assert workshop.answers == AGREED | {"integration_3": 1}


@pytest.mark.parametrize("data", [{"integration_1": "8"}, {"lead_time": "1"}, {"comment": "x"}])
def test_what_is_not_asked_is_refused(
    lee: User, workshop: Workshop, sign_in: SignIn, data: dict[str, str]
) -> None:
    client = sign_in(lee)

    assert client.post(address(workshop, "1/"), data).status_code == 422
    assert client.post(address(workshop, "1/"), data, headers=JSON).status_code == 422
    workshop.refresh_from_db()
    assert workshop.answers == AGREED


def test_a_finished_workshop_is_changed_only_after_reopening(
    lee: User, workshop: Workshop, sign_in: SignIn
) -> None:
    client = sign_in(lee)
    finish_workshop(workshop=workshop, by=lee, now=timezone.now())

    assert client.get(address(workshop, "1/"))["Location"] == address(workshop)
    refused = client.post(address(workshop, "1/"), {"integration_1": "1"}, headers=JSON)
    assert (refused.status_code, refused.json()) == (409, {"location": address(workshop)})
    late = client.post(address(workshop, "1/"), {"integration_1": "1"}, follow=True)
    assert "Reopen it to change what was agreed." in late.content.decode()
    client.post(address(workshop, "reopen/"))
    client.post(address(workshop, "1/"), {"integration_1": "1"})

    workshop.refresh_from_db()
    assert workshop.answers["integration_1"] == 1


def test_a_page_that_does_not_exist(lee: User, workshop: Workshop, sign_in: SignIn) -> None:
    client = sign_in(lee)
    for number in (0, 3):
        assert client.get(address(workshop, f"{number}/")).status_code == 404


def test_another_teams_workshop_is_not_found(
    lee: User, kestrel: Team, workshop: Workshop, sign_in: SignIn
) -> None:
    other = factories.hold_workshop(factories.make_team(kestrel.organization, "Team Sparrow"))

    assert sign_in(lee).get(address(other)).status_code == 404


# --- What was agreed --------------------------------------------------------------------------


def test_agreed_answers_stand_in_the_words_of_the_scale(
    mia: User, workshop: Workshop, sign_in: SignIn
) -> None:
    text = words(sign_in(mia).get(address(workshop)).content.decode())

    assert "Statement 1 of integration Option 6 Statement 2 of integration Don't know" in text
    assert "Statement 3 of integration left open" in text
    assert "question of lead_time Option 2 Elite" in text
    assert "4 questions were left open." in text


def test_title_and_every_section_say_what_it_is(mia: User, workshop: Workshop, sign_in: SignIn) -> None:
    html = sign_in(mia).get(address(workshop)).content.decode()

    headings = re.findall(r"<(?:title|h1|h2)>.*?</", html)
    assert len(headings) == 4
    assert all("consensus, not survey" in heading for heading in headings)


def test_nothing_is_computed(mia: User, workshop: Workshop, sign_in: SignIn) -> None:
    html = sign_in(mia).get(address(workshop)).content.decode()

    assert "<svg" not in html
    assert not re.search(r"(?i)\b(?:score|mean|interval|average|answers? differ|%)\b", words(html))


def test_all_three_descriptions_are_there_and_none_is_chosen(
    mia: User, workshop: Workshop, sign_in: SignIn
) -> None:
    text = words(sign_in(mia).get(address(workshop)).content.decode())

    assert [text.count(f"a {level}") for level in ("low", "middle", "high")] == [1, 1, 1]


def test_a_member_reads_and_changes_nothing(mia: User, workshop: Workshop, sign_in: SignIn) -> None:
    html = sign_in(mia).get(address(workshop)).content.decode()

    for what in ("finish/", "reopen/", "delete/", "1/"):
        assert f"{address(workshop)}{what}" not in html
    assert "Hold a workshop" not in sign_in(mia).get(TEAM).content.decode()


def test_the_team_page_lists_workshops(lee: User, mia: User, workshop: Workshop, sign_in: SignIn) -> None:
    for person in (lee, mia):
        assert f'<a href="{address(workshop)}">Workshop</a>' in sign_in(person).get(TEAM).content.decode()
    assert "Hold a workshop" in sign_in(lee).get(TEAM).content.decode()


def test_a_deleted_workshop_is_gone(lee: User, workshop: Workshop, sign_in: SignIn) -> None:
    client = sign_in(lee)

    assert "Workshop is deleted." in client.post(address(workshop, "delete/"), follow=True).content.decode()
    assert client.get(address(workshop)).status_code == 404


# --- No part of any result --------------------------------------------------------------------


def test_results_are_the_same_with_and_without_a_workshop(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    client = sign_in(lee)
    made = factories.closed_round(
        kestrel.organization, kestrel, [5, 5, 6, 6, 7], now=timezone.now() - 9 * DAY
    )
    places = [f"{TEAM}rounds/{made.pk}/scores.csv", f"{TEAM}rounds/{made.pk}/"]

    def seen() -> list[str]:
        pages = [client.get(place).content.decode() for place in places]
        return [re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page) for page in pages]

    before = seen()
    held = factories.hold_workshop(kestrel, answers=factories.answers_of(make_instrument(), 1))
    finish_workshop(workshop=held, by=lee, now=timezone.now())

    assert seen() == before
