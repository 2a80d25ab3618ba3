"""Scores against the vectors of docs/method.md, against a slow reference, and against leaks."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from assessments import disclosure, prior, reliability, scoring
from assessments.instrument import Instrument
from tests.instruments import make_instrument

NAN = math.nan
DK = scoring.DONT_KNOW_VALUE

TV1 = [[6, 5, 6, 2], [5, 4, 5, 3], [7, 6, 6, 1], [3, 2, NAN, 5], [NAN, NAN, 6, NAN], [6, NAN, 5, 2]]
TV1_SCORES = [5.75, 4.75, 6.5, 8 / 3, 17 / 3]
AGREE = [[5, 6, 5], [6, 6, 6], [5, 5, 6], [6, 7, 6], [4, 5, 5]]
SPLIT = [[2, 1, 2], [6, 7, 6], [2, 2, 1], [7, 6, 7], [4, 4, 4]]
UNEQUAL_TEAMS = [[5.5, 6, 5], [3, 4, 3.5, 2.5, 4.5], [4.5, 5, 6, 5.5]]  # TV5

PEOPLE = ["team", "key", "responses", "n", "shown"]
"""Columns that may hold something where a result is not shown."""


def exactly(value: float) -> Any:
    """The tolerance of docs/method.md 9."""
    return pytest.approx(value, abs=1e-6)


def as_printed(value: float) -> Any:
    """The tolerance of a figure that docs/method.md prints to four places."""
    return pytest.approx(value, abs=5.1e-5)


def one_capability(statements: int, reverse: Sequence[int] = ()) -> Instrument:
    return make_instrument({"practice": {"c": statements}}, reverse={"c": reverse})


def frame(
    rows: Sequence[Sequence[float]] | Any, instrument: Instrument, teams: Any = "kestrel"
) -> pd.DataFrame:
    """Answers to the statements of an instrument; ``teams`` is one label or one for each row."""
    labels = [teams] * len(rows) if isinstance(teams, str) else teams
    keys = [statement.key for statement in instrument.statements]
    values = np.array(rows, dtype=float).reshape(len(rows), len(keys))
    return pd.DataFrame(values, columns=keys, index=pd.Index(labels, name="team"))


def score(
    rows: Sequence[Sequence[float]], *, reverse: Sequence[int] = (), minimum: int = 5, **options: Any
) -> pd.Series:
    """The result of a questionnaire of one capability in one team."""
    instrument = one_capability(len(rows[0]), reverse)
    return scoring.score_capabilities(frame(rows, instrument), instrument, minimum=minimum, **options).iloc[0]


# --- Vectors of docs/method.md ----------------------------------------------------------------


def test_tv1_a_capability_with_a_reversed_statement_and_gaps() -> None:
    instrument = one_capability(4, reverse=[4])
    answers = frame(TV1, instrument)

    person = scoring.person_scores(scoring.recode(answers, instrument), list(answers.columns))
    result = scoring.score_capabilities(answers, instrument, minimum=5).iloc[0]

    assert person.tolist() == pytest.approx([5.75, 4.75, 6.5, 2.666667, NAN, 5.666667], abs=1e-6, nan_ok=True)
    assert person.median() == exactly(5.666667)
    assert (result["responses"], result["n"], result["shown"]) == (6, 5, True)
    assert result["mean"] == exactly(5.066667)
    assert result["mean"] != pytest.approx(5.210526, abs=1e-3)  # the mean of all cells
    assert result["sd"] == exactly(1.478315)
    assert result["score"] == exactly(67.777778)
    assert disclosure.display_score(result["mean"]) == 70


def test_tv2_a_category_is_the_mean_of_its_shown_capabilities() -> None:
    """The mean of "ci" is that of TV1, unrounded: with 5.066667 the score's last place would be off."""
    means = {"vc": 6.2, "da": 4.1, "ci": 76 / 15, "tbd": 3.0, "ta": 3.8, "tdm": NAN, "sec": 4.5, "cd": 3.6}
    instrument = make_instrument({"delivery": dict.fromkeys(means, 3)})
    scores = pd.DataFrame({"team": "kestrel", "key": list(means), "mean": list(means.values())})
    scores = scores.assign(score=(scores["mean"] - 1) / 6 * 100, shown=scores["mean"].notna())

    (result,) = scoring.score_categories(scores, instrument).to_dict("records")

    assert (result["team"], result["key"], result["shown"]) == ("kestrel", "delivery", True)
    assert (result["capabilities_shown"], result["capabilities"]) == (7, 8)
    assert result["mean"] == exactly(4.323810)
    assert result["score"] == exactly(55.396825)


