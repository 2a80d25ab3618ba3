"""What to try next: the arithmetic of the method, its paths, and what a plan says and never says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from assessments.instrument import Instrument
from assessments.key_metrics import BenchmarksFileError
from assessments.models import Goal
from reports import advice
from reports.advice import Arrow, Paths, make_plan, read_paths
from reports.content import Advice, Plan, Priority, ReportContent, Shown, Votes
from tests.contents import make_capability, make_category, make_report, make_shown

FILE = Path(__file__).parents[2] / "fixtures" / "benchmarks" / "paths.yaml"
PATHS = read_paths(FILE.read_text("utf-8"), FILE.name)
DELIVERY, ORGANIZATION, BURNOUT = "delivery_performance", "organizational_performance", "less_burnout"

PRODUCT = ["customer_feedback", "flow_visibility", "small_batches", "team_experimentation"]
LEAN = ["change_approval", "monitoring", "wip_limits", "visual_management"]
TECHNICAL = [
    "version_control", "deployment_automation", "continuous_integration", "trunk_based_development",
    "test_automation", "test_data_management", "shift_left_security", "loosely_coupled_architecture",
    "empowered_teams", "proactive_notification",
]  # fmt: skip
CULTURE = [
    "generative_culture",
    "learning",
    "collaboration",
    "meaningful_work",
    "transformational_leadership",
]
EVERYTHING = [*TECHNICAL, "continuous_delivery", *PRODUCT, *LEAN, *CULTURE]


def distances(goal: str) -> dict[str, int | None]:
    """How many steps each capability is from a goal."""
    ways = {key: PATHS.shortest(key, goal) for key in EVERYTHING}
    return {key: None if way is None else len(way) for key, way in ways.items()}


def report(
    results: Mapping[str, int | Shown | None], votes: Mapping[str, Votes] | None = None, **changes: Any
) -> ReportContent:
    """A report of capabilities by key, with a score or a result or, for None, too few answers."""
    capabilities = [
        make_capability(key, result, key=key, short_name=key.title(), votes=(votes or {}).get(key))
        for key, result in results.items()
    ]
    return make_report([make_category(capabilities=capabilities)], **changes)


def plan_of(content: ReportContent, goal: str = DELIVERY, **options: Any) -> Plan:
    """The plan, where there has to be one."""
    plan = make_plan(content, PATHS, goal, **options)
    assert plan is not None
    return plan


def of(plan: Plan, key: str) -> Priority:
    """What the plan says of a capability."""
    return next(one for one in plan.ranked if one.capability == key)


def tried(plan: Plan) -> list[str]:
    return [experiment.priority.capability for experiment in plan.experiments]


# --- The paths --------------------------------------------------------------------------------


def steps(of: Mapping[int | None, list[str]]) -> dict[str, int | None]:
    return {key: distance for distance, keys in of.items() for key in keys}


def test_distances_of_the_method() -> None:
    """TV15; those to less burnout follow from the same table."""
    near = [*PRODUCT, *LEAN, "generative_culture"]
    on_the_way = ["collaboration", "transformational_leadership"]

    assert distances(DELIVERY) == steps(
        {
            1: ["continuous_delivery", *near, "learning"],
            2: [*TECHNICAL, *on_the_way],
            None: ["meaningful_work"],
        }
    )
    assert distances(ORGANIZATION) == steps(
        {
            1: [*PRODUCT, "generative_culture", "learning", "meaningful_work"],
            2: ["continuous_delivery", *LEAN, *on_the_way],
            3: TECHNICAL,
        }
    )
    assert distances(BURNOUT) == steps(
        {
            1: ["continuous_delivery", *near],
            2: [*TECHNICAL, *on_the_way],
            None: ["learning", "meaningful_work"],
        }
    )


def test_paths_are_about_the_questionnaires_capabilities(accelerate: Instrument) -> None:
    asked = {capability.key for capability in accelerate.capabilities}
    named = {key for arrow in PATHS.arrows for key in (arrow.source, arrow.target)}

    assert asked == set(EVERYTHING)
    assert named - set(PATHS.outcomes) == asked | {"heavyweight_change_approval"}


def test_every_goal_of_a_team_is_an_outcome_with_a_name() -> None:
    assert set(Goal.values) <= set(PATHS.outcomes)
    assert all(names["en"] for names in PATHS.outcomes.values())


def test_an_arrow_says_where_it_is_from() -> None:
    found = {(arrow.source, arrow.target): arrow for arrow in PATHS.arrows}

    assert found["continuous_delivery", DELIVERY].years == (2018, 2019, 2020, 2021, 2022, 2023)
    assert found["small_batches", DELIVERY].kind == "reciprocal"
    assert found["collaboration", "generative_culture"].kind == "correlation"
    assert found["learning", DELIVERY].years == ()


def test_an_arrow_of_less_is_not_followed() -> None:
    assert "heavyweight_change_approval" not in PATHS.drivers(DELIVERY)
    assert PATHS.shortest("heavyweight_change_approval", DELIVERY) is None


def test_of_equally_short_ways_the_first_in_the_file_is_taken() -> None:
    way = PATHS.shortest("transformational_leadership", DELIVERY)

    assert way is not None
    assert [arrow.target for arrow in way] == ["small_batches", DELIVERY]


def test_a_circle_is_walked_once() -> None:
    arrows = [Arrow(*ends, "drawn", "plus", (2018,), "") for ends in ("ab", "ba", "bc", "cd")]
    paths = Paths({"d": {"en": "D"}}, tuple(arrows))

    assert [len(paths.shortest(key, "d") or ()) for key in "abcd"] == [3, 2, 1, 0]
    assert paths.shortest("a", "e") is None


ENTRY: dict[str, Any] = {"from": ["tests"], "to": ["speed"], "kind": "drawn", "years": [2018]}


def as_yaml(*others: dict[str, Any], outcomes: Any = None, **changes: Any) -> str:
    """A file with one entry, with changes; a value of None leaves the key out."""
    outcomes = [{"key": "speed", "name": {"en": "Speed"}}] if outcomes is None else outcomes
    entry = {key: value for key, value in (ENTRY | changes).items() if value is not None}
    return yaml.safe_dump({"outcomes": outcomes, "arrows": [entry, *others]})


def test_paths_are_read_as_they_are_written() -> None:
    text = as_yaml({"from": ["speed"], "to": ["tests"], "kind": "text", "years": [], "note": "Said once."})

    paths = read_paths(text, "paths.yaml")

    assert paths.outcomes == {"speed": {"en": "Speed"}}
    assert paths.arrows == (
        Arrow("tests", "speed", "drawn", "plus", (2018,), ""),
        Arrow("speed", "tests", "text", "plus", (), "Said once."),
    )


def test_an_entry_is_an_arrow_from_each_to_each() -> None:
    outcomes = [{"key": key, "name": {"en": key}} for key in ("c", "d")]
    text = as_yaml(outcomes=outcomes, **{"from": ["a", "b"], "to": ["c", "d"], "sign": "minus"})

    arrows = read_paths(text, "paths.yaml").arrows

    assert [arrow.source + arrow.target for arrow in arrows] == ["ac", "ad", "bc", "bd"]
    assert {arrow.sign for arrow in arrows} == {"minus"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("arrows: [", "not valid YAML"),
        ("", "not a mapping"),
        ("outcomes: []", "arrows is missing"),
        (as_yaml(outcomes=["speed"]), "outcome 1: not a mapping"),
        (as_yaml(outcomes=[{"name": {"en": "Speed"}}]), "outcome 1: key is missing"),
        (as_yaml(outcomes=[{"key": "speed", "name": "Speed"}]), "outcome 1: name: not a text by language"),
        (as_yaml(outcomes=[{"key": "speed", "name": {"en": " "}}]), "outcome 1: name: en is not a text"),
        (as_yaml({"from": ["a"]}), "arrow 2: kind is missing"),
        (as_yaml(kind="guess"), "arrow 1: kind is not one of drawn"),
        (as_yaml(sign="both"), "arrow 1: sign is not one of plus, minus"),
        (as_yaml(size=0.4), "arrow 1: not known: size"),
        (as_yaml(note=" "), "arrow 1: note is not a text"),
        (as_yaml(to=None), "arrow 1: to is not a list of keys"),
        (as_yaml(to=[]), "arrow 1: to is not a list of keys"),
        (as_yaml(**{"from": "tests"}), "arrow 1: from is not a list of keys"),
        (as_yaml(**{"from": ["Our tests"]}), "arrow 1: not a key: 'Our tests'"),
        (as_yaml(**{"from": [7]}), "arrow 1: not a key: 7"),
        (as_yaml(**{"from": ["speed"]}), "arrow 1: speed leads to itself"),
        (as_yaml(years=None), "arrow 1: years is not a list"),
        (as_yaml(years=[]), "arrow 1: no year"),
        (as_yaml(years=[True]), "arrow 1: not a year: True"),
        (as_yaml(years=[18]), "arrow 1: not a year: 18"),
        (as_yaml(years=[2020, 2018]), "arrow 1: years do not ascend"),
        (as_yaml(ENTRY), "given twice: tests to speed"),
        (as_yaml(to=["speed", "sped"]), "neither an outcome nor the start of an arrow: sped"),
        (
            as_yaml(outcomes=[{"key": key, "name": {"en": key}} for key in ("speed", "calm")]),
            "leads to: calm",
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_why(text: str, reason: str) -> None:
    with pytest.raises(BenchmarksFileError) as caught:
        read_paths(text, "paths.yaml")

    assert str(caught.value).startswith("paths.yaml: ")
    assert reason in str(caught.value)


# --- The arithmetic ---------------------------------------------------------------------------

TV14 = {
    "trunk_based_development": (3.0, 0.6),
    "test_automation": (3.8, 0.2),
    "change_approval": (2.6, 0.0),
    "small_batches": (4.5, 0.8),
    "generative_culture": (5.6, 0.0),
    "shift_left_security": (4.5, 0.0),
    "transformational_leadership": (4.0, 0.4),
    "meaningful_work": (3.2, 0.2),
}
"""Points and votes of the method's example."""


