"""Mails that came back: what a mail server says about one that it took and could not deliver (RFC 3464)."""

from __future__ import annotations

import email
import email.message
import email.policy
import re
from dataclasses import dataclass

_ID = re.compile(r"<[^<>\s]+@[^<>\s]+>")


@dataclass(frozen=True)
class Bounce:
    """A mail that will not arrive."""

    message_ids: frozenset[str]  # what it may have been called, with the angle brackets
    words: str  # what the mail server says, on one line


def read_bounce(data: bytes) -> Bounce | None:
    """What a message tells about a mail that came back; None when it is no such message.

    ``data`` is the whole message as it arrived. A mail that is only late has not come back.
    """
    message = email.message_from_bytes(data, policy=email.policy.default)
    status = _part(message, "message/delivery-status")
    if status is None:
        return None
    failed = [group for group in _groups(status) if _field(group, "Action").lower() == "failed"]
    returned = _ids(message)
    if not failed or not returned:
        return None
    said = _field(failed[0], "Diagnostic-Code") or _field(failed[0], "Status")
    return Bounce(returned, " ".join(said.removeprefix("smtp;").split()))


def _part(message: email.message.Message, kind: str) -> email.message.Message | None:
    return next((part for part in message.walk() if part.get_content_type() == kind), None)


def _groups(status: email.message.Message) -> list[email.message.Message]:
    """The groups of fields: the first about the message, then one for each person it was for."""
    content = status.get_payload()
    return [group for group in content if isinstance(group, email.message.Message)]


def _field(group: email.message.Message, name: str) -> str:
    return str(group.get(name, "")).strip()


def _ids(message: email.message.Message) -> frozenset[str]:
    """The ids of the mail that came back: its own, where its head is enclosed, and those referred to."""
    enclosed = _part(message, "message/rfc822") or _part(message, "text/rfc822-headers")
    text = enclosed.as_string() if enclosed else ""
    own = re.findall(r"^message-id:\s*(\S+)", text, re.IGNORECASE | re.MULTILINE)
    referred = " ".join(str(message.get(name, "")) for name in ("In-Reply-To", "References"))
    return frozenset(_ID.findall(" ".join([*own, referred])))
