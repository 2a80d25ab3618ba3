"""What a coach keeps: teams in their care, notes that nobody else sees, and what they have seen.

Nothing of this is logged: it is the coach's own.
"""

import datetime as dt
from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from ..models import Care, CoachNote, Organization, Team, User, Visit
from .errors import ServiceError


@transaction.atomic
def choose_care(*, organization: Organization, teams: Collection[Team], by: User) -> None:
    """From now on these of the organization's teams are in the coach's care, and no others of it.

    Raises ServiceError for a team of another organization.
    """
    if any(team.organization_id != organization.pk for team in teams):
        raise ServiceError(_("This team belongs to another organization."))
    Care.objects.filter(coach=by, team__organization=organization).exclude(team__in=teams).delete()
    # the same form, sent twice at once, asks for the same rows
    Care.objects.bulk_create([Care(coach=by, team=team) for team in teams], ignore_conflicts=True)


@transaction.atomic
def write_note(*, team: Team, text: str, by: User, now: dt.datetime) -> CoachNote:
    """Write down something about a team that only its author will see."""
    note = CoachNote(coach=by, team=team, text=text, written_at=now)
    note.full_clean()
    note.save()
    return note


@transaction.atomic
def delete_note(*, note: CoachNote, by: User) -> None:
    """Take a note away for good. Raises ServiceError for somebody else's."""
    if note.coach_id != by.pk:
        raise ServiceError(_("Only who wrote a note can delete it."))
    note.delete()


@transaction.atomic
def mark_seen(*, organization: Organization, until: dt.datetime, by: User, now: dt.datetime) -> Visit:
    """What happened until then is no news to the coach any more. It never becomes news again.

    ``until`` is when the page was made that the coach looked at, so that nothing which came
    after it is passed over; what lies ahead counts as ``now``.
    """
    at = min(until, now)
    visit, _is_first = Visit.objects.get_or_create(coach=by, organization=organization, defaults={"at": at})
    Visit.objects.filter(pk=visit.pk, at__lt=at).update(at=at)
    visit.refresh_from_db()
    return visit


@transaction.atomic
def forget_coach(*, coach: User, organization: Organization) -> None:
    """Remove what a person kept as a coach of the organization."""
    Care.objects.filter(coach=coach, team__organization=organization).delete()
    CoachNote.objects.filter(coach=coach, team__organization=organization).delete()
    Visit.objects.filter(coach=coach, organization=organization).delete()