def priorities(goal: str, discount: float = advice.DISCOUNT) -> list[float]:
    far = distances(goal)
    return [advice.priority(points, far[key], vote, discount) for key, (points, vote) in TV14.items()]


def test_priorities_of_the_method() -> None:
    """TV14."""
    assert priorities(DELIVERY) == pytest.approx([38.40, 21.12, 34.00, 27.00, 4.00, 12.00, 22.40, 0])
    assert priorities(ORGANIZATION) == pytest.approx(
        [30.72, 16.896, 27.20, 27.00, 4.00, 9.60, 22.40, 33.60], abs=0.005
    )


def test_sensitivity_of_the_method() -> None:
    """TV14: with another discount another three are first."""
    tbd, _ta, change, small, _culture, _security, leadership, _work = range(8)
    mild, strong = priorities(DELIVERY, 1.0), priorities(DELIVERY, 0.5)

    assert [strong[n] for n in (change, small, tbd)] == pytest.approx([34, 27, 24])
    assert [mild[n] for n in (tbd, change, leadership, small)] == pytest.approx([48, 34, 28, 27])


def test_shares_in_the_first_three_of_the_method() -> None:
    """TV14: standard error .55."""
    far = distances(DELIVERY)
    weights = [advice.priority(1, far[key], vote) for key, (_, vote) in TV14.items()]
    noise = np.random.default_rng(1).standard_normal((len(TV14), 20_000))

    shares = advice.shares_in_top(
        np.array([points for points, _ in TV14.values()]),
        np.full(len(TV14), 0.55),
        np.array(weights),
        noise,
    )

    by_key = dict(zip(TV14, shares.tolist(), strict=True))
    expected = {
        "trunk_based_development": 0.97,
        "change_approval": 0.94,
        "small_batches": 0.59,
        "transformational_leadership": 0.30,
        "test_automation": 0.19,
    }
    assert {key: by_key[key] for key in expected} == pytest.approx(expected, abs=0.02)
    assert by_key["meaningful_work"] == 0


