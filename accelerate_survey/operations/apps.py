"""The part for whoever runs the survey."""

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class OperationsConfig(AppConfig):
    """Health, figures, backups and the doctor."""

    name = "accelerate_survey.operations"
    verbose_name = _("Operations")

    def ready(self) -> None:
        """Listen to the schedule, and tell of crashes where a place for that was named."""
        from . import receivers  # noqa: F401, PLC0415  models are loaded only now

        if settings.SENTRY_DSN:
            from .crashes import tell_sentry  # noqa: PLC0415  most installations never need it

            tell_sentry(settings.SENTRY_DSN)
