"""What is asked, in public."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ..disclosure import DEFAULT_MINIMUM, DETAIL_MINIMUM
from ..models import Questionnaire
from ..pages import minutes_left, pages_of
from ..queries import load_instrument


@login_not_required
@require_safe
def questionnaire(request: HttpRequest, slug: str, version: int) -> HttpResponse:
    """A published questionnaire, whole: what is asked, why, and how it is scored."""
    found = Questionnaire.objects.filter(slug=slug, version=version, published_at__isnull=False).first()
    if found is None:
        raise Http404
    instrument = load_instrument(found)
    return render(
        request,
        "assessments/questionnaire.html",
        {
            "instrument": instrument,
            "minutes": minutes_left(pages_of(instrument), 1),
            "minimum": DEFAULT_MINIMUM,
            "detail_minimum": DETAIL_MINIMUM,
        },
    )
