"""What may be posted, and in which words it is refused."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from crispy_forms.utils import render_crispy_form
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from assessments import forms
from assessments.forms import ResponseForm, ReviewForm
from assessments.instrument import Instrument
from assessments.models import Organization, OrganizationRole, TeamRole
from assessments.pages import pages_of
from tests import factories
from tests.instruments import make_instrument

INSTRUMENT = make_instrument({"practice": {"one": 2, "two": 1}})
STATEMENTS, METRICS = pages_of(INSTRUMENT)


def page_form(data: dict[str, str], page: Any = STATEMENTS) -> ResponseForm:
    posted = QueryDict(mutable=True)
    posted.update(data)
    return ResponseForm(page, INSTRUMENT, "en", posted)


def review_form(**data: Any) -> ReviewForm:
    posted = QueryDict(mutable=True)
    for key, value in data.items():
        posted.setlist(key, value if isinstance(value, list) else [value])
    return ReviewForm(INSTRUMENT, "en", posted)


# --- Pages of the questionnaire ---------------------------------------------------------------


def test_answers_are_as_they_are_stored() -> None:
    form = page_form({"one_1": "7", "one_2": "dk", "csrfmiddlewaretoken": "x", "go": "next"})

    assert form.is_valid()
    assert form.answers == {"one_1": 7, "one_2": "dk"}


def test_blanks_of_a_page_change_nothing() -> None:
    form = page_form({})

    assert form.is_valid()
    assert form.answers == {}


@pytest.mark.parametrize(
    "value", ["0", "8", "-1", "4.0", "1e1", "seven", "٣", "on", "9" * 5000, "\x00", "nan"]
)
def test_what_is_not_on_the_scale_is_refused(value: str) -> None:
    form = page_form({"one_1": value})

    assert form.errors == {"one_1": ["Choose one of the answers shown."]}


def test_a_metric_has_a_scale_of_its_own() -> None:
    key = INSTRUMENT.key_metrics[0].key

    assert page_form({key: "6"}, METRICS).is_valid()
    assert not page_form({key: "7"}, METRICS).is_valid()


@pytest.mark.parametrize("key", ["lead_time", "three_1", "comment", "hindrances", "complete", "id"])
def test_what_is_not_asked_on_the_page_is_refused(key: str) -> None:
    form = page_form({"one_1": "4", key: "1"})

    assert form.non_field_errors() == ["The form has answers to questions that are not asked on this page."]


@given(st.dictionaries(st.sampled_from([s.key for s in INSTRUMENT.statements]), st.text(max_size=5)))
def test_whatever_is_posted_becomes_an_answer_or_an_error(data: dict[str, str]) -> None:
    form = page_form(data)

    if form.is_valid():
        assert set(form.answers.values()) <= {1, 2, 3, 4, 5, 6, 7, "dk", None}
    else:
        assert set(form.errors) <= set(data)


def test_every_statement_offers_its_scale_and_dont_know_last(accelerate: Instrument) -> None:
    form = ResponseForm(pages_of(accelerate)[0], accelerate, "en")
    values = {tuple(value for value, _label in field.choices) for field in form.fields.values()}

    assert values == {("1", "2", "3", "4", "5", "6", "7", "dk")}


# --- The last page ----------------------------------------------------------------------------


def test_hindrances_and_a_comment_are_answers() -> None:
    form = review_form(hindrances=["one", "two"], comment="  Less waiting.\nMore tea. ")

    assert form.is_valid()
    assert form.answers == {"hindrances": ["one", "two"], "comment": "Less waiting.\nMore tea."}


@pytest.mark.parametrize("comment", ["", "   ", "\n"])
def test_nothing_said_is_nothing_stored(comment: str) -> None:
    form = review_form(comment=comment)

    assert form.is_valid()
    assert form.answers == {"hindrances": None, "comment": None}


def test_more_than_three_hindrances_are_refused() -> None:
    instrument = make_instrument({"practice": dict.fromkeys("abcd", 1)})
    posted = QueryDict("hindrances=a&hindrances=b&hindrances=c&hindrances=d")

    form = ReviewForm(instrument, "en", posted)

    assert form.errors == {"hindrances": ["You chose 4. Please keep the three biggest."]}


def test_an_unknown_hindrance_is_refused() -> None:
    assert "hindrances" in review_form(hindrances=["three"]).errors


@pytest.mark.parametrize("bad", ["\x00", "\x07", "\x0b", "\u202e", "\u2066", "\ud800", "\x7f"])
def test_characters_that_cannot_be_shown_are_refused(bad: str) -> None:
    assert "comment" in review_form(comment=f"a{bad}b").errors


@pytest.mark.parametrize(
    "text",
    [
        "Tab\there",
        "two\r\nlines",
        "Größe",
        "\u0645\u0631\u062d\u0628\u0627",
        "漢字",
        "déjà\u00a0vu\u202f!",
        "👩\u200d💻",
        "\u0645\u06cc\u200c\u062e\u0648",
        "a" * 2000,
    ],
)
def test_characters_that_people_type_are_taken(text: str) -> None:
    """French puts no-break spaces before marks, emoji and Persian are joined by invisible characters."""
    assert review_form(comment=text).errors == {}


def test_a_comment_has_a_limit() -> None:
    assert "comment" in review_form(comment="a" * 2001).errors


# --- Forms of the organization ----------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", " ", "a" * 101, "a\x0bb", "a\u202eb", "Two\nlines", "Tab\there"])
def test_a_name_is_one_line_that_can_be_shown(aviary: Organization, name: str) -> None:
    """A mail's subject is made of names."""
    assert "name" in forms.TeamForm(aviary, {"name": name}).errors
    assert "name" in forms.GroupForm(aviary, {"name": name}).errors


