"""Variants of a questionnaire: statements left out and added."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from assessments.instrument import Instrument
from assessments.instrument_diff import difference
from assessments.questionnaire_file import read, write
from assessments.variants import vary
from tests.instruments import make_instrument, text

BASE = make_instrument(
    {"practice": {"integration": 3, "deployment": 2}, "culture": {"learning": 3}},
    reverse={"learning": [1, 2, 3]},
)
ALL = [statement.key for statement in BASE.statements]


def variant(without: tuple[str, ...] = (), base: Instrument = BASE, **options: Any) -> Instrument:
    """A variant that asks all but some."""
    values: dict[str, Any] = {"slug": "ours", "version": 1, "title": text("Ours"), "added": {}} | options
    return vary(base, asked=[key for key in ALL if key not in without], **values)


def keys(of: Instrument) -> dict[str, list[str]]:
    """The statements' keys by capability."""
    return {capability.key: [s.key for s in capability.statements] for capability in of.capabilities}


def test_with_everything_asked_it_is_the_same_under_another_name() -> None:
    made = variant()

    assert (made.slug, made.version, made.family, made.title) == ("ours", 1, "test", text("Ours"))
    assert replace(made, slug="test", variant_of="", title=BASE.title) == BASE


def test_the_next_version_of_itself_has_its_own_family() -> None:
    assert variant(slug="test", version=2).variant_of == ""
    assert variant(base=variant(), slug="third").family == "test"


def test_a_capability_without_statements_is_left_out_and_a_category_without_capabilities() -> None:
    made = variant(without=("deployment_1", "deployment_2", "learning_1", "learning_2", "learning_3"))

    assert keys(made) == {"integration": ["integration_1", "integration_2", "integration_3"]}
    assert [category.key for category in made.categories] == ["practice"]


def test_nobody_has_to_do_first_what_is_not_asked() -> None:
    first, second = BASE.categories[0].capabilities
    practice = replace(
        BASE.categories[0], capabilities=(replace(first, prerequisites=("deployment", "learning")), second)
    )
    base = replace(BASE, categories=(practice, BASE.categories[1]))
    made = variant(base=base, without=("deployment_1", "deployment_2"))

    assert made.by_key["integration"].prerequisites == ("learning",)


def test_a_new_statement_gets_a_new_key_and_the_direction_of_the_others() -> None:
    made = variant(added={"learning": [text("A"), text("B")], "deployment": [text("C")]})

    assert keys(made)["learning"][3:] == ["learning_4", "learning_5"]
    assert keys(made)["deployment"] == ["deployment_1", "deployment_2", "deployment_3"]
    assert {statement.reversed for statement in made.by_key["learning"].statements} == {True}
    assert {statement.reversed for statement in made.by_key["deployment"].statements} == {False}


def test_a_key_that_any_version_ever_had_is_not_given_to_another_statement() -> None:
    first = variant(added={"deployment": [text("C")]})
    made = variant(added={"deployment": [text("D")]}, version=2, family=[first])

    assert keys(made)["deployment"][-1] == "deployment_4"
    assert difference(first, made).anew[0].ways == ("added", "removed")


def test_what_a_version_asked_before_gets_its_key_back() -> None:
    """Same key, same meaning; so the trend goes on."""
    first = variant(added={"deployment": [text("C")]})
    made = variant(added={"deployment": [text("C")]}, version=2, family=[first])

    assert difference(first, made).is_empty


def test_a_left_out_statement_typed_again_is_the_same_statement() -> None:
    made = variant(without=("deployment_1",), added={"deployment": [text("Statement 1 of deployment")]})

    assert keys(made)["deployment"] == ["deployment_2", "deployment_1"]
    assert difference(BASE, made).anew == ()


def test_a_long_key_leaves_room_for_the_number() -> None:
    base = make_instrument({"practice": {"k" * 50: 2}})
    made = vary(
        base,
        slug="ours",
        version=1,
        title=text("x"),
        asked=[s.key for s in base.statements],
        added={"k" * 50: [text("A")]},
    )

    assert len(made.statements[-1].key) <= 50


def test_what_is_made_can_be_written_and_read(accelerate: Instrument) -> None:
    asked = [statement.key for statement in accelerate.statements[:39]]
    made = vary(
        accelerate,
        slug="ours",
        version=7,
        title=dict.fromkeys(accelerate.languages, "Ours: a title"),
        asked=asked,
        added={"version_control": [dict.fromkeys(accelerate.languages, "We {{ know }} <b>why</b>.")]},
        family=[accelerate],
    )

    assert read(write(made), "ours.yaml") == made
    assert "family: accelerate\n" in write(made)
