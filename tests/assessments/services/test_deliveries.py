"""Deliveries: taken over whole or not at all, measured, frozen; tokens for pipelines."""

from __future__ import annotations

import datetime as dt
import json
from io import BytesIO
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError

from assessments.delivery_files import Options, Problem
from assessments.models import (
    Assessment,
    DeliveryToken,
    Deployment,
    Incident,
    Organization,
    Round,
    Team,
    User,
)
from assessments.services import deliveries
from assessments.services.deliveries import WORDS, FileRefused, Summary
from assessments.services.errors import ServiceError
from assessments.signals import round_closed
from tests import factories
from tests.factories import DAY, NOW

pytestmark = pytest.mark.django_db


def deployment(key: str, finished: dt.datetime = NOW - 10 * DAY, **fields: Any) -> dict[str, Any]:
    return {"kind": "deployment", "key": key, "finished_at": finished.isoformat()} | fields


def incident(
    key: str, cause: str = "", started: dt.datetime = NOW - 9 * DAY, **fields: Any
) -> dict[str, Any]:
    return {"kind": "incident", "key": key, "deployment": cause, "started_at": started.isoformat()} | fields


def file_of(*events: dict[str, Any]) -> BytesIO:
    return BytesIO("\n".join(json.dumps(event) for event in events).encode())


def load(team: Team, *events: dict[str, Any], by: User | None = None, now: dt.datetime = NOW) -> Summary:
    return deliveries.load_deliveries(team=team, stream=file_of(*events), options=Options(), by=by, now=now)


def rows() -> list[Any]:
    return [list(model._default_manager.order_by("pk").values()) for model in (Deployment, Incident)]


def measured(of: Round, team: Team) -> Any:
    return Assessment.objects.get(round=of, team=team).measured


# --- Events -----------------------------------------------------------------------------------


def test_events_are_taken_over(kestrel: Team) -> None:
    made = int((NOW - 11 * DAY).timestamp())
    summary = load(
        kestrel, deployment("1", service="shop", commits=[made]), incident("7", "1", service="shop")
    )

    assert summary == Summary(1, 1, 0, NOW - 10 * DAY, NOW - 9 * DAY, {"shop"}, 0)
    found = Deployment.objects.get()
    assert (found.team, found.service, found.key, found.commits) == (kestrel, "shop", "1", [made])
    assert (found.finished_at, found.succeeded, found.unplanned) == (NOW - 10 * DAY, True, False)
    assert Incident.objects.get().deployment_key == "1"


def test_the_same_file_twice_changes_nothing(kestrel: Team) -> None:
    events = [deployment("1"), deployment("1", service="other"), incident("1", "1")]
    load(kestrel, *events)
    before = rows()
    load(kestrel, *events)

    assert rows() == before
    assert (Deployment.objects.count(), Incident.objects.count()) == (2, 1)


def test_an_event_that_is_sent_again_is_changed(kestrel: Team) -> None:
    load(kestrel, deployment("1"), incident("7", "1"))
    load(kestrel, deployment("1", succeeded=False), incident("7", "1", resolved_at=NOW.isoformat()))

    assert Deployment.objects.get().succeeded is False
    assert Incident.objects.get().resolved_at == NOW


def test_the_last_of_a_key_counts(kestrel: Team) -> None:
    load(kestrel, deployment("1"), deployment("1", unplanned=True))

    assert Deployment.objects.get().unplanned is True


def test_another_teams_events_are_its_own(kestrel: Team, aviary: Organization) -> None:
    other = factories.make_team(aviary, "Team Robin")
    load(kestrel, deployment("1"))
    load(other, deployment("1", unplanned=True))

    assert Deployment.objects.get(team=kestrel).unplanned is False


def test_after_a_mistake_nothing_is_taken_over(kestrel: Team) -> None:
    good = [deployment(str(number)) for number in range(2 * deliveries.BATCH)]
    with pytest.raises(FileRefused) as refused:
        load(kestrel, *good, deployment("", finished_at="soon"))

    assert rows() == [[], []]
    assert refused.value.texts == [
        "Line 2001, finished_at: “soon” is no time. "
        "Write it like 2026-05-04T09:30:00Z, or as seconds since 1970.",
        "Line 2001, key: This is empty. Fill it in.",
    ]


