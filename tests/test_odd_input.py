"""What PostgreSQL takes in no text or number, sent by hand: a page or a refusal, never an error of ours."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments.models import Team, User
from assessments.services import deliveries
from tests import factories

ODD = ["\0", "a\0b", "9" * 30, "-" + "9" * 30, "٣"]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("odd", ODD)
def test_in_what_an_address_asks_for(client: Client, kestrel: Team, ada: User, odd: str) -> None:
    closed = factories.closed_round(kestrel.organization, kestrel, [5] * 7)
    client.force_login(ada)
    here, there = [kestrel.organization.slug, closed.pk], [kestrel.organization.slug, kestrel.slug]
    for address, names in (
        (reverse("compare", args=here), ("teams", "group", "before")),
        (reverse("start_action", args=[*there, closed.pk]), ("capability", "level")),
        (reverse("log", args=here[:1]), ("page",)),
    ):
        told = client.get(address, dict.fromkeys(names, odd))
        assert told.status_code in (200, 302, 403, 404), address


@pytest.mark.parametrize("odd", ODD)
def test_in_what_a_pipeline_sends(client: Client, kestrel: Team, odd: str) -> None:
    token = deliveries.make_token(team=kestrel, name="CI", by=None, now=timezone.now())[1]
    for content in ("id,at,service\n1,2026-01-01T00:00:00Z,x\n", f"id,at\n{odd},{odd}\n"):
        told = client.post(
            f"{reverse('receive_deliveries')}?service={quote(odd)}&environment={quote(odd)}",
            content,
            content_type="text/csv",
            headers={"authorization": f"Bearer {token}"},
        )
        assert told.status_code in (200, 422)


def test_in_numbers(client: Client, kestrel: Team, ada: User) -> None:
    client.force_login(ada)
    for number in ("9" * 19, "9" * 30):
        address = f"/o/{kestrel.organization.slug}/rounds/{number}/"
        assert client.get(address).status_code == HTTPStatus.NOT_FOUND


def test_in_cookies(client: Client) -> None:
    """A cookie in quotes may hold any character."""
    told = client.get(
        "/account/login/", headers={"cookie": f'{settings.SESSION_COOKIE_NAME}="\\000aaaaaaaa"'}
    )
    assert told.status_code == HTTPStatus.OK


def test_in_forms(client: Client, kestrel: Team, cleo: User) -> None:
    assert client.post("/account/login/", {"login": "a\0b", "password": "a\0b"}).status_code == HTTPStatus.OK
    client.force_login(cleo)
    for odd in ("9" * 19, "9" * 30, "\0"):
        told = client.post(reverse("choose_care", args=[kestrel.organization.slug]), {"teams": [odd]})
        assert told.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
