"""What several views do alike."""

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ..models import Organization, Team


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks, which saves answers as they are given."""
    return request.headers.get("Accept") == "application/json"


def refuse(form: forms.Form, error: Exception) -> None:
    """Show a service's refusal, or a model's, as the form's own."""
    if not isinstance(error, ValidationError):
        form.add_error(None, str(error))
        return
    by_field = error.error_dict if hasattr(error, "error_dict") else {"__all__": error.error_list}
    for field, texts in by_field.items():
        form.add_error(field if field in form.fields else None, texts)


def show_form(
    request: HttpRequest, form: forms.Form, title: str, organization: Organization, team: Team | None = None
) -> HttpResponse:
    """A page with nothing but a form. A team's leads the way back to the team: its lead may see no more."""
    return render(
        request,
        "assessments/form.html",
        {"form": form, "title": title, "organization": organization, "team": team, "hide_organization": team},
        status=422 if form.is_bound else 200,
    )
