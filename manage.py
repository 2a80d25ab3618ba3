#!/usr/bin/env python
"""Django's command-line utility for administrative tasks."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accelerate_survey.settings")
    from django.core.management import execute_from_command_line

    from accelerate_survey.start import plain_words

    with plain_words():
        execute_from_command_line(sys.argv)
