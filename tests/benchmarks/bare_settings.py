"""The product's settings with one more address, that of the bare view."""

from accelerate_survey.settings import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.bare"
