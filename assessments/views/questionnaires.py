"""Questionnaires: what is asked, in public; and publishing one's own, which is looked at first."""

import datetime as dt
from functools import lru_cache
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import access, queries
from ..access import Permission, SignedInRequest
from ..disclosure import DEFAULT_MINIMUM, DETAIL_MINIMUM
from ..forms import QuestionnaireFileForm, ResponseForm, ReviewForm, VariantForm
from ..instrument import Instrument
from ..instrument_diff import difference
from ..models import Organization, Questionnaire, Schedule
from ..pages import minutes_left, pages_of
from ..queries import load_instrument
from ..questionnaire_file import KEY_LENGTH, MAXIMUM_BYTES, write
from ..services import questionnaires as services
from ..services.errors import ServiceError
from ..services.questionnaires import Preview
from ..variants import vary
from .helpers import refuse

PREVIEW_LASTS = dt.timedelta(days=1)

Choice = tuple[str, int, dict[str, list[str]]]
"""Of what a variant was made, and what was posted: with it the form can be filled in again."""

_file = lru_cache(maxsize=32)(write)  # anybody may ask for it, and writing takes a quarter of a second


# --- In public --------------------------------------------------------------------------------


@login_not_required
@require_safe
def questionnaire(request: HttpRequest, slug: str, version: int) -> HttpResponse:
    """A published questionnaire, whole: what is asked, why, how it is scored, what was different before."""
    found = access.get_published(slug, version)
    instrument, before = load_instrument(found), queries.predecessor(found)
    return render(
        request,
        "assessments/questionnaire.html",
        {
            "instrument": instrument,
            "minutes": minutes_left(pages_of(instrument), 1),
            "minimum": DEFAULT_MINIMUM,
            "detail_minimum": DETAIL_MINIMUM,
            "before": before,
            "difference": difference(load_instrument(before), instrument) if before else None,
        },
    )


@login_not_required
@require_safe
def questionnaire_yaml(request: HttpRequest, slug: str, version: int) -> HttpResponse:
    """The same as the file that it came from."""
    text = _file(load_instrument(access.get_published(slug, version)))
    response = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}-{version}.yaml"'
    return response


# --- One's own --------------------------------------------------------------------------------


