"""What follows the close of a round here, before the app that tells makes reports of it."""

from typing import Any

from django.dispatch import receiver

from .models import Assessment, Round
from .signals import round_closed


@receiver(round_closed)
def measure_deliveries(sender: type[Round], round: Round, **kwargs: Any) -> None:
    """Freeze what the teams' pipelines have told of the three months before the round."""
    # this module is loaded with every command; what it calls loads scipy
    from .services.deliveries import freeze  # noqa: PLC0415

    freeze(assessments=Assessment.objects.filter(round=round).select_related("round__organization"))
