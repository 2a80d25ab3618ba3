"""Rounds brought in from a file: trends begin with them, and one person more or less is told in words.

Who was asked in them is not known, so numbers of answers decide (docs/method.md, 6.2 no. 4).
"""

from __future__ import annotations

import datetime as dt
import html
import io
import json
import re
from dataclasses import replace

import pypdf
import pytest
from django.test import Client
from django.utils import timezone

from assessments.models import Assessment, Organization, Round, Team, User
from assessments.services import coaches
from reports import pdf
from reports.builder import build_content
from reports.comparison import build_comparison
from reports.content import InWords, ReportContent, Shown
from reports.services import render_report, request_report, request_summary
from reports.summary import build_summary
from tests import factories
from tests.factories import DAY, NOW
from tests.instruments import make_instrument

LAST_DAY = dt.date(2025, 12, 31)


def quarter(team: Team, values: list[int], back: int) -> Round:
    """A quarter that was asked elsewhere, so many before the first one here."""
    day = LAST_DAY - dt.timedelta(days=91 * (back - 1))
    return factories.imported_round(team.organization, {team.name: values}, f"{back} back", closed_on=day)


def here(team: Team, values: list[int], name: str = "2026 Q2", days: int = 0) -> Round:
    return factories.closed_round(team.organization, team, values, name=name, now=NOW + days * DAY)


def content_of(of: Round) -> ReportContent:
    assessment = Assessment.objects.select_related("round__questionnaire", "round__organization").get(
        round=of
    )
    return build_content(assessment, "en", for_team=True)


def trend_of(content: ReportContent) -> list[int | str | None]:
    """Each point's score, or its word."""
    trend = content.capabilities[0].trend
    assert trend is not None
    return [p.score if p.score is not None else " ".join(p.bands) or None for p in trend.points]


def page(client: Client, of: Round, user: User) -> str:
    client.force_login(user)
    found = client.get(f"/o/aviary/teams/team-kestrel/rounds/{of.pk}/")
    assert found.status_code == 200
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", found.content.decode())).split())


# --- Trends -----------------------------------------------------------------------------------


def test_the_trend_begins_with_the_imported_quarters(kestrel: Team, lee: User, client: Client) -> None:
    for back in (3, 2, 1):
        quarter(kestrel, [7 - back] * 6, back)
    content = content_of(here(kestrel, [7] * 6))

    assert trend_of(content) == [50, 65, 85, 95]
    assert content.capabilities[0].trend.direction == "rising"
    assert (content.previous_round, content.capabilities[0].previous.score) == ("1 back", 85)
    said = page(client, Round.objects.get(name="2026 Q2"), lee)
    assert "Scores stand in the order of the rounds: 3 back; 2 back; 1 back; 2026 Q2." in said
    assert "6 of 7 people answered." in said


def test_past_quarters_that_come_in_after_the_first_round_here_stand_in_its_trend(kestrel: Team) -> None:
    first = here(kestrel, [7] * 6)
    assert content_of(first).capabilities[0].trend is None
    quarter(kestrel, [6] * 6, 1)
    quarter(kestrel, [5] * 6, 2)  # in any order

    assert trend_of(content_of(first)) == [65, 85, 95]


def test_nothing_is_called_clear_where_nobody_knows_who_was_asked(aviary: Organization) -> None:
    team = factories.make_team(aviary, size=12)
    quarter(team, [2] * 12, 2)
    imported = content_of(quarter(team, [6] * 12, 1))
    after = content_of(here(team, [2] * 12))
    later = content_of(here(team, [6] * 12, "2026 Q3", 90))

    assert [content.cautions for content in (imported, after, later)] == [("imported",), ("imported",), ()]
    labels = [content.capabilities[0].change.label for content in (imported, after, later)]
    assert labels == ["likely", "likely", "clear"]


# --- One person more or less ------------------------------------------------------------------


