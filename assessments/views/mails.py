"""Mails: which did not arrive, how somebody gets no more, and those that were kept as files."""

import datetime as dt
import email
import email.policy
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import access
from ..access import Permission, SignedInRequest
from ..emails import mails_are_kept
from ..models import Mail, MailState, MailStop, OrganizationMembership, OrganizationRole
from ..queries import mail_counts
from ..services import mails as service
from ..services.errors import ServiceError
from ..tasks import enqueue_mails

SHOWN = 100
RECENT = dt.timedelta(days=90)


@require_safe
def organization_mails(request: SignedInRequest, org: str) -> HttpResponse:
    """The mails of the last three months that are not simply sent, and how many are."""
    found = access.get_organization(request.user, org, Permission.MANAGE_ORGANIZATION)
    now = timezone.now()
    recent = Mail.objects.filter(organization=found, changed_at__gte=now - RECENT)
    waiting = recent.exclude(state=MailState.SENT)
    return render(
        request,
        "assessments/organization_mails.html",
        {
            "organization": found,
            "mails": waiting.select_related("round", "assessment")[:SHOWN],
            "shown": SHOWN,
            "counts": mail_counts(recent),
            "failed": waiting.filter(state=MailState.FAILED).count(),
            "lost_before": now - service.IN_FLIGHT,
            "mails_are_kept": mails_are_kept(),
        },
    )


@require_POST
def send_again(request: SignedInRequest, org: str, mail_id: int) -> HttpResponse:
    """Try a mail once more."""
    found = access.get_organization(request.user, org, Permission.MANAGE_ORGANIZATION)
    mail = get_object_or_404(Mail, organization=found, pk=mail_id)
    now = timezone.now()
    try:
        service.send_again(mail=mail, by=request.user, now=now)
    except ServiceError as error:
        messages.error(request, str(error))
    else:
        enqueue_mails(now)
        messages.success(request, _("The mail to %(person)s is on its way again.") % {"person": mail.email})
    return redirect("organization_mails", org)


@require_POST
def send_all_again(request: SignedInRequest, org: str) -> HttpResponse:
    """Try everything once more that was not delivered."""
    found = access.get_organization(request.user, org, Permission.MANAGE_ORGANIZATION)
    now = timezone.now()
    try:
        number = service.send_all_again(organization=found, by=request.user, now=now)
    except ServiceError as error:
        messages.error(request, str(error))
        return redirect("organization_mails", org)
    enqueue_mails(now)
    text = ngettext(
        "%(number)d mail is on its way again.", "%(number)d mails are on their way again.", number
    )
    messages.success(request, text % {"number": number})
    return redirect("organization_mails", org)


@csrf_exempt  # mail programs post here by themselves (RFC 8058); the signed address is the proof
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop_mails(request: HttpRequest, signed: str) -> HttpResponse:
    """A person's wish for no more mails, and its undoing. Looking changes nothing: programs do it, too."""
    recipient = access.get_recipient(signed)
    if recipient is None:
        return render(request, "assessments/stop_mails.html", status=404)
    organization, user = recipient
    if request.method == "POST" and "allow" in request.POST:
        service.allow_mails(organization=organization, user=user, now=timezone.now())
    elif request.method == "POST":
        service.stop_mails(organization=organization, user=user)
    stopped = MailStop.objects.filter(organization=organization, user=user).exists()
    return render(
        request,
        "assessments/stop_mails.html",
        {"sender": organization, "stopped": stopped, "is_done": request.method == "POST"},
    )


@require_safe
def mails(request: SignedInRequest) -> HttpResponse:
    """The newest mails. The page exists only while mails are kept as files."""
    administers = OrganizationMembership.objects.filter(
        user=request.user, role=OrganizationRole.ADMINISTRATOR
    )
    if not mails_are_kept() or not administers.exists():
        raise Http404
    files = sorted(
        Path(settings.EMAIL_FILE_PATH).glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True
    )
    found = [mail for path in files[:SHOWN] for mail in _read(path)]
    return render(request, "assessments/mails.html", {"mails": found})


END = b"\n" + b"-" * 79 + b"\n"
"""What the file backend writes after each mail; now and then it puts two into one file."""


def _read(path: Path) -> list[dict[str, str]]:
    read = []
    for content in path.read_bytes().split(END)[:-1]:
        message = email.message_from_bytes(content, policy=email.policy.default)
        body = message.get_body(("plain",))
        text = body.get_content().rstrip() if body else ""
        read.append({"to": message["To"] or "", "subject": message["Subject"] or "", "body": text})
    return read
