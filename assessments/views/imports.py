"""Past rounds brought in from files, and taken out again."""

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import access
from ..access import Permission, SignedInRequest
from ..answers_file import MAXIMUM_ROWS, TEAM, AnswersFile, Row, pack, scales_of, unpack
from ..forms import ImportForm
from ..limesurvey_file import MAXIMUM_MAPPING
from ..models import Organization, Questionnaire
from ..queries import load_instrument, usable_questionnaires
from ..services import imports
from ..services.errors import ServiceError
from ..services.imports import ImportPlan
from .helpers import refuse

PREVIEW_LASTS = dt.timedelta(days=1)


@require_http_methods(["GET", "HEAD", "POST"])
def import_round(request: SignedInRequest, org: str) -> HttpResponse:
    """Upload a past round, and see what it would become."""
    found = access.get_organization(request.user, org, Permission.MANAGE_ROUNDS)
    form = ImportForm(found, request.POST or None, request.FILES or None)
    if form.is_valid():
        about = {name: form.cleaned_data[name] for name in ("questionnaire", "name", "closed_on")}
        try:
            file = _read(form)
            plan = imports.plan_import(organization=found, rows=file.rows, now=timezone.now(), **about)
        except ValidationError as error:
            refuse(form, error)
        else:
            return _show_plan(request, found, about["questionnaire"], plan, file)
    return render(
        request,
        "assessments/import_round.html",
        {"organization": found, "form": form, "questionnaires": usable_questionnaires(found)},
        status=422 if form.is_bound else 200,
    )


@require_safe
def import_template(request: SignedInRequest, org: str, slug: str, version: int) -> HttpResponse:
    """An empty file with a column for the team, each statement and each key metric."""
    found = access.get_organization(request.user, org, Permission.MANAGE_ROUNDS)
    questionnaire = get_object_or_404(usable_questionnaires(found), slug=slug, version=version)
    header = ",".join([TEAM, *scales_of(load_instrument(questionnaire))])
    response = HttpResponse(f"\ufeff{header}\r\n", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}-{version}.csv"'
    return response


def _read(form: ImportForm) -> AnswersFile:
    """What the form's files hold. Raises ValidationError."""
    data = form.cleaned_data
    mapping = data["mapping"]
    return imports.read_file(
        lines=io.BytesIO(data["file"].read()),
        questionnaire=data["questionnaire"],
        mapping=mapping.read(MAXIMUM_MAPPING + 1) if mapping else None,
        mapping_name=mapping.name if mapping else "",
        most=MAXIMUM_ROWS,
    )


@require_POST
def confirm_import(request: SignedInRequest, org: str) -> HttpResponse:
    """Bring in what was shown; show it anew where it has become something else."""
    found = access.get_organization(request.user, org, Permission.MANAGE_ROUNDS)
    try:
        value = signing.loads(request.POST.get("import", ""), salt=_salt(found), max_age=PREVIEW_LASTS)
    except signing.BadSignature:
        messages.error(request, _("This preview is no longer good. Upload the file again."))
        return redirect("import_round", found.slug)
    questionnaire = usable_questionnaires(found).get(pk=value["questionnaire"])
    rows = _unpacked(value, questionnaire)
    try:
        made = imports.import_round(
            organization=found,
            questionnaire=questionnaire,
            name=value["name"],
            closed_on=dt.date.fromisoformat(value["closed_on"]),
            rows=rows,
            digest=value["digest"],
            by=request.user,
            now=timezone.now(),
        )
    except imports.ImportChanged as error:
        messages.error(request, str(error))
        return _show_plan(request, found, questionnaire, error.plan, AnswersFile(rows))
    except ValidationError as error:
        for text in error.messages:
            messages.error(request, text)
        return redirect("import_round", found.slug)
    told = ngettext(
        "%(round)s is there now, with the answers of %(number)d person.",
        "%(round)s is there now, with the answers of %(number)d people.",
        len(rows),
    )
    messages.success(request, told % {"round": made, "number": len(rows)})
    return redirect("round", found.slug, made.pk)


@require_POST
def remove_round(request: SignedInRequest, org: str, round_id: int) -> HttpResponse:
    """Take out a round that was brought in."""
    found = access.get_round(request.user, org, round_id, Permission.MANAGE_ROUNDS)
    try:
        imports.remove_round(round=found, by=request.user)
    except ServiceError as error:
        messages.error(request, str(error))
        return redirect("round", org, found.pk)
    messages.success(request, _("%(round)s is removed.") % {"round": found})
    return redirect("organization", org)


def _show_plan(
    request: HttpRequest,
    organization: Organization,
    questionnaire: Questionnaire,
    plan: ImportPlan,
    file: AnswersFile,
) -> HttpResponse:
    """The plan in words, with a button that sends back the answers as they were signed."""
    value = _packed(questionnaire, plan, file.rows)
    return render(
        request,
        "assessments/import_plan.html",
        {
            "organization": organization,
            "questionnaire": questionnaire,
            "plan": plan,
            "file": file,
            "signed": signing.dumps(value, salt=_salt(organization), compress=True),
        },
    )


def _salt(organization: Organization) -> str:
    return f"past round of {organization.pk}"


def _packed(questionnaire: Questionnaire, plan: ImportPlan, rows: Sequence[Row]) -> dict[str, Any]:
    """A plan and its rows as short as they can be: they go to the browser and come back."""
    keys = list(scales_of(load_instrument(questionnaire)))
    teams = list(dict.fromkeys(row.team for row in rows))
    numbers = {team: number for number, team in enumerate(teams)}
    return {
        "questionnaire": questionnaire.pk,
        "name": plan.name,
        "closed_on": plan.closed_on.isoformat(),
        "digest": plan.digest,
        "teams": teams,
        "rows": [[row.number, numbers[row.team], pack(row.answers, keys)] for row in rows],
    }


def _unpacked(value: dict[str, Any], questionnaire: Questionnaire) -> tuple[Row, ...]:
    keys = list(scales_of(load_instrument(questionnaire)))
    teams = value["teams"]
    return tuple(Row(number, teams[team], unpack(text, keys)) for number, team, text in value["rows"])
