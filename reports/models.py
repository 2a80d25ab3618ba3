"""Rendered documents, each with its content frozen inside."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assessments.models import Assessment, Group, Organization, Round, User
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

    @property
    def organization(self) -> Organization:
        """Whose report it is."""
        about = self.assessment.round if self.assessment else self.round
        return about.organization  # type: ignore[union-attr]  # it is about one of the two


class BundleState(models.TextChoices):
    """How far a bundle is."""

    PENDING = "pending", _("being made")
    READY = "ready", _("ready")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class Bundle(models.Model):
    """All reports of a round, or of a group in it, in one zip file, asked for by one person.

    How far it is is counted from the reports themselves, so a reload or a killed worker loses nothing.
    """

    round = models.ForeignKey(Round, models.CASCADE, related_name="bundles")
    group = models.ForeignKey(Group, models.CASCADE, null=True, blank=True, related_name="bundles")
    asked_by = models.ForeignKey(User, models.CASCADE, related_name="bundles")
    asked_at = models.DateTimeField()
    language = models.CharField(max_length=20)
    state = models.CharField(max_length=20, choices=BundleState.choices, default=BundleState.PENDING)
    file = models.FileField(upload_to="bundles/", blank=True)
    error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("bundle")
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            one_of("state", BundleState, "bundle"),
            models.CheckConstraint(
                condition=Q(Q(state="ready"), ~Q(file="")) | Q(~Q(state="ready"), file=""),
                name="bundle_is_ready_with_a_file",
                violation_error_message=_("A bundle is ready exactly when it has a file."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group or self.round}"
