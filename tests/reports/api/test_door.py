"""Who comes in, how often, and how others are refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpResponse
from django.test import Client

from assessments import limits
from assessments.models import ApiToken, Organization, Scope, Team, User
from assessments.services import people
from reports.api import door

from .conftest import Ask, token_of

SignIn = Callable[[User], Client]

TEAMS = "organizations/aviary/teams/"
UNKNOWN = {
    "title": "Unauthorized",
    "detail": "This token is not known or is over. Send the header “Authorization: Bearer TOKEN”.",
    "status": 401,
}


def refused(response: HttpResponse, status: int) -> str:
    """The sentence of a problem."""
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (response.status_code, body["status"], set(body)) == (
        status,
        status,
        {"title", "detail", "status"},
    )
    assert "no-store" in response["Cache-Control"]
    return str(body["detail"])


# --- Who --------------------------------------------------------------------------------------


def test_a_token_opens_what_its_person_may_see(ask: Ask, kestrel: Team, cleo: User) -> None:
    response = ask(cleo, TEAMS)

    assert response.status_code == 200
    assert [team["name"] for team in response.json()["items"]] == ["Team Kestrel"]
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("text", ["api-" + "A" * 43, "api-", "", "\u00e9", "delivery-" + "A" * 43])
def test_a_made_up_token_opens_nothing(ask: Ask, cleo: User, text: str) -> None:
    response = ask(text or "x", TEAMS)

    assert response.json() == UNKNOWN
    assert response["WWW-Authenticate"] == "Bearer"
    refused(response, 401)


def test_nobody_is_told_the_same(ask: Ask, aviary: Organization) -> None:
    assert ask(None, TEAMS).json() == UNKNOWN


def test_a_token_that_is_over_opens_nothing(ask: Ask, cleo: User) -> None:
    assert ask(token_of(cleo, days=30, ago=31), TEAMS).json() == UNKNOWN
    assert ask(token_of(cleo, days=90, ago=31), TEAMS).status_code == 200


def test_a_token_that_was_withdrawn_opens_nothing(ask: Ask, cleo: User) -> None:
    assert ask(cleo, TEAMS).status_code == 200
    ApiToken.objects.all().delete()

    assert ask(cleo, TEAMS).json() == UNKNOWN


def test_a_token_of_somebody_who_may_not_sign_in_opens_nothing(ask: Ask, cleo: User) -> None:
    assert ask(cleo, TEAMS).status_code == 200
    User.objects.filter(pk=cleo.pk).update(is_active=False)

    assert ask(cleo, TEAMS).json() == UNKNOWN


def test_a_token_follows_its_person_when_a_role_goes(ask: Ask, aviary: Organization, cleo: User) -> None:
    assert ask(cleo, TEAMS).status_code == 200
    people.remove_organization_role(membership=aviary.memberships.get(user=cleo), by=None)

    refused(ask(cleo, TEAMS), 404)
    assert ask(cleo).json()["organizations"] == []


@pytest.mark.parametrize("scheme", ["Token", "Basic", "bearer", "BEARER"])
def test_the_scheme_is_bearer(client: Client, cleo: User, scheme: str) -> None:
    header = {"authorization": f"{scheme} {token_of(cleo)}"}

    expected = 200 if scheme.lower() == "bearer" else 401
    assert client.get("/api/v1/", headers=header).status_code == expected


def test_who_is_signed_in_is_nobody_here(client: Client, ask: Ask, ada: User, sign_in: SignIn) -> None:
    sign_in(ada)

    assert ask(None, TEAMS).json() == UNKNOWN


def test_no_session_is_opened(
    ask: Ask, cleo: User, ada: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(ada)

    def fail(self: object) -> None:
        raise AssertionError("a session was opened")

    monkeypatch.setattr(SessionBase, "_session", property(fail))
    response = ask(cleo, TEAMS)

    assert response.status_code == 200
    assert not response.cookies


# --- What a token may ---------------------------------------------------------------------------


def test_a_token_reads_within_its_scopes(ask: Ask, kestrel: Team, cleo: User) -> None:
    token = token_of(cleo, [Scope.EXPERIMENTS])

    assert ask(token, "organizations/aviary/experiments/").status_code == 200
    told = refused(ask(token, TEAMS), 403)
    assert told == (
        "This token may not read this: teams, groups, rounds and how many answered. Make one that may."
    )


def test_a_narrow_token_cannot_tell_what_exists(ask: Ask, kestrel: Team, cleo: User) -> None:
    token = token_of(cleo, [Scope.EXPERIMENTS])

    assert ask(token, TEAMS).content == ask(token, "organizations/nowhere/teams/").content


# --- How often ----------------------------------------------------------------------------------


def test_a_token_that_asks_too_often_is_told_to_wait(
    ask: Ask, cleo: User, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "REQUESTS_A_MINUTE", 3)
    narrow = token_of(cleo, [Scope.RESULTS])
    assert [ask(cleo, TEAMS).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert [ask(narrow, TEAMS).status_code for _ in range(4)] == [403, 403, 403, 429]

    response = ask(cleo)

    assert refused(response, 429).endswith("Wait a minute, then go on.")
    assert response["Retry-After"] == "60"
    assert ask(ada, TEAMS).status_code == 200


def test_who_guesses_tokens_is_told_to_wait(ask: Ask, cleo: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MISSES_A_MINUTE", 3)

    assert [ask(f"api-{'A' * 42}{digit}").status_code for digit in range(4)] == [401, 401, 401, 429]


# --- What it is not -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
@pytest.mark.parametrize("address", ["", TEAMS, "openapi.json", "nowhere/"])
def test_there_is_nothing_to_change(ask: Ask, cleo: User, method: str, address: str) -> None:
    response = ask(cleo, address, method)

    assert refused(response, 405) == "Here one can only read: use GET."
    assert response["Allow"] == "GET, HEAD"


def test_head_is_get_without_its_body(ask: Ask, kestrel: Team, cleo: User) -> None:
    response = ask(cleo, TEAMS, "head")

    assert (response.status_code, response.content) == (200, b"")
    assert response["Content-Length"] == str(len(ask(cleo, TEAMS).content))


@pytest.mark.parametrize(
    "address",
    ["docs", "docs/", "nowhere", "organizations/", "organizations/aviary/teams", "organizations//teams/",
     "organizations/aviary/teams/../../", "%00", "organizations/a%2Fb/teams/"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(ask: Ask, aviary: Organization, cleo: User, address: str) -> None:
    for who in (cleo, None):
        assert refused(ask(who, address), 404) == (
            "There is nothing at this address, or it is not yours to see."
        )


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("organizations/avi%00ary/teams/", "org: String should match pattern '^[-a-zA-Z0-9_]+$'."),
        (f"organizations/{'a' * 51}/teams/", "org: String should have at most 50 characters."),
        ("organizations/aviary/rounds/x/", "round_id: Input should be a valid integer, "
         "unable to parse string as an integer."),
        ("organizations/aviary/rounds/0/", "round_id: Input should be greater than or equal to 1."),
        (f"organizations/aviary/rounds/{2**63}/",
         "round_id: Input should be less than or equal to 9223372036854775807."),
        (f"{TEAMS}?limit=501", "limit: Input should be less than or equal to 500."),
        (f"{TEAMS}?limit=0&offset=-1", "limit: Input should be greater than or equal to 1. "
         "offset: Input should be greater than or equal to 0."),
        (f"{TEAMS}?offset={10**30}", "offset: Input should be less than or equal to 1000000."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_in_words(
    ask: Ask, aviary: Organization, cleo: User, address: str, told: str
) -> None:
    assert refused(ask(cleo, address), 422) == told


def test_a_stranger_cannot_ask_what_could_be(ask: Ask, aviary: Organization, zoe: User) -> None:
    """Also what is foreign is answered like what does not exist."""
    for address in (TEAMS, "organizations/aviary/rounds/1/"):
        elsewhere = address.replace("aviary", "nowhere")
        assert ask(zoe, address).content == ask(zoe, elsewhere).content
