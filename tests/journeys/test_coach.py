"""A coach's day: what is new, teams side by side, a talk prepared, reports taken along.

Once in a small organization, from the first page to the last file; once where teams are many. What must
not be told is looked for on every page and in every file.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from assessments import demo

from .conftest import DESK, PHONE, Enter
from .places import PASSWORD
from .stage import Stage, running_stage, until

FEW = 5
"""Fewer answers are not shown."""


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/account/login/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Teams in my care", level=1)).to_be_visible()


def words(page: Page) -> str:
    """What the page says."""
    return " ".join((page.get_by_role("main").text_content() or "").split())


def counts_of(page: Page, address: str) -> dict[str, int]:
    """How many of each team answered, as the round's page tells."""
    page.goto(address)
    rows = page.locator("main table tbody tr").evaluate_all(
        "rows => rows.map(row => [row.children[0].textContent.trim(), row.children[1].textContent])"
    )
    return {team: int(answered.split(" of ")[0]) for team, answered in rows}


def heat_of(page: Page) -> dict[str, list[str]]:
    """The table: what stands in each team's cells, as it is seen."""
    rows = page.locator(".heat-map tbody tr:has(input)").evaluate_all(
        "rows => rows.map(row => [row.querySelector('a').textContent,"
        " [...row.querySelectorAll('td')].map(cell => [cell.className, cell.textContent])])"
    )
    for _team, cells in rows:
        for kind, text in cells:
            assert ("few" in kind.split()) == (
                re.search(r"\d", text.replace(f"fewer than {FEW}", "")) is None
            )
    return {team: [" ".join(text.split()) for _kind, text in cells] for team, cells in rows}


HIDDEN = f"– fewer than {FEW} answered"


def check_heat(heat: dict[str, list[str]], counts: dict[str, int], columns: int = 24) -> None:
    """Every team is there with every capability; of those with few answers nothing is told."""
    assert set(heat) == set(counts)
    assert {len(cells) for cells in heat.values()} == {columns}
    silent = {team for team, cells in heat.items() if set(cells) == {HIDDEN}}
    assert silent >= {team for team, answered in counts.items() if answered < FEW}
    assert len(heat) - len(silent) >= 4


def is_in_order(page: Page) -> bool:
    """Whether the teams of each group stand by name."""
    groups = page.locator(".heat-map tbody").evaluate_all(
        "all => all.map(one => [...one.querySelectorAll('th a')].map(team => team.textContent))"
    )
    assert any(groups)
    return all(teams == sorted(teams, key=str.casefold) for teams in groups)


# --- A small organization ---------------------------------------------------------------------------


def see_what_is_new(page: Page) -> None:
    """Results, what began and what ended since; whose round is open; what is due. Then it is seen."""
    said = words(page)
    assert "Results of Summer: Team Mallard, Team Scaup" in said
    assert "the experiment “Pair on releases” came out of Summer" in said
    assert "the experiment “Merge daily” has ended: kept" in said
    assert said.index("“Pair on releases”") < said.index("“Merge daily”") < said.index("Results of Summer")
    assert re.search(r"Autumn: \d of 8 have answered so far", said), said
    assert "1 open, 1 due" in said
    page.get_by_role("button", name="Mark all as seen").click()
    expect(page.get_by_role("heading", name="New since").locator("+ p")).to_have_text("Nothing.")
    expect(page.get_by_text("1 open, 1 due")).to_be_visible()


def put_two_side_by_side(page: Page, teams: tuple[str, str]) -> None:
    """With the keyboard: two boxes, then the button."""
    for team in teams:
        page.get_by_label(f"{team} side by side with others").press("Space")
    page.get_by_role("button", name="Put them side by side").press("Enter")
    charts = page.locator(".multiples section")
    expect(charts).to_have_count(2)
    assert [name.split(" ", 1)[0] for name in charts.locator("h3").all_text_contents()] == ["Team", "Team"]
    assert charts.locator("h3").all_text_contents() == list(teams)
    expect(charts.locator("svg")).to_have_count(2)


def write_a_note(page: Page, team: str, note: str) -> None:
    """On the team's page; it stands there and on the coach's own."""
    page.get_by_role("link", name="The team and its other rounds").click()
    page.get_by_text("Write a note").click()
    page.get_by_label("Note", exact=False).last.fill(note)
    page.get_by_role("button", name="Save the note").click()
    expect(page.get_by_text(note)).to_be_visible()
    page.get_by_role("link", name="Teams in my care").click()
    expect(page.get_by_text(note)).to_be_visible()


