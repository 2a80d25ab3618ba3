"""The entry point for web servers: ``accelerate_survey.wsgi:application``."""

import atexit
import os

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.urls import resolve

from .start import plain_words

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accelerate_survey.settings")
with plain_words():
    application = get_wsgi_application()
    if close_pool := getattr(connection, "close_pool", None):  # on PostgreSQL
        atexit.register(close_pool)
    resolve("/")  # loads all pages and what draws them, for which the first visitor would wait
