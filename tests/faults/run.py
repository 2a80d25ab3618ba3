"""``make faults``: the faults at full length, with the figures that stand in docs/operations.md."""

from __future__ import annotations

import random
import sys
from typing import Any

from tests.servers import postgresql

from . import full, killed, migrated, slow, soak, together

SAVES = 10_000
SOAK = 1800
"""Seconds of steady load, when there are so many saves; fewer of both otherwise."""


def report(what: str, found: dict[str, Any], **wanted: Any) -> bool:
    """Print the figures; whether they are those that are wanted."""
    print(f"{what}: {found}", flush=True)
    return "not performed" in found or all(found.get(name) == value for name, value in wanted.items())


def run(saves: int) -> bool:
    """Everything; whether it all went as it should."""
    seed = random.SystemRandom().getrandbits(32)
    whole: dict[str, Any] = {"lost": 0, "half": 0, "sound": "ok"}
    held = [
        report("Killed", killed.kill_all(saves, 25, mails=200), **whole, **{"mails twice": 0}),
        report("Reloaded", killed.reload_all(saves // 10), **whole, errors={}),
        report("PostgreSQL started anew", killed.restart_database(saves // 5), **whole, told=True),
        report("Disk full", full.fill_disk(saves // 5), **whole, told=True),
        report("Upgrade killed, PostgreSQL", migrated.kill_migration(8, seed), failed=[0, 0], sound="ok"),
        report(
            "Reports killed", together.reports(teams=20, kills=5, seed=seed), reports={"ready": 20}, files=20
        ),
    ]
    for engine, variables in _engines():
        found = together.schedules(variables, teams=10, at_once=4)
        held.append(report(f"Four schedules, {engine}", found, states={"sent": 2 * found["people"]}))
    for engine, variables in _engines():
        found = together.opening_and_closing(variables, 20)
        nothing = {"open": 0, "links left": 0, "answers left": 0}
        held.append(report(f"Closed while opening, {engine}", found, **nothing))
    for proxied, found in slow.beside(200, 30, patience=10).items():
        name = f"Slow connections, {'with' if proxied else 'without'} the proxy"
        held.append(report(name, found, **{"errors": {}} if proxied else {}))
        held.append(not proxied or found["p95"] < 1)
    found = soak.soak(SOAK * saves / SAVES)
    held.append(report("Steady load", found, errors={}))
    held.append(found["growth"] <= soak.GROWTH and found["more files"] <= soak.FEW)
    return all(held)


def _engines() -> Any:
    yield "sqlite", {}
    with postgresql() as server:
        yield "postgresql", server


if __name__ == "__main__":
    sys.exit(not run(int(sys.argv[1]) if len(sys.argv) > 1 else SAVES))
