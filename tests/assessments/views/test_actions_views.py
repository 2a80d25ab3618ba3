"""Experiments on the screen: written down out of results, followed, ended, taken elsewhere."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from assessments.instrument import Instrument
from assessments.models import Action, ActionState, Organization, Round, Team, User
from assessments.queries import load_instrument
from assessments.services.actions import MAXIMUM_OPEN, finish_action, start_action
from tests import factories
from tests.factories import DAY, NOW

SignIn = Callable[[User], Client]
TEAM = "/o/aviary/teams/team-kestrel/"
LIST = f"{TEAM}actions/"
GOOD = {
    "capability_key": "integration",
    "title": "Merge daily",
    "first_step": "Ask why we do not",
    "measure": "No branch is older than a day",
    "owner": "",
    "due": "",
}
NASTY = """<img src=x>'"&amp; *[x](http://x)* `#1"""


@pytest.fixture
def closed(kestrel: Team) -> Round:
    """A round of Kestrel that closed a month ago."""
    return factories.closed_round(kestrel.organization, kestrel, [4] * 6, now=timezone.now() - 30 * DAY)


@pytest.fixture
def action(kestrel: Team, lee: User, closed: Round) -> Action:
    """What Kestrel tries."""
    return begin(kestrel, closed, lee)


def begin(team: Team | None, of: Round, by: User, title: str = "Merge daily", **other: Any) -> Action:
    return start_action(
        team=team, round=of, capability_key="integration", title=title, by=by, **other, now=NOW
    )


def new(of: Round) -> str:
    return f"{TEAM}rounds/{of.pk}/actions/new/"


def words(response: HttpResponse) -> str:
    """What a person reads of a page."""
    html = re.sub(r"(?s)<head>.*?</head>", "", response.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def value_of(html: str, name: str) -> str:
    """What a text area of a form holds."""
    return unescape(re.search(rf'(?s)<textarea name="{name}".*?>\s*(.*?)</textarea>', html)[1])


# --- To write down --------------------------------------------------------------------------------


def test_a_lead_writes_an_experiment_down(lee: User, mia: User, closed: Round, sign_in: SignIn) -> None:
    client = sign_in(lee)
    due = timezone.localdate() + 40 * DAY

    done = client.post(new(closed), GOOD | {"owner": mia.pk, "due": due.isoformat()})

    assert done["Location"] == LIST
    stored = Action.objects.get()
    assert {name: getattr(stored, name) for name in GOOD} == GOOD | {"owner": mia, "due": due}
    assert (stored.team.name, stored.round) == ("Team Kestrel", closed)
    page = words(client.get(LIST))
    assert "The experiment is written down." in page
    assert "First step Ask why we do not" in page
    assert "How we will tell that it works No branch is older than a day" in page
    assert "Who sees to it Mia" in page


def test_results_lead_to_a_form_that_is_filled_in(lee: User, closed: Round, sign_in: SignIn) -> None:
    advice = load_instrument(closed.questionnaire).capabilities[0].levels["middle"]

    html = sign_in(lee).get(f"{new(closed)}?capability=integration&level=middle").content.decode()

    assert re.search(r'<option value="integration" selected', html)
    assert re.search(r'<input type="text" name="title"(?![^>]* value=)', html), "that is for the team to say"
    assert value_of(html, "first_step").strip() == advice.next_step["en"]
    assert value_of(html, "measure").strip() == advice.measure["en"]


@pytest.mark.parametrize(
    "query", ["capability=juggling&level=low", "level=low", "first_step=Evil", "capability=", "title=Evil"]
)
def test_a_made_up_link_fills_in_nothing(lee: User, closed: Round, sign_in: SignIn, query: str) -> None:
    response = sign_in(lee).get(f"{new(closed)}?{query}")

    html = response.content.decode()
    assert response.status_code == 200
    assert "Evil" not in html
    assert (value_of(html, "first_step"), value_of(html, "measure")) == ("", "")


def test_an_unknown_level_leaves_the_capability(lee: User, closed: Round, sign_in: SignIn) -> None:
    html = sign_in(lee).get(f"{new(closed)}?capability=integration&level=x").content.decode()

    assert re.search(r'<option value="integration" selected', html)
    assert value_of(html, "first_step") == ""


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": ""}, "This field is required."),
        ({"title": "a\nb"}, "This has to be one line."),
        ({"title": "a" * 201}, "at most 200 characters"),
        ({"first_step": "a\u202eb"}, "characters that cannot be shown"),
        ({"measure": "a" * 2001}, "at most 2000 characters"),
        ({"capability_key": "juggling"}, "juggling is not one of the available choices"),
        ({"owner": "999999"}, "not one of the available choices"),
        ({"due": "2020-01-01"}, "Give a day from today on, and within a year."),
        ({"due": "9999-12-31"}, "Give a day from today on, and within a year."),
        ({"due": "soon"}, "Enter a valid date."),
    ],
)
def test_what_does_not_fit_is_refused_in_words(
    lee: User, closed: Round, sign_in: SignIn, wrong: dict[str, str], sentence: str
) -> None:
    response = sign_in(lee).post(new(closed), GOOD | wrong)

    assert response.status_code == 422
    assert sentence in words(response)
    assert not Action.objects.exists()