def pdf_of(page: Page) -> str:
    """The words of a team's report, as soon as it is made."""
    page.get_by_role("button", name="Make the PDF").click()
    address = page.url

    def made() -> bytes | None:
        response = page.request.get(address)
        assert response.ok
        return response.body() if response.headers["content-type"] == "application/pdf" else None

    return text_of(until(made, "the report is made"))


def squeezed(text: str) -> str:
    """A text without spaces: a PDF has its own."""
    return re.sub(r"\s+", "", text)


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def pack_a_group(page: Page, group: str) -> dict[str, str]:
    """All reports of a group in one file: asked for, looked at again, taken; words by file name."""
    page.get_by_role("button", name=f"Pack the reports of {group}").click()
    expect(page.get_by_role("heading", name=f"Reports: {group}")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name=f"Reports: {group}")).to_be_visible()
    link = page.get_by_role("link", name="Download the reports (zip)")
    link.wait_for()  # the page looks again by itself
    with page.expect_download() as download:
        link.click()
    with zipfile.ZipFile(download.value.path()) as archive:
        return {name: text_of(archive.read(name)) for name in archive.namelist()}


def summary_of(page: Page) -> str:
    """The summary's words."""
    page.get_by_role("link", name="All reports of the round").click()
    page.get_by_role("button", name="Make the summary").click()
    link = page.get_by_role("link", name="Open the summary (PDF)")
    link.wait_for()
    response = page.request.get(link.get_attribute("href") or "")
    assert response.headers["content-type"] == "application/pdf"
    return text_of(response.body())


def numbers_of(page: Page, address: str) -> list[dict[str, str]]:
    """A team's numbers as a table."""
    return list(csv.DictReader(io.StringIO(page.request.get(f"{address}scores.csv").text())))


def test_a_day(stage: Stage, enter: Enter) -> None:
    scene: dict[str, Any] = stage.set_scene("lakeside")
    page = enter(**DESK)
    sign_in(page, scene["coach"], PASSWORD)
    see_what_is_new(page)

    counts = counts_of(page, f"{scene['org']}rounds/{scene['summer']}/")
    assert counts["Team Scaup"] < FEW
    page.goto("/")  # leads back to the coach's own page
    page.get_by_role("link", name="Summer: all teams side by side").click()
    heat = heat_of(page)
    check_heat(heat, counts)
    assert is_in_order(page)

    page.get_by_label("Group").select_option(label="South Shore")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Too few teams to compare")).to_be_visible()
    expect(page.locator(".heat, svg")).to_have_count(0)

    page.get_by_label("Group").select_option(label="all teams")
    page.get_by_label("Beside").select_option(label="Spring")
    page.get_by_label("One capability closely").select_option(label="Learning")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#closely")).to_have_text("Learning")
    expect(page.locator(".multiples svg")).to_have_count(2)
    expect(page.locator(".heat small").first).to_be_visible()
    assert heat_of(page)["Team Scaup"] == heat["Team Scaup"]
    put_two_side_by_side(page, ("Team Mallard", "Team Teal"))
    expect(page.locator("#closely")).to_have_text("Learning")  # what was chosen stays

    page.get_by_role("row", name="Team Scaup").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Too few answers")).to_be_visible()
    assert {row["shown"] for row in numbers_of(page, page.url)} == {"no"}
    page.go_back()
    page.get_by_role("row", name="Team Mallard").get_by_role("link", name="Team Mallard").first.click()
    expect(page.get_by_role("heading", name="Team Mallard", level=1)).to_be_visible()
    assert "“Merge daily”" in words(page) or "Merge daily" in words(page)
    results = page.url
    report = pdf_of(page)
    assert "Team Mallard" in report
    page.goto(results)
    write_a_note(page, "Team Mallard", "Ask who is on holiday in August.")

    page.get_by_role("link", name="Summer: reports in one file").click()
    reports = pack_a_group(page, "South Shore")
    assert set(reports) == {"team-eider-summer.pdf", "team-scaup-summer.pdf"}
    assert "Too few answers" in reports["team-scaup-summer.pdf"]
    assert not any("August" in text for text in [report, *reports.values()])
    summary = summary_of(page)
    assert "Lakeside" in summary
    assert not [team for team in counts if team in summary]


# --- Many teams ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crowded() -> Iterator[Stage]:
    """An organization of sixty teams with three quarters behind them, for itself."""
    with running_stage() as running:
        running.manage("create_demo", "--teams=60", "--quarters=3")
        yield running