def test_tv3_bands_come_from_the_80_percent_interval() -> None:
    split, unanimous = score(TV1, reverse=[4]), score([[6, 6, 6]] * 5)

    assert (split["low80"], split["high80"]) == (as_printed(4.2256), as_printed(5.9077))
    assert disclosure.bands_of(*split[["mean", "low80", "high80"]]) == ("mixed", "mostly_agree")
    assert (unanimous["low80"], unanimous["high80"]) == (as_printed(5.4699), as_printed(6.5301))
    assert disclosure.bands_of(*unanimous[["mean", "low80", "high80"]]) == ("mostly_agree", "strongly_agree")


@pytest.mark.parametrize(
    ("rows", "deviation", "r_wg", "sd", "alpha", "agreement", "two_camps"),
    [
        (AGREE, 0.586667, 0.947853, 0.649786, 0.828947, "close", False),
        (SPLIT, 1.946667, 46.5, 2.419826, 0.981973, "differ_widely", True),
    ],
)
def test_tv4_agreement(
    rows: list[list[float]],
    deviation: float,
    r_wg: float,
    sd: float,
    alpha: float,
    agreement: str,
    two_camps: bool,
) -> None:
    result, matrix = score(rows), np.array(rows, dtype=float)

    assert scoring.ad_mj(matrix) == exactly(deviation)
    assert scoring.agreement_of(deviation) == result["agreement"] == agreement
    assert scoring.has_two_camps(matrix.mean(axis=1)) == result["two_camps"] == two_camps
    assert result["sd"] == exactly(sd)
    # No team is shown either of these; they prove that the vector was copied correctly.
    assert reliability.r_wg_j(matrix) == exactly(r_wg)
    assert reliability.alpha(matrix) == exactly(alpha)


def test_tv4_agreement_of_scored_people_only() -> None:
    scored = [[8 - x if place == 3 else x for place, x in enumerate(row)] for row in TV1 if row != TV1[4]]

    assert scoring.ad_mj(scored) == exactly(0.9975)
    assert score(TV1, reverse=[4])["agreement"] == "some_spread"


def test_tv4_a_single_statement() -> None:
    assert scoring.ad_mj([[6], [5], [6], [2], [7]]) == exactly(1.36)
    assert score([[6], [5], [6], [2], [7]])["sd"] == exactly(1.923538)


@pytest.mark.parametrize(
    ("items", "reverse", "expected"),
    [
        ([7, None, 1], None, 4.0),
        ([7, None, None], None, None),
        ([4], None, 4.0),
        ([None, 2], [False, True], 6.0),
    ],
)
def test_tv7_person_scores(
    items: list[float | None], reverse: list[bool] | None, expected: float | None
) -> None:
    places = [place for place, flag in enumerate(reverse or [], 1) if flag]
    instrument = one_capability(len(items), places)
    answers = frame([[NAN if item is None else item for item in items]], instrument)

    vectorised = scoring.person_scores(scoring.recode(answers, instrument), list(answers.columns)).iloc[0]

    assert scoring.person_score(items, reverse) == expected
    assert vectorised == pytest.approx(NAN if expected is None else expected, nan_ok=True)


@pytest.mark.parametrize(
    ("confidence", "low", "high"),
    [(0.90, 3.947006, 6.186327), (0.80, 4.225624, 5.907709), (0.95, 3.678189, 6.455145)],
)
def test_tv8_moderated_interval(confidence: float, low: float, high: float) -> None:
    """At 80 and 95 % the sixth place is that of the code in Appendix A.

    TV8 prints 4.225621-5.907712 and 3.678191-6.455142 there, which its own formula, its Appendix
    A and an integration of the t density do not give; its four-place figures are right.
    """
    interval = scoring.moderated_interval(TV1_SCORES, confidence=confidence)

    assert (interval.n, interval.df) == (5, 8)
    assert interval.mean == exactly(5.066667)
    assert interval.moderated_sd == exactly(1.346369)
    assert interval.se == exactly(0.602114)
    assert (interval.low, interval.high) == (exactly(low), exactly(high))


@pytest.mark.parametrize(("confidence", "low", "high"), [(0.80, 4.2256, 5.9077), (0.95, 3.6782, 6.4551)])
def test_tv8_as_printed_to_four_places(confidence: float, low: float, high: float) -> None:
    interval = scoring.moderated_interval(TV1_SCORES, confidence=confidence)

    assert (interval.low, interval.high) == (as_printed(low), as_printed(high))


def test_tv8_vectorised() -> None:
    result = score(TV1, reverse=[4])

    assert result["se"] == exactly(0.602114)
    assert (result["low90"], result["high90"]) == (exactly(3.947006), exactly(6.186327))