def test_where_nothing_is_missing_nothing_is_among_the_first() -> None:
    one = np.array([1.0])

    assert advice.shares_in_top(7 * one, 0 * one, 100 * one, np.zeros((1, 5))) == 0


@pytest.mark.parametrize(("points", "missing"), [(1, 1), (3, 0.6), (6, 0), (6.7, 0), (7, 0)])
def test_a_gap_is_what_is_missing_to_agree(points: float, missing: float) -> None:
    assert advice.gap(points) == pytest.approx(missing)


@pytest.mark.parametrize(
    ("votes", "share"),
    [
        (None, 0),
        (Votes("few", None), 1 / 6),
        (Votes("about_half", None), 1 / 2),
        (Votes("most", None), 5 / 6),
        (Votes("few", 2), 1 / 5),
    ],
)
def test_votes_count_as_they_are_shown(votes: Votes | None, share: float) -> None:
    assert advice.vote_of(votes, 10) == share


def test_the_error_is_that_of_the_interval_as_shown() -> None:
    """TV8: exactly 0.602; the interval 49 to 86 is shown as 45 to 90."""
    shown = make_shown(70, n=5, low=45, high=90)

    assert advice.standard_error(shown) == pytest.approx(0.225 * 6 / 1.859548, rel=1e-6)
    assert 0.602 <= advice.standard_error(shown) <= 0.602 + 0.05 * 6 / 1.859548