def focused(page: Page) -> str:
    """What has the focus; it must be in sight, not below a head that stays."""
    name, top, bottom = page.evaluate(
        "() => { const one = document.activeElement, box = document.querySelector('.heat-box'),"
        " head = document.querySelector('.heat-map thead').lastElementChild.firstElementChild;"
        " const place = one.getBoundingClientRect(), view = box.getBoundingClientRect();"
        " return [one.getAttribute('aria-label') || one.textContent,"
        "  place.top - head.getBoundingClientRect().bottom, view.bottom - place.bottom] }"
    )
    assert top > -1 or "capability=" in (page.evaluate("document.activeElement.href") or ""), name
    assert bottom > -1, name
    return str(name)


def walk_with_arrows(page: Page) -> None:
    """From team to team, from group to group, over to the boxes, and up to the capabilities."""
    teams = page.locator(".heat-map tbody th a").all_text_contents()
    page.locator(".heat-map tbody th a").first.focus()
    for key, at in (("ArrowDown", 1), ("ArrowDown", 2), ("ArrowUp", 1), ("End", -1), ("Home", 0)):
        page.keyboard.press(key)
        assert focused(page) == teams[at]
    page.keyboard.press("PageDown")
    second = focused(page)
    first_of_groups = page.locator(".heat-map tbody:has(input)").evaluate_all(
        "all => all.map(one => one.querySelector('th a').textContent)"
    )
    assert second == first_of_groups[1]
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowLeft")
    assert focused(page) == f"{teams[0]} side by side with others"
    page.keyboard.press("ArrowUp")
    assert focused(page) == page.locator(".heat-map thead a").first.text_content()


def test_many_teams(crowded: Stage, browser: Any) -> None:
    context = browser.new_context(base_url=crowded.url, **DESK)
    page = context.new_page()
    sign_in(page, demo.address_of(demo.COACH), demo.PASSWORD)
    assert re.search(r"Results of \d{4} Q\d: Team", words(page))
    page.get_by_role("link", name="all teams side by side").click()
    address = page.url
    check_heat(heat_of(page), counts := counts_of(page, address.removesuffix("compare/")))
    assert len(counts) > 50

    page.goto(address)
    assert is_in_order(page)
    walk_with_arrows(page)
    page.get_by_text("To a group in the table").click()
    page.locator(".heat-groups a").last.click()
    expect(page.locator(".group-name").last).to_be_in_viewport()

    page.get_by_label("Group").select_option(index=1)
    page.get_by_label("Beside").select_option(index=2)
    page.get_by_label("One capability closely").select_option(label="Test automation")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#closely")).to_have_text("Test automation")
    part = heat_of(page)
    assert 4 <= len(part) < len(counts)
    assert set(part) < set(counts)
    context.close()


def test_many_teams_on_a_phone_and_on_paper(crowded: Stage, browser: Any) -> None:
    """Heads and names stay where they are, nothing else scrolls sideways, and every sheet has heads."""
    context = browser.new_context(base_url=crowded.url, **PHONE)
    page = context.new_page()
    sign_in(page, demo.address_of(demo.COACH), demo.PASSWORD)
    page.get_by_role("link", name="all teams side by side").click()
    page.wait_for_load_state()  # a page of that length is measured when all of it is there
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    stays = (
        "() => { const box = document.querySelector('.heat-box'); box.scrollTo(500, 900);"
        " const view = box.getBoundingClientRect(), head = box.querySelector('thead a').closest('th');"
        " const name = box.querySelectorAll('tbody th')[9].getBoundingClientRect();"
        " return [head.getBoundingClientRect().top - view.top, name.left - view.left] }"
    )
    top, left = page.evaluate(stays)
    assert 0 <= top < 60
    assert -1 < left < 1
    teams = page.locator(".heat-map tbody th a").all_text_contents()
    paper = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    width, height = (round(float(side) / 72 * 25.4) for side in paper.pages[0].mediabox[2:])
    assert (width, height) == (420, 297)
    sheets = [squeezed(sheet.extract_text()) for sheet in paper.pages]
    assert [team for team in teams if not any(squeezed(team) in sheet for sheet in sheets)] == []
    rows = [sheet for sheet in sheets if sum(squeezed(team) in sheet for team in teams) > 5]
    assert len(rows) > 1
    assert all("Versioncontrol" in sheet and "Leadership" in sheet for sheet in rows)
    context.close()
