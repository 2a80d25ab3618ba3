"""An identity provider for tests: OpenID Connect on this machine, with a key of its own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT = "survey"


def make_key() -> rsa.RSAPrivateKey:
    """A key to sign with."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


PAGE = """<!doctype html><html lang="en"><title>Provider</title>
<form action="/decide">{kept}<label>Address <input name="email"></label>
<label><input type="checkbox" name="email_verified" value="true" checked> It is mine</label>
<button>Go on</button> <button name="error" value="access_denied">Cancel</button></form>"""
"""Where a browser is led: whoever sits there says who they are, and may cancel."""


@dataclass
class Provider:
    """What it says of whoever comes; tests change it."""

    url: str = ""
    key: rsa.RSAPrivateKey = field(default_factory=make_key)
    signs_with: Any = None
    algorithm: str = "RS256"
    claims: dict[str, Any] = field(default_factory=dict)
    calls_itself: str = ""
    asked: dict[str, str] = field(default_factory=dict)
    """What came with the last code."""

    def id_token(self) -> str:
        """A signed token about whoever came last."""
        now = int(time.time())
        standard = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "sub": "person-7"}
        key = self.signs_with or (None if self.algorithm == "none" else self.key)
        return jwt.encode(standard | self.claims, key, algorithm=self.algorithm, headers={"kid": "one"})

    def page(self, asked: dict[str, str]) -> str:
        """Asks a browser who is there."""
        kept = "".join(
            f'<input type="hidden" name="{name}" value="{escape(asked[name])}">'
            for name in ("redirect_uri", "state")
        )
        return PAGE.format(kept=kept)

    def decide(self, said: dict[str, str]) -> str:
        """Where the browser goes after that: back with a code, or with an error."""
        back = {"state": said["state"]}
        if "error" in said:
            back["error"] = said["error"]
        else:
            address, back["code"] = said.get("email", ""), "good"
            self.claims = {"sub": address or "nobody", "email_verified": "email_verified" in said}
            self.claims |= {"email": address} if address else {}
        return f"{said['redirect_uri']}?{urlencode(back)}"

    def answer(self, path: str) -> dict[str, Any]:
        """What stands under an address."""
        if path.endswith("openid-configuration"):
            names = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            ends = {f"{name}_endpoint": f"{self.url}/{end}" for name, end in names.items()}
            return ends | {"issuer": self.calls_itself or self.url, "jwks_uri": f"{self.url}/keys"}
        if path == "/keys":
            public = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
            return {"keys": [public | {"kid": "one", "alg": "RS256", "use": "sig"}]}
        if path == "/token":
            return {"access_token": "opens-nothing", "token_type": "Bearer", "id_token": self.id_token()}
        return {"sub": "person-7"} | self.claims


@contextmanager
def running_provider() -> Iterator[Provider]:
    """One that answers for as long as this lasts."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, asked = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
            if path == "/decide":
                self.send_response(302)
                self.send_header("Location", provider.decide(asked))
                self.end_headers()
            elif path == "/authorize":
                self.tell("text/html", provider.page(asked))
            else:
                self.tell("application/json", json.dumps(provider.answer(path)))

        def tell(self, kind: str, text: str) -> None:
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            provider.asked = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    # a browser keeps connections open on which it asks for nothing: one at a time would wait for those
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
