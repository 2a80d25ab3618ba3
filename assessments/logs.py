"""Keeps respondents' secrets and people's addresses out of logs and error reports."""

import logging
import re
from typing import Any

from django.views.debug import ExceptionReporter

_SECRETS = re.compile(r"\b(?:\d{1,18}|delivery|api)-[A-Za-z0-9_-]{43}|[\w.+-]+@[\w-]+\.[\w.-]+")


_QUOTES = re.compile(
    r"(?<=Failing row contains )\(.*?\)(?=\.(?:\n\n(?:The above|During)|\nCONTEXT:|\nTraceback|\Z))"
    r"|(?<=\bip=)[^\s,]+",
    re.DOTALL,
)
"""What others quote: PostgreSQL a row that it refused, the web server the address of a device."""


def mask(text: str) -> str:
    """The text with every respondent's and program's token and every e-mail address replaced by stars."""
    return _QUOTES.sub("***", _SECRETS.sub("***", text))


class MaskingFormatter(logging.Formatter):
    """Masks what is written, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line, masked."""
        return mask(super().format(record))


class DiscreetReporter(ExceptionReporter):
    """Tells of a crash where it happened; of a respondent or a program nothing of what was sent."""

    def __init__(self, request: Any, *args: Any, **kwargs: Any) -> None:
        self.keep_quiet = request is not None and request.path_info.startswith(("/respond/", "/api/"))
        super().__init__(None if self.keep_quiet else request, *args, **kwargs)

    def get_traceback_frames(self) -> list[Any]:
        """The frames, without their variables where a respondent or a program is concerned."""
        frames = super().get_traceback_frames()
        for frame in frames if self.keep_quiet else ():
            frame["vars"] = []
        return frames
