"""Every page of the product in every state worth looking at, and how to get there.

Read by test_accessibility.py and by screenshots.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from playwright.sync_api import Page

from tests.authenticator import SECRET, code_of

from .stage import HERE, PROVIDER_ONLY, ROOT, WITH_PROVIDER

PASSWORD = "a long enough password"
ANYBODY, HALF_IN, RESPONDENT, NEWCOMER = "anybody", "half in", "respondent", "newcomer"
"""Who is not signed in, or half, and who came with a link, again or for the first time.

The others are the people of ``scenes.every_page``.
"""
VOUCHED_FOR = "pat"
"""Who has no password, and comes from the identity provider."""


@dataclass(frozen=True)
class Place:
    """A page in one of its states."""

    name: str
    who: str
    path: str  # with {org} and the like, which the scene fills in
    status: int = 200
    do: Callable[[Page], object] | None = None  # what is done there before it is looked at
    long: bool = False  # very long
    language: str = "en"  # that of the browser
    at: str = HERE  # the installation


def send(button: str, **fields: str) -> Callable[[Page], object]:
    """Fill in fields by their names and press a button: the page that answers is looked at."""

    def done(page: Page) -> None:
        for name, value in fields.items():
            page.locator(f'[name="{name}"]').fill(value)
        with page.expect_navigation():
            page.get_by_role("main").get_by_role("button", name=button).click()

    return done


def show_that_it_is_me(page: Page) -> None:
    """The password once more, if it is asked for."""
    if not page.url.split("?")[0].endswith("/again/"):
        return
    page.locator('[name="password"]').fill(PASSWORD)
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("button", name="Go on").click()


def after_that(button: str, **fields: str) -> Callable[[Page], object]:
    """The same, and then something more."""

    def done(page: Page) -> None:
        show_that_it_is_me(page)
        send(button, **fields)(page)

    return done


def sign_on(address: str, button: str = "Go on", proven: bool = True) -> Callable[[Page], object]:
    """Go to the identity provider, say who one is and press a button: the page that one comes back to."""

    def done(page: Page) -> None:
        page.get_by_role("link", name="Meadow").click()
        page.get_by_label("Address").fill(address)
        page.get_by_label("It is mine").set_checked(proven)
        page.get_by_role("button", name=button).click()
        page.get_by_role("banner").wait_for()

    return done


def half_way_in(page: Page) -> None:
    """Sign in as somebody of whom a code is asked for."""
    send("Sign in", login="tess.forest-of-enchantment@example.org", password=PASSWORD)(page)


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


def reworded_file() -> str:
    """The shipped questionnaire with another number, and a few words that differ."""
    text = (ROOT / "fixtures" / "questionnaires" / "accelerate-2.yaml").read_text(encoding="utf-8")
    text = text.replace("slug: accelerate\nversion: 2", "slug: meadow\nfamily: accelerate\nversion: 1")
    return text.replace("en: Somewhat agree", "en: Rather agree").replace(
        "title:\n  en: How we", "title:\n  en: How you"
    )


def wrong_file() -> str:
    """The same with three mistakes."""
    text = reworded_file().replace("- key: culture", "- key: Culture", 1)
    return text.replace("value: 3", "value: 33", 1).replace("en: Disagree", "en: ''", 1)


def untick_all_but_one(page: Page) -> None:
    """Of one capability a single statement stays, and something is typed twice."""
    boxes = page.locator('[name="asked-version_control"]')
    boxes.nth(0).uncheck()
    boxes.nth(1).uncheck()
    send("Show it", **{"added-learning-en": "Twice.\nTwice.", "added-learning-de": "Zweimal.\nDoppelt."})(
        page
    )


def leave_out_and_add(page: Page) -> None:
    """A statement less, a capability less, a statement more; then everything is unfolded."""
    page.locator('[name="asked-deployment_automation"]').nth(0).uncheck()
    for box in page.locator('[name="asked-wip_limits"]').all():
        box.uncheck()
    send(
        "Show it",
        **{
            "added-learning-en": "We read in working hours.",
            "added-learning-de": "Wir lesen in der Arbeitszeit.",
        },
    )(page)
    open_all_details(page)


def bring(answers: str, mapping: str = "") -> Callable[[Page], object]:
    """Give a past round's answers, and a mapping, and look at what is said of them."""

    def done(page: Page) -> None:
        for name, text in (("file", answers), ("mapping", mapping)):
            if text:
                file = {"name": f"{name}.txt", "mimeType": "text/plain", "buffer": text.encode()}
                page.locator(f'[name="{name}"]').set_input_files(file)
        send("Show what would be brought in", name="Summer", closed_on="2024-09-30")(page)

    return done


PAST = "team,version_control_settings,lead_time\n" + "Team Owl,5,4\n" * 6
EXPORT = "id,submitdate,token,Q1,Q2\n" + "1,1980,x,Team Owl,A5\n" * 6 + "7,,x,Team Owl,A1\n"
MAPPING = "team_column: Q1\nanswers: {A5: 5}\nstatements: {version_control_settings: Q2}\n"


