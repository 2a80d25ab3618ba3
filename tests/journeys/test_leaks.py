"""Attack 5: what leaks by the side. Logs, queue, files, headers, browser: no link, no address, no answer."""

from __future__ import annotations

import io
import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Request
from pypdf import PdfReader

from tests.receiver import Receiver, running_receiver

from .conftest import PHONE, Enter
from .scenes import PASSWORD
from .stage import Stage, Visitor, until

pytestmark = pytest.mark.own_engine  # it reads SQLite's file; the attacks read both
REMARK = "canary: the build server is slower than the canteen"
WHERE_ADDRESSES_ARE = {
    "assessments_user",
    "assessments_invitation",
    "assessments_mail",
    "account_emailaddress",
}
WHERE_REMARKS_ARE = {"assessments_comment"}
WHILE_OPEN = {"assessments_response"}
SUBJECTS = ["round.opened", "round.closed", "report.ready"]


class Quarter:
    """A round from its mails to its report; what was seen on the way."""

    def __init__(self, stage: Stage, chat: Receiver) -> None:
        self.stage, self.scene, self.chat = stage, stage.set_scene("quiet"), chat
        self.ada = self._sign_in("admin")
        self.ada.get("/o/quiet-quarter/webhooks/new/")
        self.ada.post("/o/quiet-quarter/webhooks/new/", {"url": chat.url, "events": SUBJECTS})
        self.ada.get(self.scene["round"])
        self.ada.post(f"{self.scene['round']}open/", {})
        mails = stage.mailbox.wait_for(6, subject="Quiet Quarter")
        self.links = [self._link(mail.get_body(("plain",)).get_content()) for mail in mails]
        self.tokens = [link.rsplit("/", 2)[1] for link in self.links]
        self.addresses = [str(mail["To"]) for mail in mails]

    def _sign_in(self, who: str) -> Visitor:
        visitor = Visitor(self.stage)
        visitor.sign_in(self.scene[who], PASSWORD)
        return visitor

    def _link(self, text: str) -> str:
        return re.findall(r"https?://\S+/respond/\S+", text)[0]

    def answer(self) -> None:
        """Everybody answers and leaves a remark."""
        for link in self.links:
            visitor = Visitor(self.stage)
            visitor.get(link)
            visitor.get("/respond/1/")
            visitor.post("/respond/1/", {"go": "next", "version_control_settings": 6})
            visitor.get("/respond/review/")
            visitor.post("/respond/review/", {"comment": REMARK})

    def close(self) -> None:
        """The round is over, and the team's lead downloads what there is."""
        self.ada.get(self.scene["round"])
        self.ada.post(f"{self.scene['round']}close/", {})
        self.lee = self._sign_in("lead")
        self.lee.get(self.scene["results"])
        self.table = self._download("scores.csv")
        self.report = until(self._report, "the report is there")
        until(lambda: len(self.chat.got) == len(SUBJECTS), "all of it is told")

    def _download(self, name: str) -> bytes:
        with self.lee.browser.open(f"{self.stage.url}{self.scene['results']}{name}") as response:
            return bytes(response.read())

    def _report(self) -> bytes | None:
        found = self._download("report.pdf")
        return found if found.startswith(b"%PDF") else None


@pytest.fixture(scope="module")
def quarter(stage: Stage) -> Iterator[Quarter]:
    """Answered and not closed yet. Another program is told what happens."""
    with running_receiver() as chat:
        quarter = Quarter(stage, chat)
        quarter.answer()
        yield quarter


def tables_with(stage: Stage, words: list[str]) -> set[str]:
    """The tables of the database in which one of the words stands in any column of any row."""
    with sqlite3.connect(f"file:{stage.folder / 'survey.sqlite3'}?mode=ro", uri=True) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name
            for name in names
            if any(
                word.lower() in str(row).lower()
                for row in database.execute(f'SELECT * FROM "{name}"')
                for word in words
            )
        }


def files_with(stage: Stage, words: list[str]) -> list[str]:
    """The files of the installation, database and all, in whose bytes one of the words stands."""
    found = [path for path in Path(stage.folder).rglob("*") if path.is_file() and "static" not in path.parts]
    assert len(found) > 1
    return [path.name for path in found if any(word.encode() in path.read_bytes() for word in words)]


def secrets_of(tokens: list[str]) -> list[str]:
    """What is secret of a link: the part after the round's number."""
    return [token.partition("-")[2] for token in tokens]


def test_side_channels_from_the_first_mail_to_the_report(quarter: Quarter, stage: Stage) -> None:
    """One test, because a round is closed once."""
    # while it is open
    assert files_with(stage, secrets_of(quarter.tokens)) == []
    assert tables_with(stage, quarter.addresses) <= WHERE_ADDRESSES_ARE
    assert tables_with(stage, [REMARK]) == WHILE_OPEN

    quarter.close()

    # afterwards
    assert files_with(stage, secrets_of(quarter.tokens)) == []
    assert tables_with(stage, quarter.addresses) <= WHERE_ADDRESSES_ARE
    assert tables_with(stage, [REMARK]) == WHERE_REMARKS_ARE
    log = stage.log()
    assert not [word for word in [*quarter.tokens, *quarter.addresses, REMARK] if word in log]
    heard = str(quarter.chat.got)
    assert {json.loads(got.body)["type"] for got in quarter.chat.got} == set(SUBJECTS)
    assert not [word for word in [*quarter.tokens, *quarter.addresses, REMARK] if word in heard]
    document = PdfReader(io.BytesIO(quarter.report))
    told = str(document.metadata) + str(document.xmp_metadata and document.xmp_metadata.stream.get_data())
    told += "".join(page.extract_text() for page in document.pages) + quarter.table.decode()
    assert not re.findall(r"[\w.]+@[\w.]+", told)
    assert REMARK not in told
    assert REMARK in quarter.lee.html  # on the team's own page, and only there


def test_the_browser_passes_the_link_on_to_nobody(stage: Stage, enter: Enter) -> None:
    """No address but the first has it, no referrer, no history; nothing of it is kept on the device."""
    page = enter(**PHONE)
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))
    link = stage.set_scene("errand")["links"][0]
    token = link.split("/")[2]
    page.goto(link)
    page.goto("/respond/1/")
    page.goto("/respond/")
    page.goto("/questionnaires/accelerate/2/")

    first, *others = sent
    assert token in first.url
    for request in others:
        headers: dict[str, Any] = {k: v for k, v in request.all_headers().items() if k != "cookie"}
        assert token not in request.url
        assert token not in str(headers)
    outside = [request for request in others if "/respond/" not in request.url]
    assert outside
    assert not [request.url for request in outside if token in str(request.all_headers())]  # nor the cookie
    assert token not in page.evaluate("document.cookie")
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
