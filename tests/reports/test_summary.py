"""The summary of an organization: it counts teams, names none, tells nothing that their reports do not."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pypdf
import pytest
from django.utils import translation

from assessments import disclosure
from assessments.models import Organization, Round
from assessments.services import people, rounds
from reports import pdf
from reports.models import ReportState
from reports.services import render_report, request_summary
from reports.summary import build_summary
from reports.summary_content import count
from tests import factories
from tests.contents import make_coarse, make_shown
from tests.factories import DAY, NOW
from tests.instruments import make_instrument
from tests.reports.test_pdf import errors

Answers = dict[str, list[int]]

FIVE: Answers = {
    "Alder": [2] * 6,
    "Birch": [2] * 9,
    "Cedar": [1, 1, 1, 7, 7, 7],
    "Elder": [6] * 6,
    "Quince": [2, 2, 2],
}


def close(organization: Organization, answers: Answers, name: str = "2026 Q2") -> Round:
    teams = {each: factories.make_team(organization, each, size=10) for each in answers}
    of = factories.open_round(organization, name)
    for each, values in answers.items():
        factories.answer_all(of, teams[each], values)
    rounds.close_round(round=of, by=None, now=NOW + DAY)
    return Round.objects.select_related("organization", "questionnaire").get(pk=of.pk)


def text_of(document: bytes) -> str:
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(document)).pages]
    return " ".join(" ".join(pages).split())


# --- Counting ---------------------------------------------------------------------------------


def test_teams_are_counted_by_the_lowest_band_that_they_name() -> None:
    results = [
        make_shown(20, bands=("mostly_disagree",)),
        make_shown(60, bands=("mixed", "mostly_agree")),
        make_shown(75, bands=("mostly_agree",)),
        make_shown(90, bands=("strongly_agree",)),
        make_shown(55, bands=("mixed",)),
    ]

    assert count(results).bands == (1, 2, 1, 1)


def test_fewer_than_four_teams_are_not_counted() -> None:
    assert count([make_shown()] * 3) is None
    assert count([make_shown()] * 4).teams == 4


def test_agreement_is_counted_where_it_is_told() -> None:
    results = [
        make_shown(agreement="differ_widely"),
        make_shown(agreement="some_spread", two_camps=True),
        make_shown(agreement="close"),
        make_shown(agreement="close"),
        make_coarse(),
    ]

    found = count(results)

    assert (found.teams, found.told, found.far_apart) == (5, 4, 2)


def test_agreement_is_not_counted_where_too_few_teams_tell_it() -> None:
    """Three rough results beside one whose answers are far apart: "1 of 1" would be said of that team."""
    found = count([make_coarse()] * 3 + [make_shown(agreement="differ_widely")])

    assert (found.teams, found.told, found.far_apart) == (4, 0, 0)


# --- Of a round -------------------------------------------------------------------------------


def test_it_counts_teams(aviary: Organization) -> None:
    summary = build_summary(close(aviary, FIVE | {"Quince": []}), "en")
    first = summary.categories[0].capabilities[0].counts

    assert (summary.teams, summary.counted) == (5, 4)
    assert (summary.invited, summary.responded) == (50, 27)
    assert (first.teams, sum(first.bands)) == (4, 4)
    assert first.bands[0] == 3  # Cedar's interval reaches there
    assert first.far_apart == 1
    assert summary.low_in_most == ()  # it is low in two of four


def test_what_is_low_in_most_teams_is_named(aviary: Organization) -> None:
    summary = build_summary(close(aviary, FIVE | {"Quince": [2] * 6}), "en")
    names = [capability.short_name["en"] for capability in make_instrument().capabilities]

    assert [low.name for low in summary.low_in_most] == names


def test_of_three_teams_nothing_is_counted(aviary: Organization) -> None:
    of = close(aviary, {name: FIVE[name] for name in ("Alder", "Birch", "Cedar")})
    summary = build_summary(of, "en")

    assert not summary.is_possible
    assert all(each.counts is None for category in summary.categories for each in category.capabilities)
    assert summary.low_in_most == summary.shared == ()


def test_the_few_answers_of_a_hidden_team_cannot_be_told_by_subtraction(aviary: Organization) -> None:
    """Three answers are hidden, so the smallest shown team is left out with them: of equal ones the first."""
    summary = build_summary(close(aviary, FIVE), "en")

    assert (summary.teams, summary.counted) == (5, 3)
    assert not summary.is_possible


def test_complementary_suppression_is_that_of_the_method(aviary: Organization) -> None:
    answers = FIVE | {"Fir": [5] * 7, "Gum": [4] * 8}
    of = close(aviary, answers)
    visible = disclosure.visible_children({name: len(given) for name, given in answers.items()}, 5)

    assert build_summary(of, "en").counted == len(visible) == 5


def test_teams_in_groups_are_counted_like_others(aviary: Organization) -> None:
    of = close(aviary, FIVE | {"Quince": []})
    group = people.create_group(organization=aviary, name="Sky", by=None)
    for team in aviary.teams.filter(name__in=["Alder", "Birch"]):
        people.change_team(team=team, name=team.name, group=group, by=None)

    assert build_summary(of, "en").counted == 4


def test_it_takes_as_many_queries_for_many_teams(
    aviary: Organization, django_assert_num_queries: Any
) -> None:
    of = close(aviary, FIVE)
    build_summary(of, "en")  # the questionnaire is read once a process
    with django_assert_num_queries(5):
        build_summary(of, "en")
    more = close(aviary, {f"Team {number}": [5] * 5 for number in range(8)}, "2026 Q3")
    with django_assert_num_queries(5):
        build_summary(more, "en")


# --- On paper ---------------------------------------------------------------------------------


@pytest.fixture
def printed(aviary: Organization, settings: Any, tmp_path: Any) -> str:
    """The text of the PDF of five teams, one of them with few answers, and a sixth."""
    settings.MEDIA_ROOT = tmp_path
    of = close(aviary, FIVE | {"Fir": [2] * 6, "Gum": [2] * 8})
    report = render_report(report=request_summary(round=of)[0], language="en", now=NOW)
    assert (report.state, report.error) == (ReportState.READY, "")
    assert report.content["counted"] == 5
    with report.file.open() as file:
        return text_of(file.read())


def test_it_names_no_team(printed: str) -> None:
    for name in (*FIVE, "Fir", "Gum"):
        assert name not in printed


def test_it_says_what_it_counts_and_how(printed: str) -> None:
    assert "44 of 70 people answered" in printed
    assert "Counted are 5 of 7 teams" in printed
    assert "Low in most teams" in printed
    assert "in 3 of 5 teams" in printed


def test_with_too_few_teams_it_has_no_counts(aviary: Organization) -> None:
    text = text_of(pdf.render_summary(build_summary(close(aviary, {"Alder": [2] * 6}), "en")))

    assert "Too few teams" in text
    assert "mostly disagree" not in text


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_checker_of_accessibility_finds_no_error(
    aviary: Organization, language: str, tmp_path: Path
) -> None:
    with translation.override(language):
        summary = build_summary(close(aviary, FIVE | {"Quince": []}), language)
        assert errors(pdf.render_summary(summary), tmp_path) == set()


def test_the_same_content_gives_the_same_bytes(aviary: Organization) -> None:
    summary = build_summary(close(aviary, FIVE | {"Quince": []}), "en")

    assert pdf.render_summary(summary) == pdf.render_summary(summary)
