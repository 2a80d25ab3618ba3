"""What an authenticator app shows, worked out from RFC 6238."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_of(secret: str) -> str:
    """The code of now, good until the half minute is over."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    moment = (int(time.time()) // 30).to_bytes(8, "big")
    digest = hmac.digest(key, moment, hashlib.sha1)
    place = digest[-1] & 15
    number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06}"
