"""What differs between two questionnaires, and that reports think the same of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.instrument import Capability, Category, Instrument, Statement
from assessments.instrument_diff import (
    NOT_ASKED,
    asked_alike,
    difference,
    same_answers,
    same_category,
    same_words,
    ways_of,
)
from assessments.scale import Option
from reports.history import Earlier, History
from reports.results import Results
from tests.instruments import make_capability, make_instrument, text

BASE = make_instrument({"practice": {"integration": 3, "deployment": 2}, "culture": {"learning": 3}})


def with_statements(instrument: Instrument, key: str, *statements: Statement) -> Instrument:
    """The next version, in which a capability has other statements."""
    return with_capability(instrument, replace(instrument.by_key[key], statements=statements))


def with_capability(instrument: Instrument, changed: Capability) -> Instrument:
    """The next version, with a capability in another form."""
    return with_categories(
        instrument,
        *(
            replace(
                category,
                capabilities=tuple(
                    changed if each.key == changed.key else each for each in category.capabilities
                ),
            )
            for category in instrument.categories
        ),
    )


def with_categories(instrument: Instrument, *categories: Category) -> Instrument:
    return replace(instrument, version=instrument.version + 1, categories=categories)


INTEGRATION, DEPLOYMENT, LEARNING = BASE.capabilities
ONE, TWO, THREE = INTEGRATION.statements
NEW = Statement("integration_4", text("Something new"))


# --- Words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"en": "a"}, {"en": "a"}, True),
        ({"en": "a"}, {"en": "b"}, False),
        ({"en": "a"}, {"en": "a", "de": "x"}, True),
        ({"en": "a", "de": "x"}, {"en": "a", "de": "y"}, False),
        ({"en": "a"}, {"de": "a"}, False),
    ],
)
def test_a_translation_rewords_nothing(one: dict[str, str], other: dict[str, str], same: bool) -> None:
    assert same_words(one, other) is same_words(other, one) is same


def relabelled(instrument: Instrument, value: int, words: str) -> Instrument:
    """The next version, with an answer in other words."""
    options = tuple(
        Option(each.value, text(words)) if each.value == value else each for each in instrument.scale.options
    )
    return replace(instrument, version=2, scale=replace(instrument.scale, options=options))


def test_answers_in_other_words_are_other_answers() -> None:
    later = relabelled(BASE, 3, "Rather not")

    assert not same_answers(BASE.scale, later.scale)
    assert [ways_of(BASE, later, each.key) for each in BASE.capabilities] == [("scale",)] * 3
    assert [(each.before, each.after) for each in difference(BASE, later).answers] == [
        (text("Option 3"), text("Rather not"))
    ]


def test_what_stands_for_dont_know_may_be_reworded() -> None:
    later = replace(BASE, scale=replace(BASE.scale, dont_know=text("No idea")))

    assert same_answers(BASE.scale, later.scale)
    assert len(difference(BASE, later).answers) == 1


# --- A capability -----------------------------------------------------------------------------

REWORDED = replace(TWO, text=text("Other words"))


@pytest.mark.parametrize(
    ("statements", "ways", "changes"),
    [
        ([ONE, TWO, THREE], (), None),
        ([THREE, ONE, TWO], (), None),
        ([ONE, REWORDED, THREE], ("reworded",), [("integration_2", "reworded")]),
        ([ONE, TWO, THREE, NEW], ("added",), [("integration_4", "added")]),
        ([ONE, THREE], ("removed",), [("integration_2", "removed")]),
        (
            [REWORDED, NEW, THREE],
            ("reworded", "added", "removed"),
            [("integration_2", "reworded"), ("integration_4", "added"), ("integration_1", "removed")],
        ),
        (
            [replace(each, reversed=True) for each in (ONE, TWO, THREE)],
            ("turned",),
            [("integration_1", "turned"), ("integration_2", "turned"), ("integration_3", "turned")],
        ),
    ],
)
def test_how_a_capability_is_asked_otherwise(
    statements: list[Statement], ways: tuple[str, ...], changes: list[tuple[str, str]] | None
) -> None:
    later = with_statements(BASE, "integration", *statements)
    found = difference(BASE, later)

    assert ways_of(BASE, later, "integration") == ways
    assert [[(s.key, s.what) for s in each.statements] for each in found.anew] == (
        [changes] if changes else []
    )
    assert (found.kept, found.going_on) == ((3, 3) if changes is None else (2, 2))


def test_a_reworded_statement_is_told_with_both_wordings() -> None:
    later = with_statements(BASE, "integration", ONE, REWORDED)
    change, removed = difference(BASE, later).anew[0].statements

    assert (change.before, change.after) == (TWO.text, text("Other words"))
    assert (removed.before, removed.after) == (THREE.text, None)
    assert difference(BASE, later).anew[0].kept == 1


def test_a_statement_that_counts_for_another_capability_breaks_both_trends() -> None:
    first = with_statements(BASE, "integration", ONE, TWO)
    later = with_statements(first, "deployment", *DEPLOYMENT.statements, THREE)
    found = {change.key: change for change in difference(BASE, later).anew}

    assert set(found) == {"integration", "deployment"}
    assert [(s.what, s.place) for s in found["integration"].statements] == [("moved_away", DEPLOYMENT.name)]
    assert [(s.what, s.place) for s in found["deployment"].statements] == [("moved_here", INTEGRATION.name)]


@pytest.mark.parametrize(
    "changes",
    [
        {"definition": text("Told otherwise")},
        {"prerequisites": ("deployment",)},
        {"untitled": True},
        {"levels": INTEGRATION.levels | {"low": replace(INTEGRATION.levels["low"], measure=text("x"))}},
    ],
)
def test_what_is_told_otherwise_breaks_no_trend(changes: dict[str, Any]) -> None:
    found = difference(BASE, with_capability(BASE, replace(INTEGRATION, **changes)))

    assert (found.anew, found.kept, found.going_on) == ((), 2, 3)
    assert [(change.key, change.retold) for change in found.alike] == [("integration", True)]


def test_another_name_breaks_no_trend() -> None:
    found = difference(BASE, with_capability(BASE, replace(INTEGRATION, name=text("Merging"))))

    assert [(c.name_before, c.name, c.retold) for c in found.alike] == [
        (INTEGRATION.name, text("Merging"), False)
    ]


# --- The whole --------------------------------------------------------------------------------


def test_nothing_differs_from_itself_or_from_a_new_number() -> None:
    later = replace(BASE, version=2)

    assert difference(BASE, BASE).is_empty
    assert difference(BASE, later).is_empty
    assert difference(BASE, later).kept == 3


def test_capabilities_and_categories_come_and_go() -> None:
    practice, culture = BASE.categories
    newcomer = make_capability("alerts", 2)
    care = replace(culture, key="care", capabilities=(newcomer,))
    later = with_categories(BASE, replace(practice, capabilities=(INTEGRATION,)), care)
    found = difference(BASE, later)

    assert [each.key for each in found.added] == ["alerts"]
    assert [each.key for each in found.removed] == ["deployment", "learning"]
    assert [each.key for each in found.categories_added] == ["care"]
    assert [each.key for each in found.categories_removed] == ["culture"]
    assert [(each.name, each.compared) for each in found.categories] == [(practice.name, False)]
    assert ways_of(BASE, later, "alerts") == ways_of(BASE, later, "learning") == (NOT_ASKED,)
    assert not found.is_empty


def test_a_capability_that_moves_goes_on_and_its_categories_do_not() -> None:
    practice, culture = BASE.categories
    later = with_categories(
        BASE,
        replace(practice, capabilities=(INTEGRATION,)),
        replace(culture, capabilities=(LEARNING, DEPLOYMENT)),
    )
    found = difference(BASE, later)

    assert [(each.key, each.category_before) for each in found.alike] == [("deployment", practice.name)]
    assert [each.compared for each in found.categories] == [False, False]
    assert not same_category(BASE, later, "practice")
    assert asked_alike(BASE, later, [each.key for each in BASE.capabilities])


def test_a_category_of_the_same_in_another_order_is_the_same() -> None:
    practice, culture = BASE.categories
    later = with_categories(BASE, culture, replace(practice, capabilities=(DEPLOYMENT, INTEGRATION)))

    assert same_category(BASE, later, "practice")
    assert difference(BASE, later).is_empty
    assert not same_category(BASE, later, "unknown")


def test_metrics_texts_and_languages_are_told_as_well() -> None:
    first, second, *_others = BASE.key_metrics
    later = replace(
        BASE,
        title=text("Ours"),
        languages=("en", "de"),
        key_metrics=(replace(first, question=text("How often?")), replace(second, elite_from=5)),
    )
    found = difference(BASE, later)

    assert [each.key for each in found.metrics_changed] == [first.key, second.key]
    assert [each.key for each in found.metrics_removed] == [each.key for each in BASE.key_metrics[2:]]
    assert [each.key for each in difference(later, BASE).metrics_added] == [
        each.key for each in BASE.key_metrics[2:]
    ]
    assert (found.retold, found.languages_added, found.languages_removed) == (("title",), ("de",), ())


# --- What is told before is what happens after ------------------------------------------------

STATEMENTS = st.builds(
    lambda key, words, turned: Statement(key, words, turned),
    st.sampled_from([f"s{n}" for n in range(5)]),
    st.sampled_from([text("one"), text("two"), {"en": "one", "de": "eins"}, {"de": "eins"}]),
    st.booleans(),
)


@st.composite
def instruments(draw: Any) -> Instrument:
    """Few keys and few words, so that two of them often share some."""
    chosen = draw(st.lists(STATEMENTS, min_size=1, max_size=5, unique_by=lambda s: s.key))
    owners = draw(st.lists(st.sampled_from("abc"), min_size=len(chosen), max_size=len(chosen)))
    homes = {key: draw(st.sampled_from("XY")) for key in "abc"}
    asked = {
        key: replace(make_capability(key, 0), statements=statements)
        for key in "abc"
        if (statements := tuple(s for s, owner in zip(chosen, owners, strict=True) if owner == key))
    }
    categories = tuple(
        Category(key, text(key), text("d"), text("a"), capabilities)
        for key in "XY"
        if (capabilities := tuple(each for key_, each in asked.items() if homes[key_] == key))
    )
    made = replace(make_instrument({}, metrics=()), categories=categories)
    return draw(st.sampled_from([made, relabelled(made, 1, "Never")]))


@given(instruments(), instruments())
def test_a_trend_goes_on_exactly_where_the_difference_says_so(before: Instrument, after: Instrument) -> None:
    found = difference(before, after)
    history = History("now", after, Results({}, 5), [Earlier("then", before, Results({}, 5))])
    broken = {each.key for each in (*found.anew, *found.added)}

    for capability in after.capabilities:
        goes_on = history.last_capability(capability) is not None
        assert goes_on is (capability.key not in broken)
        anew = history.asked_anew(capability)
        assert (anew.ways if anew else ()) == next(
            (c.ways for c in found.anew if c.key == capability.key), ()
        )
    assert {each.key for each in history.left_out()} == {each.key for each in found.removed}
    assert found.going_on + len(broken) == len(after.capabilities)


@given(instruments(), instruments())
def test_a_category_is_compared_exactly_where_the_difference_says_so(
    before: Instrument, after: Instrument
) -> None:
    found = difference(before, after)
    history = History("now", after, Results({}, 5), [Earlier("then", before, Results({}, 5))])
    apart = {each.name["en"] for each in found.categories if not each.compared}
    apart |= {each.name["en"] for each in found.categories_added}

    for category in after.categories:
        assert (history.last_category(category) is None) is (category.key in apart)


@given(instruments(), instruments())
def test_there_and_back_again(before: Instrument, after: Instrument) -> None:
    there, back = difference(before, after), difference(after, before)

    assert there.is_empty is back.is_empty
    assert {c.key for c in there.anew} == {c.key for c in back.anew}
    assert {c.key for c in there.added} == {c.key for c in back.removed}
    assert difference(after, after).is_empty
