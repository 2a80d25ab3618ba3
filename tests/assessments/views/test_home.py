"""Where people arrive, what is public, and mails that were kept as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import send_mail
from django.test import Client

from assessments.instrument import Instrument
from assessments.models import Questionnaire, Team, User
from assessments.services import people
from tests import factories

SignIn = Callable[[User], Client]


def test_who_has_one_place_is_taken_there(ada: User, cleo: User, lee: User, sign_in: SignIn) -> None:
    assert sign_in(ada).get("/")["Location"] == "/o/aviary/"
    assert sign_in(cleo).get("/")["Location"] == "/o/aviary/coach/"
    assert sign_in(lee).get("/")["Location"] == "/o/aviary/teams/team-kestrel/"


def test_who_has_several_may_choose(kestrel: Team, ada: User, sign_in: SignIn) -> None:
    people.add_to_team(team=kestrel, email=ada.email, name="", by=None)
    html = sign_in(ada).get("/").content.decode()

    assert 'href="/o/aviary/"' in html
    assert 'href="/o/aviary/teams/team-kestrel/"' in html


def test_who_has_none_is_told_whom_to_ask(db: None, sign_in: SignIn) -> None:
    assert b"You are on no team yet." in sign_in(factories.make_user("Nell")).get("/").content


def test_the_questionnaire_is_public_and_whole(client: Client, accelerate: Instrument, db: None) -> None:
    factories.make_questionnaire(accelerate)
    html = client.get("/questionnaires/accelerate/2/").content.decode()

    assert all(statement.text["en"].replace("'", "&#x27;") in html for statement in accelerate.statements)


def test_a_questionnaire_that_is_not_published_is_not_shown(client: Client, db: None) -> None:
    texts = {name: {"en": "A"} for name in ("languages", "title", "introduction", "source", "scale")}
    Questionnaire.objects.create(slug="draft", version=1, digest="d", **texts)

    assert client.get("/questionnaires/draft/1/").status_code == 404


@pytest.fixture
def kept(settings: Any, tmp_path: Path) -> None:
    """Mails go to files, as without EMAIL_URL."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)


def test_administrators_read_mails_that_were_kept(kept: None, ada: User, sign_in: SignIn) -> None:
    send_mail("Grüße", "First line\n\nhttps://example.org/a/\n", None, ["lee@example.org"])
    html = sign_in(ada).get("/mails/").content.decode()

    assert "Grüße" in html
    assert "lee@example.org" in html
    assert 'href="https://example.org/a/"' in html
    assert "-----" not in html


def test_a_site_that_others_reach_shows_no_kept_mails(
    kept: None, ada: User, sign_in: SignIn, settings: Any
) -> None:
    settings.SITE_URL = "https://survey.example.org"

    assert sign_in(ada).get("/mails/").status_code == 404


def test_two_mails_in_one_file_are_two(kept: None, ada: User, sign_in: SignIn, tmp_path: Path) -> None:
    """Files are named by the second and a number that comes again."""
    send_mail("Twins", "Text", None, ["lee@example.org"])
    (path,) = tmp_path.glob("*.log")
    path.write_bytes(path.read_bytes() * 2)

    assert sign_in(ada).get("/mails/").content.decode().count("To lee@example.org") == 2


@pytest.mark.parametrize("who", ["cleo", "lee", "mia", "sam"])
def test_nobody_else_reads_mails(
    kept: None, who: str, sign_in: SignIn, request: pytest.FixtureRequest
) -> None:
    assert sign_in(request.getfixturevalue(who)).get("/mails/").status_code == 404


def test_a_server_that_sends_mails_keeps_no_page_of_them(ada: User, sign_in: SignIn) -> None:
    assert sign_in(ada).get("/mails/").status_code == 404
