"""Publishing questionnaires."""

import datetime as dt
from dataclasses import asdict

from django.db import transaction
from django.utils.translation import gettext as _

from ..instrument import Instrument
from ..models import Capability, Category, KeyMetric, Questionnaire, Statement
from ..questionnaire_file import as_data, digest
from .errors import ServiceError


@transaction.atomic
def import_questionnaire(*, instrument: Instrument, now: dt.datetime) -> tuple[Questionnaire, bool]:
    """Publish a questionnaire; whether it is new is the second value.

    The same content under the same version does nothing; another content is refused, because
    people have been or will be asked in the published words.
    """
    content = digest(instrument)
    existing = Questionnaire.objects.filter(slug=instrument.slug, version=instrument.version).first()
    if existing and existing.digest == content:
        return existing, False
    if existing:
        raise ServiceError(
            _(
                "%(name)s is published with other content, and published texts do not change. "
                "Give the file the version %(next)d."
            )
            % {"name": existing, "next": instrument.version + 1}
        )
    questionnaire = _write(instrument, content)
    questionnaire.published_at = now
    questionnaire.save()
    return questionnaire, True


def _write(instrument: Instrument, content: str) -> Questionnaire:
    data = as_data(instrument)
    fields = ["slug", "version", "languages", "title", "introduction", "source", "scale"]
    questionnaire = Questionnaire(digest=content, **{name: data[name] for name in fields})
    questionnaire.full_clean()
    questionnaire.save()
    for position, category in enumerate(instrument.categories):
        row = Category.objects.create(
            questionnaire=questionnaire,
            key=category.key,
            name=category.name,
            description=category.description,
            advice=category.advice,
            position=position,
        )
        for place, capability in enumerate(category.capabilities):
            values = asdict(capability) | {"category": row, "position": place}
            statements = values.pop("statements")
            parent = Capability.objects.create(**values)
            Statement.objects.bulk_create(
                Statement(capability=parent, position=order, **statement)
                for order, statement in enumerate(statements)
            )
    KeyMetric.objects.bulk_create(
        KeyMetric(questionnaire=questionnaire, position=position, **metric)
        for position, metric in enumerate(data["key_metrics"])
    )
    return questionnaire
