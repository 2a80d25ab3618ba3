"""Reports: asked for, rendered, kept."""

import datetime as dt
import logging
import uuid
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.urls import reverse
from django.utils import translation
from django.utils.text import slugify

from assessments.models import Assessment, Round
from assessments.services import webhooks

from . import pdf
from .builder import build_content
from .models import Bundle, BundleState, Report, ReportState
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


def render_report(*, report: Report, language: str, now: dt.datetime) -> Report:
    """Build, draw and keep the PDF, and tell of it. What goes wrong is kept as the report's error."""
    if report.state == ReportState.READY:
        return report
    try:
        with translation.override(language):
            report.content, document = _draw(report, language)
        report.file.save(f"{uuid.uuid4()}.pdf", ContentFile(document), save=False)
    except Exception as error:
        # one report's failure is its own: it is told on its page and in the log
        logger.exception("Report %s failed", report.pk)
        report.state, report.error = ReportState.FAILED, f"{type(error).__name__}: {error}"
        report.save(update_fields=["state", "error"])
        return report
    report.state, report.error = ReportState.READY, ""
    with transaction.atomic():
        before = Report.objects.select_for_update().defer("content").filter(pk=report.pk).first()
        report.save()
        if before is None or before.state != ReportState.READY:  # else another worker was faster
            _tell(report, now)
    return report


def _tell(report: Report, now: dt.datetime) -> None:
    """Let other programs know of a report that is ready."""
    if assessment := report.assessment:
        about = assessment.round
        path = reverse("report_pdf", args=[about.organization.slug, assessment.team.slug, about.pk])
        webhooks.queue_report(round=about, assessment=assessment, path=path, now=now)
    elif report.round:
        path = reverse("summary_pdf", args=[report.round.organization.slug, report.round_id])
        webhooks.queue_report(round=report.round, assessment=None, path=path, now=now)


def give_up(*, report: Report, error: str) -> None:
    """Count a waiting report as failed: it is not tried again unless somebody asks for it."""
    waiting = Report.objects.filter(pk=report.pk, state=ReportState.PENDING)
    waiting.update(state=ReportState.FAILED, error=error)


def opened(kept: Report | Bundle) -> FieldFile | None:
    """The file of what is ready; None where the storage has lost it: then it has failed, to be made anew."""
    name = kept.file.name
    try:
        kept.file.open()
    except FileNotFoundError:
        logger.error("%s is gone from where files are kept", name)
        failed = ReportState.FAILED if isinstance(kept, Report) else BundleState.FAILED
        kept.state, kept.file, kept.error = failed, "", f"{name} is gone"
        same = type(kept).objects.filter(pk=kept.pk, file=name)  # unless it was made anew meanwhile
        same.update(state=kept.state, file="", error=kept.error)
        return None
    return kept.file


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
