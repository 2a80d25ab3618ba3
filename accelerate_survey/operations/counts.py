"""What several web servers count in common: guesses, sign-ins, requests of programs.

A cache for Django in a table of the database; Django's own such cache keeps pickles and loses counts. It
holds neither an address nor a name: keys are digests made with SECRET_KEY. The schedule deletes what is over.
"""

import datetime as dt
import hashlib
import hmac
from typing import Any

from django.conf import settings
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from .models import Count

NEVER = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


def digest(key: str, prefix: str, version: int) -> str:
    """What a key is called in the table: without SECRET_KEY nobody can tell whose it is."""
    words = f"{prefix}:{version}:{key}".encode()
    return hmac.digest(settings.SECRET_KEY.encode(), words, hashlib.sha256).hex()


def forget_counts(now: dt.datetime) -> None:
    """Delete what is over."""
    Count.objects.filter(ends__lte=now).delete()


class CountsInCommon(BaseCache):
    """For values that JSON knows."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params | {"KEY_FUNCTION": digest})

    def add(
        self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Keep a value unless there is one; whether it was kept."""
        name = self.make_key(key, version)
        Count.objects.filter(pk=name, ends__lte=timezone.now()).delete()
        values = {"value": value, "ends": self._end(timeout)}
        return Count.objects.get_or_create(pk=name, defaults=values)[1]

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """The value, if its time is not over."""
        found = self._kept(key, version).first()
        return found.value if found else default

    def set(
        self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        """Keep a value in place of any other."""
        made = Count(key=self.make_key(key, version), value=value, ends=self._end(timeout))
        Count.objects.bulk_create(
            [made], update_conflicts=True, unique_fields=["key"], update_fields=["value", "ends"]
        )

    def touch(self, key: str, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep it for so long from now on; whether it is there."""
        return bool(self._kept(key, version).update(ends=self._end(timeout)))

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Count on, one process after the other, to the same end. Raises ValueError when that is over."""
        with transaction.atomic():
            found = self._kept(key, version).select_for_update().first()
            if found is None:
                raise ValueError(key)
            found.value += delta
            found.save(update_fields=["value"])
        return int(found.value)

    def delete(self, key: str, version: int | None = None) -> bool:
        """Forget it; whether it was there."""
        return bool(Count.objects.filter(pk=self.make_key(key, version)).delete()[0])

    def clear(self) -> None:
        """Forget everything."""
        Count.objects.all().delete()

    def _kept(self, key: str, version: int | None) -> QuerySet[Count]:
        return Count.objects.filter(pk=self.make_key(key, version), ends__gt=timezone.now())

    def _end(self, timeout: float | None) -> dt.datetime:
        at = self.get_backend_timeout(timeout)
        return NEVER if at is None else dt.datetime.fromtimestamp(at, dt.UTC)