def test_people_of_other_teams_cannot_be_chosen(lee: User, sam: User, closed: Round, sign_in: SignIn) -> None:
    client = sign_in(lee)

    assert "Sam" not in client.get(new(closed)).content.decode()
    assert client.post(new(closed), GOOD | {"owner": sam.pk}).status_code == 422


def test_a_fourth_is_refused_before_anybody_types(
    kestrel: Team, lee: User, closed: Round, sign_in: SignIn
) -> None:
    client = sign_in(lee)
    for number in range(MAXIMUM_OPEN):
        begin(kestrel, closed, lee, f"Number {number}")

    assert client.get(new(closed))["Location"] == LIST
    assert client.post(new(closed), GOOD).status_code == 422
    page = client.get(LIST)
    assert "Three experiments are open." in words(page)
    assert "actions/new/" not in page.content.decode()


def test_an_open_round_leads_to_no_experiment(kestrel: Team, lee: User, sign_in: SignIn) -> None:
    running = factories.open_round(kestrel.organization, now=timezone.now())

    assert sign_in(lee).get(new(running)).status_code == 404


def test_a_round_without_the_team_leads_to_no_experiment(
    aviary: Organization, lee: User, sign_in: SignIn
) -> None:
    elsewhere = factories.make_organization("Elsewhere")
    theirs = factories.closed_round(elsewhere, factories.make_team(elsewhere, size=6), [4] * 6)

    assert sign_in(lee).post(new(theirs), GOOD).status_code == 404


# --- To look --------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["mia", "cleo", "ada"])
def test_others_see_and_have_nothing_to_press(
    request: pytest.FixtureRequest, action: Action, sign_in: SignIn, person: str
) -> None:
    html = sign_in(request.getfixturevalue(person)).get(LIST).content.decode()

    assert "Merge daily" in html
    assert not re.search(r"actions/(\d|new)", html)


@pytest.mark.parametrize(("person", "sees"), [("mia", True), ("cleo", False), ("ada", False)])
def test_the_team_has_what_comes_out_of_its_own_days_to_itself(
    request: pytest.FixtureRequest,
    kestrel: Team,
    lee: User,
    closed: Round,
    sign_in: SignIn,
    person: str,
    sees: bool,
) -> None:
    now = timezone.now()
    held_back = factories.closed_round(
        kestrel.organization, kestrel, [5] * 6, name="New", now=now - 2 * DAY, team_first_days=5
    )
    begin(kestrel, closed, lee, "Known")
    begin(kestrel, held_back, lee, "Secret")
    ended = begin(kestrel, held_back, lee, "Hidden")
    finish_action(action=ended, state=ActionState.DROPPED, outcome="Whispered", by=lee, now=now)
    client = sign_in(request.getfixturevalue(person))

    for url in (TEAM, LIST, f"{TEAM}actions.csv", f"{TEAM}actions.md"):
        said = client.get(url).content.decode()
        assert "Known" in said, url
        assert ("Secret" in said) is sees, url
        assert ("Hidden" in said or "Whispered" in said) is (sees and url != TEAM), url
    for url in (TEAM, LIST):
        assert ("The team sees its newest results first." in words(client.get(url))) is not sees


