"""Reports: asked for, rendered, kept."""

import logging
import uuid

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import translation

from assessments.models import Assessment, Round

from . import pdf
from .builder import build_content
from .models import Report, ReportState

logger = logging.getLogger(__name__)


def request_report(*, assessment: Assessment) -> tuple[Report, bool]:
    """The report about a closed assessment, made if there is none; whether it is still to be rendered.

    Asking again about one that failed gives it another try.
    """
    report, created = Report.objects.get_or_create(assessment=assessment)
    if report.state == ReportState.FAILED:
        Report.objects.filter(pk=report.pk).update(state=ReportState.PENDING, error="")
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
    if report.state == ReportState.READY or report.assessment is None:
        return report
    try:
        with translation.override(language):
            content = build_content(report.assessment, language, for_team=False)
            document = pdf.render(content)
    except Exception as error:
        # one report's failure is its own: it is told on its page and in the log
        logger.exception("Report %s failed", report.pk)
        report.state, report.error = ReportState.FAILED, f"{type(error).__name__}: {error}"
        report.save()
        return report
    report.content = content.as_json()
    report.file.save(f"{uuid.uuid4()}.pdf", ContentFile(document), save=False)
    report.state, report.error = ReportState.READY, ""
    report.save()
    return report
