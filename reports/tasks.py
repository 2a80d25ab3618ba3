"""Rendering in the background: one task a report."""

from django_tasks import task

from .models import Report
from .services import render_report


@task()
def render_one_report(report_id: int, language: str) -> None:
    """Render one report. Running it twice renders once."""
    report = Report.objects.select_related(
        "assessment__round__questionnaire", "assessment__round__organization"
    ).get(pk=report_id)
    render_report(report=report, language=language)
