"""From frozen scores to teams beside each other, every cell as finely as the team's own page tells it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assessments.instrument import Capability, Instrument
from assessments.models import Assessment, Group, Round, Score
from assessments.prior import PRIOR_SD, PRIOR_SD_SINGLE
from assessments.queries import capability_scores, compared_assessments, lineages, load_instrument
from assessments.scale import translate

from .builder import one_apart, one_changed
from .comparison_content import Cell, Column, Comparison, Section, TeamRow, Total, total_of
from .content import Shown
from .history import Earlier, History
from .results import Results, newest

Lineages = Mapping[int, Sequence[Assessment]]
"""By team of the compared round, all its closed assessments, newest first."""


@dataclass(frozen=True)
class Place:
    """A group where it stands in the tree."""

    group: Group
    path: tuple[str, ...]  # names from the root on
    line: tuple[int, ...]  # the same in numbers

    def is_within(self, other: "Place") -> bool:
        """Whether it is the other group, or somewhere below it."""
        return self.line[: len(other.line)] == other.line


def places_of(groups: Iterable[Group]) -> list[Place]:
    """The tree read from its roots on, the groups of each level by name."""
    below: dict[int | None, list[Group]] = defaultdict(list)
    for group in sorted(groups, key=lambda group: (group.name.casefold(), group.pk)):
        below[group.parent_id].append(group)

    def walk(parent: int | None, path: tuple[str, ...], line: tuple[int, ...]) -> list[Place]:
        found = []
        for group in below[parent]:
            place = Place(group, (*path, group.name), (*line, group.pk))
            found += [place, *walk(group.pk, place.path, place.line)]
        return found

    return walk(None, (), ())


def build_comparison(
    of: Round,
    language: str,
    *,
    tree: Sequence[Place] = (),
    within: Place | None = None,
    other: Round | None = None,
) -> Comparison:
    """The teams of a closed round: three queries, four with an ``other`` round before it, however many teams.

    ``tree`` holds the organization's groups; ``within`` is the one of them to which the view is limited.
    """
    instrument = load_instrument(of.questionnaire)
    homes = _teams_by_group(of, instrument, other)
    sections = [
        Section(
            path=place.path,
            teams=tuple(homes[place.group.pk]),
            totals=_totals(
                instrument, [row for each in tree if each.is_within(place) for row in homes[each.group.pk]]
            ),
            is_parent=any(each.group.parent_id == place.group.pk for each in tree),
        )
        for place in tree
        if within is None or place.is_within(within)
    ]
    if within is None and homes[None]:
        sections.append(Section((), tuple(homes[None]), _totals(instrument, homes[None])))
    return Comparison(
        columns=tuple(
            Column(
                key=capability.key,
                name=translate(capability.short_name, language),
                category=translate(category.name, language),
                usual_sd=PRIOR_SD_SINGLE if len(capability.statements) == 1 else PRIOR_SD,
            )
            for category in instrument.categories
            for capability in category.capabilities
        ),
        sections=tuple(each for each in sections if each.teams or any(each.totals)),
        totals=_totals(instrument, [row for section in sections for row in section.teams]),
        minimum=of.minimum_responses,
    )


def _totals(instrument: Instrument, rows: Sequence[TeamRow]) -> tuple[Total | None, ...]:
    return tuple(total_of(row.cells[at].now for row in rows) for at in range(len(instrument.capabilities)))


def _teams_by_group(
    of: Round, instrument: Instrument, other: Round | None
) -> dict[int | None, list[TeamRow]]:
    """The round's teams by the group that they are in, each by name."""
    lines = lineages(of)
    now = _results(of, lines)
    then = _results(other, lines) if other else {}
    homes: dict[int | None, list[TeamRow]] = defaultdict(list)
    for assessment in compared_assessments(of):
        team, earlier = assessment.team, []
        if other and team.pk in then:
            place, found = then[team.pk]
            near = frozenset({0} if one_apart(lines[team.pk], now[team.pk][0], place) else ())
            earlier = [Earlier(other.name, load_instrument(other.questionnaire), found, near)]
        history = History(of.name, instrument, now[team.pk][1], earlier)
        cells = tuple(_cell(history, capability) for capability in instrument.capabilities)
        row = TeamRow(team.slug, assessment.team_name, cells, now[team.pk][1].version)
        homes[team.group_id].append(row)
    return homes


def _cell(history: History, capability: Capability) -> Cell:
    """A team's result, and beside it an earlier one where both were asked and scored alike.

    Where exactly one person changed, that one has no number (docs/method.md, 4.3 and 6.2 no. 4).
    """
    now, last = history.results.capability(capability.key), history.last
    alike = last is not None and last.results.version == history.results.version
    return Cell(now, history.last_capability(capability) if alike and isinstance(now, Shown) else None)


def _results(of: Round, lines: Lineages) -> dict[int, tuple[int, Results]]:
    """By team, at which place of its rounds this one stands, and what it found out."""
    scores: dict[int, list[Score]] = defaultdict(list)
    for score in capability_scores(of):
        scores[score.assessment_id].append(score)
    found = {}
    for team, line in lines.items():
        place = next((at for at, each in enumerate(line) if each.round_id == of.pk), None)
        if place is not None:
            told = newest(scores[line[place].pk])
            found[team] = (place, Results(told, of.minimum_responses, one_changed(line, place)))
    return found
