"""What the templates of this app need beyond Django's own."""

import datetime as dt
from typing import Any

from django import template
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language

from ..models import Action
from ..queries import capability_of
from ..scale import Texts, translate
from ..texts import as_markdown

register = template.Library()


@register.filter
def text(texts: Texts) -> str:
    """A text of a questionnaire in the reader's language."""
    return translate(texts, get_language() or "en")


@register.filter
def capability(action: Action) -> str:
    """The name of the capability that an experiment is about."""
    return text(capability_of(action).name)


@register.filter
def markdown(typed: object) -> str:
    """What people typed, for a file that is read as Markdown."""
    return as_markdown(str(typed))


@register.filter
def entry(mapping: dict[str, Any], key: str) -> Any:
    """One entry of a mapping by its key."""
    return mapping[key]


@register.filter
def zone(moment: dt.datetime) -> str:
    """The name of the time zone in which a moment is written."""
    return get_current_timezone_name()