def test_an_interval_that_is_cut_off_counts_by_its_longer_side() -> None:
    whole = make_shown(50, low=30, high=70)

    for score, low, high in ((90, 70, 95), (10, 5, 30)):
        cut = make_shown(score, low=low, high=high)
        assert advice.standard_error(cut) == pytest.approx(advice.standard_error(whole))


def test_a_coarse_result_has_the_usual_error() -> None:
    coarse = make_shown(70, n=9, low=None, high=None, agreement="")

    assert advice.standard_error(coarse) == pytest.approx(1.2 / 3)


# --- The plan ---------------------------------------------------------------------------------


def test_a_plan_takes_the_three_highest() -> None:
    content = report(
        {
            "version_control": 90,
            "trunk_based_development": 35,
            "change_approval": 25,
            "small_batches": 60,
            "learning": 80,
        },
        {"small_batches": Votes("most", 8)},
        responded=10,
    )

    plan = plan_of(content)

    assert tried(plan) == ["change_approval", "small_batches", "trunk_based_development"]
    assert [one.capability for one in plan.ranked][3:] == ["learning", "version_control"]
    assert (plan.goal, plan.draws) == (DELIVERY, advice.DRAWS)
    assert of(plan, "version_control").priority == 0


def test_a_priority_says_how_it_came_about() -> None:
    votes = Votes("about_half", None)
    one = of(
        plan_of(report({"test_automation": 50}, {"test_automation": votes}), ORGANIZATION), "test_automation"
    )

    assert one == Priority(
        capability="test_automation",
        name="Test_Automation",
        score=50,
        gap=pytest.approx(0.4),
        steps=3,
        reach=pytest.approx(0.64),
        vote=0.5,
        votes=votes,
        priority=pytest.approx(100 * 0.4 * 0.64 * 0.75),
        through=("continuous delivery", "Delivery performance"),
        years=(2018, 2020),
        clarify=False,
    )


def test_what_lies_on_the_way_has_the_questionnaires_name() -> None:
    plan = plan_of(report({"test_automation": 50, "continuous_delivery": None}))

    assert of(plan, "test_automation").through == ("Continuous_Delivery",)


def test_what_leads_nowhere_is_ranked_and_never_tried() -> None:
    plan = plan_of(report({"meaningful_work": 5, "learning": 75}))

    assert tried(plan) == ["learning"]
    assert of(plan, "meaningful_work") == Priority(
        capability="meaningful_work",
        name="Meaningful_Work",
        score=5,
        gap=pytest.approx(0.94),
        steps=None,
        reach=0,
        vote=0,
        votes=None,
        priority=0,
        through=(),
        years=(),
        clarify=False,
    )
    assert tried(plan_of(report({"meaningful_work": 5}))) == []


def test_another_goal_gives_another_plan() -> None:
    content = report({"meaningful_work": 5, "learning": 75})

    assert tried(plan_of(content, ORGANIZATION)) == ["meaningful_work", "learning"]
    assert tried(plan_of(content, BURNOUT)) == []


def test_where_everything_is_high_there_is_nothing_to_try() -> None:
    plan = plan_of(report(dict.fromkeys(EVERYTHING, 85)))

    assert (plan.experiments, plan.bottleneck, plan.drivers) == ((), (), ())
    assert not plan.depends_on_discount
    assert len(plan.ranked) == 24


@pytest.mark.parametrize(
    "content", [report({"learning": None}), report({"learning": 30}, responded=4), make_report([])]
)
def test_where_too_few_answered_there_is_no_plan(content: ReportContent) -> None:
    assert make_plan(content, PATHS, DELIVERY) is None


def test_an_unknown_goal_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="'fame' is no outcome"):
        make_plan(report({"learning": 30}), PATHS, "fame")


def test_continuous_delivery_is_no_experiment_but_its_lowest_drivers_are_named() -> None:
    scores = {"continuous_delivery": 5, "version_control": 85, "test_automation": 50, "monitoring": 40}
    plan = plan_of(report(scores | {"empowered_teams": 60, "deployment_automation": 70, "learning": 10}))

    assert plan.ranked[0].capability == "continuous_delivery"
    assert "continuous_delivery" not in tried(plan)
    assert plan.drivers == ("monitoring", "test_automation", "empowered_teams")