def test_a_standard_error_is_not_cut_off_with_its_interval() -> None:
    """TV8 near the ceiling: the interval ends at 7, the error is that of the whole."""
    result = score([[7, 7, 7], [7, 7, 7], [7, 7, 6], [7, 7, 7], [6, 7, 6]])

    t = stats.t.ppf(0.95, 8)
    assert result["high90"] == 7
    assert result["mean"] + t * result["se"] > 7
    assert result["low90"] == pytest.approx(result["mean"] - t * result["se"])


def test_tv8_finite_population() -> None:
    interval = scoring.moderated_interval(TV1_SCORES, population=7)

    assert interval.se == exactly(0.321844)
    assert (interval.low, interval.high) == (exactly(4.468183), exactly(5.665150))


@pytest.mark.parametrize(
    ("scores", "sd", "df", "low", "high"),
    [
        ([6] * 5, 0.848528, 8, 5.2944, 6.7056),
        ([4, 5, 6], 1.1372, 6, 3.7241, 6.2759),
        ([7, 7, 6.67, 7, 6.33], None, 8, 6.0728, 7.0),
    ],
)
def test_tv8_unanimous_small_and_near_the_ceiling(
    scores: list[float], sd: float | None, df: float, low: float, high: float
) -> None:
    interval = scoring.moderated_interval(scores)

    assert interval.df == df
    assert sd is None or interval.moderated_sd == as_printed(sd)
    assert (interval.low, interval.high) == (as_printed(low), as_printed(high))


def test_without_a_prior_it_is_the_classic_interval() -> None:
    interval = scoring.moderated_interval(TV1_SCORES, prior_df=1e-9)

    classic = stats.t.interval(0.90, 4, np.mean(TV1_SCORES), stats.sem(TV1_SCORES))
    assert (interval.low, interval.high) == (exactly(classic[0]), exactly(classic[1]))
    assert classic == (exactly(3.657254), exactly(6.476080))  # TV8


@pytest.mark.parametrize(("scores", "prior_df"), [([], 4), ([5], 0)])
def test_no_interval_from_nothing(scores: list[float], prior_df: float) -> None:
    with pytest.raises(ValueError, match="no interval"):
        scoring.moderated_interval(scores, prior_df=prior_df)


def unequal_teams(copies: int) -> tuple[pd.DataFrame, Instrument]:
    """The teams of TV5 so many times, as answers to two statements each."""
    instrument = one_capability(2)
    people = [
        ((copy, team), [math.floor(person), math.ceil(person)])
        for copy in range(copies)
        for team, persons in enumerate(UNEQUAL_TEAMS)
        for person in persons
    ]
    labels = pd.Index([label for label, _ in people], tupleize_cols=False)
    return frame([row for _, row in people], instrument, "").set_axis(labels), instrument


def test_tv9_pooled_prior() -> None:
    assert scoring.pooled_prior(*unequal_teams(4)) == {"c": exactly(0.687184)}  # 36 degrees of freedom


def test_tv9_no_pooled_prior_below_30_degrees_of_freedom() -> None:
    assert scoring.pooled_prior(*unequal_teams(1)) == {}  # 9
    assert scoring.pooled_prior(*unequal_teams(3)) == {}  # 27
    instrument = one_capability(1)
    assert scoring.pooled_prior(frame([[1], [7]] * 15, instrument), instrument) == {}  # 29
    assert scoring.pooled_prior(frame([[1], [7]] * 15 + [[4]], instrument), instrument) == {
        "c": exactly(3)
    }  # 30


def test_the_lower_median_of_bands() -> None:
    instrument = make_instrument(metrics=["lead_time"])
    answers = pd.DataFrame({"lead_time": [4, 4, NAN, 5, 3, DK, 6, 5]}, index=["kestrel"] * 8)

    (result,) = scoring.score_key_metrics(answers, instrument, minimum=5).to_dict("records")

    expected = {"team": "kestrel", "key": "lead_time", "n": 6, "band": 4.0, "dont_know": 1 / 7, "shown": True}
    assert result == expected


# --- The vectorised path against a slow one ---------------------------------------------------

MIXED = make_instrument(
    {"practice": {"a": 3, "b": 2}, "culture": {"single": 1, "wide": 6}}, reverse={"b": [1, 2]}
)
WIDTH = len(MIXED.statements)


def answer_frames(minimum_rows: int = 0) -> st.SearchStrategy[pd.DataFrame]:
    """Answers of up to three teams; much agreement, gaps and don't knows, so that ties are common."""
    cell = st.sampled_from([NAN, DK, 1.0, 2.0, 3.0, 4.0, 5.0, 5.0, 6.0, 6.0, 7.0, 7.0])
    rows = st.integers(minimum_rows, 30)
    values = rows.flatmap(lambda n: arrays(float, (n, WIDTH), elements=cell, fill=st.nothing()))
    names = st.lists(st.sampled_from(["kestrel", "heron", "wren"]), min_size=30, max_size=30)
    return st.builds(lambda v, t: frame(v, MIXED, t[: len(v)]), values, names)


