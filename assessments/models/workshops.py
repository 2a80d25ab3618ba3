"""A team that agrees on its answers openly: no survey, and it says so."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from .people import Team
from .questionnaires import Questionnaire


class Workshop(models.Model):
    """One session in which a team agreed on one answer a statement (docs/method.md 6.2).

    ``answers`` maps keys as a response's do. They are the team's, said aloud: nobody's secret,
    nothing to be scored, and never mixed with a round's results.
    """

    team = models.ForeignKey(Team, models.CASCADE, related_name="workshops")
    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT, related_name="workshops")
    name = models.CharField(_("name"), max_length=100)
    held_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    answers = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("workshop")
        ordering: ClassVar = ["-held_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["team", "name"],
                name="workshop_name_is_unique",
                violation_error_message=_("The team has a workshop with this name already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse another organization's questionnaire."""
        self.questionnaire.refuse_others(self.team.organization_id)