def test_the_log_keeps_them_to_itself_as_long(
    kestrel: Team, lee: User, ada: User, closed: Round, sign_in: SignIn
) -> None:
    held_back = factories.closed_round(
        kestrel.organization, kestrel, [5] * 6, name="New", now=timezone.now() - 2 * DAY, team_first_days=5
    )
    begin(kestrel, closed, lee, "Known")
    begin(kestrel, held_back, lee, "Secret")
    begin(None, held_back, ada, "The organization's own")
    said = words(sign_in(ada).get("/o/aviary/log/"))

    assert "Lee made the experiment Known." in said
    assert "made the experiment The organization's own." in said
    assert "Secret" not in said


def test_the_teams_page_lists_what_goes_on(
    kestrel: Team, lee: User, mia: User, closed: Round, action: Action, sign_in: SignIn
) -> None:
    ended = begin(kestrel, closed, lee, "Meet less")
    finish_action(action=ended, state=ActionState.DROPPED, outcome="", by=lee, now=NOW)

    page = sign_in(mia).get(TEAM)

    assert "Merge daily" in words(page)
    assert "Meet less" not in words(page)
    assert LIST in page.content.decode()


def test_markup_stays_text(kestrel: Team, lee: User, closed: Round, sign_in: SignIn) -> None:
    begin(kestrel, closed, lee, NASTY, first_step=NASTY, measure=NASTY)

    for url in (LIST, TEAM):
        assert "<img" not in sign_in(lee).get(url).content.decode()


def test_a_day_that_has_passed_is_marked(kestrel: Team, lee: User, closed: Round, sign_in: SignIn) -> None:
    begin(kestrel, closed, lee, due=dt.date(2026, 1, 1))

    assert "(this day has passed)" in words(sign_in(lee).get(LIST))


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_has_a_fixed_number_of_queries(
    kestrel: Team, lee: User, closed: Round, sign_in: SignIn, django_assert_max_num_queries: Any, number: int
) -> None:
    for place in range(number):
        begin(kestrel, closed, lee, f"Number {place}", owner=lee)
    client = sign_in(lee)

    with django_assert_max_num_queries(9):
        assert client.get(LIST).status_code == 200


# --- To change and end ----------------------------------------------------------------------------


def test_a_lead_changes_an_experiment(lee: User, action: Action, sign_in: SignIn) -> None:
    client = sign_in(lee)
    url = f"{LIST}{action.pk}/change/"

    assert 'value="Merge daily"' in client.get(url).content.decode()
    assert client.post(url, GOOD | {"title": "Merge twice a day"})["Location"] == LIST
    action.refresh_from_db()
    assert action.title == "Merge twice a day"


def test_a_day_that_has_passed_may_stay(kestrel: Team, lee: User, closed: Round, sign_in: SignIn) -> None:
    action = begin(kestrel, closed, lee, due=dt.date(2026, 1, 1))

    done = sign_in(lee).post(f"{LIST}{action.pk}/change/", GOOD | {"due": "2026-01-01"})

    assert done["Location"] == LIST


@pytest.mark.parametrize("state", ["kept", "changed", "dropped"])
def test_a_lead_ends_an_experiment(lee: User, action: Action, sign_in: SignIn, state: str) -> None:
    client = sign_in(lee)
    url = f"{LIST}{action.pk}/finish/"

    assert client.get(url).status_code == 200
    assert client.post(url, {"state": state, "outcome": "It helped."})["Location"] == LIST
    action.refresh_from_db()
    assert (action.state, action.outcome) == (state, "It helped.")
    assert f"{state} It helped." in words(client.get(LIST))


@pytest.mark.parametrize("state", ["open", "forgotten", ""])
def test_it_ends_as_one_of_three(lee: User, action: Action, sign_in: SignIn, state: str) -> None:
    assert sign_in(lee).post(f"{LIST}{action.pk}/finish/", {"state": state}).status_code == 422


