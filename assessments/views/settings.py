"""An organization's settings, and the log of what was done in it."""

from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from auditlog.models import LogEntry
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Field
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from .. import access
from ..access import Permission, SignedInRequest
from ..downloads import table_response
from ..forms import OrganizationForm
from ..models import OrganizationRole, TeamRole, User
from ..queries import log_of
from ..services import people
from ..services.errors import ServiceError
from ..tables import Table
from .helpers import refuse, show_form

ENTRIES_A_PAGE = 50

SENTENCES = {
    "opened": gettext_lazy("%(who)s opened %(subject)s."),
    "invited": gettext_lazy("%(who)s invited the people who had joined since %(subject)s opened."),
    "closed": gettext_lazy("%(who)s closed %(subject)s."),
    "rescored": gettext_lazy("The answers of %(subject)s were scored anew, by a newer version."),
    "round_imported": gettext_lazy("%(who)s brought in the round %(subject)s from a file."),
    "round_imported_on_server": gettext_lazy(
        "The round %(subject)s was brought in from a file on the server."
    ),
    "archived": gettext_lazy("%(who)s archived %(subject)s."),
    "roster_loaded": gettext_lazy("%(who)s brought in people from a file."),
    "report_downloaded": gettext_lazy("%(who)s downloaded the report of %(subject)s."),
    "scores_downloaded": gettext_lazy("%(who)s downloaded the numbers of %(subject)s."),
    "bundle_downloaded": gettext_lazy("%(who)s downloaded all reports of %(subject)s."),
    "summary_downloaded": gettext_lazy("%(who)s downloaded the summary of %(subject)s."),
    "comparison_downloaded": gettext_lazy("%(who)s downloaded the comparison of the teams in %(subject)s."),
    "results_read": gettext_lazy("%(who)s had a program read the results of %(subject)s."),
    "token_made": gettext_lazy("%(who)s made a token for a program."),
    "token_withdrawn": gettext_lazy("%(who)s withdrew a token for a program."),
    "signed_out": gettext_lazy("%(who)s ended all sessions of %(person)s."),
    "second_factor_removed": gettext_lazy("%(who)s took away the second factors of %(person)s."),
    "became_administrator": gettext_lazy(
        "%(who)s signed on, and a group of the identity provider made them administrator of %(subject)s."
    ),
    "became_coach": gettext_lazy(
        "%(who)s signed on, and a group of the identity provider made them coach of %(subject)s."
    ),
    "lost_role": gettext_lazy(
        "%(who)s signed on, and their groups at the identity provider give no role in %(subject)s any more."
    ),
    "forgotten": gettext_lazy("%(who)s removed a person's e-mail address for good."),
    "user_changed": gettext_lazy("%(who)s changed %(person)s"),
    "organization_changed": gettext_lazy("%(who)s changed the settings"),
    "organizationmembership_made": gettext_lazy("%(who)s made %(person)s %(role)s of %(subject)s."),
    "organizationmembership_changed": gettext_lazy("%(who)s made %(person)s %(role)s of %(subject)s."),
    "organizationmembership_removed": gettext_lazy("%(who)s took the role in %(subject)s from %(person)s."),
    "teammembership_made": gettext_lazy("%(who)s put %(person)s on %(subject)s as %(role)s."),
    "teammembership_changed": gettext_lazy("%(who)s made %(person)s %(role)s of %(subject)s."),
    "teammembership_removed": gettext_lazy("%(who)s took %(person)s off %(subject)s."),
    "schedule_made": gettext_lazy("%(who)s made the schedule."),
    "schedule_changed": gettext_lazy("%(who)s changed the schedule"),
    "deliveries_loaded": gettext_lazy("%(who)s brought in deliveries of %(subject)s."),
    "deliveries_removed": gettext_lazy("%(who)s removed deliveries of %(subject)s."),
    "webhook_renewed": gettext_lazy("%(who)s made a new secret for the webhook %(subject)s."),
    "webhook_gone": gettext_lazy("%(subject)s answered that it wants no more messages, and gets none."),
    "questionnaire_published": gettext_lazy("%(who)s published the questionnaire %(subject)s."),
    "workshop_made": gettext_lazy("%(who)s held the workshop %(subject)s."),
    "made": gettext_lazy("%(who)s made the %(kind)s %(subject)s."),
    "changed": gettext_lazy("%(who)s changed the %(kind)s %(subject)s"),
    "removed": gettext_lazy("%(who)s removed the %(kind)s %(subject)s."),
}
"""What an entry says: by what was done, or by its last word for what needs no words of its own."""

