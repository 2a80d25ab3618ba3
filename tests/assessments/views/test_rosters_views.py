"""Rosters on their pages: upload, look, change; download; paste."""

from __future__ import annotations

import html
import json
import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from assessments.models import Organization, Team, TeamMembership, TeamRole, User
from assessments.services import people
from tests import factories

SignIn = Callable[[User], Client]

ROSTER = "/o/aviary/roster/"
SEVERAL = "/o/aviary/teams/team-kestrel/people/several/"


def upload(client: Client, text: str, **fields: Any) -> HttpResponse:
    return client.post(ROSTER, {"file": SimpleUploadedFile("roster.csv", text.encode()), **fields})


def signed_in(response: HttpResponse) -> str:
    """The plan as the preview's button sends it back."""
    found = re.search(r'name="roster" value="([^"]+)"', response.content.decode())
    assert found is not None
    return html.unescape(found[1])


def words_of(response: HttpResponse) -> str:
    text = re.sub(r"<[^>]*>", " ", response.content.decode())
    return " ".join(html.unescape(text).split())


def test_a_file_is_shown_first_and_carried_out_then(
    kestrel: Team, ada: User, mia: User, sign_in: SignIn
) -> None:
    client = sign_in(ada)
    text = (
        "team,group,name,e-mail,role,phone\n"
        "Team Kestrel,Birds,Ann,ann@x.org,lead,1\n"
        "Wren,Birds / Songbirds,Ann,ann@x.org,,\n"
    )

    shown = upload(client, text, whole="on")

    assert shown.status_code == 200
    words = words_of(shown)
    assert "Nothing has been changed yet." in words
    assert "These columns are not read: phone." in words
    assert "New groups Birds, Songbirds in Birds New teams Wren in Songbirds" in words
    assert "Mia mia@example.org Team Kestrel is taken off" in words
    assert "Ann ann@x.org Team Kestrel joins as lead" in words
    assert not User.objects.filter(email="ann@x.org").exists()

    done = client.post(f"{ROSTER}change/", {"roster": signed_in(shown)}, follow=True)

    assert done.redirect_chain == [("/o/aviary/", 302)]
    assert "Done: 2 people joined a team, 0 changed roles, 7 were taken off." in words_of(done)
    assert dict(kestrel.memberships.values_list("user__email", "role")) == {"ann@x.org": TeamRole.LEAD}


def test_every_bad_row_is_named(ada: User, sign_in: SignIn) -> None:
    response = upload(sign_in(ada), "team;e-mail;role\nKestrel;ann;\n;bob@x.org;boss\n")

    assert response.status_code == 422
    words = words_of(response)
    assert "Row 2, e-mail: “ann” is no e-mail address." in words
    assert "Row 3, team: This is empty. Fill it in." in words
    assert "Row 3, role: “boss” is no role. Write lead or member." in words


def test_what_a_file_says_is_escaped(ada: User, sign_in: SignIn) -> None:
    response = upload(sign_in(ada), "team,e-mail,name\n<script>Kestrel,ann@x.org,<b>Ann\n")

    assert response.status_code == 200
    assert b"<script>Kestrel" not in response.content
    assert b"<b>Ann" not in response.content


@pytest.mark.parametrize("size", [0, 1_000_001, 5_000_000])
def test_a_file_without_or_with_too_much_in_it_is_refused(ada: User, sign_in: SignIn, size: int) -> None:
    assert upload(sign_in(ada), "a" * size).status_code == 422


