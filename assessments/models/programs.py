"""Other programs: the tokens with which they read, and the addresses that are told what happens."""

import uuid
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from .base import one_of
from .people import Organization, User


class Scope(models.TextChoices):
    """What a token lets a program read, of what its person may see."""

    ORGANIZATION = "organization", _("teams, groups, rounds and how many answered")
    RESULTS = "results", _("results")
    EXPERIMENTS = "experiments", _("experiments")


class ApiToken(models.Model):
    """What a program shows to read in a person's name: never more than that person may see now.

    Only its digest is kept.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(_("what it may read"))  # a list of Scope's values
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(_("good until"))

    class Meta:
        verbose_name = _("API token")
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "name"],
                name="api_token_name_is_unique",
                violation_error_message=_("You have a token with this name already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_scopes_display(self) -> str:
        """What it may read, in words."""
        return "; ".join(str(scope.label) for scope in Scope if scope in self.scopes)

    def clean(self) -> None:
        """Refuse a token for nothing, and for what does not exist."""
        if not self.scopes or not set(self.scopes) <= set(Scope.values):
            raise ValidationError({"scopes": _("Choose at least one thing that it may read.")})


class WebhookEvent(models.TextChoices):
    """What other programs can be told."""

    ROUND_OPENED = "round.opened", _("a round was opened")
    ROUND_CLOSED = "round.closed", _("a round was closed")
    REPORT_READY = "report.ready", _("a report is ready")
    TEST = "test", _("a test")  # only when somebody asks for it


SUBJECTS = [event for event in WebhookEvent if event != WebhookEvent.TEST]
"""What an address can be told by itself."""


class Webhook(models.Model):
    """An address of another program that is told what happens in an organization. Never any result.

    One that answered that it is gone is told nothing any more, until somebody chooses anew.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="webhooks")
    url = models.URLField(_("address"), max_length=500)
    events = models.JSONField(_("what it is told"))  # a list of SUBJECTS' values
    salt = models.CharField(max_length=64)  # with the server's key it makes the secret that signs
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("webhook")
        ordering: ClassVar = ["url", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "url"],
                name="webhook_url_is_unique",
                violation_error_message=_("This address is told already."),
            ),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def subjects(self) -> list[str]:
        """What it is told, in words."""
        return [str(event.label) for event in SUBJECTS if event in self.events]

    def clean(self) -> None:
        """Refuse an address that is told nothing, or what never happens."""
        if not self.events or not set(self.events) <= set(SUBJECTS):
            raise ValidationError({"events": _("Choose at least one thing that it is told.")})


class MessageState(models.TextChoices):
    """How far a message came."""

    WAITING = "waiting", _("waiting")
    SENT = "sent", _("taken")
    FAILED = "failed", _("given up")


class WebhookMessage(models.Model):
    """One message to one address, until it is taken or given up."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="messages")
    event = models.CharField(max_length=20, choices=WebhookEvent.choices)
    body = models.JSONField()
    created_at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=MessageState.choices, default=MessageState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()  # of the next attempt; when it was taken or given up, that time
    error = models.CharField(max_length=300, blank=True, default="")  # why the last attempt failed

    class Meta:
        verbose_name = _("webhook message")
        ordering: ClassVar = ["-created_at", "pk"]
        indexes: ClassVar = [models.Index(fields=["state", "due_at"], name="message_by_state")]
        constraints: ClassVar = [
            one_of("event", WebhookEvent, "webhook_message"),
            one_of("state", MessageState, "webhook_message"),
        ]

    def __str__(self) -> str:
        return f"{self.get_event_display()}: {self.webhook}"
