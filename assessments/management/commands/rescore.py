"""``manage.py rescore``: closed rounds scored by the present version of the method, beside the old scores."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils import timezone

from assessments.models import Organization, Round
from assessments.scoring import SCORING_VERSION
from assessments.services.rescoring import Outcome, TeamRescored, rescore_round

OUTCOMES = {
    Outcome.SCORED: f"scored anew, by version {SCORING_VERSION}",
    Outcome.CURRENT: f"scored by version {SCORING_VERSION} already",
    Outcome.GONE: "skipped, because its answers have been deleted",
}


class Command(BaseCommand):
    """Say what would be shown differently; keep it only when asked to."""

    help = (
        f"Score closed rounds by version {SCORING_VERSION} of the method and say what is shown differently. "
        "Old scores stay as they are, and so do reports that were made. Writes nothing without --write."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which rounds, and whether in earnest."""
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--round", type=int, metavar="ID", help="one closed round")
        which.add_argument("--organization", metavar="SLUG", help="all closed rounds of one organization")
        parser.add_argument("--write", action="store_true", help="keep the new scores")

    def handle(
        self, *args: Any, round: int | None, organization: str | None, write: bool, **options: Any
    ) -> None:
        """One transaction a round, oldest first."""
        now, scored = timezone.now(), False
        for found in _rounds(round, organization):
            result = rescore_round(round=found, write=write, by=None, now=now)
            scored = scored or result.outcome == Outcome.SCORED
            self.stdout.write(f"{found.organization}, {found}: {OUTCOMES[result.outcome]}.")
            for team in result.teams:
                self.stdout.write(f"  {team.team}: {_words(team)}.")
        if scored and not write:
            self.stdout.write(
                "Nothing was written. With --write the new scores are kept beside the old ones."
            )


def _rounds(round: int | None, organization: str | None) -> QuerySet[Round]:
    closed = Round.objects.filter(closed_at__isnull=False).select_related("organization", "questionnaire")
    if round is not None:
        closed = closed.filter(pk=round)
        if not closed.exists():
            raise CommandError(f"There is no closed round {round}.")
    if organization is not None:
        if not Organization.objects.filter(slug=organization).exists():
            raise CommandError(f"There is no organization {organization!r}.")
        closed = closed.filter(organization__slug=organization)
    return closed.order_by("closed_at", "pk")


def _words(team: TeamRescored) -> str:
    parts = (
        ("shown differently", team.moved),
        ("hidden now", team.hidden),
        ("still hidden, as the round promised", team.still_hidden),
    )
    said = [f"{len(names)} {words} ({', '.join(names)})" for words, names in parts if names]
    return "; ".join(said) or "nothing is shown differently"
