"""What earlier rounds add: changes and trends, told as finely as each round may be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.instrument import Statement
from assessments.models import ScoreKind
from reports.content import AskedAnew, Change, InWords, Shown, Trend, TrendPoint
from reports.history import Earlier, History
from reports.results import Results, newest
from tests.histories import (
    INSTRUMENT,
    INTEGRATION,
    PRACTICE,
    make_earlier,
    make_history,
    make_results,
    make_score,
    reworded,
)
from tests.instruments import make_instrument, text


def told(trend: Trend | None) -> list[int | str | None]:
    """Each point's score, or its word, or None for a gap."""
    assert trend is not None
    return [p.score if p.score is not None else " ".join(p.bands) or None for p in trend.points]


# --- Changes ----------------------------------------------------------------------------------


def test_what_another_version_scored_is_not_compared() -> None:
    history = make_history(6.0, make_earlier(1, 3.0, scoring_version="1"), make_earlier(2, 3.0))

    assert history.capability_changes(cautious=False) == history.category_changes(cautious=False) == {}
    assert history.cautions(0, 0, 12) == ("scoring",)
    assert told(history.trend(INTEGRATION)) == [35, 85]
    assert isinstance(history.last_capability(INTEGRATION), Shown)


@pytest.mark.parametrize(
    ("before", "now", "cautious", "label", "moved"),
    [
        (3.0, 6.0, False, "clear", 50),
        (6.0, 3.0, False, "clear", -50),
        (3.0, 6.0, True, "likely", 50),
        (4.0, 4.4, False, "none", 5),
        (4.0, 4.0, False, "none", 0),
    ],
)
def test_a_change_is_a_label_and_the_difference_of_what_is_shown(
    before: float, now: float, cautious: bool, label: str, moved: int
) -> None:
    history = make_history(now, make_earlier(1, before))

    assert history.capability_changes(cautious=cautious) == {"integration": Change(label, moved)}
    assert history.category_changes(cautious=cautious) == {"practice": Change(label, None)}


@pytest.mark.parametrize(("now", "before"), [(None, 3.0), (6.0, None), (None, None)])
def test_what_is_hidden_in_a_round_has_not_changed(now: float | None, before: float | None) -> None:
    history = make_history(now, make_earlier(1, before))

    assert history.capability_changes(cautious=False) == history.category_changes(cautious=False) == {}


def test_scores_of_a_version_without_standard_errors_are_not_compared() -> None:
    history = make_history(6.0, make_earlier(1, 3.0, se=None), se=None)

    assert history.capability_changes(cautious=False) == history.category_changes(cautious=False) == {}


def test_a_first_round_has_no_change() -> None:
    history = make_history(6.0)

    assert history.capability_changes(cautious=False) == history.category_changes(cautious=False) == {}
    assert history.cautions(None, None, 12) == ()


def test_where_one_person_changed_there_is_no_change_and_a_word() -> None:
    history = make_history(6.0, make_earlier(1, 3.0, 0))

    assert history.capability_changes(cautious=False) == history.category_changes(cautious=False) == {}
    assert history.cautions(9, 9, 9) == ()
    assert history.last_capability(INTEGRATION) == InWords(("mixed",))
    assert history.last_category(PRACTICE) == InWords(("mixed",))


@pytest.mark.parametrize(("joined", "left", "found"), [(2, 2, ()), (3, 3, ("roster",)), (None, None, ())])
def test_a_team_of_which_a_third_changed_is_another_team(
    joined: int | None, left: int | None, found: tuple[str, ...]
) -> None:
    """Twelve were asked both times: of 14 people four are others, of 15 six are."""
    assert make_history(6.0, make_earlier(1, 3.0)).cautions(joined, left, 12) == found


def test_another_version_is_a_caution_even_where_the_words_are_the_same() -> None:
    last = replace(make_earlier(1, 3.0), instrument=replace(INSTRUMENT, version=2))
    history = make_history(6.0, last)

    assert history.cautions(0, 0, 12) == ("wording",)
    assert history.capability_changes(cautious=True) == {"integration": Change("likely", 50)}


def test_what_was_asked_in_other_words_is_not_compared() -> None:
    last = replace(make_earlier(1, 3.0), instrument=reworded(INSTRUMENT))
    history = make_history(6.0, last)

    assert history.last_capability(INTEGRATION) is history.last_category(PRACTICE) is None
    assert history.capability_changes(cautious=False) == history.category_changes(cautious=False) == {}


