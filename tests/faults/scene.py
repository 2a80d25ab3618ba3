"""What happens in an installation of its own: ``python -m tests.faults.scene WHAT`` prints JSON."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import django

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "accelerate_survey.settings"
    django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from assessments import tokens
from assessments.models import Invitation, Mail, Response, Round, TeamMembership, User
from assessments.pages import pages_of
from assessments.queries import load_instrument
from assessments.services import mails, people
from assessments.services.errors import ServiceError
from assessments.services.rounds import close_round, open_round
from assessments.signals import round_closed
from assessments.tasks import enqueue_mails
from reports.models import Report
from reports.tasks import LOST
from tests import factories
from tests.benchmarks.answering import look_at, whole_way

(*_older, QUESTIONNAIRE) = sorted(Path("fixtures/questionnaires").glob("accelerate-*.yaml"))


def furnish(number: str, teams: str = "1") -> dict[str, Any]:
    """An open round with so many people, whose mails wait for a worker; the links of all."""
    _prepare()
    organization = people.create_organization(name="Aviary")
    for place in range(int(teams)):
        team = people.create_team(organization=organization, name=f"Team {place}", by=None)
        users = User.objects.bulk_create(
            User(email=f"person-{place}-{each}@example.org", name=f"Person {each}")
            for each in range(int(number))
        )
        TeamMembership.objects.bulk_create(TeamMembership(team=team, user=user) for user in users)
    running = factories.open_round(organization, now=timezone.now())
    mails.queue_invitations(round=running, now=timezone.now())
    enqueue_mails(timezone.now())
    return {"links": factories.tokens_of(running)}


def _prepare() -> None:
    for command in (["migrate"], ["import_questionnaire", str(QUESTIONNAIRE)]):
        call_command(*command, verbosity=0, stdout=io.StringIO())
    call_command("collectstatic", interactive=False, verbosity=0)


def tell(*links: str) -> dict[str, Any]:
    """What is stored under each link, the states of all mails, and whether the database is sound."""
    found = {link: Response.objects.get(pk=tokens.response_of(link)) for link in links}
    sound = "ok"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA integrity_check")
            (sound,) = cursor.fetchone()
            cursor.execute("PRAGMA foreign_key_check")
            assert not cursor.fetchall()
    return {
        "stored": {link: {"answers": row.answers, "complete": row.complete} for link, row in found.items()},
        "mails": Counter(Mail.objects.values_list("state", flat=True)),
        "sound": sound,
        "invitations": Invitation.objects.count(),
    }


def close() -> dict[str, Any]:
    """Close the round; how many counted."""
    running = Round.objects.get()
    close_round(round=running, by=None, now=timezone.now())
    return {"counted": sum(running.assessments.values_list("responded", flat=True))}


def prepare_schedule(teams: str) -> dict[str, Any]:
    """A round to close, in which all have answered, and one that opens by itself after it."""
    call_command("migrate", verbosity=0)
    organization = people.create_organization(name="Aviary")
    groups = [factories.make_team(organization, f"Team {number}", 6) for number in range(int(teams))]
    before = timezone.now() - 30 * factories.DAY
    over = factories.open_round(organization, "Past", now=before)
    for team in groups:
        factories.answer_all(over, team, [3, 4, 5, 6, 6, 7], now=before)
    next_one = factories.make_round(
        organization, "Present", now=timezone.now() - factories.DAY, opens_itself=True, reminders=0
    )
    return {"people": 6 * int(teams), "round": next_one.pk}


def tell_schedule() -> dict[str, Any]:
    """How many mails of each kind, rounds, reports and answers there are."""
    return {
        "mails": Counter(Mail.objects.values_list("kind", flat=True)),
        "states": Counter(Mail.objects.values_list("state", flat=True)),
        "open": Round.objects.exclude(salt="").count(),
        "counted": sum(Round.objects.get(name="Past").assessments.values_list("responded", flat=True)),
        "invited": Invitation.objects.filter(assessment__round__name="Present").count(),
        "reports": Counter(Report.objects.values_list("state", flat=True)),
        "files": len(list((settings.MEDIA_ROOT / "reports").glob("*.pdf"))),
    }


def close_and_report() -> dict[str, Any]:
    """Close the round as its page does: workers are asked for its reports."""
    counted = close()
    round_closed.send(sender=None, round=Round.objects.get())
    return counted


def tell_reports() -> dict[str, Any]:
    """What became of them, and how many can be read where files are kept."""
    reports = list(Report.objects.all())
    read = 0
    for report in reports:
        if report.file:
            with report.file.open() as file:
                read += file.read(5) == b"%PDF-"
    return {"states": Counter(report.state for report in reports), "read": read}


def open_and_close(rounds: str) -> dict[str, Any]:
    """Each round is closed again and again while it is opened; what is left of it afterwards."""
    call_command("migrate", verbosity=0)
    told: Counter[str] = Counter()
    for number in range(int(rounds)):
        organization = people.create_organization(name=f"Aviary {number}")
        factories.make_team(organization, size=20)
        made = factories.make_round(organization, now=timezone.now())

        def opening(made: Round = made) -> None:
            try:
                open_round(round=Round.objects.get(pk=made.pk), by=None, now=timezone.now())
                told["opened"] += 1
            except ServiceError:
                told["told"] += 1
            finally:
                connections.close_all()

        def closing(made: Round = made) -> None:
            """From before it is open until it has closed."""
            try:
                while Round.objects.get(pk=made.pk).closed_at is None:
                    with contextlib.suppress(ServiceError):  # never opened
                        close_round(round=Round.objects.get(pk=made.pk), by=None, now=timezone.now())
            finally:
                connections.close_all()

        with ThreadPoolExecutor(3) as pool:
            running = [pool.submit(each) for each in (closing, opening, closing)]
            for each in running:
                each.result()
    return dict(told) | {
        "open": Round.objects.filter(closed_at=None).count(),
        "links left": Invitation.objects.exclude(token_hash=None).count(),
        "answers left": Response.objects.count(),
        "sealed rounds with a salt": Round.objects.exclude(closed_at=None).exclude(salt="").count(),
    }


def ways(size: str) -> dict[str, Any]:
    """The steps of each of so many people a team who answer, and of a coach who looks at what there is."""
    _prepare()
    now, before = timezone.now(), timezone.now() - 30 * factories.DAY
    organization = factories.make_organization("Steady")
    teams = [factories.make_team(organization, f"Team {number}", int(size)) for number in range(3)]
    past = factories.open_round(organization, "Past", now=before)
    for team in teams:
        factories.answer_all(past, team, [3, 4, 5, 6, 6, 7], now=before)
    close_round(round=past, by=None, now=before + factories.DAY)
    opened = factories.open_round(organization, "Present", now=now)
    pages = pages_of(load_instrument(opened.questionnaire))
    coach = factories.make_user("Coach")
    people.set_organization_role(
        organization=organization, email=coach.email, name="Coach", role="coach", by=None
    )
    client = Client()
    client.force_login(coach)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    home = f"/o/{organization.slug}/"
    seen = ["", "coach/", "actions/", f"rounds/{opened.pk}/", f"rounds/{past.pk}/compare/"]
    for team in teams:
        result = f"teams/{team.slug}/rounds/{past.pk}/"
        seen += [f"teams/{team.slug}/", result, f"{result}wall/", f"{result}scores.xlsx"]
    asked = [whole_way(token, pages, looks=True)[0] for token in factories.tokens_of(opened)]
    looked = [(look_at(home + page, cookie), 200) for page in seen]
    return {
        "people": [[(request.decode(), status) for request, status in way] for way in asked],
        "coach": [(request.decode(), status) for request, status in looked],
    }


def age_tasks() -> dict[str, Any]:
    """As if ten minutes had passed: what was begun before has lost its worker."""
    long_ago = timezone.now() - LOST - factories.DAY
    return {"lost": DBTaskResult.objects.running().update(started_at=long_ago)}


if __name__ == "__main__":
    tellers = (furnish, tell, close, prepare_schedule, tell_schedule, open_and_close, age_tasks)
    tellers += (close_and_report, tell_reports, ways)
    what = {each.__name__: each for each in tellers}[sys.argv[1]]
    print(json.dumps(what(*sys.argv[2:])))
