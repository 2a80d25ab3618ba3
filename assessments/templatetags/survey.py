"""What the templates of this app need beyond Django's own."""

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.http import QueryDict
from django.urls import reverse
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language, gettext_lazy

from ..models import Action
from ..queries import capability_of
from ..scale import Texts, translate
from ..texts import as_markdown

register = template.Library()

FILES = [("CSV", "csv"), ("Excel", "xlsx"), ("JSON", "json")]
WAYS = {
    "reworded": gettext_lazy("statements were reworded"),
    "added": gettext_lazy("statements were added"),
    "removed": gettext_lazy("statements were left out"),
    "turned": gettext_lazy("agreeing counts the other way round"),
    "scale": gettext_lazy("the answers have other words"),
}
RETOLD = {
    "title": gettext_lazy("title"),
    "introduction": gettext_lazy("introduction"),
    "source": gettext_lazy("source"),
}


@register.filter
def as_json(value: Any) -> str:
    """Data for a script, in an attribute: as a script of its own it would be inline."""
    return json.dumps(value, cls=DjangoJSONEncoder)


@register.filter
def text(texts: Texts) -> str:
    """A text of a questionnaire in the reader's language."""
    return translate(texts, get_language() or "en")


@register.filter
def ways(names: Iterable[str]) -> str:
    """How a capability was asked otherwise before: "statements were reworded; statements were added"."""
    return "; ".join(str(WAYS[name]) for name in names)


@register.filter
def retold(names: Iterable[str]) -> str:
    """Which of a questionnaire's own texts differ."""
    return ", ".join(str(RETOLD[name]) for name in names)


@register.filter
def names(those: Iterable[Any]) -> str:
    """The names of capabilities, categories or metrics."""
    return "; ".join(text(each.name) for each in those)


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


@register.inclusion_tag("assessments/downloads.html")
def downloads(name: str, *place: object, query: QueryDict | None = None) -> dict[str, Any]:
    """Links to a table in each of its formats, by the name of its address and what that is made of."""
    return {"files": [(word, reverse(name, args=[*place, ending], query=query)) for word, ending in FILES]}


@register.filter
def zone(moment: dt.datetime) -> str:
    """The name of the time zone in which a moment is written."""
    return get_current_timezone_name()
