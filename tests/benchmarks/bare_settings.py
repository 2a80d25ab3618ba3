"""The same Django, database and models as the product; no middleware, no form, no check of any kind."""

from accelerate_survey.settings import *  # noqa: F403

INSTALLED_APPS = ["django.contrib.contenttypes", "assessments"]
ROOT_URLCONF = "tests.benchmarks.bare"
MIDDLEWARE: list[str] = []
