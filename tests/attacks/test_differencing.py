"""Attack 2, in short; ``make attack`` takes ten thousand teams."""

from __future__ import annotations

import csv
import io
import random
import re

import pytest
from django.test import Client
from django.urls import reverse

from assessments.disclosure import visible_children
from assessments.models import Round, Score, Team, User
from assessments.queries import load_instrument
from assessments.services import rounds
from reports import builder, export
from reports.content import CapabilityResult, InWords, ReportContent, Shown, ShownMetric
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
        client.get(reverse(name, args=where)).status_code for name in ("results", "report_pdf", "scores_csv")
    ]


def test_before_the_close_there_is_nothing_to_compare_a_late_answer_with(
    kestrel: Team, lee: User, ada: User, sign_in
) -> None:
    opened = factories.open_round(kestrel.organization)
    factories.answer_all(opened, kestrel, [6, 5, 6, 2, 7])

    for person in (lee, ada):
        assert results_of(sign_in(person), kestrel, opened) == [404] * 3
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


def shown_on_page(content: ReportContent) -> dict[tuple[str, str], tuple[object, ...]]:
    """By kind and key, the numbers and words that the page's content has."""
    found: dict[tuple[str, str], tuple[object, ...]] = {}
    for capability in content.capabilities:
        match capability.result:
            case Shown() as r:
                camps, unsure = "yes" if r.two_camps else "no", "" if r.dont_know is None else r.dont_know
                words = (" ".join(r.bands), r.agreement, camps, unsure)
                low, high = "" if r.low is None else r.low, "" if r.high is None else r.high
                since = last_round_on_page(capability)
                found["capability", capability.key] = ("yes", r.n, r.score, low, high, *words, *since)
            case _:
                found["capability", capability.key] = ("no",) + 11 * ("",)
    for metric in content.key_metrics:
        match metric.result:
            case ShownMetric() as r:
                found["key_metric", metric.key] = ("yes", r.n, r.band, "", "", r.label) + 6 * ("",)
            case _:
                found["key_metric", metric.key] = ("no",) + 11 * ("",)
    return found


def last_round_on_page(capability: CapabilityResult) -> tuple[object, ...]:
    """Last round's number or word, the label of the change, and how far the score moved."""
    match capability.previous:
        case Shown() as before:
            last: object = before.score
        case InWords() as words:
            last = " ".join(words.bands)
        case _:
            last = ""
    change = capability.change
    return (last, change.label, change.moved) if change else (last, "", "")


def test_the_export_carries_nothing_that_the_page_does_not(
    kestrel: Team, lee: User, sign_in, chance: random.Random
) -> None:
    columns = [
        "shown",
        "n",
        "score",
        "low90",
        "high90",
        "bands",
        "agreement",
        "two_camps",
        "dont_know_percent",
        "last_round",
        "change",
        "moved",
    ]
    for number in range(12):
        opened = factories.open_round(kestrel.organization, f"Round {number}")
        instrument = load_instrument(opened.questionnaire)
        for token in factories.tokens_of(opened, kestrel)[: chance.randint(3, 7)]:
            factories.answer(token, factories.random_answers(instrument, chance))
        rounds.close_round(round=opened, by=None, now=NOW + (number + 1) * DAY)
        content = builder.build_content(opened.assessments.get(team=kestrel), "en", for_team=True)
        where = [kestrel.organization.slug, kestrel.slug, opened.pk]
        client = sign_in(lee)
        text = client.get(reverse("scores_csv", args=where)).content.decode("utf-8-sig")
        page = client.get(reverse("results", args=where)).content.decode()
        exported = {
            (row["kind"], row["key"]): tuple(row[column] for column in columns)
            for row in csv.DictReader(io.StringIO(text))
        }

        assert exported == {
            place: tuple(str(export.safe_cell(value)) for value in values)
            for place, values in shown_on_page(content).items()
        }
        numbers = {cell for row in exported.values() for cell in row if cell.isdigit()}
        assert numbers <= set(re.findall(r"\d+", re.sub(r"<[^>]*>", " ", page)))
