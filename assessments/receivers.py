"""What follows the close of a round here, before the app that tells makes reports of it, and a sign-in."""

from typing import Any

from allauth.usersessions.models import UserSession
from django.db.models.signals import pre_save
from django.dispatch import receiver

from .models import Assessment, Round
from .signals import round_closed


@receiver(round_closed)
def measure_deliveries(sender: type[Round], round: Round, **kwargs: Any) -> None:
    """Freeze what the teams' pipelines have told of the three months before the round."""
    # this module is loaded with every command; what it calls loads scipy
    from .services.deliveries import freeze  # noqa: PLC0415

    freeze(assessments=Assessment.objects.filter(round=round).select_related("round__organization"))


@receiver(pre_save, sender=UserSession)
def keep_no_address(sender: type[UserSession], instance: UserSession, **kwargs: Any) -> None:
    """A person's list of sessions says on what they are signed in; from where is kept nowhere."""
    instance.ip = "0.0.0.0"  # noqa: S104  it has to be some address
