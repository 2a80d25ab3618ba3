"""The product's settings with one more address, that of the bare view."""

from accelerate_survey.settings import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.bare"

LOGGING = LOGGING | {"root": {"handlers": ["console"], "level": "WARNING"}}  # noqa: F405
"""Our pages leave no line in the log when all is well, so the bare views leave none either."""
