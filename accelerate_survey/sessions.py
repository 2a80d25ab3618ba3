"""Sessions in the database, of which only keys that we have given are looked for, and none lasts for good."""

import datetime as dt
import time
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import db

BEGUN = "_begun"


class SessionStore(db.SessionStore):
    """A cookie in quotes may hold any character, of which PostgreSQL refuses one."""

    def _validate_session_key(self, key: Any) -> bool:
        return bool(super()._validate_session_key(key)) and str(key).isalnum()  # type: ignore[misc]

    def save(self, must_create: bool = False) -> None:
        """Note when it began."""
        self._get_session(no_load=must_create).setdefault(BEGUN, int(time.time()))  # type: ignore[attr-defined]
        super().save(must_create)

    def cycle_key(self) -> None:
        """A sign-in, or a new password: it begins anew."""
        self.pop(BEGUN, None)
        super().cycle_key()

    def get_expiry_date(self, **kwargs: Any) -> dt.datetime:
        """As Django has it, and SESSION_COOKIE_AGE after it began at the latest, used or not."""
        begun = dt.datetime.fromtimestamp(self.get(BEGUN, time.time()), dt.UTC)
        return min(
            super().get_expiry_date(**kwargs), begun + dt.timedelta(seconds=settings.SESSION_COOKIE_AGE)
        )
