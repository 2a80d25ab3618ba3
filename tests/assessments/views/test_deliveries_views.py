"""Deliveries: the team's page, its tokens, and what pipelines are answered."""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from assessments import delivery_files, limits
from assessments.logs import MaskingFormatter
from assessments.models import DeliveryToken, Deployment, Incident, Team, User
from assessments.services import deliveries
from assessments.services.people import archive_team
from tests import factories
from tests.factories import NOW

SignIn = Callable[[User], Client]

PAGE = "/o/aviary/teams/team-kestrel/deliveries/"
API = "/api/deliveries/"
TABLE = (
    "kind,key,service,finished_at,deployment,started_at\n"
    "deployment,run-1,shop,2026-05-04T09:30:00Z,,\n"
    "deployment,run-2,,2026-05-06T09:30:00Z,,\n"
    "incident,INC-7,shop,,run-0,2026-05-05T09:30:00Z\n"
)
EVENT = {"kind": "deployment", "key": "run-1", "finished_at": "2026-05-04T09:30:00Z"}


def upload(client: Client, text: str, **fields: Any) -> HttpResponse:
    file = SimpleUploadedFile("deliveries.csv", text.encode())
    return client.post(PAGE, {"file": file, "environment": "production"} | fields, follow=True)


def words_of(response: HttpResponse) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


# --- The page ---------------------------------------------------------------------------------


