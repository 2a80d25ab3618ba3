"""What several models share: constraints on choices, and rows that cannot be changed any more."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def one_of(field: str, choices: type[models.TextChoices], model: str) -> models.CheckConstraint:
    """The database's own check that a field with choices holds one of them."""
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": choices.values}),
        name=f"{model}_{field}_is_known",
        violation_error_message=_("This is not one of the possible choices."),
    )


class FrozenError(Exception):
    """Somebody tried to change what must stay as it is: a published text, a sealed answer, a score."""


class FrozenQuerySet(models.QuerySet["Freezable"]):
    """Refuses to change or delete rows in bulk once they are frozen."""

    def _refuse_frozen(self) -> None:
        if self.filter(self.model.frozen_when).exists():
            raise FrozenError(f"{self.model._meta.verbose_name} rows are frozen and cannot be changed.")

    def update(self, **values: Any) -> int:
        """Like Django's, but refused for frozen rows."""
        self._refuse_frozen()
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Like Django's, but refused for frozen rows."""
        self._refuse_frozen()
        return super().delete()


class Freezable(models.Model):
    """A row that refuses to be changed or deleted while ``frozen_when`` holds for what is stored."""

    frozen_when: Q

    objects = FrozenQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Like Django's, but refused once frozen."""
        self._refuse_frozen()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Like Django's, but refused once frozen."""
        self._refuse_frozen()
        return super().delete(*args, **kwargs)

    def _refuse_frozen(self) -> None:
        if not self._state.adding and type(self)._base_manager.filter(self.frozen_when, pk=self.pk).exists():
            raise FrozenError(f"This {self._meta.verbose_name} is frozen and cannot be changed.")
