"""A team's results: the page, the PDF, the numbers."""

from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from assessments import access, change, disclosure
from assessments.access import Permission, SignedInRequest
from assessments.downloads import table_response
from assessments.models import Assessment
from assessments.services.audit import Event, record

from . import export
from .builder import build_content
from .models import Report, ReportState
from .services import file_name, opened, request_report
from .tasks import render_one_report

SECONDS_TO_LOOK_AGAIN = 3

TEAM_SIZES = (5, 6, 8, 10, 12, 20)
"""For which the help tells how large a change must be."""

CAPABILITIES = 24
"""Of the shipped questionnaire: the help's example of how often luck marks a change."""


def _assessment(request: SignedInRequest, org: str, team: str, round_id: int) -> Assessment:
    return access.get_assessment(request.user, org, team, round_id, Permission.VIEW_RESULTS, timezone.now())


@never_cache
@require_safe
def results(request: SignedInRequest, org: str, team: str, round_id: int) -> HttpResponse:
    """The team's result page."""
    assessment = _assessment(request, org, team, round_id)
    own = access.own_permissions(request.user, assessment.team)
    for_team = bool(own)
    return render(
        request,
        "reports/results.html",
        {
            "assessment": assessment,
            "content": build_content(assessment, get_language() or "en", for_team=for_team),
            "for_team": for_team,
            "may_manage_actions": Permission.MANAGE_ACTIONS in own and not assessment.team.archived_at,
            "has_report": Report.objects.filter(assessment=assessment).exists(),
        },
    )


@never_cache
@require_safe
def wall(request: SignedInRequest, org: str, team: str, round_id: int) -> HttpResponse:
    """The results on one sheet of paper, without comments: what hangs on a wall is read by anybody."""
    assessment = _assessment(request, org, team, round_id)
    content = build_content(assessment, get_language() or "en", for_team=False)
    return render(request, "reports/wall.html", {"assessment": assessment, "content": content})


@login_not_required
@require_safe
def reading_results(request: HttpRequest) -> HttpResponse:
    """What scores, intervals, changes and priorities mean, and what they do not."""
    per_point = 100 / (disclosure.HIGHEST - disclosure.LOWEST)
    smallest = [(people, change.detectable(people)) for people in TEAM_SIZES]
    return render(
        request,
        "reports/reading.html",
        {
            "step": disclosure.STEP,
            "one_point": round(per_point),
            "detectable": [(people, points, round(points * per_point)) for people, points in smallest],
            "tests": CAPABILITIES,
        },
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report_pdf(request: SignedInRequest, org: str, team: str, round_id: int) -> HttpResponseBase:
    """The PDF, or a page that tells how far it is. Posting asks for it, and again after a failure."""
    assessment = _assessment(request, org, team, round_id)
    if request.method == "POST":
        asked, waiting = request_report(assessment=assessment)
        if waiting:
            render_one_report.enqueue(asked.pk, assessment.round.organization.language)
        return redirect("report_pdf", org, team, round_id)
    report = Report.objects.filter(assessment=assessment).first()
    if report and report.state == ReportState.READY and (file := opened(report)):
        _log(request, assessment, Event.REPORT_DOWNLOADED)
        return FileResponse(file, as_attachment=False, filename=f"{file_name(assessment)}.pdf")
    page = render(
        request, "reports/report_waits.html", {"assessment": assessment, "report": report}, status=202
    )
    if report and report.state == ReportState.PENDING:
        page["Refresh"] = str(SECONDS_TO_LOOK_AGAIN)
    return page


@require_safe
def scores_table(request: SignedInRequest, org: str, team: str, round_id: int, ending: str) -> HttpResponse:
    """The numbers of the page as a table."""
    assessment = _assessment(request, org, team, round_id)
    content = build_content(assessment, get_language() or "en", for_team=False)
    _log(request, assessment, Event.SCORES_DOWNLOADED)
    return table_response(export.scores_table(content), file_name(assessment), ending)


def _log(request: SignedInRequest, assessment: Assessment, what: Event) -> None:
    """Keep who took results away by an office."""
    if request.method == "GET" and access.holds_office(request.user, assessment.team):
        record(
            what=what,
            subject=assessment,
            organization=assessment.round.organization,
            by=request.user,
            now=timezone.now(),
        )
