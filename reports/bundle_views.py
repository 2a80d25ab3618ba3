"""A round's reports in bulk: all of them in one file, and the summary of the organization."""

from django import forms
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import access, queries
from assessments.access import SignedInRequest
from assessments.models import Group, Organization, Round
from assessments.pooling import MINIMUM_TEAMS
from assessments.services.audit import Event, record
from assessments.services.errors import ServiceError

from .bundles import cancel_bundle as cancel
from .bundles import progress_of, request_bundle
from .bundles import retry_bundle as retry
from .models import Bundle, BundleState, Report, ReportState
from .services import opened, request_summary
from .tasks import enqueue_bundle, render_one_report

SECONDS_TO_LOOK_AGAIN = 3


class BundleForm(forms.Form):
    """Of which teams: those of a group, or all."""

    group = forms.ModelChoiceField(Group.objects.none(), required=False)

    def __init__(self, organization: Organization, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.fields["group"].queryset = queries.groups_of(organization)  # type: ignore[attr-defined]


def _round(request: SignedInRequest, org: str, round_id: int) -> Round:
    return access.get_results_round(request.user, org, round_id, timezone.now())


def _bundle(request: SignedInRequest, org: str, round_id: int, bundle_id: int) -> Bundle:
    of = _round(request, org, round_id)
    found = Bundle.objects.filter(round=of, pk=bundle_id).select_related("group").first()
    if found is None:
        raise Http404
    found.round = of
    return found


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def bundles(request: SignedInRequest, org: str, round_id: int) -> HttpResponse:
    """What there is of a round to take away. Posting asks for the reports of all teams or of a group."""
    of = _round(request, org, round_id)
    if request.method == "POST":
        return _ask(request, of)
    summary = Report.objects.filter(round=of).defer("content").first()
    made = {each.group_id: each for each in Bundle.objects.filter(round=of)}
    choices = [(group, made.get(group.pk)) for group in queries.groups_of(of.organization)]
    page = render(
        request,
        "reports/bundles.html",
        {
            "organization": of.organization,
            "round": of,
            "summary": summary,
            "whole": made.get(None),
            "choices": choices,
            "fewest": MINIMUM_TEAMS,
        },
    )
    if summary and summary.state == ReportState.PENDING:
        page["Refresh"] = str(SECONDS_TO_LOOK_AGAIN)
    return page


def _ask(request: SignedInRequest, of: Round) -> HttpResponse:
    form = BundleForm(of.organization, request.POST)
    if not form.is_valid():
        raise Http404
    now, group = timezone.now(), form.cleaned_data["group"]
    try:
        asked = request_bundle(
            round=of, group=group, language=of.organization.language, by=request.user, now=now
        )
    except ServiceError as error:
        messages.error(request, str(error))
        return redirect("bundles", of.organization.slug, of.pk)
    enqueue_bundle(asked, now)
    return redirect("bundle", of.organization.slug, of.pk, asked.pk)


@never_cache
@require_safe
def bundle(request: SignedInRequest, org: str, round_id: int, bundle_id: int) -> HttpResponse:
    """How far a bundle is; it looks again by itself until there is nothing left to do."""
    found = _bundle(request, org, round_id, bundle_id)
    page = render(
        request,
        "reports/bundle.html",
        {
            "organization": found.round.organization,
            "round": found.round,
            "bundle": found,
            "progress": progress_of(found),
            "missing": found.error.splitlines() if found.state == BundleState.READY else [],
        },
    )
    if found.state == BundleState.PENDING:
        page["Refresh"] = str(SECONDS_TO_LOOK_AGAIN)
    return page


@require_POST
def cancel_bundle(request: SignedInRequest, org: str, round_id: int, bundle_id: int) -> HttpResponse:
    """Make no further reports for a bundle."""
    cancel(bundle=_bundle(request, org, round_id, bundle_id))
    return redirect("bundle", org, round_id, bundle_id)


@require_POST
def retry_bundle(request: SignedInRequest, org: str, round_id: int, bundle_id: int) -> HttpResponse:
    """Make what failed or was cancelled after all."""
    found, now = _bundle(request, org, round_id, bundle_id), timezone.now()
    begun = retry(bundle=found, language=found.round.organization.language, by=request.user, now=now)
    enqueue_bundle(begun, now)
    return redirect("bundle", org, round_id, bundle_id)


@never_cache
@require_safe
def bundle_zip(request: SignedInRequest, org: str, round_id: int, bundle_id: int) -> HttpResponseBase:
    """The file; while there is none, its page."""
    found = _bundle(request, org, round_id, bundle_id)
    file = opened(found) if found.state == BundleState.READY else None
    if file is None:
        return redirect("bundle", org, round_id, bundle_id)
    _log(request, found.round, Event.BUNDLE_DOWNLOADED, found)
    name = slugify(f"{found.group or org} {found.round}") or "reports"
    return FileResponse(file, as_attachment=True, filename=f"{name}.zip")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def summary_pdf(request: SignedInRequest, org: str, round_id: int) -> HttpResponseBase:
    """The summary; while there is none, the page that tells how far it is. Posting asks for it."""
    of = _round(request, org, round_id)
    if request.method == "POST":
        asked, waiting = request_summary(round=of)
        if waiting:
            render_one_report.enqueue(asked.pk, of.organization.language)
        return redirect("bundles", org, round_id)
    report = Report.objects.filter(round=of, state=ReportState.READY).first()
    file = opened(report) if report else None
    if file is None:
        return redirect("bundles", org, round_id)
    _log(request, of, Event.SUMMARY_DOWNLOADED, of)
    name = slugify(f"{org} {of}") or "summary"
    return FileResponse(file, as_attachment=False, filename=f"{name}.pdf")


def _log(request: SignedInRequest, of: Round, what: Event, subject: Bundle | Round) -> None:
    """Keep who took results away."""
    if request.method == "GET":
        record(what=what, subject=subject, organization=of.organization, by=request.user, now=timezone.now())
