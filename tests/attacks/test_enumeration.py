"""Attack 3: guessing links, report addresses, and other organizations' objects.

Everything that is not one's own is answered like what does not exist: the same page, after the
same number of questions to the database. How often one may guess is tests/assessments/test_limits.py.
"""

from __future__ import annotations

import base64
import random
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments import access, limits, tokens
from assessments.models import Organization, Round, Team, User
from assessments.services import rounds
from tests import factories

GUESSES = 2_000


@pytest.fixture(autouse=True)
def _unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor are misses counted: on PostgreSQL that asks the database, too, more at the first than later."""
    monkeypatch.setattr(limits, "MISSES_A_MINUTE", 10**9)
    monkeypatch.setattr(limits, "count", lambda key: 1)


@pytest.fixture
def running(kestrel: Team) -> Round:
    """An open round, which is read once a minute: that it exists is no secret, who answers in it is."""
    made = factories.open_round(kestrel.organization, now=timezone.now())
    access.load_round(made.pk, timezone.now())
    return made


def asked(client: Client, url: str) -> tuple[int, str, int]:
    """Status, page without what differs in every form, and number of queries."""
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    return response.status_code, page, len(queries)


# --- Links ------------------------------------------------------------------------------------


def test_no_guessed_link_opens_anything(running: Round, client: Client) -> None:
    chance = random.Random(1)
    found = {asked(client, f"/respond/{tokens.to_text(running.pk, chance.randbytes(32))}/")
             for _ in range(GUESSES)}  # fmt: skip

    assert len(found) == 1
    assert {status for status, _page, _queries in found} == {404}


def test_no_neighbour_of_a_link_opens_anything(running: Round, client: Client) -> None:
    """One bit away, another round's number, another way to write the same bytes."""
    number, secret = tokens.from_text(factories.tokens_of(running)[0])
    flipped = [
        bytes(byte ^ (1 << bit % 8 if place == bit // 8 else 0) for place, byte in enumerate(secret))
        for bit in range(256)
    ]
    near = [tokens.to_text(number, other) for other in flipped]
    near += [tokens.to_text(number + step, secret) for step in (-1, 1, 1000)]
    text = tokens.to_text(number, secret)
    near += [f"0{text}", text[:-1], f"{text}A", text.swapcase()]
    letters = base64.urlsafe_b64encode(bytes(range(256))).decode()[:64]
    near += [text[:-1] + letter for letter in letters if letter != text[-1]]

    assert client.get(f"/respond/{text}/").status_code == 302
    assert {client.get(f"/respond/{other}/").status_code for other in near} == {404}


def test_a_link_of_a_closed_round_cannot_be_told_from_a_made_up_one(
    aviary: Organization, kestrel: Team, client: Client
) -> None:
    running = factories.open_round(aviary)
    token = factories.tokens_of(running)[0]
    factories.answer_all(running, kestrel, [4] * 6)
    rounds.close_round(round=running, by=None, now=factories.NOW)

    assert asked(client, f"/respond/{token}/") == asked(
        client, f"/respond/{tokens.to_text(running.pk, bytes(32))}/"
    )


# --- Objects ----------------------------------------------------------------------------------


def test_what_is_foreign_is_answered_like_what_does_not_exist(
    aviary: Organization, kestrel: Team, zoe: User, sam: User, client: Client
) -> None:
    """Same status, same page, same number of queries, for each kind of object and for two strangers."""
    closed = factories.closed_round(aviary, kestrel, [5] * 8, name="2026 Q1")
    team = "/o/{org}/teams/{team}/"
    addresses = ["/o/{org}/", "/o/{org}/roles/", "/o/{org}/rounds/{round}/", team]
    addresses += [f"/o/{{org}}/{what}" for what in ("roster.xlsx", "log.json", "actions.csv", "actions.md")]
    addresses += [f"/o/{{org}}/rounds/{{round}}/{what}.json" for what in ("comparison", "participation")]
    addresses += [f"{team}rounds/{{round}}/{what}" for what in ("", "report.pdf", "scores.csv")]
    there = {"org": "aviary", "team": "team-kestrel", "round": closed.pk}
    for stranger in (zoe, sam):
        client.force_login(stranger)
        for address in addresses:
            real = asked(client, address.format(**there))
            for part, invented in (("org", "no-such"), ("team", "no-such"), ("round", 10**6)):
                if f"{{{part}}}" in address:
                    assert real == asked(client, address.format(**there | {part: invented})), address
            assert real[0] == 404


def test_counting_up_finds_nothing(aviary: Organization, kestrel: Team, zoe: User, client: Client) -> None:
    factories.closed_round(aviary, kestrel, [5] * 8, name="2026 Q1")
    client.force_login(zoe)

    statuses = {client.get(f"/o/{org}/rounds/{number}/").status_code
                for org in ("aviary", "terrarium") for number in range(1, 200)}  # fmt: skip

    assert statuses == {404}
