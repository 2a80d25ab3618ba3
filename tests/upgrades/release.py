"""Keeps a small database of a released version, and what its pages say, for all later ones to be tried on.

At a release, in the repository's folder and with the code as it is released:

    python -m tests.upgrades.release 0.2.0

writes ``tests/upgrades/0.2.0.sqlite3.xz`` and ``0.2.0.json.xz``. Both are committed and never changed again.
"""

from __future__ import annotations

import json
import lzma
import os
import random
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import django

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "accelerate_survey.settings"
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="release-")
    os.environ["DATABASE_URL"] = os.environ["EMAIL_URL"] = os.environ["SITE_URL"] = ""
    django.setup()

from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from assessments.models import Assessment, Organization, OrganizationRole, Round, Score, Team, User
from assessments.queries import load_instrument
from assessments.questionnaire_file import read
from assessments.services import actions, coaches, mails, people, rounds
from reports.builder import build_content
from reports.models import Report
from tests import factories
from tests.factories import DAY, NOW

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
KEY = "only-for-databases-that-upgrades-are-tried-on-0123456789-abcdef"
TEAMS = {"Team Kestrel": 9, "Team Robin": 6, "Team Wren": 3}  # with statements, without, and never shown
QUARTERS, QUARTER = 3, 91 * DAY


def seed() -> str:
    """An organization with three past quarters, an open round, a bit of everything; a link of that round."""
    chance = random.Random(20260504)
    path = ROOT / "fixtures" / "questionnaires" / "accelerate-2.yaml"
    factories.make_questionnaire(read(path.read_text(encoding="utf-8"), path.name))
    aviary = factories.make_organization("Aviary")
    group = people.create_group(organization=aviary, name="Hill", by=None)
    teams = [factories.make_team(aviary, name, size) for name, size in TEAMS.items()]
    for team in teams[:2]:
        people.change_team(team=team, name=team.name, group=group, by=None)
    ada, cleo = (_official(aviary, *who) for who in (("Ada", "administrator"), ("Cleo", "coach")))
    lee = factories.make_user("Lee")
    people.add_to_team(team=teams[0], email=lee.email, name="Lee", role="lead", by=None)
    factories.set_schedule(aviary)
    factories.bring_in(teams[0], now=NOW - 2 * DAY)
    for quarter in range(QUARTERS):
        opens = NOW - (QUARTERS - quarter) * QUARTER
        closed = _answered(aviary, f"Quarter {quarter + 1}", opens, chance)
        rounds.close_round(round=closed, by=ada, now=opens + 14 * DAY)
        closed.refresh_from_db()
        for assessment in Assessment.objects.filter(round=closed):
            content = build_content(assessment, "en", for_team=False).as_json()
            Report.objects.create(
                assessment=assessment, state="ready", content=content, file=f"reports/{assessment.pk}.pdf"
            )
        if quarter < QUARTERS - 1:
            _experiment(teams[0], closed, lee)
        _leave(teams[1])
    factories.hold_workshop(teams[2], answers={})
    coaches.choose_care(organization=aviary, teams=teams[:1], by=cleo)
    coaches.write_note(team=teams[0], text="Ask about the tests.", by=cleo, now=NOW)
    mails.queue_results(round=closed, now=NOW)
    running = _answered(aviary, "Present", NOW, chance, share=0.5)
    return factories.tokens_of(running, teams[0])[0]


def _official(organization: Organization, name: str, role: str) -> User:
    user = factories.make_user(name)
    people.set_organization_role(
        organization=organization, email=user.email, name=name, role=OrganizationRole(role), by=None
    )
    return user


def _answered(
    organization: Organization, name: str, opens: Any, chance: random.Random, share: float = 1
) -> Round:
    """An open round in which so many have sent random answers, with hindrances and remarks."""
    running = factories.open_round(organization, name, now=opens)
    instrument = load_instrument(running.questionnaire)
    keys = [capability.key for capability in instrument.capabilities]
    tokens = factories.tokens_of(running)
    for token in tokens[: round(share * len(tokens))]:
        given = factories.random_answers(instrument, chance)
        given |= {"hindrances": chance.sample(keys, 3), "comment": f"Remark {chance.randrange(1000)}."}
        factories.answer(token, given, now=opens)
    return running


def _experiment(team: Team, closed: Round, by: User) -> None:
    instrument = load_instrument(closed.questionnaire)
    actions.start_action(
        team=team, round=closed, capability_key=instrument.capabilities[closed.pk].key, title="Try it",
        by=by, now=closed.closed_at,
    )  # fmt: skip


def _leave(team: Team) -> None:
    """One person leaves before each quarter, so that words take the place of numbers."""
    people.remove_from_team(membership=team.memberships.order_by("pk").last(), by=None)


def numbers() -> dict[str, Any]:
    """Every number of every result: scores as they are kept, and what pages say of them."""
    told: dict[str, Any] = {}
    for score in Score.objects.select_related("assessment__team", "assessment__round"):
        name = f"{score.assessment.team.slug}/{score.assessment.round.name}/{score.kind}/{score.key}"
        for field in SCORE_FIELDS:
            told |= dict(_flat(f"{name}/{score.scoring_version}/{field}", getattr(score, field)))
    closed = Assessment.objects.filter(round__closed_at__isnull=False)
    for assessment in closed.select_related("team", "round__organization", "round__questionnaire"):
        content = build_content(assessment, "en", for_team=True).as_json()
        told |= dict(_of_page(f"{assessment.team.slug}/{assessment.round.name}", content))
    return told


SCORE_FIELDS = (
    "n mean sd se low90 high90 low80 high80 agreement two_camps dont_know distribution suppression".split()
)


def _of_page(name: str, content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for field in ("invited", "responded", "minimum", "joined", "left", "compared"):
        yield f"{name}/{field}", content[field]
    results = [*content["categories"], *content["key_metrics"]]
    results += [capability for category in content["categories"] for capability in category["capabilities"]]
    for result in results:
        for field in ("result", "previous", "change", "trend", "votes"):
            yield from _flat(f"{name}/{result['key']}/{field}", result.get(field))


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What is in a value, by its place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}/{key}", inner)
    elif isinstance(value, list | tuple):
        for place, inner in enumerate(value):
            yield from _flat(f"{name}/{place}", inner)
    else:
        yield name, value


def rows() -> dict[str, int]:
    """How many rows each of our tables has."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        return {
            name: _count(cursor, name) for name in tables if name.startswith(("assessments_", "reports_"))
        }


def _count(cursor: Any, table: str) -> int:
    cursor.execute(f'SELECT count(*) FROM "{table}"')
    return int(cursor.fetchone()[0])


def main(version: str) -> None:
    """Make both files."""
    call_command("migrate", verbosity=0)
    with override_settings(SECRET_KEY=KEY):
        told = {"link": seed(), "rows": rows(), "numbers": numbers()}
    connection.close()
    database = Path(os.environ["DATA_DIR"]) / "survey.sqlite3"
    with closing(sqlite3.connect(database)) as file:
        file.execute("VACUUM")
        file.execute("PRAGMA journal_mode = DELETE")
    for ending, content in (("sqlite3", database.read_bytes()), ("json", json.dumps(told).encode())):
        (HERE / f"{version}.{ending}.xz").write_bytes(lzma.compress(content, preset=9))
    print(f"{len(told['numbers'])} numbers are kept: commit both files.")


if __name__ == "__main__":
    main(sys.argv[1])
