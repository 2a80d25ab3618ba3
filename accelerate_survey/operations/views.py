"""What other programs ask: is the survey well, and what does it do."""

import hmac

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from . import health, metrics

WORDS = {True: "ok", False: "not ok"}


@login_not_required
@require_safe
@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """Whether this process answers. It asks the database nothing."""
    return JsonResponse({"status": WORDS[True]})


@login_not_required
@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Whether everything works that the survey needs, by part; what is wrong is for the doctor to say."""
    parts = {finding.part: finding.is_fine for finding in health.look(timezone.now())}
    well = all(parts.values())
    body = {"status": WORDS[well], "parts": {part: WORDS[fine] for part, fine in parts.items()}}
    response = JsonResponse(body, status=200 if well else 503)
    vars(response)["_has_been_logged"] = True  # or Django would call it an error each time
    return response


@login_not_required
@never_cache
def show_metrics(request: HttpRequest) -> HttpResponse:
    """The figures, for whoever has the token; for everybody else there is nothing here."""
    if not _has_token(request) or request.method not in ("GET", "HEAD"):
        raise Http404
    return HttpResponse(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    shown = request.headers.get("Authorization", "")
    wanted = f"Bearer {settings.METRICS_TOKEN}"
    return bool(settings.METRICS_TOKEN) and hmac.compare_digest(shown.encode(), wanted.encode())
