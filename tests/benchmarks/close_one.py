"""Close one round in a process of its own, so that its seconds and its memory are nobody else's.

``python -m tests.benchmarks.close_one 7`` closes the round of that number and prints, as JSON, the
seconds it took, and by how many megabytes memory grew over what it was before.
"""

import json
import logging
import resource
import sys
import time
from pathlib import Path

import django

django.setup()
logging.disable(logging.INFO)

from django.utils import timezone  # noqa: E402  settings come first

from assessments.models import Round  # noqa: E402
from assessments.queries import load_instrument  # noqa: E402
from assessments.services import rounds  # noqa: E402


def _peak() -> float:
    """The most memory that this process has had, in megabytes."""
    if (status := Path("/proc/self/status")).exists():  # Linux' other figure begins with the parent's
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def main() -> None:
    """Close the round that the first argument names."""
    made = Round.objects.get(pk=int(sys.argv[1]))
    load_instrument(made.questionnaire)
    before, started = _peak(), time.perf_counter()
    rounds.close_round(round=made, by=None, now=timezone.now())
    print(json.dumps({"seconds": time.perf_counter() - started, "grown": _peak() - before}))


if __name__ == "__main__":
    main()
