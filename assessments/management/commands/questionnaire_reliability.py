"""``manage.py questionnaire_reliability accelerate-2``: how well the statements of a questionnaire work.

For those who maintain a questionnaire. All closed rounds are taken together and never one team alone:
five people's alpha says nothing about the statements (docs/method.md 3.2).
"""

import math
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from assessments import reliability, scoring
from assessments.instrument import Capability
from assessments.management.commands.export_questionnaire import find_questionnaire
from assessments.models import Assessment, Organization, Questionnaire, Round
from assessments.queries import load_instrument
from assessments.scale import Answer
from assessments.services.responses import sealed_answers

FEWEST = 30
"""People who rated every statement of a capability; with fewer an alpha is luck (docs/method.md 3.2)."""

BETTER = 100

TOO_FEW = (f"below {FEWEST}", "", "", "", "")

Row = tuple[tuple[int, int], Mapping[str, Answer]]
"""A team and its part in a round, and one person's answers."""


class Command(BaseCommand):
    """Print how reliable each capability is, and how often each statement was not known."""

    help = (
        "Alpha, ICC and shares of don't know of a questionnaire, over all closed rounds. Never tells of one "
        f"team. Needs {FEWEST} people of two teams or more who answered completely, better {BETTER}."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which questionnaire, and whose answers."""
        parser.add_argument("questionnaire", help="slug and version, such as accelerate-2")
        parser.add_argument("--organization", metavar="SLUG", help="the answers of one organization alone")

    def handle(self, *args: Any, questionnaire: str, organization: str | None, **options: Any) -> None:
        """Two tables: capabilities, and statements."""
        found = find_questionnaire(questionnaire)
        instrument, rows = load_instrument(found), _answers(found, organization)
        given = scoring.to_frame(rows, [statement.key for statement in instrument.statements])
        points = scoring.recode(given, instrument)
        capabilities = [_capability_cells(each, points) for each in instrument.capabilities]
        if all(cells[1:] == TOO_FEW for cells in capabilities):
            raise CommandError(
                f"No capability was rated completely by {FEWEST} people of two teams or more. "
                f"With fewer, or with one team, such figures are luck; {BETTER} people are better."
            )
        self.stdout.write(f"{len(rows)} people's answers. Who answered in several rounds counts in each.\n")
        self._print(("capability", "people", "alpha", "95 %", "ICC(1)", "ICC(2)"), capabilities)
        self.stdout.write("")
        statements = [_statement_cells(key, given) for key in points.columns]
        self._print(("statement", "answers", "don't know"), statements)

    def _print(self, heading: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A plain table: names to the left, figures to the right."""
        lines = [heading, *rows]
        widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
        for name, *cells in lines:
            figures = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
            self.stdout.write("  ".join((name.ljust(widths[0]), *figures)).rstrip())


def _answers(questionnaire: Questionnaire, organization: str | None) -> list[Row]:
    """Everybody's sealed answers, but for teams of which nothing is shown."""
    rounds = Round.objects.filter(questionnaire=questionnaire, closed_at__isnull=False)
    if organization is not None:
        if not Organization.objects.filter(slug=organization).exists():
            raise CommandError(f"There is no organization {organization!r}.")
        rounds = rounds.filter(organization__slug=organization)
    rows: list[Row] = []
    for found in rounds:
        enough = Assessment.objects.filter(round=found, responded__gte=found.minimum_responses)
        teams = dict(enough.values_list("pk", "team_id"))
        answers = sealed_answers(found)
        rows += [((teams[pk], pk), given) for pk, given in answers if pk in teams]
    return rows


def _capability_cells(capability: Capability, points: Any) -> tuple[str, ...]:
    """One capability: its key, who rated all of it, alpha with its interval, and both ICCs."""
    ratings = points[[statement.key for statement in capability.statements]].to_numpy()
    complete = ~np.isnan(ratings).any(axis=1)
    matrix, groups = ratings[complete], points.index[complete].tolist()
    by_group: dict[tuple[int, int], list[float]] = defaultdict(list)
    for group, person in zip(groups, matrix.mean(axis=1).tolist(), strict=True):
        by_group[group].append(person)
    people, teams = len(groups), {team for team, _part in by_group}
    if people < FEWEST or len(teams) < 2 or len(by_group) == people:
        return (capability.key, *TOO_FEW)
    icc = reliability.icc(list(by_group.values()))
    alphas = _alpha_cells(reliability.centred(matrix, groups), len(by_group))
    return capability.key, str(people), *alphas, _figure(icc.one), _figure(icc.two)


def _alpha_cells(matrix: Any, groups: int) -> tuple[str, str]:
    """Alpha within teams, and its interval; none for a single statement."""
    people, statements = matrix.shape
    alpha = reliability.alpha(matrix) if statements > 1 else math.nan
    if math.isnan(alpha):
        return _figure(alpha), ""
    low, high = reliability.alpha_interval(alpha, people, statements, groups=groups)
    return _figure(alpha), f"{_figure(low)} to {_figure(high)}"


def _statement_cells(key: str, given: Any) -> tuple[str, str, str]:
    """One statement: its key, how many answered it, and how many of these did not know."""
    answers = given[key].dropna()
    if len(answers) < FEWEST:
        return key, TOO_FEW[0], ""
    return key, str(len(answers)), f"{100 * (answers == scoring.DONT_KNOW_VALUE).mean():.0f} %"


def _figure(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}".replace("-", "−")
