"""What several models share: constraints on choices, and rows that cannot be changed any more."""

from collections.abc import Iterable
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

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Like Django's, but refused under a frozen parent."""
        rows = list(objs)
        self.model.refuse_frozen_parents(rows)
        return super().bulk_create(rows, *args, **kwargs)

    def update(self, **values: Any) -> int:
        """Like Django's, but refused for frozen rows."""
        self._refuse_frozen()
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Like Django's, but refused for frozen rows."""
        self._refuse_frozen()
        return super().delete()


class Freezable(models.Model):
    """A row that refuses to be changed or deleted while ``frozen_when`` holds for what is stored.

    ``frozen_parent`` names the field of the parent, and when it takes no more rows.
    """

    frozen_when: Q
    frozen_parent: tuple[str, Q] | None = None

    objects = FrozenQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Like Django's, but refused once frozen."""
        self._refuse_frozen()
        if self._state.adding:
            self.refuse_frozen_parents([self])
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Like Django's, but refused once frozen."""
        self._refuse_frozen()
        return super().delete(*args, **kwargs)

    def _refuse_frozen(self) -> None:
        if not self._state.adding and type(self)._base_manager.filter(self.frozen_when, pk=self.pk).exists():
            raise FrozenError(f"This {self._meta.verbose_name} is frozen and cannot be changed.")

    @classmethod
    def refuse_frozen_parents(cls, rows: list[Any]) -> None:
        """Raise FrozenError if one of the new rows belongs to a parent that takes no more."""
        if cls.frozen_parent is None:
            return
        name, when = cls.frozen_parent
        parent: Any = cls._meta.get_field(name).related_model
        taken = {getattr(row, f"{name}_id") for row in rows}
        if parent._base_manager.filter(when, pk__in=taken).exists():
            raise FrozenError(f"No {cls._meta.verbose_name} can be added here any more.")