few = settings(max_examples=25, deadline=None)
"""For properties of whole tables: an example of these takes some 50 ms, a loaded machine more."""


def slowly(answers: pd.DataFrame, team: str, key: str) -> dict[str, Any]:
    """One result in plain Python."""
    (capability,) = (c for c in MIXED.capabilities if c.key == key)
    keys = [statement.key for statement in capability.statements]
    flags = [statement.reversed for statement in capability.statements]
    given = answers.loc[answers.index == team, keys].to_numpy().tolist()
    rated = [[None if math.isnan(x) or x == DK else x for x in row] for row in given]
    scored = [(row, p) for row in rated if (p := scoring.person_score(row, flags)) is not None]
    cells = [x for row in given for x in row if not math.isnan(x)]
    result: dict[str, Any] = {"responses": len(given), "n": len(scored)}
    if len(scored) < disclosure.FLOOR:
        return result
    scores = [p for _, p in scored]
    points = [
        [NAN if x is None else 8 - x if f else x for x, f in zip(row, flags, strict=True)]
        for row, _ in scored
    ]
    single = len(keys) == 1
    usual = prior.PRIOR_SD_SINGLE if single else prior.PRIOR_SD
    for confidence in (90, 80):
        interval = scoring.moderated_interval(scores, usual, confidence=confidence / 100)
        low, high, se = interval.low, interval.high, interval.se
        if single and len(scores) < disclosure.DETAIL_MINIMUM:
            se = usual / math.sqrt(len(scores))
            half = stats.t.ppf(0.5 + confidence / 200, 4 + len(scores) - 1) * se
            low, high = max(1, interval.mean - half), min(7, interval.mean + half)
        result |= {f"low{confidence}": low, f"high{confidence}": high, "se": se}
    return result | {
        "mean": interval.mean,
        "sd": float(np.std(scores, ddof=1)),
        "score": (interval.mean - 1) / 6 * 100,
        "agreement": scoring.agreement_of(scoring.ad_mj(points)),
        "two_camps": scoring.has_two_camps(scores),
        "dont_know": cells.count(DK) / len(cells),
    }


@few
@given(answer_frames())
def test_vectorised_equals_scalar(answers: pd.DataFrame) -> None:
    table = scoring.score_capabilities(answers, MIXED, minimum=disclosure.FLOOR)

    keys = [capability.key for capability in MIXED.capabilities]
    teams = list(dict.fromkeys(answers.index))
    assert list(zip(table["team"], table["key"], strict=True)) == [(t, k) for t in teams for k in keys]
    for row in table.to_dict("records"):
        expected = slowly(answers, row["team"], row["key"])
        assert row["shown"] == (expected["n"] >= disclosure.FLOOR)
        for column, value in expected.items():
            same = value if isinstance(value, str) else pytest.approx(value, abs=1e-9)
            assert row[column] == same, column


@few
@given(answer_frames(), st.randoms(use_true_random=False))
def test_the_order_of_respondents_does_not_matter(answers: pd.DataFrame, random: Any) -> None:
    shuffled = answers.iloc[random.sample(range(len(answers)), len(answers))]

    tables = [
        scoring.score_capabilities(each, MIXED, minimum=4).sort_values(["team", "key"], ignore_index=True)
        for each in (answers, shuffled)
    ]

    pd.testing.assert_frame_equal(*tables)


@few
@given(answer_frames(minimum_rows=1))
def test_a_team_is_scored_without_regard_to_others(answers: pd.DataFrame) -> None:
    team = answers.index[0]

    together = scoring.score_capabilities(answers, MIXED, minimum=4)
    alone = scoring.score_capabilities(answers[answers.index == team], MIXED, minimum=4)

    pd.testing.assert_frame_equal(together[together["team"] == team].reset_index(drop=True), alone)


@few
@given(answer_frames())
def test_everything_stays_on_the_scale(answers: pd.DataFrame) -> None:
    table = scoring.score_capabilities(answers, MIXED, minimum=4)
    shown = table[table["shown"]]

    for low, high in (("low90", "high90"), ("low80", "high80")):
        assert (shown[low] >= 1).all()
        assert (shown[low] <= shown["mean"]).all()
        assert (shown["mean"] <= shown[high]).all()
        assert (shown[high] <= 7).all()
        assert (shown[low] < shown[high]).all()  # also where all agree
    assert (shown["low90"] <= shown["low80"]).all()
    assert (shown["high80"] <= shown["high90"]).all()
    assert shown["score"].between(0, 100).all()
    assert shown["dont_know"].between(0, 1).all()
    assert shown["agreement"].isin(scoring.AGREEMENTS).all()


