"""Every page of the product in every state worth looking at, and how to get there.

Read by test_accessibility.py and by screenshots.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

PASSWORD = "a long enough password"
ANYBODY, RESPONDENT, NEWCOMER = "anybody", "respondent", "newcomer"
"""Who is not signed in, and who came with a link, again or for the first time.

The others are the people of ``scenes.every_page``.
"""


@dataclass(frozen=True)
class Place:
    """A page in one of its states."""

    name: str
    who: str
    path: str  # with {org} and the like, which the scene fills in
    status: int = 200
    do: Callable[[Page], object] | None = None  # what is done there before it is looked at
    long: bool = False  # very long


def send(button: str, **fields: str) -> Callable[[Page], object]:
    """Fill in fields by their names and press a button: the page that answers is looked at."""

    def done(page: Page) -> None:
        for name, value in fields.items():
            page.locator(f'[name="{name}"]').fill(value)
        with page.expect_navigation():
            page.get_by_role("main").get_by_role("button", name=button).click()

    return done


def answer_some(page: Page) -> None:
    """A row answered, another with don't know."""
    page.locator('input[value="6"]').first.check()
    page.locator('input[value="dk"]').nth(1).check()
    page.locator("[data-save-status]:not(:empty)").wait_for()


def name_three(page: Page) -> None:
    """As many hindrances as may be named."""
    for place in range(3):
        page.locator('input[name="hindrances"]').nth(place).check()


def name_four(page: Page) -> None:
    """One more than may be: as a browser without scripts would send it."""
    page.evaluate(
        "document.querySelectorAll('[name=hindrances]').forEach((box, at) => { box.checked = at < 4 })"
    )
    send("Send")(page)  # "Send my answers", or "Send again"


def upload(text: str) -> Callable[[Page], object]:
    """Give a roster and look at what is said of it."""

    def done(page: Page) -> None:
        file = {"name": "roster.csv", "mimeType": "text/csv", "buffer": text.encode()}
        page.locator('input[type="file"]').set_input_files(file)
        page.locator('input[name="whole"]').check()
        send("Show what would change")(page)

    return done


def give(text: str, button: str) -> Callable[[Page], object]:
    """Choose a file and press a button."""

    def done(page: Page) -> None:
        file = {"name": "file.csv", "mimeType": "text/csv", "buffer": text.encode()}
        page.locator('input[type="file"]').set_input_files(file)
        send(button)(page)

    return done


def open_all_details(page: Page) -> None:
    """What is folded away is looked at, too."""
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")


def send_a_note(page: Page) -> None:
    """An empty one."""
    open_all_details(page)
    send("Save the note", text="")(page)


