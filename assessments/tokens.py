"""The secret in a respondent's link, and the two things that are derived from it.

docs/method.md, 6.4: the database knows the hash of an invitation and the id of a response,
and nothing that leads from one to the other. Only the token does, and the token is stored
nowhere: it is derived from the server's key, the round's salt (deleted at the close) and the
invitation when a mail is written, and comes back with the respondent.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import uuid

_PREFIX = b"accel-survey/v1|"


class InvalidToken(ValueError):
    """A text that is no token: cut off, mistyped or made up."""


def _mac(key: bytes, *parts: bytes) -> bytes:
    return hmac.digest(key, _PREFIX + b"".join(parts), hashlib.sha256)


def make_secret(secret_key: str, salt: str, invitation_id: uuid.UUID) -> bytes:
    """The 32-byte secret T of an invitation."""
    key = _mac(secret_key.encode(), b"key")
    return _mac(key, b"token|", salt.encode(), invitation_id.bytes)


def invitation_hash(secret: bytes, round_name: str) -> str:
    """What the invitation stores of T: 64 hexadecimal digits."""
    return _mac(secret, b"invite|", round_name.encode()).hex()


def response_id(secret: bytes, round_name: str) -> uuid.UUID:
    """The id of the one response that T opens."""
    return uuid.UUID(bytes=_mac(secret, b"response|", round_name.encode())[:16], version=4)


def response_of(text: str) -> uuid.UUID:
    """The id of the one response that a link opens. Raises InvalidToken as :func:`from_text`."""
    round_id, secret = from_text(text)
    return response_id(secret, name_of_round(round_id))


def name_of_round(round_id: int) -> str:
    """How a round is called in the derivations: two rounds never share a hash or an id."""
    return f"round:{round_id}"


def to_text(round_id: int, secret: bytes) -> str:
    """The token as it stands in a link: ``12-`` and 43 letters, digits, ``-`` and ``_``."""
    return f"{round_id}-{base64.urlsafe_b64encode(secret).rstrip(b'=').decode()}"


def from_text(text: str) -> tuple[int, bytes]:
    """Round id and T of a link. Raises InvalidToken for anything that :func:`to_text` cannot have made."""
    number, _, encoded = text.partition("-")
    if not (number.isascii() and number.isdigit() and len(number) < 19 and len(encoded) == 43):
        raise InvalidToken("not a token")
    try:
        secret = base64.b64decode(encoded + "=", altchars=b"-_", validate=True)
    except ValueError as error:
        raise InvalidToken("not a token") from error
    if to_text(int(number), secret) != text:
        raise InvalidToken("not a token")
    return int(number), secret


DELIVERY, API = "delivery", "api"
"""What begins the tokens of other programs: of pipelines that send, and of programs that read."""


def make_token(kind: str) -> str:
    """A new token for a program: its kind, ``-`` and 43 letters, digits, ``-`` and ``_``; 256 random bits."""
    return f"{kind}-{secrets.token_urlsafe(32)}"


def digest_of(text: str) -> str:
    """What is kept of a program's token, and what it is found by: SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