# --- Nothing leaks ----------------------------------------------------------------------------


def assert_nothing_left(hidden: pd.DataFrame, people: Sequence[str]) -> None:
    """No column but those that count people holds a number, a word or a yes."""
    for column in hidden.columns.difference(list(people)):
        values = hidden[column]
        assert values.isna().all() or (values.dtype == bool and not values.any()), column


@few
@given(answer_frames(), st.integers(disclosure.FLOOR, 9))
def test_below_the_minimum_no_number_survives(answers: pd.DataFrame, minimum: int) -> None:
    table = scoring.score_capabilities(answers, MIXED, minimum=minimum)
    categories = scoring.score_categories(table, MIXED)

    assert (table["shown"] == (table["n"] >= minimum)).all()
    assert_nothing_left(table[~table["shown"]], PEOPLE)
    sizes = ["capabilities_shown", "capabilities"]
    assert (categories["shown"] == (2 * categories[sizes[0]] >= categories[sizes[1]])).all()
    assert_nothing_left(categories[~categories["shown"]], [*PEOPLE, *sizes])
    composites = scoring.score_composites(answers, MIXED, minimum=minimum)
    assert (composites["shown"] == (composites["n"] >= minimum)).all()
    assert_nothing_left(composites[~composites["shown"]], PEOPLE)


def test_a_hidden_row_has_no_agreement_rather_than_a_nan() -> None:
    result = score([[1, 1, 1], [1, 1, 1], [7, 7, 7], [7, 7, 7]])

    assert (result["n"], result["shown"]) == (4, False)
    assert result["agreement"] is None
    assert not result["two_camps"]


@few
@given(answer_frames(), st.integers(disclosure.FLOOR, 12))
def test_statements_are_counted_from_eight_ratings_on(answers: pd.DataFrame, minimum: int) -> None:
    table = scoring.statement_counts(answers, MIXED, minimum=minimum)
    n = scoring.score_capabilities(answers, MIXED, minimum=minimum).set_index(["team", "key"])["n"]

    rated = table[["disagree", "neutral", "agree"]].sum(axis=1)
    assert (rated >= max(8, minimum)).all()
    assert (table.filter(like="count_").sum(axis=1) == rated).all()
    assert all(
        n[team, key] >= max(8, minimum) for team, key in zip(table["team"], table["capability"], strict=True)
    )


@pytest.mark.parametrize("minimum", [3, 0])
def test_no_table_is_made_below_the_floor(minimum: int) -> None:
    answers = frame([], MIXED).assign(**{metric.key: [] for metric in MIXED.key_metrics})

    for function in (
        scoring.score_capabilities,
        scoring.score_composites,
        scoring.score_key_metrics,
        scoring.statement_counts,
    ):
        with pytest.raises(ValueError, match="below the floor"):
            function(answers, MIXED, minimum=minimum)
    with pytest.raises(ValueError, match="below the floor"):
        scoring.hindrance_votes(pd.DataFrame({"a": [True]}), minimum=minimum)


def test_what_is_shown_of_five_single_answers_hardly_ever_tells_them() -> None:
    """The 0.9 % of docs/method.md 6.2 no. 7, over all 462 ways in which five people can answer."""
    ways = list(combinations_with_replacement(range(1, 8), 5))
    instrument = one_capability(1)
    answers = frame([[x] for way in ways for x in way], instrument, np.repeat(range(len(ways)), 5))

    seen = defaultdict(list)
    for row in scoring.score_capabilities(answers, instrument, minimum=5).to_dict("records"):
        interval = disclosure.display_interval(row["low90"], row["high90"])
        seen[disclosure.display_score(row["mean"]), interval, row["agreement"]].append(row["team"])

    assert sum(len(teams) == 1 for teams in seen.values()) / len(ways) == pytest.approx(0.009, abs=0.0005)


# --- Missing answers --------------------------------------------------------------------------


@few
@given(answer_frames())
def test_a_dont_know_counts_as_a_skip(answers: pd.DataFrame) -> None:
    skipped = answers.mask(answers == DK)

    tables = [
        scoring.score_capabilities(each, MIXED, minimum=4).drop(columns="dont_know")
        for each in (answers, skipped)
    ]

    pd.testing.assert_frame_equal(*tables)


