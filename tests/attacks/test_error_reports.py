"""Attack 5, one part: what a crash tells. Error reports and logs carry no link, no answer, no address."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from django.utils.log import AdminEmailHandler

from assessments.logs import MaskingFormatter
from assessments.models import Team
from tests import factories

COMMENT = "a remark that nobody but the team may read"


@pytest.fixture
def token(kestrel: Team) -> str:
    """A link of an open round."""
    return factories.tokens_of(factories.open_round(kestrel.organization, now=timezone.now()))[0]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that fails in the middle of a save."""

    def fail(*args: Any, **kwargs: Any) -> bool:
        raise OSError("disk full")

    monkeypatch.setattr("assessments.models.Response.merge", fail)


@pytest.mark.parametrize(
    ("address", "sent"),
    [("/respond/1/", {"integration_1": "6"}), ("/respond/review/", {"comment": COMMENT})],
)
def test_a_report_of_a_crash_has_neither_link_nor_answers(
    address: str,
    sent: dict[str, str],
    client: Client,
    token: str,
    broken: None,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The longest report that Django can write, with every variable of every frame."""
    settings.ADMINS = [("Operator", "operator@example.org")]
    reporter = AdminEmailHandler(include_html=True)
    client.raise_request_exception = False
    client.cookies["respond"] = token
    logger = logging.getLogger("django.request")
    logger.addHandler(reporter)
    try:
        response = client.post(address, sent)
    finally:
        logger.removeHandler(reporter)
    assert response.status_code == 500
    assert len(mail.outbox) == 1
    told = str(mail.outbox[0].message())
    lines = [MaskingFormatter().format(record) for record in caplog.records]

    assert "disk full" in told
    for text in (told, response.content.decode(), "\n".join(lines)):
        assert token not in text
        assert COMMENT not in text
        assert "integration_1" not in text
