"""The survey with a leak: with every request it keeps some memory and an open file, for ``test_soak``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from accelerate_survey.wsgi import application as survey

kept: list[Any] = []


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """What the survey answers."""
    kept.append((b"." * 500_000, Path(os.devnull).open()))  # noqa: SIM115  that is the leak
    return survey(environ, start_response)
