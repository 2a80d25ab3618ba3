"""Rounds: planned, opened, closed."""

import datetime as dt
import random
import secrets
from collections import Counter, defaultdict

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from .. import tokens
from ..disclosure import ROUNDS_REMEMBERED, may_differ_by_one
from ..models import (
    Assessment,
    Invitation,
    Organization,
    Questionnaire,
    RemovedPart,
    Response,
    Round,
    Team,
    TeamMembership,
    User,
    WebhookEvent,
)
from ..queries import assessments_before, mails_of_a_day, open_rounds
from .audit import Event, audited, record
from .errors import ServiceError
from .responses import lock_round, rewrite_invitations, rewrite_responses, seal, wipe_afterwards
from .scores import freeze_scores
from .webhooks import queue_round

DEFAULT_REMINDERS = 2

REMOVED_REMEMBERED = dt.timedelta(days=200)
"""So long after its close a round that was brought in and removed is laid beside others: half a year."""


@audited
def create_round(
    *,
    organization: Organization,
    questionnaire: Questionnaire,
    name: str,
    opens_at: dt.datetime,
    closes_at: dt.datetime,
    team_first_days: int,
    by: User | None,
    reminders: int = DEFAULT_REMINDERS,
    opens_itself: bool = False,
) -> Round:
    """Plan a round. Nobody is asked anything before it is opened."""
    created = Round(
        organization=organization,
        questionnaire=questionnaire,
        name=name,
        opens_at=opens_at,
        closes_at=closes_at,
        team_first_days=team_first_days,
        reminders=reminders,
        opens_itself=opens_itself,
        minimum_responses=organization.minimum_responses,
    )
    created.full_clean()
    created.save()
    return created


def open_round(
    *, round: Round, by: User | None, now: dt.datetime, closes_at: dt.datetime | None = None
) -> list[Invitation]:
    """Invite everybody on the rosters; the invitations whose mails are to be sent.

    ``closes_at`` is another end than the planned one, for a round that opens late.

    Invitations and empty responses are written in two transactions and two random orders, so
    that neither row order nor transaction number leads from one to the other. A crash between
    the two is healed by opening again.
    """
    with transaction.atomic():
        opening = lock_round(round.pk)
        if opening is None or opening.is_closed:
            raise ServiceError(_("This round has closed. Make a new one."))
        was_planned = opening.is_planned
        if was_planned:
            opening.closes_at = closes_at or opening.closes_at
        if now >= opening.closes_at:
            raise ServiceError(_("The round would end before it begins. Change when it closes."))
        if was_planned:
            _refuse_a_second(opening)
            _invite_all(opening, now)
            _record(Event.OPENED, opening, by, now)
            queue_round(event=WebhookEvent.ROUND_OPENED, round=opening, now=now)
    with transaction.atomic():
        still = lock_round(round.pk)
        if still is None or not still.is_open:
            raise ServiceError(_("The round was closed while it was being opened."))
        _add_responses(still)
        if not was_planned:
            rewrite_responses(still)  # a row that is added later would stand out by its place
    round.refresh_from_db()
    return list(Invitation.objects.filter(assessment__round=opening))


def _record(what: Event, of: Round, by: User | None, now: dt.datetime) -> None:
    record(what=what, subject=of, organization=of.organization, by=by, now=now)


def _refuse_a_second(opening: Round) -> None:
    """One round at a time: nobody is to hold two links, nor a page to show one of two."""
    if other := open_rounds(opening.organization).first():
        raise ServiceError(_("%(round)s is still open. Close it first.") % {"round": other})


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
    if not _add_invitations(opening, now):
        raise ServiceError(_("No team has anybody on its roster. Add people first."))


def refuse_too_many_mails(*, organization: Organization, more: int, now: dt.datetime) -> None:
    """Raise ServiceError where so many more mails than today's would be a flood.

    Whoever administers an organization has the server write to addresses that they typed.
    """
    if mails_of_a_day(organization, now) + more > settings.MAILS_A_DAY:
        raise ServiceError(
            _(
                "Your organization would cause more than %(most)d mails within 24 hours. Try again later, or "
                "ask who runs the server: MAILS_A_DAY is the setting."
            )
            % {"most": settings.MAILS_A_DAY}
        )


