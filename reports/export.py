"""Numbers as tables for other programs: exactly what the page shows."""

import csv
import io
from collections.abc import Iterator

from assessments.texts import safe_cell

from .content import CapabilityResult, InWords, ReportContent, Shown, ShownMetric

COLUMNS = [
    "team", "round", "kind", "key", "name", "shown", "n", "score", "low90", "high90",
    "bands", "agreement", "two_camps", "dont_know_percent", "last_round", "change", "moved",
    "questionnaire", "scoring",
]  # fmt: skip


def rows(content: ReportContent) -> Iterator[dict[str, object]]:
    """A row for each capability and key metric. What is suppressed has empty cells."""
    common: dict[str, object] = {
        "team": content.team,
        "round": content.round,
        "questionnaire": content.questionnaire_version,
        "scoring": content.scoring_version,
    }
    for capability in content.capabilities:
        row = common | {"kind": "capability", "key": capability.key, "name": capability.name, "shown": "no"}
        if isinstance(capability.result, Shown):
            result = capability.result
            row |= {
                "shown": "yes",
                "n": result.n,
                "score": result.score,
                "low90": result.low,
                "high90": result.high,
                "bands": " ".join(result.bands),
                "agreement": result.agreement,
                "two_camps": "yes" if result.two_camps else "no",
                "dont_know_percent": result.dont_know,
                "last_round": _last_round(capability),
            }
        if capability.change:
            row |= {"change": capability.change.label, "moved": capability.change.moved}
        yield row
    for metric in content.key_metrics:
        row = common | {"kind": "key_metric", "key": metric.key, "name": metric.name, "shown": "no"}
        if isinstance(metric.result, ShownMetric):
            row |= {
                "shown": "yes",
                "n": metric.result.n,
                "score": metric.result.band,
                "bands": metric.result.label,
            }
        yield row


def _last_round(capability: CapabilityResult) -> object:
    """The score of last round, or the word that stands in its place; None where there is neither."""
    match capability.previous:
        case Shown() as shown:
            return shown.score
        case InWords() as words:
            return " ".join(words.bands)
        case _:
            return None


def as_csv(content: ReportContent) -> str:
    """The rows as CSV, with a byte order mark so that spreadsheets read it as UTF-8."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, restval="")
    writer.writeheader()
    for row in rows(content):
        writer.writerow({name: safe_cell("" if value is None else value) for name, value in row.items()})
    return "\ufeff" + buffer.getvalue()
