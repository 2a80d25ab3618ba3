"""Every address for programs, asked by everybody: who gets what, and that it is what the pages show."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accelerate_survey.operations.models import Count
from assessments import queries
from assessments.models import Group, Organization, Round, Scope, Team, User
from assessments.services import actions, people
from reports.api.endpoints import urlpatterns
from tests import factories
from tests.factories import DAY

from .conftest import Ask, close, token_of

SignIn = Callable[[User], Client]

PEOPLE = ("anonymous", "zoe", "sam", "mia", "lee", "cleo", "ada")


def with_token(*statuses: int) -> tuple[int, ...]:
    """Who shows no token is nobody."""
    return (401, *(statuses * 6 if len(statuses) == 1 else statuses))


#                       zoe  sam  mia  lee  cleo ada
ORGANIZATION = with_token(404, 404, 404, 404, 200, 200)
TEAM = with_token(404, 404, 200, 200, 200, 200)

MATRIX: dict[str, tuple[str, Scope | None, tuple[int, ...]]] = {
    "reader": ("", None, with_token(200)),
    "teams": ("{org}teams/", Scope.ORGANIZATION, ORGANIZATION),
    "groups": ("{org}groups/", Scope.ORGANIZATION, ORGANIZATION),
    "rounds": ("{org}rounds/", Scope.ORGANIZATION, ORGANIZATION),
    "one_round": ("{org}rounds/{round}/", Scope.ORGANIZATION, ORGANIZATION),
    "participation": ("{org}rounds/{round}/participation/", Scope.ORGANIZATION, ORGANIZATION),
    "team_rounds": ("{team}rounds/", Scope.ORGANIZATION, TEAM),
    "results": ("{team}rounds/{round}/", Scope.RESULTS, TEAM),
    "comparison": ("{org}rounds/{round}/comparison/", Scope.RESULTS, ORGANIZATION),
    "compared_teams": ("{org}rounds/{round}/comparison/teams/", Scope.RESULTS, ORGANIZATION),
    "team_experiments": ("{team}experiments/", Scope.EXPERIMENTS, TEAM),
    "organization_experiments": ("{org}experiments/", Scope.EXPERIMENTS, ORGANIZATION),
    "questionnaire": ("questionnaires/test/1/", None, with_token(200)),
}
"""By name: the address, the scope that is needed, and the status that each of PEOPLE gets."""

OPEN = {"openapi-json": 200, "api-root": 401, "elsewhere": 404}
"""What asks for no token: the description, and what is not there. The root is the reader's address."""


def address(name: str, of: Round) -> str:
    org = "organizations/aviary/"
    return MATRIX[name][0].format(org=org, team=f"{org}teams/team-kestrel/", round=of.pk)


# --- Who gets what ----------------------------------------------------------------------------


def test_every_address_has_a_row() -> None:
    patterns, _namespace = urlpatterns

    assert {pattern.name for pattern in patterns} == set(MATRIX) | set(OPEN)


@pytest.mark.parametrize("person", PEOPLE)
def test_everybody_gets_what_is_theirs(
    request: pytest.FixtureRequest, stage: Round, ask: Ask, zoe: User, sam: User, person: str
) -> None:
    who = request.getfixturevalue(person) if person != "anonymous" else None
    place = PEOPLE.index(person)

    got = {name: ask(who, address(name, stage)).status_code for name in MATRIX}

    assert got == {name: row[2][place] for name, row in MATRIX.items()}


@pytest.mark.parametrize("scope", Scope)
def test_a_token_reads_within_its_scopes(stage: Round, ask: Ask, cleo: User, scope: Scope) -> None:
    token = token_of(cleo, [scope])

    got = {name: ask(token, address(name, stage)).status_code for name in MATRIX}

    assert got == {name: 200 if row[1] in (scope, None) else 403 for name, row in MATRIX.items()}


@pytest.mark.parametrize("name", [name for name in MATRIX if name != "reader"])
def test_what_does_not_exist_is_not_found(stage: Round, ask: Ask, ada: User, name: str) -> None:
    """Each part of each address in turn is one that does not exist."""
    there = address(name, stage)
    parts = {
        "aviary": "nowhere",
        "team-kestrel": "nobody",
        str(stage.pk): "999999",
        "test": "none",
        "1": "99",
    }
    ways = [
        "/".join(parts[part] if part == wrong else part for part in there.split("/"))
        for wrong in parts
        if wrong in there.split("/")
    ]

    assert ways
    assert {way: ask(ada, way).status_code for way in ways} == dict.fromkeys(ways, 404)


