"""Past rounds out of files: what one would become, bringing it in, and taking it out again."""

import datetime as dt
import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import answers_file, limesurvey_file
from ..answers_file import AnswersFile, AnswersFileError, Mistake, Mistakes, Problem, Row, scales_of
from ..disclosure import ROUNDS_REMEMBERED, may_differ_by_one, may_show
from ..models import Assessment, Organization, Questionnaire, RemovedPart, Round, Team, User
from ..queries import load_instrument, usable_questionnaires
from ..schedule import moment
from ..texts import is_showable
from ..yaml_file import YamlFileError
from .audit import Event, audited, record
from .errors import ServiceError
from .responses import keep_sealed, lock_round, wipe_afterwards
from .scores import freeze_scores

CLOSING = dt.time(13)
"""Nobody knows at which hour a round closed. At this one the day is the same in UTC, but for few islands."""

WORDS = {
    Problem.TOO_LARGE: gettext_lazy(
        "The file is larger than 5 MB. Leave out columns of no use here, or have it brought in on the server "
        "by import_round."
    ),
    Problem.NOT_A_TABLE: gettext_lazy(
        "This is not CSV. Open it in your spreadsheet program and save it as “CSV UTF-8”."
    ),
    Problem.NOT_UTF8: gettext_lazy("This is not text in UTF-8. Save the file as “CSV UTF-8”."),
    Problem.NOT_CSV: gettext_lazy(
        "This is not CSV: a quotation mark stands where none may stand, or a cell is far too long."
    ),
    Problem.LINE_TOO_LONG: gettext_lazy("The line is far too long for a row of answers. Correct it."),
    Problem.TOO_MANY_ROWS: gettext_lazy(
        "The file has more than 5,000 rows. Have it brought in on the server by import_round."
    ),
    Problem.TOO_MANY_COLUMNS: gettext_lazy(
        "There are more than 1,000 columns. Leave out those of no use here."
    ),
    Problem.NO_HEADER: gettext_lazy("The first row is empty. It has to name the columns."),
    Problem.NO_ANSWERS: gettext_lazy("There are no answers below the header, or none that is complete."),
    Problem.NO_NAME: gettext_lazy("This column has no name. Name it, or leave it out."),
    Problem.UNKNOWN_COLUMN: gettext_lazy(
        "This is not asked by %(given)s. Name the column by the key of a statement, or leave it out."
    ),
    Problem.COLUMN_TWICE: gettext_lazy("This column is there twice. Keep one."),
    Problem.NO_TEAM_COLUMN: gettext_lazy("There is no column with this name. It has to say each row's team."),
    Problem.NO_STATEMENT: gettext_lazy("There is no column of a statement. Columns are named by their keys."),
    Problem.NOT_EXPORTED: gettext_lazy(
        "The mapping names this column, and the file has none of this name. "
        "Export with question codes as headings, or correct the mapping."
    ),
    Problem.NOT_COMPLETE: gettext_lazy(
        "Without this column nobody can tell which responses are complete. "
        "Export it as well, or write incomplete: true in the mapping."
    ),
    Problem.CELLS: gettext_lazy("It has %(given)s cells, and the header has %(other)s."),
    Problem.NOT_AN_ANSWER: gettext_lazy(
        "“%(given)s” is no answer. Write %(other)s, dk, or nothing where the question was skipped."
    ),
    Problem.UNKNOWN_CODE: gettext_lazy(
        "“%(given)s” has no meaning here. Say in the mapping, under answers, what it stands for."
    ),
    Problem.NO_TEAM: gettext_lazy("There is no team. Fill it in."),
    Problem.TEAM_TOO_LONG: gettext_lazy("“%(given)s…” is longer than 100 characters. Shorten it."),
    Problem.TEAM_NOT_SHOWABLE: gettext_lazy(
        "The team's name has characters that cannot be shown. Type it again."
    ),
    Problem.UNKNOWN_TEAM: gettext_lazy(
        "There is no team “%(given)s”. Correct the name in the file, or make the team first; "
        "it may be archived. Rows of it: %(other)s."
    ),
    Problem.TEAM_NOT_UNIQUE: gettext_lazy(
        "More than one team is called “%(given)s”. Write it as in its page's address: %(other)s."
    ),
}


