"""Experiments that a team commits to."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .base import one_of
from .people import Team, User
from .rounds import Round


class ActionState(models.TextChoices):
    """What has become of an experiment."""

    OPEN = "open", _("open")
    KEPT = "kept", _("kept")
    CHANGED = "changed", _("changed")
    DROPPED = "dropped", _("dropped")


class Action(models.Model):
    """An experiment, tied to a capability and reviewed in the next round.

    One without a team is the organization's own, about what holds most of its teams back.
    """

    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="actions")
    round = models.ForeignKey(Round, models.PROTECT, related_name="actions")
    capability_key = models.SlugField(_("capability"))
    title = models.CharField(_("what we try"), max_length=200)
    first_step = models.TextField(_("first step"), blank=True)
    measure = models.TextField(_("how we will tell that it works"), blank=True)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="actions")
    due = models.DateField(_("until"), null=True, blank=True)
    started_at = models.DateTimeField()
    state = models.CharField(_("state"), max_length=20, choices=ActionState.choices, default=ActionState.OPEN)
    outcome = models.TextField(_("what came of it"), blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("experiment")
        constraints: ClassVar = [
            one_of("state", ActionState, "action"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True)
                | Q(~Q(state="open"), closed_at__isnull=False),
                name="action_is_closed_with_a_date",
                violation_error_message=_("An experiment has an end date exactly when it has ended."),
            ),
        ]

    def __str__(self) -> str:
        return self.title