def open_all_details(page: Page) -> None:
    """What is folded away is looked at, too."""
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")


def send_a_note(page: Page) -> None:
    """An empty one."""
    open_all_details(page)
    send("Save the note", text="")(page)


def make_a_token(page: Page) -> None:
    """For a program that reads results; it is shown once."""
    page.get_by_label("results", exact=True).check()
    send("Make the token", name="Dashboard")(page)


CALLBACK = "/account/sso/oidc/callback/"
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
    Place("questionnaire", ANYBODY, "/questionnaires/accelerate/2/"),
    Place("questionnaire-unfolded", ANYBODY, "/questionnaires/accelerate/2/", do=open_all_details, long=True),
    Place("questionnaire-own", ANYBODY, "/questionnaires/orchard/1/", do=open_all_details, long=True),
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
    Place("webhooks", "ada", "{org}webhooks/"),
    Place("webhooks-none", "eve", "{empty}webhooks/"),
    Place("new-webhook", "ada", "{org}webhooks/new/"),
    Place(
        "new-webhook-refused", "ada", "{org}webhooks/new/", do=send("Save", url="https://169.254.169.254/")
    ),
    Place("webhook", "ada", "{org}webhooks/{webhook}/", do=open_all_details),
    Place("webhook-changed", "ada", "{org}webhooks/{webhook}/change/", do=send("Save")),
    Place("questionnaires", "olga", "{orchard}questionnaires/"),
    Place("upload-questionnaire", "olga", "{orchard}questionnaires/upload/"),
    Place(
        "upload-questionnaire-refused",
        "olga",
        "{orchard}questionnaires/upload/",
        do=give(wrong_file(), "Show it"),
    ),
    Place(
        "questionnaire-preview",
        "olga",
        "{orchard}questionnaires/upload/",
        do=give(reworded_file(), "Show it"),
    ),
    Place("vary-questionnaire", "olga", "{orchard}questionnaires/accelerate/2/vary/", long=True),
    Place(
        "vary-questionnaire-refused",
        "olga",
        "{orchard}questionnaires/accelerate/2/vary/",
        do=untick_all_but_one,
        long=True,
    ),
    Place(
        "vary-questionnaire-preview",
        "olga",
        "{orchard}questionnaires/orchard/1/vary/",
        do=leave_out_and_add,
        long=True,
    ),
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
    Place("import-round", "ada", "{org}rounds/import/"),
    Place(
        "import-round-refused",
        "ada",
        "{org}rounds/import/",
        do=bring("team,version_control_settings,lead_time\nTeam Owl,9,x\n,5,4\nTeam Owl,5\n"),
    ),
    Place("import-round-plan", "ada", "{org}rounds/import/", do=bring(PAST)),
    Place("import-round-limesurvey", "ada", "{org}rounds/import/", do=bring(EXPORT, MAPPING)),
    Place("round-imported", "vera", "{vineyard}rounds/{imported}/", do=open_all_details),
    Place("team-imported", "vera", "{plums}"),
    Place("results-imported", "vera", "{plums}rounds/{imported}/"),
    Place("results-after-import", "vera", "{plums}rounds/{after_import}/"),
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
    Place("results-own-questionnaire", "olga", "{varied}", do=open_all_details, long=True),
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
    Place("api-tokens", "lee", "/tokens/"),
    Place("api-tokens-none", "eve", "/tokens/"),
    Place("new-api-token", "lee", "/tokens/new/"),
    Place("new-api-token-refused", "lee", "/tokens/new/", do=send("Make the token", name="")),
    Place("api-token", "carl", "/tokens/new/", do=make_a_token),
    Place("change-password", "lee", "/account/password/change/"),
    Place(
        "change-password-refused",
        "lee",
        "/account/password/change/",
        do=send("Save", oldpassword="no", password1="x", password2="y"),
    ),
    Place("sign-out", "lee", "/account/logout/"),
    Place("security", "lee", "/account/security/"),
    Place("security-all", "tess", "/account/security/"),
    Place("security-again", "lee", "/account/security/app/"),
    Place("authenticator-app", "carl", "/account/security/app/", do=show_that_it_is_me),
    Place(
        "authenticator-app-refused", "mia", "/account/security/app/", do=after_that("Use the app", code="1")
    ),
    Place("authenticator-app-remove", "tess", "/account/security/app/remove/", do=show_that_it_is_me),
    Place("new-passkey", "cleo", "/account/security/passkeys/new/", do=show_that_it_is_me),
    Place("recovery-codes", "tess", "/account/security/codes/new/", do=after_that("Make new codes")),
    Place("recovery-codes-shown", "tess", "/account/security/codes/", do=show_that_it_is_me),
    Place("second-step", HALF_IN, "/account/login/", do=half_way_in),
    Place("lost-device", "ada", "{org}people/lost-device/"),
    Place(
        "lost-device-refused", "ada", "{org}people/lost-device/", do=send("End their", email="a@example.org")
    ),
    Place("sign-in-provider", ANYBODY, "/account/login/", at=WITH_PROVIDER),
    Place("sign-in-provider-only", ANYBODY, "/account/login/", at=PROVIDER_ONLY),
    Place(
        "sign-on-cancelled", ANYBODY, "/account/login/", do=sign_on("x@y.example", "Cancel"), at=WITH_PROVIDER
    ),
    Place("sign-on-failed", ANYBODY, f"{CALLBACK}?error=server_error", 401, at=WITH_PROVIDER),
    Place("sign-on-unknown", ANYBODY, "/account/login/", do=sign_on("eve@hill.example"), at=WITH_PROVIDER),
    Place(
        "sign-on-unproven",
        ANYBODY,
        "/account/login/",
        do=sign_on("eve@hill.example", proven=False),
        at=WITH_PROVIDER,
    ),
    Place(
        "sign-on-taken",
        ANYBODY,
        "/account/login/",
        do=sign_on("eve.empty@example.org"),
        at=WITH_PROVIDER,
    ),
    Place("sign-on-nameless", ANYBODY, "/account/login/", do=sign_on(""), at=WITH_PROVIDER),
    Place("second-factor-demanded", "cleo", "{org}", at=WITH_PROVIDER),
    Place("security-vouched-for", VOUCHED_FOR, "/account/security/", at=WITH_PROVIDER),
    Place("choose-password", VOUCHED_FOR, "/account/password/set/", at=WITH_PROVIDER),
    Place("security-provider-only", VOUCHED_FOR, "/account/security/", at=PROVIDER_ONLY),
    Place("new-passkey-provider-only", VOUCHED_FOR, "/account/security/passkeys/new/", at=PROVIDER_ONLY),
    *(
        replace(place, name=f"{place.name}-de", language="de")
        for place in (
            Place("sign-in", ANYBODY, "/account/login/"),
            Place("privacy", ANYBODY, "/privacy/"),
            Place("respond-start", NEWCOMER, "/respond/"),
            Place("respond-1", RESPONDENT, "/respond/1/"),
            Place("respond-7", RESPONDENT, "/respond/7/"),
            Place("respond-review", RESPONDENT, "/respond/review/"),
            Place("organization", "ada", "{org}"),
            Place("schedule", "ada", "{org}schedule/"),
            Place("coach", "cleo", "{org}coach/", do=open_all_details),
            Place("team", "lee", "{owls}"),
            Place("results", "lee", "{owls}rounds/{last}/", do=open_all_details, long=True),
            Place("wall", "lee", "{owls}rounds/{last}/wall/"),
            Place("compare", "hana", "{compared}"),
            Place("sign-in-provider", ANYBODY, "/account/login/", at=WITH_PROVIDER),
            Place(
                "sign-on-cancelled",
                ANYBODY,
                "/account/login/",
                do=sign_on("x@y.example", "Cancel"),
                at=WITH_PROVIDER,
            ),
            Place(
                "sign-on-unknown",
                ANYBODY,
                "/account/login/",
                do=sign_on("eve@hill.example"),
                at=WITH_PROVIDER,
            ),
            Place("second-factor-demanded", "cleo", "{org}", at=WITH_PROVIDER),
            Place("security-vouched-for", VOUCHED_FOR, "/account/security/", at=WITH_PROVIDER),
        )
    ),
]


