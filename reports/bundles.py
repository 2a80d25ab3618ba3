"""Bundles: the reports of a round, or of a group in it, asked for together and packed into one file.

A bundle keeps no count of its own. How far it is can be read from the reports, so neither a reload nor a
worker that dies loses anything; and a report that is ready is never rendered again.
"""

import datetime as dt
import logging
import shutil
import tempfile
import uuid
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from assessments.models import Assessment, Group, Round, User
from assessments.queries import groups_of
from assessments.services import mails
from assessments.services.errors import ServiceError
from assessments.services.responses import lock_round

from .comparison import places_of
from .models import Bundle, BundleState, Report, ReportState
from .services import file_name, opened

logger = logging.getLogger(__name__)

CHUNK = 1 << 16
"""So many bytes are in memory at once while a file is packed."""


@dataclass(frozen=True)
class Progress:
    """How far the reports of a bundle are: numbers of teams."""

    total: int
    ready: int
    failed: int

    @property
    def settled(self) -> int:
        """How many need no more work."""
        return self.ready + self.failed

    @property
    def is_complete(self) -> bool:
        """Whether there is nothing left but to pack."""
        return self.settled == self.total


def assessments_of(bundle: Bundle) -> QuerySet[Assessment]:
    """The teams of a bundle by name: those of its group and of all groups below, or all of the round."""
    found = Assessment.objects.filter(round=bundle.round).order_by("team_name", "pk")
    if bundle.group_id is None:
        return found
    tree = places_of(groups_of(bundle.round.organization))
    below = [place.group.pk for place in tree if bundle.group_id in place.line]
    return found.filter(team__group__in=below)


def progress_of(bundle: Bundle) -> Progress:
    """Counted anew each time."""
    return Progress(
        **assessments_of(bundle)
        .order_by()
        .aggregate(
            total=Count("pk"),
            ready=Count("pk", filter=Q(report__state=ReportState.READY)),
            failed=Count("pk", filter=Q(report__state=ReportState.FAILED)),
        )
    )


def lacking(bundle: Bundle) -> list[int]:
    """The assessments of a bundle for which no report has been asked yet."""
    return list(assessments_of(bundle).filter(report=None).values_list("pk", flat=True))


def waiting_bundles(of: Round | None = None) -> QuerySet[Bundle]:
    """Bundles that are being made."""
    waiting = Bundle.objects.filter(state=BundleState.PENDING).select_related(
        "round__organization", "group", "asked_by"
    )
    return waiting.filter(round=of) if of else waiting


@transaction.atomic
def request_bundle(*, round: Round, group: Group | None, language: str, by: User, now: dt.datetime) -> Bundle:
    """The bundle of a closed round or of a group in it: the one that there is, or a new one.

    Raises ServiceError where no team of the group took part.
    """
    lock_round(round.pk)  # two who ask at once get the same one
    bundle = Bundle.objects.filter(round=round, group=group).first() or Bundle(round=round, group=group)
    if not assessments_of(bundle).exists():
        raise ServiceError(_("No team of this group took part in the round."))
    if bundle.pk and bundle.state in (BundleState.PENDING, BundleState.READY):
        return bundle
    return _begin(bundle, language, by, now)


@transaction.atomic
def retry_bundle(*, bundle: Bundle, language: str, by: User, now: dt.datetime) -> Bundle:
    """Begin again with what failed or was cancelled; what is ready stays. One that is being made goes on."""
    lock_round(bundle.round_id)
    bundle.refresh_from_db()
    return bundle if bundle.state == BundleState.PENDING else _begin(bundle, language, by, now)


