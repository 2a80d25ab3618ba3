"""Tokens, questions asked with them, and something to be told."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from assessments.models import Organization, Round, Scope, Team, User
from assessments.services import actions, people, programs, rounds
from tests import factories
from tests.factories import DAY

Ask = Callable[..., HttpResponse]


def token_of(
    user: User, scopes: Collection[str] = tuple(Scope.values), *, days: int = 30, ago: int = 0
) -> str:
    """A new token's text, made so many days ago."""
    made = timezone.now() - ago * DAY
    name = f"Token {user.api_tokens.count() + 1}"
    return programs.make_token(name=name, scopes=scopes, days=days, by=user, now=made)[1]


@pytest.fixture
def ask(client: Client) -> Ask:
    """``ask(cleo, "organizations/aviary/teams/")``: what a program is answered that holds a token of cleo."""
    tokens: dict[int, str] = {}

    def answer(who: Any, address: str = "", method: str = "get") -> HttpResponse:
        """``who`` is a person, the text of a token, or nobody."""
        token = who
        if isinstance(who, User):
            token = tokens[who.pk] = tokens.get(who.pk) or token_of(who)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return getattr(client, method)(f"/api/v1/{address}", headers=headers)

    return answer


def close(
    organization: Organization, name: str, ago: int, values: dict[str, list[int]], **more: Any
) -> Round:
    """A round that closed so many days ago, in which teams answered so."""
    then = timezone.now() - ago * DAY
    made = factories.open_round(organization, name, now=then - DAY, **more)
    for team in Team.objects.filter(name__in=values):
        factories.answer_all(made, team, values[team.name], now=then - DAY)
    rounds.close_round(round=made, by=None, now=then)
    made.refresh_from_db()
    return made


@pytest.fixture
def stage(aviary: Organization, kestrel: Team, lee: User, mia: User, ada: User) -> Round:
    """Five teams in two closed rounds, one of too few people; deliveries, experiments, a group."""
    for name in ("Alder", "Birch", "Cedar", "Few"):
        factories.make_team(aviary, name, size=6)
    group = people.create_group(organization=aviary, name="Trees", by=None)
    people.create_group(organization=aviary, name="Conifers", parent=group, by=None)
    people.change_team(team=Team.objects.get(name="Cedar"), name="Cedar", group=group, by=None)
    answers = {"Team Kestrel": [3, 4, 4, 5, 5, 6, 2, 2], "Alder": [2] * 6, "Birch": [5] * 6, "Cedar": [6] * 5}
    before = close(aviary, "2026 Q1", 99, answers | {"Few": [1] * 6})
    now = close(aviary, "2026 Q2", 9, answers | {"Team Kestrel": [6] * 8, "Few": [7, 7, 7, 6]})
    factories.bring_in(kestrel, range(15, 100, 5), "shop", now=timezone.now())
    what: dict[str, Any] = {"round": before, "capability_key": "integration", "now": before.closed_at}
    tried = actions.start_action(team=kestrel, title="Merge daily", by=lee, owner=lee, **what)
    actions.finish_action(action=tried, state="kept", outcome="It helps", by=lee, now=now.closed_at)
    actions.start_action(team=None, title="A wall for everybody", by=ada, **what)
    return now
