"""``make attack``: the attacks at full length, with the figures that stand in SECURITY.md."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from typing import Any

from assessments.disclosure import visible_children
from tests.attacks import differencing, scanner
from tests.attacks.conducted import read_database, run_on

ROUNDS = 1000
TEAMS = 10_000
SECONDS = 120
"""How long a scanner crawls as each role."""


def report_reader(engine: str, rounds: int) -> bool:
    """Attack 1; whether it failed as it should."""
    figures = read_database(engine, rounds)
    print(f"Database reader, {engine}: {rounds} rounds, seed {figures['seed']}", flush=True)
    held = True
    for moment in ("open", "closed"):
        found = figures[moment]
        for name in ("stored", "who answered", "stored, order known", "naive"):
            print(f"  {moment}, {name}: {_sentence(found[name])}")
        promised = ["stored", "stored, order known", "who answered"]
        held &= not any(found[name]["leaks"] for name in promised) and not found["rows that name both"]
        held &= found["naive"]["rate"] > 0.99
    left, before = figures["secrets in the files, closed"], figures["secrets in the files, open"]
    print(f"  secrets in the files: {before} while open, {left} after the close")
    return held and not left


def _sentence(found: dict[str, Any]) -> str:
    return (
        f"{found['matchers']} ways to link, the best ({found['best']}) linked {found['links']} of "
        f"{found['people']}, chance {found['expected']}; z {found['z']}, p of all {found['p of all']:.2g}"
    )


def report_differencing(teams: int) -> bool:
    """Attack 2; whether it failed as it should."""
    seed = random.SystemRandom().getrandbits(32)
    chance = random.Random(seed)
    print(f"Differencing: {teams} teams, seed {seed}", flush=True)
    cases = [differencing.random_leaver(chance) for _ in range(teams)]
    recovered = 0
    for joined, what in (False, "less"), (True, "more"):
        found = differencing.count_recovered(cases, differencing.in_words, chance, joined=joined)
        print(f"  this quarter's page, one person {what}: {found} scores recovered")
        recovered += found
    print(f"  the same from means: {differencing.count_recovered_from_means(cases)}")
    for joined, what in (False, "less"), (True, "more"):
        kept = differencing.count_recovered(cases, differencing.in_full, chance, joined=joined)
        print(f"  beside the whole page of the quarter before, one {what}: at most {kept}")
    told, detailed = differencing.count_classes_recovered(cases)
    print(f"  9 to 12 people, with this quarter's counts of statements (left out): {told} of {detailed} told")
    trees = [differencing.random_tree(chance) for _ in range(teams)]
    derived = sum(differencing.count_derivable(tree, visible_children) for tree in trees)
    plain = sum(differencing.count_derivable(tree, differencing.plain_minimum) > 0 for tree in trees)
    print(f"  groups less their teams: {derived} sets of too few; with a minimum alone in {plain} trees")
    return not recovered and not derived


def report_crowd(engine: str) -> bool:
    """Attacks 3 and 4 at the database: by the clock, and many at once; whether they failed as they should."""
    times, found = run_on(engine, "tests.attacks.timing"), run_on(engine, "tests.attacks.rush")
    print(f"Foreign or closed against missing or invented, {engine}, ratios of medians: {times}", flush=True)
    print(f"Many at once, {engine}: {found}", flush=True)
    return not found["lost"] and not found["faults"] and found["acknowledged"] == found["counted"]


def report_fuzzing(inputs: int) -> bool:
    """Attack 6: files and answers of any bytes at every door; whether each was answered."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "tests/attacks/test_doors.py", "-k"]
    done = subprocess.run(
        [*command, "test_any"], env=os.environ | {"FUZZED_INPUTS": str(inputs // 2)}, check=False
    )
    print(f"Any bytes: {inputs} inputs, {'an error' if done.returncode else 'each answered'}", flush=True)
    return not done.returncode


def report_scanners(seconds: int) -> bool:
    """Attack 7: wapiti and sqlmap; whether they found nothing."""
    with scanner.site() as target:
        found = {f"wapiti as {role}": each for role, each in scanner.scan_all(target, seconds).items()}
    with scanner.site() as target:
        found |= {f"sqlmap, {where}": each for where, each in scanner.inject_all(target).items()}
    for name, each in found.items():
        print(f"{name}: {each}", flush=True)
    return not any(each.findings or not each.inside for each in found.values())


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    held = [report_crowd(engine) for engine in ("sqlite", "postgresql")]
    held += [report_reader("sqlite", size), report_reader("postgresql", size), report_differencing(10 * size)]
    held += [report_fuzzing(100 * size), report_scanners(min(SECONDS, size))]
    sys.exit(not all(held))
