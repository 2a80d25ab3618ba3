"""How a process ends that cannot start: with a sentence instead of a traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ImproperlyConfigured
from django.db.utils import OperationalError

CANNOT_START = 4
"""To gunicorn this says that the application cannot be loaded, so it does not try again for ever."""


@contextmanager
def plain_words() -> Iterator[None]:
    """End the process with one sentence when a setting makes no sense or the database is not there.

    ``--traceback``, which every command knows, shows where it happened.
    """
    try:
        yield
    except (ImproperlyConfigured, OperationalError) as error:
        if "--traceback" in sys.argv:
            raise
        sys.stderr.write(f"{_sentence(error)}\n")
        sys.exit(CANNOT_START)


def _sentence(error: Exception) -> str:
    words = " ".join(str(error).split())
    if isinstance(error, OperationalError):
        return f"The database did not do what was asked: {words}. manage.py doctor says what to look at."
    return words
