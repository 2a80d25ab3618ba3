"""What earlier rounds add to a report: last round's results, what changed since, and trends."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assessments import change
from assessments.change import Summary
from assessments.instrument import Capability, Category, Instrument
from assessments.instrument_diff import NOT_ASKED, same_category, ways_of
from assessments.models import ScoreKind

from .content import (
    AskedAnew,
    CategoryScore,
    Change,
    InWords,
    Shown,
    Suppressed,
    Trend,
    TrendPoint,
)
from .results import Results, in_words


@dataclass(frozen=True)
class Earlier:
    """One of the team's rounds before the one that is reported.

    ``near`` tells from which newer rounds exactly one person differs: 0 is the reported one, 1
    the one before it, and so on.
    """

    round: str
    instrument: Instrument
    results: Results
    near: frozenset[int] = frozenset()
    imported: bool = False  # out of a file: who was asked is not known


@dataclass(frozen=True)
class History:
    """A round's results among those of the team's rounds before it, newest first."""

    round: str
    instrument: Instrument
    results: Results
    earlier: Sequence[Earlier] = ()

    @property
    def in_words(self) -> bool:
        """Whether last round may stand beside this one in words only (docs/method.md, 6.2 no. 4)."""
        return self.last is not None and 0 in self.last.near

    @property
    def last(self) -> Earlier | None:
        """The round before this one."""
        return self.earlier[0] if self.earlier else None

    # --- What was asked -----------------------------------------------------------------------

    def _ways(self, past: Earlier, capability: Capability) -> tuple[str, ...]:
        """In which ways an earlier round asked otherwise; none where it asked alike."""
        return ways_of(past.instrument, self.instrument, capability.key)

    def asked_anew(self, capability: Capability) -> AskedAnew | None:
        """The last round that asked otherwise, and how; None where all that asked did so alike."""
        for past in self.earlier:
            ways = self._ways(past, capability)
            if ways and NOT_ASKED not in ways:
                return AskedAnew(past.round, ways)
        return None

    def left_out(self) -> tuple[Capability, ...]:
        """What the last round asked about and this one does not."""
        if self.last is None:
            return ()
        return tuple(
            each for each in self.last.instrument.capabilities if each.key not in self.instrument.by_key
        )

    # --- Last round ---------------------------------------------------------------------------

    def last_capability(self, capability: Capability) -> Shown | InWords | Suppressed | None:
        """Last round's result; None where it was not asked, or otherwise."""
        if self.last is None or self._ways(self.last, capability):
            return None
        found = self.last.results.capability(capability.key)
        return in_words(found) if self.in_words and isinstance(found, Shown) else found

    def last_category(self, category: Category) -> CategoryScore | InWords | Suppressed | None:
        """Last round's result; None unless it is made of the same capabilities, all asked alike."""
        if self.last is None or not same_category(self.last.instrument, self.instrument, category.key):
            return None
        found = self.last.results.category(category)
        return in_words(found) if self.in_words and isinstance(found, CategoryScore) else found

    # --- Changes ------------------------------------------------------------------------------

    def cautions(self, joined: int | None, left: int | None, invited: int | None) -> tuple[str, ...]:
        """What speaks against calling a change clear, or against comparing at all (docs/method.md, 4.3).

        "roster": more than a third of the people changed; "imported": nobody knows how many did;
        "wording": the questionnaire has another version; "scoring": last round was scored by another
        version, so that nothing is compared.
        """
        if self.last is None or self.in_words:
            return ()
        if self.last.results.version != self.results.version:
            return ("scoring",)
        found = {
            "roster": change.roster_changed(joined, left, invited or 0),
            "imported": invited is None or self.last.imported,
            "wording": _name(self.last.instrument) != _name(self.instrument),
        }
        return tuple(name for name, holds in found.items() if holds)

    def capability_changes(self, *, cautious: bool) -> dict[str, Change]:
        """By key, how capabilities moved since last round, of those shown as numbers both times.

        They are tested together, so that luck is shared out among all that one report compares.
        """
        moved = {}
        for capability in self.instrument.capabilities:
            now, before = self.results.capability(capability.key), self.last_capability(capability)
            if (
                isinstance(now, Shown)
                and isinstance(before, Shown)
                and _how(now) == _how(before) == "in full"
            ):
                moved[capability.key] = now.score - before.score
        labels = change.labels(self._pairs(ScoreKind.CAPABILITY, moved), cautious=cautious)
        return {key: Change(label, moved[key]) for key, label in labels.items()}

    def category_changes(self, *, cautious: bool) -> dict[str, Change]:
        """The same of categories, among themselves: of people's means over the same capabilities."""
        both = [
            category.key
            for category in self.instrument.categories
            if isinstance(self.results.category(category), CategoryScore)
            and isinstance(self.last_category(category), CategoryScore)
            and self._shows_the_same(category)
        ]
        labels = change.labels(self._pairs(ScoreKind.COMPOSITE, both), cautious=cautious)
        return {key: Change(label, None) for key, label in labels.items()}

    def _shows_the_same(self, category: Category) -> bool:
        """Whether both means are made of the same capabilities, none of them coarse."""
        return all(
            _how(self.results.capability(each.key)) == _how(self.last_capability(each)) != "coarse"
            for each in category.capabilities
        )

    def _pairs(self, kind: str, keys: Iterable[str]) -> dict[str, tuple[Summary, Summary]]:
        """What can be compared: nothing that another version scored, or that has no standard error."""
        if self.last is None or self.last.results.version != self.results.version:
            return {}
        pairs = {}
        for key in keys:
            before, now = self.last.results.summary(kind, key), self.results.summary(kind, key)
            if before and now:
                pairs[key] = (before, now)
        return pairs

    # --- Trends -------------------------------------------------------------------------------

    def trend(self, capability: Capability) -> Trend | None:
        """A capability over the rounds since its wording last changed; None with less than two to tell of.

        From newest to oldest, a round is told by its number only if no newer one so told is one
        person apart from it: their difference could be that person's answer.
        """
        now = self.results.capability(capability.key)
        points = [_point(self.round, now)]
        exact = [(0.0, self.results.summary(ScoreKind.CAPABILITY, capability.key))]
        as_numbers, anew = {0}, self.asked_anew(capability)
        for place, past in enumerate(self.earlier, start=1):
            ways = self._ways(past, capability)
            if NOT_ASKED in ways:
                continue
            if ways:
                break
            if past.results.version != self.results.version:
                continue
            found: Shown | InWords | Suppressed = past.results.capability(capability.key)
            if isinstance(found, Shown):
                if past.near & as_numbers:
                    found = in_words(found)
                else:
                    as_numbers.add(place)
                    if not found.is_coarse:
                        summary = past.results.summary(ScoreKind.CAPABILITY, capability.key)
                        exact.append((-float(place), summary))
            points.append(_point(past.round, found))
        if sum(bool(point.bands) for point in points) < 2:
            return None
        told = [(time, each) for time, each in exact if each]
        return Trend(
            points=tuple(reversed(points)),
            direction=change.direction(told) if _how(now) == "in full" else "",
            reworded_after=anew.after if anew else "",
        )


def _name(instrument: Instrument) -> tuple[str, int]:
    return instrument.slug, instrument.version


def _how(result: Shown | InWords | Suppressed | None) -> str:
    """How finely a result is told."""
    if not isinstance(result, Shown):
        return "not in numbers"
    return "coarse" if result.is_coarse else "in full"


def _point(round_name: str, result: Shown | InWords | Suppressed) -> TrendPoint:
    match result:
        case Shown():
            return TrendPoint(round_name, result.score, result.bands)
        case InWords():
            return TrendPoint(round_name, None, result.bands)
        case Suppressed():
            return TrendPoint(round_name, None, ())