def test_drivers_that_lack_nothing_are_not_named() -> None:
    plan = plan_of(report({"continuous_delivery": 5, "version_control": 85, "test_automation": 50}))

    assert plan.drivers == ("test_automation",)


@pytest.mark.parametrize("result", [85, None])
def test_drivers_are_named_only_where_continuous_delivery_lacks_something(result: int | None) -> None:
    assert plan_of(report({"test_automation": 50, "continuous_delivery": result})).drivers == ()


@pytest.mark.parametrize(
    ("changes", "clarify"),
    [
        ({}, False),
        ({"agreement": "differ_widely"}, True),
        ({"two_camps": True}, True),
        ({"low": None, "high": None, "agreement": ""}, False),
    ],
)
def test_where_answers_differ_widely_the_team_talks_first(changes: dict[str, Any], clarify: bool) -> None:
    plan = plan_of(report({"learning": make_shown(40, **changes)}))

    assert plan.experiments[0].priority.clarify is clarify


def test_advice_is_that_of_the_teams_level() -> None:
    texts = tuple(Advice(level, level, level, level, level) for level in ("low", "middle", "high"))
    capability = replace(make_capability("learning", 20, key="learning"), advice=texts)

    plan = plan_of(make_report([make_category(capabilities=[capability])]))

    assert plan.experiments[0].advice == texts[0]


def test_how_firm_the_first_three_are() -> None:
    """Three far below all others stay; of ten alike, three are chosen by luck."""
    low = ["customer_feedback", "flow_visibility", "small_batches"]
    firm = plan_of(report(dict.fromkeys(EVERYTHING, 85) | dict.fromkeys(low, 10)))
    loose = plan_of(report(dict.fromkeys(TECHNICAL, 40)))

    assert [experiment.in_top for experiment in firm.experiments] == [10, 10, 10]
    assert [experiment.in_top for experiment in loose.experiments] == [3, 3, 3]


def test_what_is_never_tried_takes_no_place_among_the_first_three() -> None:
    low = ["customer_feedback", "flow_visibility", "small_batches", "continuous_delivery"]
    plan = plan_of(report(dict.fromkeys(EVERYTHING, 85) | dict.fromkeys(low, 10)))

    assert [experiment.in_top for experiment in plan.experiments] == [10, 10, 10]


@pytest.mark.parametrize("keys", [("learning", "wip_limits"), ("wip_limits", "learning")])
def test_equals_stand_in_the_order_of_the_questionnaire(keys: tuple[str, str]) -> None:
    """.22 * 8/8 and .16 * 11/8 are the same, whatever the last digit of a float says."""
    scores, votes = {"learning": 65, "wip_limits": 70}, {"wip_limits": Votes("about_half", 3)}
    plan = plan_of(report({key: scores[key] for key in keys}, votes, responded=8))

    assert tried(plan) == list(keys)


def test_a_plan_says_when_it_hangs_on_the_discount() -> None:
    near = {"learning": 45, "change_approval": 50, "wip_limits": 55}

    assert plan_of(report(near | {"test_automation": 50})).depends_on_discount
    assert not plan_of(report(near | {"test_automation": 75})).depends_on_discount


def test_the_bottleneck_is_found_from_the_goal_backwards() -> None:
    scores = {"continuous_delivery": 40, "small_batches": 60, "test_automation": 50, "empowered_teams": 20}

    assert plan_of(report(scores | {"transformational_leadership": 70})).bottleneck == (
        "continuous_delivery",
        "empowered_teams",
        "transformational_leadership",
    )
    assert plan_of(report(scores | {"transformational_leadership": 90})).bottleneck == (
        "continuous_delivery",
        "empowered_teams",
    )
    # delivery performance lies in between and has no score: what leads to it is looked at in its place
    through = plan_of(report(scores), ORGANIZATION).bottleneck
    assert through == ("continuous_delivery", "empowered_teams")


# --- Properties -------------------------------------------------------------------------------

SCORES = st.sampled_from(range(5, 100, 5))
WORDS = st.sampled_from([None, *(Votes(words, None) for words in advice.VOTE_SHARES)])
TEAMS = st.dictionaries(st.sampled_from(EVERYTHING), st.tuples(SCORES, WORDS), min_size=1)
GOALS = st.sampled_from(Goal.values)


