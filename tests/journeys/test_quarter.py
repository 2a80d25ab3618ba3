"""A whole quarter, as people live it: from an empty installation to the report in the team's hands.

The figures that the report must show are worked out here once more, in a few lines of plain
arithmetic from the answers given; nothing of the product's scoring is used.
"""

from __future__ import annotations

import io
import math
import re
import statistics
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from itertools import pairwise
from typing import Any

import yaml
from playwright.sync_api import Page, expect
from pypdf import PdfReader
from scipy import stats

from .conftest import DESK, PHONE, Enter
from .stage import ROOT, Mailbox, Stage, Visitor, until

ASKED = yaml.safe_load(
    (ROOT / "fixtures" / "questionnaires" / "accelerate-2.yaml").read_text(encoding="utf-8")
)
CATEGORIES: list[dict[str, Any]] = ASKED["categories"]
CAPABILITIES: list[dict[str, Any]] = [each for category in CATEGORIES for each in category["capabilities"]]
METRICS: list[dict[str, Any]] = ASKED["key_metrics"]

PASSWORD = "correct horse battery staple"
ADA, LEE = "ada@example.org", "lee@example.org"
PEOPLE = ["lee", "mia", "noa", "ole", "pia", "rui"]
COMMENTS = {
    0: "We wait too long for test data.",
    2: "<b>Less meetings</b> <script>alert(1)</script>",
    4: "More pairing, please & thank you.",
}

# --- What the six answer -------------------------------------------------------------------------

PATTERNS = [
    [1, 1, 2, 1, 2, 1],
    [7, 7, 6, 7, 7, 7],
    [4, 4, 3, 4, 5, 4],
    [2, 6, 2, 6, 1, 7],
    [5, 5, 6, 4, 5, 6],
    [3, 5, 4, 6, 2, 7],
]
"""What each person thinks of a capability, by its place: low, high, mixed, two camps."""

BANDS: dict[str, list[int | str]] = {
    "lead_time": [4, 4, 5, 3, 6, 5],
    "deployment_frequency": [6, 6, 6, "dk", 6, 6],
    "time_to_restore": [1, 2, 1, 2, "dk", "dk"],
    "change_failure_rate": [2, 3, 2, 3, 1, 3],
}
HINDRANCES = ["test_data_management", "wip_limits", "change_approval"]


def answers_of(person: int) -> dict[str, Any]:
    """Everything that one of the six answers."""
    given: dict[str, Any] = {}
    for place, capability in enumerate(CAPABILITIES):
        value = PATTERNS[place % len(PATTERNS)][person]
        for number, statement in enumerate(capability["statements"]):
            given[statement["key"]] = min(value + 1, 7) if number == 1 and place % 2 else value
    if person < 2:  # four answers are left: too few to show
        given |= dict.fromkeys(keys_of("monitoring"), "dk")
    if person == 2:  # two of three are enough …
        given[keys_of("wip_limits")[2]] = None
    if person == 3:  # … and one is not
        given |= dict.fromkeys(keys_of("wip_limits")[1:])
    given |= {key: bands[person] for key, bands in BANDS.items()}
    given["hindrances"] = HINDRANCES[: 1 + person % 3]
    if person in COMMENTS:
        given["comment"] = COMMENTS[person]
    return given


def keys_of(capability: str) -> list[str]:
    """The keys of a capability's statements."""
    return [
        each["key"] for found in CAPABILITIES if found["key"] == capability for each in found["statements"]
    ]


# --- What the report must say about it ------------------------------------------------------------


def people_scores(capability: Mapping[str, Any]) -> list[float]:
    """One value for each person who answered at least half."""
    scores = []
    for person in range(len(PEOPLE)):
        given = [answers_of(person)[statement["key"]] for statement in capability["statements"]]
        rated = [value for value in given if isinstance(value, int)]
        if 2 * len(rated) >= len(given):
            scores.append(sum(rated) / len(rated))
    return scores