@pytest.mark.django_db
def test_a_group_of_another_organization_is_no_choice(aviary: Organization) -> None:
    elsewhere = factories.make_organization("Terrarium").groups.create(name="Frogs", slug="frogs")
    own = aviary.groups.create(name="Falcons", slug="falcons")

    assert "group" in forms.TeamForm(aviary, {"name": "A", "group": elsewhere.pk}).errors
    assert "parent" in forms.GroupForm(aviary, {"name": "A", "parent": elsewhere.pk}).errors
    assert forms.TeamForm(aviary, {"name": "A", "group": own.pk}).is_valid()


@pytest.mark.parametrize("field", ["name", "email", "role"])
def test_a_person_needs_name_address_and_role(field: str) -> None:
    data = {"name": "Lee", "email": "lee@example.org", "role": "member"}

    assert forms.PersonForm(forms.TEAM_ROLES, data).is_valid()
    assert set(forms.PersonForm(forms.TEAM_ROLES, data | {field: ""}).errors) == {field}


@pytest.mark.parametrize(
    "address", ["lee", "lee@", "lee@example", "a b@example.org", "lee@example.org\nBcc: x@y.z"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    form = forms.PersonForm(forms.TEAM_ROLES, {"name": "Lee", "email": address, "role": "member"})

    assert set(form.errors) == {"email"}


def test_roles_of_teams_and_organizations_are_not_mixed() -> None:
    assert {role for role, _label in forms.TEAM_ROLES} == set(TeamRole)
    assert {role for role, _label in forms.ORGANIZATION_ROLES} == set(OrganizationRole)
    person = {"name": "Lee", "email": "lee@example.org", "role": OrganizationRole.ADMINISTRATOR}
    assert set(forms.PersonForm(forms.TEAM_ROLES, person).errors) == {"role"}


def round_data(**changes: Any) -> dict[str, Any]:
    return {"name": "2026 Q3", "closes_at": "2026-09-30T18:00", "team_first_days": "2"} | changes


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "a" * 101},
        {"closes_at": ""},
        {"closes_at": "tomorrow"},
        {"closes_at": "2026-02-30T18:00"},
        {"team_first_days": "-1"},
        {"team_first_days": "31"},
        {"team_first_days": "9" * 5000},
        {"questionnaire": "0"},
    ],
)
def test_a_round_is_refused_at_the_field_that_is_wrong(aviary: Organization, changes: dict[str, str]) -> None:
    data = round_data(questionnaire=factories.make_questionnaire().pk)

    assert forms.RoundForm(aviary, data).is_valid()
    assert set(forms.RoundForm(aviary, data | changes).errors) == set(changes)


@pytest.mark.django_db
def test_a_round_has_a_name_of_its_own(aviary: Organization) -> None:
    factories.make_round(aviary, "2026 Q3")
    data = round_data(questionnaire=factories.make_questionnaire().pk)

    assert forms.RoundForm(aviary, data).errors == {"name": ["There is a round with this name already."]}
    assert forms.RoundForm(factories.make_organization("Terrarium"), data).is_valid()


# --- Drawn once ---------------------------------------------------------------------------------


def chosen_in(html: str) -> list[tuple[str, str]]:
    """Names and values of what is chosen."""
    return re.findall(r'name="([^"]+)" value="([^"]+)"[^>]* checked', html)


@given(st.randoms(use_true_random=False))
def test_a_page_that_was_drawn_once_shows_answers_like_one_drawn_anew(chance: random.Random) -> None:
    answers = factories.random_answers(INSTRUMENT, chance)
    for page in (STATEMENTS, METRICS):
        form = ResponseForm(page, INSTRUMENT, "en", initial=answers)
        anew = render_crispy_form(form)

        assert chosen_in(form.rows) == chosen_in(anew)
        assert len(chosen_in(anew)) == len(answers.keys() & page.keys)
        assert form.rows.replace(" checked", "") == anew.replace(" checked", "")


@pytest.mark.parametrize("comment", ["", "More tea", "</textarea><script>", "& < > \" ' \\1", "\n\nlines\n"])
@pytest.mark.parametrize("hindrances", [None, [], ["one"], ["two", "one"]])
def test_the_last_page_that_was_drawn_once_shows_what_was_said(
    comment: str, hindrances: list[str] | None
) -> None:
    form = ReviewForm(INSTRUMENT, "en", initial={"hindrances": hindrances, "comment": comment})
    anew = render_crispy_form(form)

    assert sorted(chosen_in(form.rows)) == sorted(("hindrances", key) for key in hindrances or [])
    assert form.rows.replace(" checked", "") == anew.replace(" checked", "")
