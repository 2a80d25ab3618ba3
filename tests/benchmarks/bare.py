"""The baseline for saving: one view that stores JSON and does nothing else."""

import json

from django.http import HttpRequest, HttpResponse
from django.urls import path

from assessments.models import Response


def store(request: HttpRequest, pk: str) -> HttpResponse:
    """Store the body in a response."""
    Response.objects.bulk_update([Response(pk=pk, answers=json.loads(request.body))], ["answers"])
    return HttpResponse(status=204)


urlpatterns = [path("<uuid:pk>/", store)]
