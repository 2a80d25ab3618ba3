"""Published versions of the instrument. Written by the importer, then frozen.

Texts are JSON objects keyed by language; :mod:`assessments.instrument` says what each means.
"""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .base import Freezable
from .people import Organization


class Questionnaire(Freezable):
    """One numbered version of a questionnaire; refuses writes once published."""

    frozen_when = Q(published_at__isnull=False)

    # Whose own it is; null for what everybody may use.
    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="questionnaires"
    )
    slug = models.SlugField()
    # Questionnaires of one family share keys, and their rounds one trend; usually the slug itself.
    family = models.SlugField()
    version = models.PositiveSmallIntegerField(
        _("version"), validators=[MinValueValidator(1), MaxValueValidator(9999)]
    )
    languages = models.JSONField()
    title = models.JSONField()
    introduction = models.JSONField()
    source = models.JSONField()
    scale = models.JSONField()
    digest = models.CharField(max_length=64)  # SHA-256 of the exported file
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("questionnaire")
        ordering: ClassVar = ["slug", "version"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["slug", "version"],
                name="questionnaire_version_is_unique",
                violation_error_message=_("This version of the questionnaire exists already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slug} {self.version}"

    def refuse_others(self, organization: int) -> None:
        """Raise ValidationError unless the organization of this number may use it."""
        if self.organization_id not in (None, organization):
            raise ValidationError(
                {
                    "questionnaire": _(
                        "This questionnaire belongs to another organization. Choose another one."
                    )
                }
            )


def usable_by(organization: Organization) -> Q:
    """Which questionnaires an organization may use: everybody's and its own, once they are published."""
    return Q(published_at__isnull=False) & (Q(organization=None) | Q(organization=organization))


class Category(Freezable):
    """One of the five families of capabilities."""

    frozen_when = Q(questionnaire__published_at__isnull=False)
    frozen_parent = ("questionnaire", Q(published_at__isnull=False))

    questionnaire = models.ForeignKey(Questionnaire, models.CASCADE, related_name="categories")
    key = models.SlugField()
    name = models.JSONField()
    description = models.JSONField()
    advice = models.JSONField()
    position = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("category")
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["questionnaire", "key"], name="category_key_is_unique"),
            models.UniqueConstraint(fields=["questionnaire", "position"], name="category_position_is_unique"),
        ]

    def __str__(self) -> str:
        return self.key


class Capability(Freezable):
    """One of the 24 capabilities, with its advice."""

    frozen_when = Q(category__questionnaire__published_at__isnull=False)
    frozen_parent = ("category", Q(questionnaire__published_at__isnull=False))

    category = models.ForeignKey(Category, models.CASCADE, related_name="capabilities")
    key = models.SlugField()
    name = models.JSONField()
    short_name = models.JSONField()
    definition = models.JSONField()
    why = models.JSONField()
    learn_more = models.URLField(blank=True)
    prerequisites = models.JSONField(default=list, blank=True)
    untitled = models.BooleanField(default=False)
    levels = models.JSONField()
    position = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("capability")
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["category", "key"], name="capability_key_is_unique"),
            models.UniqueConstraint(fields=["category", "position"], name="capability_position_is_unique"),
        ]

    def __str__(self) -> str:
        return self.key


class Statement(Freezable):
    """One sentence to agree or disagree with."""

    frozen_when = Q(capability__category__questionnaire__published_at__isnull=False)
    frozen_parent = ("capability", Q(category__questionnaire__published_at__isnull=False))

    capability = models.ForeignKey(Capability, models.CASCADE, related_name="statements")
    key = models.SlugField()
    text = models.JSONField()
    reversed = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("statement")
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["capability", "key"], name="statement_key_is_unique"),
            models.UniqueConstraint(fields=["capability", "position"], name="statement_position_is_unique"),
        ]

    def __str__(self) -> str:
        return self.key


class KeyMetric(Freezable):
    """One of the four key delivery metrics, asked in ordered bands."""

    frozen_when = Q(questionnaire__published_at__isnull=False)
    frozen_parent = ("questionnaire", Q(published_at__isnull=False))

    questionnaire = models.ForeignKey(Questionnaire, models.CASCADE, related_name="key_metrics")
    key = models.SlugField()
    name = models.JSONField()
    short_name = models.JSONField()
    question = models.JSONField()
    definition = models.JSONField()
    why = models.JSONField()
    scale = models.JSONField()
    elite_from = models.PositiveSmallIntegerField()
    elite = models.JSONField()
    advice = models.JSONField()
    pitfall = models.JSONField()
    measure = models.JSONField()
    position = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("key metric")
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["questionnaire", "key"], name="key_metric_key_is_unique"),
            models.UniqueConstraint(
                fields=["questionnaire", "position"], name="key_metric_position_is_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.key