PLACES = [
    Place("sign-in", ANYBODY, "/account/login/"),
    Place(
        "sign-in-refused",
        ANYBODY,
        "/account/login/",
        do=send("Sign in", login="x@example.org", password="wrong"),
    ),
    Place("password-forgotten", ANYBODY, "/account/password/reset/"),
    Place(
        "password-forgotten-sent", ANYBODY, "/account/password/reset/", do=send("Send", email="x@example.org")
    ),
    Place("password-link-too-old", ANYBODY, "/account/password/reset/key/1-bad/"),
    Place("sign-up", ANYBODY, "/account/signup/"),
    Place("questionnaire", ANYBODY, "/questionnaires/accelerate/1/"),
    Place("questionnaire-unfolded", ANYBODY, "/questionnaires/accelerate/1/", do=open_all_details, long=True),
    Place("privacy", ANYBODY, "/privacy/"),
    Place("stop-mails", ANYBODY, "/mails/stop/{signed[cleo]}/"),
    Place("stop-mails-done", ANYBODY, "/mails/stop/{signed[lee]}/", do=send("Send me no more mails")),
    Place("stop-mails-undone", ANYBODY, "/mails/stop/{signed[mia]}/", do=send("Send me mails again")),
    Place("stop-mails-broken", ANYBODY, "/mails/stop/none/", 404),
    Place("link-broken", ANYBODY, "/respond/1-abc/", 404),
    Place("no-link", ANYBODY, "/respond/", 404),
    Place("not-found", "ada", "/o/nowhere/", 404),
    Place("no-mails", "ada", "/mails/", 404),
    Place("respond-start", NEWCOMER, "/respond/"),
    *(Place(f"respond-{number}", RESPONDENT, f"/respond/{number}/") for number in range(1, 8)),
    Place("respond-1-answered", RESPONDENT, "/respond/1/", do=answer_some),
    Place("respond-review", RESPONDENT, "/respond/review/", do=name_three),
    Place("respond-review-refused", RESPONDENT, "/respond/review/", do=name_four),
    Place("respond-thanks", RESPONDENT, "/respond/review/", do=send("Send")),
    Place("respond-start-again", RESPONDENT, "/respond/"),
    Place("home", "mia", "/"),
    Place("organization", "ada", "{org}"),
    Place("organization-empty", "eve", "{empty}"),
    Place("organization-coach", "cleo", "{org}"),
    Place("coach", "cleo", "{org}coach/", do=open_all_details),
    Place("coach-seen", "cleo", "{org}coach/", do=send("Mark all as seen")),
    Place("coach-no-teams", "cora", "{org}coach/"),
    Place("coach-empty", "carl", "{empty}coach/"),
    Place("team-coach", "cleo", "{owls}", do=open_all_details),
    Place("note-refused", "cleo", "{few}", do=send_a_note),
    Place("team", "ada", "{owls}"),
    Place("team-member", "mia", "{owls}"),
    Place("team-lead", "lee", "{owls}"),
    Place("experiments", "lee", "{owls}actions/"),
    Place("experiments-member", "mia", "{owls}actions/"),
    Place("experiments-none", "finn", "{few}actions/"),
    Place("new-experiment", "lee", "{owls}rounds/{last}/actions/new/?capability=version_control&level=low"),
    Place("new-experiment-refused", "lee", "{owls}rounds/{last}/actions/new/", do=send("Save", title="")),
    Place("change-experiment", "lee", "{owls}actions/{action}/change/"),
    Place("end-experiment", "lee", "{owls}actions/{action}/finish/"),
    Place(
        "end-experiment-refused",
        "lee",
        "{owls}actions/{action}/finish/",
        do=send("End the experiment", outcome="It helped"),
    ),
    Place("experiments-organization", "ada", "{org}actions/"),
    Place("round-planned", "ada", "{org}rounds/{planned}/"),
    Place("round-open", "ada", "{org}rounds/{running}/"),
    Place("round-closed", "ada", "{org}rounds/{last}/"),
    Place("round-closed-team-first", "cleo", "{org}rounds/{team_first}/"),
    Place("new-workshop", "finn", "{few}workshops/new/"),
    Place("new-workshop-refused", "finn", "{few}workshops/new/", do=send("Begin", name="In May")),
    Place("workshop-1", "finn", "{few}workshops/{workshop}/1/", do=answer_some),
    Place("workshop-7", "finn", "{few}workshops/{workshop}/7/"),
    Place("workshop", "finn", "{few}workshops/{workshop}/", do=open_all_details, long=True),
    Place("workshop-held", "mia", "{few}workshops/{held}/"),
    Place("team-with-workshops", "finn", "{few}"),
    Place("roles", "ada", "{org}roles/"),
    Place("roles-refused", "ada", "{org}roles/", do=send("Add", name="", email="nobody")),
    Place("settings", "ada", "{org}settings/"),
    Place("settings-refused", "ada", "{org}settings/", do=send("Save", name="", minimum_responses="3")),
    Place("log", "ada", "{org}log/"),
    Place("mails-troubled", "ada", "{org}mails/"),
    Place("mails-none", "eve", "{empty}mails/"),
    Place("forget-person", "ada", "{org}people/forget/"),
    Place("forget-person-refused", "ada", "{org}people/forget/", do=send("Remove", email="x@y.example")),
    Place("new-team", "ada", "{org}teams/new/"),
    Place("new-team-refused", "ada", "{org}teams/new/", do=send("Save", name="Team Owl")),
    Place("new-group", "ada", "{org}groups/new/"),
    Place("new-group-refused", "ada", "{org}groups/new/", do=send("Save", name="")),
    Place("schedule", "ada", "{org}schedule/", do=open_all_details),
    Place("schedule-refused", "ada", "{org}schedule/", do=send("Save the schedule", day="29")),
    Place("change-round", "ada", "{org}rounds/{planned}/change/"),
    Place("new-round", "ada", "{org}rounds/new/"),
    Place(
        "new-round-refused",
        "ada",
        "{org}rounds/new/",
        do=send("Make the round", name="", team_first_days="99"),
    ),
    Place("change-team", "ada", "{owls}change/"),
    Place("roster", "ada", "{org}roster/"),
    Place("roster-refused", "ada", "{org}roster/", do=upload("team,e-mail,role\nTeam Owl,ann,boss\n")),
    Place(
        "roster-plan",
        "ada",
        "{org}roster/",
        do=upload(
            "team,group,e-mail,phone\nTeam Owl,Sky / Night,ann@example.org,1\nNew,,ann@example.org,2\n"
        ),
    ),
    Place("add-people", "ada", "{owls}people/several/"),
    Place(
        "add-people-refused", "ada", "{owls}people/several/", do=send("Add", people="ann@example.org, bob")
    ),
    Place("add-person", "ada", "{owls}people/new/"),
    Place("add-person-refused", "ada", "{owls}people/new/", do=send("Add", name="", email="x")),
    Place("deliveries", "lee", "{owls}deliveries/", do=open_all_details),
    Place("deliveries-none", "finn", "{few}deliveries/"),
    Place("deliveries-refused", "lee", "{owls}deliveries/", do=give("kind,key\nrelease,<b>\n", "Bring in")),
    Place("new-token", "lee", "{owls}deliveries/tokens/new/"),
    Place("new-token-refused", "lee", "{owls}deliveries/tokens/new/", do=send("Make the token", name="")),
    Place("token", "lee", "{owls}deliveries/tokens/new/", do=send("Make the token", name="Night")),
    Place("not-allowed", "cleo", "{org}teams/new/", 403),
    Place("results-not-yet", "cleo", "{owls}rounds/{team_first}/", 403),
    Place("results", "lee", "{owls}rounds/{last}/"),
    Place("results-unfolded", "lee", "{owls}rounds/{last}/", do=open_all_details, long=True),
    Place("results-coach", "cleo", "{owls}rounds/{last}/"),
    Place("results-three-rounds", "lee", "{owls}rounds/{team_first}/"),
    Place("results-first-round", "lee", "{owls}rounds/{before}/"),
    Place("results-too-few", "finn", "{few}rounds/{last}/"),
    Place("compare", "hana", "{compared}"),
    Place("compare-with-a-round", "hana", "{compared}?with={compared_with}"),
    Place("compare-closely", "hana", "{compared}?capability=test_automation&teams=team-buoy,team-crane"),
    Place("compare-too-few", "cleo", "{org}rounds/{last}/compare/"),
    Place("compare-not-yet", "cleo", "{org}rounds/{team_first}/compare/", 403),
    Place("bundles", "cleo", "{org}rounds/{last}/reports/"),
    Place("bundles-none", "hana", "{compared}../reports/"),
    Place("bundle-pending", "cleo", "{org}rounds/{last}/reports/{bundles[pending]}/"),
    Place("bundle-ready", "cleo", "{org}rounds/{last}/reports/{bundles[ready]}/"),
    Place("bundle-failed", "cleo", "{org}rounds/{last}/reports/{bundles[failed]}/"),
    Place("bundle-cancelled", "cleo", "{org}rounds/{last}/reports/{bundles[cancelled]}/"),
    Place("wall", "lee", "{owls}rounds/{last}/wall/"),
    Place("wall-too-few", "finn", "{few}rounds/{last}/wall/"),
    Place("reading-results", ANYBODY, "/help/results/"),
    Place("report-waits", "lee", "{owls}rounds/{waiting}/report.pdf", 202),
    Place("change-password", "lee", "/account/password/change/"),
    Place(
        "change-password-refused",
        "lee",
        "/account/password/change/",
        do=send("Save", oldpassword="no", password1="x", password2="y"),
    ),
    Place("sign-out", "lee", "/account/logout/"),
]


