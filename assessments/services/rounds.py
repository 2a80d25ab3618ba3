"""Rounds: planned, opened, closed."""

import datetime as dt
import random
import secrets
from collections import defaultdict

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from .. import tokens
from ..models import (
    Assessment,
    Invitation,
    Organization,
    Questionnaire,
    Response,
    Round,
    Score,
    Team,
    TeamMembership,
    User,
)
from ..queries import load_instrument
from .errors import ServiceError
from .responses import lock_round, rewrite_invitations, rewrite_responses, seal
from .scores import make_scores


@transaction.atomic
def create_round(
    *,
    organization: Organization,
    questionnaire: Questionnaire,
    name: str,
    opens_at: dt.datetime,
    closes_at: dt.datetime,
    team_first_days: int,
    by: User | None,
) -> Round:
    """Plan a round. Nobody is asked anything before it is opened."""
    created = Round(
        organization=organization,
        questionnaire=questionnaire,
        name=name,
        opens_at=opens_at,
        closes_at=closes_at,
        team_first_days=team_first_days,
        minimum_responses=organization.minimum_responses,
    )
    created.full_clean()
    created.save()
    return created


def open_round(*, round: Round, by: User | None, now: dt.datetime) -> list[Invitation]:
    """Invite everybody on the rosters; the invitations whose mails are to be sent.

    Invitations and empty responses are written in two transactions and two random orders, so
    that neither row order nor transaction number leads from one to the other. A crash between
    the two is healed by opening again.
    """
    with transaction.atomic():
        opening = lock_round(round.pk)
        if opening is None or opening.is_closed:
            raise ServiceError(_("This round has closed. Make a new one."))
        if now >= opening.closes_at:
            raise ServiceError(_("The round would end before it begins. Change when it closes."))
        if opening.is_planned:
            _invite_all(opening, now)
    with transaction.atomic():
        still = lock_round(round.pk)
        if still is None or not still.is_open:
            raise ServiceError(_("The round was closed while it was being opened."))
        _add_responses(still)
    round.refresh_from_db()
    return list(Invitation.objects.filter(assessment__round=opening))


def _invite_all(opening: Round, now: dt.datetime) -> None:
    opening.salt = secrets.token_hex(32)
    opening.opens_at = now
    opening.minimum_responses = opening.organization.minimum_responses
    opening.save()
    teams = Team.objects.filter(
        organization=opening.organization, archived_at=None, memberships__isnull=False
    )
    Assessment.objects.bulk_create(
        Assessment(round=opening, team=team, team_name=team.name) for team in teams.distinct()
    )
    if not _add_invitations(opening):
        raise ServiceError(_("No team has anybody on its roster. Add people first."))


def _add_invitations(of: Round) -> int:
    """Invite who is on a roster and has no invitation yet; how many that were."""
    assessments = {assessment.team_id: assessment for assessment in Assessment.objects.filter(round=of)}
    known = set(Invitation.objects.filter(assessment__round=of).values_list("assessment_id", "email"))
    memberships = TeamMembership.objects.filter(team__in=assessments).values_list("team_id", "user__email")
    added = []
    for team_id, email in memberships:
        if (assessments[team_id].pk, email) not in known:
            invitation = Invitation(assessment=assessments[team_id], email=email)
            secret = secret_of(invitation, of)
            invitation.token_hash = tokens.invitation_hash(secret, tokens.name_of_round(of.pk))
            added.append(invitation)
    random.SystemRandom().shuffle(added)
    Invitation.objects.bulk_create(added, batch_size=500)
    return len(added)


def _add_responses(of: Round) -> None:
    """Give every invitation its empty response, where it has none."""
    name = tokens.name_of_round(of.pk)
    wanted = {
        tokens.response_id(secret_of(invitation, of), name): invitation.assessment_id
        for invitation in Invitation.objects.filter(assessment__round=of)
    }
    existing = set(Response.objects.filter(assessment__round=of).values_list("pk", flat=True))
    missing = [
        Response(pk=pk, assessment_id=assessment) for pk, assessment in wanted.items() if pk not in existing
    ]
    random.SystemRandom().shuffle(missing)
    Response.objects.bulk_create(missing, batch_size=500)


def secret_of(invitation: Invitation, of: Round) -> bytes:
    """The secret of an invitation's link, derived anew; it is stored nowhere."""
    return tokens.make_secret(settings.SECRET_KEY, of.salt, invitation.pk)


def link_token(invitation: Invitation, of: Round) -> str:
    """The token in an invitation's link, for the mail that carries it."""
    return tokens.to_text(of.pk, secret_of(invitation, of))


def invite_newcomers(*, round: Round, by: User | None, now: dt.datetime) -> list[Invitation]:
    """Invite who joined a roster since the round was opened; the new invitations.

    A row added later would stand out by its place, so all of the round's rows are written anew.
    """
    with transaction.atomic():
        current = lock_round(round.pk)
        if current is None or not current.is_open or now >= current.closes_at:
            raise ServiceError(_("The round is not open. People can be invited only while it is."))
        before = set(Invitation.objects.filter(assessment__round=current).values_list("pk", flat=True))
        _add_invitations(current)
        rewrite_invitations(current)
    with transaction.atomic():
        still = lock_round(round.pk)
        if still is None or not still.is_open:
            raise ServiceError(_("The round was closed while people were being invited."))
        _add_responses(still)
        rewrite_responses(still)
    return list(Invitation.objects.filter(assessment__round=current).exclude(pk__in=before))


def close_round(*, round: Round, by: User | None, now: dt.datetime) -> bool:
    """Seal the answers, score them and freeze the scores; whether this call did it.

    One transaction: a crash leaves the round open and whole, and closing twice changes nothing.
    """
    with transaction.atomic():
        closing = lock_round(round.pk)
        if closing is None or closing.is_closed:
            return False
        if not closing.is_open:
            raise ServiceError(_("This round was never opened, so there is nothing to close."))
        rows = seal(closing)
        _freeze_counts(closing, rows)
        instrument = load_instrument(closing.questionnaire)
        assessments = list(Assessment.objects.filter(round=closing).values_list("pk", flat=True))
        scores = make_scores(rows, assessments, instrument, minimum=closing.minimum_responses)
        for assessment, found in scores.items():
            for score in found:
                score.assessment_id = assessment
        Score.objects.bulk_create((score for found in scores.values() for score in found), batch_size=500)
        closing.salt, closing.closed_at = "", now
        closing.save()
        transaction.on_commit(_wipe_deleted_rows, robust=True)
    round.refresh_from_db()
    return True


def _freeze_counts(closing: Round, rows: list[tuple[int, dict[str, object]]]) -> None:
    responded: dict[int, int] = defaultdict(int)
    for assessment_id, _answers in rows:
        responded[assessment_id] += 1
    assessments = list(Assessment.objects.filter(round=closing))
    for assessment in assessments:
        assessment.invited = assessment.invitations.count()
        assessment.responded = responded[assessment.pk]
    Assessment.objects.bulk_update(assessments, ["invited", "responded"], batch_size=500)


def _wipe_deleted_rows() -> None:
    """Let the database forget the bytes of the rows that sealing replaced."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        elif connection.vendor == "postgresql":
            cursor.execute("VACUUM FULL assessments_invitation, assessments_response")
