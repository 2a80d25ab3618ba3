"""The app that tells."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    """What the answers say: pages, charts, PDF, exports."""

    name = "reports"
    verbose_name = _("Reports")

    def ready(self) -> None:
        """Listen to rounds being closed."""
        from . import receivers  # noqa: F401, PLC0415  models are loaded only now