def steps_of(points: float) -> float:
    """Points from 1 to 7 as steps of 5 on 0 to 100."""
    return (points - 1) / 6 * 20


def capped(steps: float) -> int:
    """Nothing below 5 or above 95 is told apart."""
    return min(max(5 * int(steps), 5), 95)


def shown_score(points: float) -> int:
    """Rounded to the nearest 5, halves up."""
    return capped(math.floor(steps_of(points) + 0.5 + 1e-9))


def shown_interval(scores: Sequence[float]) -> tuple[int, int]:
    """The 90 % interval: spread drawn towards 1.2 points with the weight of four people, rounded outward."""
    n, mean = len(scores), statistics.fmean(scores)
    freedom = 4 + n - 1
    spread = math.sqrt((4 * 1.2**2 + sum((score - mean) ** 2 for score in scores)) / freedom)
    half = float(stats.t.ppf(0.95, freedom)) * spread / math.sqrt(n)
    low, high = max(mean - half, 1), min(mean + half, 7)
    return capped(math.floor(steps_of(low) + 1e-9)), capped(math.ceil(steps_of(high) - 1e-9))


def level_of(points: float) -> str:
    """Which of the three pieces of advice is for them."""
    return "low" if points < 3 else "middle" if points < 5 else "high"


def score_words(score: int) -> str:
    """A score as people read it."""
    return {5: "5 or less", 95: "95 or more"}.get(score, str(score))


def end_words(score: int) -> str:
    """The end of an interval as people read it."""
    return {5: "≤ 5", 95: "≥ 95"}.get(score, str(score))


def facts_of(capability: Mapping[str, Any]) -> str:
    """The line of figures under a capability's name."""
    scores = people_scores(capability)
    if len(scores) < 5:
        return "Fewer than 5 people answered"
    low, high = shown_interval(scores)
    return (
        f"{score_words(shown_score(statistics.fmean(scores)))} interval {end_words(low)} to {end_words(high)}"
    )


def category_score(category: Mapping[str, Any]) -> int:
    """The mean of the capabilities that are shown."""
    all_scores = [people_scores(capability) for capability in category["capabilities"]]
    return shown_score(
        statistics.fmean(statistics.fmean(scores) for scores in all_scores if len(scores) >= 5)
    )


