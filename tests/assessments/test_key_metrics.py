"""Key metrics: a team's band, and the file of published editions."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from assessments.key_metrics import (
    KEYS,
    BenchmarksFileError,
    Edition,
    Level,
    lower_median,
    meets,
    read_editions,
)
from tests.instruments import make_metric

LEVEL = {
    "name": "Elite",
    "share": 7,
    "lead_time": "Less than one hour",
    "deployment_frequency": {"en": "On demand", "de": "Bei Bedarf"},
    "time_to_restore": "Less than one hour",
    "change_failure_rate": "0-15 %",
}
EDITION = {
    "year": 2018,
    "title": "State of DevOps",
    "publisher": "DORA research programme",
    "source": "report, page 14",
    "verification": "report",
    "note": "Groups, not cut-offs.",
}


def as_yaml(level: dict[str, Any] | None = None, **edition: Any) -> str:
    """A file with one edition of one level, with changes; a value of None leaves the key out."""
    levels = [_without_none(LEVEL | (level or {}))]
    return yaml.safe_dump({"editions": [_without_none(EDITION | {"levels": levels} | edition)]})


def _without_none(mapping: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if value is not None}


def test_lower_median_vector_of_the_method() -> None:
    assert lower_median([4, 4, 5, 3, 6, 5]) == 4


@pytest.mark.parametrize(
    ("bands", "median"), [([], None), ([None], None), ([3], 3), ([2, 5], 2), ([None, 5, 2, 6], 5)]
)
def test_lower_median_leaves_out_what_is_missing(bands: list[int | None], median: int | None) -> None:
    assert lower_median(bands) == median


@given(st.lists(st.integers(1, 6), min_size=1))
def test_lower_median_is_that_of_the_standard_library(bands: list[int]) -> None:
    assert lower_median(bands) == statistics.median_low(bands)


def test_a_band_meets_the_threshold_from_its_lowest_band_on() -> None:
    metric = make_metric("lead_time", elite_from=5)

    assert [band for band in metric.scale.values if meets(metric, band)] == [5, 6]


@pytest.mark.parametrize("band", [0, 7])
def test_a_band_that_does_not_exist_meets_nothing(band: int) -> None:
    with pytest.raises(ValueError, match="is not a band of lead_time"):
        meets(make_metric("lead_time"), band)


def test_an_edition_is_read_as_it_is_written() -> None:
    level = Level(
        name="Elite",
        share=7,
        lead_time={"en": "Less than one hour"},
        deployment_frequency={"en": "On demand", "de": "Bei Bedarf"},
        time_to_restore={"en": "Less than one hour"},
        change_failure_rate={"en": "0-15 %"},
        verification="report",
    )

    (edition,) = read_editions(as_yaml(), "benchmarks.yaml")

    assert edition == Edition(**(EDITION | {"note": {"en": EDITION["note"]}}), levels=(level,))  # type: ignore[arg-type]
    assert all(getattr(level, key) for key in KEYS)


def test_the_editions_that_come_with_the_product_can_be_read() -> None:
    file = Path(__file__).parents[2] / "fixtures" / "benchmarks" / "key-metrics.yaml"

    years = [edition.year for edition in read_editions(file.read_text("utf-8"), file.name)]

    assert years == sorted(set(years))


def test_a_share_may_be_unknown_and_a_level_may_be_verified_differently() -> None:
    (edition,) = read_editions(as_yaml({"share": None, "verification": "secondary"}), "benchmarks.yaml")

    assert edition.levels[0].share is None
    assert (edition.verification, edition.levels[0].verification) == ("report", "secondary")


def test_an_edition_may_have_no_levels() -> None:
    (edition,) = read_editions(as_yaml(levels=[]), "benchmarks.yaml")

    assert edition.levels == ()


@pytest.mark.parametrize("key", [*EDITION, "levels"])
def test_an_edition_without_a_part_is_refused(key: str) -> None:
    with pytest.raises(BenchmarksFileError, match=f"^benchmarks.yaml: edition 1: {key} is missing$"):
        read_editions(as_yaml(**{key: None}), "benchmarks.yaml")


@pytest.mark.parametrize("key", ["name", *KEYS])
def test_a_level_without_a_part_is_refused(key: str) -> None:
    with pytest.raises(BenchmarksFileError, match=f"^benchmarks.yaml: edition 1: level 1: {key} is missing$"):
        read_editions(as_yaml({key: None}), "benchmarks.yaml")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("editions: [", "not valid YAML"),
        ("", "not a mapping"),
        ("- year: 2018", "not a mapping"),
        ("{}", "editions is missing"),
        ("editions: []", "no edition"),
        ("editions: 2018", "editions is not a list"),
        ("editions: [2018]", "edition 1: not a mapping"),
        (as_yaml(year="2018"), "edition 1: year is not a year"),
        (as_yaml(year=True), "edition 1: year is not a year"),
        (as_yaml(title="  "), "edition 1: title is not a text"),
        (as_yaml(note=""), "edition 1: note is missing"),
        (as_yaml(verification="hearsay"), "edition 1: verification is not one of report, secondary"),
        (as_yaml(author="me"), "edition 1: not known: author"),
        (as_yaml(levels={}), "edition 1: levels is not a list"),
        (as_yaml({"change_failure_rate": 5}), "level 1: change_failure_rate is not a text: 5"),
        (as_yaml({"share": "7 %"}), "level 1: share is not a whole percentage"),
        (as_yaml({"share": 107}), "level 1: share is not a whole percentage"),
        (as_yaml({"mttr": "1 h"}), "level 1: not known: mttr"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_why(text: str, reason: str) -> None:
    with pytest.raises(BenchmarksFileError) as caught:
        read_editions(text, "benchmarks.yaml")

    assert str(caught.value).startswith("benchmarks.yaml: ")
    assert reason in str(caught.value)
