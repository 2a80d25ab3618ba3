"""What happens in the other processes of a fire drill: ``python -m tests.operations.drill WHAT`` prints JSON.

They run on the product's own settings, with a database that is a file or a server.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import django

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "accelerate_survey.settings"
    django.setup()

from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from accelerate_survey.operations.health import look_at_database
from assessments.models import Response, Round, Score, User
from assessments.services.responses import save_response
from assessments.tokens import response_of
from reports import pdf
from reports.builder import build_content
from reports.models import Report
from reports.services import render_report, request_reports
from tests import factories

TEAM = "Team Kestrel"
PEOPLE = 8


def furnish() -> dict[str, Any]:
    """An installation with a closed round, its report, and an open round; the links of the latter."""
    call_command("migrate", verbosity=0)
    now = timezone.now()
    team = factories.make_team(factories.make_organization(), TEAM, PEOPLE)
    answers = [3, 4, 5, 6, 6, 7, 2, 5]
    closed = factories.closed_round(
        team.organization, team, answers, name="Past", now=now - 9 * factories.DAY
    )
    for report in request_reports(round=closed):
        render_report(report=report, language="en", now=timezone.now())
    running = factories.open_round(team.organization, "Present", now=now)
    return {"links": factories.tokens_of(running, team)}


def save(stop: str, *links: str) -> None:
    """Everybody saves answer after answer, until there is a file; each is told once it is acknowledged."""

    def go_on(link: str) -> None:
        for number in itertools.count():
            if Path(stop).exists():
                break
            save_response(token=link, answers={f"s{number}": 5}, complete=False, now=timezone.now())
            sys.stdout.write(f"{response_of(link)} s{number}\n")
            sys.stdout.flush()
        connections.close_all()

    with ThreadPoolExecutor(len(links)) as pool:
        list(pool.map(go_on, links))


def tell() -> dict[str, Any]:
    """All that a restore has to bring back: scores, answers, people, the report and what it is made of."""
    fields = [field.name for field in Score._meta.fields if field.name != "id"]
    closed = Round.objects.get(name="Past")
    content = build_content(closed.assessments.get(), "en", for_team=True)
    with Report.objects.get().file.open() as file:
        report = hashlib.sha256(file.read()).hexdigest()
    return {
        "scores": [
            list(row) for row in Score.objects.order_by("assessment", "kind", "key").values_list(*fields)
        ],
        "answers": {str(row.pk): sorted(row.answers) for row in Response.objects.all()},
        "people": sorted(User.objects.values_list("email", flat=True)),
        "report": report,
        "database": look_at_database(timezone.now()).said,
        "drawn": hashlib.sha256(pdf.render(content)).hexdigest(),
    }


if __name__ == "__main__":
    what = {"furnish": furnish, "save": save, "tell": tell}[sys.argv[1]]
    print(json.dumps(what(*sys.argv[2:])))  # type: ignore[operator]
