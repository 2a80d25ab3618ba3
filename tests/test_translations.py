"""Nothing is left untranslated, and nothing is translated wrongly that a machine can tell.

``make messages`` gathers what is new; CONTRIBUTING.md says how to go on.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import re
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from django.conf import settings as configured
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import formats, translation
from django.utils.translation import ngettext

from assessments import instrument_diff, questionnaire_file
from assessments.instrument import Instrument
from assessments.models import User
from reports import charts
from reports.content import ReportContent
from reports.templatetags.report_tags import chart_words
from tests import pseudo
from tests.contents_full import make_full_report
from tests.test_endpoints import MATRIX, Stage, no_limit, no_pdf, stage  # noqa: F401

ROOT = Path(__file__).resolve().parent.parent


def full(language: str) -> ReportContent:
    """A report in which much is told."""
    return make_full_report(
        8,
        before=7,
        rounds=4,
        split=("learning",),
        silent=("wip_limits",),
        comments=("Well.",),
        language=language,
    )


CODES = [code for code, _name in configured.LANGUAGES if code != "en"]
each_language = pytest.mark.parametrize("code", CODES)


def load() -> ModuleType:
    """The module that ``make messages`` runs."""
    spec = importlib.util.spec_from_file_location("messages", ROOT / ".ci" / "messages.py")
    assert spec
    assert spec.loader
    module = sys.modules["messages"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


messages = load()


def translated(code: str) -> list[tuple[str, str]]:
    """Each text beside its translation; singular beside singular."""
    pairs: list[tuple[str, str]] = []
    for message in messages.read(code):
        if message.id:
            both = [part if isinstance(part, tuple) else (part,) for part in (message.id, message.string)]
            pairs += zip(*both, strict=True)
    return pairs


# --- Catalogues -------------------------------------------------------------------------------


def test_every_language_has_a_catalogue() -> None:
    assert messages.languages() == sorted(CODES)


@each_language
def test_the_catalogue_has_all_texts_and_no_others(code: str) -> None:
    kept = messages.po_file(code).read_bytes()
    assert messages.as_po(messages.fresh(code)) == kept, "run: make messages"


@each_language
def test_nothing_is_left_to_translate(code: str) -> None:
    catalog = messages.read(code)
    assert [message.id for message in messages.gaps(catalog)] == []
    assert [message.id for message in catalog if message.id and message.fuzzy] == []
    assert list(catalog.obsolete) == []


@each_language
def test_what_the_survey_reads_is_made_of_the_catalogue(code: str) -> None:
    mo = messages.po_file(code).with_suffix(".mo")
    assert messages.as_mo(messages.read(code)) == mo.read_bytes(), "run: make messages"


KEPT = re.compile(r"%\(\w+\)[a-z]|%%|\{\w+\}|</?\w+[^>]*>")
"""Placeholders and tags."""


@each_language
def test_placeholders_and_tags_are_kept(code: str) -> None:
    wrong = [
        (text, other)
        for text, other in translated(code)
        if Counter(KEPT.findall(text)) != Counter(KEPT.findall(other))
    ]
    assert wrong == []


@each_language
def test_sentences_end_alike_and_spaces_are_kept(code: str) -> None:
    """Parts are put together: a full stop too many, or a space too few, would stand on the page."""

    def edges(text: str) -> tuple[str, str, str]:
        end = text.rstrip()[-1:]
        return (
            text[: len(text) - len(text.lstrip())],
            text[len(text.rstrip()) :],
            end if end in ".:?;" else "",
        )

    assert [(text, other) for text, other in translated(code) if edges(text) != edges(other)] == []


@pytest.mark.parametrize("code", ["de"])
def test_quotation_marks_are_those_of_the_language(code: str) -> None:
    english = re.compile(r"[\"”]|“(?=\w)|'\w+'")
    assert [
        other for _text, other in translated(code) if english.search(re.sub(r'="[^"]*"', "", other))
    ] == []


def test_a_gap_would_be_noticed() -> None:
    catalog = messages.PlainCatalog(locale="de")
    catalog.add("Team", "Team")
    catalog.add(("%(n)s team", "%(n)s teams"), ("%(n)s Team", ""))
    catalog.add("Round", "")

    assert [message.id for message in messages.gaps(catalog)] == [("%(n)s team", "%(n)s teams"), "Round"]


def test_a_new_text_comes_in_empty_and_a_gone_one_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    def template() -> Any:
        catalog = messages.PlainCatalog()
        catalog.add("Cancel")
        catalog.add("A text that is new")
        return catalog

    monkeypatch.setattr(messages, "template", template)
    fresh = [message for message in messages.fresh("de") if message.id]

    assert [(message.id, message.string) for message in fresh] == [
        ("Cancel", "Abbrechen"),
        ("A text that is new", ""),
    ]


# --- Texts that are no part of a catalogue ----------------------------------------------------


def lacking(value: Any, codes: set[str], where: str = "") -> list[str]:
    """Where a text by language lacks one of them, or says nothing in it."""
    if isinstance(value, dict):
        if "en" in value:
            return [where] if {code for code, text in value.items() if text.strip()} != codes else []
        return [place for key, each in value.items() for place in lacking(each, codes, f"{where}/{key}")]
    if isinstance(value, list):
        return [place for at, each in enumerate(value) for place in lacking(each, codes, f"{where}/{at}")]
    return []


@pytest.mark.parametrize("path", sorted((ROOT / "fixtures").rglob("*.yaml")), ids=lambda path: path.name)
def test_questionnaires_and_benchmarks_speak_every_language(path: Path) -> None:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))

    assert lacking(content, {code for code, _name in configured.LANGUAGES}) == []


def test_statements_are_short_in_every_language(accelerate: Instrument) -> None:
    """18 words at most, each a sentence of its own."""
    texts = [text for statement in accelerate.statements for text in statement.text.values()]

    assert [text for text in texts if len(text.split()) > 18 or text.count(".") != 1 or text[-1] != "."] == []


def test_the_second_version_of_our_questionnaire_only_adds_a_language(accelerate: Instrument) -> None:
    """Its English is that of the first, byte for byte; so all trends go on."""
    data = questionnaire_file.as_data(accelerate) | {"version": 1, "languages": ["en"]}
    first = questionnaire_file.read(yaml.safe_dump(english(data)), "accelerate-1")

    assert questionnaire_file.digest(first) == FIRST_VERSION
    changes = vars(instrument_diff.difference(first, accelerate))
    assert {name: change for name, change in changes.items() if change} == {
        "kept": 24,
        "languages_added": ("de",),
    }


FIRST_VERSION = "c1b5ef36e9c07160b45571d72e1abcd63882e024fccaeaa88ac706514277b4d5"
"""The digest under which accelerate 1 was published."""


def english(value: Any) -> Any:
    """Texts by language without all others."""
    if isinstance(value, dict):
        return {"en": value["en"]} if "en" in value else {key: english(each) for key, each in value.items()}
    return [english(each) for each in value] if isinstance(value, list) else value


def test_no_german_statement_says_two_things_or_no_twice(accelerate: Instrument) -> None:
    german = [statement.text["de"] for statement in accelerate.statements]

    assert [text for text in german if len(re.findall(r"\b(?:nicht|kein\w*|nie|niemand)\b", text)) > 0] == []
    assert len(set(german)) == len(german)


# --- Forms of the language --------------------------------------------------------------------

DAY = dt.date(2026, 11, 26)
MOMENT = dt.datetime(2026, 11, 26, 14, 5, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("code", "day", "moment", "number"),
    [
        ("en", "26 November 2026", "26 November 2026, 14:05", "0.5"),
        ("de", "26. November 2026", "26. November 2026, 14:05 Uhr", "0,5"),
    ],
)
def test_dates_and_numbers(code: str, day: str, moment: str, number: str) -> None:
    with translation.override(code):
        assert formats.date_format(DAY, "DATE_FORMAT") == day
        assert formats.date_format(MOMENT, "DATETIME_FORMAT") == moment
        assert formats.localize(0.5) == number
        assert chart_words()["decimal"] == number[1]


@pytest.mark.parametrize(
    ("code", "forms"),
    [
        ("en", ["0 deployments", "1 deployment", "2 deployments"]),
        ("de", ["0 Deployments", "1 Deployment", "2 Deployments"]),
    ],
)
def test_one_and_many(code: str, forms: list[str]) -> None:
    with translation.override(code):
        found = [
            ngettext("%(number)d deployment", "%(number)d deployments", number) % {"number": number}
            for number in range(3)
        ]
    assert found == forms


def test_charts_speak_german_with_a_decimal_comma() -> None:
    plan = full(language="de").plan
    assert plan
    with translation.override("de"):
        words = chart_words()
        sentence = charts.describe_factors(plan.experiments[0].priority, words)
    assert "Lücke" in sentence
    assert re.search(r"\d,\d\d", sentence)
    assert not re.search(r"\d\.\d", sentence)
    assert words.keys() == charts.WORDS.keys()


# --- Texts that nobody has marked -------------------------------------------------------------

PEOPLE = ["ada", "lee"]


def seen(answer: HttpResponse, data: set[str]) -> set[str]:
    """What stands on a page in plain words."""
    if not answer.headers.get("Content-Type", "").startswith("text/html"):
        answer.close()
        return set()
    return pseudo.plain_words(answer.content.decode(), data)


@pytest.mark.django_db
@pytest.mark.parametrize("who", [*PEOPLE, "anybody"])
def test_every_text_of_every_page_is_marked(
    stage: Stage,  # noqa: F811
    settings: Any,
    client: Client,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    who: str,
) -> None:
    if who != "anybody":
        person: User = request.getfixturevalue(who)
        client.force_login(person)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = pseudo.LANGUAGE
    monkeypatch.setattr("assessments.views.respond._language", lambda instrument: pseudo.LANGUAGE)
    client.get(stage.url("respond_enter"))
    pages = {name: stage.url(name) for name in MATRIX if name != "respond_enter"}
    pages |= {name: reverse(name) for name in ("account_login", "account_reset_password", "account_signup")}
    benchmarks = (ROOT / "fixtures" / "benchmarks").glob("*.yaml")
    published = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in benchmarks]
    data = pseudo.data_of_database() | set(pseudo.texts_of(published))
    with pseudo.spoken(settings):
        found = {name: words for name, path in pages.items() if (words := seen(client.get(path), data))}
        refused = {
            name: words
            for name, path in pages.items()
            if name in FORMS and (words := seen(client.post(path), data))
        }
    assert (found, refused) == ({}, {})


FORMS = [name for name, row in MATRIX.items() if 422 in row.post]
"""Addresses that answer an empty form with what is wrong."""


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500"])
def test_every_text_of_what_went_wrong_is_marked(settings: Any, name: str) -> None:
    with pseudo.spoken(settings):
        assert pseudo.plain_words(render_to_string(f"{name}.html"), set()) == set()


def test_a_text_that_nobody_marked_would_be_noticed() -> None:
    page = f'<p title="Tip">{pseudo.pseudo("Team")} Owl</p><p>{pseudo.pseudo("Go on")}</p><code>kind</code>'

    assert pseudo.plain_words(page, {"Owl"}) == {"Tip"}
    assert pseudo.plain_words(page, set()) == {"Tip", f"{pseudo.pseudo('Team')} Owl"}