@pytest.mark.parametrize(("hidden", "compared"), [(None, True), ("now", False), ("before", False)])
def test_categories_of_other_capabilities_are_not_compared(hidden: str | None, compared: bool) -> None:
    """A low capability that is shown for the first time lowers the mean, and nobody has moved."""
    asked = make_instrument({"practice": {"integration": 3, "deployment": 3}})

    def results(mean: float, *, hide: bool) -> Results:
        places = [(ScoreKind.CAPABILITY, "integration"), (ScoreKind.CAPABILITY, "deployment")]
        places += [(ScoreKind.CATEGORY, "practice"), (ScoreKind.COMPOSITE, "practice")]
        made = [
            make_score(None if hide and key == "deployment" else mean, kind, key=key) for kind, key in places
        ]
        return Results(newest(made), 5)

    last = Earlier("R-1", asked, results(3.0, hide=hidden == "before"))
    history = History("R0", asked, results(6.0, hide=hidden == "now"), (last,))

    assert bool(history.category_changes(cautious=False)) is compared
    assert set(history.capability_changes(cautious=False)) >= {"integration"}


def test_what_was_rough_in_its_own_report_stays_rough_in_later_ones() -> None:
    """Else the next report would tell what the page was silent about, beside that of the round before."""
    history = make_history(4.4, make_earlier(1, 4.4, one_changed=True, n=6), n=6)
    last = history.last_capability(INTEGRATION)

    assert isinstance(last, Shown)
    assert (last.score, last.is_coarse) == (60, True)
    assert told(history.trend(INTEGRATION)) == [60, 55]
    assert history.capability_changes(cautious=False) == history.category_changes(cautious=False) == {}


# --- Trends -----------------------------------------------------------------------------------


def test_a_trend_runs_from_the_oldest_round_to_this_one() -> None:
    history = make_history(6.0, make_earlier(1, 5.0), make_earlier(2, None), make_earlier(3, 3.0))

    assert history.trend(INTEGRATION) == Trend(
        points=(
            TrendPoint("R-3", 35, ("mixed",)),
            TrendPoint("R-2", None, ()),
            TrendPoint("R-1", 65, ("mostly_agree",)),
            TrendPoint("R0", 85, ("strongly_agree",)),
        ),
        direction="",
    )


@pytest.mark.parametrize("earlier", [[], [None], [None, None]])
def test_one_round_with_a_result_is_no_trend(earlier: Sequence[float | None]) -> None:
    rounds = [make_earlier(back, mean) for back, mean in enumerate(earlier, start=1)]

    assert make_history(6.0, *rounds).trend(INTEGRATION) is None


@pytest.mark.parametrize(
    ("means", "direction"),
    [
        ([3.0, 4.0, 5.0, 6.0], "rising"),
        ([6.0, 5.0, 4.0, 3.0], "falling"),
        ([4.0, 4.1, 4.0, 4.1], "unclear"),
        ([4.0, 5.0, 6.0], ""),
        ([3.0, None, 4.0, 5.0, 6.0], "rising"),
        ([3.0, 4.0, None, 6.0], ""),
        ([3.0, 4.0, 5.0, 6.0, None], ""),  # this round cannot be told, so nothing is said about today
    ],
)
def test_four_rounds_with_numbers_have_a_direction(means: list[float | None], direction: str) -> None:
    *before, now = means
    rounds = [make_earlier(back, mean) for back, mean in enumerate(reversed(before), start=1)]
    trend = make_history(now, *rounds).trend(INTEGRATION)

    assert trend is not None
    assert trend.direction == direction


def test_only_rounds_shown_as_numbers_give_a_direction() -> None:
    rounds = [make_earlier(1, 5.0), make_earlier(2, 4.0, 0), make_earlier(3, 3.0)]
    trend = make_history(6.0, *rounds).trend(INTEGRATION)

    assert trend is not None
    assert (told(trend), trend.direction) == ([35, "mixed", 65, 85], "")


def test_a_trend_begins_where_the_wording_changed() -> None:
    older = [replace(make_earlier(back, 3.0), instrument=reworded(INSTRUMENT)) for back in (3, 4)]
    history = make_history(6.0, make_earlier(1, 5.0), make_earlier(2, 4.0), *older)
    trend = history.trend(INTEGRATION)

    assert told(trend) == [50, 65, 85]
    assert trend is not None
    assert trend.reworded_after == "R-3"


@pytest.mark.parametrize(
    ("statements", "ways"),
    [
        (INTEGRATION.statements[:2], ("added",)),
        ((*INTEGRATION.statements, Statement("integration_4", text("More"))), ("removed",)),
        (tuple(replace(each, reversed=True) for each in INTEGRATION.statements), ("turned",)),
    ],
)
def test_it_is_told_since_when_and_why_a_trend_begins(
    statements: tuple[Statement, ...], ways: tuple[str, ...]
) -> None:
    """Also where a round in between did not ask at all, and where only one round is left."""
    category = replace(PRACTICE, capabilities=(replace(INTEGRATION, statements=statements),))
    other = replace(INSTRUMENT, categories=(category,))
    absent = make_instrument({"practice": {"deployment": 3}})
    rounds = [
        replace(make_earlier(1, 5.0), instrument=absent),
        replace(make_earlier(2, 4.0), instrument=other),
    ]
    history = make_history(6.0, *rounds, make_earlier(3, 3.0))

    assert history.asked_anew(INTEGRATION) == AskedAnew("R-2", ways)
    assert history.trend(INTEGRATION) is None
    assert [each.key for each in history.left_out()] == ["deployment"]


