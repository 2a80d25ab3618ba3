"""``manage.py read_bounces``: from a message in the mailbox to the administrators' page."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from assessments.models import Invitation, Mail, MailState, Team
from assessments.services import mails, reminders
from tests import factories
from tests.bounces import USER_UNKNOWN, make_bounce
from tests.factories import DAY, NOW


@pytest.fixture
def sent(kestrel: Team, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch) -> Mail:
    """An invitation that the mail server took."""
    opened = factories.open_round(kestrel.organization)
    mails.queue_invitations(round=opened, now=NOW)
    mail = Mail.objects.earliest("pk")
    mails.deliver(mail_id=mail.pk, now=NOW)
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + DAY)
    return Mail.objects.get(pk=mail.pk)


def read(*paths: Path) -> str:
    """What the command says."""
    said = io.StringIO()
    call_command("read_bounces", *map(str, paths), stdout=said)
    return said.getvalue().strip()


def test_a_mail_that_came_back_is_shown_as_not_delivered(
    sent: Mail, mailoutbox: list[Any], tmp_path: Path
) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "1").write_bytes(make_bounce(mailoutbox[0].message()))
    (folder / "2").write_text("Subject: Hello\n\nNo bounce.", encoding="utf-8")

    assert read(tmp_path) == "Messages: 2; mails that did not arrive: 1."
    sent.refresh_from_db()
    assert (sent.state, sent.error) == (MailState.FAILED, USER_UNKNOWN)
    assert read(tmp_path) == "Messages: 2; mails that did not arrive: 0."


def test_one_message_comes_by_pipe(
    sent: Mail, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = make_bounce(mailoutbox[0].message(), head_only=True)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    assert read() == "Messages: 1; mails that did not arrive: 1."


def test_who_does_not_know_the_id_can_make_no_mail_come_back(
    sent: Mail, mailoutbox: list[Any], tmp_path: Path
) -> None:
    message = mailoutbox[0].message()
    message.replace_header("Message-ID", "<0123456789abcdef0123456789abcdef@127.0.0.1>")
    (tmp_path / "forged").write_bytes(make_bounce(message))

    assert read(tmp_path) == "Messages: 1; mails that did not arrive: 0."
    sent.refresh_from_db()
    assert sent.state == MailState.SENT


def test_what_a_server_quotes_gives_no_link_away(
    sent: Mail, mailoutbox: list[Any], tmp_path: Path, settings: Any
) -> None:
    token = factories.token_of(Invitation.objects.get(email=sent.email))
    said = f"554 spam {settings.SITE_URL}/respond/{token}/"
    (tmp_path / "quoting").write_bytes(make_bounce(mailoutbox[0].message(), said=said))
    read(tmp_path)

    sent.refresh_from_db()
    assert sent.error == "554 spam ***"


def test_a_reminder_that_came_back_tells_nobody_who_had_not_answered(
    sent: Mail, mailoutbox: list[Any], tmp_path: Path
) -> None:
    mailoutbox.clear()
    reminders.due_reminder(round=sent.round, now=sent.round.closes_at - DAY)
    reminders.send_reminders(round=sent.round)
    assert mailoutbox
    (tmp_path / "reminder").write_bytes(make_bounce(mailoutbox[0].message()))

    assert read(tmp_path) == "Messages: 1; mails that did not arrive: 0."
    assert not Mail.objects.filter(state=MailState.FAILED).exists()


def test_a_path_that_is_not_there_is_told(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="does not exist"):
        read(tmp_path / "nowhere")
