"""The entry point for asynchronous web servers: ``accelerate_survey.asgi:application``."""

import os

from django.core.asgi import get_asgi_application

from .start import plain_words

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accelerate_survey.settings")
with plain_words():
    application = get_asgi_application()
