"""What machines tell about a team's deliveries: releases, outages, and the keys that pipelines hold."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .people import Team


class Deployment(models.Model):
    """A release of one service to its users, or the attempt (docs/method.md, 8.4).

    ``key`` is the sender's own name for it, so that sending again changes it and adds nothing.
    """

    team = models.ForeignKey(Team, models.CASCADE, related_name="deployments")
    service = models.CharField(_("service"), max_length=100, blank=True, default="")
    key = models.CharField(max_length=200)
    finished_at = models.DateTimeField()
    succeeded = models.BooleanField(default=True)
    unplanned = models.BooleanField(default=False)  # a roll-back, a hotfix
    commits = models.JSONField(default=list)  # when each was made, in seconds since 1970, UTC

    class Meta:
        verbose_name = _("deployment")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["team", "service", "key"],
                name="deployment_is_unique",
                violation_error_message=_("There is a deployment with this key already."),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["team", "finished_at"])]

    def __str__(self) -> str:
        return self.key


class Incident(models.Model):
    """An outage. ``deployment_key`` names the deployment that caused it; empty where no change did."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="incidents")
    service = models.CharField(_("service"), max_length=100, blank=True, default="")
    key = models.CharField(max_length=200)
    deployment_key = models.CharField(max_length=200, blank=True, default="")
    started_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)  # null while it lasts

    class Meta:
        verbose_name = _("incident")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["team", "service", "key"],
                name="incident_is_unique",
                violation_error_message=_("There is an incident with this key already."),
            ),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True) | Q(resolved_at__gte=F("started_at")),
                name="incident_ends_after_it_starts",
                violation_error_message=_("An incident cannot be resolved before it starts."),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["team", "started_at"])]

    def __str__(self) -> str:
        return self.key


class DeliveryToken(models.Model):
    """What a pipeline shows when it sends events of one team. Only its digest is kept."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="delivery_tokens")
    name = models.CharField(_("name"), max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("delivery token")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["team", "name"],
                name="delivery_token_name_is_unique",
                violation_error_message=_("There is a token with this name already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
