"""The page with one's own tokens for programs."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from assessments import access
from assessments.models import ApiToken, Scope, Team, User
from assessments.services import programs
from tests.factories import DAY

SignIn = Callable[[User], Client]

FORM = {"name": "BI", "scopes": [Scope.RESULTS, Scope.EXPERIMENTS], "days": "30"}


def words_of(response: HttpResponse) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


def post(client: Client, **changes: Any) -> HttpResponse:
    return client.post("/tokens/new/", FORM | changes)


def test_a_token_is_shown_once(mia: User, sign_in: SignIn) -> None:
    client = sign_in(mia)
    made = post(client)

    (text,) = re.findall(r"api-[\w-]{43}", words_of(made))
    assert access.get_reader(text, timezone.now()) == ApiToken.objects.get()
    assert "no-store" in made["Cache-Control"]
    assert text not in words_of(client.get("/tokens/"))
    assert ApiToken.objects.get().scopes == ["experiments", "results"]


def test_the_page_tells_what_each_token_may(mia: User, sign_in: SignIn) -> None:
    client, now = sign_in(mia), timezone.now()
    assert "You have none." in words_of(client.get("/tokens/"))
    programs.make_token(name="<b>Old</b>", scopes=Scope.values, days=30, by=mia, now=now - 31 * DAY)
    programs.make_token(name="New", scopes=[Scope.RESULTS], days=30, by=mia, now=now)
    page = client.get("/tokens/")

    assert "<b>Old" not in page.content.decode()
    assert "<b>Old</b> teams, groups, rounds and how many answered; results; experiments" in words_of(page)
    assert words_of(page).count("it is over") == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "n" * 101}, "Ensure this value has at most 100 characters"),
        ({"name": "two\nlines"}, "This has to be one line."),
        ({"name": "\u202e"}, "The text has characters that cannot be shown."),
        ({"scopes": []}, "Choose at least one thing that it may read."),
        ({"scopes": ["everything"]}, "everything is not one of the available choices"),
        ({"days": "100000"}, "100000 is not one of the available choices"),
        ({"days": ""}, "This field is required."),
    ],
)
def test_what_cannot_be_made_is_refused(
    mia: User, sign_in: SignIn, changes: dict[str, Any], said: str
) -> None:
    response = post(sign_in(mia), **changes)

    assert response.status_code == 422
    assert said in words_of(response)
    assert not ApiToken.objects.exists()


def test_a_second_one_of_the_name_is_refused(mia: User, sign_in: SignIn) -> None:
    client = sign_in(mia)
    post(client)

    assert "You have a token with this name already." in words_of(post(client))
    assert ApiToken.objects.count() == 1


def test_one_too_many_is_refused(mia: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "MOST_TOKENS", 2)
    client = sign_in(mia)
    for name in ("one", "two"):
        post(client, name=name)

    assert "You have 2 tokens. Withdraw one" in words_of(post(client, name="three"))


def test_a_token_is_withdrawn_by_its_person_alone(
    kestrel: Team, mia: User, lee: User, sign_in: SignIn
) -> None:
    token, _text = programs.make_token(name="BI", scopes=Scope.values, days=30, by=mia, now=timezone.now())
    address = f"/tokens/{token.pk}/withdraw/"

    assert sign_in(lee).post(address).status_code == 404
    assert "“BI” opens nothing any more." in words_of(sign_in(mia).post(address, follow=True))
    assert not ApiToken.objects.exists()


def test_a_list_of_tokens_costs_three_queries(
    mia: User, sign_in: SignIn, django_assert_num_queries: Any
) -> None:
    client = sign_in(mia)
    for name in ("one", "two", "three"):
        with django_assert_num_queries(3):  # session, user, tokens
            client.get("/tokens/")
        programs.make_token(name=name, scopes=Scope.values, days=30, by=mia, now=timezone.now())