def team_report(team: Mapping[str, tuple[int, Votes | None]]) -> ReportContent:
    return report(
        {key: score for key, (score, _) in team.items()},
        {key: votes for key, (_, votes) in team.items() if votes},
    )


@given(
    points=st.floats(1, 7),
    higher=st.floats(1, 7),
    steps=st.sampled_from([None, 1, 2, 3]),
    vote=st.floats(0, 1),
    more=st.floats(0, 1),
)
def test_more_score_never_raises_and_more_votes_never_lower_a_priority(
    points: float, higher: float, steps: int | None, vote: float, more: float
) -> None:
    low, high = sorted([points, higher])
    few, many = sorted([vote, more])

    assert advice.priority(high, steps, vote) <= advice.priority(low, steps, vote)
    assert advice.priority(points, steps, few) <= advice.priority(points, steps, many)
    assert 0 <= advice.priority(points, steps, vote) <= 100


@given(TEAMS, GOALS)
def test_what_is_tried_has_a_gap_and_a_path(team: dict[str, Any], goal: str) -> None:
    plan = plan_of(team_report(team), goal, draws=20)

    assert len(plan.experiments) <= 3
    assert all(experiment.priority.gap > 0 for experiment in plan.experiments)
    assert all(PATHS.shortest(key, goal) for key in tried(plan))
    assert advice.RESULT not in tried(plan)
    assert {one.capability for one in plan.ranked} == set(team)


@given(TEAMS, GOALS)
def test_a_reader_can_do_the_sums_again(team: dict[str, Any], goal: str) -> None:
    """With factors printed to two decimals, within what their rounding makes of it."""
    for one in plan_of(team_report(team), goal, draws=20).ranked:
        points = 1 + one.score * 6 / 100
        assert one.gap == pytest.approx(max(0, (6 - points) / 5))
        by_hand = 100 * round(one.gap, 2) * round(one.reach, 2) * (1 + round(one.vote, 2)) / 2
        assert one.priority == pytest.approx(by_hand, abs=1.1)


@given(TEAMS, GOALS)
def test_the_same_report_has_the_same_plan(team: dict[str, Any], goal: str) -> None:
    assert plan_of(team_report(team), goal, draws=50) == plan_of(team_report(team), goal, draws=50)


@given(TEAMS, GOALS, st.randoms(use_true_random=False))
def test_another_order_of_the_questionnaire_changes_nothing_but_ties(
    team: dict[str, Any], goal: str, random: Any
) -> None:
    keys = random.sample(list(team), len(team))
    plan = plan_of(team_report(team), goal, draws=50)
    other = plan_of(team_report({key: team[key] for key in keys}), goal, draws=50)

    assert [one.priority for one in other.ranked] == pytest.approx([one.priority for one in plan.ranked])
    assert set(other.ranked) == set(plan.ranked)
    in_top = {experiment.priority: experiment.in_top for experiment in plan.experiments}
    again = {experiment.priority: experiment.in_top for experiment in other.experiments}
    assert {one: again[one] for one in in_top if one in again} == {
        one: in_top[one] for one in in_top if one in again
    }
    worst = min((one.priority for one in in_top), default=0)
    assert all(one.priority == pytest.approx(worst) for one in set(in_top) ^ set(again))


@given(TEAMS, GOALS, st.data())
def test_what_the_report_does_not_show_has_no_part_in_the_plan(
    team: dict[str, Any], goal: str, data: st.DataObject
) -> None:
    """A capability with too few answers leaves the plan as it is without it; so do its votes."""
    hidden = data.draw(st.sampled_from(list(team)))
    rest = {key: value for key, value in team.items() if key != hidden}
    content = team_report(rest)
    results: dict[str, Any] = {key: score for key, (score, _) in rest.items()}
    with_hidden = report(results | {hidden: None}, {key: votes for key, (_, votes) in team.items() if votes})
    plan, bare = (make_plan(found, PATHS, goal, draws=20) for found in (with_hidden, content))

    if plan is None or bare is None:
        assert plan is bare is None
        return
    assert [replace(one, through=()) for one in plan.ranked] == [
        replace(one, through=()) for one in bare.ranked
    ]
    assert [experiment.in_top for experiment in plan.experiments] == [
        experiment.in_top for experiment in bare.experiments
    ]
    assert (plan.bottleneck, plan.drivers) == (bare.bottleneck, bare.drivers)