@given(st.lists(st.integers(1, 7), min_size=2, max_size=6), st.data())
def test_a_missing_answer_is_not_a_low_one(items: list[int], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(items) - 1))
    others = items[:place] + items[place + 1 :]
    dropped = scoring.person_score([None if at == place else x for at, x in enumerate(items)])
    lowest = scoring.person_score([1 if at == place else x for at, x in enumerate(items)])

    assert dropped == pytest.approx(sum(others) / len(others))
    assert dropped == lowest if set(others) == {1} else dropped > lowest  # type: ignore[operator]


@few
@given(answer_frames())
def test_reversing_twice_changes_nothing(answers: pd.DataFrame) -> None:
    once = scoring.recode(answers, MIXED)

    pd.testing.assert_frame_equal(scoring.recode(once, MIXED), answers.mask(answers == DK))


def test_dont_knows_are_a_share_of_the_given_answers() -> None:
    rows = [[5, DK, NAN], [DK, DK, DK], [5, 5, NAN], [5, 5, 5], [6, 6, 6], [6, 6, 6]]

    result = score(rows)

    assert (result["responses"], result["n"]) == (6, 4)
    assert math.isnan(result["dont_know"])
    assert score(rows, minimum=4)["dont_know"] == pytest.approx(4 / 16)


# --- Rules of single results ------------------------------------------------------------------


@pytest.mark.parametrize(("people", "same_width"), [(5, True), (7, True), (8, False)])
def test_the_width_of_a_single_statement_tells_nothing_below_eight(people: int, same_width: bool) -> None:
    close, far = score([[4]] * people), score([[3], [5]] + [[4]] * (people - 2))

    widths = [result["high90"] - result["low90"] for result in (close, far)]

    assert math.isclose(*widths) is same_width


def test_an_organisation_can_have_its_own_prior() -> None:
    rows = [[4, 4, 4]] * 5

    usual, own = score(rows), score(rows, prior_sd={"c": 0.6, "other": 3})

    assert own["high90"] - own["low90"] == pytest.approx((usual["high90"] - usual["low90"]) / 2)


@pytest.mark.parametrize(
    ("people", "two_camps"),
    [([3, 3, 5, 5, 4], True), ([1, 7, 7, 7, 7], False), ([1, 1, 1, 1, 7], False), ([3, 4, 4, 5, 5], False)],
)
def test_two_camps_need_two_on_each_side(people: list[int], two_camps: bool) -> None:
    assert score([[person] for person in people])["two_camps"] == two_camps
    assert scoring.has_two_camps(people) == two_camps


@pytest.mark.parametrize(
    ("deviation", "agreement"),
    [(0, "close"), (0.75, "close"), (0.76, "some_spread"), (7 / 6, "some_spread"), (1.17, "differ_widely")],
)
def test_words_of_agreement(deviation: float, agreement: str) -> None:
    assert scoring.agreement_of(deviation) == agreement


@pytest.mark.parametrize(
    ("people", "agreement"),
    [([3, 5, 3, 5, 3, 5, 4, 4], "close"), ([4, 5, 3, 6, 3, 6], "some_spread"), ([3, 6] * 3, "differ_widely")],
)
def test_answers_at_a_cut_are_the_milder_word(people: list[int], agreement: str) -> None:
    """The deviations are exactly 0.75, 7/6 and, beyond both, 1.5."""
    assert score([[person] for person in people])["agreement"] == agreement


def test_people_without_a_score_do_not_disagree() -> None:
    alike = [[5, 5, 5]] * 5
    barely_there = [[1, NAN, NAN], [NAN, 1, NAN], [NAN, NAN, 1]] * 3

    result = score(alike + barely_there)

    assert (result["responses"], result["n"], result["agreement"]) == (14, 5, "close")


def test_no_deviation_without_ratings() -> None:
    with pytest.raises(ValueError, match="no deviation"):
        scoring.ad_mj([[NAN], [NAN]])


def test_a_category_needs_half_of_its_capabilities() -> None:
    instrument = make_instrument({"practice": {"a": 1, "b": 1, "c": 1}, "culture": {"d": 1, "e": 1}})
    rows = [[5, NAN, NAN, 6, NAN]] * 5

    scores = scoring.score_capabilities(frame(rows, instrument), instrument, minimum=5)
    practice, culture = scoring.score_categories(scores, instrument).to_dict("records")

    assert (practice["capabilities_shown"], practice["shown"]) == (1, False)
    assert math.isnan(practice["mean"])
    assert math.isnan(practice["score"])
    assert (culture["capabilities_shown"], culture["shown"], culture["mean"]) == (1, True, 6)


def composite(rows: Sequence[Sequence[float]], instrument: Instrument, minimum: int = 4) -> pd.Series:
    """The composite of a questionnaire's first category in one team."""
    return scoring.score_composites(frame(rows, instrument), instrument, minimum=minimum).iloc[0]


