"""What is noted of a request, and that nothing is of a respondent's that went well."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client import generate_latest

from accelerate_survey.operations import metrics
from accelerate_survey.operations.logs import JsonFormatter, LineFormatter
from assessments.models import Team, User
from tests import factories

CANARIES = {"REMOTE_ADDR": "203.0.113.77", "HTTP_USER_AGENT": "Canary/1.0", "HTTP_REFERER": "http://a/canary"}
GIVEN = "proxy-0123456789"


@pytest.fixture(autouse=True)
def caplog(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[dict[str, Any]]]:
    """What was noted of requests so far, as fields."""
    return lambda: [
        vars(record)["fields"] for record in caplog.records if record.name == "accelerate_survey.requests"
    ]


@pytest.fixture
def token(kestrel: Team) -> str:
    """A link of an open round."""
    return factories.tokens_of(factories.open_round(kestrel.organization, now=timezone.now()))[0]


def figures() -> bytes:
    return generate_latest(metrics._OWN)


def test_a_page_is_noted_by_its_route_and_the_number_of_the_person(
    sign_in: Callable[[User], Client], mia: User, lines: Any
) -> None:
    sign_in(mia).get("/o/aviary/teams/team-kestrel/?note=secret", **CANARIES)

    (line,) = lines()
    assert line.pop("ms") >= 0
    assert line == {"method": "GET", "route": "team", "status": 200, "user": mia.pk}


def test_an_address_that_does_not_exist_is_not_quoted(
    client: Client, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    client.get("/canary/", **CANARIES)
    told = [form.format(each) for each in caplog.records for form in (LineFormatter(), JsonFormatter())]

    assert "route=unknown status=404" in caplog.text
    assert not [line for line in told if re.search("canary|203", line, re.IGNORECASE)]


def test_an_answer_leaves_no_trace_in_log_and_figures(client: Client, token: str, lines: Any) -> None:
    """From the first look to the last save: whoever reads along cannot tell when somebody was there."""
    before = figures()
    client.get(f"/respond/{token}/", **CANARIES)
    client.get("/respond/", **CANARIES)
    client.get("/respond/1/", **CANARIES)
    client.post("/respond/1/", {"integration_1": "6", "go": "next"}, **CANARIES)
    done = client.post("/respond/review/", {"comment": "canary"}, **CANARIES)

    assert done["Location"] == "/respond/thanks/"
    assert lines() == []
    assert figures() == before


def test_what_goes_wrong_for_a_respondent_is_noted_without_saying_for_whom(
    client: Client, token: str, lines: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: Any, **kwargs: Any) -> bool:
        raise OSError("disk full")

    monkeypatch.setattr("assessments.models.Response.merge", fail)
    client.raise_request_exception = False
    client.cookies["respond"] = token

    response = client.post("/respond/1/", {"integration_1": "6"}, **CANARIES)

    (line,) = lines()
    assert (line["route"], line["status"]) == ("respond", 500)
    assert b'survey_requests_total{route="respond",status="500"}' in figures()
    told = "\n".join(LineFormatter().format(record) for record in caplog.records)
    assert "disk full" in told  # Django's own, with the place
    assert not re.search(rf"canary|203\.0|{token}|/respond/|integration", told, re.IGNORECASE)
    assert response["X-Request-ID"]


def test_someone_who_is_signed_in_answers_as_nobody(
    sign_in: Callable[[User], Client], mia: User, lines: Any
) -> None:
    sign_in(mia).get("/respond/cut-off/")

    assert "user" not in lines()[0]


def test_probes_are_noted_only_when_they_find_something_wrong(client: Client, db: None, lines: Any) -> None:
    client.get("/health/alive/")
    client.get("/health/")

    assert [(line["route"], line["status"]) for line in lines()] == [("health", 503)]


# --- Numbers ----------------------------------------------------------------------------------


def number(client: Client, path: str = "/account/login/", given: str = GIVEN) -> str:
    return client.get(path, headers={"X-Request-ID": given})["X-Request-ID"]


def test_a_proxy_of_ours_may_give_the_number(client: Client, db: None, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    assert number(client) == GIVEN


def test_without_a_proxy_nobody_gives_numbers(client: Client, db: None) -> None:
    assert re.fullmatch("[0-9a-f]{16}", number(client))
    assert number(client) != number(client)


@pytest.mark.parametrize("given", ["", "short", "a" * 65, "with a space in it", "1234567\n8", "é" * 10])
def test_what_is_no_number_is_not_taken(client: Client, db: None, settings: Any, given: str) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    response = client.get("/account/login/", HTTP_X_REQUEST_ID=given)

    assert re.fullmatch("[0-9a-f]{16}", response["X-Request-ID"])


def test_a_respondents_request_cannot_be_found_in_the_proxys_log(
    client: Client, db: None, settings: Any
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    assert number(client, "/respond/") != GIVEN


def test_lines_within_a_request_have_its_number(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    form = LineFormatter("{request_id}", style="{")
    monkeypatch.setattr(
        logging.getLogger("accelerate_survey.requests"), "handle", lambda r: told.append(form.format(r))
    )

    answer = number(client)

    assert told == [f" [{answer}]"]
