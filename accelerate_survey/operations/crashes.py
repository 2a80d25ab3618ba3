"""Tells Sentry where something broke, and nothing else.

A crash may hold anything in its words and variables: answers, links, addresses. So no event is
cleaned of what must not go out; it is made anew of what may: kinds of errors, places in the code,
the name of the route and the number of the request, under which the server's own log has the words.
"""

import logging
from typing import Any, cast

import sentry_sdk
from django.http import HttpRequest
from sentry_sdk.integrations.logging import EventHandler
from sentry_sdk.types import Event, Hint

from accelerate_survey import __version__

from .logs import current_request, route_of

PLACE = ("module", "filename", "function", "lineno", "in_app")
KEPT = ("event_id", "timestamp", "platform", "level", "logger", "release")


def tell_sentry(dsn: str, **options: Any) -> logging.Handler:
    """Send every error that is logged, and every crash is; the handler that listens from now on."""
    sentry_sdk.init(
        dsn,
        release=__version__,
        before_send=only_where,
        # no look into the framework, requests and frames; and nothing but errors
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        shutdown_timeout=2,
        **options,
    )
    handler = EventHandler(level=logging.ERROR)
    logging.getLogger().addHandler(handler)
    return handler


def only_where(event: Event, hint: Hint) -> Event:
    """A new event, of the places and kinds of errors in the given one."""
    hint["attachments"] = []
    told = cast(Event, {name: value for name, value in event.items() if name in KEPT})
    told["exception"] = {"values": [_error(each) for each in event.get("exception", {}).get("values", ())]}
    record = hint.get("log_record")
    if record is not None:
        told["logentry"] = {"message": f"{record.name}, {record.funcName}, line {record.lineno}"}
        request = getattr(record, "request", None)
        told["transaction"] = route_of(request) if isinstance(request, HttpRequest) else ""
    told["tags"] = {"request": current_request.get()}
    return told


def _error(value: dict[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames", ())
    places = [{name: frame.get(name) for name in PLACE} for frame in frames]
    return {"type": value.get("type"), "module": value.get("module"), "stacktrace": {"frames": places}}