@pytest.mark.parametrize(("then", "in_words"), [(6, False), (7, True), (8, False)])
def test_two_imported_quarters_a_person_apart_are_told_in_words(
    kestrel: Team, then: int, in_words: bool
) -> None:
    quarter(kestrel, [4] * then, 2)
    content = content_of(quarter(kestrel, [4] * 6, 1))
    capability = content.capabilities[0]

    assert content.previous_in_words is content.one_changed is in_words
    assert isinstance(capability.previous, InWords if in_words else Shown)
    assert isinstance(capability.result, Shown)
    assert capability.result.is_coarse is in_words
    assert trend_of(content) == (["mixed", 50] if in_words else [50, 50])


@pytest.mark.parametrize("imported_first", [True, False])
@pytest.mark.parametrize(("then", "in_words"), [(6, False), (7, True), (5, True), (8, False)])
def test_a_round_here_and_an_imported_one_a_person_apart_are_told_in_words(
    kestrel: Team, then: int, in_words: bool, imported_first: bool
) -> None:
    """What was told first stays as it was; the other one is rough, and neither stands beside the other."""
    if imported_first:
        past, held = quarter(kestrel, [4] * then, 1), here(kestrel, [4] * 6)
    else:
        held = here(kestrel, [4] * 6)
        past = quarter(kestrel, [4] * then, 1)
    now, before = content_of(held), content_of(past)
    rough = [content.capabilities[0].result.is_coarse for content in (before, now)]

    assert rough == ([False, in_words] if imported_first else [in_words, False])
    assert isinstance(now.capabilities[0].previous, InWords if in_words else Shown)
    assert now.previous_in_words is in_words
    assert trend_of(now) == (["mixed", 50] if in_words else [50, 50])
    assert (now.capabilities[0].change is None) is in_words


def test_reports_far_apart_are_rough_for_nobody_and_their_trend_still_is_in_words(kestrel: Team) -> None:
    here(kestrel, [4] * 6)
    for back in (1, 2, 3):
        quarter(kestrel, [4] * 9, back)
    oldest = quarter(kestrel, [4] * 5, 4)

    assert not content_of(oldest).capabilities[0].result.is_coarse
    assert trend_of(content_of(Round.objects.get(name="2026 Q2"))) == ["mixed", 50, 50, 50, 50]


@pytest.mark.parametrize("imported_first", [True, False])
def test_what_is_brought_in_between_makes_neither_of_two_rounds_less_rough(
    kestrel: Team, imported_first: bool
) -> None:
    """Else a reader who kept the rough report would have the exact one beside it."""
    if imported_first:
        past, held = quarter(kestrel, [4] * 7, 4), here(kestrel, [4] * 6)
    else:
        held = here(kestrel, [4] * 6)
        past = quarter(kestrel, [4] * 7, 4)
    before = [content_of(each).capabilities[0].result for each in (past, held)]
    for back in (1, 2, 3):
        quarter(kestrel, [4] * 9, back)

    assert [content_of(each).capabilities[0].result for each in (past, held)] == before
    assert sorted(result.is_coarse for result in before) == [False, True]


@pytest.mark.parametrize("imported_first", [True, False])
def test_a_round_of_another_questionnaire_makes_rough_what_is_told_after_it(
    kestrel: Team, imported_first: bool
) -> None:
    """It may ask the same under another name; so it does here."""

    def imported() -> Round:
        other = factories.make_questionnaire(replace(make_instrument(), slug="other"))
        return factories.imported_round(
            kestrel.organization, {"Team Kestrel": [7, 3, 3, 3, 3, 3]}, questionnaire=other
        )

    own = factories.make_questionnaire()
    past = imported() if imported_first else None
    held = factories.closed_round(kestrel.organization, kestrel, [3] * 5, questionnaire=own)
    rough = [content_of(of).capabilities[0].result.is_coarse for of in (past or imported(), held)]

    assert rough == ([False, True] if imported_first else [True, False])


