"""How gunicorn serves the survey; it reads this file by itself when started in this folder.

``gunicorn accelerate_survey.wsgi --bind 0.0.0.0:8000``; what is given there comes before what stands here.
This file is read by the process that starts all others, so it imports nothing of ours but the class of the
processes: what it has imported, a reload does not read again.
"""

import os
import shutil
import tempfile
from pathlib import Path

worker_class = "accelerate_survey.web_process.WebProcess"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = int(os.environ.get("WEB_THREADS") or 4)
os.environ["WEB_THREADS"] = str(threads)  # to the settings: a web server, with so many connections
timeout = graceful_timeout = 30
# No connection is kept when it has been answered: kept ones stay with the process that took them, and of 32
# people 30 were once left to one of two. Who says nothing at first is waited for five seconds, as ever.
keepalive = 0
# memory grows by a tenth in 10,000 requests (make bench); who is replaced is away for seconds, so far apart
max_requests, max_requests_jitter = 20_000, 10_000
control_socket_disable = True
accesslog = None  # the addresses of respondents' links are secrets; the survey writes a line of its own
MEMORY = Path("/dev/shm")  # noqa: S108  what stands there is nobody else's to read
if MEMORY.is_dir():
    worker_tmp_dir = str(MEMORY)  # a worker's sign of life must not wait for a disk

# Where the processes add up what /metrics shows. It begins anew with each start, not with a reload.
_place = MEMORY if MEMORY.is_dir() else Path(tempfile.gettempdir())
_figures = _place / f"survey-metrics-{os.getpid()}"
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_figures)


def on_starting(server: object) -> None:
    """Begin with no figures: another process may once have had this number."""
    shutil.rmtree(_figures, ignore_errors=True)


def pre_fork(server: object, worker: object) -> None:
    """Make the place for figures, also after somebody has tidied up."""
    _figures.mkdir(mode=0o700, exist_ok=True)


def on_exit(server: object) -> None:
    """Leave nothing behind."""
    shutil.rmtree(_figures, ignore_errors=True)
