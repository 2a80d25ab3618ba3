"""Scores: a DataFrame of answers in, tidy DataFrames of results out.

**Answers** are a DataFrame with a row per response and a float column per statement or key
metric: a value of its scale, :data:`DONT_KNOW_VALUE`, or NaN where the question was skipped. Its
index names the team of each response. :func:`to_frame` makes one from stored answers.

Results have a row per team and key: teams in the order of their first response, keys in the
order of the questionnaire. A row that fewer people stand behind than the minimum has
``shown`` False and, but for its counts of people, no number at all, so that nothing can leak
further down. Means and intervals are in *points* (1 to 7), scores run from 0 to 100; neither
is rounded yet, which is the business of :mod:`assessments.disclosure`.

Everything is vectorised over responses and teams; loops run over statements only. The scalar
functions at the end say the same for one team: for help pages, and as oracles in tests.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from .disclosure import DETAIL_MINIMUM, HIGHEST, LOWEST, TOLERANCE, require_minimum
from .instrument import Capability, Category, Instrument, KeyMetric, Statement
from .prior import PRIOR_DF, PRIOR_SD, PRIOR_SD_COMPOSITE, PRIOR_SD_SINGLE, moderated_variance
from .scale import DONT_KNOW, Answer, Scale

SCORING_VERSION = "2"
"""Stored with every score; to be raised with any change that can move a number."""

DONT_KNOW_VALUE = 0.0
"""How *don't know* stands in a frame of answers. Scales start at 1, so it is never a value."""

POOLING_DF = 30
"""Degrees of freedom within teams from which on an organisation has its own prior (4.2)."""

AGREEMENTS = ("close", "some_spread", "differ_widely")
"""How near the answers of a team are to each other (docs/method.md 3.3)."""

CLOSE = 0.75
"""Mean deviation in points up to which answers are close (docs/method.md 3.3)."""

SPREAD = 7 / 6
"""Mean deviation in points beyond which answers differ widely: options / 6 (docs/method.md 3.1)."""

CAMP_LOW, CAMP_HIGH, CAMP_SIZE = 3, 5, 2
"""Two camps: this many people at or below the low, and at or above the high (docs/method.md 3.3)."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


# --- From stored answers to points ------------------------------------------------------------


def to_frame(responses: Iterable[tuple[Any, Mapping[str, Answer]]], columns: Sequence[str]) -> pd.DataFrame:
    """Answers as a frame: pairs of (team, {key: value or ``"dk"``}) become a row each.

    ``team`` is any hashable label; keys that are not in ``columns`` are ignored, columns without
    an answer are NaN. Shape (responses, columns). Raises ValueError for an answer that is
    neither a value from 1 on nor *don't know*.
    """
    teams = []
    cells = array("d")  # an eighth of the memory of lists of Python numbers
    for team, given in responses:
        teams.append(team)
        cells.extend(_number(given.get(key)) for key in columns)
    return pd.DataFrame(
        np.array(cells, dtype=np.float64).reshape(len(teams), len(columns)),
        columns=pd.Index(columns),
        index=pd.Index(teams, name="team", tupleize_cols=False),
    )


def _number(answer: Answer | None) -> float:
    if answer is None:
        return math.nan
    if answer == DONT_KNOW:
        return DONT_KNOW_VALUE
    if isinstance(answer, str) or answer < 1:  # a 0 would pass for a don't know
        raise ValueError(f"{answer!r} is not an answer")
    return float(answer)


def recode(answers: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Statements in points, higher is better; *don't know* and skipped are both NaN.

    Reversed statements become ``low + high - x`` (docs/method.md 1.3). Shape (responses,
    statements). Raises ValueError when a statement has no column or a value is not on the scale.
    """
    scale = instrument.scale
    keys = [statement.key for statement in instrument.statements]
    reverse = np.array([statement.reversed for statement in instrument.statements], dtype=bool)
    rated = _rated(answers, keys, scale)
    rated[:, reverse] = scale.low + scale.high - rated[:, reverse]
    return pd.DataFrame(rated, index=answers.index, columns=pd.Index(keys))