def _begin(bundle: Bundle, language: str, by: User, now: dt.datetime) -> Bundle:
    """Failed reports are forgotten, as if nobody had asked for them yet."""
    Report.objects.filter(assessment__in=assessments_of(bundle).order_by(), state=ReportState.FAILED).delete()
    old = bundle.file.name
    bundle.asked_by, bundle.asked_at, bundle.language = by, now, language
    bundle.state, bundle.file, bundle.error = BundleState.PENDING, "", ""
    bundle.save()
    if old:
        storage = bundle.file.storage
        transaction.on_commit(lambda: storage.delete(old))
    return bundle


def cancel_bundle(*, bundle: Bundle) -> bool:
    """Make no further report for it; what is made stays. Whether it was being made."""
    waiting = Bundle.objects.filter(pk=bundle.pk, state=BundleState.PENDING)
    return bool(waiting.update(state=BundleState.CANCELLED))


def pack(*, bundle: Bundle, now: dt.datetime) -> bool:
    """Pack a bundle whose reports are all ready or failed, and tell who asked; whether this call did it.

    ``bundle.error`` then names the teams whose report failed, one a line.
    """
    if bundle.state != BundleState.PENDING or not progress_of(bundle).is_complete:
        return False
    waiting = Bundle.objects.filter(pk=bundle.pk, state=BundleState.PENDING)
    failed = [_on_one_line(each.team_name) for each in _with(bundle, ReportState.FAILED)]
    try:
        name = _write(bundle, failed)
    except Exception as error:
        logger.exception("Bundle %s could not be packed", bundle.pk)
        waiting.update(state=BundleState.FAILED, error=f"{type(error).__name__}: {error}")
        return False
    with transaction.atomic():
        done = waiting.update(state=BundleState.READY, file=name, error="\n".join(failed))
        if done:
            mails.queue_bundle(round=bundle.round, to=bundle.asked_by, now=now)
    if not done:  # cancelled meanwhile, or packed by another worker
        bundle.file.storage.delete(name)
    return bool(done)


def _with(bundle: Bundle, state: ReportState) -> Iterable[Assessment]:
    found = assessments_of(bundle).filter(report__state=state).select_related("team", "round", "report")
    return found.defer("report__content").iterator(chunk_size=100)


def _on_one_line(name: str) -> str:
    return " ".join(name.split())


def _write(bundle: Bundle, failed: list[str]) -> str:
    """Stream the reports into a file beside our data, and that into the storage; its name there.

    Teams whose report the storage has lost join the ``failed`` ones. The folder for temporary files is in
    memory on many machines.
    """
    with tempfile.TemporaryFile(dir=settings.DATA_DIR) as packed:
        with zipfile.ZipFile(packed, "w") as archive:
            for assessment in _with(bundle, ReportState.READY):
                file = opened(assessment.report)
                if file is None:
                    failed.append(_on_one_line(assessment.team_name))
                    continue
                with file as report:
                    _add(archive, f"{file_name(assessment)}.pdf", report, bundle.round)
            if failed:
                _add_note(archive, bundle, failed)
        packed.seek(0)
        return str(bundle.file.storage.save(f"bundles/{uuid.uuid4()}.zip", File(packed)))


def _add(archive: zipfile.ZipFile, name: str, source: IO[bytes], of: Round) -> None:
    """As it is: a PDF is pressed already."""
    with archive.open(_entry(name, of), "w") as target:
        shutil.copyfileobj(source, target, CHUNK)


def _add_note(archive: zipfile.ZipFile, bundle: Bundle, failed: list[str]) -> None:
    with translation.override(bundle.language):
        head = _("The reports of these teams could not be made:")
        name = _("not included")
    text = "\n".join([head, "", *failed, ""])
    archive.writestr(_entry(f"{name}.txt", bundle.round), text)


def _entry(name: str, of: Round) -> zipfile.ZipInfo:
    """Dated by the round's close, so that the same reports make the same file."""
    when = of.closed_at or of.closes_at
    entry = zipfile.ZipInfo(name, when.timetuple()[:6])
    entry.external_attr = 0o600 << 16  # for who unpacks it, and for nobody else on their machine
    return entry
