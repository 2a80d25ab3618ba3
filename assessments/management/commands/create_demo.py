"""``manage.py create_demo``: an invented organization to look around in."""

import datetime as dt
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assessments import crowd, demo
from assessments.models import Assessment, Organization, Questionnaire, TeamMembership
from assessments.questionnaire_file import read
from assessments.services.mails import queue_invitations
from assessments.services.questionnaires import import_questionnaire
from assessments.tasks import enqueue_mails

QUESTIONNAIRE = "accelerate-2.yaml"
QUARTERS = 12


class Command(BaseCommand):
    """Fill an empty database with the demo."""

    help = (
        "Make an invented organization with six past quarters and an open round. Needs an empty database. "
        "With --teams it is of that size, in two levels of groups: rounds are opened, sealed and scored as "
        "in real use; rosters and answers are written in bulk, and no mail is sent. 500 teams and 12 "
        "quarters take some minutes and half a gigabyte."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which of all possible demos."""
        parser.add_argument("--seed", type=int, default=1, help="another number invents other answers")
        teams = f"make so many teams, {crowd.FEWEST_TEAMS} to {crowd.MOST_TEAMS}, in place of the usual eight"
        parser.add_argument("--teams", type=int, help=teams)
        quarters = f"with --teams: so many past quarters, {crowd.FEWEST_QUARTERS} to {crowd.MOST_QUARTERS}"
        parser.add_argument("--quarters", type=int, help=f"{quarters} (usually {QUARTERS})")

    def handle(self, *args: Any, seed: int, teams: int | None, quarters: int | None, **options: Any) -> None:
        """Refuse where there is anything already; else make everything and say what it is."""
        if Organization.objects.exists():
            raise CommandError("The database has an organization already; the demo is for an empty one.")
        if quarters is not None and teams is None:
            raise CommandError("--quarters goes with --teams: the usual demo has six.")
        now = timezone.now()
        made = self._make(seed, teams, QUARTERS if quarters is None else quarters, timezone.localtime(now))
        queue_invitations(round=made.open, now=now)
        enqueue_mails(now)
        self.stdout.write(_summary(made))
        self.stdout.write(demo.introduction(now))

    def _make(self, seed: int, teams: int | None, quarters: int, now: dt.datetime) -> demo.Demo:
        if teams is None:
            return demo.create(questionnaire=_questionnaire(), seed=seed, now=now)
        try:
            return crowd.create(
                questionnaire=_questionnaire(),
                teams=teams,
                quarters=quarters,
                seed=seed,
                now=now,
                tell=self.stdout.write,
            )
        except ValueError as error:
            raise CommandError(str(error)) from error


def _questionnaire() -> Questionnaire:
    """The questionnaire that the product ships, published now if it is not yet."""
    path = Path(settings.BASE_DIR) / "fixtures" / "questionnaires" / QUESTIONNAIRE
    instrument = read(path.read_text(encoding="utf-8"), path.name)
    questionnaire, _created = import_questionnaire(instrument=instrument, now=timezone.now())
    return questionnaire


def _summary(made: demo.Demo) -> str:
    teams = Assessment.objects.filter(round=made.open).count()
    people = TeamMembership.objects.filter(team__organization=made.organization).count()
    closes_at = timezone.localtime(made.open.closes_at)
    return (
        f"Made {made.organization}: {teams} teams with {people} people, {len(made.past)} closed rounds, "
        f'and "{made.open}", which is open until {closes_at:%-d %B %Y}.'
    )
