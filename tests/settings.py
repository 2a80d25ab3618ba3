"""The product's settings, with its data in a temporary folder and its tasks done at once.

On SQLite, or on the server that tests.servers has started.
"""

import os
import tempfile

os.environ.update(
    DATA_DIR=tempfile.mkdtemp(prefix="accelerate-survey-"), SECRET_KEY="a key for tests only", DEBUG=""
)
for name in (
    *("EMAIL_URL", "SITE_URL", "STORAGE_URL", "WEBHOOKS_INSIDE", "REQUIRE_SECOND_FACTOR"),
    *("OIDC_SERVER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "SAML_METADATA_URL", "SSO_ROLES", "SSO_ONLY"),
):
    os.environ[name] = ""  # also what .env says is left aside
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "")

from accelerate_survey.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True  # static files straight from their folders
