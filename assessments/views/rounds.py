"""Rounds: plan, open, watch, close."""

import datetime as dt
import zoneinfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import access, queries
from ..access import Permission, SignedInRequest
from ..downloads import table_response
from ..forms import RoundForm
from ..models import Round
from ..services import mails, rounds
from ..services.errors import ServiceError
from ..signals import round_closed
from ..tables import Table, Value
from ..tasks import enqueue_mails, enqueue_messages
from .helpers import refuse, show_form

DAYS_OPEN = 14
DAYS_FOR_THE_TEAM = 2


@require_http_methods(["GET", "HEAD", "POST"])
def create_round(request: SignedInRequest, org: str) -> HttpResponse:
    """Plan a round."""
    found = access.get_organization(request.user, org, Permission.MANAGE_ROUNDS)
    now = timezone.now()
    zone = zoneinfo.ZoneInfo(found.time_zone)
    end = timezone.localtime(now + dt.timedelta(days=DAYS_OPEN), zone).replace(
        hour=18, minute=0, second=0, microsecond=0
    )
    form = RoundForm(
        found, request.POST or None, initial={"closes_at": end, "team_first_days": DAYS_FOR_THE_TEAM}
    )
    with timezone.override(zone):  # times are typed by the organization's clock
        valid = form.is_valid()
    if valid:
        try:
            made = rounds.create_round(organization=found, opens_at=now, by=request.user, **form.cleaned_data)
        except (ServiceError, ValidationError) as error:
            refuse(form, error)
        else:
            return redirect("round", found.slug, made.pk)
    return show_form(request, form, _("New round"), found)


@require_safe
def round_page(request: SignedInRequest, org: str, round_id: int) -> HttpResponse:
    """Participation by team as it comes in, and what can be done now."""
    found = access.get_round(request.user, org, round_id, Permission.VIEW_PARTICIPATION)
    held = access.organization_permissions(request.user, found.organization)
    counts = queries.participation(found)
    visible_from = access.results_open_to_coaches(found)
    now = timezone.now()
    return render(
        request,
        "assessments/round.html",
        {
            "organization": found.organization,
            "round": found,
            "participation": counts,
            "invited": sum(entry.invited for entry in counts),
            "responded": sum(entry.responded for entry in counts),
            "newcomers": queries.newcomers(found) if found.is_open else 0,
            "visible_from": visible_from,
            "results_visible": bool(visible_from and now >= visible_from),
            "may_manage_rounds": Permission.MANAGE_ROUNDS in held,
            "mail_counts": queries.mail_counts(found.mails.all())
            if Permission.MANAGE_ORGANIZATION in held
            else None,
        },
    )


@require_safe
def participation_table(request: SignedInRequest, org: str, round_id: int, ending: str) -> HttpResponse:
    """How many of each team have answered, as a table."""
    found = access.get_round(request.user, org, round_id, Permission.VIEW_PARTICIPATION)
    rows: list[dict[str, Value]] = [
        {
            "team": entry.assessment.team_name,
            "invited": None if found.imported else entry.invited,  # as on the page: it is not known
            "responded": entry.responded,
        }
        for entry in queries.participation(found)
    ]
    table = Table(
        name="participation",
        about={"round": found.name, "closed": found.is_closed, "organization": found.organization.name},
        columns=["team", "invited", "responded"],
        rows=rows,
    )
    return table_response(table, slugify(f"{org} {found.name} participation"), ending)


@require_POST
def open_round(request: SignedInRequest, org: str, round_id: int) -> HttpResponse:
    """Open the round: everybody on a roster gets a mail."""
    found = access.get_round(request.user, org, round_id, Permission.MANAGE_ROUNDS)
    try:
        invitations = rounds.open_round(round=found, by=request.user, now=timezone.now())
    except ServiceError as error:
        messages.error(request, str(error))
    else:
        _send_invitations(found)
        enqueue_messages(timezone.now())
        messages.success(request, _mails_on_their_way(len(invitations)))
    return redirect("round", org, found.pk)


@require_POST
def invite_newcomers(request: SignedInRequest, org: str, round_id: int) -> HttpResponse:
    """Invite who joined a roster since the opening."""
    found = access.get_round(request.user, org, round_id, Permission.MANAGE_ROUNDS)
    try:
        invitations = rounds.invite_newcomers(round=found, by=request.user, now=timezone.now())
    except ServiceError as error:
        messages.error(request, str(error))
    else:
        _send_invitations(found)
        messages.success(request, _mails_on_their_way(len(invitations)))
    return redirect("round", org, found.pk)


def _send_invitations(of: Round) -> None:
    now = timezone.now()
    mails.queue_invitations(round=of, now=now)
    enqueue_mails(now)


def _mails_on_their_way(number: int) -> str:
    return ngettext(
        "%(number)d invitation is on its way.", "%(number)d invitations are on their way.", number
    ) % {"number": number}


@require_POST
def close_round(request: SignedInRequest, org: str, round_id: int) -> HttpResponse:
    """Close the round: seal the answers and score them."""
    found = access.get_round(request.user, org, round_id, Permission.MANAGE_ROUNDS)
    now = timezone.now()
    try:
        closed = rounds.close_round(round=found, by=request.user, now=now)
    except ServiceError as error:
        messages.error(request, str(error))
    else:
        if closed:
            round_closed.send(sender=Round, round=found)
            mails.queue_results(round=found, now=now)
            enqueue_mails(now)
            enqueue_messages(now)
        messages.success(request, _("The round is closed. Answers are sealed, results are ready."))
    return redirect("round", org, found.pk)
