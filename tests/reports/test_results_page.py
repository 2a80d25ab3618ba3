"""The result page, and what it must not show."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from assessments.instrument import Instrument
from assessments.models import Round, Team, User
from assessments.services import actions, people
from assessments.services.responses import delete_old_responses
from reports.models import ReportState
from reports.services import render_report, request_report
from tests import factories
from tests.factories import DAY, NOW

SignIn = Callable[[User], Client]


def closed(team: Team, values: list[int | str], **options: Any) -> Round:
    now = timezone.now() - 9 * DAY
    return factories.closed_round(team.organization, team, values, now=now, **options)


def page(client: Client, of: Round, what: str = "") -> str:
    return client.get(f"/o/aviary/teams/team-kestrel/rounds/{of.pk}/{what}").content.decode()


def words(html: str) -> str:
    """What a person reads of a page."""
    return " ".join(strip_tags(re.sub(r"<(style|script|svg).*?</\1>", " ", html, flags=re.DOTALL)).split())


def test_the_page_says_what_the_content_says(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    text = words(page(sign_in(lee), closed(kestrel, [5, 5, 6, 6, 7])))

    assert "5 of 7 people answered." in text
    assert "Name of integration: 80" in text
    assert "interval 65 to ≥ 95" in text.replace("\u00a0", " ")
    assert "mostly to strongly agree" in text


@pytest.mark.parametrize("who", ["lee", "ada"])
def test_four_answers_leave_no_number(
    kestrel: Team, lee: User, ada: User, sign_in: SignIn, request: pytest.FixtureRequest, who: str
) -> None:
    """Means of 7 7 7 6 would be 95 or more; neither page nor table has a figure of them."""
    made = closed(kestrel, [7, 7, 7, 6], other={"comment": "Only four of us", "hindrances": ["integration"]})
    client = sign_in(request.getfixturevalue(who))
    html = page(client, made)

    assert "Fewer than 5 people answered" in words(html)
    assert "Only four of us" not in html
    assert "<svg" not in html
    assert not re.search(
        r"\b(?:6[.,]75|9[5-9]|100|Option [67]|mostly agree|[Mm]ost of you)\b",
        words(html.split('id="method"')[0]),
    )
    for row in json.loads(page(client, made, "scores.json"))["rows"]:
        assert row.pop("shown") is False
        assert row.pop("why_not_shown") in {"too_few", "too_few_capabilities"}
        assert {name for name, value in row.items() if value is not None} == {"kind", "key", "name"}


def test_comments_are_shown_to_the_team_alone(
    kestrel: Team, mia: User, ada: User, cleo: User, sign_in: SignIn
) -> None:
    made = closed(kestrel, [5] * 6, other={"comment": "More <b>oolong</b>"})

    assert "More &lt;b&gt;oolong&lt;/b&gt;" in page(sign_in(mia), made)
    for other in (ada, cleo):
        assert "oolong" not in page(sign_in(other), made)
    for reader in (mia, ada):
        assert "oolong" not in page(sign_in(reader), made, "scores.csv")


def test_a_page_costs_twelve_queries_at_most(
    kestrel: Team, lee: User, sign_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    now = timezone.now()
    factories.closed_round(kestrel.organization, kestrel, [3] * 6, name="2026 Q1", now=now - 99 * DAY)
    made = closed(kestrel, [5] * 6)
    client = sign_in(lee)
    page(client, made)  # reads the questionnaire once a process

    with django_assert_max_num_queries(12):
        page(client, made)


def test_the_shipped_questionnaire_makes_a_whole_page(
    kestrel: Team, lee: User, sign_in: SignIn, accelerate: Instrument
) -> None:
    made = closed(kestrel, [6] * 7, questionnaire=factories.make_questionnaire(accelerate))
    html = page(sign_in(lee), made)

    assert html.count('class="capability-result"') == 24
    assert html.count("<svg") >= 5 + 4
    assert all(c.name["en"] in html for c in accelerate.capabilities)


PARTS = "sure since agreement next categories metrics moved capabilities method".split()


def test_the_parts_stand_in_their_order(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    html = page(sign_in(lee), closed(kestrel, [5] * 6))

    assert re.findall(r'<h2 id="(\w+)"', html) == PARTS
    assert re.findall(r'<a href="#(\w+)"', html)[:9] == PARTS


def test_an_experiment_is_followed_by_what_moved(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    now = timezone.now()
    before = factories.closed_round(
        kestrel.organization, kestrel, [2] * 6, name="2026 Q1", now=now - 99 * DAY
    )
    started = actions.start_action(
        team=kestrel, round=before, capability_key="integration", title="Merge <b>daily</b>", by=lee, now=now
    )
    actions.finish_action(action=started, state="kept", outcome="R&D likes it", by=lee, now=now)
    html = page(sign_in(lee), closed(kestrel, [6] * 6))

    assert "Merge &lt;b&gt;daily&lt;/b&gt;" in html
    assert "Decided in 2026 Q1, kept." in words(html)
    assert "Since 2026 Q1: clear change, up 70." in words(html)
    assert "R&amp;D likes it" in html


def test_where_one_person_left_nothing_is_said_to_have_moved(
    kestrel: Team, lee: User, sign_in: SignIn
) -> None:
    now = timezone.now()
    factories.closed_round(kestrel.organization, kestrel, [3] * 6, name="2026 Q1", now=now - 99 * DAY)
    people.remove_from_team(membership=kestrel.memberships.exclude(user=lee).first(), by=None)
    text = words(page(sign_in(lee), closed(kestrel, [5] * 6)).split('id="method"')[0])

    assert "in steps of 10, and without intervals" in text
    assert "How far apart your answers lie is not told this time" in text
    assert "interval stands beside" not in text
    assert "within their intervals" not in text
    assert "As a whole" not in text
    assert not re.search(r"(clear|likely) change", text)


def test_the_wall_claims_nothing_that_the_page_does_not_tell(
    kestrel: Team, lee: User, sign_in: SignIn
) -> None:
    now = timezone.now()
    factories.closed_round(kestrel.organization, kestrel, [3] * 6, name="2026 Q1", now=now - 99 * DAY)
    people.remove_from_team(membership=kestrel.memberships.exclude(user=lee).first(), by=None)
    client = sign_in(lee)
    rough = words(page(client, closed(kestrel, [5] * 6), "wall/"))
    untold = words(page(client, closed(kestrel, ["dk"] * 6, name="2026 Q3"), "wall/"))

    assert "How far apart your answers lie is not told this time" in rough
    assert "Too few results are shown to tell." in untold
    assert "Too few results are shown to propose anything." in untold
    for text in (rough, untold):
        assert "There is no topic" not in text
    assert "Nothing stands out" not in untold


def test_the_wall_has_the_experiments_and_no_comment(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    made = closed(kestrel, [3] * 6, other={"comment": "More tea"})
    html = page(sign_in(lee), made, "wall/")

    assert "More tea" in page(sign_in(lee), made)
    assert "More tea" not in html
    assert "6 of 7 people answered." in words(html)
    assert "What we could try next" in html


def test_the_help_explains_an_interval_in_two_sentences(client: Client) -> None:
    html = client.get("/help/results/").content.decode()
    (said,) = re.findall(r'id="interval">.*?</h2>\s*<p>(.*?)</p>', html)

    assert len(re.findall(r"[.!?](?:\s|$)", said)) == 2


def test_the_help_tells_how_large_a_change_must_be(client: Client) -> None:
    html = client.get("/help/results/").content.decode()
    rows = re.findall(r'class="num">(\d+)</th><td class="num">([\d.]+)</td><td class="num">(\d+)<', html)

    assert {("5", "2.3", "38"), ("8", "1.8", "29"), ("12", "1.4", "24")} <= set(rows)


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "R&D", "$5 and $6", "Kestrel \u0645\u0631", "漢字 1", "Z̸̢a"]
)
def test_any_name_is_shown_as_it_is(kestrel: Team, lee: User, sign_in: SignIn, name: str) -> None:
    kestrel.name = name
    kestrel.save()
    html = page(sign_in(lee), closed(kestrel, [5] * 6))

    assert "<script>alert" not in html
    assert name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in html


def test_the_document_comes_once_it_is_made(
    kestrel: Team, lee: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr("reports.pdf.render", lambda content: b"%PDF-1.7 of a test")
    client, made = sign_in(lee), closed(kestrel, [5] * 6)
    url = f"/o/aviary/teams/team-kestrel/rounds/{made.pk}/report.pdf"

    none, asked, ready = client.get(url), client.post(url), client.get(url)

    assert (none.status_code, asked.status_code, ready.status_code) == (202, 302, 200)
    assert ready["Content-Type"] == "application/pdf"
    assert 'filename="team-kestrel-2026-q2.pdf"' in ready["Content-Disposition"]
    assert b"".join(ready.streaming_content) == b"%PDF-1.7 of a test"


def test_a_document_that_failed_says_so(
    kestrel: Team, lee: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(content: object) -> bytes:
        raise ValueError("out of ink")

    monkeypatch.setattr("reports.pdf.render", fail)
    client, made = sign_in(lee), closed(kestrel, [5] * 6)
    client.post(f"/o/aviary/teams/team-kestrel/rounds/{made.pk}/report.pdf")

    html = page(client, made, "report.pdf")

    assert "The report could not be made" in html

    assert "out of ink" not in html
    assert made.assessments.get().report.error == "ValueError: out of ink"


def test_deleting_old_answers_changes_no_number_on_any_page(
    kestrel: Team, lee: User, sign_in: SignIn
) -> None:
    """Page, CSV and PDF come from scores; only what single people wrote is gone."""
    made = closed(kestrel, [5, 5, 6, 6, 7], other={"comment": "More tea"})
    client = sign_in(lee)
    before = words(page(client, made)), page(client, made, "scores.csv")
    kestrel.organization.keep_responses_days = 1
    delete_old_responses(organization=kestrel.organization, now=timezone.now())
    caches["results"].clear()

    after = words(page(client, made)), page(client, made, "scores.csv")

    assert "More tea" in before[0]
    assert "More tea" not in after[0]
    assert re.findall(r"\d+", after[0]) == re.findall(r"\d+", before[0])
    assert after[1] == before[1]
    report, _created = request_report(assessment=made.assessments.get())
    assert render_report(report=report, language="en", now=NOW).state == ReportState.READY