def words(mistake: Mistake) -> str:
    """A mistake as people read it: where it is, what it is, what to do."""
    text = WORDS[mistake.problem] % {"given": mistake.given, "other": mistake.other}
    if mistake.row and mistake.column:
        place = _("Row %(row)d, %(column)s:") % {"row": mistake.row, "column": mistake.column}
    elif mistake.row:
        place = _("Row %(row)d:") % {"row": mistake.row}
    else:
        return text
    return f"{place} {text}"


def texts_of(error: AnswersFileError) -> list[str]:
    """The first mistakes in words, and how many more there are."""
    told = [words(mistake) for mistake in error.mistakes]
    return [*told, _("And %(number)d more mistakes.") % {"number": error.more}] if error.more else told


# --- What a file says -------------------------------------------------------------------------


def read_file(
    *,
    lines: Iterable[bytes],
    questionnaire: Questionnaire,
    mapping: bytes | None = None,
    mapping_name: str = "",
    most: int | None = None,
) -> AnswersFile:
    """What a spreadsheet holds or, with a mapping, an export of LimeSurvey; of up to ``most`` rows.

    Raises ValidationError with every mistake.
    """
    instrument = load_instrument(questionnaire)
    try:
        if mapping is None:
            return AnswersFile(tuple(answers_file.read_answers(lines, instrument, most)))
        read = limesurvey_file.read_mapping(mapping, mapping_name, instrument)
        return limesurvey_file.read_export(lines, read, most)
    except YamlFileError as error:
        raise ValidationError(str(error)) from error
    except AnswersFileError as error:
        raise ValidationError(texts_of(error)) from error


# --- What it would become ---------------------------------------------------------------------


@dataclass(frozen=True)
class TeamPart:
    """A team's part in a round that would be brought in."""

    name: str
    responses: int
    is_shown: bool


