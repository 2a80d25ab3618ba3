"""The schedule: when rounds come by themselves, and the round that comes next."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from .. import access, queries
from ..access import Permission, SignedInRequest
from ..forms import PlannedRoundForm, ScheduleForm
from ..models import Schedule
from ..schedule import reminder_times
from ..services import schedules
from ..services.errors import ServiceError
from .helpers import refuse, show_form


@require_http_methods(["GET", "HEAD", "POST"])
def schedule(request: SignedInRequest, org: str) -> HttpResponse:
    """What comes next, and a form for when rounds come."""
    found = access.get_organization(request.user, org, Permission.MANAGE_ORGANIZATION)
    existing = Schedule.objects.filter(organization=found).first()
    form = ScheduleForm(found, request.POST or None, initial=model_to_dict(existing or Schedule()))
    if form.is_valid():
        try:
            schedules.set_schedule(
                organization=found, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except (ServiceError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The schedule is saved."))
            return redirect("schedule", found.slug)
    planned = queries.planned_round(found)
    reminders = reminder_times(planned.opens_at, planned.closes_at, planned.reminders) if planned else []
    return render(
        request,
        "assessments/schedule.html",
        {
            "organization": found,
            "form": form,
            "schedule": existing,
            "planned": planned,
            "running": queries.open_rounds(found).first(),
            "people": queries.people_to_ask(found),
            "reminders": reminders,
        },
        status=422 if form.is_bound else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def change_round(request: SignedInRequest, org: str, round_id: int) -> HttpResponse:
    """Change a round that has not been opened yet."""
    found = access.get_round(request.user, org, round_id, Permission.MANAGE_ROUNDS)
    if not found.is_planned:
        messages.error(request, _("This round has opened already and cannot be changed any more."))
        return redirect("round", org, found.pk)
    form = PlannedRoundForm(found, request.POST or None)
    with timezone.override(found.organization.time_zone):  # times are typed by the organization's clock
        valid = form.is_valid()
    if valid:
        try:
            schedules.change_round(round=found, by=request.user, now=timezone.now(), **form.cleaned_data)
        except (ServiceError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The round is changed."))
            return redirect("round", org, found.pk)
    return show_form(request, form, _("Change %(round)s") % {"round": found.name}, found.organization)


@require_POST
def skip_round(request: SignedInRequest, org: str, round_id: int) -> HttpResponse:
    """Take a round back that has not been opened yet."""
    found = access.get_round(request.user, org, round_id, Permission.MANAGE_ROUNDS)
    try:
        schedules.skip_round(round=found, by=request.user, now=timezone.now())
    except ServiceError as error:
        messages.error(request, str(error))
        return redirect("round", org, found.pk)
    messages.success(request, _("%(round)s will not take place.") % {"round": found.name})
    return redirect("organization", org)