def test_a_composite_is_the_mean_of_each_persons_mean() -> None:
    """People at 4, 5, 6 and, with two of three capabilities, (7 + 6) / 2 = 6.5; one alone is too few."""
    instrument = make_instrument({"practice": {"a": 1, "b": 1, "c": 1}})

    result = composite([[5, 2, 5], [4, 5, 6], [6, 6, 6], [7, NAN, 6], [NAN, 1, NAN]], instrument)

    expected = scoring.moderated_interval([4, 5, 6, 6.5], prior.PRIOR_SD_COMPOSITE)
    assert (result["key"], result["n"], result["shown"]) == ("practice", 4, True)
    assert (result["mean"], result["se"]) == (exactly(5.375), exactly(expected.se))
    assert result["sd"] == exactly(float(np.std([4, 5, 6, 6.5], ddof=1)))


def test_a_composite_leaves_out_what_is_not_shown() -> None:
    instrument = make_instrument({"practice": {"a": 1, "b": 1, "few": 1}})
    others = [[4, 4, NAN]] * 4

    with_few, without = (
        composite([[4, 4, 1], *others], instrument),
        composite([[4, 4, NAN], *others], instrument),
    )

    assert with_few["mean"] == without["mean"] == 4
    assert with_few["sd"] == 0


def test_a_composite_needs_half_of_the_capabilities() -> None:
    instrument = make_instrument({"practice": {"a": 1, "b": 1, "c": 1, "d": 1}})
    half, less = [6, 4, NAN, NAN], [1, NAN, NAN, NAN]

    result = composite([half] * 5 + [less] * 5, instrument)

    assert (result["n"], result["mean"]) == (5, 5)


@few
@given(answer_frames(), st.integers(disclosure.FLOOR, 6))
def test_composites_equal_a_slow_reference(answers: pd.DataFrame, minimum: int) -> None:
    table = scoring.score_composites(answers, MIXED, minimum=minimum)
    capabilities = scoring.score_capabilities(answers, MIXED, minimum=minimum)
    categories = scoring.score_categories(capabilities, MIXED).set_index(["team", "key"])["shown"]
    shown = capabilities.set_index(["team", "key"])["shown"]
    recoded = scoring.recode(answers, MIXED)

    teams = list(dict.fromkeys(answers.index))
    expected = [(team, category.key) for team in teams for category in MIXED.categories]
    assert list(zip(table["team"], table["key"], strict=True)) == expected
    for row, category in zip(table.to_dict("records"), MIXED.categories * len(teams), strict=True):
        team = row["team"]
        people = []
        for given_answers in recoded[recoded.index == team].to_numpy():
            own = dict(zip(recoded.columns, given_answers, strict=True))
            scores = [
                scoring.person_score([None if math.isnan(own[s.key]) else own[s.key] for s in c.statements])
                for c in category.capabilities
                if shown[team, c.key]
            ]
            rated = [person for person in scores if person is not None]
            if 2 * len(rated) >= len(category.capabilities):
                people.append(sum(rated) / len(rated))
        assert (row["n"], row["shown"]) == (len(people), len(people) >= minimum)
        if row["shown"]:
            slow = scoring.moderated_interval(people, prior.PRIOR_SD_COMPOSITE)
            assert (row["mean"], row["se"]) == (pytest.approx(slow.mean), pytest.approx(slow.se))
            assert row["sd"] == pytest.approx(np.std(people, ddof=1), abs=1e-9)
            assert categories[team, row["key"]]


def test_statements_are_counted_as_answered_and_classed_by_what_is_better() -> None:
    instrument = one_capability(1, reverse=[1])
    rows = [[1], [1], [2], [3], [3], [4], [5], [7], [DK], [NAN]]

    (result,) = scoring.statement_counts(frame(rows, instrument), instrument, minimum=5).to_dict("records")

    assert (result["team"], result["capability"], result["key"]) == ("kestrel", "c", "c_1")
    assert [result[f"count_{value}"] for value in range(1, 8)] == [2, 1, 2, 1, 1, 0, 1]
    assert result["dont_know"] == 1
    assert (result["disagree"], result["neutral"], result["agree"]) == (2, 1, 5)


def test_a_statement_that_few_could_rate_is_not_counted() -> None:
    instrument = one_capability(2)
    rows = [[5, 5]] * 2 + [[6, DK]] * 7

    table = scoring.statement_counts(frame(rows, instrument), instrument, minimum=5)

    assert table["key"].tolist() == ["c_1"]


def test_a_statement_of_a_capability_with_few_scores_is_not_counted() -> None:
    instrument = one_capability(3)
    rows = [[5, 5, 5]] * 7 + [[6, NAN, NAN]] * 3

    assert scoring.statement_counts(frame(rows, instrument), instrument, minimum=5).empty