def _refuse_a_crowd(of: Round, known: int, added: int, now: dt.datetime) -> None:
    if known + added > settings.MOST_INVITED:
        raise ServiceError(
            _(
                "%(number)d people would be asked, and a round asks %(most)d at most. Take people off the "
                "rosters, or ask who runs the server: MOST_INVITED is the setting."
            )
            % {"number": known + added, "most": settings.MOST_INVITED}
        )
    refuse_too_many_mails(organization=of.organization, more=added, now=now)


def _add_invitations(of: Round, now: dt.datetime) -> int:
    """Invite who is on a roster and has no invitation yet; how many that were."""
    assessments = {assessment.team_id: assessment for assessment in Assessment.objects.filter(round=of)}
    known = set(Invitation.objects.filter(assessment__round=of).values_list("assessment_id", "email"))
    memberships = TeamMembership.objects.filter(team__in=assessments).values_list("team_id", "user__email")
    added = []
    for team_id, email in memberships:
        if (assessments[team_id].pk, email) not in known:
            # as many reminders as all others: who comes late is not reminded of what has just come
            invitation = Invitation(assessment=assessments[team_id], email=email, reminders=of.reminders_sent)
            secret = secret_of(invitation, of)
            invitation.token_hash = tokens.invitation_hash(secret, tokens.name_of_round(of.pk))
            added.append(invitation)
    if added:
        _refuse_a_crowd(of, len(known), len(added), now)
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
        if _add_invitations(current, now):
            _record(Event.INVITED, current, by, now)
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
        _freeze_counts(closing, rows, now)
        freeze_scores(closing, rows)
        closing.salt, closing.closed_at = "", now
        closing.save()
        _record(Event.CLOSED, closing, by, now)
        queue_round(event=WebhookEvent.ROUND_CLOSED, round=closing, now=now)
        wipe_afterwards()
    round.refresh_from_db()
    return True


def _freeze_counts(closing: Round, rows: list[tuple[int, dict[str, object]]], now: dt.datetime) -> None:
    """Keep how many were asked and answered, and how those who were asked differ from the times before.

    Who was asked in a round that was brought in is not known: only numbers can be compared with it.
    """
    responded = Counter(assessment_id for assessment_id, _answers in rows)
    assessments = list(Assessment.objects.filter(round=closing))
    before_this = assessments_before(closing, now)
    earlier: dict[int, dict[str, list[Assessment]]] = defaultdict(lambda: defaultdict(list))
    for found in before_this:
        earlier[found.team_id][found.round.questionnaire.family].append(found)
    removed = RemovedPart.objects.filter(
        team__assessments__round=closing, closed_at__gt=now - REMOVED_REMEMBERED
    )
    gone: dict[int, list[RemovedPart]] = defaultdict(list)
    for part in removed:
        gone[part.team_id].append(part)
    asked = _addresses(Q(assessment__round=closing) | Q(assessment__in=before_this.values("pk")))
    for assessment in assessments:
        invited, families = asked[assessment.pk], earlier[assessment.team_id]
        before = families.pop(closing.questionnaire.family, [])
        assessment.invited = len(invited)
        assessment.responded = responded[assessment.pk]
        if before and not before[0].round.imported:
            last = asked[before[0].pk]
            assessment.joined, assessment.left = len(invited - last), len(last - invited)
        # of other questionnaires, too, which may ask the same: those that somebody may lay beside this one
        elsewhere = (past for rounds in families.values() for past in rounds[:ROUNDS_REMEMBERED])
        assessment.one_apart = [
            past.pk
            for past in (*before, *elsewhere)
            if _is_one_apart(assessment, invited, past, asked[past.pk])
        ] + [
            part.assessment
            for part in gone[assessment.team_id]
            if may_differ_by_one(assessment.responded, part.responded)
        ]
    fields = ["invited", "responded", "joined", "left", "one_apart"]
    Assessment.objects.bulk_update(assessments, fields, batch_size=500)


def _is_one_apart(now: Assessment, asked: set[str], past: Assessment, asked_then: set[str]) -> bool:
    """Whether exactly one person differs, or may (docs/method.md, 6.2 no. 4)."""
    if past.round.imported:
        return may_differ_by_one(now.responded, past.responded)
    return len(asked ^ asked_then) == 1


def _addresses(where: Q) -> dict[int, set[str]]:
    """Who was asked, by the number of the assessment."""
    found: dict[int, set[str]] = defaultdict(set)
    for assessment_id, email in Invitation.objects.filter(where).values_list("assessment_id", "email"):
        found[assessment_id].add(email.lower())
    return found
