"""Content to PDF bytes."""

from .content import ReportContent


def render(content: ReportContent) -> bytes:
    """To be written."""
    raise NotImplementedError
