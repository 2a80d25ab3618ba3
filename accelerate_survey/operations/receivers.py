"""What follows each run of the schedule here, and what is told of signing in."""

import datetime as dt
import logging
from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import Signal, receiver

from assessments.signals import schedule_ran

from . import counts, heartbeats
from .models import Part


@receiver(schedule_ran)
def leave_a_sign(sender: Any, now: dt.datetime, **kwargs: Any) -> None:
    """The schedule's own, and a question to the workers. What is over is forgotten."""
    heartbeats.beat(Part.SCHEDULE, now)
    heartbeats.ask_worker(now)
    heartbeats.forget_tasks(now)
    counts.forget_counts(now)


logger = logging.getLogger("accelerate_survey.sign_in")

SIGN_INS: dict[Signal, str] = {
    user_logged_in: "signed_in",
    user_logged_out: "signed_out",
    user_login_failed: "sign_in_failed",
    password_changed: "password_changed",
    password_reset: "password_reset",
    password_set: "password_set",
    authentication_failed: "second_factor_failed",
    authenticator_added: "second_factor_added",
    authenticator_removed: "second_factor_removed",
    authenticator_reset: "recovery_codes_made",
}


@receiver(list(SIGN_INS))
def tell_of_signing_in(signal: Signal, user: Any = None, **kwargs: Any) -> None:
    """A line for each try and each change of what one signs in with: who, by number; never what was typed."""
    event = SIGN_INS[signal]
    fields = {"event": event} | ({"user": user.pk} if user and user.pk else {})
    level = logging.WARNING if event.endswith("_failed") else logging.INFO
    logger.log(level, " ".join(f"{name}={value}" for name, value in fields.items()), extra={"fields": fields})
