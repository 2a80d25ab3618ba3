"""Questionnaire files: read and written without loss, and every mistake told with its line."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from assessments.instrument import LEVELS, Capability, Instrument
from assessments.key_metrics import KEYS
from assessments.questionnaire_file import (
    RESERVED_KEYS,
    SHORT_NAME_LENGTH,
    QuestionnaireFileError,
    as_data,
    digest,
    read,
    write,
)
from tests.instruments import make_instrument

FILE = Path(__file__).parents[2] / "fixtures" / "questionnaires" / "accelerate-2.yaml"


def written(*args: Any, **options: Any) -> str:
    """A small questionnaire as a file; its metrics have names that fit."""
    return write(make_instrument(*args, **options)).replace("short_name of ", "")


SMALL = written({"practice": {"one": 2, "two": 2}})

# --- Reading and writing ----------------------------------------------------------------------


def test_the_shipped_file_is_written_as_it_was_read() -> None:
    text = FILE.read_text(encoding="utf-8")

    assert write(read(text, FILE.name)) == text


def test_a_questionnaire_is_read_as_it_was_written() -> None:
    instrument = read(written({"a": {"b": 3, "c": 2}, "d": {"e": 2}}, reverse={"c": [1, 2]}), "test.yaml")

    assert [statement.key for statement in instrument.statements if statement.reversed] == ["c_1", "c_2"]
    assert read(write(instrument), "test.yaml") == instrument


def test_optional_fields_survive() -> None:
    text = changed(
        "        statements:",
        "        learn_more: https://example.org/\n"
        "        prerequisites:\n          - two\n        untitled: true\n        statements:",
    )

    first = read(text, "test.yaml").capabilities[0]

    assert (first.learn_more, first.prerequisites, first.untitled) == ("https://example.org/", ("two",), True)
    assert write(read(text, "test.yaml")) == text


def test_the_digest_tells_contents_apart() -> None:
    instrument = read(SMALL, "test.yaml")

    assert digest(instrument) == digest(read(SMALL + "# a remark\n", "test.yaml"))
    assert digest(instrument) != digest(read(SMALL.replace("Statement 1 of two", "Another"), "test.yaml"))


def test_languages_are_written_in_the_order_of_the_questionnaire(accelerate: Instrument) -> None:
    """However a database keeps them: the digest is that of what is written."""
    turned = replace(accelerate, title=dict(reversed(accelerate.title.items())))
    assert list(turned.title) != list(accelerate.title)
    assert digest(turned) == digest(accelerate)


def test_nothing_is_written_by_reference() -> None:
    """The same text in two places is written out twice."""
    assert not re.search(r"[&*]id\d", SMALL)


# --- Mistakes ---------------------------------------------------------------------------------


def changed(old: str, new: str) -> str:
    """The small file with the first of something replaced."""
    assert old in SMALL
    return SMALL.replace(old, new, 1)


def line_of(text: str, part: str) -> int:
    """The line on which a part of the text stands."""
    return text[: text.index(part)].count("\n") + 1


MISTAKES: dict[str, tuple[str, str, str, str]] = {
    # name: what is replaced, by what, a part of the line that is named, a part of the reason
    "missing field": ("        why:\n          en: Why of one\n", "", "- key: one\n", "'why' is missing"),
    "unknown field": ("version: 1", "version: 1\ncolour: red", "colour", "'colour' is not known here"),
    "merge key": ("version: 1", "version: 1\n<<: {}", "<<", "'<<' is not known here"),
    "field twice": ("version: 1", "version: 1\nversion: 2", "version: 2", "'version' is given twice"),
    "capability key twice": (
        "- key: two\n",
        "- key: one\n",
        "- key: one\n        name:\n          en: Name of two",
        "the key 'one' is used twice",
    ),
    "statement key twice": (
        "- key: one_2",
        "- key: one_1 ",
        "- key: one_1 ",
        "the key 'one_1' is used twice",
    ),
    "metric with a statement's key": (
        "- key: lead_time",
        "- key: one_1 ",
        "- key: one_1 ",
        "the key 'one_1' is used twice",
    ),
    "reserved key": ("- key: one_1", "- key: comment", "- key: comment", "the key 'comment' is reserved"),
    "key with a hyphen": (
        "- key: one_1",
        "- key: one-1",
        "- key: one-1",
        "small letters, digits and underscores",
    ),
    "key in capitals": (
        "- key: one_1",
        "- key: One_1",
        "- key: One_1",
        "small letters, digits and underscores",
    ),
    "key with an accent": (
        "- key: one_1",
        "- key: évier",
        "- key: évier",
        "small letters, digits and underscores",
    ),
    "mixed directions": (
        "- key: one_2\n",
        "- key: one_2\n            reversed: true\n",
        "- key: one_1",
        "either all statements of a capability are reversed, or none",
    ),
    "reversed is no boolean": (
        "- key: one_2\n",
        "- key: one_2\n            reversed: perhaps\n",
        "perhaps",
        "expected true or false",
    ),
    "empty text": ("en: Statement 1 of one", "en: ''", "en: ''", "expected a text"),
    "blank text": ("en: Statement 1 of one", "en: '  '", "en: '  '", "expected a text"),
    "number for a text": ("en: Statement 1 of one", "en: 12", "en: 12", "expected a text"),
    "null for a text": ("en: Statement 1 of one", "en: null", "en: null", "expected a text"),
    "list for a text": ("en: Statement 1 of one", "en: [a]", "en: [a]", "expected a single value"),
    "text without a language": (
        "          en: Definition of one",
        "          Definition",
        "Definition\n",
        "expected the fields en",
    ),
    "text in a language not offered": (
        "en: Statement 1 of one",
        "de: Satz",
        "de: Satz",
        "'de' is not known here",
    ),
    "space at the end": (
        "en: Statement 1 of one",
        "en: 'Statement '",
        "en: 'Statement '",
        "spaces at its ends",
    ),
    "line break in a text": ("en: Statement 1 of one", 'en: "a\\nb"', 'en: "a', "line breaks"),
    "control character in a text": (
        "en: Statement 1 of one",
        'en: "a\\u202eb"',
        'en: "a',
        "control characters",
    ),
    "to be written": ("en: Statement 1 of one", "en: tbc", "en: tbc", "still to be written"),
    "short name too long": (
        "en: Short of one",
        f"en: {'x' * 25}",
        "en: " + "x" * 25,
        "is longer than 24 characters",
    ),
    "unknown prerequisite": (
        "        statements:",
        "        prerequisites:\n          - three\n        statements:",
        "- three",
        "'three', which is no capability here",
    ),
    "insecure address": (
        "        statements:",
        "        learn_more: http://example.org/\n        statements:",
        "http://",
        "starts with https://",
    ),
    "options out of order": (
        "- value: 2\n",
        "- value: 3\n",
        "- value: 3\n",
        "expected 2: options run upward from 1",
    ),
    "option from zero": ("- value: 1\n", "- value: 0\n", "- value: 0\n", "expected a whole number from 1 on"),
    "version zero": ("version: 1", "version: 0", "version: 0", "expected a whole number from 1 on"),
    "version in words": ("version: 1", "version: one", "version: one", "expected a whole number from 1 on"),
    "version true": ("version: 1", "version: true", "version: true", "expected a whole number from 1 on"),
    "version too high": ("version: 1", "version: 10000", "version: 10000", "from 1 to 9999"),
    "version without end": ("version: 1", f"version: {'9' * 5000}", "version", "expected a whole number"),
    "family that is no key": ("slug: test", "slug: test\nfamily: My own", "family", "small letters"),
    "one statement alone": (
        "          - key: one_2\n            text:\n              en: Statement 2 of one\n",
        "",
        "- key: one_1",
        "expected at least 2 statements",
    ),
    "statement too long": (
        "en: Statement 1 of one",
        f"en: {'x' * 301}",
        "en: xxx",
        "is longer than 300 characters",
    ),
    "name twice": (
        "en: Name of two",
        "en: Name of one ",
        "en: Name of one ",
        "the name 'Name of one' is used twice",
    ),
    "no language": ("languages:\n  - en", "languages:\n  - English", "- English", "is no code of a language"),
    "key as a mapping": ("version: 1", "version: 1\n? {a: b}\n: c", "? {a", "'' is not known here"),
    "no languages": ("languages:\n  - en", "languages: []", "languages: []", "at least one entry"),
    "elite outside the scale": (
        "elite_from: 6",
        "elite_from: 7",
        "elite_from: 7",
        "expected a value of the scale, 1 to 6",
    ),
    "category is no mapping": (
        "categories:\n",
        "categories:\n  - practice\n",
        "- practice\n",
        "expected the fields key, name",
    ),
    "capabilities are no list": (
        "    capabilities:\n",
        "    capabilities: {}\n    more:\n",
        "    more:",
        "'more' is not known here",
    ),
    "tab": ("version: 1", "version:\t1\n\tslug: a", "\tslug", "this is not valid YAML"),
    "open bracket": ("version: 1", "version: [1", "languages:", "this is not valid YAML"),
    "alias": ("version: 1", "version: *nobody", "*nobody", "an alias (*) stands here"),
    "second document": ("version: 1", "version: 1\n---\nslug: b", "---", "this is not valid YAML"),
    "tag of Python's": ("version: 1", "version: !!python/name:os.system", "!!python", "expected"),
    "impossible date": ("en: Statement 1 of one", "en: 2026-99-99", "2026-99-99", "expected a text"),
    "tagged as what it is not": ("version: 1", "version: !!int one", "!!int", "expected a whole number"),
    "an empty number": ("version: 1", 'version: !!int ""', "!!int", "expected a whole number"),
    "a fraction of nothing": ("version: 1", "version: !!float _", "!!float", "expected a whole number"),
    "neither true nor false": ("version: 1", "version: !!bool maybe", "!!bool", "expected a whole number"),
    "no moment": ("version: 1", "version: !!timestamp now", "!!timestamp", "expected a whole number"),
    "too large to be calculated": (
        "version: 1",
        f"version: 1{':59' * 300}.0",
        "version: 1:59",
        "expected a whole number",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused_with_file_line_and_reason(name: str) -> None:
    old, new, place, reason = MISTAKES[name]
    text = changed(old, new)

    with pytest.raises(QuestionnaireFileError) as caught:
        read(text, "mine.yaml")

    assert str(caught.value).startswith("mine.yaml, line ")
    assert reason in str(caught.value)
    told = int(re.search(r"line (\d+)", str(caught.value))[1])
    assert abs(told - line_of(text, place)) <= 1  # a block is said to begin at its first entry


@pytest.mark.parametrize("key", sorted(RESERVED_KEYS))
def test_every_reserved_key_is_refused(key: str) -> None:
    with pytest.raises(QuestionnaireFileError, match="is reserved"):
        read(changed("- key: one_1", f"- key: {key}"), "mine.yaml")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the file is empty"),
        ("# only a remark\n", "the file is empty"),
        ("a text", "expected the fields slug, version"),
        ("- a\n- list\n", "expected the fields slug, version"),
        ("slug: a\x00b", "this is not valid YAML"),
        ("&a [*a]", "line 1: an alias (*) stands here"),
        ("slug: a\nversion: &a\n- *a", "line 3: an alias (*) stands here"),
        ("slug: a\nb\x00", "line 2: this is not valid YAML"),
        ('slug: "\\U00110000"', "this is not valid YAML"),
        ("slug: a\nb: " + "[" * 1_000_000, "line 2: this is nested too deeply"),
        ("- " * 1_000_000, "this is nested too deeply"),
        ("\n".join(f"a{n}: b" for n in range(20_000)), "line 10000: the file goes on for too long"),
    ],
)
def test_what_is_no_questionnaire_is_refused(text: str, reason: str) -> None:
    with pytest.raises(QuestionnaireFileError, match=re.escape(reason)):
        read(text, "mine.yaml")


def test_a_number_of_a_million_signs_is_refused_at_once() -> None:
    """In sixties, as YAML has them, it would take minutes to calculate."""
    begun = time.process_time()
    with pytest.raises(QuestionnaireFileError, match="expected a whole number"):
        read(changed("version: 1", f"version: 1{':59' * 320_000}"), "mine.yaml")
    assert time.process_time() - begun < 5


def test_a_bomb_of_aliases_is_refused_at_once() -> None:
    """Nine levels of nine would be 387 million texts."""
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in range(1, 10):
        bomb += f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n"

    with pytest.raises(QuestionnaireFileError, match="line 2: an alias"):
        read(bomb, "mine.yaml")


def test_an_alias_of_a_single_text_is_refused_as_well() -> None:
    """A text of a megabyte, said in two hundred places, would be written out two hundred times."""
    text = changed("en: Statement 1 of one", "en: &same Statement").replace(
        "en: Statement 2 of one", "en: *same"
    )

    with pytest.raises(QuestionnaireFileError, match="an alias"):
        read(text, "mine.yaml")


def test_all_mistakes_are_told_at_once_in_the_order_of_the_lines() -> None:
    text = changed("en: Short of two", f"en: {'x' * 25}").replace("version: 1", "version: 0")
    text = text.replace("en: Statement 1 of one", "en: ''").replace(
        "        why:\n          en: Why of two\n", ""
    )

    with pytest.raises(QuestionnaireFileError) as caught:
        read(text, "mine.yaml")

    told = [(str(mistake)[:20], mistake.line) for mistake in caught.value.mistakes]
    assert [words for words, _ in told] == [
        "expected a whole num", "expected a text", "'why' is missing", "the text 'xxxxxxxxxx",
    ]  # fmt: skip
    assert [line for _, line in told] == sorted(line for _, line in told)
    assert str(caught.value).count("mine.yaml, line ") == 4


def test_a_mistake_draws_no_others_after_it() -> None:
    """A capability without statements has none that are alike, too few or in two directions."""
    text = re.sub(r"(        statements:\n)(?:          .*\n)+", r"        statements: []\n", SMALL, count=1)

    with pytest.raises(QuestionnaireFileError) as caught:
        read(text, "mine.yaml")

    assert [str(mistake) for mistake in caught.value.mistakes] == ["expected a list with at least one entry"]


def test_eighty_statements_are_the_most() -> None:
    assert len(read(written({"practice": {"one": 40, "two": 40}}), "mine.yaml").statements) == 80
    with pytest.raises(QuestionnaireFileError, match="there are 81 statements; more than 80"):
        read(written({"practice": {"one": 40, "two": 41}}), "mine.yaml")


def test_a_category_has_sixteen_capabilities_at_most() -> None:
    asked = {f"c{number}": 2 for number in range(16)}

    assert len(read(written({"practice": asked}), "mine.yaml").capabilities) == 16
    with pytest.raises(QuestionnaireFileError, match="there are 17 capabilities; a chart has room for 16"):
        read(written({"practice": asked | {"c16": 2}}), "mine.yaml")


def test_mark_up_and_template_signs_are_texts_like_any_other() -> None:
    text = changed("en: Statement 1 of one", "en: '<script>{{ settings }}</script> & {% now %}'")

    assert read(text, "mine.yaml").statements[0].text == {"en": "<script>{{ settings }}</script> & {% now %}"}


def test_a_variant_names_its_family_and_a_questionnaire_of_its_own_does_not() -> None:
    variant = changed("slug: test\n", "slug: test\nfamily: accelerate\n")

    assert (read(variant, "x").family, read(SMALL, "x").family) == ("accelerate", "test")
    assert write(read(variant, "x")) == variant
    assert write(read(variant.replace("family: accelerate", "family: test"), "x")) == SMALL
    assert digest(read(variant, "x")) != digest(read(SMALL, "x"))


def test_a_scale_that_cannot_be_scored_is_refused() -> None:
    """Scoring, bands and priors are made for seven points: five would show only at the close."""
    with pytest.raises(QuestionnaireFileError, match="line"):
        read(written(options=5), "mine.yaml")


def test_a_metric_without_a_published_figure_is_refused() -> None:
    """A result page sets each metric against the published editions, by its key."""
    with pytest.raises(QuestionnaireFileError, match="line"):
        read(written(metrics=["rework_rate"]), "mine.yaml")


def test_a_key_that_the_database_has_no_room_for_is_refused() -> None:
    with pytest.raises(QuestionnaireFileError, match="line"):
        read(changed("- key: one_1", f"- key: {'k' * 81}"), "mine.yaml")


# --- The shipped questionnaire ----------------------------------------------------------------

NAMES = {
    "Continuous Delivery": """Use version control for all production artifacts
        Automate your deployment process
        Implement continuous integration
        Use trunk-based development methods
        Implement test automation
        Support test data management
        Shift left on security
        Implement continuous delivery (CD)""",
    "Architecture": """Use a loosely coupled architecture
        Architect for empowered teams""",
    "Product and Process": """Gather and implement customer feedback
        Make the flow of work visible through the value stream
        Working in small batches
        Foster and enable team experimentation""",
    "Lean Management and Monitoring": """Have a lightweight change approval process
        Monitor across applications and infrastructure to inform business decisions
        Check system health proactively
        Improve process and manage work with work-in-progress (WIP) limits
        Visualize work to monitor quality and communicate throughout the team""",
    "Culture": """Support a generative culture (as outlined by Westrum)
        Encourage and support learning
        Support and facilitate collaboration among teams
        Provide resources and tools that make work meaningful
        Support or embody transformational leadership""",
}
"""The 24 capabilities as the source text names and groups them."""


def test_names_and_grouping_are_those_of_the_source_text(accelerate: Instrument) -> None:
    found = {
        category.name["en"]: [c.name["en"] for c in category.capabilities]
        for category in accelerate.categories
    }

    assert found == {
        category: [name.strip() for name in names.splitlines()] for category, names in NAMES.items()
    }
    assert list(found) == list(NAMES)


def test_it_has_24_capabilities_five_categories_and_four_metrics(accelerate: Instrument) -> None:
    assert len(accelerate.capabilities) == 24
    assert len(accelerate.categories) == 5
    assert tuple(metric.key for metric in accelerate.key_metrics) == KEYS


def test_three_statements_a_capability_and_six_for_culture(accelerate: Instrument) -> None:
    sizes = {c.key: len(c.statements) for c in accelerate.capabilities}
    culture = [c.key for c in accelerate.capabilities if "generative" in c.key]

    assert len(culture) == 1
    assert sizes.pop(culture[0]) == 6
    assert set(sizes.values()) == {3}


def test_it_asks_no_more_than_eighty_statements(accelerate: Instrument) -> None:
    assert len(accelerate.statements) <= 80


def test_only_the_culture_statements_are_asked_without_a_title(accelerate: Instrument) -> None:
    assert [len(c.statements) for c in accelerate.capabilities if c.untitled] == [6]


def test_a_statement_has_eighteen_words_at_most(accelerate: Instrument) -> None:
    assert [s.text["en"] for s in accelerate.statements if len(s.text["en"].split()) > 18] == []


def test_a_statement_says_one_thing(accelerate: Instrument) -> None:
    assert [s.text["en"] for s in accelerate.statements if " and " in s.text["en"].lower()] == []


def test_statements_are_sentences_and_all_different(accelerate: Instrument) -> None:
    texts = [statement.text["en"] for statement in accelerate.statements]

    assert [text for text in texts if not (text.endswith(".") and text[0].isupper())] == []
    assert len(set(texts)) == len(texts)


def test_the_scale_has_seven_labelled_points(accelerate: Instrument) -> None:
    assert accelerate.scale.values == (1, 2, 3, 4, 5, 6, 7)
    assert len({option.label["en"] for option in accelerate.scale.options}) == 7


def test_metrics_have_six_bands_and_the_elite_thresholds_of_the_source_text(accelerate: Instrument) -> None:
    """Under an hour, several a day, under an hour, 0 to 15 %: each meets it in its best band only."""
    elite = {
        metric.key: metric.scale.options[metric.elite_from - 1].label["en"]
        for metric in accelerate.key_metrics
    }

    assert all(metric.scale.values == (1, 2, 3, 4, 5, 6) for metric in accelerate.key_metrics)
    assert "hour" in elite["lead_time"].lower()
    assert "day" in elite["deployment_frequency"].lower()
    assert "hour" in elite["time_to_restore"].lower()
    assert "15" in elite["change_failure_rate"]


def test_elite_words_name_the_thresholds(accelerate: Instrument) -> None:
    words = {metric.key: metric.elite["en"].lower() for metric in accelerate.key_metrics}

    assert "hour" in words["lead_time"]
    assert "day" in words["deployment_frequency"]
    assert "hour" in words["time_to_restore"]
    assert "15" in words["change_failure_rate"]


def advice_of(capability: Capability) -> Iterator[str]:
    for level in LEVELS:
        yield from (text["en"] for text in vars(capability.levels[level]).values())


def sentences(text: str) -> set[str]:
    """The sentences of a text, short ones left out."""
    found = (sentence.strip().lower() for sentence in re.split(r"(?<=[.!?])\s", text))
    return {sentence for sentence in found if len(sentence.split()) > 3}


def test_no_two_pieces_of_advice_are_the_same(accelerate: Instrument) -> None:
    pieces = [text for capability in accelerate.capabilities for text in advice_of(capability)]

    assert len(pieces) == 24 * 3 * 4
    assert len(set(pieces)) == len(pieces)


def test_capabilities_share_no_sentence(accelerate: Instrument) -> None:
    said = {
        c.key: set().union(*map(sentences, [*advice_of(c), c.definition["en"], c.why["en"]]))
        for c in accelerate.capabilities
    }

    assert {
        (one, two): said[one] & said[two] for one, two in combinations(said, 2) if said[one] & said[two]
    } == {}


def test_definitions_are_two_sentences(accelerate: Instrument) -> None:
    assert [
        c.key for c in accelerate.capabilities if len(re.findall(r"[.!?](\s|$)", c.definition["en"])) != 2
    ] == []


def test_prerequisites_have_no_circle(accelerate: Instrument) -> None:
    needs = {c.key: set(c.prerequisites) for c in accelerate.capabilities}
    while ready := {key for key, open_needs in needs.items() if not open_needs}:
        needs = {key: open_needs - ready for key, open_needs in needs.items() if key not in ready}

    assert needs == {}


def test_all_but_one_capability_lead_to_a_page_of_dora(accelerate: Instrument) -> None:
    """Collaboration among teams has none (content.md)."""
    links = [c.learn_more for c in accelerate.capabilities if c.learn_more]

    assert len(links) == len(set(links)) == 23
    assert all(re.fullmatch(r"https://dora\.dev/capabilities/[a-z-]+/", link) for link in links)


@pytest.mark.parametrize("word", ["tbc", "tbd", "todo", "lorem", "xxx"])
def test_nothing_is_left_to_be_written(word: str) -> None:
    assert not re.search(rf"\b{word}\b", FILE.read_text(encoding="utf-8"), re.IGNORECASE)


def test_short_names_fit_and_differ(accelerate: Instrument) -> None:
    names = [c.short_name["en"] for c in accelerate.capabilities]

    assert max(map(len, names)) <= SHORT_NAME_LENGTH
    assert len(set(names)) == 24


def test_the_file_holds_plain_data_only() -> None:
    """What we write is what any YAML reader finds."""
    text = FILE.read_text(encoding="utf-8")

    assert yaml.safe_load(text) == as_data(read(text, FILE.name))
