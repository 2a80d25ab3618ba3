"""Webhooks: the addresses of other programs, and what became of the messages to them."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import access, queries
from ..access import Permission, SignedInRequest
from ..forms import WebhookForm
from ..models import MessageState
from ..services import webhooks as service
from ..services.errors import ServiceError
from ..tasks import enqueue_messages
from ..webhooks import secret_text
from .helpers import refuse, show_form

SHOWN = 50


@require_safe
def webhooks(request: SignedInRequest, org: str) -> HttpResponse:
    """Who is told, and how that goes."""
    found = access.get_organization(request.user, org, Permission.MANAGE_ORGANIZATION)
    context = {"organization": found, "webhooks": queries.webhooks_of(found)}
    return render(request, "assessments/webhooks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def add_webhook(request: SignedInRequest, org: str) -> HttpResponse:
    """Another address."""
    found = access.get_organization(request.user, org, Permission.MANAGE_ORGANIZATION)
    form = WebhookForm(request.POST or None)
    if form.is_valid():
        try:
            added = service.add_webhook(
                organization=found, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except (ServiceError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The address is told from now on. Send it a test message."))
            return redirect("webhook", org, added.pk)
    return show_form(request, form, _("A new webhook"), found)


@never_cache
@require_safe
def webhook(request: SignedInRequest, org: str, webhook_id: int) -> HttpResponse:
    """An address, its secret, and the newest messages to it."""
    found = access.get_webhook(request.user, org, webhook_id)
    return render(
        request,
        "assessments/webhook.html",
        {
            "organization": found.organization,
            "webhook": found,
            "secret": secret_text(service.secret_of(found)),
            "told": found.messages.all()[:SHOWN],
            "shown": SHOWN,
            "not_taken": found.messages.exclude(state=MessageState.SENT).count(),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def change_webhook(request: SignedInRequest, org: str, webhook_id: int) -> HttpResponse:
    """Another address in its place, or other news for it."""
    found = access.get_webhook(request.user, org, webhook_id)
    form = WebhookForm(request.POST or None, initial={"url": found.url, "events": found.events})
    if form.is_valid():
        try:
            service.change_webhook(webhook=found, by=request.user, **form.cleaned_data)
        except (ServiceError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The change is saved."))
            return redirect("webhook", org, webhook_id)
    return show_form(request, form, _("Change the webhook"), found.organization)


@require_POST
def renew_secret(request: SignedInRequest, org: str, webhook_id: int) -> HttpResponse:
    """Sign with another secret."""
    found = access.get_webhook(request.user, org, webhook_id)
    service.renew_secret(webhook=found, by=request.user, now=timezone.now())
    messages.success(request, _("The secret is a new one. Give it to the program that gets the messages."))
    return redirect("webhook", org, webhook_id)


@require_POST
def send_test(request: SignedInRequest, org: str, webhook_id: int) -> HttpResponse:
    """Tell the address something that means nothing."""
    found, now = access.get_webhook(request.user, org, webhook_id), timezone.now()
    try:
        service.queue_test(webhook=found, by=request.user, now=now)
    except ServiceError as error:
        messages.error(request, str(error))
    else:
        enqueue_messages(now)
        messages.success(request, _("A test message is on its way. Load this page again to see how it went."))
    return redirect("webhook", org, webhook_id)


@require_POST
def try_again(request: SignedInRequest, org: str, webhook_id: int) -> HttpResponse:
    """Send what was not taken once more."""
    found, now = access.get_webhook(request.user, org, webhook_id), timezone.now()
    number = service.try_again(webhook=found, by=request.user, now=now)
    enqueue_messages(now)
    text = ngettext(
        "%(number)d message is on its way again.", "%(number)d messages are on their way again.", number
    )
    messages.success(request, text % {"number": number})
    return redirect("webhook", org, webhook_id)


@require_POST
def stop_telling(request: SignedInRequest, org: str, webhook_id: int) -> HttpResponse:
    """Tell an address nothing any more."""
    found = access.get_webhook(request.user, org, webhook_id)
    service.remove_webhook(webhook=found, by=request.user)
    messages.success(request, _("%(address)s is told nothing any more.") % {"address": found.url})
    return redirect("webhooks", org)
