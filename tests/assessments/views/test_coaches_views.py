"""A coach's own page: what is new, whose round is open, whose experiments are due; notes of their own."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from assessments.models import (
    Action,
    ActionState,
    Care,
    CoachNote,
    Organization,
    OrganizationRole,
    Round,
    Team,
    User,
    Visit,
)
from assessments.services import coaches, people
from tests import factories
from tests.factories import DAY

SignIn = Callable[[User], Client]
PAGE = "/o/aviary/coach/"
TEAM = "/o/aviary/teams/team-kestrel/"
NOTES = f"{TEAM}notes/"
SECRET = "Ask Lee about the holidays."


def text(client: Client, url: str = PAGE) -> str:
    """What a page says, without its markup."""
    content = client.get(url).content.decode()
    content = re.sub(r"<(head|script|footer).*?</\1>|<[^>]+>", " ", content, flags=re.DOTALL)
    return " ".join(html.unescape(content).split())


def experiment(team: Team, of: Round, title: str, **fields: Any) -> Action:
    fields = {"capability_key": "integration", "started_at": of.closed_at} | fields
    return Action.objects.create(team=team, round=of, title=title, **fields)


@pytest.fixture
def client_(sign_in: SignIn, cleo: User) -> Client:
    """As cleo."""
    return sign_in(cleo)


@pytest.fixture
def in_care(aviary: Organization, kestrel: Team, cleo: User) -> Team:
    """Team Kestrel, which cleo looks after; she does not look after Team Sparrow."""
    factories.make_team(aviary, "Team Sparrow", size=6)
    coaches.choose_care(organization=aviary, teams=[kestrel], by=cleo)
    return kestrel


# --- The teams --------------------------------------------------------------------------------


def test_at_first_all_teams_are_offered(aviary: Organization, kestrel: Team, client_: Client) -> None:
    gone = factories.make_team(aviary, "Team Gone")
    people.archive_team(team=gone, by=None, now=timezone.now())
    said = text(client_)

    assert "Which teams are in your care?" in said
    assert "Team Kestrel" in said
    assert "Team Gone" not in said
    assert "New since" not in said


def test_an_organization_without_teams_says_so(aviary: Organization, client_: Client) -> None:
    assert "The organization has no teams yet." in text(client_)


def test_teams_are_taken_into_care_and_out_of_it(
    aviary: Organization, kestrel: Team, client_: Client
) -> None:
    sparrow = factories.make_team(aviary, "Team Sparrow")
    client_.post(f"{PAGE}care/", {"teams": [kestrel.pk, sparrow.pk]})
    assert set(Care.objects.values_list("team", flat=True)) == {kestrel.pk, sparrow.pk}

    client_.post(f"{PAGE}care/", {"teams": [sparrow.pk]})

    assert [care.team for care in Care.objects.all()] == [sparrow]


def test_a_team_of_another_organization_is_refused(
    aviary: Organization, kestrel: Team, client_: Client
) -> None:
    frog = factories.make_team(factories.make_organization("Elsewhere"), "Team Frog")

    assert client_.post(f"{PAGE}care/", {"teams": [kestrel.pk, frog.pk]}).status_code == 422
    assert not Care.objects.exists()


def test_an_archived_team_needs_no_care(in_care: Team, client_: Client) -> None:
    people.archive_team(team=in_care, by=None, now=timezone.now())

    assert "Team Kestrel" not in text(client_)


def test_an_open_round_shows_counts_alone(aviary: Organization, in_care: Team, client_: Client) -> None:
    running = factories.open_round(aviary, now=timezone.now())
    factories.answer_all(running, in_care, [5, 6], now=timezone.now())

    assert "2026 Q2: 2 of 6 have answered so far" in text(client_)


def test_results_are_linked_once_they_are_open_to_coaches(
    aviary: Organization, in_care: Team, client_: Client
) -> None:
    now = timezone.now()
    first = factories.closed_round(aviary, in_care, [5] * 6, name="First", now=now - 9 * DAY)
    second = factories.closed_round(
        aviary, in_care, [6] * 6, name="Second", now=now - 2 * DAY, team_first_days=5
    )
    page = client_.get(PAGE).content.decode()

    assert f'href="{TEAM}rounds/{first.pk}/"' in page
    assert f'href="{TEAM}rounds/{second.pk}/"' not in page
    assert "new ones open to you on" in page
    assert "Second" not in page


def test_what_came_out_of_a_round_waits_with_its_results(
    aviary: Organization, in_care: Team, client_: Client
) -> None:
    held_back = factories.closed_round(
        aviary, in_care, [6] * 6, now=timezone.now() - 2 * DAY, team_first_days=5
    )
    experiment(in_care, held_back, "Pair on releases")
    experiment(
        in_care, held_back, "Mob on Mondays", state=ActionState.DROPPED, closed_at=timezone.now() - DAY / 2
    )
    said = text(client_)

    assert "Pair on releases" not in said
    assert "Mob on Mondays" not in said


def test_experiments_are_open_and_due(aviary: Organization, in_care: Team, client_: Client) -> None:
    aviary.time_zone = "UTC"
    aviary.save()
    now = timezone.now()
    of = factories.closed_round(aviary, in_care, [5] * 6, now=now - 99 * DAY)
    experiment(in_care, of, "No date")
    experiment(in_care, of, "Later", due=(now + 3 * DAY).date())
    experiment(in_care, of, "Today", due=now.date())
    experiment(in_care, of, "Over", due=now.date() - DAY, state=ActionState.KEPT, closed_at=now - 80 * DAY)
    said = text(client_)

    assert "3 open, 1 due" in said
    assert said.index("Today due since") < said.index("Later until") < said.index("No date")
    assert "Over" not in said


# --- What is new ------------------------------------------------------------------------------


def test_news_are_of_the_last_sixty_days_at_first(
    aviary: Organization, in_care: Team, client_: Client
) -> None:
    now = timezone.now()
    old = factories.closed_round(aviary, in_care, [5] * 6, name="Old", now=now - 90 * DAY)
    new = factories.closed_round(aviary, in_care, [5] * 6, name="New", now=now - 9 * DAY)
    experiment(in_care, old, "Tried", state=ActionState.KEPT, closed_at=now - DAY)
    experiment(in_care, new, "Begun")
    said = text(client_)

    assert "Results of New: Team Kestrel" in said
    assert "Results of Old" not in said
    assert "“Tried” has ended: kept" in said
    assert "the experiment “Begun” came out of New" in said
    assert "came out of Old" not in said
    assert said.index("“Tried”") < said.index("Results of New")


def test_what_was_seen_is_no_news_and_what_came_after_the_page_is(
    aviary: Organization, in_care: Team, client_: Client
) -> None:
    now = timezone.now()
    of = factories.closed_round(aviary, in_care, [5] * 6, name="Old", now=now - 9 * DAY)
    page = client_.get(PAGE).content.decode()
    until = re.search(r'name="until" value="([^"]+)"', page)
    assert until
    experiment(in_care, of, "Meanwhile", state=ActionState.DROPPED, closed_at=timezone.now())

    client_.post(f"{PAGE}seen/", {"until": html.unescape(until[1])})
    said = text(client_)

    assert Visit.objects.get().at < timezone.now()
    assert "Results of Old" not in said
    assert "“Meanwhile” has ended: dropped" in said


def test_an_experiment_is_news_from_when_it_began(
    aviary: Organization, in_care: Team, cleo: User, client_: Client
) -> None:
    now = timezone.now()
    of = factories.closed_round(aviary, in_care, [5] * 6, now=now - 20 * DAY)
    experiment(in_care, of, "Begun at once")
    experiment(in_care, of, "Begun late", started_at=now - 2 * DAY)
    coaches.mark_seen(organization=aviary, until=now - 9 * DAY, by=cleo, now=now)
    said = text(client_)

    assert "the experiment “Begun late” came out of 2026 Q2" in said
    assert "“Begun at once”" not in said


def test_what_began_in_the_teams_own_days_is_news_after_them(
    aviary: Organization, in_care: Team, cleo: User, client_: Client
) -> None:
    """The coach has seen the news after these began, and before the results opened."""
    now = timezone.now()
    of = factories.closed_round(aviary, in_care, [5] * 6, now=now - 10 * DAY, team_first_days=5)
    seen = now - 6 * DAY
    experiment(in_care, of, "Begun early", started_at=seen - DAY)
    experiment(in_care, of, "Soon over", state=ActionState.DROPPED, closed_at=seen - DAY / 2)
    coaches.mark_seen(organization=aviary, until=seen, by=cleo, now=now)
    said = text(client_)

    assert "“Begun early” came out of 2026 Q2" in said
    assert "“Soon over” has ended: dropped" in said


def test_looking_is_no_marking(aviary: Organization, in_care: Team, client_: Client) -> None:
    factories.closed_round(aviary, in_care, [5] * 6, now=timezone.now() - 9 * DAY)

    assert text(client_) == text(client_)
    assert not Visit.objects.exists()


@pytest.mark.parametrize("until", ["", "soon", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_nonsense_marks_nothing(in_care: Team, client_: Client, until: str) -> None:
    assert client_.post(f"{PAGE}seen/", {"until": until}).status_code == 302
    assert not Visit.objects.exists()


def test_the_newest_results_that_coaches_see_are_a_link_away(
    aviary: Organization, in_care: Team, client_: Client
) -> None:
    now = timezone.now()
    first = factories.closed_round(aviary, in_care, [5] * 6, name="First", now=now - 9 * DAY)
    second = factories.closed_round(
        aviary, in_care, [6] * 6, name="Second", now=now - 2 * DAY, team_first_days=5
    )
    page = client_.get(PAGE).content.decode()

    assert f'href="/o/aviary/rounds/{first.pk}/compare/"' in page
    assert f"/o/aviary/rounds/{second.pk}/" not in page


# --- Notes ------------------------------------------------------------------------------------


def test_a_note_is_written_on_either_page(in_care: Team, client_: Client) -> None:
    there = client_.post(f"{NOTES}new/?from=coach", {"text": "Older."})
    here = client_.post(f"{NOTES}new/", {"text": SECRET})

    assert (there["Location"], here["Location"]) == (f"{PAGE}#about-team-kestrel", TEAM)
    assert SECRET in text(client_)
    assert "Older." not in text(client_)
    assert SECRET in text(client_, TEAM)
    assert "Older." in text(client_, TEAM)


@pytest.mark.parametrize("words", ["", " \n", "x" * 5001, "a\x00b"])
def test_what_is_no_note_is_refused(in_care: Team, client_: Client, words: str) -> None:
    response = client_.post(f"{NOTES}new/", {"text": words, "csrfmiddlewaretoken": "as browsers send it"})

    assert response.status_code == 422
    assert "There is a problem" in response.content.decode()
    assert not CoachNote.objects.exists()


def test_a_note_is_text(in_care: Team, client_: Client) -> None:
    client_.post(f"{NOTES}new/", {"text": "<b>loud</b>\n\n{{ 7 }}"})

    for url in (PAGE, TEAM):
        page = client_.get(url).content.decode()
        assert "&lt;b&gt;loud&lt;/b&gt;" in page
        assert "{{ 7 }}" in page


@pytest.mark.parametrize("who", ["ada", "lee", "mia", "other"])
def test_nobody_else_sees_a_note(
    request: pytest.FixtureRequest, in_care: Team, cleo: User, sign_in: SignIn, who: str
) -> None:
    note = coaches.write_note(team=in_care, text=SECRET, by=cleo, now=timezone.now())
    if who == "other":
        person = factories.make_user("Otto")
        people.set_organization_role(
            organization=in_care.organization,
            email=person.email,
            name="",
            role=OrganizationRole.COACH,
            by=None,
        )
    else:
        person = request.getfixturevalue(who)
    client = sign_in(person)

    assert SECRET not in client.get(TEAM).content.decode()
    assert SECRET not in client.get(PAGE).content.decode()
    assert SECRET not in client.get("/o/aviary/").content.decode()
    assert client.post(f"{NOTES}{note.pk}/delete/").status_code in (403, 404)
    assert CoachNote.objects.exists()


def test_one_deletes_ones_own_note(in_care: Team, cleo: User, client_: Client) -> None:
    note = coaches.write_note(team=in_care, text=SECRET, by=cleo, now=timezone.now())

    assert client_.post(f"{NOTES}{note.pk}/delete/?from=coach")["Location"] == f"{PAGE}#about-team-kestrel"
    assert not CoachNote.objects.exists()


@pytest.mark.parametrize("number", [10**9, 10**30])
def test_a_note_that_does_not_exist_is_not_found(in_care: Team, client_: Client, number: int) -> None:
    assert client_.post(f"{NOTES}{number}/delete/").status_code == 404


def test_a_note_is_not_found_under_another_team(in_care: Team, cleo: User, client_: Client) -> None:
    note = coaches.write_note(team=in_care, text=SECRET, by=cleo, now=timezone.now())

    assert client_.post(f"/o/aviary/teams/team-sparrow/notes/{note.pk}/delete/").status_code == 404
    assert CoachNote.objects.exists()


def test_who_coaches_no_more_sees_nothing_and_finds_it_again_later(
    aviary: Organization, in_care: Team, cleo: User, client_: Client
) -> None:
    note = coaches.write_note(team=in_care, text=SECRET, by=cleo, now=timezone.now())
    people.remove_organization_role(membership=aviary.memberships.get(user=cleo), by=None)
    people.add_to_team(team=in_care, email=cleo.email, name="", by=None)

    assert client_.get(PAGE).status_code == 404
    assert SECRET not in client_.get(TEAM).content.decode()
    assert client_.post(f"{NOTES}{note.pk}/delete/").status_code == 403
    assert client_.post(f"{NOTES}new/", {"text": "More."}).status_code == 403

    people.set_organization_role(
        organization=aviary, email=cleo.email, name="", role=OrganizationRole.COACH, by=None
    )

    assert SECRET in text(client_)


# --- The way there, and what it costs ---------------------------------------------------------


def test_the_way_there(in_care: Team, cleo: User, ada: User, sign_in: SignIn) -> None:
    for person, leads in ((cleo, True), (ada, False)):
        people.add_to_team(team=in_care, email=person.email, name="", by=None)  # they see a home
        client = sign_in(person)
        for url in ("/", "/o/aviary/", TEAM):
            assert (f'href="{PAGE}"' in client.get(url).content.decode()) is leads


@pytest.mark.parametrize("size", [1, 7])
def test_more_teams_cost_no_more_queries(
    aviary: Organization, cleo: User, client_: Client, django_assert_num_queries: Any, size: int
) -> None:
    now = timezone.now()
    teams = [factories.make_team(aviary, f"Team {number}", size=5) for number in range(size)]
    for name, ago in (("Old", 99), ("New", 9)):
        of = factories.closed_round(aviary, teams[0], [5] * 5, name=name, now=now - ago * DAY)
        for team in teams:
            experiment(team, of, f"Try {name}", due=dt.date(2026, 1, 1))
    factories.open_round(aviary, now=now)
    coaches.choose_care(organization=aviary, teams=teams, by=cleo)
    for team in teams:
        coaches.write_note(team=team, text=SECRET, by=cleo, now=now)
    client_.get(PAGE)

    with django_assert_num_queries(12):
        said = text(client_)
    listed = re.search(r"Results of New: ((?:Team \d(?: , )?)+)", said)
    assert listed
    assert listed[1].count("Team") == said.count("My note of") == size
