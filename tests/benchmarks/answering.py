"""Answers: saved, and whole surveys, by many at once."""

import json
import os
import shutil
import statistics
import subprocess
from collections.abc import Sequence
from urllib.parse import urlencode

from django.conf import settings
from django.utils import timezone

from assessments.models import Response
from assessments.pages import Page, pages_of
from assessments.queries import load_instrument
from tests import factories

from .load import Outcome, Step, load, walk
from .measure import DATA, find_browser, report, server

CLIENTS = 32
SECONDS = 6
TURNS = 3


def request(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def look_at(path: str, cookie: str = "") -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: text/html", "Accept-Encoding: gzip"]
    lines += [f"Cookie: {cookie}"] if cookie else []
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def bench_saving() -> bool:
    """Saving a page of answers against a bare view that stores the same JSON."""
    organization = factories.make_organization("Saving")
    team = factories.make_team(organization, "Team", CLIENTS)
    opened = factories.open_round(organization, now=timezone.now())
    page = pages_of(load_instrument(opened.questionnaire))[0]
    # in turn, for SQLite writes nothing where nothing changes
    answers = [dict.fromkeys(page.keys, value) for value in (4, 5)]
    csrf = "a" * 32

    def send(token: str, given: dict[str, int]) -> bytes:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "Cookie": f"respond={token}; {settings.CSRF_COOKIE_NAME}={csrf}",
        }
        return request("/respond/1/", urlencode(given | {"csrfmiddlewaretoken": csrf}).encode(), headers)

    ours = [[send(token, given) for given in answers] for token in factories.tokens_of(opened, team)]
    ids = Response.objects.filter(assessment__round=opened).values_list("pk", flat=True)
    as_json = {"Content-Type": "application/json"}
    bare = [[request(f"/bare/{pk}/", json.dumps(given).encode(), as_json) for given in answers] for pk in ids]
    outcomes: dict[str, list[Outcome]] = {"ours": [], "bare": []}
    with server("tests.benchmarks.bare_settings") as port:
        load(port, ours, 200, 2), load(port, bare, 204, 2)  # warm
        for _ in range(TURNS):
            outcomes["bare"].append(load(port, bare, 204, SECONDS))
            outcomes["ours"].append(load(port, ours, 200, SECONDS))
    found = Response.objects.filter(assessment__round=opened).values_list("answers", flat=True)
    stored = sum(given in answers for given in found)
    rate = {name: statistics.median(outcome.rate for outcome in rates) for name, rates in outcomes.items()}
    p95 = max(outcome.p95 for outcome in outcomes["ours"])
    errors = sum(outcome.errors for outcome in outcomes["ours"])
    ratio = rate["ours"] / rate["bare"]
    return report(
        "Saving a page of answers against a bare view",
        ratio,
        "at least 0.5, no errors",
        ratio >= 0.5 and not errors and stored == CLIENTS,
        f"{rate['ours']:.0f} saves a second against {rate['bare']:.0f}, {CLIENTS} clients, 2 workers, "
        f"p95 {p95:.2f} s, {errors} errors, {stored} of {CLIENTS} responses hold what was sent",
    )


SURVEYS = 192
"""So many people answer in one turn."""

BEST_OF_OTHERS = 3.2
"""Whole surveys a second of the fastest of the packages that were measured on a machine like this one."""


def whole_way(token: str, pages: Sequence[Page], *, looks: bool) -> tuple[list[Step], dict[str, int]]:
    """From the mail to the thanks: opened, every page saved, sent. And what is then stored.

    With ``looks`` every page is fetched before it is saved, and the thanks after sending, as browsers do.
    """
    csrf = "a" * 32
    cookie = f"respond={token}; {settings.CSRF_COOKIE_NAME}={csrf}"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}

    def send(path: str, given: dict[str, int]) -> bytes:
        return request(path, urlencode(given | {"csrfmiddlewaretoken": csrf}).encode(), headers)

    def look(path: str) -> list[Step]:
        return [(look_at(path, cookie), 200)] if looks else []

    steps: list[Step] = [(look_at(f"/respond/{token}/"), 302), (look_at("/respond/", cookie), 200)]
    stored: dict[str, int] = {}
    for page in pages:
        given = dict.fromkeys(page.keys, 5)
        address = f"/respond/{page.number}/"
        steps += [*look(address), (send(address, given), 303)]
        stored |= given
    review = "/respond/review/"
    return [*steps, *look(review), (send(review, {}), 303), *look("/respond/thanks/")], stored


def _bare_way(pk: object, pages: Sequence[Page], *, looks: bool) -> list[Step]:
    """As many looks and saves, of the same JSON, by views that do nothing else."""
    seen: Step = (look_at(f"/bare/{pk}/look/"), 200)
    look = [seen] if looks else []
    steps, given, body = [seen, seen], dict[str, int](), b""
    for page in pages:
        given |= dict.fromkeys(page.keys, 5)
        body = request(f"/bare/{pk}/", json.dumps(given).encode(), {"Content-Type": "application/json"})
        steps += [*look, (body, 204)]
    return [*steps, *look, (body, 204), *look]