class Guide:
    """Leads to places: keeps a signed-in page for each role."""

    def __init__(
        self, new_page: Callable[[], Page], scene: dict[str, Any], problems: list[str] | None = None
    ) -> None:
        self.new_page, self.scene = new_page, scene
        self.problems = [] if problems is None else problems  # what a Watch has noticed
        self.pages: dict[str, Page] = {}

    def lead(self, place: Place) -> Page:
        """The page, opened and brought into its state."""
        page = self.pages.get(place.who) or self._enter(place.who)
        response = page.goto(place.path.format(**self.scene))
        assert response, place
        if "refresh" in response.headers:
            del self.pages[place.who]  # it goes on by itself: the next place gets another page
        assert response.status == place.status, (place, response.status)
        if place.do:
            place.do(page)
        return page

    def _enter(self, who: str) -> Page:
        page = self.pages[who] = self.new_page()
        if who in {RESPONDENT, NEWCOMER}:
            page.goto(self.scene["links"][who == NEWCOMER])
        elif who != ANYBODY:
            page.goto("/account/login/")
            page.locator('[name="login"]').fill(self.scene["people"][who])
            page.locator('[name="password"]').fill(PASSWORD)
            page.get_by_role("main").get_by_role("button", name="Sign in").click()
            page.get_by_role("button", name="Sign out").wait_for()
        return page
