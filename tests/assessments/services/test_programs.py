"""Tokens for programs: kept as a digest, told to whom it concerns, gone with their person."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.http import Http404

from assessments import access
from assessments.models import ApiToken, Organization, Scope, Team, User
from assessments.services import people, programs
from assessments.services.errors import ServiceError
from tests.factories import DAY, NOW


def make(by: User, **changes: Any) -> tuple[ApiToken, str]:
    values = {"name": "BI", "scopes": [Scope.RESULTS], "days": 30} | changes
    return programs.make_token(by=by, now=NOW, **values)


def logged() -> list[tuple[str, str, str]]:
    found = LogEntry.objects.order_by("pk").select_related("actor")
    return [(str(entry.actor), entry.additional_data["what"], entry.object_repr) for entry in found]


def test_of_a_token_only_the_digest_is_kept(cleo: User) -> None:
    token, text = make(cleo)

    kept = str(list(ApiToken.objects.values())) + str(list(LogEntry.objects.values()))
    assert len(text) == len("api-") + 43
    assert text not in kept
    assert text.removeprefix("api-") not in kept
    assert token.digest not in str(list(LogEntry.objects.values()))


@pytest.mark.parametrize("days", [30, 90, 365])
def test_a_token_is_good_for_so_many_days(cleo: User, days: int) -> None:
    token, text = make(cleo, days=days)
    last_moment = NOW + dt.timedelta(days=days, microseconds=-1)

    assert access.get_reader(text, last_moment) == token
    assert access.get_reader(text, last_moment + dt.timedelta(microseconds=1)) is None


def test_a_withdrawn_token_opens_nothing(cleo: User) -> None:
    token, text = make(cleo)

    programs.withdraw_token(token=token, by=cleo, now=NOW)

    assert access.get_reader(text, NOW) is None


def test_two_tokens_of_one_name_are_refused(cleo: User, ada: User) -> None:
    make(cleo)
    make(ada)

    with pytest.raises(ValidationError, match="You have a token with this name already"):
        make(cleo)


@pytest.mark.parametrize("scopes", [[], ["everything"], [Scope.RESULTS, "everything"]])
def test_a_token_for_nothing_is_refused(cleo: User, scopes: list[str]) -> None:
    with pytest.raises(ValidationError, match="Choose at least one thing"):
        make(cleo, scopes=scopes)


def test_a_twenty_first_token_is_refused(cleo: User) -> None:
    for number in range(programs.MOST_TOKENS):
        make(cleo, name=str(number))

    with pytest.raises(ServiceError, match=r"You have 20 tokens\. Withdraw one"):
        make(cleo, name="One more")


def test_organizations_are_told_of_tokens_of_those_with_an_office(
    aviary: Organization, cleo: User, zoe: User
) -> None:
    terrarium = Organization.objects.get(slug="terrarium")
    people.set_organization_role(organization=terrarium, email=cleo.email, name="", role="coach", by=None)
    token, _text = make(cleo)
    programs.withdraw_token(token=token, by=cleo, now=NOW + DAY)

    assert logged() == [
        ("Cleo", "token_made", "Aviary"),
        ("Cleo", "token_made", "Terrarium"),
        ("Cleo", "token_withdrawn", "Aviary"),
        ("Cleo", "token_withdrawn", "Terrarium"),
    ]


def test_what_team_members_make_is_their_own(kestrel: Team, mia: User) -> None:
    make(mia)

    assert logged() == []


def test_tokens_go_with_a_person_who_is_forgotten(aviary: Organization, ada: User, cleo: User) -> None:
    make(cleo)

    people.forget_person(organization=aviary, email=cleo.email, by=ada, now=NOW)

    assert not ApiToken.objects.exists()
    assert "Cleo" not in str(logged())


def test_a_token_is_never_passed_on(kestrel: Team, mia: User, lee: User) -> None:
    """A token of a person is nobody else's to see or to end."""
    token, _text = make(mia)

    assert access.get_api_token(mia, token.pk) == token
    with pytest.raises(Http404):
        access.get_api_token(lee, token.pk)