def test_a_file_is_taken_over_and_told(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    words = words_of(upload(sign_in(lee), TABLE, service="lager"))

    assert "Taken over: 2 deployments and 1 incident. " in words
    assert "The first is of 4 May 2026, the last of 6 May 2026. Services: lager, shop." in words
    assert "1 incident of the team names a deployment that is not known." in words
    assert sorted(Deployment.objects.values_list("service", "key")) == [("lager", "run-2"), ("shop", "run-1")]


def test_a_file_is_only_looked_at(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    words = words_of(upload(sign_in(lee), TABLE, only_check="on"))

    assert "Nothing was taken over. In the file: 2 deployments" in words
    assert "Nothing has been brought in yet." in words
    assert not Deployment.objects.exists()


def test_mistakes_are_named(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    response = upload(sign_in(lee), TABLE.replace("2026-05-06T09:30:00Z", "<b>tomorrow</b>"))

    assert response.status_code == 422
    assert "Line 3, finished_at: “<b>tomorrow</b>” is no time." in words_of(response).replace("&lt;", "<")
    assert b"<b>tomorrow" not in response.content
    assert not Deployment.objects.exists()


def test_a_mistake_that_no_page_can_show_is_named(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    """Half a pair of Unicode, which JSON can write and UTF-8 cannot."""
    response = upload(sign_in(lee), json.dumps(EVENT | {"commits": ["\ud800"]}))

    assert response.status_code == 422
    assert "Line 1, commits: “\ufffd” is no time." in words_of(response)


def test_too_large_a_file_is_refused(
    kestrel: Team, lee: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assessments.forms.MAXIMUM_BYTES", 100)

    assert "This is larger than 5 MB." in words_of(upload(sign_in(lee), TABLE))


def test_an_export_of_another_environment_is_told(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    header = "cicd_deployment_id,result,environment,finished_date\n"
    text = f"{header}1,SUCCESS,LIVE,2026-05-04 09:30:00\n2,SUCCESS,STAGING,2026-05-04 09:30:00\n"
    words = words_of(upload(sign_in(lee), text, environment="live"))

    assert "1 deployment and 0 incidents." in words
    assert "1 entry was left out: another environment, or not ended." in words


def test_the_page_tells_what_is_known(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    client = sign_in(lee)
    upload(client, TABLE)
    words = words_of(client.get(PAGE))

    assert "without a name 1 0 6 May 2026 6 May 2026" in words
    assert "shop 1 1 4 May 2026 4 May 2026" in words


def test_the_page_asks_as_often_for_one_service_as_for_many(
    kestrel: Team, lee: User, sign_in: SignIn, django_assert_num_queries: Any
) -> None:
    client = sign_in(lee)
    upload(client, TABLE)
    for number in range(5):
        upload(client, TABLE.replace("shop", f"shop {number}"))

    with django_assert_num_queries(7):
        client.get(PAGE)


def test_a_service_is_removed(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    client = sign_in(lee)
    upload(client, TABLE)
    client.post(f"{PAGE}delete/", {"service": "shop"})

    assert list(Deployment.objects.values_list("key", flat=True)) == ["run-2"]
    assert not Incident.objects.exists()


def test_another_teams_events_are_not_removed(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    other = factories.make_team(kestrel.organization, "Team Robin")
    Deployment.objects.create(team=other, key="1", finished_at=NOW)
    sign_in(lee).post(f"{PAGE}delete/", {"service": ""})

    assert Deployment.objects.filter(team=other).exists()


# --- Tokens -----------------------------------------------------------------------------------


def test_a_token_is_shown_once(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    client = sign_in(lee)
    response = client.post(f"{PAGE}tokens/new/", {"name": "CI"})
    found = re.search(r"delivery-[\w-]{43}", response.content.decode())

    assert found
    assert "no-store" in response["Cache-Control"]
    assert send(Client(), found[0]).status_code == 200
    page = client.get(PAGE).content.decode()
    assert "CI" in page
    assert found[0] not in page


def test_a_name_twice_is_refused(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    client = sign_in(lee)
    client.post(f"{PAGE}tokens/new/", {"name": "CI"})
    response = client.post(f"{PAGE}tokens/new/", {"name": "CI"})

    assert response.status_code == 422
    assert "There is a token with this name already." in words_of(response)


def test_a_withdrawn_token_opens_nothing(kestrel: Team, lee: User, sign_in: SignIn, token: str) -> None:
    sign_in(lee).post(f"{PAGE}tokens/{DeliveryToken.objects.get().pk}/withdraw/")

    assert send(Client(), token).status_code == 401


def test_another_teams_token_is_not_withdrawn(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    other = factories.make_team(kestrel.organization, "Team Robin")
    theirs, _text = deliveries.make_token(team=other, name="CI", by=None, now=NOW)

    assert sign_in(lee).post(f"{PAGE}tokens/{theirs.pk}/withdraw/").status_code == 404
    assert DeliveryToken.objects.exists()


# --- Pipelines --------------------------------------------------------------------------------


@pytest.fixture
def token(kestrel: Team) -> str:
    """With which a pipeline sends Kestrel's events."""
    return deliveries.make_token(team=kestrel, name="CI", by=None, now=NOW)[1]


def send(
    client: Client,
    token: str,
    body: str | bytes | None = None,
    content_type: str = "application/json",
    query: str = "",
    scheme: str = "Bearer",
) -> HttpResponse:
    return client.post(
        API + query,
        json.dumps(EVENT) if body is None else body,
        content_type=content_type,
        headers={"authorization": f"{scheme} {token}"},
    )


def test_an_event_is_taken_over(client: Client, kestrel: Team, token: str) -> None:
    response = send(client, token)

    assert response.status_code == 200
    assert response.json() == {
        "deployments": 1, "incidents": 0, "left_out": 0, "unmatched": 0, "services": [""],
        "first": "2026-05-04T09:30:00Z", "last": "2026-05-04T09:30:00Z",
    }  # fmt: skip
    assert Deployment.objects.get().team == kestrel


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (TABLE, "text/csv"),
        (TABLE, "text/csv; charset=utf-8"),
        (json.dumps([EVENT]), "application/json"),
        (f"{json.dumps(EVENT)}\n{json.dumps(EVENT)}\n", "application/x-ndjson"),
        (json.dumps(EVENT), "application/jsonl"),
    ],
)
def test_forms_of_events(client: Client, token: str, body: str, content_type: str) -> None:
    assert send(client, token, body, content_type).status_code == 200
    assert Deployment.objects.filter(key="run-1").exists()


def test_what_the_address_says(client: Client, token: str) -> None:
    body = "cicd_deployment_id,result,environment,finished_date\n1,SUCCESS,LIVE,2026-05-04 09:30:00\n"

    assert send(client, token, body, "text/csv", "?service=shop&environment=live").json()["services"] == [
        "shop"
    ]
    assert send(client, token, body, "text/csv", "?service=shop").json()["left_out"] == 1


@pytest.mark.parametrize("made_up", ["", "delivery-" + "A" * 43, "é", "x" * 10_000])
def test_a_made_up_token_is_refused(client: Client, token: str, made_up: str) -> None:
    response = client.post(
        API, json.dumps(EVENT), content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {made_up}"
    )

    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert not Deployment.objects.exists()


@pytest.mark.parametrize("scheme", ["Basic", "", "Token"])
def test_another_way_to_prove_it_is_refused(client: Client, token: str, scheme: str) -> None:
    assert send(client, token, scheme=scheme).status_code == 401


def test_an_archived_teams_token_is_refused(client: Client, kestrel: Team, token: str) -> None:
    archive_team(team=kestrel, by=None, now=NOW)

    assert send(client, token).status_code == 401
    assert not Deployment.objects.exists()


def test_a_signed_in_person_without_a_token_is_refused(kestrel: Team, ada: User, sign_in: SignIn) -> None:
    assert sign_in(ada).post(API, json.dumps(EVENT), content_type="application/json").status_code == 401


def test_no_session_is_opened(client: Client, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: object) -> None:
        raise AssertionError("a session was opened")

    monkeypatch.setattr(SessionBase, "_session", property(fail))
    strict = Client(enforce_csrf_checks=True)
    response = send(strict, token)

    assert response.status_code == 200
    assert not response.cookies


@pytest.mark.parametrize("service", ["%00", "%E2%80%AEkcart", "x" * 101])
def test_a_service_that_cannot_be_kept_is_refused(client: Client, token: str, service: str) -> None:
    response = send(client, token, query=f"?service={service}")

    assert response.status_code == 422
    assert response.json()["mistakes"][0]["message"].startswith("service: ")
    assert not Deployment.objects.exists()


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", "application/xml"])
def test_another_type_is_refused(client: Client, token: str, content_type: str) -> None:
    assert send(client, token, content_type=content_type).status_code == 415


def test_too_much_is_refused(client: Client, token: str) -> None:
    response = send(client, token, b" " * (delivery_files.MAXIMUM_BYTES + 1))

    assert response.status_code == 413
    assert "larger than 5 MB" in response.json()["mistakes"][0]["message"]


def test_mistakes_come_back_as_a_list(client: Client, token: str) -> None:
    response = send(client, token, json.dumps([EVENT, EVENT | {"finished_at": "soon"}], indent=0))

    assert response.status_code == 422
    (mistake,) = response.json()["mistakes"]
    assert (mistake["column"], response.json()["more"]) == ("finished_at", 0)
    assert mistake["message"].startswith(f"Line {mistake['line']}, finished_at: “soon” is no time.")
    assert not Deployment.objects.exists()


def test_nothing_is_a_mistake_too(client: Client, token: str) -> None:
    assert send(client, token, " ").status_code == 422


def test_too_many_services_are_refused(client: Client, token: str) -> None:
    body = json.dumps([EVENT | {"service": str(number)} for number in range(51)])
    response = send(client, token, body)

    assert response.status_code == 422
    assert "more than 50 services" in response.json()["mistakes"][0]["message"]


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_there_is_nothing_to_read(client: Client, token: str, method: str) -> None:
    response = getattr(client, method)(API, headers={"authorization": f"Bearer {token}"})

    assert response.status_code == 405


def test_who_guesses_is_told_to_wait(client: Client, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MISSES_A_MINUTE", 3)

    assert [send(client, "guess").status_code for _guess in range(5)] == [401, 401, 401, 429, 429]


def test_no_token_is_in_the_log(client: Client, token: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.setFormatter(MaskingFormatter())
    with caplog.at_level(logging.DEBUG):
        send(client, token)
        send(client, token, "nonsense")
        logging.getLogger("assessments").warning("Refused: %s", token)

    assert "Refused: ***" in caplog.text
    assert token not in caplog.text
