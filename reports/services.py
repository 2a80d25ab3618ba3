"""Reports: asked for, rendered, kept."""

import logging
import uuid
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import translation
from django.utils.text import slugify

from assessments.models import Assessment, Round

from . import pdf
from .builder import build_content
from .models import Report, ReportState
from .summary import build_summary

logger = logging.getLogger(__name__)


def request_report(*, assessment: Assessment) -> tuple[Report, bool]:
    """The report about a closed assessment, made if there is none; whether it is still to be rendered.

    Asking again about one that failed gives it another try.
    """
    return _request(assessment=assessment)


def request_summary(*, round: Round) -> tuple[Report, bool]:
    """The same for the summary of a closed round."""
    return _request(round=round)


def _request(**subject: Any) -> tuple[Report, bool]:
    report, created = Report.objects.get_or_create(**subject)
    failed = Report.objects.filter(pk=report.pk, state=ReportState.FAILED)
    if failed.update(state=ReportState.PENDING, error=""):
        report.refresh_from_db()
        created = True
    return report, created


@transaction.atomic
def request_reports(*, round: Round) -> list[Report]:
    """The reports that a closed round still lacks."""
    missing = Assessment.objects.filter(round=round, round__closed_at__isnull=False, report=None)
    return Report.objects.bulk_create(Report(assessment=assessment) for assessment in missing)


def render_report(*, report: Report, language: str) -> Report:
    """Build, draw and keep the PDF. What goes wrong is kept as the report's error."""
    if report.state == ReportState.READY:
        return report
    try:
        with translation.override(language):
            content, document = _draw(report, language)
    except Exception as error:
        # one report's failure is its own: it is told on its page and in the log
        logger.exception("Report %s failed", report.pk)
        report.state, report.error = ReportState.FAILED, f"{type(error).__name__}: {error}"
        report.save()
        return report
    report.content = content
    report.file.save(f"{uuid.uuid4()}.pdf", ContentFile(document), save=False)
    report.state, report.error = ReportState.READY, ""
    report.save()
    return report


def give_up(*, report: Report, error: str) -> None:
    """Count a waiting report as failed: it is not tried again unless somebody asks for it."""
    waiting = Report.objects.filter(pk=report.pk, state=ReportState.PENDING)
    waiting.update(state=ReportState.FAILED, error=error)


def _draw(report: Report, language: str) -> tuple[dict[str, Any], bytes]:
    """The content of a report, as it is kept, and its PDF."""
    if report.assessment:
        content = build_content(report.assessment, language, for_team=False)
        return content.as_json(), pdf.render(content)
    if report.round:
        summary = build_summary(report.round, language)
        return summary.as_json(), pdf.render_summary(summary)
    raise ValueError("a report about nothing")


def file_name(assessment: Assessment) -> str:
    """What a team's report is called when it leaves the survey, without an ending.

    Safe for any file system, and no other team of the round has it: it begins with the team's address.
    """
    return slugify(f"{assessment.team.slug} {assessment.round.name}") or "report"
