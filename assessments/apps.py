"""The app that asks."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AssessmentsConfig(AppConfig):
    """Who is asked what, when, and what they answered."""

    name = "assessments"
    verbose_name = _("Assessments")

    def ready(self) -> None:
        """Begin the log of who did what, and listen for rounds that close."""
        from . import receivers  # noqa: F401, PLC0415  it needs the models; importing it connects it
        from .services.audit import start_logging  # noqa: PLC0415  needs the models

        start_logging()
