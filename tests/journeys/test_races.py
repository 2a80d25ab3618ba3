"""Attack 4: many at once. Nobody votes twice, no response is half, and everybody is told what happened.

One person with two tabs, a double click or the back button is in test_respondent.py.
"""

from __future__ import annotations

import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.authenticator import SECRET, code_of

from .scenes import PASSWORD
from .stage import HERE, PATIENCE, WITH_PROVIDER, Stage, Visitor

FIRST_STATEMENT = "version_control_settings"


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Sender(Visitor):
    """Looks at what the server says to each post, and follows nothing."""

    def __init__(self, stage: Stage, link: str) -> None:
        super().__init__(stage)
        cookies = urllib.request.HTTPCookieProcessor()
        self.browser = urllib.request.build_opener(cookies)
        self.get(link)
        self.get("/respond/1/")
        self.browser = urllib.request.build_opener(cookies, _StayHere)
        self.told = ""

    def status(self, address: str, fields: dict[str, Any]) -> int:
        """What a post is answered with."""
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.html)
        assert found
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": found[1], **fields}, doseq=True)
        try:
            with self.browser.open(f"{self.stage.url}{address}", body.encode(), PATIENCE) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            self.told = error.read().decode()
            return error.code


def administrator(stage: Stage, scene: dict[str, Any]) -> Visitor:
    """Who may close the round; on its page."""
    visitor = Visitor(stage)
    visitor.sign_in(scene["admin"], PASSWORD)
    visitor.get(scene["round"])
    return visitor


@pytest.fixture(scope="module")
def scenes(stage: Stage) -> list[dict[str, Any]]:
    """Open rounds, each of one team of twelve."""
    return stage.set_scene("rush")


def test_who_sends_while_the_round_is_closed_twice_counts_or_is_told(
    stage: Stage, scenes: list[dict[str, Any]]
) -> None:
    """What was acknowledged is what counts: no more and no less, in each of the rounds."""
    refused = 0
    for scene in scenes:
        senders = [Sender(stage, link) for link in scene["links"]]
        closers = [administrator(stage, scene) for _ in range(2)]
        begun = threading.Event()

        def send(place: int, senders: list[Sender] = senders, begun: threading.Event = begun) -> int:
            """Some save more often than others before they send, so they do not all come at once."""
            for value in range(place * 4):
                status = senders[place].status("/respond/1/", {"go": "next", FIRST_STATEMENT: value % 7 + 1})
                if status != 303:
                    return status
            status = senders[place].status("/respond/review/", {})
            begun.set()
            return status

        def close(
            closer: Visitor, begun: threading.Event = begun, address: str = f"{scene['round']}close/"
        ) -> str:
            begun.wait(PATIENCE)
            closer.post(address, {})
            return closer.html

        with ThreadPoolExecutor(len(senders) + 2) as pool:
            closing = [pool.submit(close, closer) for closer in closers]
            statuses = list(pool.map(send, range(len(senders))))
        pages = [each.result() for each in closing]

        acknowledged = statuses.count(303)
        refused += len(statuses) - acknowledged
        assert set(statuses) <= {303, 404, 410}, statuses
        assert all("closed on" in page for page in pages)
        found = re.search(r">Team Rush</a></th>\s*<td[^>]*>(\d+) of 12<", pages[0])
        assert found
        assert int(found[1]) == acknowledged
        late = [sender.told for sender, status in zip(senders, statuses, strict=True) if status != 303]
        assert all("What you sent counts" in told for told in late)
    assert refused, "nobody came too late: this was no race"


def test_two_devices_at_once_are_one_response(stage: Stage) -> None:
    """Both save different answers to the same page again and again; none of either is lost."""
    (scene,) = stage.set_scene("duet")
    link = scene["links"][0]
    devices = [Sender(stage, link) for _ in range(2)]
    keys = sorted(set(re.findall(r'type="radio" name="(\w+)"', devices[0].html)))

    def save(device: int) -> set[int]:
        mine = keys[device::2]
        return {devices[device].status("/respond/1/", {"go": "next", key: 5}) for key in mine}

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(save, range(2))) == [{303}, {303}]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda each: each.status("/respond/review/", {}), devices)) == [303, 303]

    look = Visitor(stage)
    look.get(link)
    look.get("/respond/1/")
    assert len(re.findall(r'<input type="radio"[^>]* checked', look.html)) == len(keys)
    ada = administrator(stage, scene)
    assert "1 of 12" in ada.html


def half_minute() -> int:
    """For which a code is good."""
    return int(time.time()) // 30


def test_one_code_lets_in_once_over_two_web_servers(installations: dict[str, Stage]) -> None:
    """Two that know nothing of each other but the database, at the same moment and after it."""
    second = "/account/login/second/"
    who = installations[HERE].set_scene("locksmith_with_app")["admin"]
    for _once_more_where_a_half_minute_ended_meanwhile in range(3):
        visitors = [Visitor(installations[at]) for at in (HERE, WITH_PROVIDER)]
        for visitor in visitors:
            visitor.sign_in(who, PASSWORD)
        began, code = half_minute(), {"code": code_of(SECRET)}
        together = threading.Barrier(len(visitors))

        def send(
            visitor: Visitor, code: dict[str, str] = code, together: threading.Barrier = together
        ) -> str:
            together.wait(PATIENCE)
            return visitor.post(second, code)

        with ThreadPoolExecutor(len(visitors)) as pool:
            led_to = list(pool.map(send, visitors))
        loser = visitors[led_to[0] != second]
        led_to.append(loser.post(second, code))
        if half_minute() == began:
            break
    else:
        raise AssertionError("each time a half minute ended before both were answered")
    assert sorted(place == second for place in led_to) == [False, True, True]
    assert "used already" in loser.html
    assert loser.get("/account/security/") == second
