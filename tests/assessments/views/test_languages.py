"""In which language pages are: chosen at their foot, else the browser's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from assessments import questionnaire_file, tokens
from assessments.models import Organization, Response, Team, User
from tests import factories
from tests.instruments import make_instrument

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]


def language_of(answer: HttpResponse) -> str:
    """What the page itself says."""
    return answer.content.decode().partition('<html lang="')[2].partition('"')[0]


def choose(client: Client, language: str, page: str = "/privacy/", to: str = "/language/") -> HttpResponse:
    return client.post(to, {"language": language}, headers={"referer": page and f"http://testserver{page}"})


def test_what_is_chosen_counts_more_than_the_browser(client: Client) -> None:
    german = {"accept-language": "de-AT,de;q=0.9"}
    assert language_of(client.get("/privacy/")) == "en"
    assert language_of(client.get("/privacy/", headers=german)) == "de"

    choose(client, "en")

    assert language_of(client.get("/privacy/", headers=german)) == "en"


def test_the_page_names_each_language_in_its_own_words(client: Client) -> None:
    html = client.get("/privacy/").content.decode()

    assert '<span aria-current="true">English</span>' in html
    assert '<button class="button-quiet" name="language" value="de">Deutsch</button>' in html


def test_choosing_leads_back_and_sets_one_cookie(client: Client) -> None:
    answer = choose(client, "de", "/help/results/?a=1")

    assert (answer.status_code, answer["Location"]) == (302, "http://testserver/help/results/?a=1")
    assert list(answer.cookies) == ["language"]
    assert answer.cookies["language"]["httponly"]


@pytest.mark.parametrize("language", ["", "fr", "de\n", "x" * 5000])
def test_a_language_that_there_is_not_changes_nothing(client: Client, language: str) -> None:
    answer = choose(client, language)

    assert (answer.status_code, list(answer.cookies)) == (302, [])
    assert language_of(client.get("/privacy/")) == "en"


@pytest.mark.parametrize("page", ["", "https://example.com/", "//example.com/", "javascript:alert(1)"])
@pytest.mark.parametrize(("to", "start"), [("/language/", "/"), ("/respond/language/", "/respond/")])
def test_nobody_is_led_to_another_site(client: Client, page: str, to: str, start: str) -> None:
    answer = client.post(to, {"language": "de"}, headers={"referer": page})

    assert answer["Location"] == start
    assert answer.cookies["language"].value == "de"


def test_a_page_that_was_sent_offers_none(ada: User, aviary: Organization, sign_in: SignIn) -> None:
    """It could not be got again."""
    refused = sign_in(ada).post("/o/aviary/teams/new/", {"name": ""})

    assert refused.status_code == 422
    assert b'class="languages"' not in refused.content


# --- Respondents ------------------------------------------------------------------------------


def speaking(*languages: str) -> Any:
    """A questionnaire in these languages."""

    def texts(value: Any) -> Any:
        if isinstance(value, dict):
            if "en" in value:
                words = value["en"].removeprefix("short_name of ")
                return {code: f"{words} {code}" for code in languages}
            return {key: texts(each) for key, each in value.items()}
        return [texts(each) for each in value] if isinstance(value, list) else value

    data = texts(questionnaire_file.as_data(make_instrument())) | {"languages": list(languages)}
    return questionnaire_file.read(yaml.safe_dump(data), "test")


def guest_of(kestrel: Team, *languages: str) -> tuple[Client, str]:
    """Somebody with a German browser who has followed a link."""
    asked = factories.make_questionnaire(speaking(*languages))
    running = factories.open_round(kestrel.organization, now=timezone.now(), questionnaire=asked)
    token = factories.tokens_of(running)[0]
    client = Client(headers={"accept-language": "de"})
    client.get(f"/respond/{token}/")
    return client, token


PATHS = ("/respond/", "/respond/1/", "/respond/review/", "/respond/thanks/")


@pytest.mark.parametrize("path", PATHS)
def test_the_whole_page_is_in_the_language_of_the_respondent(kestrel: Team, path: str) -> None:
    client, _token = guest_of(kestrel, "en", "de")
    answer = client.get(path)

    assert language_of(answer) == answer["Content-Language"] == "de"
    assert b'action="/respond/language/"' in answer.content


@pytest.mark.parametrize("path", PATHS)
def test_a_questionnaire_in_one_language_has_its_pages_in_that(kestrel: Team, path: str) -> None:
    client, _token = guest_of(kestrel, "en")
    answer = client.get(path)

    assert language_of(answer) == answer["Content-Language"] == "en"
    assert b'class="languages"' not in answer.content


def test_a_language_without_a_catalogue_is_only_that_of_the_questions(kestrel: Team) -> None:
    client, _token = guest_of(kestrel, "fr")
    answer = client.get("/respond/1/")

    assert language_of(answer) == "de"
    assert b"Statement 1 of integration fr" in answer.content


def test_nothing_is_stored_about_a_respondents_language(kestrel: Team) -> None:
    client, token = guest_of(kestrel, "en", "de")
    number, secret = tokens.from_text(token)
    mine = Response.objects.filter(pk=tokens.response_id(secret, tokens.name_of_round(number)))
    choose(client, "en", "/respond/1/", "/respond/language/")
    client.post("/respond/1/", {"one_1": "4"})

    assert "sessionid" not in client.cookies
    assert settings.SESSION_COOKIE_NAME not in client.cookies
    assert [field.name for field in Response._meta.fields if "lang" in field.name] == []
    assert not {"en", "de"} & set(map(str, mine.values_list("answers", flat=True).get().values()))