def test_a_write_that_fails_half_way_leaves_nothing(kestrel: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(aside: Any) -> Any:
        yield next(set_aside_rows(aside))
        raise OSError("no space left")

    set_aside_rows = deliveries._set_aside_rows
    monkeypatch.setattr(deliveries, "_set_aside_rows", fail)
    with pytest.raises(OSError, match="no space"):
        load(kestrel, *[deployment(str(number)) for number in range(2 * deliveries.BATCH)])

    assert rows() == [[], []]


@pytest.mark.parametrize("number", [10, 3000])
def test_while_events_are_written_nothing_is_read(
    kestrel: Team, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """SQLite lets nobody answer a questionnaire meanwhile, so that has to be short."""
    monkeypatch.setattr(deliveries, "MAXIMUM_BYTES", 10_000)  # the longer file does not stay in memory
    stream = file_of(*[deployment(str(key)) for key in range(number)])

    def wait(team_id: int) -> None:
        stream.close()

    monkeypatch.setattr(deliveries, "_wait_for_others", wait)
    deliveries.load_deliveries(team=kestrel, stream=stream, options=Options(), by=None, now=NOW)

    assert stream.closed
    assert Deployment.objects.count() == number


def test_how_many_more_mistakes_there_are(kestrel: Team) -> None:
    with pytest.raises(FileRefused) as refused:
        load(kestrel, *[{"kind": "?"}] * 60)

    assert refused.value.texts[-1] == "And 10 more mistakes."
    assert len(refused.value.texts) == 51


def test_every_mistake_has_its_words() -> None:
    assert set(WORDS) == set(Problem)
    assert all(str(text).endswith(".") for text in WORDS.values())


def test_looking_takes_nothing_over() -> None:
    summary = deliveries.check_deliveries(
        stream=file_of(deployment("1"), incident("2")), options=Options("shop")
    )

    assert (summary.deployments, summary.incidents, summary.services) == (1, 1, {"shop"})
    assert rows() == [[], []]


def test_incidents_without_their_deployment_are_told(kestrel: Team) -> None:
    events = [deployment("1"), incident("a", "1"), incident("b", "2"), incident("c", "1", service="other")]

    assert load(kestrel, *events, incident("d")).unmatched == 2


def test_what_was_taken_for_a_service_is_refused(kestrel: Team) -> None:
    many = [deployment("1", service=f"service {number}") for number in range(deliveries.MOST_SERVICES)]
    load(kestrel, *many)

    with pytest.raises(ServiceError, match="more than 50 services"):
        load(kestrel, deployment("1", service="one more"))
    with pytest.raises(ServiceError, match="more than 50 services"):
        load(kestrel, *many, deployment("1", service="one more"))
    assert Deployment.objects.count() == deliveries.MOST_SERVICES


def test_who_brought_them_in_is_in_the_log(kestrel: Team, ada: User) -> None:
    load(kestrel, deployment("1"))
    load(kestrel, deployment("2"), by=ada)
    deliveries.remove_service(team=kestrel, service="", by=ada, now=NOW)
    deliveries.remove_service(team=kestrel, service="", by=ada, now=NOW)

    told = [(entry.actor, entry.additional_data["what"]) for entry in LogEntry.objects.order_by("pk")]
    assert told == [(ada, "deliveries_loaded"), (ada, "deliveries_removed")]


# --- Figures ----------------------------------------------------------------------------------


def close(organization: Organization, name: str = "2026 Q2", *, now: dt.datetime = NOW) -> Round:
    """A round that was opened and closed, as the page does it."""
    made = factories.open_round(organization, name, now=now)
    factories.rounds.close_round(round=made, by=None, now=now + DAY)
    round_closed.send(sender=Round, round=made)
    return made


@pytest.fixture
def no_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing is tested elsewhere."""
    monkeypatch.setattr("reports.pdf.render", lambda content: b"%PDF-1.7 of a test")


def test_a_close_freezes_the_three_months_before(kestrel: Team, no_pdf: None) -> None:
    load(
        kestrel,
        deployment("old", NOW - 100 * DAY),
        deployment("1"),
        deployment("late", NOW),
        incident("7", "1"),
    )
    found = measured(close(kestrel.organization), kestrel)

    assert found["version"] == "1"
    (service,) = found["services"]
    assert (service["service"], service["start"], service["end"]) == ("", "2026-02-04", "2026-05-04")
    assert service["frequency"]["deployments"] == 1
    assert service["recovery"]["open"] == 1


def test_without_deployments_nothing_is_measured(kestrel: Team, no_pdf: None) -> None:
    load(kestrel, incident("7"), deployment("failed", succeeded=False), deployment("late", NOW))

    assert measured(close(kestrel.organization), kestrel) is None


def test_each_service_is_measured_by_itself(kestrel: Team, no_pdf: None) -> None:
    load(
        kestrel,
        *[deployment("1", service="shop"), deployment("2", service="shop"), deployment("1", service="lager")],
        incident("7", "1", service="shop"),
        deployment("0", NOW - 200 * DAY, service="asleep"),
    )
    services = measured(close(kestrel.organization), kestrel)["services"]

    counts = {service["service"]: service["frequency"]["deployments"] for service in services}
    assert counts == {"asleep": 0, "lager": 1, "shop": 2}
    assert [service["recovery"] is not None for service in services] == [False, False, True]


def test_days_are_those_of_the_organization(kestrel: Team, aviary: Organization, no_pdf: None) -> None:
    """Nine in the evening of 3 May in UTC is 4 May in Tokyo, the day of the opening."""
    load(kestrel, deployment("1", NOW - dt.timedelta(hours=12)))
    Organization.objects.update(time_zone="Asia/Tokyo")
    aviary.refresh_from_db()

    assert measured(close(aviary), kestrel) is None


def test_what_comes_later_is_measured_for_closed_rounds(kestrel: Team, no_pdf: None) -> None:
    last_year = close(kestrel.organization, "2025", now=NOW - 420 * DAY)
    recent = close(kestrel.organization)
    load(kestrel, deployment("1"), deployment("0", NOW - 430 * DAY), now=NOW + 5 * DAY)

    assert measured(recent, kestrel)["services"][0]["frequency"]["deployments"] == 1
    assert measured(last_year, kestrel) is None


def test_an_open_round_is_not_measured(kestrel: Team) -> None:
    running = factories.open_round(kestrel.organization)
    load(kestrel, deployment("1"))

    assert measured(running, kestrel) is None


def test_what_another_version_measured_stays(kestrel: Team, no_pdf: None) -> None:
    made = close(kestrel.organization)
    Assessment.objects.update(measured={"version": "0", "services": []})
    load(kestrel, deployment("1"))

    assert measured(made, kestrel) == {"version": "0", "services": []}


def test_a_removed_service_is_measured_no_more(kestrel: Team, no_pdf: None) -> None:
    made = close(kestrel.organization)
    load(
        kestrel,
        deployment("1", service="shop"),
        deployment("1", service="typo"),
        incident("7", service="typo"),
    )
    deliveries.remove_service(team=kestrel, service="typo", by=None, now=NOW + 2 * DAY)

    assert [service["service"] for service in measured(made, kestrel)["services"]] == ["shop"]
    assert not Incident.objects.exists()


# --- Tokens -----------------------------------------------------------------------------------


def test_of_a_token_only_the_digest_is_kept(kestrel: Team, lee: User) -> None:
    token, text = deliveries.make_token(team=kestrel, name="CI", by=lee, now=NOW)

    assert len(text) == len("delivery-") + 43
    assert text not in str(list(DeliveryToken.objects.values())) + str(list(LogEntry.objects.values()))
    assert token.digest not in str(list(LogEntry.objects.values()))


def test_two_tokens_of_one_name_are_refused(kestrel: Team) -> None:
    deliveries.make_token(team=kestrel, name="CI", by=None, now=NOW)
    with pytest.raises(ValidationError, match="There is a token with this name already"):
        deliveries.make_token(team=kestrel, name="CI", by=None, now=NOW)


def test_tokens_are_in_the_log(kestrel: Team, lee: User) -> None:
    token, _text = deliveries.make_token(team=kestrel, name="CI", by=lee, now=NOW)
    deliveries.withdraw_token(token=token, by=lee)

    told = [(entry.additional_data["what"], entry.object_repr) for entry in LogEntry.objects.order_by("pk")]
    assert told == [("deliverytoken_made", "CI"), ("deliverytoken_removed", "CI")]
    assert not DeliveryToken.objects.exists()