def test_a_roster_that_changed_meanwhile_is_shown_anew(kestrel: Team, ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    shown = upload(client, "team,e-mail\nTeam Kestrel,ann@x.org\n", whole="on")
    people.add_to_team(team=kestrel, email="late@x.org", name="Late", by=None)

    again = client.post(f"{ROSTER}change/", {"roster": signed_in(shown)})

    assert "Late late@x.org Team Kestrel is taken off" in words_of(again)
    assert kestrel.memberships.filter(user__email="late@x.org").exists()
    client.post(f"{ROSTER}change/", {"roster": signed_in(again)})
    assert list(kestrel.memberships.values_list("user__email", flat=True)) == ["ann@x.org"]


def test_what_became_impossible_meanwhile_is_told(kestrel: Team, ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)
    shown = upload(client, "team,e-mail\nTeam Kestrel,ann@x.org\n")
    people.archive_team(team=kestrel, by=None, now=timezone.now())

    response = client.post(f"{ROSTER}change/", {"roster": signed_in(shown)}, follow=True)

    assert "Row 2, team: “Team Kestrel” is archived." in words_of(response)


def test_a_plan_is_good_for_its_organization_only(
    aviary: Organization, ada: User, zoe: User, client: Client
) -> None:
    client.force_login(ada)
    shown = signed_in(upload(client, "team,e-mail\nWren,ann@x.org\n"))
    client.force_login(zoe)

    for value in (shown, shown[:-1], "", signing.dumps([])):
        response = client.post("/o/terrarium/roster/change/", {"roster": value}, follow=True)
        assert "This preview is no longer good." in words_of(response)
    assert not Team.objects.exists()


def test_a_file_that_changes_nothing_has_no_button(kestrel: Team, ada: User, sign_in: SignIn) -> None:
    response = upload(sign_in(ada), "team,e-mail\nTeam Kestrel,team-kestrel-0@example.org\n")

    assert "Nothing. The one person in the file is on their team already." in words_of(response)
    assert b'name="roster"' not in response.content


def test_five_thousand_people_come_back_from_the_preview(
    aviary: Organization, ada: User, sign_in: SignIn
) -> None:
    """Names and addresses that hardly compress."""
    chance = random.Random(1)
    client = sign_in(ada)
    rows = [
        f"Team {number % 40},Birds,{chance.randbytes(9).hex()},{chance.randbytes(8).hex()}@example.org"
        for number in range(5_000)
    ]
    shown = upload(client, "team,group,name,e-mail\n" + "\n".join(rows))

    done = client.post(f"{ROSTER}change/", {"roster": signed_in(shown)})

    assert (done.status_code, done["Location"]) == (302, "/o/aviary/")
    assert TeamMembership.objects.count() == 5_000


def test_the_roster_can_be_downloaded_and_given_back(
    kestrel: Team, ada: User, lee: User, sign_in: SignIn
) -> None:
    client = sign_in(ada)

    response = client.get("/o/aviary/roster.csv")

    assert response["Content-Disposition"] == 'attachment; filename="aviary-roster.csv"'
    text = response.content.decode()
    assert "Team Kestrel,,Lee,lee@example.org,lead" in text
    assert "Nothing. All 7 rows" in words_of(upload(client, text, whole="on"))
    book = SimpleUploadedFile("roster.xlsx", client.get("/o/aviary/roster.xlsx").content)
    assert "Nothing. All 7 rows" in words_of(client.post(ROSTER, {"file": book, "whole": "on"}))
    rows = json.loads(client.get("/o/aviary/roster.json").content)["rows"]
    assert {
        "team": "Team Kestrel",
        "group": "",
        "name": "Lee",
        "e-mail": "lee@example.org",
        "role": "lead",
    } in rows


def test_newcomers_of_an_open_round_are_told_of(kestrel: Team, ada: User, sign_in: SignIn) -> None:
    factories.open_round(kestrel.organization, now=timezone.now())
    client = sign_in(ada)
    shown = upload(client, "team,e-mail\nTeam Kestrel,ann@x.org\nWren,bob@x.org\n")

    done = client.post(f"{ROSTER}change/", {"roster": signed_in(shown)}, follow=True)

    assert "2026 Q2 is open, and 1 person on its teams has no invitation yet." in words_of(done)
    assert "2026 Q2 is open without the new teams." in words_of(done)
    assert "is open until" not in words_of(client.get("/o/aviary/teams/wren/"))


# --- Pasted addresses -------------------------------------------------------------------------


def test_a_lead_pastes_addresses(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    pasted = "Ann Smith <ann@x.org>; bob@x.org\r\nlee@example.org"

    response = sign_in(lee).post(SEVERAL, {"people": pasted}, follow=True)

    words = words_of(response)
    assert "On the team now: Ann Smith (ann@x.org), bob (bob@x.org)." in words
    assert "1 was on it already." in words
    assert kestrel.memberships.get(user=lee).role == TeamRole.LEAD


def test_a_bad_address_keeps_all_out(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    before = kestrel.memberships.count()

    response = sign_in(lee).post(SEVERAL, {"people": "ann@x.org\nbob"})

    assert response.status_code == 422
    assert "There is a problem Addresses – “bob” is no e-mail address." in words_of(response)
    assert kestrel.memberships.count() == before


def test_two_hundred_at_once_are_enough(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    pasted = "\n".join(f"p{number}@x.org" for number in range(201))

    response = sign_in(lee).post(SEVERAL, {"people": pasted})

    assert "These are 201 people." in words_of(response)
