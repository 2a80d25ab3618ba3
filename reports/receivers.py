"""What the app that tells does when the app that asks has news."""

from typing import Any

from django.conf import settings
from django.dispatch import receiver

from assessments.models import Round
from assessments.signals import round_closed


@receiver(round_closed)
def make_reports(sender: type[Round], round: Round, **kwargs: Any) -> None:
    """Have a report made for every team of a round that has just closed."""
    # this module is loaded with every command; what it calls loads pandas, matplotlib and WeasyPrint
    from .services import request_reports  # noqa: PLC0415
    from .tasks import render_one_report  # noqa: PLC0415

    for report in request_reports(round=round):
        render_one_report.enqueue(report.pk, settings.LANGUAGE_CODE)