def metric_band(metric: Mapping[str, Any]) -> int | None:
    """The middle answer, or the lower of the two in the middle; None for fewer than five."""
    named = sorted(band for band in BANDS[metric["key"]] if isinstance(band, int))
    return named[(len(named) - 1) // 2] if len(named) >= 5 else None


def metric_facts(metric: Mapping[str, Any]) -> str:
    """What is said about a key metric."""
    band = metric_band(metric)
    if band is None:
        return "Fewer than 5 people answered"
    label = metric["scale"]["options"][band - 1]["label"]["en"] if "scale" in metric else ""
    return f"Your answer: {label}."


def advice_of(capability: Mapping[str, Any]) -> list[str]:
    """The advice for what the team answered; for all three levels where that is not told."""
    scores = people_scores(capability)
    if len(scores) < 5:
        return [
            words[part]["en"]
            for words in capability["levels"].values()
            for part in ("looks_like", "next_step")
        ]
    words = capability["levels"][level_of(statistics.fmean(scores))]
    return [words[part]["en"] for part in ("looks_like", "next_step", "pitfall", "measure")]


def metric_advice(metric: Mapping[str, Any]) -> list[str]:
    """The advice for a key metric."""
    meets = (metric_band(metric) or 0) >= metric["elite_from"]
    return [
        metric["advice"]["meets" if meets else "below"]["en"],
        metric["pitfall"]["en"],
        metric["measure"]["en"],
    ]


def squeezed(text: str) -> str:
    """A text without spaces, line breaks and hyphens: a PDF has its own."""
    return re.sub(r"[\s\u00ad\u2010\u2011-]+", "", text)


def stands_in(pages: Sequence[str], words: str) -> bool:
    """Whether a text stands on one of the pages, or begins on one and ends on the next."""
    if any(words in page for page in pages):
        return True
    begin, end = words[:8], words[-8:]
    return any(
        words[:place] in one and words[place:] in other
        for one, other in pairwise(pages)
        if begin in one and end in other
        for place in range(1, len(words))
    )


def check_document(texts: Sequence[str]) -> None:
    """All 24 capabilities, five categories and four metrics, each with its figures and its own advice."""
    pages = [squeezed(text) for text in texts]
    wanted = []
    for capability in CAPABILITIES:
        # the facts stand right under the name, or under a line of text
        name, facts = squeezed(capability["name"]["en"]), squeezed(facts_of(capability))
        pattern = f"{re.escape(name)}.{{0,60}}{re.escape(facts)}"
        assert any(re.search(pattern, page) for page in pages), (capability["key"], facts_of(capability))
        wanted += advice_of(capability)
    for category in CATEGORIES:
        wanted += [category["name"]["en"] + score_words(category_score(category)), category["advice"]["en"]]
    for metric in METRICS:
        wanted += [metric["name"]["en"], metric_facts(metric), *metric_advice(metric)]
    assert [words for words in wanted if not stands_in(pages, squeezed(words))] == []


# --- What people do ----------------------------------------------------------------------------------


def first_administrator(stage: Stage, page: Page) -> None:
    """The installer names ada, who follows the link and chooses a password."""
    told = stage.manage("create_organization", "Aviary", "--administrator", ADA)
    choose_password(page, link_in(told))
    sign_in(page, ADA)
    expect(page).to_have_url(re.compile(r"/o/aviary/$"))


def link_in(text: str) -> str:
    """The one address in a mail, beside the one that ends them."""
    (link,) = (link for link in re.findall(r"http://\S+", text) if "/mails/stop/" not in link)
    return str(link)


def text_of(mail: EmailMessage) -> str:
    """What a mail says, in plain text."""
    body = mail.get_body(("plain",))
    assert body
    return str(body.get_content())


def choose_password(page: Page, link: str) -> None:
    """Follow the link of a mail."""
    page.goto(link)
    page.get_by_label("New Password", exact=True).or_(page.get_by_label("New password", exact=True)).fill(
        PASSWORD
    )
    page.get_by_label(re.compile("again", re.IGNORECASE)).fill(PASSWORD)
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_role("heading", name="Your password is changed")).to_be_visible()


def sign_in(page: Page, email: str) -> None:
    """With the password chosen."""
    page.goto("/account/login/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def make_group_and_team(page: Page) -> None:
    """Raptors, and Team Kestrel in it."""
    page.goto("/o/aviary/")
    page.get_by_role("link", name="New group").click()
    page.get_by_label("Name of the group").fill("Raptors")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="New team").click()
    page.get_by_label("Name of the team").fill("Team Kestrel")
    page.get_by_label("Group").select_option(label="Raptors")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Team Kestrel", level=1)).to_be_visible()


def add_people(page: Page) -> None:
    """Six people; lee leads and may sign in."""
    for name in PEOPLE:
        page.get_by_role("link", name="Add a person").click()
        page.get_by_label("Name", exact=True).fill(name.title())
        page.get_by_label("E-mail address").fill(f"{name}@example.org")
        if name == "lee":
            page.get_by_label("Role").select_option("lead")
            page.get_by_label("Send a mail with which they can sign in").check()
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("status")).to_contain_text(f"{name.title()} is on the team.")


def lee_signs_in(mailbox: Mailbox, page: Page) -> None:
    """The mail has come; the link in it lets lee choose a password."""
    (mail,) = mailbox.wait_for(1, subject="Your access to Aviary", to=LEE)
    choose_password(page, link_in(text_of(mail)))
    sign_in(page, LEE)
    expect(page.get_by_role("heading", name="Team Kestrel", level=1)).to_be_visible()