@pytest.mark.parametrize("name", [name for name in MATRIX if "org" in MATRIX[name][0] or "team" in name])
def test_a_stranger_cannot_tell_what_exists(stage: Round, ask: Ask, zoe: User, sam: User, name: str) -> None:
    """Same answer, after the same number of questions to the database."""

    def asked(who: User, way: str) -> tuple[bytes, int]:
        with CaptureQueriesContext(connection) as queries:
            response = ask(who, way)
        return response.content, len(queries)

    there = address(name, stage)
    for who in (zoe, sam):
        ask(who)  # makes the token
        for part, invented in (("aviary", "nowhere"), ("team-kestrel", "nobody")):
            if part in there:
                ask(who, there)  # misses once: the next ones are only counted on
                assert asked(who, there) == asked(who, there.replace(part, invented))


# --- What the pages show ------------------------------------------------------------------------

KINDS = ("category", "capability", "key_metric")


def rows_of(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Results as the page's table has them."""
    for category in body["categories"]:
        yield row_of("category", category)
        yield from (row_of("capability", capability) for capability in category["capabilities"])
    yield from (row_of("key_metric", metric) for metric in body["key_metrics"])


def row_of(kind: str, of: dict[str, Any]) -> dict[str, Any]:
    row = {"kind": kind, "key": of["key"], "name": of["name"], "shown": of["result"]["kind"] == "shown"}
    row |= {"why_not_shown": of["result"].get("reason")}
    if not row["shown"]:
        return row
    told, previous, change = of["result"], of.get("previous") or {}, of.get("change") or {}
    row |= {"n": told.get("n"), "score": told.get("score") or told["band"]}
    row |= {"bands": " ".join(told["bands"]) if "bands" in told else told["label"]}
    row |= {"low90": told.get("low"), "high90": told.get("high")}
    row |= {"two_camps": told["two_camps"] if told.get("agreement") else None}  # promised to be true or false
    row |= {"agreement": told.get("agreement") or None, "dont_know_percent": told.get("dont_know")}
    row |= {"last_round": previous.get("score") or " ".join(previous.get("bands", ())) or None}
    return row | {"change": change.get("label"), "moved": change.get("moved")}


def table(client: Client, team: str, of: Round, kinds: Collection[str] = KINDS) -> list[dict[str, Any]]:
    body = client.get(f"/o/aviary/teams/{team}/rounds/{of.pk}/scores.json").json()
    return [row for row in body["rows"] if row["kind"] in kinds]


@pytest.mark.parametrize("who", ["mia", "lee", "cleo", "ada"])
@pytest.mark.parametrize("leaver", [False, True])
def test_results_are_those_of_the_page(
    request: pytest.FixtureRequest,
    stage: Round,
    kestrel: Team,
    ask: Ask,
    sign_in: SignIn,
    who: str,
    leaver: bool,
) -> None:
    """Also where one person has left, so that last round stands in words and scores are rough."""
    of = stage
    if leaver:
        people.remove_from_team(membership=kestrel.memberships.filter(role="member").last(), by=None)
        of = close(kestrel.organization, "2026 Q3", 1, {"Team Kestrel": [4] * 7})
    user = request.getfixturevalue(who)
    body = ask(user, address("results", of)).json()
    page = table(sign_in(user), "team-kestrel", of)

    told = list(rows_of(body))
    assert told == [{name: row[name] for name in own} for own, row in zip(told, page, strict=True)]
    capability = body["categories"][0]["capabilities"][0]
    assert capability["previous"]["kind"] == ("in_words" if leaver else "shown")
    assert (capability["result"]["low"] is None) == leaver


def test_results_tell_what_was_measured(stage: Round, ask: Ask, cleo: User) -> None:
    (measured,) = ask(cleo, address("results", stage)).json()["measured"]

    assert measured["service"] == "shop"
    assert measured["figures"]["frequency"] == {"deployments": 17, "per_week": pytest.approx(1.3, abs=0.05)}
    assert measured["figures"]["lead_time"]["median"] == pytest.approx(24, abs=0.1)
    assert {metric["key"] for metric in measured["metrics"]} == {
        "lead_time", "deployment_frequency", "time_to_restore", "change_failure_rate",
    }  # fmt: skip


def numbers_in(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """All numbers below a value, each with the name of its field."""
    match value:
        case dict():
            for key, below in value.items():
                yield from numbers_in(below, key)
        case list():
            for below in value:
                yield from numbers_in(below, name)
        case bool() | str() | None:
            return
        case _:
            yield name, value


def test_four_answers_leave_no_number(stage: Round, ask: Ask, cleo: User, ada: User) -> None:
    for who in (cleo, ada):
        body = ask(who, address("results", stage).replace("team-kestrel", "few")).json()

        assert set(numbers_in([body["categories"], body["key_metrics"]])) == {("minimum", 5)}
        assert set(numbers_in(body)) == {("minimum", 5), ("invited", 6), ("responded", 4)}
        results = [
            capability["result"] for category in body["categories"] for capability in category["capabilities"]
        ]
        assert results == [{"kind": "suppressed", "reason": "too_few", "minimum": 5}]
        (category,) = body["categories"]
        assert category["result"] == {"kind": "suppressed", "reason": "too_few_capabilities", "minimum": 5}
        assert (category["previous"], category["change"], body["measured"]) == (None, None, [])


def test_of_a_round_from_a_file_nobody_knows_who_was_asked(
    stage: Round, kestrel: Team, ask: Ask, cleo: User
) -> None:
    brought = factories.imported_round(kestrel.organization, {kestrel.name: [3, 4, 5, 5, 6, 2]}, "2024 Q4")
    results = ask(cleo, address("results", brought)).json()
    counted = ask(cleo, address("one_round", brought)).json()
    parts = ask(cleo, address("team_rounds", brought)).json()["items"]

    assert (results["imported"], results["invited"], results["responded"]) == (True, 0, 6)
    assert (counted["round"]["imported"], counted["invited"], counted["responded"]) == (True, 0, 6)
    assert [part["imported"] for part in parts] == [False, False, True]
    assert not ask(cleo, address("results", stage)).json()["imported"]


def test_comments_are_for_the_team_alone(kestrel: Team, ask: Ask, lee: User, mia: User) -> None:
    """Not even its own program gets them: it shows them to whom it likes."""
    then = timezone.now() - 9 * DAY
    of = factories.closed_round(
        kestrel.organization, kestrel, [5] * 6, now=then, other={"comment": "More oolong"}
    )

    for who in (lee, mia):
        assert b"oolong" not in ask(who, address("results", of)).content


def test_the_team_sees_its_results_first(
    aviary: Organization, kestrel: Team, ask: Ask, mia: User, lee: User, cleo: User, ada: User
) -> None:
    of = close(aviary, "2026 Q2", 1, {"Team Kestrel": [5] * 8}, team_first_days=2)
    actions.start_action(
        team=kestrel, round=of, capability_key="integration", title="Merge daily", by=lee, now=timezone.now()
    )
    others = ("results", "comparison", "compared_teams")

    for who in (mia, lee):
        assert ask(who, address("results", of)).status_code == 200
        assert ask(who, address("team_experiments", of)).json()["count"] == 1
    for who in (cleo, ada):
        for name in others:
            response = ask(who, address(name, of))
            assert response.status_code == 403
            assert "They open to you on" in response.json()["detail"]
        assert ask(who, address("team_experiments", of)).json() == {"items": [], "count": 0}
    Round.objects.filter(pk=of.pk).update(team_first_days=0)
    assert ask(cleo, address("results", of)).status_code == 200
    assert ask(cleo, address("team_experiments", of)).json()["count"] == 1


def test_there_are_no_results_before_the_close(ask: Ask, kestrel: Team, lee: User, cleo: User) -> None:
    running = factories.open_round(kestrel.organization, now=timezone.now())
    factories.answer_all(running, kestrel, [5] * 6, now=timezone.now())

    for who in (lee, cleo):
        assert ask(who, address("results", running)).status_code == 404
    assert ask(cleo, address("comparison", running)).status_code == 404


def test_teams_stand_beside_each_other_as_their_own_pages_tell(
    stage: Round, ask: Ask, cleo: User, sign_in: SignIn
) -> None:
    client = sign_in(cleo)
    teams = ask(cleo, address("compared_teams", stage)).json()["items"]

    assert [(team["slug"], team["group"]) for team in teams] == [
        ("cedar", ["Trees"]), ("alder", []), ("birch", []), ("few", []), ("team-kestrel", []),
    ]  # fmt: skip
    for team in teams:
        own = table(client, team["slug"], stage, {"capability"})
        assert [each["result"].get("score") for each in team["results"]] == [row["score"] for row in own]
    few = next(team for team in teams if team["slug"] == "few")
    assert set(numbers_in(few)) == {("minimum", 5)}


def test_a_comparison_counts_what_is_low(stage: Round, ask: Ask, cleo: User) -> None:
    body = ask(cleo, address("comparison", stage)).json()

    assert body == {
        "is_possible": True,
        "minimum": 5,
        "capabilities": [
            {
                "key": "integration",
                "name": "Short of integration",
                "category": "practice",
                "total": {"score": 65, "people": 25, "teams": 4},
            }
        ],
        "low_in_most": [],
        "low_in_few": [{"capability": "integration", "teams": ["alder"]}],
    }


def test_too_few_teams_are_not_compared(aviary: Organization, kestrel: Team, ask: Ask, cleo: User) -> None:
    of = close(aviary, "2026 Q2", 9, {"Team Kestrel": [5] * 6})

    body = ask(cleo, address("comparison", of)).json()
    assert body == {
        "is_possible": False, "minimum": 5, "capabilities": [], "low_in_most": [], "low_in_few": [],
    }  # fmt: skip
    assert ask(cleo, address("compared_teams", of)).json() == {"items": [], "count": 0}


def test_participation_is_counted_and_never_told_by_person(
    stage: Round, kestrel: Team, ask: Ask, cleo: User
) -> None:
    running = factories.open_round(kestrel.organization, "2026 Q3", now=timezone.now())
    factories.answer_all(running, kestrel, [5] * 3, now=timezone.now())
    teams = ask(cleo, address("participation", running)).json()["items"]
    body = ask(cleo, address("one_round", running)).json()

    assert [(each["slug"], each["invited"], each["responded"]) for each in teams] == [
        ("alder", 6, 0), ("birch", 6, 0), ("cedar", 6, 0), ("few", 6, 0), ("team-kestrel", 8, 3),
    ]  # fmt: skip
    assert (body["teams"], body["invited"], body["responded"]) == (5, 32, 3)
    assert (body["round"]["state"], body["round"]["results_open_at"]) == ("open", None)


def test_lists_name_what_leads_on(stage: Round, ask: Ask, cleo: User, mia: User) -> None:
    groups = ask(cleo, address("groups", stage)).json()["items"]
    assert [(each["slug"], each["parent"]) for each in groups] == [("conifers", "trees"), ("trees", None)]

    teams = ask(cleo, address("teams", stage)).json()["items"]
    assert {each["slug"]: (each["group"], each["people"]) for each in teams} == {
        "alder": (None, 6), "birch": (None, 6), "cedar": ("trees", 6), "few": (None, 6),
        "team-kestrel": (None, 8),
    }  # fmt: skip

    factories.make_round(Organization.objects.get(slug="aviary"), "2026 Q4", now=timezone.now())
    found = ask(cleo, address("rounds", stage)).json()["items"]
    assert [(each["name"], each["state"]) for each in found] == [
        ("2026 Q4", "planned"), ("2026 Q2", "closed"), ("2026 Q1", "closed"),
    ]  # fmt: skip
    assert found[0]["questionnaire"] == {"slug": "test", "version": 1}

    own = ask(mia, address("team_rounds", stage)).json()["items"]
    assert [(each["name"], each["invited"], each["responded"]) for each in own] == [
        ("2026 Q2", 8, 8), ("2026 Q1", 8, 8),
    ]  # fmt: skip


def test_experiments_are_told_as_their_page_tells_them(stage: Round, ask: Ask, cleo: User, lee: User) -> None:
    (tried,) = ask(cleo, address("team_experiments", stage)).json()["items"]
    (own,) = ask(cleo, address("organization_experiments", stage)).json()["items"]

    named = ("title", "capability", "owner", "state", "outcome")
    assert [tried[name] for name in named] == ["Merge daily", "integration", "Lee", "kept", "It helps"]
    assert (tried["round"]["name"], tried["closed_at"] is None) == ("2026 Q1", False)
    assert [own[name] for name in named] == ["A wall for everybody", "integration", None, "open", ""]


def test_a_token_knows_its_person(stage: Round, ask: Ask, cleo: User, lee: User) -> None:
    coach, lead = ask(cleo).json(), ask(lee).json()

    assert (coach["organizations"], coach["teams"]) == ([{"slug": "aviary", "name": "Aviary"}], [])
    assert (lead["organizations"], [team["slug"] for team in lead["teams"]]) == ([], ["team-kestrel"])
    assert lead["teams"][0]["organization"]["slug"] == "aviary"
    assert coach["scopes"] == ["experiments", "organization", "results"]


# --- Long lists -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["teams", "participation", "compared_teams"])
def test_lists_come_in_parts(stage: Round, ask: Ask, cleo: User, name: str) -> None:
    way = address(name, stage)
    whole = ask(cleo, way).json()
    parts = [ask(cleo, f"{way}?limit=2&offset={offset}").json() for offset in (0, 2, 4, 6)]

    assert whole["count"] == 5
    assert {part["count"] for part in parts} == {5}
    assert [len(part["items"]) for part in parts] == [2, 2, 1, 0]
    assert [item for part in parts for item in part["items"]] == whole["items"]


def test_lists_have_one_order_only(aviary: Organization, kestrel: Team) -> None:
    """Else what is alike, as two teams of one name, could stand in two parts and something else in none."""
    lists = (
        queries.teams_of(aviary),
        queries.groups_of(aviary),
        queries.rounds_of(aviary),
        queries.closed_assessments(kestrel),
        queries.actions_of(aviary, None),
    )

    assert {each.query.order_by[-1].lstrip("-") for each in lists} == {"pk"}


QUERIES = {
    "reader": 3, "teams": 4, "groups": 4, "rounds": 4, "one_round": 4, "participation": 4,
    "team_rounds": 6, "results": 13, "comparison": 8, "compared_teams": 8,
    "team_experiments": 6, "organization_experiments": 4, "questionnaire": 2,
}  # fmt: skip
"""For cleo, after the first time."""

COUNTING = re.compile(f"SAVEPOINT|{Count._meta.db_table}")
"""How PostgreSQL counts requests in common, which is no part of the answer."""


def test_an_answer_costs_as_many_queries_with_more_teams_and_rounds(
    stage: Round, aviary: Organization, ask: Ask, cleo: User
) -> None:
    def counted(of: Round) -> dict[str, int]:
        found = {}
        for name in MATRIX:
            ask(cleo, address(name, of))  # makes the token, reads the questionnaire, is logged once
            with CaptureQueriesContext(connection) as asked:
                assert ask(cleo, address(name, of)).status_code == 200
            found[name] = sum(not COUNTING.search(each["sql"]) for each in asked)
        return found

    assert counted(stage) == QUERIES
    for number in range(4):
        made = factories.make_team(aviary, f"Team {number}", size=6)
        people.change_team(team=made, name=made.name, group=Group.objects.first(), by=None)
    more = close(
        aviary, "2026 Q3", 1, {f"Team {number}": [5] * 6 for number in range(4)} | {"Team Kestrel": [4] * 8}
    )
    assert counted(more) == QUERIES


# --- Who is told ----------------------------------------------------------------------------------


def log() -> list[tuple[str, str]]:
    found = LogEntry.objects.filter(additional_data__what="results_read").order_by("pk")
    return [(str(entry.actor), entry.object_repr) for entry in found.select_related("actor")]


def test_reading_by_an_office_is_logged_once_a_day(
    stage: Round, ask: Ask, mia: User, lee: User, cleo: User, ada: User
) -> None:
    for _time in range(3):
        for who in (mia, lee, cleo):
            ask(who, address("results", stage))
        ask(ada, address("comparison", stage))
        ask(ada, address("compared_teams", stage))

    assert log() == [("Lee", "Team Kestrel, 2026 Q2"), ("Cleo", "Team Kestrel, 2026 Q2"), ("Ada", "2026 Q2")]


def test_what_is_refused_is_not_logged(stage: Round, ask: Ask, zoe: User, cleo: User) -> None:
    ask(zoe, address("results", stage))
    ask(token_of(cleo, [Scope.EXPERIMENTS]), address("results", stage))
    for name in ("teams", "rounds", "one_round", "team_rounds", "team_experiments"):
        ask(cleo, address(name, stage))

    assert log() == []
