"""One round's scores as they may be told."""

from __future__ import annotations

import pytest

from assessments.models import ScoreKind
from reports.content import CategoryScore, Shown, Suppressed
from reports.results import newest
from tests.histories import PRACTICE, make_results, make_score


def test_the_newest_version_is_read_and_ten_is_newer_than_nine() -> None:
    scores = [make_score(4.0, scoring_version=version) for version in ("9", "10", "8")]

    assert newest(scores) == {(ScoreKind.CAPABILITY, "integration"): scores[1]}


def test_an_assessment_without_scores_has_none_of_any_version() -> None:
    assert newest([]) == {}


# --- Small teams in which one person changed --------------------------------------------------


def test_a_small_teams_result_is_rough_where_one_person_changed() -> None:
    results = make_results(4.6, one_changed=True, n=8, two_camps=True, dont_know=0.5)

    assert results.capability("integration") == Shown(
        n=8,
        score=60,
        low=None,
        high=None,
        bands=("mixed",),
        level="middle",
        agreement="",
        two_camps=False,
        dont_know=None,
    )
    assert results.category(PRACTICE) == CategoryScore(60, 8, ("mixed",))


@pytest.mark.parametrize(("n", "one_changed"), [(21, True), (8, False)])
def test_others_are_not(n: int, one_changed: bool) -> None:
    results = make_results(4.4, one_changed=one_changed, n=n)
    found = results.capability("integration")

    assert isinstance(found, Shown)
    assert (found.score, found.is_coarse, found.agreement) == (55, False, "close")
    assert results.category(PRACTICE) == CategoryScore(55, n, ("mixed",))


def test_a_rough_result_speaks_of_its_rough_score() -> None:
    """4.7 points are 62, shown as 60; 4.9 points are 65, shown as 70, which people mostly agree to."""
    low, high = (make_results(mean, one_changed=True, n=6) for mean in (4.7, 4.9))

    assert [r.capability("integration").level for r in (low, high)] == ["middle", "high"]
    assert [r.category(PRACTICE).bands for r in (low, high)] == [("mixed",), ("mostly_agree",)]


def test_a_larger_teams_words_are_those_of_its_shown_score() -> None:
    """5.03 points are 67, shown as 65: neither level nor bands tell that they are above the border."""
    ends = {"low90": 4.3, "high90": 5.7, "low80": 4.4, "high80": 5.6}  # 55 to 80
    found = make_results(5.03, one_changed=True, n=21, **ends).capability("integration")

    assert isinstance(found, Shown)
    assert (found.score, found.bands, found.level) == (65, ("mixed",), "middle")
    assert (found.low, found.high) == (50, 80)


def test_a_hidden_result_is_hidden_in_full() -> None:
    results = make_results(None, one_changed=True)

    assert results.capability("integration") == results.category(PRACTICE) == Suppressed(5)
    assert results.summary(ScoreKind.CAPABILITY, "integration") is None
