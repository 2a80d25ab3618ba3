"""A log line: one line of text or of JSON, with the number of the request that it belongs to."""

import datetime as dt
import json
import logging
import re
import time
from contextvars import ContextVar
from copy import copy
from typing import Any

from django.http import HttpRequest

from assessments.logs import MaskingFormatter, mask

current_request: ContextVar[str] = ContextVar("current_request", default="")
"""The number of the request that is being answered; empty outside of one."""


def route_of(request: HttpRequest) -> str:
    """The name of the address that was asked for, which tells nothing of whose team or link it was."""
    match = request.resolver_match
    return (match and match.view_name) or "unknown"


CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def one_line(text: str) -> str:
    """The text with what would begin another line, or steer a terminal, written out."""
    return CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class LineFormatter(MaskingFormatter):
    """Text, in UTC. Where Django would name the path of a request, its route stands instead."""

    converter = staticmethod(time.gmtime)
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line, with its traceback below."""
        record = _by_route(record)
        record.request_id = f" [{number}]" if (number := current_request.get()) else ""
        record.msg, record.args = one_line(mask(record.getMessage())), None
        return super().format(record)


class JsonFormatter(MaskingFormatter):
    """One JSON object a line, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON; each of its texts is masked before it is quoted, so the line stays JSON."""
        record = _by_route(record)
        line: dict[str, Any] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": mask(record.getMessage()),
        }
        if number := current_request.get():
            line["request"] = number
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = mask(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def _by_route(record: logging.LogRecord) -> logging.LogRecord:
    """A copy of the record in which the route takes the place of the request's path."""
    record, request = copy(record), getattr(record, "request", None)
    if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
        record.args = tuple(
            route_of(request) if arg in (request.path, request.path_info) else arg for arg in record.args
        )
    return record