class Guide:
    """Leads to places: keeps a signed-in page for each role at each installation."""

    def __init__(
        self, new_page: Callable[[str], Page], scene: dict[str, Any], problems: list[str] | None = None
    ) -> None:
        self.new_page, self.scene = new_page, scene
        self.problems = [] if problems is None else problems  # what a Watch has noticed
        self.pages: dict[tuple[str, str], Page] = {}

    def lead(self, place: Place) -> Page:
        """The page, opened and brought into its state."""
        page = self.pages.get((place.who, place.at)) or self._enter(place.who, place.at)
        page.set_extra_http_headers({"Accept-Language": place.language})
        response = page.goto(place.path.format(**self.scene))
        assert response, place
        if "refresh" in response.headers:
            del self.pages[place.who, place.at]  # it goes on by itself: the next place gets another page
        assert response.status == place.status, (place, response.status)
        if place.do:
            place.do(page)
        return page

    def _enter(self, who: str, at: str) -> Page:
        page = self.pages[who, at] = self.new_page(at)
        if who in {RESPONDENT, NEWCOMER}:
            page.goto(self.scene["links"][who == NEWCOMER])
        elif who == VOUCHED_FOR:
            page.goto("/account/login/")
            sign_on(self.scene["people"][who])(page)
        elif who not in {ANYBODY, HALF_IN}:
            page.goto("/account/login/")
            page.locator('[name="login"]').fill(self.scene["people"][who])
            page.locator('[name="password"]').fill(PASSWORD)
            page.get_by_role("main").get_by_role("button", name="Sign in").click()
            while "/second/" in page.url:  # once more where a code's half minute was over in between
                page.locator('[name="code"]').fill(code_of(SECRET))
                page.get_by_role("main").get_by_role("button", name="Sign in").click()
            page.get_by_role("banner").get_by_role("button", name="Sign out").wait_for()
        return page
