"""The survey as it is shipped, with the language of tests/pseudo.py beside its own."""

from django.utils.translation import trans_real

from accelerate_survey.settings import *  # noqa: F403
from accelerate_survey.settings import LANGUAGES
from tests.pseudo import LANGUAGE, PseudoTranslation

LANGUAGES = [*LANGUAGES, (LANGUAGE, "Pseudo")]
trans_real._translations[LANGUAGE] = PseudoTranslation()