def open_round(page: Page) -> str:
    """Plan the round, look at it, open it; its address."""
    page.goto("/o/aviary/")
    page.get_by_role("link", name="New round").click()
    page.get_by_label("Name", exact=True).fill("2026, fourth quarter")
    page.get_by_role("button", name="Make the round").click()
    expect(page.get_by_text("planned, not open yet")).to_be_visible()
    page.get_by_role("button", name="Open the round").click()
    expect(page.get_by_role("status")).to_contain_text("6 invitations are on their way.")
    return page.url


def links_in_mails(stage: Stage) -> dict[str, str]:
    """Each of the six has one mail with one link of their own, and the promise."""
    mails = stage.mailbox.wait_for(6, subject="How does Team Kestrel deliver?")
    links = {}
    for mail in mails:
        text = text_of(mail)
        assert "stored without your name" in " ".join(text.split())
        assert "at least 5 people answered" in " ".join(text.split())
        links[mail["To"].partition("@")[0]] = link_in(text)
        assert links[mail["To"].partition("@")[0]].startswith(f"{stage.url}/respond/")
    assert sorted(links) == sorted(PEOPLE)
    assert len(set(links.values())) == 6
    return links


def answer_page(page: Page, answers: Mapping[str, Any], seen: list[str]) -> None:
    """Answer what is on the page, note what was asked, go on."""
    seen.append(page.get_by_role("main").text_content() or "")
    fields = page.locator("input[type=radio]").evaluate_all("all => [...new Set(all.map(one => one.name))]")
    assert fields
    for key in fields:
        if answers[key] is not None:
            page.locator(f'input[name="{key}"][value="{answers[key]}"]').check()
    page.get_by_role("button", name="Continue").click()


def answer_on_a_phone_and_go_on_elsewhere(enter: Enter, link: str, answers: Mapping[str, Any]) -> str:
    """Four of seven pages on one phone, the rest on another device; all the words that were shown."""
    seen: list[str] = []
    phone = enter(**PHONE)
    phone.goto(link)
    expect(phone.get_by_role("heading", name="Who sees what")).to_be_visible()
    phone.get_by_role("link", name="Begin").click()
    for number in range(1, 5):
        expect(phone).to_have_url(re.compile(rf"/respond/{number}/$"))
        answer_page(phone, answers, seen)
    expect(phone).to_have_url(re.compile(r"/respond/5/$"))
    phone.context.close()

    other = enter(**PHONE)
    other.goto(link)
    expect(other.get_by_text("Welcome back")).to_be_visible()
    see_earlier_answers(other, answers)
    other.goto("/respond/")
    other.get_by_role("link", name="Go on").click()
    for number in range(5, 8):
        expect(other).to_have_url(re.compile(rf"/respond/{number}/$"))
        answer_page(other, answers, seen)
    review_and_send(other, answers, seen)
    return " ".join(seen)


def see_earlier_answers(page: Page, answers: Mapping[str, Any]) -> None:
    """What was answered before stands on the first page."""
    page.goto("/respond/1/")
    chosen = page.locator("input[type=radio]:checked").evaluate_all(
        "all => all.map(one => [one.name, one.value])"
    )
    assert len(chosen) > 10
    assert dict(chosen) == {key: str(answers[key]) for key, _value in chosen}


def review_and_send(page: Page, answers: Mapping[str, Any], seen: list[str]) -> None:
    """The last page: hindrances, a comment, the button that sends."""
    expect(page.get_by_role("heading", name="Review and send")).to_be_visible()
    expect(page.get_by_text("You answered everything.")).to_be_visible()
    seen.append(page.get_by_role("main").text_content() or "")
    for key in answers["hindrances"]:
        page.locator(f'input[name="hindrances"][value="{key}"]').check()
    page.get_by_label("Anything else your team should hear?").fill(answers["comment"])
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


def answer_without_scripts(page: Page, link: str, answers: Mapping[str, Any]) -> None:
    """The same in a browser that runs no JavaScript."""
    page.goto(link)
    page.get_by_role("link", name="Begin").click()
    while "/respond/review/" not in page.url:
        answer_page(page, answers, [])
    for key in answers["hindrances"]:
        page.locator(f'input[name="hindrances"][value="{key}"]').check()
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


