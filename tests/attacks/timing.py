"""Attack 3, by the clock: is what is foreign answered as fast as what does not exist?

``python -m tests.attacks.timing`` prints, for each kind of address, how long the one takes as a ratio
to the other (medians of many in turns), as JSON, of the DATABASE_URL given.
"""

from __future__ import annotations

import io
import json
import logging
import os
import random
import statistics
import time

import django

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "accelerate_survey.settings"
    django.setup()

from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from assessments import limits, tokens
from assessments.models import OrganizationRole
from assessments.services import people, rounds
from tests import factories

TURNS = 400


def measure() -> dict[str, float]:
    """Foreign against missing, closed against invented: {kind: ratio of medians}."""
    logging.disable(logging.WARNING)  # "Not Found", thousands of times
    limits.MISSES_A_MINUTE = 10**9
    aviary = factories.make_organization("Aviary")
    team = factories.make_team(aviary, "Team Kestrel", 6)
    now = timezone.now()
    closed = factories.open_round(aviary, "2026 Q1", now=now - 9 * factories.DAY)
    link = f"/respond/{factories.tokens_of(closed, team)[0]}/"
    rounds.close_round(round=closed, by=None, now=now)
    running = factories.open_round(aviary, "2026 Q2", now=now)
    zoe = factories.make_user("Zoe")
    people.set_organization_role(
        organization=factories.make_organization("Terrarium"), email=zoe.email, name="Zoe",
        role=OrganizationRole.ADMINISTRATOR, by=None,
    )  # fmt: skip
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(zoe)
    invented = f"/respond/{tokens.to_text(running.pk, random.SystemRandom().randbytes(32))}/"
    results = f"/o/aviary/teams/team-kestrel/rounds/{closed.pk}/"
    pairs = {
        "link of a closed round": (link, invented),
        "organization": ("/o/aviary/", "/o/nowhere/"),
        "team": ("/o/aviary/teams/team-kestrel/", "/o/aviary/teams/nobody/"),
        "round": (f"/o/aviary/rounds/{closed.pk}/", "/o/aviary/rounds/999999/"),
        "report": (f"{results}report.pdf", "/o/aviary/teams/nobody/rounds/1/report.pdf"),
    }
    return {kind: _ratio(client, *addresses) for kind, addresses in pairs.items()}


def _ratio(client: Client, there: str, missing: str) -> float:
    taken: dict[str, list[float]] = {there: [], missing: []}
    for turn in range(TURNS + 20):
        for address in random.SystemRandom().sample([there, missing], 2):
            begun = time.perf_counter()
            status = client.get(address).status_code
            if turn >= 20:  # the first ones warm up
                taken[address].append(time.perf_counter() - begun)
            assert status == 404, address
    return round(statistics.median(taken[there]) / statistics.median(taken[missing]), 3)


if __name__ == "__main__":
    call_command("migrate", verbosity=0, stdout=io.StringIO())
    call_command("collectstatic", interactive=False, verbosity=0)
    print(json.dumps(measure()))