@dataclass(frozen=True)
class ImportPlan:
    """What a file would become. Teams stand by name, and questions without any answer by key."""

    questionnaire: str
    name: str
    closed_on: dt.date
    minimum: int
    teams: tuple[TeamPart, ...]
    unanswered: tuple[str, ...]
    keeps_answers: bool  # they are younger than the organization keeps answers

    @property
    def digest(self) -> str:
        """The same for the same plan: what was shown is compared with what would be done."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


def plan_import(
    *,
    organization: Organization,
    questionnaire: Questionnaire,
    name: str,
    closed_on: dt.date,
    rows: Sequence[Row],
    now: dt.datetime,
) -> ImportPlan:
    """What would be brought in; nothing is. Raises ValidationError for whatever speaks against it."""
    _check_day(organization, closed_on, now)
    _check(_new_round(organization, questionnaire, name, closed_on))
    counts = Counter(team for team, _row in _with_teams(organization, rows))
    answered = {key for row in rows for key in row.answers}
    kept = organization.keep_responses_days
    minimum = organization.minimum_responses
    return ImportPlan(
        questionnaire=str(questionnaire),
        name=name,
        closed_on=closed_on,
        minimum=minimum,
        teams=tuple(
            TeamPart(team.name, counts[team], may_show(counts[team], minimum))
            for team in sorted(counts, key=lambda team: (team.name.casefold(), team.pk))
        ),
        unanswered=tuple(key for key in scales_of(load_instrument(questionnaire)) if key not in answered),
        keeps_answers=kept is None or _closed_at(organization, closed_on) > now - dt.timedelta(days=kept),
    )


def _closed_at(organization: Organization, day: dt.date) -> dt.datetime:
    return moment(day, CLOSING, ZoneInfo(organization.time_zone))


def _new_round(
    organization: Organization, questionnaire: Questionnaire, name: str, closed_on: dt.date
) -> Round:
    """The round, not closed yet: a closed one takes no more answers. Nobody is ever told of its results."""
    return Round(
        organization=organization,
        questionnaire=questionnaire,
        name=name,
        opens_at=moment(closed_on, dt.time.min, ZoneInfo(organization.time_zone)),
        closes_at=_closed_at(organization, closed_on),
        team_first_days=0,
        minimum_responses=organization.minimum_responses,
        reminders=0,
        imported=True,
        team_told=True,
        coaches_told=True,
    )


def _check_day(organization: Organization, day: dt.date, now: dt.datetime) -> None:
    today = now.astimezone(ZoneInfo(organization.time_zone)).date()
    if not dt.date(2000, 1, 1) <= day < today:
        raise ValidationError({"closed_on": _("Give a day that has passed, and from 2000 on.")})


def _check(made: Round) -> None:
    """Refuse a round that nobody could tell from another, or that would stand between rounds held here."""
    organization, questionnaire = made.organization, made.questionnaire
    if not usable_questionnaires(organization).filter(pk=questionnaire.pk).exists():
        raise ValidationError({"questionnaire": _("This organization cannot use this questionnaire.")})
    if not (is_showable(made.name) and made.name.isprintable()):
        raise ValidationError({"name": _("The name has characters that cannot be shown. Type it again.")})
    made.full_clean()
    same = Round.objects.filter(organization=organization, questionnaire__family=questionnaire.family)
    if beside := same.filter(imported=True, closed_at=made.closes_at).first():
        text = _("%(round)s closed on this day already. Give another day.")
        raise ValidationError({"closed_on": text % {"round": beside}})
    held_here = same.filter(~Q(salt="") | Q(closed_at__isnull=False), imported=False)
    first = held_here.order_by("opens_at").first()
    if first and made.closes_at >= first.opens_at:
        text = _(
            "Only what came before the first round held here can be brought in. "
            "Give a day before %(round)s opened."
        )
        raise ValidationError({"closed_on": text % {"round": first}})


def _with_teams(organization: Organization, rows: Sequence[Row]) -> list[tuple[Team, Row]]:
    """Each row with its team, known by its name or by what stands in its page's address.

    Raises ValidationError with every name that is no team's, or that of more than one.
    """
    by_name: dict[str, list[Team]] = defaultdict(list)
    by_slug = {team.slug: team for team in organization.teams.all()}
    for team in by_slug.values():
        by_name[_key(team.name)].append(team)
    found: dict[str, Team] = {}
    mistakes = Mistakes()
    first = {row.team: row.number for row in reversed(rows)}
    counts = Counter(row.team for row in rows)
    for name, number in sorted(first.items(), key=lambda entry: entry[1]):
        named = by_name[_key(name)]
        if len(named) != 1 and name in by_slug:
            named = [by_slug[name]]
        if len(named) == 1:
            found[name] = named[0]
        elif named:
            addresses = ", ".join(sorted(team.slug for team in named))
            mistakes.add(Problem.TEAM_NOT_UNIQUE, number, given=name, other=addresses)
        else:
            mistakes.add(Problem.UNKNOWN_TEAM, number, given=name, other=str(counts[name]))
    try:
        mistakes.refuse()
    except AnswersFileError as error:
        raise ValidationError(texts_of(error)) from error
    return [(found[row.team], row) for row in rows]


def _key(name: str) -> str:
    """What two spellings of the same team have in common."""
    return " ".join(name.split()).casefold()


# --- Bringing it in ---------------------------------------------------------------------------


class ImportChanged(ServiceError):
    """Something is not what it was when the plan was shown; this is the plan by now."""

    def __init__(self, plan: ImportPlan) -> None:
        super().__init__(_("Something has changed meanwhile. Look at what would be brought in by now."))
        self.plan = plan


@transaction.atomic
def import_round(
    *,
    organization: Organization,
    questionnaire: Questionnaire,
    name: str,
    closed_on: dt.date,
    rows: Sequence[Row],
    by: User | None,
    now: dt.datetime,
    digest: str = "",
) -> Round:
    """Bring in a past round: sealed answers and frozen scores, as a close leaves them, or nothing.

    ``digest`` is that of the plan that was shown. Raises ImportChanged where the plan has become
    another one, and ValidationError.
    """
    organization = _lock(organization)
    plan = plan_import(
        organization=organization,
        questionnaire=questionnaire,
        name=name,
        closed_on=closed_on,
        rows=rows,
        now=now,
    )
    if digest and plan.digest != digest:
        raise ImportChanged(plan)
    made = _new_round(organization, questionnaire, name, closed_on)
    made.save()
    with_teams = _with_teams(organization, rows)
    assessments = _make_assessments(made, Counter(team for team, _row in with_teams))
    sealed = [(assessments[team].pk, dict(row.answers)) for team, row in with_teams]
    random.SystemRandom().shuffle(sealed)
    if plan.keeps_answers:
        keep_sealed(sealed)
    freeze_scores(made, sealed)
    made.closed_at = made.closes_at
    made.save()
    what = Event.ROUND_IMPORTED if by else Event.ROUND_IMPORTED_ON_SERVER
    record(what=what, subject=made, organization=organization, by=by, now=now)
    return made


def _lock(organization: Organization) -> Organization:
    """The organization, with its rounds that have not closed: imports and closes take turns.

    Else neither would see that one person may differ from what the other is just adding.
    """
    held = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    list(Round.objects.select_for_update(no_key=True).filter(organization=held, closed_at=None))
    return held


def _make_assessments(made: Round, counts: Counter[Team]) -> dict[Team, Assessment]:
    """The teams' parts in the round, each with the team's others from which one person may differ."""
    closed: dict[int, dict[str, list[Assessment]]] = defaultdict(lambda: defaultdict(list))
    found = Assessment.objects.filter(team__in=counts, round__closed_at__isnull=False)
    for other in found.select_related("round__questionnaire").order_by("round__closed_at", "pk"):
        closed[other.team_id][other.round.questionnaire.family].append(other)
    removed: dict[int, list[RemovedPart]] = defaultdict(list)
    for gone in RemovedPart.objects.filter(team__in=counts):
        removed[gone.team_id].append(gone)
    parts = {}
    for team, responded in counts.items():
        families = closed[team.pk]
        part = Assessment(round=made, team=team, team_name=team.name, responded=responded)
        part.one_apart = [
            other.pk
            for family, others in families.items()
            for other in (others if family == made.questionnaire.family else _beside(made, others))
            if may_differ_by_one(responded, other.responded)
        ]
        # mostly it is the same round once more, with a row that was missing
        part.one_apart += [
            gone.assessment for gone in removed[team.pk] if may_differ_by_one(responded, gone.responded)
        ]
        parts[team] = part
    Assessment.objects.bulk_create(parts.values(), batch_size=500)
    return parts


def _beside(made: Round, others: Sequence[Assessment]) -> Sequence[Assessment]:
    """Of a team's parts in rounds of another questionnaire, oldest first, those somebody may lay beside this.

    It may ask the same under another name, and may have been asked before this round or after it.
    """
    until = made.closes_at
    place = sum(bool(each.round.closed_at and each.round.closed_at <= until) for each in others)
    return others[max(0, place - ROUNDS_REMEMBERED) : place + ROUNDS_REMEMBERED]


@audited
def remove_round(*, round: Round, by: User | None) -> None:
    """Take a round out again that was brought in, with its answers, scores and reports.

    Raises ServiceError for one that was held here, one that experiments came out of, and one because
    of which another is told roughly: without it the other would show more, and somebody may have kept
    the report of this one.
    """
    imported = lock_round(round.pk)
    if imported is None or not imported.imported:
        raise ServiceError(_("Only a round that was brought in from a file can be removed."))
    if rough := _rough_because_of(imported):
        raise ServiceError(
            _(
                "One person may differ between this round and %(rounds)s, which is told roughly "
                "for that reason. So this round stays as long as that one does."
            )
            % {"rounds": ", ".join(rough)}
        )
    _remember(imported)
    try:
        imported.delete()
    except ProtectedError as error:
        raise ServiceError(
            _("Experiments came out of this round, so it stays. They would lose what they rest on.")
        ) from error
    wipe_afterwards()


def _remember(imported: Round) -> None:
    """Keep how many answered in what is removed: somebody may have kept the reports (6.2 no. 4)."""
    RemovedPart.objects.bulk_create(
        RemovedPart(
            team_id=part.team_id,
            assessment=part.pk,
            responded=part.responded,
            closed_at=imported.closes_at,
        )
        for part in imported.assessments.all()
        if may_show(part.responded, imported.minimum_responses)
    )


def _rough_because_of(imported: Round) -> list[str]:
    """The names of the rounds in which a team has one person more or less than in this one, told first."""
    parts = set(imported.assessments.values_list("pk", flat=True))
    others = Assessment.objects.filter(team__assessments__round=imported).select_related("round")
    return sorted({other.round.name for other in others if parts & set(other.one_apart)})
