"""``make bench``: what is promised about speed, as ratios against a baseline measured in the same run.

Machines differ and are never quiet, so no figure stands alone: what is measured and what it is
measured against take turns, and the medians are compared.
"""

import datetime as dt
import io
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).parents[2]
DATA = Path(tempfile.mkdtemp(prefix="accelerate-survey-bench-"))
os.environ |= {"DATA_DIR": str(DATA), "DJANGO_SETTINGS_MODULE": "accelerate_survey.settings", "SITE_URL": ""}

import django  # noqa: E402  the environment comes first

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from assessments.models import (  # noqa: E402
    Assessment,
    Organization,
    Response,
    Round,
    Score,
    ScoreKind,
    Suppression,
    Team,
)
from assessments.pages import pages_of  # noqa: E402
from assessments.queries import (  # noqa: E402
    capability_scores,
    comparable_rounds,
    compared_assessments,
    lineages,
    load_instrument,
)
from assessments.services import actions, rounds  # noqa: E402
from reports import pdf  # noqa: E402
from reports.builder import build_content  # noqa: E402
from reports.templatetags import report_tags  # noqa: E402
from tests import factories  # noqa: E402
from tests.benchmarks.load import Outcome, load  # noqa: E402

EARLIER_ROUNDS = 4
QUARTER = 91 * factories.DAY
CLIENTS = 32
SECONDS = 6
TURNS = 3
CHROMIUM = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _in_turns(first: Callable[[], object], second: Callable[[], object], times: int) -> tuple[float, float]:
    """Median seconds of each, after one run of each that does not count."""
    first(), second()
    pairs = [(_seconds(first), _seconds(second)) for _ in range(times)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def _report(name: str, ratio: float, goal: str, met: bool, detail: str) -> bool:
    print(f"{'ok  ' if met else 'MISS'} {name}: {ratio:.2f} (goal {goal})\n     {detail}", flush=True)
    return met


def prepare() -> None:
    """An SQLite database with the shipped questionnaire."""
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    for path in sorted((ROOT / "fixtures" / "questionnaires").glob("*.yaml")):
        call_command("import_questionnaire", path, stdout=io.StringIO())


def _filled_round(name: str, sizes: dict[str, int]) -> Round:
    """A round that closes now, after some before it, in which teams of these sizes answered at random."""
    organization = factories.make_organization(name)
    for team, size in sizes.items():
        factories.make_team(organization, team, size)
    for back in range(EARLIER_ROUNDS, -1, -1):
        made = _fill(organization, f"Round -{back}", timezone.now() - back * QUARTER)
    return made


def _fill(organization: Organization, name: str, now: dt.datetime) -> Round:
    chance = random.Random(name)
    opened = factories.open_round(organization, name, now=now - factories.DAY)
    instrument = load_instrument(opened.questionnaire)
    responses = list(Response.objects.filter(assessment__round=opened))
    asked = [*instrument.statements, *instrument.key_metrics]
    for response in responses:  # written at once: what is measured here is reading
        # all is answered: reports of five and of thousands then have the same capabilities to show
        response.answers, response.complete = {each.key: chance.randint(1, 6) for each in asked}, True
    Response.objects.bulk_update(responses, ["answers", "complete"], batch_size=500)
    rounds.close_round(round=opened, by=None, now=now)
    return opened


def bench_results_page() -> bool:
    """The same page for a team of 5 and one of 5,000, with rounds and an experiment to look back on."""
    made = _filled_round("Pages", {"Small": 5, "Large": 5000})
    lee = factories.make_user("Lee")
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(lee)
    addresses = {}
    for team in Team.objects.filter(organization=made.organization):
        factories.people.add_to_team(team=team, email=lee.email, name="Lee", by=None)
        actions.start_action(
            team=team,
            round=Round.objects.get(organization=made.organization, name="Round -1"),
            capability_key="test_automation",
            title="One test for each fault",
            by=lee,
        )
        addresses[team.name] = f"/o/{made.organization.slug}/teams/{team.slug}/rounds/{made.pk}/"

    def get(name: str) -> None:
        assert client.get(addresses[name]).status_code == 200

    small, large = _in_turns(lambda: get("Small"), lambda: get("Large"), 15)
    with CaptureQueriesContext(connection) as queries:
        get("Large")
    ratio = large / small
    first = _report(
        "Results page, 5,000 responses against 5",
        ratio,
        "at most 1.2",
        ratio <= 1.2,
        f"{large * 1000:.0f} ms against {small * 1000:.0f} ms, median of 15 in turns",
    )
    number = len(queries)
    return (
        _report("Results page, queries", number, "at most 12", number <= 12, "counted, with a session")
        and first
    )


def bench_pdf() -> bool:
    """A full report from a warm worker against Chromium, started fresh, that prints the same HTML."""
    browser = next(found for name in BROWSERS if (found := shutil.which(name)))
    made = _filled_round("Report", {"Kestrel": 8})
    content = build_content(made.assessments.get(), "en", for_team=False)
    page, printed = DATA / "report.html", DATA / "report.pdf"
    page.write_text(pdf.render_html(content), encoding="utf-8")

    def chromium() -> None:
        with tempfile.TemporaryDirectory() as profile:
            options = [f"--user-data-dir={profile}", f"--print-to-pdf={printed}"]
            subprocess.run([browser, *CHROMIUM, *options, page.as_uri()], check=True, capture_output=True)

    def anew() -> None:
        report_tags.drawn.cache_clear()
        pdf.render(content)

    ours, theirs = _in_turns(anew, chromium, 7)
    ratio = ours / theirs
    return _report(
        "Full PDF from a warm worker, charts drawn anew, against fresh Chromium",
        ratio,
        "at most 1.0",
        ratio <= 1.0,
        f"{ours:.2f} s against {theirs:.2f} s, median of 7 in turns",
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until the server answers; RuntimeError when it has ended or takes two minutes."""
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("The server to be measured did not start; its own words are above.")


TEAMS, QUARTERS = 500, 12


def _many_teams() -> Round:
    """The newest of a dozen rounds of 500 teams in groups, scored at random: what is read is rows."""
    organization = factories.make_organization("Many")
    groups = [
        factories.people.create_group(organization=organization, name=f"Group {number}", by=None)
        for number in range(20)
    ]
    teams = Team.objects.bulk_create(
        Team(
            organization=organization, name=f"Team {number}", slug=f"team-{number}", group=groups[number % 20]
        )
        for number in range(TEAMS)
    )
    chance, now = random.Random(1), timezone.now()
    for back in range(QUARTERS - 1, -1, -1):
        closed_at = now - back * QUARTER - factories.DAY
        made = factories.make_round(organization, f"Round -{back}", now=closed_at - factories.DAY)
        Round.objects.filter(pk=made.pk).update(closed_at=closed_at)
        keys = [capability.key for capability in load_instrument(made.questionnaire).capabilities]
        assessments = Assessment.objects.bulk_create(
            Assessment(round=made, team=team, team_name=team.name, invited=8, responded=7, joined=0, left=0)
            for team in teams
        )
        Score.objects.bulk_create(
            (_random_score(assessment, key, chance) for assessment in assessments for key in keys),
            batch_size=2000,
        )
    return made


def _random_score(assessment: Assessment, key: str, chance: random.Random) -> Score:
    """Of one in ten teams too few answered."""
    score = Score(assessment=assessment, kind=ScoreKind.CAPABILITY, key=key, scoring_version="2")
    if assessment.team_id % 10 == 0:
        score.suppression = Suppression.TOO_FEW
        return score
    score.n, score.mean, score.sd, score.se = chance.randint(5, 12), chance.uniform(2, 6.5), 1.2, 0.45
    score.low90, score.high90 = max(1, score.mean - 0.9), min(7, score.mean + 0.9)
    score.low80, score.high80 = max(1, score.mean - 0.7), min(7, score.mean + 0.7)
    return score


def bench_compare() -> bool:
    """Teams side by side against nothing but loading the same rows."""
    made = _many_teams()
    cleo = factories.make_user("Cleo")
    factories.people.set_organization_role(
        organization=made.organization, email=cleo.email, name="Cleo", role="coach", by=None
    )
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(cleo)
    address = f"/o/{made.organization.slug}/rounds/{made.pk}/compare/"
    made = Round.objects.select_related("questionnaire").get(pk=made.pk)
    before = comparable_rounds(made)[0]

    def get(what: str = "") -> None:
        assert client.get(address + what).status_code == 200

    def rows(*of: Round) -> None:
        lineages(made), list(compared_assessments(made))
        for each in of:
            list(capability_scores(each))

    met = []
    for name, what, of in (
        ("Teams side by side", "", [made]),
        ("The same beside another quarter", f"?with={before.pk}", [made, before]),
    ):
        ours, bare = _in_turns(partial(get, what), partial(rows, *of), 7)
        with CaptureQueriesContext(connection) as queries:
            get(what)
        detail = f"{ours * 1000:.0f} ms against {bare * 1000:.0f} ms, {TEAMS} teams, {QUARTERS} quarters, "
        detail += f"{len(queries)} queries, median of 7 in turns"
        met.append(
            _report(f"{name}, against loading the rows", ours / bare, "at most 3", ours <= 3 * bare, detail)
        )
    return all(met)


@contextmanager
def _server(settings: str) -> Iterator[int]:
    """gunicorn with two workers, as ``make run`` starts it."""
    port = _free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "accelerate_survey.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        "2",
        "--worker-class",
        "gthread",
        "--threads",
        "4",
        "--keep-alive",
        "30",
        "--log-level",
        "error",
        "--no-control-socket",
    ]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"DJANGO_SETTINGS_MODULE": settings})
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _request(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def bench_saving() -> bool:
    """Saving a page of answers against a bare view that stores the same JSON."""
    organization = factories.make_organization("Saving")
    team = factories.make_team(organization, "Team", CLIENTS)
    opened = factories.open_round(organization, now=timezone.now())
    page = pages_of(load_instrument(opened.questionnaire))[0]
    answers = dict.fromkeys(page.keys, 5)
    csrf = "a" * 32
    form = urlencode(answers | {"csrfmiddlewaretoken": csrf}).encode()
    ours = [
        _request(
            "/respond/1/",
            form,
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
                "Cookie": f"respond={token}; csrftoken={csrf}",
            },
        )
        for token in factories.tokens_of(opened, team)
    ]
    ids = Response.objects.filter(assessment__round=opened).values_list("pk", flat=True)
    bare = [
        _request(f"/bare/{pk}/", json.dumps(answers).encode(), {"Content-Type": "application/json"})
        for pk in ids
    ]
    outcomes: dict[str, list[Outcome]] = {"ours": [], "bare": []}
    with _server("tests.benchmarks.bare_settings") as port:
        load(port, ours, 200, 2), load(port, bare, 204, 2)  # warm
        for _ in range(TURNS):
            outcomes["bare"].append(load(port, bare, 204, SECONDS))
            outcomes["ours"].append(load(port, ours, 200, SECONDS))
    found = Response.objects.filter(assessment__round=opened).values_list("answers", flat=True)
    stored = sum(given == answers for given in found)
    rate = {name: statistics.median(outcome.rate for outcome in rates) for name, rates in outcomes.items()}
    p95 = max(outcome.p95 for outcome in outcomes["ours"])
    errors = sum(outcome.errors for outcome in outcomes["ours"])
    ratio = rate["ours"] / rate["bare"]
    return _report(
        "Saving a page of answers against a bare view",
        ratio,
        "at least 0.5, no errors",
        ratio >= 0.5 and not errors and stored == CLIENTS,
        f"{rate['ours']:.0f} saves a second against {rate['bare']:.0f}, {CLIENTS} clients, 2 workers, "
        f"p95 {p95:.2f} s, {errors} errors, {stored} of {CLIENTS} responses hold what was sent",
    )


def main() -> int:
    """All benchmarks, or those named; 1 where a goal was missed."""
    found = {
        "results": bench_results_page,
        "compare": bench_compare,
        "pdf": bench_pdf,
        "saving": bench_saving,
    }
    chosen = sys.argv[1:] or list(found)
    if unknown := set(chosen) - set(found):
        print(
            f"There is no benchmark {', '.join(sorted(unknown))}. There are: {', '.join(found)}.",
            file=sys.stderr,
        )
        return 2
    try:
        prepare()
        met = [found[name]() for name in chosen]
        return 0 if all(met) else 1
    finally:
        shutil.rmtree(DATA, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
