"""The page with a round's teams beside each other: who sees it, what it says, and what it must not."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from matplotlib import colormaps
from matplotlib.colors import to_hex, to_rgb

from assessments.models import Assessment, Group, Organization, Round, Team, User
from assessments.services import people, rounds
from tests import factories
from tests.factories import DAY
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
        table = client.get(f"/o/aviary/teams/{team.slug}/rounds/{made.pk}/scores.csv").content.decode()
        own = [line.split(",")[7] for line in table.splitlines() if line.startswith("capability,")]
        assert row(html, name)[: len(own)] == own, table


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
    means = re.findall(r"Mean of the group(?:(?!</th>).)*</th><td[^>]*>([^<]*)", html)

    assert headings == ["North", "North / Far north", "Without a group"]
    assert means[0] == "65"  # (5 · 35 + 5 · 50 + 9 · 95) / 19 = 67.4, and not (35 + 50 + 95) / 3 = 60
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
