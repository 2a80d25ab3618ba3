"""What may be shown, and how it is rounded and worded."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments import disclosure
from assessments.disclosure import BANDS, CAP_HIGH, CAP_LOW, FLOOR, STEP
from assessments.instrument import LEVELS

POINTS = st.floats(1, 7)
NO_POINTS = [math.nan, 0.9, 7.1, math.inf]


def points(score: float) -> float:
    """The mean that has this score."""
    return 1 + score / 100 * 6


# --- Minimum counts ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "minimum", "shown"), [(4, 5, False), (5, 5, True), (4, 4, True), (0, 4, False)]
)
def test_a_result_needs_the_minimum(n: int, minimum: int, shown: bool) -> None:
    assert disclosure.may_show(n, minimum) is shown


@pytest.mark.parametrize("minimum", [FLOOR - 1, 0, -5])
def test_no_setting_goes_below_the_floor(minimum: int) -> None:
    with pytest.raises(ValueError, match="below the floor"):
        disclosure.may_show(100, minimum)
    with pytest.raises(ValueError, match="below the floor"):
        disclosure.visible_children({"A": 100}, minimum)


@pytest.mark.parametrize(
    ("children", "shown"),
    [
        ({"A": 9, "B": 7, "C": 3}, {"A"}),
        ({"A": 9, "B": 7, "C": 3, "D": 4}, {"A", "B"}),
        ({"A": 9, "B": 7, "C": 3, "D": 2}, {"A", "B"}),  # the hidden are enough by themselves
        ({"A": 9, "B": 5, "C": 0}, {"A", "B"}),
        ({"A": 6, "B": 2}, set()),
    ],
)
def test_complementary_suppression_tv17(children: dict[str, int], shown: set[str]) -> None:
    assert disclosure.visible_children(children, 5) == shown


def test_of_equal_children_the_first_by_name_is_hidden() -> None:
    assert disclosure.visible_children({"B": 6, "A": 6, "C": 2}, 5) == {"B"}


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 12), max_size=8), st.integers(FLOOR, 10))
def test_what_is_hidden_cannot_be_told_from_total_and_shown(children: dict[str, int], minimum: int) -> None:
    shown = disclosure.visible_children(children, minimum)

    hidden = sum(children.values()) - sum(children[name] for name in shown)
    assert all(children[name] >= minimum for name in shown)
    assert hidden == 0 or hidden >= minimum or not shown


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 12), max_size=8), st.randoms())
def test_the_order_of_children_does_not_matter(children: dict[str, int], random: object) -> None:
    pairs = list(children.items())
    random.shuffle(pairs)  # type: ignore[attr-defined]

    assert disclosure.visible_children(dict(pairs), 5) == disclosure.visible_children(children, 5)


# --- Numbers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "shown"),
    [
        (67.777778, 70),
        (55.396825, 55),
        (62.5, 65),
        (62.499, 60),
        (67.5, 70),
        (0, 5),
        (100, 95),
        (97.4, 95),
        (7, 5),
    ],
)
def test_a_score_is_shown_in_steps_of_five(score: float, shown: int) -> None:
    assert disclosure.display_score(points(score)) == shown


@pytest.mark.parametrize("noise", [-1e-12, 0, 1e-12])
def test_a_tie_does_not_hang_on_floating_point_noise(noise: float) -> None:
    assert disclosure.display_score(4.75 + noise) == 65


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (66, 71, (65, 75)),
        (65, 70, (65, 70)),
        (64.99999999, 70.00000001, (65, 70)),
        (65.00000001, 69.99999999, (65, 70)),
        (64.99, 70.01, (60, 75)),
        (0, 100, (5, 95)),
        (84, 100, (80, 95)),
        (86, 100, (85, 95)),
        (96, 100, (85, 95)),  # as no interval begins above 85, it is not told how near to each other all are
        (0, 3, (5, 15)),
        (0, 11, (5, 15)),
        (0, 16, (5, 20)),
    ],
)
def test_an_interval_is_rounded_outward(low: float, high: float, shown: tuple[int, int]) -> None:
    assert disclosure.display_interval(points(low), points(high)) == shown


@pytest.mark.parametrize(
    ("score", "shown"),
    [
        (0, 10),
        (12.4, 10),
        (12.5, 20),
        (44, 50),
        (62.4, 60),
        (62.5, 70),
        (92.4, 90),
        (92.5, 95),
        (100, 95),
    ],
)
def test_a_coarse_score_is_the_shown_one_in_steps_of_ten(score: float, shown: int) -> None:
    assert disclosure.coarse_score(points(score)) == shown


@given(POINTS, POINTS)
def test_a_coarse_score_tells_nothing_that_the_score_does_not(one: float, other: float) -> None:
    if disclosure.display_score(one) == disclosure.display_score(other):
        assert disclosure.coarse_score(one) == disclosure.coarse_score(other)


@pytest.mark.parametrize(
    ("shown", "wider"), [((55, 75), (50, 80)), ((50, 80), (50, 80)), ((5, 15), (5, 20)), ((85, 95), (80, 95))]
)
def test_ends_move_outward_to_tens(shown: tuple[int, int], wider: tuple[int, int]) -> None:
    assert disclosure.coarse_interval(*shown) == wider


def test_tv16_rounding_to_5_leaves_several_answers_where_finer_rounding_leaves_one() -> None:
    """Six answer 6 5 6 2 7 5; a page without the fourth shows five of them (docs/method.md 6.2 no. 2)."""

    def left(show: Callable[[float], float]) -> set[int]:
        sixes, fives = ([s for s in range(n, 7 * n + 1) if show(s / n) == show(seen / n)] for n, seen in SEEN)
        return {six - five for six in sixes for five in fives} & set(range(1, 8))

    assert pytest.approx(2) == 6 * (31 / 6) - 5 * (29 / 5)
    assert left(lambda points: round(points, 2)) == left(lambda points: round(points, 1)) == {2}
    assert (disclosure.display_score(31 / 6), disclosure.display_score(29 / 5)) == (70, 80)
    assert left(disclosure.display_score) == {2, 3}


SEEN = ((6, 31), (5, 29))
"""TV16: how many answered, and the sum of their answers."""


@pytest.mark.parametrize(
    ("n", "one_changed", "coarse"), [(20, True, True), (21, True, False), (8, False, False), (5, True, True)]
)
def test_small_teams_in_which_one_person_changed_have_coarse_results(
    n: int, one_changed: bool, coarse: bool
) -> None:
    assert disclosure.is_coarse(n, one_changed=one_changed) is coarse


@pytest.mark.parametrize("score", range(5, 96, 5))
def test_a_shown_score_in_points_is_shown_as_itself(score: int) -> None:
    assert disclosure.display_score(disclosure.points_of(score)) == score


def test_points_are_those_of_the_scale() -> None:
    assert [disclosure.points_of(score) for score in (5, 50, 95)] == pytest.approx([1.3, 4, 6.7])


@given(st.lists(POINTS, min_size=3, max_size=3).map(sorted))
def test_outward_rounding_never_shrinks_and_holds_the_score(ends: list[float]) -> None:
    low, mean, high = ends

    shown_low, shown_high = disclosure.display_interval(low, high)

    noise = 1e-4
    assert shown_low <= max((low - 1) / 6 * 100, CAP_LOW) + noise
    assert shown_low <= 85
    assert shown_high >= 15
    assert shown_high >= min((high - 1) / 6 * 100, CAP_HIGH) - noise
    assert shown_low % STEP == shown_high % STEP == 0
    assert CAP_LOW <= shown_low <= disclosure.display_score(mean) <= shown_high <= CAP_HIGH


@pytest.mark.parametrize("wrong", NO_POINTS)
def test_what_is_no_point_of_the_scale_has_no_display(wrong: float) -> None:
    for display in (
        disclosure.display_score,
        disclosure.coarse_score,
        disclosure.band_of,
        disclosure.level_of,
    ):
        with pytest.raises(ValueError, match="is not from 1 to 7"):
            display(wrong)
    with pytest.raises(ValueError, match=r"is not from 1 to 7|cannot run"):
        disclosure.display_interval(4, wrong)
    with pytest.raises(ValueError, match=r"is not from 1 to 7|is not between"):
        disclosure.bands_of(4, 3.5, wrong)


def test_an_interval_does_not_run_backward() -> None:
    with pytest.raises(ValueError, match="cannot run from 5 to 4"):
        disclosure.display_interval(5, 4)


@pytest.mark.parametrize(
    ("share", "percent"),
    [(0.39, None), (0.40, 40), (0.449, 40), (0.45, 50), (2 / 3, 70), (1, 100), (0, None), (math.nan, None)],
)
def test_dont_know_is_told_from_four_in_ten_on(share: float, percent: int | None) -> None:
    assert disclosure.display_share(share) == percent


# --- Words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("score", "words"), [(5, "5 or less"), (10, "10"), (70, "70"), (95, "95 or more")])
def test_the_caps_say_that_they_are_caps(score: int, words: str) -> None:
    assert disclosure.score_words(score) == words


@pytest.mark.parametrize("score", [0, 100, 72, -5])
def test_a_score_that_is_never_shown_has_no_words(score: int) -> None:
    with pytest.raises(ValueError, match="is not a score as shown"):
        disclosure.score_words(score)


@pytest.mark.parametrize(
    ("mean", "band", "level"),
    [
        (1, "mostly_disagree", "low"),
        (2.999, "mostly_disagree", "low"),
        (3, "mixed", "middle"),
        (4.999, "mixed", "middle"),
        (5 - 1e-12, "mostly_agree", "high"),
        (5, "mostly_agree", "high"),
        (5.999, "mostly_agree", "high"),
        (6, "strongly_agree", "high"),
        (7, "strongly_agree", "high"),
    ],
)
def test_bands_and_levels_begin_at_their_cuts(mean: float, band: str, level: str) -> None:
    assert disclosure.band_of(mean) == band
    assert disclosure.level_of(mean) == level


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (5, "mostly_disagree"),
        (30, "mostly_disagree"),
        (35, "mixed"),
        (65, "mixed"),
        (70, "mostly_agree"),
        (95, "strongly_agree"),
    ],
)
def test_the_word_of_a_score_knows_no_more_than_the_score(score: int, band: str) -> None:
    assert disclosure.band_of_score(score) == band


def test_all_levels_of_advice_are_used() -> None:
    assert tuple(disclosure.level_of(mean) for mean in (2, 4, 6)) == LEVELS


@pytest.mark.parametrize(
    ("mean", "low80", "high80", "bands"),
    [
        (5.066667, 4.225621, 5.907712, ("mixed", "mostly_agree")),  # TV3
        (6, 5.4699, 6.5301, ("mostly_agree", "strongly_agree")),  # TV3, unanimous
        (4, 3.2, 4.8, ("mixed",)),
        (4, 3, 4.9, ("mixed",)),
        (4, 2.9, 5.1, ("mostly_disagree", "mostly_agree")),  # three bands: their ends
        (4, 1, 7, ("mostly_disagree", "strongly_agree")),
    ],
)
def test_an_interval_over_a_cut_names_both_ends(
    mean: float, low80: float, high80: float, bands: tuple[str, ...]
) -> None:
    assert disclosure.bands_of(mean, low80, high80) == bands


@given(st.lists(POINTS, min_size=3, max_size=3).map(sorted))
def test_the_named_range_holds_the_band_of_the_mean(ends: list[float]) -> None:
    low, mean, high = ends

    places = [BANDS.index(band) for band in disclosure.bands_of(mean, low, high)]

    assert places == sorted(set(places))
    assert places[0] <= BANDS.index(disclosure.band_of(mean)) <= places[-1]


def test_a_mean_outside_its_interval_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="is not between"):
        disclosure.bands_of(3, 4, 5)


@pytest.mark.parametrize(
    ("votes", "of", "words"),
    [
        (0, 5, "few"),
        (1, 5, "few"),
        (3, 10, "few"),
        (2, 6, "about_half"),
        (4, 6, "about_half"),
        (5, 7, "most"),
        (5, 5, "most"),
    ],
)
def test_votes_are_told_in_words(votes: int, of: int, words: str) -> None:
    assert disclosure.vote_words(votes / of) == words


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_is_from_nought_to_one(share: float) -> None:
    with pytest.raises(ValueError, match="is not a share"):
        disclosure.vote_words(share)
    with pytest.raises(ValueError, match="is not a share"):
        disclosure.display_share(share)


@given(POINTS, POINTS)
def test_more_is_never_shown_as_less(one: float, other: float) -> None:
    shown = [
        (disclosure.display_score(mean), BANDS.index(disclosure.band_of(mean)))
        for mean in sorted((one, other))
    ]

    assert all(a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(shown))


# --- Who joined or left -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("joined", "left", "one"),
    [(0, 1, True), (1, 0, True), (0, 0, False), (1, 1, False), (0, 2, False), (None, None, False)],
)
def test_one_person_is_one_who_joined_or_one_who_left(
    joined: int | None, left: int | None, one: bool
) -> None:
    assert disclosure.one_person_changed(joined, left) is one


@pytest.mark.parametrize(
    ("answered", "then", "one"), [(7, 8, True), (8, 7, True), (7, 7, False), (7, 9, False)]
)
def test_one_answer_more_or_less_may_be_one_person(answered: int, then: int, one: bool) -> None:
    assert disclosure.may_differ_by_one(answered, then) is one