def person_scores(recoded: pd.DataFrame, keys: Sequence[str]) -> pd.Series[float]:
    """Per response the mean of its rated statements; NaN where fewer than half are rated.

    ``recoded`` as from :func:`recode`, ``keys`` the statements of one capability. Points from 1
    to 7. Source: docs/method.md 1.4 (half rule) and 2.1.
    """
    ratings = recoded[list(keys)].to_numpy(dtype=np.float64)
    return pd.Series(_person_scores(ratings), index=recoded.index)


def _person_scores(ratings: Floats) -> Floats:
    """:func:`person_scores` of an array (responses, statements)."""
    return _row_means(ratings, at_least=_half(ratings.shape[1]))


def _rated(answers: pd.DataFrame, keys: Sequence[str], scale: Scale) -> Floats:
    """The columns as numbers with NaN for everything that is not a rating; always a copy."""
    missing = [key for key in keys if key not in answers.columns]
    if missing:
        raise ValueError(f"the answers have no column {', '.join(missing)}")
    values = answers[list(keys)].to_numpy(dtype=np.float64, copy=True)
    values[values == DONT_KNOW_VALUE] = np.nan
    if not (np.isnan(values) | np.isin(values, scale.values)).all():
        raise ValueError(f"an answer is not a value of its scale, {scale.low} to {scale.high}")
    return values


def _dont_knows(answers: pd.DataFrame, keys: Sequence[str]) -> Floats:
    """Per response the number of *don't know* among ``keys``."""
    return np.asarray((answers[list(keys)].to_numpy() == DONT_KNOW_VALUE).sum(axis=1), dtype=np.float64)


def _half(statements: int) -> int:
    """Answers that a person score needs (docs/method.md 1.4)."""
    return math.ceil(statements / 2)


def _row_means(values: Floats, *, at_least: int = 1) -> Floats:
    """Means over axis 1 without NaN; NaN for rows with fewer values than ``at_least`` (1 or more)."""
    given = (~np.isnan(values)).sum(axis=1)
    return _divide(np.nansum(values, axis=1), np.where(given >= at_least, given, 0))


def _divide(numerator: Floats | Ints, denominator: Floats | Ints) -> Floats:
    """The quotient, and NaN where the denominator is 0 or NaN."""
    result = np.full(np.shape(denominator), np.nan)
    np.divide(numerator, denominator, out=result, where=denominator > 0)
    return result


# --- Grouping ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Teams:
    """Which team each row belongs to, and sums over the rows of a team in linear time."""

    codes: npt.NDArray[np.intp]  # (rows,): position in labels
    labels: pd.Index[Any]  # (teams,), in order of first appearance

    @classmethod
    def of(cls, index: pd.Index[Any]) -> _Teams:
        codes, labels = index.factorize(use_na_sentinel=False)
        return cls(codes, pd.Index(labels, tupleize_cols=False))

    def count(self, mask: Bools) -> Ints:
        """Rows per team for which ``mask`` (rows,) is true."""
        return np.bincount(self.codes[mask], minlength=len(self.labels)).astype(np.int64)

    def tally(self, values: Floats, highest: int) -> Ints:
        """How often each whole number from 0 to ``highest`` stands in ``values`` (rows,): teams × numbers."""
        given, numbers = ~np.isnan(values), highest + 1
        places = self.codes[given] * numbers + values[given].astype(np.intp)
        return np.bincount(places, minlength=len(self.labels) * numbers).reshape(-1, numbers).astype(np.int64)

    def total(self, values: Floats) -> Floats:
        """Sum per team of ``values`` (rows,) without NaN."""
        given = ~np.isnan(values)
        sums = np.bincount(self.codes[given], weights=values[given], minlength=len(self.labels))
        return sums.astype(np.float64)  # without rows numpy counts in integers

    def mean(self, values: Floats) -> Floats:
        """Mean per team of ``values`` (rows,) without NaN; NaN for a team without a value."""
        return _divide(self.total(values), self.count(~np.isnan(values)))

    def deviations(self, values: Floats) -> Floats:
        """Each of ``values`` (rows,) less the mean of its team."""
        return values - self.mean(values)[self.codes]

    def responses(self) -> Ints:
        """Rows per team."""
        return np.bincount(self.codes, minlength=len(self.labels)).astype(np.int64)

    def table(self, **columns: object) -> pd.DataFrame:
        """A frame with a row per team, from scalars and arrays (teams,)."""
        return pd.DataFrame({"team": self.labels, **columns}, index=range(len(self.labels)))


