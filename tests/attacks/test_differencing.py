"""Attack 2, in short; ``make attack`` takes ten thousand teams."""

from __future__ import annotations

import json
import random
import re

import pytest
from django.test import Client
from django.urls import reverse

from assessments.disclosure import visible_children
from assessments.models import Round, Score, Team, User
from assessments.queries import load_instrument
from assessments.services import rounds
from assessments.tables import FORMATS
from reports import builder
from reports.content import (
    CapabilityResult,
    CategoryResult,
    CategoryScore,
    InWords,
    ReportContent,
    Shown,
    ShownMetric,
)
from tests import factories
from tests.attacks import differencing
from tests.factories import DAY, NOW

TEAMS = 2000


@pytest.fixture
def chance() -> random.Random:
    """Another one each time, as the order of the tests is."""
    return random.Random(random.getrandbits(32))


# --- Before and after a late answer --------------------------------------------------------------


def results_of(client: Client, team: Team, of: Round) -> list[int]:
    """What the pages and files with a team's results answer."""
    where = [team.organization.slug, team.slug, of.pk]
    return [
        *(client.get(reverse(name, args=where)).status_code for name in ("results", "report_pdf")),
        *(client.get(reverse("scores_table", args=[*where, ending])).status_code for ending in FORMATS),
    ]


def test_before_the_close_there_is_nothing_to_compare_a_late_answer_with(
    kestrel: Team, lee: User, ada: User, sign_in
) -> None:
    opened = factories.open_round(kestrel.organization)
    factories.answer_all(opened, kestrel, [6, 5, 6, 2, 7])

    for person in (lee, ada):
        assert results_of(sign_in(person), kestrel, opened) == [404] * 5
    assert not Score.objects.exists()


def test_after_the_close_there_is_one_result_and_never_another(kestrel: Team) -> None:
    closed = factories.closed_round(kestrel.organization, kestrel, [6, 5, 6, 2, 7])
    before = list(Score.objects.order_by("pk").values())

    assert not rounds.close_round(round=closed, by=None, now=NOW + 2 * DAY)
    assert list(Score.objects.order_by("pk").values()) == before


# --- Quarter beside quarter ----------------------------------------------------------------------


def test_the_page_after_somebody_has_left_tells_nobody_their_score(chance: random.Random) -> None:
    cases = [differencing.random_leaver(chance) for _ in range(TEAMS)]

    assert differencing.count_recovered(cases, differencing.in_words, chance) == 0


@pytest.mark.parametrize("joined", [False, True])
def test_who_kept_last_quarters_page_learns_next_to_nothing(chance: random.Random, joined: bool) -> None:
    cases = [differencing.random_leaver(chance) for _ in range(TEAMS // 2)]

    # with intervals and steps of 5 it would be one team of up to nine in forty
    recovered = differencing.count_recovered(cases, differencing.in_full, chance, joined=joined)
    assert recovered <= 0.01 * len(cases)


def test_means_to_two_decimals_would_tell_nearly_every_score(chance: random.Random) -> None:
    cases = [differencing.random_leaver(chance) for _ in range(TEAMS)]

    assert differencing.count_recovered_from_means(cases) > 0.9 * TEAMS


# --- Group beside teams --------------------------------------------------------------------------


def test_no_total_less_what_is_shown_leaves_too_few(chance: random.Random) -> None:
    trees = [differencing.random_tree(chance) for _ in range(TEAMS)]

    assert sum(differencing.count_derivable(tree, visible_children) for tree in trees) == 0


def test_a_minimum_alone_would_give_the_small_teams_away(chance: random.Random) -> None:
    trees = [differencing.random_tree(chance) for _ in range(TEAMS)]
    given_away = sum(differencing.count_derivable(tree, differencing.plain_minimum) > 0 for tree in trees)

    assert given_away > TEAMS / 2


# --- Export beside page --------------------------------------------------------------------------


RESULT = ["shown", "n", "score", "low90", "high90", "bands", "agreement", "two_camps", "dont_know_percent"]
COLUMNS = [*RESULT, "last_round", "change", "moved"]
HIDDEN = (False,) + 11 * (None,)


def shown_on_page(content: ReportContent) -> dict[tuple[str, str], tuple[object, ...]]:
    """By kind and key, the numbers and words that the page's content has."""
    found: dict[tuple[str, str], tuple[object, ...]] = {}
    for category in content.categories:
        found["category", category.key] = HIDDEN
        if isinstance(category.result, CategoryScore):
            told = (True, None, category.result.score, None, None, " ".join(category.result.bands))
            found["category", category.key] = told + 3 * (None,) + last_round_on_page(category)
    for capability in content.capabilities:
        found["capability", capability.key] = HIDDEN
        if isinstance(capability.result, Shown):
            r = capability.result
            camps = None if r.is_coarse else r.two_camps
            told = (True, r.n, r.score, r.low, r.high, " ".join(r.bands), r.agreement or None, camps)
            found["capability", capability.key] = (*told, r.dont_know, *last_round_on_page(capability))
    for metric in content.key_metrics:
        found["key_metric", metric.key] = HIDDEN
        if isinstance(metric.result, ShownMetric):
            r = metric.result
            found["key_metric", metric.key] = (True, r.n, r.band, None, None, r.label) + 6 * (None,)
    return found


def last_round_on_page(of: CapabilityResult | CategoryResult) -> tuple[object, ...]:
    """Last round's number or word, the label of the change, and how far the score moved."""
    match of.previous:
        case Shown() | CategoryScore() as before:
            last: object = before.score
        case InWords() as words:
            last = " ".join(words.bands)
        case _:
            last = None
    return (last, of.change.label, of.change.moved) if of.change else (last, None, None)


def test_the_export_carries_nothing_that_the_page_does_not(
    kestrel: Team, lee: User, sign_in, chance: random.Random
) -> None:
    for number in range(12):
        opened = factories.open_round(kestrel.organization, f"Round {number}")
        instrument = load_instrument(opened.questionnaire)
        for token in factories.tokens_of(opened, kestrel)[: chance.randint(3, 8)]:
            factories.answer(token, factories.random_answers(instrument, chance))
        rounds.close_round(round=opened, by=None, now=NOW + (number + 1) * DAY)
        content = builder.build_content(opened.assessments.get(team=kestrel), "en", for_team=True)
        where = [kestrel.organization.slug, kestrel.slug, opened.pk]
        client = sign_in(lee)
        exported = json.loads(client.get(reverse("scores_table", args=[*where, "json"])).content)
        page = client.get(reverse("results", args=where)).content.decode()
        results = [row for row in exported["rows"] if row["kind"] != "statement"]

        assert {
            (row["kind"], row["key"]): tuple(row[column] for column in COLUMNS) for row in results
        } == shown_on_page(content)
        numbers = {str(abs(cell)) for row in exported["rows"] for cell in row.values() if type(cell) is int}
        assert numbers <= set(re.findall(r"\d+", re.sub(r"<[^>]*>", " ", page)))
