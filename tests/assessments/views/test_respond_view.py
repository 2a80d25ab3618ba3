"""The questionnaire as it is filled in, page by page."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from assessments import tokens
from assessments.models import Response, Team
from tests import factories


@pytest.fixture
def token(kestrel: Team) -> str:
    """A link of an open round."""
    return factories.tokens_of(factories.open_round(kestrel.organization, now=timezone.now()))[0]


@pytest.fixture
def guest(client: Client, token: str) -> Client:
    """Somebody who has followed the link."""
    client.get(f"/respond/{token}/")
    return client


def stored(token: str) -> Response:
    number, secret = tokens.from_text(token)
    return Response.objects.get(pk=tokens.response_id(secret, tokens.name_of_round(number)))


def post_quietly(guest: Client, url: str, data: dict[str, Any]) -> HttpResponse:
    """As the page's script saves, while the person goes on."""
    return guest.post(url, data, headers={"accept": "application/json"})


def test_from_the_link_to_the_thanks(guest: Client, token: str) -> None:
    assert b"Begin" in guest.get("/respond/").content
    first = guest.post("/respond/1/", {"integration_1": "6", "integration_2": "dk", "go": "next"})
    assert (first.status_code, first["Location"]) == (303, "/respond/2/")
    last = guest.post("/respond/2/", {"lead_time": "3"})
    assert last["Location"] == "/respond/review/"
    sent = guest.post("/respond/review/", {"hindrances": "integration", "comment": "More tea."})
    assert (sent.status_code, sent["Location"]) == (303, "/respond/thanks/")

    assert b"Your answers have been sent" in guest.get("/respond/thanks/").content
    assert stored(token).complete
    assert stored(token).answers == {
        "integration_1": 6,
        "integration_2": "dk",
        "lead_time": 3,
        "hindrances": ["integration"],
        "comment": "More tea.",
    }


def test_the_warning_stands_above_the_box_for_a_comment(guest: Client) -> None:
    html = guest.get("/respond/review/").content.decode()

    warning = html.index("Your team mates may recognise your style")
    assert html.index(">Anything else your team should hear?") < warning < html.index("<textarea")


def test_the_same_link_goes_on_where_it_stopped(guest: Client, token: str) -> None:
    guest.post("/respond/1/", {"integration_1": "6", "go": "leave"})
    other_device = Client()
    other_device.get(f"/respond/{token}/")

    assert b"Welcome back" in other_device.get("/respond/").content
    assert b'value="6" checked' in other_device.get("/respond/1/").content


def test_leaving_saves_first(guest: Client, token: str) -> None:
    response = guest.post("/respond/1/", {"integration_1": "6", "go": "leave"})

    assert response["Location"] == "/respond/"
    assert stored(token).answers == {"integration_1": 6}


def test_a_wrong_answer_is_told_and_the_others_are_kept_on_the_page(guest: Client, token: str) -> None:
    response = guest.post("/respond/1/", {"integration_1": "6", "integration_2": "8"})

    assert response.status_code == 422
    assert b"Choose one of the answers shown." in response.content
    assert (
        b'name="integration_1" value="6" checked'
        in " ".join(response.content.decode().split()).replace(' id="id_integration_1_0"', "").encode()
    )
    assert stored(token).answers == {}


def test_a_wrong_comment_is_told_and_kept(guest: Client, token: str) -> None:
    response = guest.post("/respond/review/", {"comment": "My \u202e remark", "hindrances": "integration"})

    assert response.status_code == 422
    assert "cannot be shown" in response.content.decode()
    assert "remark" in response.content.decode()
    assert not stored(token).complete


def test_quiet_saving_says_so(guest: Client, token: str) -> None:
    assert post_quietly(guest, "/respond/1/", {"integration_1": "6"}).json() == {"saved": True}
    assert stored(token).answers == {"integration_1": 6}


def test_quiet_saving_of_the_last_page_sends_nothing(guest: Client, token: str) -> None:
    post_quietly(guest, "/respond/review/", {"comment": "Half-way"})

    assert stored(token).answers == {"comment": "Half-way"}
    assert not stored(token).complete


def test_quiet_saving_says_what_is_wrong(guest: Client) -> None:
    page = post_quietly(guest, "/respond/1/", {"integration_1": "9"})
    review = post_quietly(guest, "/respond/review/", {"hindrances": "tea"})

    assert (page.status_code, review.status_code) == (422, 422)
    assert list(page.json()["errors"]) == ["integration_1"]


def test_quiet_saving_without_a_link_is_told_where_to_go(client: Client, db: None) -> None:
    response = post_quietly(client, "/respond/1/", {"integration_1": "6"})

    assert (response.status_code, response.json()) == (404, {"location": "/respond/"})


@pytest.mark.parametrize("answers", [{}, {"integration_1": "9", "hindrances": "tea"}], ids=["good", "bad"])
@pytest.mark.parametrize("path", ["/respond/1/", "/respond/review/"])
def test_so_is_quiet_saving_with_a_made_up_link_whatever_is_said(
    guest: Client, token: str, path: str, answers: dict[str, str]
) -> None:
    guest.cookies["respond"] = token[:-6] + ("a" * 6 if token[-6:] != "a" * 6 else "b" * 6)
    response = post_quietly(guest, path, answers)

    assert (response.status_code, response.json()) == (404, {"location": "/respond/"})


@pytest.mark.parametrize("number", [0, 3, 10**30])
def test_a_page_that_there_is_not_leads_to_the_start(guest: Client, number: int) -> None:
    response = guest.get(f"/respond/{number}/")

    assert (response.status_code, response["Location"]) == (302, "/respond/")


def test_the_last_page_lists_what_is_open(guest: Client) -> None:
    guest.post("/respond/1/", {"integration_1": "6", "integration_2": "6", "integration_3": "6"})
    before = guest.get("/respond/review/").content.decode()
    guest.post("/respond/2/", dict.fromkeys(("lead_time", "deployment_frequency"), "3"))
    after = guest.get("/respond/review/").content.decode()

    assert "4 open" in before
    assert "2 open" in after


def test_nothing_left_open_is_said(guest: Client, kestrel: Team, token: str) -> None:
    asked = kestrel.organization.rounds.get()
    factories.answer_all(asked, kestrel, [5] * 6, now=timezone.now())

    assert b"You answered everything." in guest.get("/respond/review/").content


def test_a_link_given_up_for_another_answers_for_the_other(guest: Client, kestrel: Team, token: str) -> None:
    """Two people at one computer: the last link followed counts."""
    other = factories.tokens_of(kestrel.organization.rounds.get())[1]
    guest.get(f"/respond/{other}/")

    guest.post("/respond/1/", {"integration_1": "2"})

    assert stored(other).answers == {"integration_1": 2}
    assert stored(token).answers == {}


def test_a_page_costs_two_queries_and_a_save_one(guest: Client, django_assert_num_queries: Any) -> None:
    guest.get("/respond/1/")  # reads the questionnaire once a process

    with django_assert_num_queries(2):
        guest.get("/respond/1/")
    with django_assert_num_queries(1):
        guest.post("/respond/1/", {"integration_1": "6"})
    with django_assert_num_queries(1):
        guest.post("/respond/review/", {"comment": "So it is."})