def check_what_was_asked(seen: str) -> None:
    """All statements and metrics by their words, all capabilities and categories by their names."""
    text = squeezed(seen)
    wanted = [
        statement["text"]["en"] for capability in CAPABILITIES for statement in capability["statements"]
    ]
    wanted += [metric["question"]["en"] for metric in METRICS]
    wanted += [each["name"]["en"] for each in [*CAPABILITIES, *CATEGORIES]]
    assert [words for words in wanted if squeezed(words) not in text] == []
    assert (len(CAPABILITIES), len(CATEGORIES), len(METRICS)) == (24, 5, 4)


def close_round(page: Page, address: str) -> None:
    """Everybody has answered; ada closes, and the results are the team's first."""
    page.goto(address)
    expect(page.get_by_text("6 of 6 people have answered.")).to_be_visible()
    expect(page.get_by_role("button", name="Close now")).to_be_hidden()  # it cannot be undone
    page.get_by_text("Close the round").click()
    page.get_by_role("button", name="Close now").click()
    expect(page.get_by_role("status")).to_contain_text("The round is closed.")
    expect(page.get_by_text("with the team until")).to_be_visible()


def read_results(page: Page) -> str:
    """As lee: the result page, with everything on it and the comments as they were written."""
    page.goto("/")
    page.get_by_role("link", name="2026, fourth quarter").click()
    expect(page.get_by_text("6 of 6 people answered.").first).to_be_visible()
    text = page.get_by_role("main").text_content() or ""
    check_document([text])
    for comment in COMMENTS.values():
        assert squeezed(comment) in squeezed(text)
    return page.url


def download_report(page: Page) -> bytes:
    """The PDF, as soon as the worker has made it: the page is looked at again until it offers one."""
    link = page.locator('a[href$="report.pdf"]').first

    def offered() -> str | None:
        page.reload()
        return link.get_attribute("href") if link.count() else None

    address = until(offered, "the report is offered")

    def ready() -> bytes | None:
        response = page.request.get(address)
        assert response.ok
        return response.body() if response.headers["content-type"] == "application/pdf" else None

    return until(ready, "the report is made")


def pages_of(pdf: bytes) -> list[str]:
    """The words of each page of a PDF."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def check_figures_as_a_table(page: Page, results: str) -> None:
    """The numbers for a spreadsheet are the same."""
    table = page.request.get(f"{results}scores.csv").text()
    for capability in CAPABILITIES:
        scores = people_scores(capability)
        if len(scores) >= 5:
            low, high = shown_interval(scores)
            figures = f"yes,{len(scores)},{shown_score(statistics.fmean(scores))},{low},{high},"
        else:
            figures = "no,,,,,"
        assert re.search(rf",{capability['key']},[^\n]*{figures}", table), (capability["key"], figures)


def test_a_quarter_from_the_first_sign_in_to_the_report(stage: Stage, enter: Enter) -> None:
    ada = enter(**DESK)
    first_administrator(stage, ada)
    make_group_and_team(ada)
    add_people(ada)
    lee = enter(**PHONE)
    lee_signs_in(stage.mailbox, lee)

    address = open_round(ada)
    links = links_in_mails(stage)
    seen = answer_on_a_phone_and_go_on_elsewhere(enter, links["lee"], answers_of(0))
    check_what_was_asked(seen)
    answer_without_scripts(enter(**PHONE, java_script_enabled=False), links["mia"], answers_of(1))
    for person in range(2, len(PEOPLE)):
        Visitor(stage).answer(links[PEOPLE[person]], answers_of(person))

    close_round(ada, address)
    results = read_results(lee)
    check_figures_as_a_table(lee, results)
    pdf = download_report(lee)
    check_document(pages_of(pdf))
    assert ada.request.get(results).status == 403  # the team sees its results first
    log = stage.log()
    assert not [link for link in links.values() if link.rsplit("/", 2)[1] in log]
    assert not [name for name in PEOPLE if f"{name}@example.org" in log]