def _team_by_team(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One frame from tables of a row per team each, sorted by team first and by table second."""
    joined = pd.concat(tables, ignore_index=True)
    order = np.arange(len(joined)).reshape(len(tables), -1).T.ravel()
    return joined.take(order).reset_index(drop=True)


def _suppress(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The table without the numbers in ``columns`` wherever ``shown`` is false."""
    kept = {column: table[column].where(table["shown"], math.nan) for column in columns}
    return table.assign(**kept)


@dataclass(frozen=True)
class _Sheet:
    """The answers as given, in points, and by team: all that the statements are scored from."""

    answers: pd.DataFrame
    recoded: pd.DataFrame
    teams: _Teams

    @classmethod
    def of(cls, answers: pd.DataFrame, instrument: Instrument) -> _Sheet:
        return cls(answers, recode(answers, instrument), _Teams.of(answers.index))

    def ratings(self, capability: Capability) -> Floats:
        """Points of one capability (responses, statements), NaN where not rated."""
        return self.recoded[_keys(capability)].to_numpy(dtype=np.float64)

    def dont_knows(self, capability: Capability) -> Floats:
        """Per team the number of *don't know* about a capability."""
        return self.teams.total(_dont_knows(self.answers, _keys(capability)))


def _keys(capability: Capability) -> list[str]:
    return [statement.key for statement in capability.statements]


# --- Capabilities -----------------------------------------------------------------------------


def score_capabilities(
    answers: pd.DataFrame,
    instrument: Instrument,
    *,
    minimum: int,
    prior_sd: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """The result of every capability in every team.

    ``prior_sd`` maps capabilities to an organisation's own prior (see :func:`pooled_prior`).
    Columns, each NaN, None or False where not shown, but for the first four and ``shown``:

    - ``team``, ``key``; ``responses`` (of the team), ``n`` (people with a person score)
    - ``mean``, ``sd`` in points: of person scores, each person one vote (docs/method.md 2.1).
      ``sd`` has divisor n - 1 and is for later comparisons: not to be shown below DETAIL_MINIMUM
    - ``se`` in points: moderated standard error of the mean (docs/method.md 4.2). Below
      DETAIL_MINIMUM that of a single statement is the prior's alone (6.2 no. 7). As ``sd``
      for comparisons, and like it not to be shown
    - ``low90``, ``high90``, ``low80``, ``high80`` in points: moderated t with that ``se``, cut off
      at the ends of the scale
    - ``score``: the mean on 0 to 100 (docs/method.md 2.1)
    - ``agreement`` (one of AGREEMENTS), ``two_camps`` (docs/method.md 3.3)
    - ``dont_know``: share of *don't know* in all given answers, 0 to 1, also of people
      without a person score; NaN when nobody gave one (docs/method.md 1.4)
    - ``shown``: n >= minimum

    Raises ValueError for a minimum below the floor, for answers that do not fit the instrument,
    and for a scale other than 1 to 7, which priors, bands and cut-offs are made for.
    """
    require_minimum(minimum)
    _require_seven_points(instrument.scale)
    sheet, own = _Sheet.of(answers, instrument), prior_sd or {}
    table = _team_by_team(
        [
            _capability_table(capability, sheet, own.get(capability.key))
            for capability in instrument.capabilities
        ]
    )
    table["shown"] = table["n"] >= minimum
    numbers = ["mean", "sd", "se", "low90", "high90", "low80", "high80", "score", "dont_know"]
    hidden = ~table["shown"]
    table.loc[hidden, "agreement"] = None
    table.loc[hidden, "two_camps"] = False
    return _suppress(table, numbers)


def _require_seven_points(scale: Scale) -> None:
    if (scale.low, scale.high) != (LOWEST, HIGHEST):
        raise ValueError(f"scoring is made for a scale of 1 to 7, not {scale.low} to {scale.high}")


def _capability_table(capability: Capability, sheet: _Sheet, own_prior: float | None) -> pd.DataFrame:
    """One capability in every team, nothing hidden yet."""
    teams, ratings = sheet.teams, sheet.ratings(capability)
    person = _person_scores(ratings)
    single = len(capability.statements) == 1
    standard = PRIOR_SD_SINGLE if single else PRIOR_SD
    prior = standard if own_prior is None else own_prior
    n, mean, sd, se = _summary(person, teams, prior, prior_alone_below=DETAIL_MINIMUM if single else 0)
    low90, high90 = _interval(mean, se, n, 0.90)
    low80, high80 = _interval(mean, se, n, 0.80)
    dont_knows = sheet.dont_knows(capability)
    rated = teams.total((~np.isnan(ratings)).sum(axis=1).astype(np.float64))
    return teams.table(
        key=capability.key,
        responses=teams.responses(),
        n=n,
        mean=mean,
        sd=sd,
        se=se,
        low90=low90,
        high90=high90,
        low80=low80,
        high80=high80,
        score=(mean - LOWEST) / (HIGHEST - LOWEST) * 100,
        agreement=_agreements(_mean_deviations(ratings, person, teams)),
        two_camps=_two_camps(person, teams),
        dont_know=_divide(dont_knows, dont_knows + rated),
    )


def _summary(
    person: Floats, teams: _Teams, prior_sd: float, *, prior_alone_below: int = 0
) -> tuple[Ints, Floats, Floats, Floats]:
    """Per team n, mean, standard deviation and moderated standard error of person scores (4.2).

    The last is that of the prior alone in teams of fewer people than ``prior_alone_below``.
    """
    n, mean = teams.count(~np.isnan(person)), teams.mean(person)
    squares = teams.total(teams.deviations(person) ** 2)
    moderated = moderated_variance(squares, _degrees(n), prior_sd)
    variance = np.where(n < prior_alone_below, prior_sd**2, moderated)
    return n, mean, np.sqrt(_divide(squares, n - 1)), np.sqrt(_divide(variance, n))


def _degrees(n: Ints) -> Floats:
    """Degrees of freedom of so many people: n - 1, and 0 of nobody."""
    return np.maximum(n - 1, 0).astype(np.float64)


def _interval(mean: Floats, se: Floats, n: Ints, confidence: float) -> tuple[Floats, Floats]:
    """Both ends of the moderated interval (docs/method.md 4.2) in points, clipped to the scale."""
    degrees, place = np.unique(PRIOR_DF + _degrees(n), return_inverse=True)  # hardly ever more than a dozen
    half = np.asarray(stats.t.ppf(0.5 + confidence / 2, degrees))[place] * se
    return np.maximum(mean - half, LOWEST), np.minimum(mean + half, HIGHEST)


def _mean_deviations(ratings: Floats, person: Floats, teams: _Teams) -> Floats:
    """AD_M(J) per team (docs/method.md 3.1), without people who have no person score (3.3)."""
    scored = np.where(np.isnan(person)[:, np.newaxis], np.nan, ratings)
    by_item = [teams.mean(np.abs(teams.deviations(item))) for item in scored.T]
    return _row_means(np.stack(by_item, axis=1))


def _agreements(deviations: Floats) -> pd.Series[Any]:
    """The word of AGREEMENTS for each deviation, None for NaN; of objects, or None would become NaN."""
    words = np.array([*AGREEMENTS, None], dtype=object)
    place = np.searchsorted([CLOSE + TOLERANCE, SPREAD + TOLERANCE], deviations)
    return pd.Series(words[np.where(np.isnan(deviations), len(AGREEMENTS), place)], dtype=object)


def _two_camps(person: Floats, teams: _Teams) -> Bools:
    """Whether a team holds two views (docs/method.md 3.3): two on each side, to point at nobody."""
    low, high = teams.count(person <= CAMP_LOW), teams.count(person >= CAMP_HIGH)
    return (low >= CAMP_SIZE) & (high >= CAMP_SIZE)


def pooled_prior(answers: pd.DataFrame, instrument: Instrument) -> dict[str, float]:
    """An organisation's own prior standard deviations in points: for ``prior_sd`` above.

    ``answers`` are those of all its teams. The root of the sum of squares within teams over
    the degrees of freedom within teams (docs/method.md 4.2, TV9), for capabilities with
    POOLING_DF of these or more; others are left out. Raises ValueError as :func:`recode`.
    """
    sheet, priors = _Sheet.of(answers, instrument), {}
    for capability in instrument.capabilities:
        person = _person_scores(sheet.ratings(capability))
        df = int(_degrees(sheet.teams.count(~np.isnan(person))).sum())
        if df >= POOLING_DF:
            squares = float(np.nansum(sheet.teams.deviations(person) ** 2))
            priors[capability.key] = math.sqrt(squares / df)
    return priors


# --- Categories, key metrics, statements, votes -----------------------------------------------


def score_categories(capability_scores: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """The result of every category in every team: the unweighted mean of its shown capabilities.

    ``capability_scores`` as from :func:`score_capabilities`. Columns ``team``, ``key``,
    ``capabilities_shown``, ``capabilities`` (all of the category's), ``mean`` in points and
    ``score`` on 0 to 100 (NaN where not shown), ``shown`` (half of its capabilities or more
    are shown). Source: docs/method.md 1.4 and 2.1, TV2.
    """
    category_of = {c.key: category.key for category in instrument.categories for c in category.capabilities}
    sizes = {category.key: len(category.capabilities) for category in instrument.categories}
    grouped = capability_scores.assign(category=capability_scores["key"].map(category_of)).groupby(
        ["team", "category"], sort=False, dropna=False
    )
    table = grouped.agg(
        capabilities_shown=("shown", "sum"),
        mean=("mean", "mean"),  # of those shown: the others are NaN
        score=("score", "mean"),
    ).reset_index(names=["team", "key"])
    table.insert(3, "capabilities", table["key"].map(sizes).astype(np.int64))
    table["shown"] = (2 * table["capabilities_shown"] >= table["capabilities"]).astype(bool)
    return _suppress(table, ["mean", "score"])


def score_composites(answers: pd.DataFrame, instrument: Instrument, *, minimum: int) -> pd.DataFrame:
    """Every category in every team, person by person: for comparing rounds, never to be shown.

    A person's composite is the mean of their capability scores; it varies less than any of these,
    so that a change is found sooner. Like the category on the page it is made of the team's *shown*
    capabilities, and of half of all the category's or more: so it moves with what is shown, and
    there is none where the category itself is hidden. Columns ``team``, ``key``, ``n`` (people with a
    composite), ``mean``, ``sd`` and ``se`` (moderated, with PRIOR_SD_COMPOSITE) in points, NaN where
    not shown; ``shown`` (n >= minimum). Raises ValueError as :func:`score_capabilities`. Source:
    docs/method.md 4.3.
    """
    require_minimum(minimum)
    _require_seven_points(instrument.scale)
    sheet = _Sheet.of(answers, instrument)
    table = _team_by_team([_composite_table(category, sheet, minimum) for category in instrument.categories])
    table["shown"] = table["n"] >= minimum
    return _suppress(table, ["mean", "sd", "se"])


def _composite_table(category: Category, sheet: _Sheet, minimum: int) -> pd.DataFrame:
    """One category in every team, nothing hidden yet but capabilities that are not shown."""
    scores = np.stack([_person_scores(sheet.ratings(each)) for each in category.capabilities], axis=1)
    for score in scores.T:
        shown = sheet.teams.count(~np.isnan(score)) >= minimum
        score[~shown[sheet.teams.codes]] = np.nan
    person = _row_means(scores, at_least=_half(len(category.capabilities)))
    n, mean, sd, se = _summary(person, sheet.teams, PRIOR_SD_COMPOSITE)
    return sheet.teams.table(key=category.key, n=n, mean=mean, sd=sd, se=se)


def score_key_metrics(answers: pd.DataFrame, instrument: Instrument, *, minimum: int) -> pd.DataFrame:
    """The result of every key metric in every team.

    ``answers`` have a column per key metric. Columns ``team``, ``key``, ``n`` (people who named a
    band), ``band`` (the lower median, docs/method.md 8.3) and ``dont_know`` (share of the given
    answers, 0 to 1), both NaN where not shown, ``shown`` (n >= minimum); no row where none is asked.
    Raises ValueError for a minimum below the floor and for answers that do not fit the instrument.
    """
    require_minimum(minimum)
    if not instrument.key_metrics:
        return pd.DataFrame(columns=["team", "key", "n", "band", "dont_know", "shown"])
    teams = _Teams.of(answers.index)
    table = _team_by_team([_metric_table(metric, answers, teams) for metric in instrument.key_metrics])
    table["shown"] = table["n"] >= minimum
    return _suppress(table, ["band", "dont_know"])


def _metric_table(metric: KeyMetric, answers: pd.DataFrame, teams: _Teams) -> pd.DataFrame:
    """One key metric in every team, nothing hidden yet."""
    bands = _rated(answers, [metric.key], metric.scale)[:, 0]
    counts = np.stack([teams.count(bands == value) for value in metric.scale.values], axis=1)
    n = counts.sum(axis=1)
    # The lower median is the first band at which more than (n - 1) // 2 people are counted.
    middle = (counts.cumsum(axis=1) > ((n - 1) // 2)[:, np.newaxis]).argmax(axis=1)
    dont_knows = teams.total(_dont_knows(answers, [metric.key]))
    return teams.table(
        key=metric.key,
        n=n,
        band=np.array(metric.scale.values, dtype=np.float64)[middle],
        dont_know=_divide(dont_knows, dont_knows + n),
    )


def statement_counts(answers: pd.DataFrame, instrument: Instrument, *, minimum: int) -> pd.DataFrame:
    """How the statements were answered, where there are enough answers for that much detail.

    A row per (team, statement), and none at all unless the capability has at least
    max(DETAIL_MINIMUM, minimum) person scores and the statement as many ratings: a statement
    that only two could rate would show each of them the other's (docs/method.md 6.2).
    Columns ``team``, ``capability``, ``key``; ``count_1`` to ``count_7`` and ``dont_know``, as
    answered; ``disagree``, ``neutral``, ``agree``, in the direction in which agreeing is better:
    for a reversed statement ``agree`` counts 1 to 3. Raises ValueError as score_capabilities.
    """
    require_minimum(minimum)
    _require_seven_points(instrument.scale)
    sheet, needed = _Sheet.of(answers, instrument), max(DETAIL_MINIMUM, minimum)
    tables = []
    for capability in instrument.capabilities:
        person = _person_scores(sheet.ratings(capability))
        enough = sheet.teams.count(~np.isnan(person)) >= needed
        tables += [
            _statement_table(capability, each, sheet, enough, needed) for each in capability.statements
        ]
    table = _team_by_team(tables)
    return table[table.pop("enough")].reset_index(drop=True)


def _statement_table(
    capability: Capability, statement: Statement, sheet: _Sheet, enough: Bools, needed: int
) -> pd.DataFrame:
    """One statement in every team, nothing left out yet; ``enough`` where ``needed`` rated it, too."""
    values = range(int(LOWEST), int(HIGHEST) + 1)
    counts = sheet.teams.tally(sheet.answers[statement.key].to_numpy(), int(HIGHEST))
    neutral = (int(LOWEST) + int(HIGHEST)) // 2
    below, above = counts[:, 1:neutral].sum(axis=1), counts[:, neutral + 1 :].sum(axis=1)
    return sheet.teams.table(
        capability=capability.key,
        key=statement.key,
        **{f"count_{value}": counts[:, value] for value in values},
        dont_know=counts[:, int(DONT_KNOW_VALUE)],
        disagree=above if statement.reversed else below,
        neutral=counts[:, neutral],
        agree=below if statement.reversed else above,
        enough=enough & (counts[:, 1:].sum(axis=1) >= needed),
    )


def to_votes(responses: Iterable[tuple[Any, Iterable[str]]], capabilities: Sequence[str]) -> pd.DataFrame:
    """Votes as a frame for :func:`hindrance_votes`: pairs of (team, named capabilities) become a row each.

    Shape (responses, capabilities), bool; names that are no capability are ignored.
    """
    teams, rows = [], []
    for team, named in responses:
        teams.append(team)
        chosen = frozenset(named)
        rows.append([key in chosen for key in capabilities])
    return pd.DataFrame(
        np.array(rows, dtype=bool).reshape(len(teams), len(capabilities)),
        columns=pd.Index(capabilities),
        index=pd.Index(teams, name="team", tupleize_cols=False),
    )


def hindrance_votes(votes: pd.DataFrame, *, minimum: int) -> pd.DataFrame:
    """How many of a team hold a capability for its main hindrance.

    ``votes`` has a row per response and a bool column per capability; its index names the team.
    Columns ``team``, ``key`` (in the order of the columns), ``responses``, ``share`` (0 to 1; NaN
    where not shown), ``shown`` (responses >= minimum). Raises ValueError for a minimum below
    the floor.
    """
    require_minimum(minimum)
    teams = _Teams.of(votes.index)
    responses = teams.responses()
    tables = [
        teams.table(
            key=key,
            responses=responses,
            share=_divide(teams.count(votes[key].to_numpy(dtype=bool)), responses),
            shown=responses >= minimum,
        )
        for key in votes.columns
    ]
    return _suppress(_team_by_team(tables), ["share"])


# --- The same for one team, in plain numbers --------------------------------------------------


def person_score(items: Sequence[float | None], reverse: Sequence[bool] | None = None) -> float | None:
    """The mean of one person's ratings (1 to 7, None is missing); None if under half are rated.

    Source: docs/method.md 1.3, 1.4 and Appendix A.
    """
    flags = reverse or [False] * len(items)
    rated = [
        LOWEST + HIGHEST - item if flag else item
        for item, flag in zip(items, flags, strict=True)
        if item is not None
    ]
    return sum(rated) / len(rated) if len(rated) >= _half(len(items)) else None


@dataclass(frozen=True)
class Interval:
    """A mean and its moderated-t interval, in points."""

    n: int
    mean: float
    moderated_sd: float
    df: float
    se: float
    low: float
    high: float


def moderated_interval(
    scores: Sequence[float],
    prior_sd: float = PRIOR_SD,
    prior_df: float = PRIOR_DF,
    confidence: float = 0.90,
    population: int | None = None,
) -> Interval:
    """The mean of person scores (1 to 7) with its interval, clipped to the scale.

    ``population``, the size of the whole team, asks for the finite-population correction of
    docs/method.md 4.1, which the product does not use. Raises ValueError without scores and
    where no degree of freedom is left. Source: docs/method.md 4.2 and Appendix A.
    """
    n = len(scores)
    df = prior_df + n - 1
    if not n or df <= 0:
        raise ValueError("no interval without scores or without degrees of freedom")
    mean = math.fsum(scores) / n
    squares = math.fsum((score - mean) ** 2 for score in scores)
    variance = moderated_variance(squares, n - 1, prior_sd, prior_df)
    se = math.sqrt(variance / n * (max(0.0, 1 - n / population) if population else 1))
    half = float(stats.t.ppf(0.5 + confidence / 2, df)) * se
    low, high = max(LOWEST, mean - half), min(HIGHEST, mean + half)
    return Interval(n, mean, math.sqrt(variance), df, se, low, high)


def ad_mj(matrix: npt.ArrayLike) -> float:
    """AD_M(J): the mean over statements of the mean deviation from the statement's mean, in points.

    ``matrix`` is people x statements, NaN where not rated. Raises ValueError when nothing is
    rated. Source: docs/method.md 3.1.
    """
    values = np.asarray(matrix, dtype=np.float64)
    rated = values[:, ~np.isnan(values).all(axis=0)]
    if not rated.size:
        raise ValueError("no deviation without ratings")
    return float(np.nanmean(np.abs(rated - np.nanmean(rated, axis=0)), axis=0).mean())


def agreement_of(deviation: float) -> str:
    """The word of AGREEMENTS for an AD_M(J) in points: <= 0.75, <= 7/6, more (docs/method.md 3.3)."""
    if deviation <= CLOSE + TOLERANCE:
        return AGREEMENTS[0]
    return AGREEMENTS[1] if deviation <= SPREAD + TOLERANCE else AGREEMENTS[2]


def has_two_camps(scores: Iterable[float]) -> bool:
    """Whether two or more person scores are <= 3 and two or more >= 5 (docs/method.md 3.3)."""
    given = list(scores)
    low, high = sum(s <= CAMP_LOW for s in given), sum(s >= CAMP_HIGH for s in given)
    return low >= CAMP_SIZE and high >= CAMP_SIZE
