"""Attack 7: well-known scanners, wapiti and sqlmap, ask a running installation all that they can think of.

It runs as on a public site, by TLS, so that cookies and headers are those of real use. The scanners come
signed out, with a respondent's link, as a coach and as an administrator. There is no worker, so no address
that they type into a form is ever sent a message; where webhooks may go is tested with webhooks.
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
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from tests.faults.houses import house
from tests.journeys.places import PASSWORD
from tests.journeys.stage import HOST, Visitor, until
from tests.receiver import CERTIFICATE, Receiver, running_receiver
from tests.servers import new_database

COACH, ADMINISTRATOR = "hana", "ada"
ROLES = ("nobody", "respondent", COACH, ADMINISTRATOR)

MODULES = "csp,http_headers,cookieflags,xss,sql,redirect,ssrf,file"
EXPLAINED = {"X-XSS-Protection is not set": "it asked for a filter that browsers have since dropped"}
"""What wapiti calls a finding and is none, with the reason."""

NOWHERE = "http://127.0.0.1:9"
"""A proxy that is not there, for whatever is not this machine: a scanner looks up nothing elsewhere."""

CLEAN = "all tested parameters do not appear to be injectable"
INJECTED = "sqlmap identified the following injection point"


@dataclass
class Site:
    """What is scanned."""

    url: str
    log: Path
    """A line for each request: who asked, the answer's status, the method and the address."""

    scene: dict[str, Any] = field(default_factory=dict)

    def asked(self, by: str) -> list[list[str]]:
        """The requests of somebody: status, method, address."""
        lines = (line.split(" ", 3) for line in self.log.read_text().splitlines())
        return [rest for agent, *rest in lines if agent == by]


@dataclass
class Scan:
    """What came of one."""

    findings: list[str]
    asked: list[list[str]] = field(default_factory=list)
    inside: bool = True
    """Whether whoever was signed in still is."""

    parameters: list[str] = field(default_factory=list)
    """Those that were tried one by one."""

    def __str__(self) -> str:
        statuses = Counter(status for status, *_address in self.asked)
        pages = {address.partition("?")[0] for _status, _method, address in self.asked}
        told = ", ".join(f"{number} of {status}" for status, number in sorted(statuses.items()))
        ending = "" if self.inside else "; no longer signed in"
        tried = f", parameters {self.parameters}" if self.parameters else ""
        return (
            f"{len(self.asked)} requests to {len(pages)} addresses ({told}){tried}, {self.findings}{ending}"
        )


@contextmanager
def site() -> Iterator[Site]:
    """A new installation with something to show on every page."""
    with house(new_database()) as home:
        target = Site(f"https://{HOST}:{home.port}", home.folder / "asked")
        told = f"--access-logfile={target.log} --access-logformat='%(a)s %(s)s %(m)s %(U)s?%(q)s'"
        home.variables |= {
            "SITE_URL": target.url,
            "TRUSTED_PROXIES": "0",
            "DJANGO_SETTINGS_MODULE": "tests.attacks.scanned_settings",
            "GUNICORN_CMD_ARGS": f"--certfile={CERTIFICATE} --keyfile={CERTIFICATE} {told}",
        }
        words = "from tests.journeys import scenes; scenes.empty_stage(); scenes.tell(scenes.every_page)"
        done = home.run("manage.py", "shell", "--no-imports", "-c", words)
        assert done.returncode == 0, done.stderr
        target.scene = json.loads(done.stdout.splitlines()[-1])
        home.start("web")
        until(lambda: _answers(target), "the web server answers")
        yield target


def _answers(target: Site) -> bool:
    try:
        return bool(Guest(target.url).get("/account/login/"))
    except OSError:
        return False


class Guest(Visitor):
    """Somebody who comes by TLS and trusts our own certificate."""

    def __init__(self, url: str) -> None:
        self.url, self.html, self.cookies = url, "", CookieJar()
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        self.browser = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=trusting), urllib.request.HTTPCookieProcessor(self.cookies)
        )
        self.browser.addheaders = [("Origin", url)]

    def _full(self, address: str) -> str:
        return f"{self.url}{address}"


def guest(target: Site, role: str) -> Guest:
    """Somebody who has come in: ``"nobody"``, ``"respondent"``, or a person of the scene."""
    made = Guest(target.url)
    if role == "respondent":
        made.get(target.scene["links"][0])
    elif role != "nobody":
        made.sign_in(target.scene["people"][role], PASSWORD)
    return made


def starts(target: Site) -> dict[str, list[str]]:
    """Where each begins; the first address is one that is there only for who has come in."""
    scene = target.scene
    org, compared = scene["org"], scene["compared"]
    (here,) = re.findall(r"/rounds/\d+/", compared)
    return {
        "nobody": ["/privacy/", "/account/login/?next=/", "/account/password/reset/", "/language/?next=/"],
        "respondent": ["/respond/1/", "/respond/review/"],
        COACH: [
            f"{compared}?with={scene['compared_with']}&capability=learning&group=quay&teams=team-crane",
            f"{compared.replace('compare/', 'comparison.csv')}?with={scene['compared_with']}&group=quay",
            f"/o/harbour/teams/team-crane{here}",
            f"/o/harbour/teams/team-crane{here}scores.csv",
            "/o/harbour/coach/",
        ],
        ADMINISTRATOR: [
            f"{org}log/?page=1", f"{org}settings/", f"{org}roster/", f"{org}roles/", f"{org}webhooks/",
            f"{scene['owls']}deliveries/?service=shop&environment=production", f"{org}teams/new/",
        ],
    }  # fmt: skip


