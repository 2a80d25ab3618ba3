"""The description is kept: by the answers, whatever is asked, by the documentation, and over time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import Client
from hypothesis import HealthCheck, settings

from assessments import limits
from assessments.models import Round, User
from reports.api import door

from .conftest import token_of

ROOT = Path(__file__).parents[3]

described = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
# Each question is given a good token; the check that none is answered without one asks by itself.
described.config.generation.update(with_security_parameters=False)


# --- By the answers -------------------------------------------------------------------------------


@pytest.fixture
def real(stage: Round, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What parts of addresses stand for something; and so many questions are not too many."""
    monkeypatch.setattr(limits, "MISSES_A_MINUTE", 10**9)
    monkeypatch.setattr(door, "REQUESTS_A_MINUTE", 10**9)
    return {"org": "aviary", "team": "team-kestrel", "round_id": stage.pk, "slug": "test", "version": 1}


def could_be(made_up: object, real: object) -> bool:
    """Whether a made-up part of an address is like a real one: what is wrong has to stay so."""
    if isinstance(real, int):
        return bool(re.fullmatch(r"[1-9]\d{0,17}", str(made_up)))
    return bool(re.fullmatch(r"[-a-zA-Z0-9_]{1,50}", str(made_up)))


@pytest.fixture
def headers(cleo: User) -> dict[str, str]:
    """A token of a coach; the client that asks unpacks nothing."""
    return {"Authorization": f"Bearer {token_of(cleo)}", "Accept-Encoding": "identity"}


@described.parametrize()
@settings(
    max_examples=10,  # beside some 45 that it works out for each address
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # looking changes nothing
)
def test_whatever_is_asked_the_answer_is_one_that_is_described(
    case: schemathesis.Case, real: dict[str, Any], headers: dict[str, str]
) -> None:
    """All that schemathesis checks: statuses, schemas, wrong questions refused, no way past a token."""
    for name, part in case.path_parameters.items():
        if could_be(part, real[name]):  # else nearly everything would be a 404
            case.path_parameters[name] = real[name]

    case.call_and_validate(headers=headers)


def test_the_description_is_for_everybody(client: Client) -> None:
    response = client.get("/api/v1/openapi.json")

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.json()["openapi"] == "3.1.0"
    assert "no-store" in response["Cache-Control"]


def schema() -> dict[str, Any]:
    return door.api.get_openapi_schema()


def test_every_operation_needs_a_token_and_tells_its_refusals() -> None:
    for methods in schema()["paths"].values():
        assert set(methods) == {"get"}
        operation = methods["get"]
        assert operation["security"] == [{"Token": []}]
        assert set(operation["responses"]) == {200, 401, 403, 404, 422, 429}
        assert operation["description"]


# --- By the documentation -------------------------------------------------------------------------


@pytest.mark.parametrize("path", schema()["paths"])
def test_every_address_is_in_the_documentation(path: str) -> None:
    assert f"`{path}`" in (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def test_the_documentation_tells_the_limits() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")

    assert f"{door.REQUESTS_A_MINUTE} requests a minute" in text


# --- Over time ------------------------------------------------------------------------------------

PROMISED = Path(__file__).parent / "promised.txt"


def lines(schemas: dict[str, Any]) -> Iterator[str]:
    """Each field of each answer, and what it holds."""
    for name, answer in schemas.items():
        for field, holds in answer["properties"].items():
            yield f"{name}.{field}: {', '.join(sorted(types(holds)))}"


def types(holds: dict[str, Any]) -> Iterator[str]:
    """What a field may hold: types, other answers, single words."""
    for one in holds.get("anyOf", []) + holds.get("oneOf", []):
        yield from types(one)
    if "items" in holds:
        yield f"list of {' or '.join(sorted(types(holds['items'])))}"
    elif "const" in holds or "enum" in holds:
        yield from (repr(word) for word in holds.get("enum", [holds.get("const")]))
    elif "$ref" in holds:
        yield holds["$ref"].split("/")[-1]
    elif "type" in holds:
        yield holds.get("format", holds["type"])


def test_what_was_promised_is_still_there() -> None:
    """A new field is a new line in promised.txt; a line that changes or goes needs /api/v2/."""
    promised = PROMISED.read_text(encoding="utf-8").splitlines()

    assert sorted(lines(schema()["components"]["schemas"])) == promised
