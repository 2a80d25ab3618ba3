"""What pipelines tell beside what teams state: frozen figures -> content (docs/method.md, 8.4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from assessments.deliveries import Figures

from .content import KeyMetricResult, Measured, MeasuredMetric, ShownMetric


def measured_beside(kept: dict[str, Any] | None, metrics: Iterable[KeyMetricResult]) -> tuple[Measured, ...]:
    """The figures that an assessment keeps, each service's beside what the team said about its main one."""
    services = kept["services"] if kept else []
    return tuple(_service(service, metrics) for service in services)


def _service(service: dict[str, Any], metrics: Iterable[KeyMetricResult]) -> Measured:
    figures = Figures.from_json(service)
    bands = _bands(figures)
    return Measured(
        service=service["service"],
        figures=figures,
        metrics=tuple(_metric(metric, bands[metric.key]) for metric in metrics if metric.key in bands),
    )


def _bands(figures: Figures) -> dict[str, int | None]:
    """The band that the events put each key metric in; None where they cannot tell."""
    return {
        "lead_time": figures.lead_time.band if figures.lead_time else None,
        "deployment_frequency": figures.frequency.band,
        "time_to_restore": figures.recovery.band if figures.recovery else None,
        "change_failure_rate": figures.failure_rate.band if figures.failure_rate else None,
    }


def _metric(metric: KeyMetricResult, band: int | None) -> MeasuredMetric:
    stated = metric.result if isinstance(metric.result, ShownMetric) else None
    return MeasuredMetric(
        key=metric.key,
        name=metric.short_name,
        stated=stated.label if stated else "",
        measured=metric.band_labels[band - 1] if band else "",
        apart=abs(stated.band - band) if stated and band else 0,
    )
