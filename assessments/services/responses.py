"""Answers: saved while the round is open, sealed when it closes (docs/method.md, 6.4)."""

import datetime as dt
import logging
import random
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from .. import tokens
from ..access import load_round
from ..models import Comment, Invitation, Leftover, Organization, Response, Round
from .errors import RoundNotOpen, ServiceError

logger = logging.getLogger(__name__)

COMMENT = "comment"
HINDRANCES = "hindrances"


def lock_round(round_id: int) -> Round | None:
    """The round, held until the end of the transaction: opening, inviting and closing take turns."""
    return Round.objects.select_for_update(no_key=True).filter(pk=round_id).first()


def save_response(*, token: str, answers: Mapping[str, Any], complete: bool, now: dt.datetime) -> None:
    """Write answers into the one response that the token derives.

    ``answers`` holds a value for each key that was answered, ``None`` to take an answer back.
    Other keys stay as they are, and a response that was complete stays complete. One statement
    does it all, so that two devices cannot undo each other's answers and a save comes either
    before the close or not at all.
    Raises RoundNotOpen, and tokens.InvalidToken for a text that is no token.
    """
    round_id, secret = tokens.from_text(token)
    # such a row exists only while its round is open: sealing gives every row another id
    pk = tokens.response_id(secret, tokens.name_of_round(round_id))
    # a row that is being rewritten for a newcomer is there again, under the same id, for a second try
    tries = range(2 if _is_asking(round_id, now) else 0)
    if not any(Response.merge(pk, answers, complete=complete) for _try in tries):
        raise RoundNotOpen(_("The round has closed. Answers cannot be given or changed any more."))


def _is_asking(round_id: int, now: dt.datetime) -> bool:
    try:
        return now < load_round(round_id, now).closes_at
    except Round.DoesNotExist:
        return False


def seal(closing: Round) -> list[tuple[int, dict[str, Any]]]:
    """Replace the round's responses by sealed ones; assessment ids and answers of those that count.

    Only complete responses survive, under fresh random ids and in random order; comments are
    cut off and shuffled by themselves; the hashes that let a link find its response go.
    Called inside the transaction that closes the round.
    """
    shuffle = random.SystemRandom().shuffle
    # locked before they are read: a save that is under way comes before this, or finds nothing
    rows = [(found.assessment_id, found.answers) for found in _locked_responses(closing) if found.complete]
    shuffle(rows)
    comments = [(assessment, answers.pop(COMMENT)) for assessment, answers in rows if answers.get(COMMENT)]
    shuffle(comments)
    Response.objects.filter(assessment__round=closing).delete()
    keep_sealed(rows)
    Comment.objects.bulk_create(Comment(assessment_id=assessment, text=text) for assessment, text in comments)
    rewrite_invitations(closing, forget_links=True)
    return rows


def keep_sealed(rows: Iterable[tuple[int, dict[str, Any]]]) -> None:
    """Store assessment ids and answers under random ids, in the order given: that has to be random, too."""
    Response.objects.bulk_create(
        (Response(assessment_id=assessment, answers=answers, complete=True) for assessment, answers in rows),
        batch_size=500,
    )


def _locked_responses(of: Round) -> QuerySet[Response]:
    """The round's responses, held until the end of the transaction; locked in the order that saving uses."""
    responses = Response.objects.filter(assessment__round=of).order_by("pk")
    return responses.select_for_update(of=("self",))


def sealed_answers(of: Round) -> list[tuple[int, dict[str, Any]]]:
    """Assessment ids and answers of a closed round, as :func:`seal` gave them.

    For scoring a round anew and for the upkeep of questionnaires; pages read scores. Empty once the
    answers have been deleted. Raises ServiceError for a round that is not closed.
    """
    if not of.is_closed:
        raise ServiceError(_("%(round)s is not closed: its answers are not sealed yet.") % {"round": of})
    return list(Response.objects.filter(assessment__round=of).values_list("assessment_id", "answers"))


def rewrite_invitations(of: Round, *, forget_links: bool = False) -> None:
    """Store the round's invitations anew in random order, so that their order tells nothing."""
    invitations = list(Invitation.objects.filter(assessment__round=of))
    random.SystemRandom().shuffle(invitations)
    Invitation.objects.filter(assessment__round=of).delete()
    for invitation in invitations:
        invitation.token_hash = None if forget_links else invitation.token_hash
    Invitation.objects.bulk_create(invitations, batch_size=500)


def rewrite_responses(of: Round) -> None:
    """Store the round's responses anew in random order, under the same ids."""
    responses = list(_locked_responses(of))
    random.SystemRandom().shuffle(responses)
    Response.objects.filter(assessment__round=of).delete()
    Response.objects.bulk_create(responses, batch_size=500)


@transaction.atomic
def delete_old_responses(*, organization: Organization, now: dt.datetime) -> int:
    """Delete the sealed answers that the organization keeps no longer; how many rows that were.

    Scores, and all that is drawn from them, stay.
    """
    if organization.keep_responses_days is None:
        return 0
    old = {
        "assessment__round__organization": organization,
        "assessment__round__closed_at__lte": now - dt.timedelta(days=organization.keep_responses_days),
    }
    # sealed rows refuse to be deleted, but for this: so it goes past the manager that refuses
    deleted = sum(model._base_manager.filter(**old).delete()[0] for model in (Response, Comment))
    if deleted:
        wipe_afterwards()
    return deleted


def forget_order() -> None:
    """Let SQLite forget in which order people saved; PostgreSQL never knows it. In no transaction.

    A row that grows moves towards the beginning of its page, and the journal holds every save. So
    open rounds' rows are written anew in random order, and the journal is emptied.
    """
    if connection.vendor == "sqlite":
        for found in Round.objects.exclude(salt=""):
            with transaction.atomic():
                rewrite_responses(found)
        _empty_journal()


UNNOTICED = 500  # milliseconds


def _empty_journal() -> bool:
    """Whether it is empty now; while somebody else reads, this does what it can and leaves the rest.

    It holds up all who save, so it waits for readers only as long as nobody notices.
    """
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        (usual,) = cursor.fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {UNNOTICED}")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (is_held_up, *_frames) = cursor.fetchone()
        except OperationalError:
            return False
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")
    return not is_held_up


def wipe_afterwards() -> None:
    """Have the bytes of rows that this transaction replaces or deletes go, now or when it can be done."""
    Leftover.objects.create()
    transaction.on_commit(wipe_deleted_rows, robust=True)


def wipe_deleted_rows() -> bool:
    """Let the database forget the bytes of rows that were replaced or deleted. In no transaction.

    False where it could not be done, as while a backup is made: then ``run_schedule`` tries again.
    """
    left = list(Leftover.objects.values_list("pk", flat=True))
    if not left:
        return True
    try:
        wiped = _rewrite_tables()
    except OperationalError as error:
        logger.warning("Deleted rows could not be wiped yet: %s", error)
        return False
    if wiped:
        Leftover.objects.filter(pk__in=left).delete()
    return wiped


def _rewrite_tables() -> bool:
    """Whether nothing is left of them, in SQLite's journal either."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("VACUUM")
            return _empty_journal()
        # whoever waits to write a table anew lets nobody else at it
        cursor.execute("SET lock_timeout = '2s'")
        try:
            # the round's too: it held the salt
            tables = ("round", "invitation", "response", "comment")
            cursor.execute(f"VACUUM FULL {', '.join(f'assessments_{name}' for name in tables)}")
        finally:
            cursor.execute("RESET lock_timeout")
    return True
