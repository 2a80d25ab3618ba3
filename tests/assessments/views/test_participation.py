"""How many have answered: live, for those who may know it, and never who."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from assessments.models import Round, Team, User
from tests import factories

SignIn = Callable[[User], Client]
TEAM = "/o/aviary/teams/team-kestrel/"


@pytest.fixture
def running(kestrel: Team, lee: User, mia: User) -> Round:
    """An open round in which one of eight has sent answers, and another has begun."""
    now = timezone.now()
    made = factories.open_round(kestrel.organization, now=now)
    first, second = factories.tokens_of(made)[:2]
    factories.answer(first, {"integration_1": 5}, now=now)
    factories.answer(second, {"integration_1": 5}, complete=False, now=now)
    return made


def live(client: Client, url: str) -> list[str]:
    """What the script reads of a page to bring its counts up to date."""
    html = client.get(url).content.decode()
    return re.findall(r'id="participation[^"]*" data-live[^>]*>([^<]*)<', html)


def send_another(running: Round) -> None:
    factories.answer(factories.tokens_of(running)[1], {}, now=timezone.now())


@pytest.mark.parametrize("who", ["ada", "cleo"])
def test_the_round_counts_what_was_sent(
    request: pytest.FixtureRequest, running: Round, sign_in: SignIn, who: str
) -> None:
    client, url = sign_in(request.getfixturevalue(who)), f"/o/aviary/rounds/{running.pk}/"

    before = live(client, url)
    send_another(running)

    everybody = "%d of 8 people have answered. Only counts are known, never who."
    assert before == [everybody % 1, "1 of 8"]
    assert live(client, url) == [everybody % 2, "2 of 8"]


@pytest.mark.parametrize("who", ["ada", "cleo", "lee"])
def test_the_team_page_counts_what_was_sent(
    request: pytest.FixtureRequest, running: Round, sign_in: SignIn, who: str
) -> None:
    client = sign_in(request.getfixturevalue(who))

    before = live(client, TEAM)
    send_another(running)

    assert before == ["1 of 8 have answered so far."]
    assert live(client, TEAM) == ["2 of 8 have answered so far."]


def test_members_and_others_get_no_count(running: Round, mia: User, sam: User, sign_in: SignIn) -> None:
    page = sign_in(mia).get(TEAM)

    assert page.status_code == 200
    assert "is open until" in page.content.decode()
    assert not re.search(r"\d+ of \d+|data-live|live\.js", page.content.decode())
    assert sign_in(sam).get(TEAM).status_code == 404
    for person in (mia, sam):
        assert sign_in(person).get(f"/o/aviary/rounds/{running.pk}/").status_code == 404


def test_a_closed_round_does_not_look_again(running: Round, ada: User, sign_in: SignIn) -> None:
    client, url = sign_in(ada), f"/o/aviary/rounds/{running.pk}/"
    assert "assessments/live.js" in client.get(url).content.decode()

    factories.rounds.close_round(round=running, by=None, now=timezone.now())

    closed = client.get(url).content.decode()
    assert "1 of 8" in closed
    assert not re.search(r"data-live|live\.js", closed)


def test_the_counts_as_a_table(running: Round, cleo: User, sign_in: SignIn) -> None:
    """The page's counts, and nothing of who."""
    answer = sign_in(cleo).get(f"/o/aviary/rounds/{running.pk}/participation.json")

    assert json.loads(answer.content) == {
        "what": "participation",
        "round": "2026 Q2",
        "closed": False,
        "organization": "Aviary",
        "rows": [{"team": "Team Kestrel", "invited": 8, "responded": 1}],
    }


def test_of_a_round_from_a_file_the_table_does_not_say_how_many_were_asked(
    kestrel: Team, cleo: User, sign_in: SignIn
) -> None:
    brought = factories.imported_round(kestrel.organization, {kestrel.name: [3, 4, 5, 5, 6]})
    answer = sign_in(cleo).get(f"/o/aviary/rounds/{brought.pk}/participation.json")

    assert json.loads(answer.content)["rows"] == [{"team": "Team Kestrel", "invited": None, "responded": 5}]


@pytest.mark.parametrize("teams", [1, 5])
def test_more_teams_cost_the_table_no_more_queries(
    kestrel: Team, ada: User, sign_in: SignIn, django_assert_num_queries: Callable[..., object], teams: int
) -> None:
    for number in range(teams - 1):
        factories.make_team(kestrel.organization, f"Team {number}", size=2)
    url = f"/o/aviary/rounds/{factories.open_round(kestrel.organization).pk}/participation.csv"
    client = sign_in(ada)

    with django_assert_num_queries(6):
        assert client.get(url).content.count(b"Team ") == teams
