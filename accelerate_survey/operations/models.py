"""Signs of life and counts. They are in the database because what leaves them may run on other machines."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from assessments.models.base import one_of


class Part(models.TextChoices):
    """What runs beside the web server."""

    WORKER = "worker", _("worker")
    SCHEDULE = "schedule", _("schedule")


class Heartbeat(models.Model):
    """When a part was last seen at work. One row a part, written over each time."""

    part = models.CharField(max_length=20, choices=Part.choices, unique=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("sign of life")
        constraints: ClassVar = [one_of("part", Part, "heartbeat")]

    def __str__(self) -> str:
        return self.get_part_display()


class Count(models.Model):
    """What web servers count in common for a while (counts.py). Whom, stands here as a digest only."""

    key = models.CharField(max_length=64, primary_key=True)
    value = models.JSONField()
    ends = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("count")

    def __str__(self) -> str:
        return self.key