@pytest.mark.parametrize("what", ["change", "finish"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_has_ended_is_neither_changed_nor_ended(
    lee: User, action: Action, sign_in: SignIn, what: str, method: str
) -> None:
    finish_action(action=action, state=ActionState.KEPT, outcome="", by=lee, now=NOW)
    client = sign_in(lee)

    answer = getattr(client, method)(f"{LIST}{action.pk}/{what}/", GOOD | {"state": "dropped"})

    assert answer["Location"] == LIST
    assert "This experiment has ended already." in words(client.get(LIST))
    assert Action.objects.get().state == ActionState.KEPT


def test_an_experiment_is_found_under_its_own_team_alone(
    aviary: Organization, ada: User, lee: User, closed: Round, action: Action, sign_in: SignIn
) -> None:
    factories.people.add_to_team(
        team=factories.make_team(aviary, "Team Falcon"), email=lee.email, name="", role="lead", by=None
    )
    own = begin(None, closed, ada)

    client = sign_in(lee)

    assert client.get(f"/o/aviary/teams/team-falcon/actions/{action.pk}/change/").status_code == 404
    assert client.get(f"{LIST}{own.pk}/change/").status_code == 404
    client = sign_in(ada)
    assert client.get(f"/o/aviary/actions/{action.pk}/change/").status_code == 404
    assert client.get(f"/o/aviary/actions/{own.pk}/change/").status_code == 200


# --- The organization's own -----------------------------------------------------------------------


def test_an_administrator_writes_one_down_for_all(
    ada: User, cleo: User, closed: Round, sign_in: SignIn
) -> None:
    client = sign_in(ada)

    done = client.post(f"/o/aviary/rounds/{closed.pk}/actions/new/", GOOD | {"owner": cleo.pk})

    assert done["Location"] == "/o/aviary/actions/"
    own = Action.objects.get()
    assert (own.team, own.owner) == (None, cleo)
    assert "Merge daily" in words(client.get("/o/aviary/actions/"))
    assert "Merge daily" in words(client.get("/o/aviary/"))
    assert client.post(f"/o/aviary/actions/{own.pk}/finish/", {"state": "kept"})["Location"] == (
        "/o/aviary/actions/"
    )


def test_a_coach_sees_the_organizations_and_has_nothing_to_press(
    ada: User, cleo: User, closed: Round, sign_in: SignIn
) -> None:
    begin(None, closed, ada)

    html = sign_in(cleo).get("/o/aviary/actions/").content.decode()

    assert "Merge daily" in html
    assert not re.search(r"actions/(\d|new)", html)


def test_a_teams_are_no_organizations(action: Action, ada: User, sign_in: SignIn) -> None:
    client = sign_in(ada)

    assert "Merge daily" not in client.get("/o/aviary/actions/").content.decode()
    assert "Merge daily" not in client.get("/o/aviary/").content.decode()


def test_without_results_there_is_nothing_to_write_down(
    kestrel: Team, ada: User, lee: User, sign_in: SignIn
) -> None:
    for person, url in ((lee, LIST), (ada, "/o/aviary/actions/")):
        assert "when a round has closed" in words(sign_in(person).get(url))


# --- To take elsewhere ----------------------------------------------------------------------------


def test_the_table_holds_everything(
    kestrel: Team, lee: User, mia: User, closed: Round, sign_in: SignIn
) -> None:
    ended = begin(kestrel, closed, lee, "Meet less", owner=lee)
    finish_action(action=ended, state=ActionState.KEPT, outcome="Fewer\nmeetings", by=lee, now=NOW)
    begin(kestrel, closed, lee, "=1+1", first_step="+2", due=dt.date(2026, 6, 1))

    response = sign_in(mia).get(f"{TEAM}actions.csv")

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    first, second = csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")))
    assert first == {
        "team": "Team Kestrel", "round": "2026 Q2", "state": "kept", "capability": "Name of integration",
        "title": "Meet less", "first_step": "", "measure": "", "owner": "Lee", "due": "",
        "outcome": "Fewer\nmeetings", "ended": "2026-05-04", "organization": "Aviary",
    }  # fmt: skip
    assert (second["title"], second["first_step"], second["due"]) == ("'=1+1", "'+2", "2026-06-01")


@pytest.mark.parametrize("number", [1, 3])
def test_more_experiments_cost_the_table_no_more_queries(
    kestrel: Team,
    lee: User,
    closed: Round,
    sign_in: SignIn,
    django_assert_num_queries: Callable[..., object],
    number: int,
) -> None:
    load_instrument(closed.questionnaire)
    for at in range(number):
        begin(kestrel, closed, lee, f"Try {at}", owner=lee)
    client = sign_in(lee)

    with django_assert_num_queries(6):
        assert client.get(f"{TEAM}actions.csv").content.count(b"Try") == number


def test_the_organizations_own_can_be_taken_along(
    kestrel: Team, ada: User, cleo: User, lee: User, closed: Round, sign_in: SignIn
) -> None:
    begin(None, closed, ada, "One pipeline for all", owner=ada, first_step="=1+1")
    begin(kestrel, closed, lee, "The team's own")
    client = sign_in(cleo)

    told = json.loads(client.get("/o/aviary/actions.json").content)
    assert (told["what"], told["organization"], told["team"]) == ("experiments", "Aviary", None)
    assert [(row["title"], row["owner"], row["first_step"]) for row in told["rows"]] == [
        ("One pipeline for all", "Ada", "=1+1")
    ]
    text = client.get("/o/aviary/actions.md")
    assert text["Content-Disposition"] == 'attachment; filename="aviary-experiments.md"'
    assert text.content.decode().startswith("# Experiments of Aviary\n\n## One pipeline for all\n")


@pytest.mark.parametrize("where", ["/o/aviary/", TEAM])
def test_the_page_leads_to_all_of_them(
    kestrel: Team, ada: User, closed: Round, sign_in: SignIn, where: str
) -> None:
    client = sign_in(ada)
    links = r'href="([^"]+/actions\.\w+)"'
    assert re.findall(links, client.get(f"{where}actions/").content.decode()) == []

    begin(kestrel if where == TEAM else None, closed, ada)
    found = re.findall(links, client.get(f"{where}actions/").content.decode())

    assert found == [f"{where}actions.{ending}" for ending in ("csv", "xlsx", "json", "md")]
    assert [client.get(url).status_code for url in found] == [200] * 4


def test_the_text_has_a_heading_for_each(
    kestrel: Team, lee: User, mia: User, closed: Round, sign_in: SignIn
) -> None:
    begin(kestrel, closed, lee, "Merge daily", owner=lee, first_step="Ask\nwhy", due=dt.date(2026, 6, 1))
    begin(kestrel, closed, lee, NASTY, measure="# No heading\n- no list")

    response = sign_in(mia).get(f"{TEAM}actions.md")

    text = response.content.decode()
    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# Experiments of Team Kestrel",
        "## Merge daily",
        "### First step",
        r"""## \<img src=x\>'"\&amp; \*\[x\](http://x)\* \`\#1""",
        "### How we will tell that it works",
    ]
    assert "- Who sees to it: Lee\n- Until: 2026-06-01\n\n### First step\n\nAsk\nwhy\n" in text
    assert "\\# No heading\n\\- no list\n" in text


# --- The log, and what the results link to --------------------------------------------------------


def test_the_log_tells_it_in_sentences(ada: User, lee: User, action: Action, sign_in: SignIn) -> None:
    finish_action(action=action, state=ActionState.KEPT, outcome="", by=lee, now=NOW)

    page = words(sign_in(ada).get("/o/aviary/log/"))

    assert LogEntry.objects.count()
    assert "Lee made the experiment Merge daily." in page
    assert "Lee changed the experiment Merge daily: state from open to kept." in page


def test_results_offer_it_to_leads_alone(
    kestrel: Team, lee: User, mia: User, accelerate: Instrument, sign_in: SignIn
) -> None:
    asked = factories.make_questionnaire(accelerate)
    closed = factories.closed_round(kestrel.organization, kestrel, [4] * 6, questionnaire=asked)
    url = f"{TEAM}rounds/{closed.pk}/"

    links = re.findall(r'href="([^"]*actions/new/[^"]*)"', sign_in(lee).get(url).content.decode())

    assert links
    assert {unescape(link).split("?")[0] for link in links} == {new(closed)}
    assert sign_in(lee).get(unescape(links[0])).status_code == 200
    assert "actions/new/" not in sign_in(mia).get(url).content.decode()
