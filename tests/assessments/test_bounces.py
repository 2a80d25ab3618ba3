"""What a message about a mail that came back says, and which messages are none."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from assessments.bounces import read_bounce
from tests.bounces import make_bounce


@pytest.fixture
def mail() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "survey@example.org", "mia@example.org"
    message["Subject"], message["Message-ID"] = "Ten minutes, please", "<abc@survey.example.org>"
    message.set_content("Your link")
    return message


@pytest.mark.parametrize("head_only", [False, True])
def test_it_names_the_mail_and_says_why(mail: EmailMessage, head_only: bool) -> None:
    bounce = read_bounce(make_bounce(mail, head_only=head_only))

    assert bounce is not None
    assert bounce.message_ids == {"<abc@survey.example.org>"}
    assert bounce.words == "550 5.1.1 no such user here"


def test_a_mail_that_is_only_late_has_not_come_back(mail: EmailMessage) -> None:
    assert read_bounce(make_bounce(mail, action="delayed", said="451 try later")) is None


def test_an_answer_of_a_person_is_none(mail: EmailMessage) -> None:
    answer = EmailMessage()
    answer["In-Reply-To"] = mail["Message-ID"]
    answer.set_content("I am on holiday.")

    assert read_bounce(answer.as_bytes()) is None


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"Content-Type: multipart/report\n\nbroken"])
def test_rubbish_is_none(data: bytes) -> None:
    assert read_bounce(data) is None