def test_what_was_always_asked_alike_has_no_beginning_to_tell() -> None:
    history = make_history(6.0, make_earlier(1, 5.0))

    assert history.asked_anew(INTEGRATION) is None
    assert history.left_out() == make_history(6.0).left_out() == ()


@pytest.mark.parametrize("more", ["now", "before"])
def test_a_category_with_a_capability_more_is_another_mean(more: str) -> None:
    """What is asked in both has stayed as it was, and still the two means are of different things."""
    larger = make_instrument({"practice": {"integration": 3, "deployment": 3}})
    now, before = (larger, INSTRUMENT) if more == "now" else (INSTRUMENT, larger)
    last = Earlier("R-1", before, make_results(3.0))
    history = History("R0", now, make_results(6.0), (last,))

    assert history.last_category(now.categories[0]) is None
    assert history.category_changes(cautious=False) == {}
    assert history.last_capability(INTEGRATION) is not None


def test_the_same_number_of_another_questionnaire_is_a_caution() -> None:
    last = replace(make_earlier(1, 3.0), instrument=replace(INSTRUMENT, slug="other", variant_of="test"))

    assert make_history(6.0, last).cautions(0, 0, 12) == ("wording",)


def test_a_round_that_did_not_ask_leaves_no_gap() -> None:
    other = make_instrument({"practice": {"deployment": 3}})
    rounds = [make_earlier(1, 5.0), replace(make_earlier(2, 4.0), instrument=other), make_earlier(3, 3.0)]

    assert told(make_history(6.0, *rounds).trend(INTEGRATION)) == [35, 65, 85]


# --- Privacy over more than two rounds --------------------------------------------------------


@pytest.mark.parametrize(
    ("near", "points"),
    [
        ([[], [], []], [35, 50, 70, 85]),
        ([[0], [], []], [35, 50, "mostly_agree", 85]),
        ([[0], [1], []], [35, 50, "mostly_agree", 85]),  # left and came back: the middle one is words already
        ([[], [0], []], [35, "mixed", 70, 85]),
        ([[], [1], []], [35, "mixed", 70, 85]),
        ([[], [1], [2]], [35, "mixed", 70, 85]),
        ([[], [1], [1]], ["mixed", "mixed", 70, 85]),
        ([[0], [0], [0]], ["mixed", "mixed", "mostly_agree", 85]),
    ],
)
def test_a_number_never_stands_beside_one_of_a_person_more_or_less(
    near: list[list[int]], points: list[int | str]
) -> None:
    means = (5.2, 4.0, 3.0)
    rounds = [
        make_earlier(back, mean, *apart)
        for back, (mean, apart) in enumerate(zip(means, near, strict=True), start=1)
    ]

    assert told(make_history(6.0, *rounds).trend(INTEGRATION)) == points


def test_this_rounds_silence_does_not_bring_numbers_back() -> None:
    """Last round is words on the page, so it is words in the trend, whoever answered here."""
    rounds = [make_earlier(1, 5.2, 0), make_earlier(2, 5.2, 0), make_earlier(3, 5.2)]

    assert told(make_history(None, *rounds).trend(INTEGRATION)) == [70, "mostly_agree", "mostly_agree", None]


ROSTERS = st.lists(st.frozensets(st.sampled_from("ABCDEFGH"), min_size=5), min_size=2, max_size=7)


@given(ROSTERS, st.data())
def test_no_two_numbers_of_a_trend_differ_by_one_person(rosters: list[frozenset[str]], data: Any) -> None:
    """Whoever comes, goes and comes back; whatever is hidden in between. ``rosters`` are newest first."""
    hidden = data.draw(st.sets(st.integers(1, len(rosters) - 1)))
    rounds = [
        make_earlier(
            back,
            None if back in hidden else 4.0,
            *(newer for newer in range(back) if len(rosters[newer] ^ roster) == 1),
        )
        for back, roster in enumerate(rosters[1:], start=1)
    ]
    trend = make_history(6.0, *rounds).trend(INTEGRATION)
    names = [point.round for point in trend.points if point.score is not None] if trend else []
    shown = [rosters[-int(name.removeprefix("R"))] for name in names]

    assert all(len(one ^ other) != 1 for one in shown for other in shown)
