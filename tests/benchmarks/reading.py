"""Pages that are read: of few and many answers, of many teams and quarters."""

import random
from functools import partial

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.models import Assessment, Round, Score, ScoreKind, Suppression, Team, User
from assessments.queries import (
    capability_scores,
    comparable_rounds,
    compared_assessments,
    lineages,
    load_instrument,
)
from assessments.services import actions
from tests import factories

from .measure import QUARTER, filled_round, in_turns, report


def _pages(made: Round) -> dict[str, str]:
    """The addresses of the results of each team, for Lee, who looks back on an experiment everywhere."""
    lee, addresses = User.objects.get(name="Lee"), {}
    for team in Team.objects.filter(organization=made.organization):
        factories.people.add_to_team(team=team, email=lee.email, name="Lee", by=None)
        actions.start_action(
            team=team,
            round=Round.objects.get(organization=made.organization, name="Round -1"),
            capability_key="test_automation",
            title="One test for each fault",
            by=lee,
            now=timezone.now(),
        )
        addresses[team.name] = f"/o/{made.organization.slug}/teams/{team.slug}/rounds/{made.pk}/"
    return addresses


def bench_results_page() -> bool:
    """The same page of 5 and of 5,000 answers, and after one and after many quarters."""
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(factories.make_user("Lee"))
    by_size = _pages(filled_round("Pages", {"Small": 5, "Large": 5000}))
    few = _pages(filled_round("A year", {"Few": 5}, earlier=3))
    many = _pages(filled_round("Three years", {"Many": 5}, earlier=11))
    addresses = by_size | few | many

    def get(name: str) -> None:
        assert client.get(addresses[name]).status_code == 200

    met = True
    for more, less, what in (
        ("Large", "Small", "5,000 responses against 5"),
        ("Many", "Few", "12 quarters against 4"),
    ):
        small, large = in_turns(partial(get, less), partial(get, more), 15)
        ratio = large / small
        told = f"{large * 1000:.0f} ms against {small * 1000:.0f} ms, median of 15 in turns"
        met &= report(f"Results page, {what}", ratio, "at most 1.2", ratio <= 1.2, told)
        with CaptureQueriesContext(connection) as queries:
            get(more)
        number = len(queries)
        met &= report("Results page, queries", number, "at most 12", number <= 12, "counted, with a session")
    return met


TEAMS, QUARTERS = 500, 12


def _many_teams() -> Round:
    """The newest of a dozen rounds of 500 teams in groups, scored at random: what is read is rows."""
    organization = factories.make_organization("Many")
    groups = [
        factories.people.create_group(organization=organization, name=f"Group {number}", by=None)
        for number in range(20)
    ]
    teams = Team.objects.bulk_create(
        Team(
            organization=organization, name=f"Team {number}", slug=f"team-{number}", group=groups[number % 20]
        )
        for number in range(TEAMS)
    )
    chance, now = random.Random(1), timezone.now()
    for back in range(QUARTERS - 1, -1, -1):
        closed_at = now - back * QUARTER - factories.DAY
        made = factories.make_round(organization, f"Round -{back}", now=closed_at - factories.DAY)
        Round.objects.filter(pk=made.pk).update(closed_at=closed_at)
        keys = [capability.key for capability in load_instrument(made.questionnaire).capabilities]
        assessments = Assessment.objects.bulk_create(
            Assessment(round=made, team=team, team_name=team.name, invited=8, responded=7, joined=0, left=0)
            for team in teams
        )
        Score.objects.bulk_create(
            (_random_score(assessment, key, chance) for assessment in assessments for key in keys),
            batch_size=2000,
        )
    return made


def _random_score(assessment: Assessment, key: str, chance: random.Random) -> Score:
    """Of one in ten teams too few answered."""
    score = Score(assessment=assessment, kind=ScoreKind.CAPABILITY, key=key, scoring_version="2")
    if assessment.team_id % 10 == 0:
        score.suppression = Suppression.TOO_FEW
        return score
    score.n, score.mean, score.sd, score.se = chance.randint(5, 12), chance.uniform(2, 6.5), 1.2, 0.45
    score.low90, score.high90 = max(1, score.mean - 0.9), min(7, score.mean + 0.9)
    score.low80, score.high80 = max(1, score.mean - 0.7), min(7, score.mean + 0.7)
    return score


def bench_compare() -> bool:
    """Teams side by side against nothing but loading the same rows."""
    made = _many_teams()
    cleo = factories.make_user("Cleo")
    factories.people.set_organization_role(
        organization=made.organization, email=cleo.email, name="Cleo", role="coach", by=None
    )
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(cleo)
    address = f"/o/{made.organization.slug}/rounds/{made.pk}/compare/"
    made = Round.objects.select_related("questionnaire").get(pk=made.pk)
    before = comparable_rounds(made)[0]

    def get(what: str = "") -> None:
        assert client.get(address + what).status_code == 200

    def rows(*of: Round) -> None:
        lineages(made), list(compared_assessments(made))
        for each in of:
            list(capability_scores(each))

    met = []
    for name, what, of in (
        ("Teams side by side", "", [made]),
        ("The same beside another quarter", f"?with={before.pk}", [made, before]),
    ):
        ours, bare = in_turns(partial(get, what), partial(rows, *of), 7)
        with CaptureQueriesContext(connection) as queries:
            get(what)
        detail = f"{ours * 1000:.0f} ms against {bare * 1000:.0f} ms, {TEAMS} teams, {QUARTERS} quarters, "
        detail += f"{len(queries)} queries, median of 7 in turns"
        met.append(
            report(f"{name}, against loading the rows", ours / bare, "at most 3", ours <= 3 * bare, detail)
        )
    return all(met)
