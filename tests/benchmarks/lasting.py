"""What lasts: the memory of web servers and workers after a long time at work, and how fast workers work."""

import time
from itertools import islice

from django.conf import settings
from django.test import Client
from django.utils import timezone

from assessments.models import Response, Round
from assessments.pages import pages_of
from assessments.queries import load_instrument
from reports.models import Report, ReportState
from reports.services import request_reports
from reports.tasks import render_one_report
from tests import factories

from .answering import CLIENTS, look_at, whole_way
from .load import Step, walk
from .measure import filled_round, memory_of_children, report, running, server

REQUESTS, WARM = 10_000, 2_000
REPORTS, FIRST = 200, 20
LOOKS = 5
"""So often somebody looks at results while one person answers."""


def bench_web_memory() -> bool:
    """Memory of the web server's processes after many requests, none of them replaced meanwhile."""
    closed = filled_round("Looked at", {"Kestrel": 8})
    lee = factories.make_user("Looker")
    team = closed.organization.teams.get()
    factories.people.add_to_team(team=team, email=lee.email, name="Lee", by=None)
    client = Client()
    client.force_login(lee)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    address = f"/o/{closed.organization.slug}/teams/{team.slug}/rounds/{closed.pk}/"
    looks: list[Step] = [(look_at(address, cookie), 200)] * LOOKS
    organization = factories.make_organization("Remembered")
    pages = pages_of(load_instrument(closed.questionnaire))
    steps = 2 * len(pages) + 5 + LOOKS
    factories.make_team(organization, size=REQUESTS // steps)
    opened = factories.open_round(organization, now=timezone.now())
    ways = [[*whole_way(token, pages, looks=True)[0], *looks] for token in factories.tokens_of(opened)]
    warm = WARM // steps
    with server("tests.benchmarks.bare_settings") as port:
        walk(port, ways[:warm], CLIENTS)
        before = sum(memory_of_children())
        outcome = walk(port, ways[warm:], CLIENTS)
        after = sum(memory_of_children())
    stored = Response.objects.filter(assessment__round=opened, complete=True).count()
    return report(
        f"Memory of the web server after {REQUESTS:,} requests, against after {WARM:,}",
        after / before,
        "at most 1.1, no errors",
        after <= 1.1 * before and not outcome.errors and stored == len(ways),
        f"{after:.0f} MB against {before:.0f} MB, all processes together; {outcome.errors} errors",
    )


def _ready(of: Round, number: int) -> float:
    """When so many of the round's reports were ready, by this process's clock."""
    while Report.objects.filter(assessment__round=of, state=ReportState.READY).count() < number:
        time.sleep(0.2)
    return time.perf_counter()


def bench_worker_memory() -> bool:
    """Memory of a worker after many reports, and how many it makes a minute."""
    made = filled_round("Reported", {f"Team {number}": 8 for number in range(REPORTS)})
    for each in islice(request_reports(round=made), REPORTS):
        render_one_report.enqueue(each.pk, settings.LANGUAGE_CODE)
    with running("manage.py", "db_worker", "--no-startup-delay", "--interval=0.1"):
        began = _ready(made, FIRST)
        before = memory_of_children()[0]
        seconds = _ready(made, REPORTS) - began
        after = memory_of_children()[0]
    rate = (REPORTS - FIRST) / seconds * 60
    return report(
        f"Memory of a worker after {REPORTS} reports, against after {FIRST}",
        after / before,
        "at most 1.1",
        after <= 1.1 * before,
        f"{after:.0f} MB against {before:.0f} MB; {rate:.0f} reports a minute",
    )