def bench_surveys() -> bool:
    """Whole surveys against bare views and other packages; and with every page looked at as well."""
    return all([_bench_surveys(looks=False), _bench_surveys(looks=True)])


def _bench_surveys(*, looks: bool) -> bool:
    name = "Whole surveys, every page looked at," if looks else "Whole surveys"
    organization = factories.make_organization(f"{name} ours")
    teams = [factories.make_team(organization, f"Team {number}", 8) for number in range(SURVEYS * TURNS // 8)]
    opened = factories.open_round(organization, now=timezone.now())
    pages = pages_of(load_instrument(opened.questionnaire))
    ways = [whole_way(token, pages, looks=looks) for token in factories.tokens_of(opened)]
    ids = list(Response.objects.filter(assessment__round=opened).values_list("pk", flat=True))
    other = factories.make_organization(f"{name} bare")
    factories.make_team(other, size=SURVEYS)
    bare = factories.open_round(other, now=timezone.now())
    bare_ids = Response.objects.filter(assessment__round=bare).values_list("pk", flat=True)
    bare_ways = [_bare_way(pk, pages, looks=looks) for pk in bare_ids]
    outcomes: dict[str, list[Outcome]] = {"ours": [], "bare": []}
    with server("tests.benchmarks.bare_settings") as port:
        walk(port, bare_ways[:CLIENTS], CLIENTS)
        cookie = f"respond={factories.tokens_of(opened)[0]}"
        drawn = ["/respond/", *(f"/respond/{page.number}/" for page in pages), "/respond/review/"]
        load(port, [[look_at(path, cookie)] for path in drawn], 200, 1)  # once in each process
        for turn in range(TURNS):
            outcomes["bare"].append(walk(port, bare_ways, CLIENTS))
            mine = [steps for steps, _stored in ways[turn * SURVEYS : (turn + 1) * SURVEYS]]
            outcomes["ours"].append(walk(port, mine, CLIENTS))
    found = Response.objects.filter(pk__in=ids, complete=True).values_list("answers", flat=True)
    stored = sum(given == ways[0][1] for given in found)
    rate = {name: statistics.median(outcome.rate for outcome in rates) for name, rates in outcomes.items()}
    p95 = {name: max(outcome.p95 for outcome in each) for name, each in outcomes.items()}
    errors = sum(outcome.errors for each in outcomes.values() for outcome in each)
    ratio, fast = rate["ours"] / rate["bare"], 10 * BEST_OF_OTHERS
    goal = "at least 0.5, no errors" + ("" if looks else f", {fast:.0f} a second, p95 under 0.5 s")
    met = ratio >= 0.5 and not errors and stored == len(ways) == len(teams) * 8
    return report(
        f"{name} against bare views",
        ratio,
        goal,
        met and (looks or (rate["ours"] >= fast and p95["ours"] < 0.5)),
        f"{rate['ours']:.1f} surveys of {len(ways[0][0])} requests a second against {rate['bare']:.1f}, "
        f"{rate['ours'] / BEST_OF_OTHERS:.1f} times the best of others, {CLIENTS} clients, 2 workers, "
        f"p95 of a whole survey {p95['ours']:.2f} s (bare {p95['bare']:.2f} s), {errors} errors, "
        f"{stored} of {len(ways)} stored whole",
    )


LIGHTHOUSE = "lighthouse@12.8.2"
KILOBYTES = 100


def bench_first_visit() -> bool:
    """The first page of questions on a phone that has never been here, as Lighthouse judges it."""
    npx, browser = shutil.which("npx"), find_browser()
    if npx is None:
        return report("First visit on a phone", 0, "Lighthouse", False, "not measured: npx is not here")
    organization = factories.make_organization("First visit")
    factories.make_team(organization, size=6)
    opened = factories.open_round(organization, now=timezone.now())
    headers = {"Cookie": f"respond={factories.tokens_of(opened)[0]}"}
    with server("accelerate_survey.settings") as port:
        done = subprocess.run(
            [
                npx, "--yes", LIGHTHOUSE, f"http://127.0.0.1:{port}/respond/1/", "--quiet", "--output=json",
                "--only-categories=performance,accessibility,best-practices",
                f"--extra-headers={json.dumps(headers)}",
                "--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run",
            ],
            capture_output=True, check=True, env=os.environ | {"CHROME_PATH": browser}, cwd=DATA,
        )  # fmt: skip
    found = json.loads(done.stdout)
    score = {name: 100 * category["score"] for name, category in found["categories"].items()}
    kilobytes = found["audits"]["total-byte-weight"]["numericValue"] / 1000
    missed = [audit["title"] for audit in found["audits"].values() if audit["score"] == 0]
    return report(
        "First visit to a page of questions on a phone, Lighthouse performance",
        score["performance"],
        f"at least 95; accessibility and best practices 100; at most {KILOBYTES} kB",
        score["performance"] >= 95
        and score["accessibility"] == score["best-practices"] == 100
        and kilobytes <= KILOBYTES,
        f"accessibility {score['accessibility']:.0f}, best practices {score['best-practices']:.0f}, "
        f"{kilobytes:.0f} kB; not passed: {', '.join(missed) or 'nothing'}",
    )
