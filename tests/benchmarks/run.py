"""``make bench``: what is promised about speed, as ratios against a baseline measured in the same run.

Machines differ and are never quiet, so no figure stands alone: what is measured and what it is
measured against take turns, and the medians are compared.
"""

import logging
import os
import shutil
import sys
import tempfile

os.environ |= {
    "DATA_DIR": tempfile.mkdtemp(prefix="accelerate-survey-bench-"),
    "DJANGO_SETTINGS_MODULE": "accelerate_survey.settings",
    "SITE_URL": "",
}

import django

django.setup()
logging.disable(logging.INFO)  # a line for each request is for those who serve

from tests.benchmarks import answering, closing, lasting, measure, reading, reports  # noqa: E402

BENCHMARKS = {
    "results": reading.bench_results_page,
    "compare": reading.bench_compare,
    "pdf": reports.bench_pdf,
    "largest-pdf": reports.bench_largest_pdf,
    "saving": answering.bench_saving,
    "surveys": answering.bench_surveys,
    "first-visit": answering.bench_first_visit,
    "closing": closing.bench_closing,
    "web-memory": lasting.bench_web_memory,
    "worker-memory": lasting.bench_worker_memory,
}


def main() -> int:
    """All benchmarks, or those named; 1 where a goal was missed."""
    chosen = sys.argv[1:] or list(BENCHMARKS)
    if unknown := set(chosen) - set(BENCHMARKS):
        names = ", ".join(BENCHMARKS)
        print(f"There is no benchmark {', '.join(sorted(unknown))}. There are: {names}.", file=sys.stderr)
        return 2
    try:
        measure.prepare()
        met = [BENCHMARKS[name]() for name in chosen]
        return 0 if all(met) else 1
    finally:
        shutil.rmtree(measure.DATA, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
