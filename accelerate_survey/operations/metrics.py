"""Figures for Prometheus, of the installation as a whole and never of an organization, team or round.

None of them moves when somebody answers: whoever reads them every few seconds would learn when
(docs/method.md, 6.4). So respondents' requests are counted only when they fail, and neither the size
of the database nor the time of the processor is told.
"""

import os
from collections.abc import Iterable, Iterator

from django.db import DatabaseError
from django.db.models import Count, Model
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from assessments.models import Mail, MailState, Round

from . import health

_OWN = CollectorRegistry()
_REQUESTS = Counter("survey_requests", "Requests by route and status", ["route", "status"], registry=_OWN)
_SECONDS = Histogram(
    "survey_request_seconds",
    "Time to answer, by route",
    ["route"],
    registry=_OWN,
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def count(*, route: str, status: int, seconds: float) -> None:
    """Count a request that was answered."""
    _REQUESTS.labels(route, str(status)).inc()
    _SECONDS.labels(route).observe(seconds)


def exposition() -> bytes:
    """All figures as Prometheus reads them: those of every process of the web server, and the database's."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):  # gunicorn.conf.py sets it
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_OWN)
    registry.register(_State())
    return generate_latest(registry)


class _State:
    """What the database says at the moment of asking."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Each figure with a line for each state, also for those that nothing is in."""
        health_of = GaugeMetricFamily("survey_health", "1 when a part is well, else 0", labels=["part"])
        for finding in health.look(timezone.now()):
            health_of.add_metric([finding.part], float(finding.is_fine))
        yield health_of
        try:
            yield _by_state(
                "survey_tasks", "Background tasks", DBTaskResult, "status", TaskResultStatus.values
            )
            yield _by_state("survey_mails", "Mails", Mail, "state", MailState.values)
            yield GaugeMetricFamily("survey_open_rounds", "Rounds that are open", value=_open_rounds())
        except DatabaseError:
            return  # survey_health has told


def _open_rounds() -> int:
    return Round.objects.filter(closed_at=None).exclude(salt="").count()


def _by_state(
    name: str, text: str, model: type[Model], field: str, states: Iterable[str]
) -> GaugeMetricFamily:
    counted = dict(model._default_manager.order_by().values_list(field).annotate(Count("pk")))
    family = GaugeMetricFamily(name, f"{text} by state", labels=["state"])
    for state in states:
        family.add_metric([state.lower()], counted.get(state, 0))
    return family