@require_safe
def questionnaires(request: SignedInRequest, org: str) -> HttpResponse:
    """Which questionnaires there are, and which of them are used."""
    found = access.get_organization(request.user, org, Permission.MANAGE_ORGANIZATION)
    schedule = Schedule.objects.filter(organization=found).first()
    context = {"organization": found, "schedule": schedule, "usable": queries.questionnaires_of(found)}
    return render(request, "assessments/questionnaires/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def upload_questionnaire(request: SignedInRequest, org: str) -> HttpResponse:
    """Upload a questionnaire, and see it as respondents will."""
    found = access.get_organization(request.user, org, Permission.MANAGE_ORGANIZATION)
    form = QuestionnaireFileForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            text = services.decode(form.cleaned_data["file"].read(MAXIMUM_BYTES + 1))
            preview = services.preview_questionnaire(organization=found, text=text)
        except (ServiceError, ValidationError) as error:
            refuse(form, error)
        else:
            return _show_preview(request, found, preview)
    return render(
        request,
        "assessments/questionnaires/upload.html",
        {"organization": found, "form": form},
        status=422 if form.is_bound else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def vary_questionnaire(request: SignedInRequest, org: str, slug: str, version: int) -> HttpResponse:
    """Make a questionnaire out of another one: leave statements out, add some, and see it."""
    found, base = access.get_questionnaire(request.user, org, slug, version, Permission.MANAGE_ORGANIZATION)
    form = _variant_form(found, base, request.POST or None)
    if "again" not in request.POST and form.is_valid():
        try:
            text = write(_varied(found, base, form))
            preview = services.preview_questionnaire(organization=found, text=text)
        except (ServiceError, ValidationError) as error:
            refuse(form, error)
        else:
            return _show_preview(request, found, preview, (slug, version, _chosen(request)))
    return _show_variant_form(request, found, base, form)


@require_POST
def publish_questionnaire(request: SignedInRequest, org: str) -> HttpResponse:
    """Publish what was shown; show it anew where something else has come between."""
    found = access.get_organization(request.user, org, Permission.MANAGE_ORGANIZATION)
    try:
        text, compared, choice = signing.loads(
            request.POST.get("questionnaire", ""), salt=_salt(found), max_age=PREVIEW_LASTS
        )
    except signing.BadSignature:
        messages.error(request, _("This preview is no longer good. Upload the file again."))
        return redirect("questionnaires", found.slug)
    try:
        published, is_new = services.publish_questionnaire(
            organization=found, text=text, compared=compared, by=request.user, now=timezone.now()
        )
    except services.ComparisonChanged as error:
        messages.error(request, str(error))
        return _show_preview(request, found, error.preview, choice)
    except (ServiceError, ValidationError) as error:
        return _refuse_publishing(request, found, choice, error)
    _tell_of_publishing(request, found, published, is_new)
    return redirect("questionnaires", found.slug)


def _tell_of_publishing(
    request: HttpRequest, organization: Organization, published: Questionnaire, is_new: bool
) -> None:
    """What was done, and what does not happen by itself."""
    words = _("%(name)s is published.") if is_new else _("%(name)s was published already.")
    messages.success(request, words % {"name": published})
    schedule = Schedule.objects.filter(organization=organization).select_related("questionnaire").first()
    if is_new and schedule and schedule.questionnaire.family == published.family:
        messages.info(
            request,
            _("The schedule goes on asking %(name)s until you choose another one there.")
            % {"name": schedule.questionnaire},
        )


def _refuse_publishing(
    request: HttpRequest, organization: Organization, choice: Choice | None, error: Exception
) -> HttpResponse:
    """Say why nothing was published, where it can be mended."""
    if choice is None:
        texts = error.messages if isinstance(error, ValidationError) else [str(error)]
        for text in texts:
            messages.error(request, text)
        return redirect("upload_questionnaire", organization.slug)
    slug, version, posted = choice
    base = queries.usable_questionnaires(organization).get(slug=slug, version=version)
    form = _variant_form(organization, base, MultiValueDict(posted))
    refuse(form, error)
    return _show_variant_form(request, organization, base, form)


def _salt(organization: Organization) -> str:
    return f"questionnaire of {organization.pk}"


def _language(instrument: Instrument) -> str:
    return get_language() or instrument.languages[0]


def _variant_form(organization: Organization, base: Questionnaire, posted: Any) -> VariantForm:
    """The form, which proposes a name of the organization's own."""
    slug = base.slug if base.organization_id else f"{base.slug}_{organization.slug}".replace("-", "_")
    instrument = load_instrument(base)
    return VariantForm(instrument, _language(instrument), posted, initial={"slug": slug[:KEY_LENGTH]})


def _varied(organization: Organization, base: Questionnaire, form: VariantForm) -> Instrument:
    family = queries.usable_questionnaires(organization).filter(family=base.family)
    return vary(
        load_instrument(base),
        slug=form.cleaned_data["slug"],
        version=queries.next_version(organization, form.cleaned_data["slug"]),
        title=form.title,
        asked=form.asked,
        added=form.added,
        family=[load_instrument(each) for each in family],
    )


def _chosen(request: HttpRequest) -> dict[str, list[str]]:
    return {name: values for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"}


def _show_variant_form(
    request: HttpRequest, organization: Organization, base: Questionnaire, form: VariantForm
) -> HttpResponse:
    return render(
        request,
        "assessments/questionnaires/vary.html",
        {"organization": organization, "base": base, "form": form},
        status=422 if form.is_bound and "again" not in request.POST else 200,
    )


def _show_preview(
    request: HttpRequest, organization: Organization, preview: Preview, choice: Choice | None = None
) -> HttpResponse:
    """What would be published, in each of its languages, with a button that sends it back as signed."""
    instrument = preview.instrument
    value = [preview.text, preview.before.pk if preview.before else None, choice]
    return render(
        request,
        "assessments/questionnaires/preview.html",
        {
            "organization": organization,
            "preview": preview,
            "instrument": instrument,
            "minutes": minutes_left(pages_of(instrument), 1),
            "languages": [_as_asked(instrument, language) for language in instrument.languages],
            "choice": choice,
            "signed": signing.dumps(value, salt=_salt(organization), compress=True),
        },
    )


def _as_asked(instrument: Instrument, language: str) -> dict[str, Any]:
    """Every page as respondents see it, in one language; nothing of it can be sent."""
    pages = pages_of(instrument)
    return {
        "code": language,
        "pages": [
            {
                "page": page,
                "form": ResponseForm(page, instrument, language, prefix=language),
                "minutes": minutes_left(pages, page.number),
            }
            for page in pages
        ],
        "review": ReviewForm(instrument, language, prefix=language),
    }
