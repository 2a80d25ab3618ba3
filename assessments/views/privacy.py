"""Who sees what, in public; and removing a person for good."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from .. import access, disclosure
from ..access import ROLE_PERMISSIONS, Permission, SignedInRequest
from ..forms import ForgetForm
from ..models import OrganizationRole, TeamRole
from ..services import people
from ..services.errors import ServiceError
from .helpers import refuse

ROLES = [*OrganizationRole, *TeamRole]


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """The promise, the table of roles, and from how many answers on something is shown."""
    rows = [
        (permission.value, [(role.label, permission in ROLE_PERMISSIONS[role]) for role in ROLES])
        for permission in Permission
    ]
    return render(
        request,
        "assessments/privacy.html",
        {
            "roles": [role.label for role in ROLES],
            "rows": rows,
            "minimum": disclosure.DEFAULT_MINIMUM,
            "floor": disclosure.FLOOR,
            "detail_minimum": disclosure.DETAIL_MINIMUM,
            "coarse_most": disclosure.COARSE_MOST,
            "comments_minimum": disclosure.COMMENTS_MINIMUM,
            "step": disclosure.STEP,
            "lowest": disclosure.CAP_LOW,
            "highest": disclosure.CAP_HIGH,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def forget_person(request: SignedInRequest, org: str) -> HttpResponse:
    """Remove an e-mail address and whose it is; results stay."""
    found = access.get_organization(request.user, org, Permission.MANAGE_PEOPLE)
    form = ForgetForm(request.POST or None)
    if form.is_valid():
        try:
            people.forget_person(
                organization=found, email=form.cleaned_data["email"], by=request.user, now=timezone.now()
            )
        except ServiceError as error:
            refuse(form, error)
        else:
            messages.success(request, _("The person is removed. Results and counts are as they were."))
            return redirect("roles", found.slug)
    context = {"organization": found, "form": form}
    return render(request, "assessments/forget_person.html", context, status=422 if form.is_bound else 200)