# --- A crawler ------------------------------------------------------------------------------------


def crawl(url: str, visitor: Guest, endpoint: Receiver, *options: str) -> Scan:
    """What wapiti finds from this address on, and what it makes the server ask of others."""
    with tempfile.TemporaryDirectory(prefix="wapiti-") as folder:
        cookies, report = Path(folder, "cookies"), Path(folder, "report")
        cookies.write_text(json.dumps({HOST: _by_path(visitor.cookies)}))
        said = _run(
            folder, "wapiti", f"--url={url}", f"--module={MODULES}", f"--cookie={cookies}", "--no-bugreport",
            f"--store-session={folder}", "--format=json", f"--output={report}", f"--endpoint={endpoint.url}/",
            # each form once, though every page has one to sign out, and no guesses at its token
            "--scan-force=paranoid", "--skip=csrfmiddlewaretoken", *options,
        )  # fmt: skip
        assert report.exists(), said
        told = json.loads(report.read_text())
    found = [
        f"{category}: {each['info']} ({each['method']} {each['path']})"
        for kind in ("vulnerabilities", "anomalies")
        for category, several in told[kind].items()
        for each in several
        if each["info"] not in EXPLAINED
    ]
    found += [f"asked of others: {got.line}" for got in endpoint.got if "get_ssrf.php" not in got.line]
    return Scan(found)


def _by_path(cookies: CookieJar) -> dict[str, dict[str, Any]]:
    """As wapiti reads them."""
    found: dict[str, dict[str, Any]] = {}
    for each in cookies:
        about = {"value": each.value, "secure": each.secure, "expires": each.expires}
        found.setdefault(each.path, {})[each.name] = about | {"port": None, "version": 0}
    return found


def _run(folder: str, *command: str) -> str:
    """What a program says that asks nobody but this machine, and keeps what it notes in the folder."""
    own = {"HOME": folder, "http_proxy": NOWHERE, "https_proxy": NOWHERE, "no_proxy": HOST}
    done = subprocess.run(
        command, cwd=folder, env=os.environ | own, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False, timeout=1800,
    )  # fmt: skip
    return done.stdout + done.stderr


def scan(target: Site, role: str, seconds: int, *options: str) -> Scan:
    """Crawl as somebody for so long, and attack what was found with each module for a quarter of that."""
    visitor, begin = guest(target, role), starts(target)[role]
    times = [f"--max-scan-time={seconds}", f"--max-attack-time={max(seconds / 4, 1)}"]
    with running_receiver() as endpoint:
        found = crawl(
            f"{target.url}/", visitor, endpoint, *times, f"--user-agent=wapiti-{role}",
            *(f"--start={target.url}{address}" for address in begin), *options,
        )  # fmt: skip
    found.asked = target.asked(f"wapiti-{role}")
    found.findings += _faults(found.asked, "429")
    found.inside = visitor.get(begin[0]) == begin[0].partition("?")[0]
    return found


def _faults(asked: list[list[str]], *refusals: str) -> list[str]:
    """Errors of the server, and answers after which nothing was scanned."""
    return [" ".join(each) for each in asked if each[0] in refusals or each[0] >= "500"]


def scan_all(target: Site, seconds: int, *options: str) -> dict[str, Scan]:
    """As everybody, two at once; a form of hundreds of fields would take a module many minutes."""
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda role: scan(target, role, seconds, "--max-parameters=12", *options), ROLES)
        return dict(zip(ROLES, found, strict=True))


# --- Single parameters ----------------------------------------------------------------------------


def inject(url: str, cookies: CookieJar, *options: str) -> Scan:
    """What sqlmap finds at this address: in what it asks for, and in a form where the options hold one."""
    sent = "; ".join(f"{each.name}={each.value}" for each in cookies)
    with tempfile.TemporaryDirectory(prefix="sqlmap-") as folder:
        said = _run(
            folder, "sqlmap", f"--url={url}", f"--output-dir={folder}", "--batch", "--level=2", "--risk=1",
            "--param-exclude=sid|csrf", *([f"--cookie={sent}"] if sent else []), *options,
        )  # fmt: skip
    assert (CLEAN in said) != (INJECTED in said), said
    findings = [] if CLEAN in said else [said.partition(INJECTED)[2]]
    return Scan(findings, parameters=re.findall(r"parameter '(.+?)' does not seem to be injectable", said))


def inject_all(target: Site) -> dict[str, Scan]:
    """The pages to compare, results, exports and sign-in: every parameter, and the team in an address."""
    sign_in = f"{target.url}/account/login/"
    form = [
        "--data=login=ada%40example.org&password=a+long+enough+password&next=%2F&csrfmiddlewaretoken=anew"
    ]
    form += [f"--csrf-url={sign_in}", "--csrf-token=csrfmiddlewaretoken", f"--referer={sign_in}"]
    tried = [
        (COACH, address.replace("/team-crane/", "/team-crane*/"), []) for address in starts(target)[COACH][:4]
    ]
    tried.append(("nobody", "/account/login/", form))

    def go(number: int) -> Scan:
        role, address, options = tried[number]
        agent = f"sqlmap-{number}"
        visitor = guest(target, role)
        visitor.get(address.replace("*", ""))  # a form counts only with the cookie that came with it
        found = inject(f"{target.url}{address}", visitor.cookies, f"--user-agent={agent}", *options)
        found.asked = target.asked(agent)
        found.findings += _faults(found.asked, "429", "403")
        return found

    with ThreadPoolExecutor(2) as pool:
        found = pool.map(go, range(len(tried)))
        return {address: each for (_role, address, _options), each in zip(tried, found, strict=True)}
