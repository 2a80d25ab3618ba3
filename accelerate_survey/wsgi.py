"""The entry point for web servers: ``accelerate_survey.wsgi:application``."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accelerate_survey.settings")
application = get_wsgi_application()