def test_key_metrics_are_hidden_below_the_minimum() -> None:
    instrument = make_instrument(metrics=["lead_time", "time_to_restore"])
    answers = pd.DataFrame(
        {"lead_time": [1, 2, 3, 4, DK, 6], "time_to_restore": [1, 2, 3, 4, DK, NAN]}, index=["kestrel"] * 6
    )

    table = scoring.score_key_metrics(answers, instrument, minimum=5)

    assert table["band"].tolist() == pytest.approx([3, NAN], nan_ok=True)
    assert_nothing_left(table[~table["shown"]], PEOPLE)


def test_a_questionnaire_without_key_metrics_has_no_results_for_them() -> None:
    instrument = make_instrument(metrics=())
    table = scoring.score_key_metrics(frame([[5, 5, 5]] * 5, instrument), instrument, minimum=5)

    assert table.empty
    assert {"team", "key", "n", "band", "dont_know", "shown"} == set(table.columns)


def test_votes_are_shares_of_the_responses_of_a_team() -> None:
    votes = pd.DataFrame(
        {"a": [True, True, False, False, False, True], "b": [False] * 6}, index=["kestrel"] * 5 + ["heron"]
    )

    table = scoring.hindrance_votes(votes, minimum=5)

    assert list(zip(table["team"], table["key"], strict=True)) == [
        ("kestrel", "a"),
        ("kestrel", "b"),
        ("heron", "a"),
        ("heron", "b"),
    ]
    assert table["share"].tolist() == pytest.approx([0.4, 0, NAN, NAN], nan_ok=True)
    assert table["shown"].tolist() == [True, True, False, False]
    assert table["responses"].tolist() == [5, 5, 1, 1]


# --- What goes in -----------------------------------------------------------------------------


def test_stored_answers_become_a_frame() -> None:
    stored = [("kestrel", {"a_1": 5, "a_2": "dk", "gone": 3}), (("x", 1), {}), ("kestrel", {"a_2": 1})]

    answers = scoring.to_frame(stored, ["a_1", "a_2"])

    assert list(answers.columns) == ["a_1", "a_2"]
    assert answers.index.name == "team"
    assert list(answers.index) == ["kestrel", ("x", 1), "kestrel"]
    np.testing.assert_array_equal(answers.to_numpy(), [[5, DK], [NAN, NAN], [NAN, 1]])


@pytest.mark.parametrize("answer", [0, -1, "5", "", "DK"])
def test_what_is_no_answer_is_refused(answer: Any) -> None:
    with pytest.raises(ValueError, match="is not an answer"):
        scoring.to_frame([("kestrel", {"a": answer})], ["a"])


def test_nobody_answered() -> None:
    keys = [statement.key for statement in MIXED.statements] + [metric.key for metric in MIXED.key_metrics]
    answers = scoring.to_frame([], keys)

    table = scoring.score_capabilities(answers, MIXED, minimum=5)

    assert table.empty
    assert scoring.score_categories(table, MIXED).empty
    assert scoring.score_composites(answers, MIXED, minimum=5).empty
    assert scoring.score_key_metrics(answers, MIXED, minimum=5).empty
    assert scoring.statement_counts(answers, MIXED, minimum=5).empty
    assert scoring.pooled_prior(answers, MIXED) == {}


@pytest.mark.parametrize("label", [7, None, ("org", "team"), "kestrel"])
def test_a_team_may_have_any_label(label: Any) -> None:
    stored = [(label, {"c_1": 5}), ("other", {"c_1": 2})]
    instrument = one_capability(1)

    scores = scoring.score_capabilities(scoring.to_frame(stored, ["c_1"]), instrument, minimum=5)

    teams = [label, "other"] if label != "other" else ["other"]
    assert [None if pd.isna(t) is True else t for t in scores["team"]] == teams
    assert len(scoring.score_categories(scores, instrument)) == 2


@pytest.mark.parametrize("value", [8, -1, 4.5, math.inf])
def test_a_value_that_is_not_on_the_scale_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not a value of its scale, 1 to 7"):
        score([[value]])


def test_a_statement_without_a_column_is_refused() -> None:
    with pytest.raises(ValueError, match="no column single_1"):
        scoring.recode(frame([], MIXED).drop(columns="single_1"), MIXED)


def test_cutoffs_are_for_seven_points_only() -> None:
    instrument = make_instrument(options=5)

    for function in (scoring.score_capabilities, scoring.score_composites):
        with pytest.raises(ValueError, match="not 1 to 5"):
            function(frame([], instrument), instrument, minimum=5)
