"""Mails that were kept as files, for administrators of an installation that sends none."""

import email
import email.policy
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ..access import SignedInRequest
from ..models import OrganizationMembership, OrganizationRole

SHOWN = 100


def mails_are_kept() -> bool:
    """Whether mails become files because no server is set."""
    return bool(settings.EMAIL_BACKEND.endswith("filebased.EmailBackend"))


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
    return render(request, "assessments/mails.html", {"mails": [_read(path) for path in files[:SHOWN]]})


def _read(path: Path) -> dict[str, str]:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    return {
        "to": message["To"] or "",
        "subject": message["Subject"] or "",
        # the file backend ends each message with a line of dashes
        "body": (body.get_content() if body else "").rstrip().removesuffix("-" * 79).rstrip(),
    }
