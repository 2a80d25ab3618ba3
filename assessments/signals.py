"""What others may listen to. The app that tells stands above this one and cannot be called from here."""

from django.dispatch import Signal

round_closed = Signal()
"""A round has just been sealed and scored. Sent by the view or command that closed it, with ``round``."""

schedule_ran = Signal()
"""``run_schedule`` has done what is due here. Sent with ``now``; who listens may take up what was lost."""
