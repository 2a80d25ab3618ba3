"""Mails on their way: to whom, about what, and how far they came. Never what stands in them."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as _

from .base import one_of
from .people import Organization, User
from .rounds import Assessment, Round


class MailKind(models.TextChoices):
    """What a mail is about. Reminders are missing on purpose: a row would tell who had not answered."""

    INVITATION = "invitation", _("invitation to answer")
    RESULTS = "results", _("results are ready")
    ALL_RESULTS = "all_results", _("results of all teams are ready")  # for coaches
    ACCOUNT = "account", _("invitation to sign in")
    NUDGE = "nudge", _("half-way through experiments")
    BUNDLE = "bundle", _("reports are packed")


class MailState(models.TextChoices):
    """How far a mail came."""

    WAITING = "waiting", _("waiting")
    SENDING = "sending", _("being sent")  # stays so when a worker dies: whether it went out, nobody knows
    SENT = "sent", _("sent")
    FAILED = "failed", _("not delivered")
    STOPPED = "stopped", _("not wanted")


class Mail(models.Model):
    """One mail to one person. It holds no link and no text: both are made when it is sent."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="mails")
    kind = models.CharField(max_length=20, choices=MailKind.choices)
    # Both are null when a mail is about no round; the latter when it is about all of its teams.
    round = models.ForeignKey(Round, models.CASCADE, null=True, blank=True, related_name="mails")
    assessment = models.ForeignKey(Assessment, models.CASCADE, null=True, blank=True, related_name="mails")
    email = models.EmailField()
    state = models.CharField(max_length=20, choices=MailState.choices, default=MailState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()  # of the next attempt
    changed_at = models.DateTimeField(auto_now=True)
    error = models.CharField(max_length=300, blank=True, default="")  # what the mail server said

    class Meta:
        verbose_name = _("mail")
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [models.Index(fields=["state", "due_at"], name="mail_by_state")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                F("kind"),
                F("round"),
                Coalesce(F("assessment"), 0),
                Lower("email"),
                name="mail_is_sent_once",
                condition=Q(round__isnull=False),
                violation_error_message=_("This mail is on its way already."),
            ),
            one_of("kind", MailKind, "mail"),
            one_of("state", MailState, "mail"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.email}"


class MailStop(models.Model):
    """A person who wants no more mails from an organization's survey."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="mail_stops")
    user = models.ForeignKey(User, models.CASCADE, related_name="mail_stops")

    class Meta:
        verbose_name = _("wish for no mails")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "user"],
                name="mail_stop_is_unique",
                violation_error_message=_("This person gets no mails already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}"
