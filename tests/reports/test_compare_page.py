"""The page with a round's teams beside each other: who sees it, what it says, and what it must not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone
from matplotlib import colormaps
from matplotlib.colors import to_hex, to_rgb

from assessments.models import Assessment, Group, Organization, Round, Team, User
from assessments.scoring import SCORING_VERSION
from assessments.services import people, rounds
from assessments.tables import FORMATS
from reports.charts.words import short_score
from reports.comparison_content import MOST_IN_ONE_CHART, Comparison, Section, parts_of, spread_of
from tests import factories
from tests.factories import DAY
from tests.reports.test_comparison_content import TESTS, make_comparison
from tests.reports.test_results_page import words

SignIn = Callable[[User], Client]
Answers = dict[str, Sequence[int]]

FOUR: Answers = {"Alder": [2] * 6, "Birch": [5] * 6, "Cedar": [6] * 6, "Elder": [6] * 9}


def make_teams(organization: Organization, sizes: dict[str, int]) -> dict[str, Team]:
    return {name: factories.make_team(organization, name, size) for name, size in sizes.items()}


def close(
    organization: Organization, answers: Answers, *, ago: int = 9, name: str = "", **more: Any
) -> Round:
    """A round of the organization that closed so many days ago."""
    now = timezone.now() - ago * DAY
    made = factories.open_round(organization, name or f"{ago} days ago", now=now - DAY, **more)
    for team in Team.objects.filter(name__in=answers):
        factories.answer_all(made, team, answers[team.name], now=now - DAY)
    rounds.close_round(round=made, by=None, now=now)
    made.refresh_from_db()
    return made


@pytest.fixture
def teams(aviary: Organization) -> dict[str, Team]:
    """Four teams of nine people."""
    return make_teams(aviary, dict.fromkeys(FOUR, 9))


def page(client: Client, of: Round, what: str = "") -> str:
    answer = client.get(f"/o/aviary/rounds/{of.pk}/compare/{what}")
    assert answer.status_code == 200, what
    return answer.content.decode()


def row(html: str, name: str) -> list[str]:
    """What stands in the cells of a row of the table."""
    found = re.search(rf'<th scope="row">(?:(?!</tr>).)*{name}(?:(?!</tr>).)*</tr>', html, re.DOTALL)
    assert found, name
    return [words(cell).replace("\u00a0", " ") for cell in re.findall(r"<td.*?</td>", found[0], re.DOTALL)]


def group(organization: Organization, name: str, *members: Team, parent: Group | None = None) -> Group:
    made = people.create_group(organization=organization, name=name, parent=parent, by=None)
    for team in members:
        people.change_team(team=team, name=team.name, group=made, by=None)
    return made


def test_the_map_says_what_the_teams_own_pages_say(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn
) -> None:
    made = close(aviary, FOUR)
    client = sign_in(cleo)
    html = page(client, made)

    for name, team in teams.items():
        told = json.loads(client.get(f"/o/aviary/teams/{team.slug}/rounds/{made.pk}/scores.json").content)
        own = [short_score(each["score"]) for each in told["rows"] if each["kind"] == "capability"]
        assert own
        assert row(html, name) == [score.replace("\u00a0", " ") for score in own]


def test_teams_are_in_the_order_of_their_names(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn
) -> None:
    html = page(sign_in(cleo), close(aviary, FOUR))

    assert re.findall(r'name="teams" value="(\w+)"', html) == ["alder", "birch", "cedar", "elder"]


def test_three_shown_teams_are_not_compared(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn
) -> None:
    made = close(aviary, FOUR | {"Alder": [2] * 4})
    for what in ("", "?capability=integration", "?teams=birch,cedar"):
        html = page(sign_in(cleo), made, what)

        assert "Too few teams to compare" in html
        assert not re.search(r"class=\"heat |<svg", html)


def test_a_small_group_is_not_compared_either(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn
) -> None:
    group(aviary, "North", teams["Alder"], teams["Birch"], teams["Cedar"])

    assert "Too few teams to compare" in page(sign_in(cleo), close(aviary, FOUR), "?group=north")


def test_a_hidden_team_leaves_no_figure(aviary: Organization, cleo: User, sign_in: SignIn) -> None:
    """The same page, whatever the four people of the fifth team answered."""
    make_teams(aviary, dict.fromkeys([*FOUR, "Few"], 9))
    pages = []
    for ago, value in ((9, 1), (5, 7)):
        made = close(aviary, FOUR | {"Few": [value] * 4}, ago=ago, name="Same")
        pages.append(words(page(sign_in(cleo), made, "?capability=integration")))
        assert set(row(page(sign_in(cleo), made), "Few")) == {"– fewer than 5 answered"}
        made.assessments.all().delete()
        made.delete()

    assert pages[0] == pages[1]


def test_low_in_most_and_low_in_one(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn
) -> None:
    client = sign_in(cleo)
    one = words(page(client, close(aviary, FOUR)))
    most = words(page(client, close(aviary, dict.fromkeys(FOUR, [2] * 6), ago=5)))

    assert re.search(r"Low in one team or two All other teams .*?integration: Alder", one)
    assert "low in 4 of 4 teams" in most


def test_means_are_of_people_over_the_tree(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn
) -> None:
    """North holds two teams, and the group below it one more; the fourth has no group."""
    north = group(aviary, "North", teams["Birch"], teams["Cedar"])
    group(aviary, "Far north", teams["Elder"], parent=north)
    made = close(aviary, FOUR | {"Birch": [3] * 5, "Cedar": [4] * 5, "Elder": [7] * 9})
    html = page(sign_in(cleo), made)
    headings = re.findall(r'<th scope="rowgroup">([^<]*)', html)

    assert headings == ["North", "North / Far north", "Without a group"]
    assert row(html, "Mean of North and the groups in it")[0] == "65"
    # that is (5 · 35 + 5 · 50 + 9 · 95) / 19 = 67.4, and not (35 + 50 + 95) / 3 = 60
    none = {"– fewer than two teams have a score"}
    assert set(row(html, "Mean of Far north")) == set(row(html, "Mean of those without a group")) == none
    assert row(html, "Mean of everybody above")[0] == "55"  # and 6 · 15


def test_one_person_changed_makes_the_other_round_words(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn
) -> None:
    """Birch has lost one: its last round has no number beside this one, and this one is rough."""
    before = close(aviary, dict.fromkeys(FOUR, [5] * 6), ago=99)
    people.remove_from_team(membership=teams["Birch"].memberships.first(), by=None)
    made = close(aviary, dict.fromkeys(FOUR, [5] * 6))
    html = page(sign_in(cleo), made, f"?with={before.pk}")

    assert row(html, "Birch")[0] == "≈ 70 before: mixed"
    assert row(html, "Cedar")[0] == "65 before: 65"


def test_a_capability_closely(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn
) -> None:
    html = page(sign_in(cleo), close(aviary, FOUR), "?capability=integration")

    assert html.count("<svg") == 2
    assert "The same in numbers" in html


def test_many_teams_have_a_chart_for_each_group() -> None:
    rows = make_comparison(*[50] * (MOST_IN_ONE_CHART + 1)).teams
    sections = (Section(("North",), rows[:7], (None,)), Section((), rows[7:], (None,)))
    comparison = Comparison((TESTS,), sections, (None,), 5)
    spread = spread_of(comparison, TESTS)
    assert spread
    context = {"column": TESTS, "spread": spread, "parts": parts_of(spread, comparison)}
    html = render_to_string(
        "reports/compare/closely.html", context | {"organization": {"slug": "aviary"}, "round": {"pk": 1}}
    )

    assert html.count("<svg") == 4  # the funnel, what the signs mean, North, and who is in no group
    assert re.findall(r"<figcaption>([^<]*)</figcaption><svg", html) == ["North", "Without a group"]


def test_every_group_has_a_place_to_jump_to(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn
) -> None:
    group(aviary, "North", teams["Birch"])
    html = page(sign_in(cleo), close(aviary, FOUR))
    places = re.findall(r'href="#([^"]+)"', html)

    assert {"group-1", "group-2", "after-map", "most", "few", "map"} <= set(places)
    assert [place for place in places if f'id="{place}"' not in html] == []


@pytest.mark.parametrize(
    ("asked", "drawn"), [("alder", 0), ("alder,birch", 2), ("alder,birch,cedar,elder", 4)]
)
def test_two_to_four_teams_side_by_side(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn, asked: str, drawn: int
) -> None:
    html = page(sign_in(cleo), close(aviary, FOUR), f"?teams={asked}")

    assert html.count("<svg") == drawn
    assert ("Choose 2 to 4 teams" in html) == (not drawn)


@pytest.mark.parametrize(
    "what", ["group=x", "with=1000000", "with=x", "capability=x", "teams=x", "teams=alder,x"]
)
def test_only_what_exists_can_be_asked_for(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn, what: str
) -> None:
    made = close(aviary, FOUR)

    assert sign_in(cleo).get(f"/o/aviary/rounds/{made.pk}/compare/?{what}").status_code == 404


def test_a_round_of_others_or_a_later_one_is_no_choice(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn
) -> None:
    made, later = close(aviary, FOUR), close(aviary, FOUR, ago=2)
    elsewhere = factories.make_organization("Elsewhere")
    make_teams(elsewhere, {"Team Elsewhere": 2})
    foreign = close(elsewhere, {}, ago=99)

    for other in (made, later, foreign):
        url = f"/o/aviary/rounds/{made.pk}/compare/?with={other.pk}"
        assert sign_in(cleo).get(url).status_code == 404


def test_the_teams_come_first(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn
) -> None:
    made = close(aviary, FOUR, ago=2, team_first_days=30)
    answer = sign_in(cleo).get(f"/o/aviary/rounds/{made.pk}/compare/")

    assert answer.status_code == 403
    assert "They open to you on" in answer.content.decode()


def test_a_round_that_only_the_teams_see_is_no_choice(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn
) -> None:
    secret, made = close(aviary, FOUR, ago=9, team_first_days=90), close(aviary, FOUR, ago=2)

    assert sign_in(cleo).get(f"/o/aviary/rounds/{made.pk}/compare/?with={secret.pk}").status_code == 404


@pytest.mark.parametrize("count", [4, 8])
def test_the_queries_do_not_grow_with_the_teams(
    aviary: Organization, cleo: User, sign_in: SignIn, django_assert_num_queries: Any, count: int
) -> None:
    names = [f"Team {number}" for number in range(count)]
    made_teams = make_teams(aviary, dict.fromkeys(names, 6))
    group(aviary, "North", *list(made_teams.values())[:2])
    before = close(aviary, dict.fromkeys(names, [4] * 6), ago=99)
    made = close(aviary, dict.fromkeys(names, [5] * 6))
    client = sign_in(cleo)
    page(client, made)  # reads the questionnaire once a process

    with django_assert_num_queries(9):
        page(client, made)
    with django_assert_num_queries(10):
        page(client, made, f"?with={before.pk}&capability=integration&group=")


def test_assessments_of_a_round_are_found_with_those_before(
    aviary: Organization, teams: dict[str, Team]
) -> None:
    from assessments.queries import lineages  # noqa: PLC0415

    before, made = close(aviary, FOUR, ago=99), close(aviary, FOUR)
    found = lineages(made)

    assert set(found) == {team.pk for team in teams.values()}
    assert all([each.round_id for each in line] == [made.pk, before.pk] for line in found.values())
    assert Assessment.objects.count() == 8


# --- As a table -----------------------------------------------------------------------------------


def told(client: Client, of: Round, what: str = "") -> dict[str, Any]:
    answer = client.get(f"/o/aviary/rounds/{of.pk}/comparison.json{what}")
    assert answer.status_code == 200, what
    return json.loads(answer.content)


def cells_of(found: dict[str, Any], **wanted: Any) -> list[str]:
    """The rows of a table that have these values, as the page writes their scores."""
    rows = [row for row in found["rows"] if wanted.items() <= row.items()]
    return [cell_of(row) for row in rows]


def cell_of(row: dict[str, Any]) -> str:
    if not row["shown"]:
        numbers = [value for value in row.values() if type(value) in (int, float)]
        assert not numbers, row
        few = "5 answered" if row["why_not_shown"] == "too_few" else "two teams have a score"
        return f"– fewer than {few}"
    score = f"≈ {row['score']}" if row["coarse"] else short_score(row["score"]).replace("\u00a0", " ")
    before = row["before"]
    return score if before is None else f"{score} before: {before}"


def test_the_table_has_the_cells_of_the_page(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn
) -> None:
    """Groups, a team that is hidden, one that has lost somebody, and a round before."""
    make_teams(aviary, {"Few": 9})
    north = group(aviary, "North", teams["Birch"], teams["Cedar"])
    group(aviary, "Far north", teams["Elder"], parent=north)
    before = close(aviary, dict.fromkeys(FOUR, [5] * 6), ago=99)
    people.remove_from_team(membership=teams["Birch"].memberships.first(), by=None)
    made = close(aviary, FOUR | {"Few": [7] * 4})
    client = sign_in(cleo)

    for what in ("", f"?with={before.pk}"):
        html, found = page(client, made, what), told(client, made, what)
        for name in (*FOUR, "Few"):
            assert cells_of(found, team=name) == row(html, name), (what, name)
        assert cells_of(found, kind="all") == row(html, "Mean of everybody above")
        for path, name in (
            ("North", "Mean of North and the groups in it"),
            ("North / Far north", "Mean of Far north"),
            (None, "Mean of those without a group"),
        ):
            assert cells_of(found, kind="group", group=path) == row(html, name), (what, path)


def test_the_table_names_its_round_and_versions(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn
) -> None:
    before, made = close(aviary, FOUR, ago=99), close(aviary, FOUR)
    found = told(sign_in(cleo), made, f"?with={before.pk}")
    rows = found.pop("rows")

    assert found == {
        "what": "comparison",
        "round": "9 days ago",
        "before_round": "99 days ago",
        "questionnaire": "test 1",
        "organization": "Aviary",
        "minimum": 5,
    }
    assert {each["scoring"] for each in rows if each["kind"] == "team"} == {SCORING_VERSION}
    assert next((each["n"], each["teams"]) for each in rows if each["kind"] == "all") == (27, 4)


def test_the_table_is_limited_like_the_page(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn
) -> None:
    more = make_teams(aviary, {"Owl": 9})
    group(aviary, "North", *teams.values())
    group(aviary, "South", *more.values())
    made = close(aviary, FOUR | {"Owl": [3] * 6})
    client = sign_in(cleo)

    assert {each["team"] for each in told(client, made)["rows"]} == {None, *FOUR, "Owl"}
    assert {each["team"] for each in told(client, made, "?group=north")["rows"]} == {None, *FOUR}


@pytest.mark.parametrize("what", ["", "?group=north"])
def test_too_few_teams_are_no_table(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn, what: str
) -> None:
    """Whoever types its address is led to the page that says why."""
    group(aviary, "North", teams["Alder"], teams["Birch"], teams["Cedar"])
    made = close(aviary, FOUR if what else FOUR | {"Alder": [2] * 4})
    url = f"/o/aviary/rounds/{made.pk}/"
    client = sign_in(cleo)

    for ending in FORMATS:
        answer = client.get(f"{url}comparison.{ending}{what}")
        assert (answer.status_code, answer["Location"]) == (302, f"{url}compare/{what}")
    assert "comparison." not in page(client, made, what)


@pytest.mark.parametrize("what", ["group=x", "with=1000000", "with=x"])
def test_only_a_table_of_what_exists_can_be_asked_for(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn, what: str
) -> None:
    made = close(aviary, FOUR)

    assert sign_in(cleo).get(f"/o/aviary/rounds/{made.pk}/comparison.csv?{what}").status_code == 404


def test_the_table_comes_no_sooner_than_the_page(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn
) -> None:
    secret, made = close(aviary, FOUR, ago=9, team_first_days=90), close(aviary, FOUR, ago=2)
    client = sign_in(cleo)

    assert client.get(f"/o/aviary/rounds/{secret.pk}/comparison.json").status_code == 403
    assert client.get(f"/o/aviary/rounds/{made.pk}/comparison.json?with={secret.pk}").status_code == 404


def test_the_page_leads_to_the_table_of_what_it_shows(
    aviary: Organization, teams: dict[str, Team], cleo: User, sign_in: SignIn
) -> None:
    group(aviary, "North", *teams.values())
    before, made = close(aviary, FOUR, ago=99), close(aviary, FOUR)
    what = f"?group=north&with={before.pk}"
    found = re.findall(r'href="([^"]+/comparison\.[^"]+)"', page(sign_in(cleo), made, what))

    assert [unescape(url) for url in found] == [
        f"/o/aviary/rounds/{made.pk}/comparison.{ending}{what}" for ending in FORMATS
    ]


def test_who_took_the_table_is_logged_once(
    aviary: Organization, teams: dict[str, Team], ada: User, cleo: User, sign_in: SignIn
) -> None:
    made = close(aviary, FOUR)
    client = sign_in(cleo)
    client.head(f"/o/aviary/rounds/{made.pk}/comparison.csv")
    client.get(f"/o/aviary/rounds/{made.pk}/comparison.csv")

    log = words(sign_in(ada).get("/o/aviary/log/").content.decode())
    assert log.count("Cleo downloaded the comparison of the teams in 9 days ago.") == 1


@pytest.mark.parametrize("count", [4, 8])
def test_the_tables_queries_do_not_grow_with_the_teams(
    aviary: Organization, cleo: User, sign_in: SignIn, django_assert_num_queries: Any, count: int
) -> None:
    names = [f"Team {number}" for number in range(count)]
    make_teams(aviary, dict.fromkeys(names, 6))
    made = close(aviary, dict.fromkeys(names, [5] * 6))
    client = sign_in(cleo)
    told(client, made)

    with django_assert_num_queries(10):  # and who took it is written down
        told(client, made)


# --- Colours --------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    parts = [x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4 for x in to_rgb(colour)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_the_steps_are_cividis_and_can_be_read() -> None:
    """docs/method.md 7; contrast after WCAG 2.2, 1.4.3."""
    css = (Path(__file__).parents[2] / "reports/static/reports/compare.css").read_text(encoding="utf-8")
    steps = re.findall(r"^\.h(\d+) \{ background: (#\w{6});( color: #fff;)? \}$", css, re.MULTILINE)

    assert [int(score) for score, _, _ in steps] == list(range(5, 100, 5))
    for score, colour, white in steps:
        assert colour == to_hex(colormaps["cividis"](int(score) / 100))
        assert bool(white) == (int(score) < 50)
        dark, light = sorted([luminance(colour), 1.0 if white else 0.0])
        assert (light + 0.05) / (dark + 0.05) >= 4.5, score
