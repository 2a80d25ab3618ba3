"""What a coach keeps: the teams in their care, notes about them, and when they last looked."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from .people import Organization, Team, User


class Care(models.Model):
    """A team that a coach looks after. Others may look after it, too."""

    coach = models.ForeignKey(User, models.CASCADE, related_name="cares")
    team = models.ForeignKey(Team, models.CASCADE, related_name="cares")

    class Meta:
        verbose_name = _("team in care")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["coach", "team"],
                name="care_is_unique",
                violation_error_message=_("This team is in your care already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.coach}: {self.team}"


class CoachNote(models.Model):
    """What a coach writes down about a team. Nobody else sees it."""

    coach = models.ForeignKey(User, models.CASCADE, related_name="coach_notes")
    team = models.ForeignKey(Team, models.CASCADE, related_name="coach_notes")
    text = models.TextField(_("note"))
    written_at = models.DateTimeField()

    class Meta:
        verbose_name = _("coach's note")
        ordering: ClassVar = ["-written_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.coach}: {self.team}"


class Visit(models.Model):
    """When a coach last looked at an organization's news, so that the next visit shows what is new."""

    coach = models.ForeignKey(User, models.CASCADE, related_name="visits")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="visits")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("visit")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["coach", "organization"],
                name="visit_is_unique",
                violation_error_message=_("This visit is kept already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.coach}: {self.organization}"
