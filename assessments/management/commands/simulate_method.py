"""``manage.py simulate_method``: the tables of docs/method.md, out of the code that scores real rounds."""

import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessments import simulations


class Command(BaseCommand):
    """Try the method on invented teams. Needs no database."""

    help = "Try the method on invented teams and print what comes out as Markdown. Takes about two minutes."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How much of it, and where to."""
        parser.add_argument("--runs", type=_runs, default=simulations.RUNS, help="teams behind each figure")
        parser.add_argument("--seed", type=int, default=simulations.SEED, help="another number, other teams")
        parser.add_argument("--only", choices=simulations.TABLES, metavar="NAME", help="one table alone")
        parser.add_argument(
            "--write", type=Path, metavar="FILE", help="put the tables between their markers in this file"
        )

    def handle(
        self, *args: Any, runs: int, seed: int, only: str | None, write: Path | None, **options: Any
    ) -> None:
        """Print one table after another, or write all of them at the end."""
        names = [only] if only else list(simulations.TABLES)
        text = _read(write, names) if write else ""
        for name in names:
            began = time.monotonic()
            table = simulations.simulate(name, runs=runs, seed=seed)
            self.stderr.write(f"{name}: {time.monotonic() - began:.0f} s", str)  # no alarm, so not in red
            if write:
                text = simulations.place(text, name, table)
            else:
                self.stdout.write(f"\n{name}\n\n{table.as_markdown()}")
        if write:
            write.write_text(text, encoding="utf-8")


def _runs(value: str) -> int:
    if not value.isdigit() or int(value) < 1:
        raise ArgumentTypeError("give a whole number of one or more")
    return int(value)


def _read(path: Path, names: Iterable[str]) -> str:
    """The document as it is; refused before the work and not after it when it has no place for a table."""
    try:
        text = path.read_text(encoding="utf-8")
        for name in names:
            simulations.place(text, name, simulations.Table((), ()))
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise CommandError(f"{path}: {error}.") from error
    return text
