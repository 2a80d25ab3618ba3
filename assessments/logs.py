"""Keeps respondents' secrets and people's addresses out of logs and error reports."""

import logging
import re
from typing import Any

from django.views.debug import ExceptionReporter

_SECRETS = re.compile(r"\b(?:\d{1,18}|delivery)-[A-Za-z0-9_-]{43}|[\w.+-]+@[\w-]+\.[\w.-]+")


def mask(text: str) -> str:
    """The text with every respondent's and pipeline's token and every e-mail address replaced by stars."""
    return _SECRETS.sub("***", text)


class MaskingFormatter(logging.Formatter):
    """Masks what is written, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line, masked."""
        return mask(super().format(record))


class DiscreetReporter(ExceptionReporter):
    """Tells of a crash where it happened; of a respondent or a pipeline nothing of what was sent."""

    def __init__(self, request: Any, *args: Any, **kwargs: Any) -> None:
        self.keep_quiet = request is not None and request.path_info.startswith(("/respond/", "/api/"))
        super().__init__(None if self.keep_quiet else request, *args, **kwargs)

    def get_traceback_frames(self) -> list[Any]:
        """The frames, without their variables where a respondent or a pipeline is concerned."""
        frames = super().get_traceback_frames()
        for frame in frames if self.keep_quiet else ():
            frame["vars"] = []
        return frames
