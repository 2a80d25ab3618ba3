"""Questionnaires: what a new one would change, and publishing it. A published text never changes."""

import datetime as dt
from dataclasses import asdict, dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from ..instrument import Instrument
from ..instrument_diff import Difference, difference
from ..models import Capability, Category, KeyMetric, Organization, Questionnaire, Statement, User
from ..queries import compared_with, load_instrument
from ..questionnaire_file import MAXIMUM_BYTES, QuestionnaireFileError, as_data, digest, read
from .audit import Event, audited, record
from .errors import ServiceError

MISTAKES_TOLD = 50


@dataclass(frozen=True)
class Preview:
    """A questionnaire that can be published: what it asks, and beside what it stands."""

    text: str
    instrument: Instrument
    before: Questionnaire | None  # None where it is the first of its family
    difference: Difference | None
    is_published: bool  # already, word for word


def refusal(error: QuestionnaireFileError) -> ValidationError:
    """The first mistakes in words, each with its line, and how many more there are."""
    texts = [
        _("Line %(line)d: %(what)s.") % {"line": mistake.line, "what": _(mistake.text) % mistake.values}
        for mistake in error.mistakes[:MISTAKES_TOLD]
    ]
    more = len(error.mistakes) - len(texts)
    if more:
        texts.append(_("And %(number)d more mistakes.") % {"number": more})
    return ValidationError(texts)


def decode(content: bytes) -> str:
    """The text of an uploaded file. Raises ValidationError for what is too large, and for other encodings."""
    if len(content) > MAXIMUM_BYTES:
        raise ValidationError(_("The file is larger than 1 MB. A questionnaire takes a small part of that."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValidationError(
            _("Line %(line)d: this is not text in UTF-8. Save the file as UTF-8.") % {"line": line}
        ) from error


def preview_questionnaire(*, organization: Organization, text: str) -> Preview:
    """What publishing the text of a file would do; nothing is stored.

    Raises ValidationError with every mistake, and ServiceError where its name is taken.
    """
    try:
        instrument = read(text, "")
    except QuestionnaireFileError as error:
        raise refusal(error) from error
    before = compared_with(organization, instrument)
    return Preview(
        text=text,
        instrument=instrument,
        before=before,
        difference=difference(load_instrument(before), instrument) if before else None,
        is_published=_published(instrument, organization) is not None,
    )


class ComparisonChanged(ServiceError):
    """Another questionnaire has come between; this is what the new one stands beside by now."""

    def __init__(self, preview: Preview) -> None:
        super().__init__(
            _("Another questionnaire was published or asked meanwhile. Look at what differs by now.")
        )
        self.preview = preview


@audited
def publish_questionnaire(
    *, organization: Organization, text: str, compared: int | None, by: User | None, now: dt.datetime
) -> tuple[Questionnaire, bool]:
    """Publish what was shown, for the organization alone; whether it is new is the second value.

    ``compared`` is the number of the questionnaire that it was shown beside. Raises ComparisonChanged
    where that is another one by now, and what ``preview_questionnaire`` raises.
    """
    # two at a time would both be the next version
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    preview = preview_questionnaire(organization=organization, text=text)
    if not preview.is_published and compared != (preview.before.pk if preview.before else None):
        raise ComparisonChanged(preview)
    published, is_new = import_questionnaire(
        instrument=preview.instrument, organization=organization, now=now
    )
    if is_new:
        record(
            what=Event.QUESTIONNAIRE_PUBLISHED,
            subject=published,
            organization=organization,
            by=by,
            now=now,
        )
    return published, is_new


@transaction.atomic
def import_questionnaire(
    *, instrument: Instrument, now: dt.datetime, organization: Organization | None = None
) -> tuple[Questionnaire, bool]:
    """Publish a questionnaire, for everybody or for one organization; whether it is new is the second value.

    The same content under the same version does nothing; another content is refused, because
    people have been or will be asked in the published words.
    """
    existing = _published(instrument, organization)
    if existing:
        return existing, False
    try:
        with transaction.atomic():
            questionnaire = _write(instrument, organization)
            questionnaire.published_at = now
            questionnaire.save()
    except IntegrityError as error:  # somebody else was quicker, and is not to be named
        raise _taken(instrument) from error
    return questionnaire, True


def _published(instrument: Instrument, organization: Organization | None) -> Questionnaire | None:
    """The questionnaire, where it is published word for word; None where its name is free.

    Raises ServiceError where the name stands for something else.
    """
    namesakes = Questionnaire.objects.filter(slug=instrument.slug)
    if namesakes.exclude(organization=organization).exists():
        same = namesakes.filter(version=instrument.version, organization=None, digest=digest(instrument))
        if found := same.first():
            return found
        raise _taken(instrument)
    existing = namesakes.filter(version=instrument.version).first()
    if existing and existing.digest != digest(instrument):
        newest = namesakes.aggregate(newest=Max("version"))["newest"]
        raise ServiceError(
            _(
                "%(name)s is published with other content, and published texts do not change. "
                "Give the file the version %(next)d."
            )
            % {"name": existing, "next": newest + 1}
        )
    return existing


def _taken(instrument: Instrument) -> ServiceError:
    return ServiceError(
        _(
            "The slug “%(slug)s” is taken. Choose another one. If this is a version of a questionnaire that "
            "you use, write “family: %(family)s” below the slug, so that trends go on."
        )
        % {"slug": instrument.slug, "family": instrument.family}
    )


def _write(instrument: Instrument, organization: Organization | None) -> Questionnaire:
    data = as_data(instrument)
    fields = ["slug", "version", "languages", "title", "introduction", "source", "scale"]
    questionnaire = Questionnaire(
        organization=organization,
        digest=digest(instrument),
        family=instrument.family,
        **{name: data[name] for name in fields},
    )
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
