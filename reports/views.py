"""A team's results: the page, the PDF, the numbers."""

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from assessments import access
from assessments.access import Permission, SignedInRequest
from assessments.models import Assessment

from . import export
from .builder import build_content
from .models import ReportState
from .services import request_report
from .tasks import render_one_report


def _assessment(request: SignedInRequest, org: str, team: str, round_id: int) -> Assessment:
    return access.get_assessment(request.user, org, team, round_id, Permission.VIEW_RESULTS, timezone.now())


@never_cache
@require_GET
def results(request: SignedInRequest, org: str, team: str, round_id: int) -> HttpResponse:
    """The team's result page."""
    assessment = _assessment(request, org, team, round_id)
    for_team = access.is_on_team(request.user, assessment.team)
    content = build_content(assessment, get_language() or "en", for_team=for_team)
    return render(
        request, "reports/results.html", {"assessment": assessment, "content": content, "for_team": for_team}
    )


@never_cache
@require_GET
def report_pdf(request: SignedInRequest, org: str, team: str, round_id: int) -> HttpResponseBase:
    """The PDF; while it is being made, a page that says so and looks again."""
    assessment = _assessment(request, org, team, round_id)
    report, waiting = request_report(assessment=assessment)
    if waiting:
        render_one_report.enqueue(report.pk, get_language() or "en")
    if report.state != ReportState.READY:
        return render(
            request, "reports/report_waits.html", {"assessment": assessment, "report": report}, status=202
        )
    return FileResponse(report.file.open(), as_attachment=False, filename=f"{_name_of(assessment)}.pdf")


@never_cache
@require_GET
def scores_csv(request: SignedInRequest, org: str, team: str, round_id: int) -> HttpResponse:
    """The numbers of the page as a table."""
    assessment = _assessment(request, org, team, round_id)
    content = build_content(assessment, get_language() or "en", for_team=False)
    response = HttpResponse(export.as_csv(content), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_name_of(assessment)}.csv"'
    return response


def _name_of(assessment: Assessment) -> str:
    return slugify(f"{assessment.team.slug} {assessment.round.name}") or "report"
