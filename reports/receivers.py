"""What the app that tells does when the app that asks has news."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from assessments.models import Round
from assessments.signals import round_closed, schedule_ran

from .models import Bundle, BundleState, Report, ReportState


@receiver(round_closed)
def make_reports(sender: type[Round], round: Round, **kwargs: Any) -> None:
    """Have a report made for every team of a round that has just closed."""
    # this module is loaded with every command; what it calls loads pandas, matplotlib and WeasyPrint
    from .services import request_reports  # noqa: PLC0415
    from .tasks import render_one_report  # noqa: PLC0415

    for report in request_reports(round=round):
        render_one_report.enqueue(report.pk, round.organization.language)


@receiver(post_delete, sender=Report)
@receiver(post_delete, sender=Bundle)
def delete_file(sender: Any, instance: Report | Bundle, **kwargs: Any) -> None:
    """Have a document go with its row, as when a round is removed that was brought in."""
    storage = instance.file.storage
    if name := instance.file.name:
        transaction.on_commit(lambda: storage.delete(name))


@receiver(schedule_ran)
def take_up_what_was_lost(sender: Any, now: dt.datetime, **kwargs: Any) -> None:
    """Have reports and bundles made whose worker was killed."""
    waiting = Report.objects.filter(state=ReportState.PENDING)
    if waiting.exists() or Bundle.objects.filter(state=BundleState.PENDING).exists():
        # it loads what draws, which takes seconds; the schedule runs every minute
        from .tasks import take_up_lost  # noqa: PLC0415

        take_up_lost(now)
