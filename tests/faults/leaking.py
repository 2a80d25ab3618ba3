"""The survey with a leak: with every request it keeps some memory and open files, for ``test_soak``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from accelerate_survey.wsgi import application as survey

kept: list[Any] = []


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """What the survey answers."""
    null = Path(os.devnull)
    kept.append((b"." * 1_000_000, null.open(), null.open()))
    return survey(environ, start_response)
