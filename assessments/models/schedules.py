"""When an organization's rounds come, without anybody remembering it."""

import datetime as dt
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .people import Organization
from .questionnaires import Questionnaire
from .rounds import MOST_REMINDERS

QUARTERLY = (2, 5, 8, 11)
LAST_DAY = 28
"""Every month has it."""


def _quarterly() -> list[int]:
    return list(QUARTERLY)


class Schedule(models.Model):
    """The months in which an organization asks, and how: what every planned round is made from.

    ``months`` holds numbers from 1 to 12; day and time of day are those of the organization's time
    zone. ``planned_until`` is the day of the last round that was made: a round that somebody
    deletes is skipped and does not come back.
    """

    organization = models.OneToOneField(Organization, models.CASCADE, related_name="schedule")
    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT)
    months = models.JSONField(_("months"), default=_quarterly)
    day = models.PositiveSmallIntegerField(_("day of the month"), default=1)
    time = models.TimeField(_("time of day"), default=dt.time(9))
    days_open = models.PositiveSmallIntegerField(_("days for answering"), default=14)
    reminders = models.PositiveSmallIntegerField(_("reminders"), default=2)
    team_first_days = models.PositiveSmallIntegerField(
        _("days for the team before coaches see results"), default=2
    )
    is_active = models.BooleanField(_("rounds come by themselves"), default=True)
    planned_until = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("schedule")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(day__gte=1, day__lte=LAST_DAY),
                name="schedule_day_is_in_every_month",
                violation_error_message=_("Choose a day from 1 to 28, which every month has."),
            ),
            models.CheckConstraint(
                condition=Q(days_open__gte=1, days_open__lte=LAST_DAY),
                name="schedule_window_is_within_a_month",
                violation_error_message=_("A round is open for 1 to 28 days."),
            ),
            models.CheckConstraint(
                condition=Q(reminders__lte=MOST_REMINDERS),
                name="schedule_reminders_are_few",
                violation_error_message=_("More than three reminders annoy and change nothing."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization}"

    def clean(self) -> None:
        """Refuse months that do not exist, none at all, and another organization's questionnaire."""
        self.questionnaire.refuse_others(self.organization_id)
        if not self.months or not set(self.months) <= set(range(1, 13)):
            raise ValidationError({"months": _("Choose at least one month.")})