ROLES = dict([*OrganizationRole.choices, *TeamRole.choices])


@require_http_methods(["GET", "HEAD", "POST"])
def organization_settings(request: SignedInRequest, org: str) -> HttpResponse:
    """Name, time zone, language, the minimum of answers, and how long answers are kept."""
    found = access.get_organization(request.user, org, Permission.MANAGE_ORGANIZATION)
    names = ("name", "time_zone", "language", "minimum_responses", "keep_responses_days")
    form = OrganizationForm(request.POST or None, initial={name: getattr(found, name) for name in names})
    if form.is_valid():
        try:
            people.change_organization(organization=found, by=request.user, **form.cleaned_data)
        except (ServiceError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The settings are saved."))
            return redirect("organization_settings", found.slug)
    return show_form(request, form, _("Settings"), found)


@require_safe
def log(request: SignedInRequest, org: str) -> HttpResponse:
    """Who did what as administrator, coach or lead; the newest first."""
    found = access.get_organization(request.user, org, Permission.MANAGE_ORGANIZATION)
    page = Paginator(log_of(found, timezone.now()), ENTRIES_A_PAGE).get_page(request.GET.get("page"))
    context = {"organization": found, "page": page, "entries": list(_told(page.object_list))}
    with timezone.override(found.time_zone):
        return render(request, "assessments/log.html", context)


@require_safe
def log_table(request: SignedInRequest, org: str, ending: str) -> HttpResponse:
    """All of the log as a table; the newest first."""
    found = access.get_organization(request.user, org, Permission.MANAGE_ORGANIZATION)
    zone = ZoneInfo(found.time_zone)
    rows = [
        {"when": entry["when"].astimezone(zone).replace(microsecond=0), "what": entry["what"]}
        for entry in _told(log_of(found, timezone.now()))
    ]
    about = {"time_zone": found.time_zone, "organization": found.name}
    return table_response(Table("log", about, ["when", "what"], rows), f"{org}-log", ending)


def _told(entries: Iterable[LogEntry]) -> Iterator[dict[str, Any]]:
    """When something was done, and a sentence that says what."""
    rows = list(entries)
    people_meant = User.objects.in_bulk({row.additional_data.get("person") for row in rows} - {None})
    for row in rows:
        yield {"when": row.timestamp, "what": _sentence(row, people_meant)}


def _sentence(entry: LogEntry, people_meant: dict[int, User]) -> str:
    about, changes = entry.additional_data, entry.changes or {}
    verb = about["what"].split("_")[-1]
    role = changes.get("role", [None, None])[1]
    sentence = (SENTENCES.get(about["what"]) or SENTENCES[verb]) % {
        "who": entry.actor or (_("The schedule") if "by_itself" in about else _("Somebody who was removed")),
        "person": people_meant.get(about.get("person")) or _("somebody who was removed"),
        "subject": entry.object_repr,
        "kind": entry.content_type.model_class()._meta.verbose_name,
        "role": ROLES.get(role, ""),
    }
    if sentence.endswith("."):
        return sentence
    fields = {field.name: field for field in entry.content_type.model_class()._meta.fields}
    # sorted, since PostgreSQL keeps names in an order of its own
    told = sorted(_change(fields[name], *values) for name, values in changes.items())
    return f"{sentence}: {'; '.join(told)}."


def _change(field: Field[Any, Any], before: str, after: str) -> str:
    """What became of a field. Dates, other rows and lists are named alone: the log has them as code."""
    simple = field.get_internal_type() in {
        "CharField",
        "EmailField",
        "PositiveSmallIntegerField",
        "PositiveIntegerField",
    }
    if not simple:
        return str(field.verbose_name)
    words = {"None": _("none")} | dict(field.flatchoices)
    return _("%(field)s from %(before)s to %(after)s") % {
        "field": field.verbose_name,
        "before": words.get(before, before),
        "after": words.get(after, after),
    }
