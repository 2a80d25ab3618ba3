"""Attack 6: well-known scanners, wapiti and sqlmap, ask a running installation all that they know.

It runs as on a public site, by TLS, so that cookies and headers are those of real use. The scanners come
signed out, with a respondent's link, as a coach and as an administrator. There is no worker, so nothing that
a scanner types is ever sent a message; where webhooks may go is tested in tests/assessments.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import subprocess
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import Cookie, CookieJar
from pathlib import Path
from typing import Any

PASSWORD = "a long enough password"
from tests.faults.houses import House, house
from tests.journeys.stage import HOST, Visitor, until
from tests.receiver import CERTIFICATE
from tests.servers import new_database

MODULES = "csp,http_headers,cookieflags,xss,sql,redirect,ssrf,file"
OUTSIDE = "http://127.0.0.1:9"
"""A proxy that is not there: a scanner that asked anybody else would hear nothing."""

EXPLAINED = {
    "X-XSS-Protection is not set": "browsers have dropped the filter that it asked for, and it made holes of its own"
}
"""What wapiti finds that is none."""


@dataclass
class Site:
    """What is scanned."""

    url: str
    log: Path
    """A line for each request: its status, method and path."""

    scene: dict[str, Any] = field(default_factory=dict)

    def asked(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@dataclass
class Found:
    """What came of a scan."""

    findings: list[str]
    requests: int
    statuses: Counter[str]
    pages: set[str]


@contextmanager
def site() -> Iterator[Site]:
    """A new installation with something to show on every page."""
    with house(new_database()) as home:
        target = Site(f"https://{HOST}:{home.port}", home.folder / "access")
        home.variables |= {
            "SITE_URL": target.url,
            "TRUSTED_PROXIES": "0",
            "DJANGO_SETTINGS_MODULE": "tests.attacks.scanned_settings",
            "GUNICORN_CMD_ARGS": f"--certfile={CERTIFICATE} --keyfile={CERTIFICATE}"
            f" --access-logfile={target.log} --access-logformat='%(s)s %(m)s %(U)s'",
        }
        target.scene = _furnish(home)
        home.start("web")
        until(lambda: _answers(target), "the web server answers")
        yield target


def _furnish(home: House) -> Any:
    words = "from tests.journeys import scenes; scenes.empty_stage(); scenes.tell(scenes.every_page)"
    done = home.run("manage.py", "shell", "--no-imports", "-c", words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def _answers(target: Site) -> bool:
    try:
        Visit(target).get("/account/login/")
    except OSError:
        return False
    return True


class Visit(Visitor):
    """By TLS, trusting our own certificate."""

    def __init__(self, target: Site) -> None:
        self.stage: Any = target
        self.html = ""
        self.cookies = CookieJar()
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        self.browser = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=trusting), urllib.request.HTTPCookieProcessor(self.cookies)
        )
        self.browser.addheaders = [("Origin", target.url)]


def visit(target: Site, role: str) -> Visit:
    """Somebody who has come in: ``"nobody"``, ``"respondent"``, or a person of the scene by name."""
    made = Visit(target)
    if role == "respondent":
        made.get(target.scene["links"][0])
    elif role != "nobody":
        made.sign_in(target.scene["people"][role], PASSWORD)
    return made


def crawl(url: str, visitor: Visit, *options: str, starts: tuple[str, ...] = ()) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="wapiti-") as folder:
        cookies = Path(folder, "cookies")
        cookies.write_text(json.dumps(_jar(visitor)))
        report = Path(folder, "report")
        done = subprocess.run(
            ["wapiti", "--url", f"{url}/", *(f"--start={url}{each}" for each in starts),
             "--module", MODULES, "--cookie", cookies, "--format=json", "--output", report,
             "--store-session", folder, "--no-bugreport", "--verbose=1", *options],
            env={**os.environ, "HOME": folder, "https_proxy": OUTSIDE, "http_proxy": OUTSIDE, "no_proxy": HOST},
            cwd=folder, capture_output=True, text=True, check=False,
        )
        print(done.stdout[-6000:], done.stderr[-2000:])
        return json.loads(report.read_text())


def _jar(visitor: Visit) -> dict[str, Any]:
    jar: dict[str, Any] = {HOST: {}}
    for each in visitor.cookies:
        jar[HOST].setdefault(each.path, {})[each.name] = {
            "value": each.value, "expires": each.expires, "secure": each.secure, "port": None, "version": 0
        }
    return jar


if __name__ == "__main__":
    import sys, time
    began = time.time()
    with site() as target:
        print("site", time.time() - began)
        print(target.scene)
        for role in sys.argv[1].split(","):
            began = time.time()
            n = len(target.asked())
            out = crawl(target.url, visit(target, role), *sys.argv[2:])
            lines = target.asked()[n:]
            print(role, "took", time.time() - began, len(lines), Counter(x.split()[0] for x in lines), len({x.split(maxsplit=1)[1] for x in lines}))
            for kind in ("vulnerabilities", "anomalies"):
                for c, xs in out[kind].items():
                    for x in xs: print(kind, c, x["info"], x["method"], x["path"], x["parameter"])
            open(f"/tmp/dast-{role}.log","w").write("\n".join(lines))
