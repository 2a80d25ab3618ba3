"""Rendered documents, each with its content frozen inside."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assessments.models import Assessment, Round
from assessments.models.base import one_of


class ReportState(models.TextChoices):
    """How far a report is."""

    PENDING = "pending", _("waiting")
    READY = "ready", _("ready")
    FAILED = "failed", _("failed")


class Report(models.Model):
    """A PDF about one assessment or one round. Its file is kept under a random name."""

    assessment = models.OneToOneField(
        Assessment, models.CASCADE, null=True, blank=True, related_name="report"
    )
    round = models.OneToOneField(Round, models.CASCADE, null=True, blank=True, related_name="report")
    state = models.CharField(max_length=20, choices=ReportState.choices, default=ReportState.PENDING)
    content = models.JSONField(null=True)
    file = models.FileField(upload_to="reports/", blank=True)
    error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("report")
        constraints: ClassVar = [
            one_of("state", ReportState, "report"),
            models.CheckConstraint(
                condition=Q(assessment__isnull=False, round__isnull=True)
                | Q(assessment__isnull=True, round__isnull=False),
                name="report_has_one_subject",
                violation_error_message=_("A report is about a team's assessment or about a round."),
            ),
            models.CheckConstraint(
                condition=Q(Q(state="ready"), ~Q(file="")) | Q(~Q(state="ready"), file=""),
                name="report_is_ready_with_a_file",
                violation_error_message=_("A report is ready exactly when it has a file."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.assessment or self.round)
