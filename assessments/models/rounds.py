"""One quarterly run of a questionnaire, and each team's part in it."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from ..disclosure import DEFAULT_MINIMUM, FLOOR
from .people import Organization, Team
from .questionnaires import Questionnaire

MOST_REMINDERS = 3


class Round(models.Model):
    """A run of one questionnaire, with a window: planned, then open, then closed.

    ``salt`` exists only while the round is open: with it go all links (docs/method.md, 6.4).
    ``minimum_responses`` is the promise made to those who answer, so it is fixed at the opening.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="rounds")
    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT, related_name="rounds")
    name = models.CharField(_("name"), max_length=100)
    salt = models.CharField(max_length=64, blank=True, default="")
    opens_at = models.DateTimeField(_("opens"))
    closes_at = models.DateTimeField(_("closes"))
    closed_at = models.DateTimeField(null=True, blank=True)
    team_first_days = models.PositiveSmallIntegerField(
        _("days for the team before coaches see results"), default=2
    )
    minimum_responses = models.PositiveSmallIntegerField(default=DEFAULT_MINIMUM)
    opens_itself = models.BooleanField(_("opens by itself"), default=False)
    reminders = models.PositiveSmallIntegerField(_("reminders"), default=2)
    reminders_sent = models.PositiveSmallIntegerField(default=0)
    # Out of a file that was brought in: asked and answered elsewhere, before this survey was used.
    imported = models.BooleanField(default=False)
    team_told = models.BooleanField(default=False)  # the mails saying that results are ready are queued
    coaches_told = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("round")
        ordering: ClassVar = ["-opens_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "name"],
                name="round_name_is_unique",
                violation_error_message=_("There is a round with this name already."),
            ),
            models.CheckConstraint(
                condition=Q(opens_at__lt=F("closes_at")),
                name="round_opens_before_it_closes",
                violation_error_message=_("The round has to open before it closes."),
            ),
            models.CheckConstraint(
                condition=Q(reminders__lte=MOST_REMINDERS),
                name="round_reminders_are_few",
                violation_error_message=_("More than three reminders annoy and change nothing."),
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(salt=""),
                name="closed_round_has_no_salt",
                violation_error_message=_("A closed round keeps no salt."),
            ),
            models.CheckConstraint(
                condition=Q(minimum_responses__gte=FLOOR),
                name="round_minimum_is_safe",
                violation_error_message=_(
                    "Results of fewer than four people can be traced to one of them: the minimum is four."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse another organization's questionnaire."""
        self.questionnaire.refuse_others(self.organization_id)

    @property
    def is_open(self) -> bool:
        """Whether links exist and answers can be given."""
        return bool(self.salt)

    @property
    def is_closed(self) -> bool:
        """Whether answers are sealed and scored."""
        return self.closed_at is not None

    @property
    def is_planned(self) -> bool:
        """Whether the round has not been opened yet."""
        return not self.is_open and not self.is_closed


class Assessment(models.Model):
    """One team in one round: what is scored, reported and compared."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="assessments")
    team = models.ForeignKey(Team, models.PROTECT, related_name="assessments")
    team_name = models.CharField(max_length=100)  # as it was called in this round
    invited = models.PositiveIntegerField(default=0)  # of a round that was brought in it is not known, and 0
    responded = models.PositiveIntegerField(default=0)  # both are frozen at the close
    # How many people were invited who were not the last time, and the other way round; null in a first round.
    joined = models.PositiveIntegerField(null=True, blank=True)
    left = models.PositiveIntegerField(null=True, blank=True)
    # The team's assessments that were there first and from which exactly one person differs, or may differ
    # where one of the two was brought in from a file (docs/method.md, 6.2 no. 4).
    one_apart = models.JSONField(default=list, blank=True)
    # What the team's deployments and incidents say, by service; null without any (docs/method.md, 8.4).
    measured = models.JSONField(null=True, blank=True)

    class Meta:
        verbose_name = _("assessment")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["round", "team"],
                name="assessment_is_unique",
                violation_error_message=_("This team takes part in the round already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team_name}, {self.round}"


class RemovedPart(models.Model):
    """A team's part in a round that was brought in and taken out again: somebody may have kept its report."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="removed_parts")
    assessment = models.PositiveBigIntegerField()  # its number, which no other one gets
    responded = models.PositiveIntegerField()
    closed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("removed part in a round")

    def __str__(self) -> str:
        return f"{self.team}, {self.closed_at:%Y-%m-%d}"


class Invitation(models.Model):
    """One person's ticket to one assessment. Nothing here tells whether it was used."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    # null once the round is closed: many rows may have none, so it cannot be an empty text
    token_hash = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001
    # How many reminders this one has been through, sent or, because it was answered, not: the same for all.
    reminders = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("invitation")
        constraints: ClassVar = [
            models.UniqueConstraint(
                F("assessment"),
                Lower("email"),
                name="invitation_is_unique",
                violation_error_message=_("This address has been invited already."),
            ),
        ]

    def __str__(self) -> str:
        return self.email
