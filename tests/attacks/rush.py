"""Many save at once, people join and the round closes meanwhile: what was acknowledged is what is there.

``python -m tests.attacks.rush`` prints the figures as JSON, of the DATABASE_URL given.
"""

from __future__ import annotations

import io
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "accelerate_survey.settings"
    django.setup()

from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from assessments import tokens
from assessments.models import Response
from assessments.services import people
from assessments.services.errors import RoundNotOpen
from assessments.services.responses import save_response
from assessments.services.rounds import close_round, invite_newcomers
from tests import factories

PEOPLE, SAVES, JOINING = 8, 40, 5


def rush() -> dict[str, Any]:
    """Everybody saves answer after answer and sends, while others join; half-way to the end, it closes."""
    team = factories.make_team(factories.make_organization(), "Team Rush", PEOPLE)
    running = factories.open_round(team.organization, now=timezone.now())
    links = factories.tokens_of(running, team)
    saved = threading.Barrier(PEOPLE + 1)
    faults: list[str] = []

    def save(link: str) -> bool:
        """Whether what this person sent was acknowledged."""
        try:
            for number in range(SAVES):
                save_response(token=link, answers={f"s{number}": 5}, complete=False, now=timezone.now())
            saved.wait(60)
            save_response(token=link, answers={}, complete=True, now=timezone.now())
        except RoundNotOpen:
            return False
        except Exception as error:  # whatever it is, the caller shows it
            faults.append(repr(error))
            saved.abort()
            return False
        finally:
            connections.close_all()
        return True

    def join() -> None:
        for number in range(JOINING):
            people.add_to_team(team=team, email=f"new-{number}@example.org", name="New", by=None)
            invite_newcomers(round=running, by=None, now=timezone.now())
        saved.wait(60)
        stored.update({row.pk: row.answers for row in Response.objects.filter(assessment__round=running)})
        close_round(round=running, by=None, now=timezone.now())
        connections.close_all()

    stored: dict[Any, dict[str, Any]] = {}
    with ThreadPoolExecutor(PEOPLE + 1) as pool:
        joining = pool.submit(join)
        acknowledged = sum(pool.map(save, links))
        joining.result()
    mine = [stored.get(tokens.response_of(link), {}) for link in links]
    return {
        "saves": PEOPLE * SAVES,
        "lost": sum(f"s{number}" not in answers for answers in mine for number in range(SAVES)),
        "acknowledged": acknowledged,
        "counted": running.assessments.get().responded,
        "faults": faults,
    }


if __name__ == "__main__":
    call_command("migrate", verbosity=0, stdout=io.StringIO())
    print(json.dumps(rush()))