@pytest.mark.parametrize("imported_first", [True, False])
def test_who_is_not_in_one_of_two_files_is_not_the_difference_of_two_results(
    kestrel: Team, cleo: User, client: Client, imported_first: bool
) -> None:
    """Six answered 7 3 3 3 3 3, five of them 3 3 3 3 3: 6 · 44 − 5 · 33 is what the sixth one answered.

    So on no page, in no PDF and in no file do 45 and 35 stand together.
    """
    if imported_first:
        quarter(kestrel, [7, 3, 3, 3, 3, 3], 1)
        held = here(kestrel, [3] * 5)
    else:
        held = here(kestrel, [3] * 5)
        quarter(kestrel, [7, 3, 3, 3, 3, 3], 1)
    content = content_of(held)
    client.force_login(cleo)
    address = f"/o/aviary/teams/{kestrel.slug}/rounds/{held.pk}/"
    paper = pypdf.PdfReader(io.BytesIO(pdf.render(content)))
    told = [
        re.sub("<[^>]+>", " ", client.get(address).content.decode()),
        client.get(f"{address}scores.csv").content.decode(),
        " ".join(sheet.extract_text() for sheet in paper.pages),
        json.dumps(content.as_json()),
    ]

    assert [bool(re.search(r"\b45\b", text)) for text in told] == [False] * 4
    own = {
        name: content_of(Round.objects.get(name=name)).capabilities[0].result
        for name in ("1 back", "2026 Q2")
    }
    # rounded to 10, 44 and 33 differ by as much as 45 and 40 or 40 and 35 do
    assert [result.score for result in own.values()] == ([45, 40] if imported_first else [50, 35])
    assert "may have joined or left since" in told[0]
    assert "One person has joined or left since" not in told[0]


def test_statements_and_hindrances_stay_untold_beside_a_round_that_was_told_first(
    aviary: Organization,
) -> None:
    team = factories.make_team(aviary, size=9)
    here(team, [5] * 9)
    assert content_of(quarter(team, [5] * 9, 1)).capabilities[0].result.statements
    assert not content_of(quarter(team, [5] * 8, 2)).capabilities[0].result.statements


# --- Everything else that shows rounds --------------------------------------------------------


@pytest.mark.parametrize(("then", "in_words"), [(6, False), (7, True)])
def test_side_by_side_an_imported_quarter_stands_as_in_the_teams_own_report(
    kestrel: Team, then: int, in_words: bool
) -> None:
    past = quarter(kestrel, [4] * then, 1)
    held = here(kestrel, [6] * 6)
    cell = build_comparison(held, "en", other=past).sections[0].teams[0].cells[0]

    assert isinstance(cell.before, InWords if in_words else Shown)
    assert cell.now == content_of(held).capabilities[0].result


def test_the_comparison_of_an_imported_round_is_as_rough_as_its_reports(kestrel: Team) -> None:
    here(kestrel, [4] * 6)
    past = quarter(kestrel, [4] * 7, 1)

    cell = build_comparison(past, "en").sections[0].teams[0].cells[0]
    assert cell.now == content_of(past).capabilities[0].result


def test_its_pdf_and_summary_are_made_when_asked_for_and_claim_nothing(kestrel: Team) -> None:
    past = quarter(kestrel, [4] * 6, 1)
    documents = [request_report(assessment=past.assessments.get())[0], request_summary(round=past)[0]]

    for report in documents:
        made = render_report(report=report, language="en", now=NOW)
        assert made.error == ""
        with made.file.open() as file:
            paper = pypdf.PdfReader(file)
            text = " ".join(" ".join(sheet.extract_text().split()) for sheet in paper.pages)
        assert "6 people answered." in text
        assert "how many were asked is not known" in text
        assert not re.search(r"\b6 of \d+ (people )?answered", text)
    assert build_summary(past, "en").invited is None


def test_a_coach_sees_it_as_results_like_others(kestrel: Team, cleo: User, client: Client) -> None:
    factories.imported_round(
        kestrel.organization, {"Team Kestrel": [4] * 6}, now=timezone.now(),
        closed_on=timezone.now().date() - 9 * DAY,
    )  # fmt: skip
    coaches.choose_care(organization=kestrel.organization, teams=[kestrel], by=cleo)
    client.force_login(cleo)

    assert "2025 Q4" in client.get("/o/aviary/coach/").content.decode()
