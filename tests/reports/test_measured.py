"""Stated and measured, side by side: in the content, on the page, in the PDF."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pypdf
import pytest
from django.test import Client
from django.utils import timezone

from assessments.deliveries import Deployment, Figures, Incident, measure
from assessments.delivery_files import Options
from assessments.models import Assessment, Round, Team, User
from assessments.services import deliveries
from reports import pdf
from reports.builder import build_content
from reports.content import Measured, MeasuredMetric, Suppressed
from reports.measured import measured_beside
from reports.templatetags.delivery_tags import duration, figure, quick_check
from tests import factories
from tests.contents import make_metric, make_report
from tests.factories import DAY
from tests.reports.test_results_page import words

SignIn = Callable[[User], Client]

START, END = dt.date(2026, 2, 4), dt.date(2026, 5, 4)
BEGIN = dt.datetime(2026, 2, 4, tzinfo=dt.UTC)


def figures(*releases: Deployment, incidents: tuple[Incident, ...] = ()) -> Figures:
    return measure(releases, incidents, start=START, end=END, zone=dt.UTC)


def kept(found: Figures, service: str = "shop") -> dict[str, Any]:
    return json.loads(json.dumps({"version": "1", "services": [{"service": service} | asdict(found)]}))


def release(day: int, hours: float | None = None, *, unplanned: bool = False) -> Deployment:
    """A deployment of a day, with one commit that is so many hours old."""
    moment = BEGIN + day * DAY
    commits = () if hours is None else (int((moment - dt.timedelta(hours=hours)).timestamp()),)
    return Deployment("shop", f"d{day}", moment, True, unplanned, commits)


def outage(day: int, hours: float | None) -> Incident:
    moment = BEGIN + day * DAY
    return Incident(
        "shop", f"i{day}", f"d{day}", moment, moment + dt.timedelta(hours=hours) if hours else None
    )


def measured(*releases: Deployment, incidents: tuple[Incident, ...] = ()) -> Measured:
    return Measured("shop", figures(*releases, incidents=incidents), ())


# --- Content ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "apart", "finding"), [(4, 0, False), (5, 1, False), (6, 2, True), (2, 2, True)]
)
def test_two_bands_apart_are_a_finding(stated: int, apart: int, finding: bool) -> None:
    (found,) = measured_beside(kept(figures(release(9, 30))), [make_metric(stated)])
    (metric,) = found.metrics

    assert (metric.apart, metric.is_finding, metric.measured) == (apart, finding, "one day to one week")


def test_what_too_few_stated_is_not_compared() -> None:
    (found,) = measured_beside(kept(figures(release(9, 30))), [make_metric(Suppressed(5))])

    assert found.metrics == (MeasuredMetric("lead_time", "Lead time", "", "one day to one week", 0),)


def test_what_events_cannot_tell_is_not_compared() -> None:
    (found,) = measured_beside(kept(figures(release(9))), [make_metric(6)])

    assert (found.metrics[0].measured, found.metrics[0].apart) == ("", 0)


def test_each_metric_has_its_own_band() -> None:
    keys = ["lead_time", "deployment_frequency", "time_to_restore", "change_failure_rate"]
    events = [release(day, 30) for day in range(0, 88, 8)]
    (found,) = measured_beside(
        kept(figures(*events, incidents=(outage(0, 5), outage(8, 5)))),
        [make_metric(6, key=key) for key in keys],
    )

    bands = {metric.key: 6 - metric.apart for metric in found.metrics}
    assert bands == {
        "lead_time": 4,
        "deployment_frequency": 4,
        "time_to_restore": 5,
        "change_failure_rate": 5,
    }


def test_a_metric_that_is_not_measured_is_left_out() -> None:
    (found,) = measured_beside(kept(figures(release(9))), [make_metric(6, key="happiness")])

    assert found.metrics == ()


def test_nothing_was_brought_in() -> None:
    assert measured_beside(None, [make_metric()]) == ()


def test_it_can_be_stored() -> None:
    content = make_report(measured=measured_beside(kept(figures(release(9, 30))), [make_metric(6)]))

    assert json.loads(json.dumps(content.as_json()))["measured"][0]["service"] == "shop"


def test_the_days_that_it_is_about() -> None:
    assert (measured().first_day, measured().last_day) == (START, END - DAY)


# --- Words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (0, "0 minutes"),
        (1 / 60, "1 minute"),
        (0.5, "30 minutes"),
        (3.4, "3 hours"),
        (47, "47 hours"),
        (48, "2 days"),
    ],
)
def test_durations(hours: float, said: str) -> None:
    assert duration(hours) == said


def test_words_of_a_busy_service() -> None:
    found = measured(
        *[release(day, 30) for day in range(0, 84, 7)],
        release(84, 30, unplanned=True),
        release(85, -1),
        incidents=tuple(outage(day, None if day == 84 else day + 1) for day in range(0, 85, 21)),
    )

    assert figure(found, "deployment_frequency") == (
        "14 deployments on 14 of 89 days, 1.1 a week. Most weeks had one or more. "
        "The longest pause was 7 days."
    )
    assert figure(found, "lead_time") == (
        "30 hours for the middle one of 13 commits, 85 % of them within 30 hours; 30 hours for the oldest "
        "commit of a deployment. 1 commit that is later than its deployment was left out."
    )
    assert figure(found, "time_to_restore") == (
        "43 hours for the middle one of 5 failed deployments. "
        "1 was still open at the end and counts as longer than that."
    )
    assert figure(found, "change_failure_rate") == (
        "5 of 14 deployments caused incidents, 36\u00a0% (95 % interval 16\u00a0% to 61\u00a0%)."
    )
    assert figure(found, "rework") == "1 of 14 deployments was unplanned, 7\u00a0%."
    assert quick_check(found) == [
        ("lead time", "6.0"), ("deployment frequency", "6.0"), ("recovery", "6.0"), ("failures", "6.4"),
        ("rework", "9.3"),
    ]  # fmt: skip


def test_few_failures_are_named_one_by_one() -> None:
    found = measured(release(0), release(1), incidents=(outage(0, 5), outage(1, None)))

    assert figure(found, "time_to_restore") == (
        "So few that each is named: 5 hours; more than 88 days, still open."
    )
    assert figure(found, "lead_time") == "Nobody told when the commits were made."


def test_where_most_is_open_there_is_no_middle() -> None:
    found = measured(
        *[release(day) for day in range(5)], incidents=tuple(outage(day, None) for day in range(5))
    )

    assert figure(found, "time_to_restore") == "No middle can be told: 5 of 5 were still open at the end."


def test_words_of_a_quiet_service() -> None:
    found = measured()

    assert figure(found, "deployment_frequency") == "No deployment."
    assert figure(found, "time_to_restore") == "No deployment caused an incident."
    assert figure(found, "change_failure_rate") == "Without deployments there is no rate."
    assert figure(found, "rework") == "Without deployments there is no rate."
    assert quick_check(found) == []


# --- Page and PDF -----------------------------------------------------------------------------


@pytest.fixture
def closed(kestrel: Team) -> Round:
    """A round in which all said the best, and a service that was deployed three times."""
    now = timezone.now()
    made = factories.closed_round(kestrel.organization, kestrel, [6] * 6, now=now - 9 * DAY)
    lines = [
        {"kind": "deployment", "key": str(day), "finished_at": (now - day * DAY).isoformat()}
        for day in (30, 60, 90)
    ]
    stream = io.BytesIO(json.dumps(lines).encode())
    deliveries.load_deliveries(team=kestrel, stream=stream, options=Options("shop"), by=None, now=now)
    return made


def test_the_page_shows_both(kestrel: Team, lee: User, sign_in: SignIn, closed: Round) -> None:
    text = words(sign_in(lee).get(f"/o/aviary/teams/team-kestrel/rounds/{closed.pk}/").content.decode())

    assert "Stated and measured" in text
    assert "3 deployments on 3 of" in text


def test_the_page_asks_for_nothing_more(kestrel: Team, closed: Round, django_assert_num_queries: Any) -> None:
    assessment = Assessment.objects.select_related("round__questionnaire", "round__organization", "team")
    found = assessment.get(round=closed)
    with django_assert_num_queries(3):
        content = build_content(found, "en", for_team=False)

    assert [service.service for service in content.measured] == ["shop"]


def test_without_events_the_page_says_nothing(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    made = factories.closed_round(kestrel.organization, kestrel, [6] * 6, now=timezone.now() - 9 * DAY)
    text = words(sign_in(lee).get(f"/o/aviary/teams/team-kestrel/rounds/{made.pk}/").content.decode())

    assert "Stated and measured" not in text


def test_the_pdf_shows_both() -> None:
    metrics = tuple(make_metric(6, key=key) for key in ("lead_time", "deployment_frequency"))
    beside = measured_beside(kept(figures(release(0, 30), release(70, 30))), metrics)
    document = pypdf.PdfReader(io.BytesIO(pdf.render(make_report(key_metrics=metrics, measured=beside))))
    text = " ".join(" ".join(page.extract_text() for page in document.pages).split())

    assert "Stated and measured" in text
    assert "2 bands apart" in text
