"""Workshops: what a team agreed on openly. It never becomes a score (docs/method.md, 6.2)."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from ..models import Questionnaire, Team, User, Workshop
from .audit import audited
from .errors import ServiceError


@audited
def hold_workshop(
    *, team: Team, questionnaire: Questionnaire, name: str, by: User | None, now: dt.datetime
) -> Workshop:
    """Begin a workshop of the team, with nothing agreed on yet."""
    if team.archived_at:
        raise ServiceError(_("This team is archived and is not asked any more."))
    workshop = Workshop(team=team, questionnaire=questionnaire, name=name, held_at=now)
    workshop.full_clean()
    workshop.save()
    return workshop


@transaction.atomic
def save_answers(*, workshop: Workshop, answers: Mapping[str, Any], by: User | None) -> None:
    """Lay answers over those that were agreed on before; other keys stay as they are."""
    # locked before it is read: two devices in the room cannot undo each other's answers
    held = Workshop.objects.select_for_update().filter(pk=workshop.pk, finished_at=None).first()
    if held is None:
        raise ServiceError(_("This workshop is finished. Reopen it to change what was agreed."))
    held.answers |= answers
    held.save(update_fields=["answers"])


def finish_workshop(*, workshop: Workshop, by: User | None, now: dt.datetime) -> None:
    """End the workshop: nothing changes any more unless somebody reopens it."""
    workshop.finished_at = now
    workshop.save(update_fields=["finished_at"])


def reopen_workshop(*, workshop: Workshop, by: User | None) -> None:
    """Go on with a finished workshop."""
    workshop.finished_at = None
    workshop.save(update_fields=["finished_at"])


@audited
def delete_workshop(*, workshop: Workshop, by: User | None) -> None:
    """Take the workshop away with all that was agreed."""
    workshop.delete()
