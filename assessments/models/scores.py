"""Frozen results. Pages, charts, exports and reports read these and nothing else."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .base import Freezable, one_of
from .rounds import Assessment


class ScoreKind(models.TextChoices):
    """What a score is about."""

    CAPABILITY = "capability", _("capability")
    CATEGORY = "category", _("category")
    COMPOSITE = "composite", _("category, person by person")
    KEY_METRIC = "key_metric", _("key metric")
    HINDRANCE = "hindrance", _("hindrance")


class Suppression(models.TextChoices):
    """Why a result is not shown."""

    NONE = "", _("shown")
    TOO_FEW = "too_few", _("too few answers")


class Agreement(models.TextChoices):
    """How far apart the answers are, in words (docs/method.md, 3.3)."""

    NONE = "", _("not told")
    CLOSE = "close", _("answers are close")
    SOME_SPREAD = "some_spread", _("some spread")
    DIFFER_WIDELY = "differ_widely", _("answers differ widely")


class Score(Freezable):
    """The result of one capability, category, key metric or hindrance of one assessment.

    ``mean``, ``sd`` and the interval ends are points 1 to 7 for capabilities and categories;
    for a key metric ``mean`` is the lower median of the bands 1 to 6, for a hindrance the
    share 0 to 1 of those who named it. A composite is the mean over people of each one's mean over
    the category: it is compared from round to round and never shown (docs/method.md, 4.3).
    ``se`` is the moderated standard error of the mean (4.2). A suppressed score has no number at
    all. A score made by a newer version stands beside the old one; the newest is read.
    """

    frozen_when = Q(pk__isnull=False)  # a score is never changed: a new version stands beside it

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="scores")
    kind = models.CharField(max_length=20, choices=ScoreKind.choices)
    key = models.SlugField()
    n = models.PositiveIntegerField(null=True)
    mean = models.FloatField(null=True)
    sd = models.FloatField(null=True)
    se = models.FloatField(null=True)
    low90 = models.FloatField(null=True)
    high90 = models.FloatField(null=True)
    low80 = models.FloatField(null=True)
    high80 = models.FloatField(null=True)
    agreement = models.CharField(max_length=20, choices=Agreement.choices, blank=True, default="")
    two_camps = models.BooleanField(default=False)
    dont_know = models.FloatField(null=True)  # share 0 to 1
    # {statement key: {"disagree": count, "neutral", "agree", "dont_know"}}, from n = 8 on
    distribution = models.JSONField(null=True)
    suppression = models.CharField(max_length=20, choices=Suppression.choices, blank=True, default="")
    scoring_version = models.CharField(max_length=20)

    class Meta:
        verbose_name = _("score")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["assessment", "kind", "key", "scoring_version"], name="score_is_unique"
            ),
            one_of("kind", ScoreKind, "score"),
            one_of("agreement", Agreement, "score"),
            one_of("suppression", Suppression, "score"),
            models.CheckConstraint(
                condition=Q(suppression="", n__isnull=False, mean__isnull=False)
                | Q(
                    ~Q(suppression=""),
                    n__isnull=True,
                    mean__isnull=True,
                    sd__isnull=True,
                    se__isnull=True,
                    low90__isnull=True,
                    high90__isnull=True,
                    low80__isnull=True,
                    high80__isnull=True,
                    dont_know__isnull=True,
                    distribution__isnull=True,
                    agreement="",
                    two_camps=False,
                ),
                name="suppressed_score_has_no_number",
                violation_error_message=_("A suppressed score carries no number."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
