"""Scores of a spreadsheet as files: no database, no server."""

from __future__ import annotations

import json
import math
import signal
from collections.abc import Iterable
from typing import Any

import django
from django.utils.text import slugify

from assessments.answers_file import TEAM
from assessments.tables import Table

SLUG_LENGTH = 60  # a file's name may have 255 bytes, and a letter up to four

FIELDS = ("n", "mean", "score", "low90", "high90", "agreement", "dont_know", "shown")
"""What is told about a capability, unrounded: points 1 to 7, ``score`` 0 to 100, ``dont_know`` 0 to 1."""

Results = dict[str, dict[str, dict[str, Any]]]
"""{team: {capability key: {each of FIELDS: value}}}"""


def results_of(table: Any) -> Results:
    """The scores of ``scoring.score_capabilities`` as plain data. What is hidden is None."""
    results: Results = {}
    for row in table.itertuples():
        told = {name: _plain(getattr(row, name)) for name in FIELDS}
        results.setdefault(row.team, {})[row.key] = told | {"n": int(row.n), "shown": bool(row.shown)}
    return results


def _plain(value: Any) -> Any:
    """A number or word as JSON knows it; pandas writes NaN where there is none."""
    if isinstance(value, str) or value is None:
        return value
    return None if math.isnan(value) else float(value)


def as_json(results: Results) -> str:
    """The results as JSON text."""
    return json.dumps(results, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def as_table(results: Results) -> Table:
    """The results with a row per team and capability; what is hidden is an empty cell."""
    rows = [
        {TEAM: team, "capability": key, **told}
        for team, capabilities in results.items()
        for key, told in capabilities.items()
    ]
    return Table("scores", {}, (TEAM, "capability", *FIELDS), rows)


def file_names(teams: Iterable[str]) -> dict[str, str]:
    """A file's name without its ending for every team: readable, and no two alike."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for team in teams:
        slug = slugify(team, allow_unicode=True)[:SLUG_LENGTH] or TEAM
        name, number = slug, 1
        while name in taken:
            number += 1
            name = f"{slug}-{number}"
        taken.add(name)
        names[team] = name
    return names


def start_process() -> None:
    """What a process that draws documents does first. It can be called before Django is there.

    Ctrl-C is left to the process that watches over it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    django.setup()
