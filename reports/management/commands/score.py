"""``manage.py score FILE.csv --questionnaire accelerate-2 --out DIR``: a spreadsheet's scores.

For answers that were given elsewhere. Needs no server and no database. A spreadsheet is not an
organization: intervals rest on the standard prior and on the team's own answers, so that a
team's figures do not move when a row of another team is added.
"""

import os
import shutil
import signal
import uuid
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from assessments import scoring
from assessments.answers_file import AnswersFileError, read_answers, scales_of
from assessments.disclosure import DEFAULT_MINIMUM
from assessments.instrument import Instrument
from assessments.questionnaire_file import QuestionnaireFileError, read
from assessments.scale import DONT_KNOW, Answer
from assessments.services.imports import texts_of
from assessments.services.scores import make_scores
from assessments.tables import as_csv
from reports import pdf
from reports.builder import Occasion, make_content
from reports.spreadsheet import as_json, as_table, file_names, results_of, start_process

FEW = 2
"""Up to so many reports are drawn in this process: starting others takes longer."""

REPORTS_PER_PROCESS = 50
"""After so many a process ends: WeasyPrint's memory grows from document to document."""


@dataclass(frozen=True)
class Job:
    """A team's report: what it is made of and where it goes."""

    instrument: Instrument
    occasion: Occasion
    responses: list[dict[str, Answer]]
    language: str
    path: Path


class Command(BaseCommand):
    """Score a spreadsheet."""

    help = "Score a spreadsheet: scores.json, scores.csv and a PDF report for each team. Needs no database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to score, by which questionnaire, and where to write."""
        parser.add_argument("file", type=Path, help="a row per response: team, and a column per statement")
        parser.add_argument(
            "--questionnaire", required=True, help="slug and version, such as accelerate-2, or a YAML file"
        )
        parser.add_argument("--out", type=Path, required=True, help="a folder that is new or empty")
        parser.add_argument("--no-pdf", action="store_true", help="leave the reports out")
        codes = [code for code, _name in settings.LANGUAGES]
        parser.add_argument(
            "--language", choices=codes, default=settings.LANGUAGE_CODE, help="of the reports"
        )

    def handle(
        self,
        *args: Any,
        file: Path,
        questionnaire: str,
        out: Path,
        no_pdf: bool,
        language: str,
        **options: Any,
    ) -> None:
        """Read all of it, then write all of it; where something is wrong, write nothing."""
        instrument, out = _instrument(questionnaire), out.resolve()
        try:
            _require_empty(out)
            answers = _answers(file, instrument)
            table = scoring.score_capabilities(answers, instrument, minimum=DEFAULT_MINIMUM)
            results = results_of(table)
            with _ending_is_stopping(), _whole_folder(out) as folder:
                (folder / "scores.json").write_text(as_json(results), encoding="utf-8")
                (folder / "scores.csv").write_bytes(as_csv(as_table(results)))
                if not no_pdf:
                    self.stdout.write(f"Drawing {len(results)} reports ...")
                    _draw_all(_jobs(answers, instrument, file.stem, language, folder))
        except KeyboardInterrupt:
            raise CommandError("Stopped. Nothing was written.") from None
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{len(answers)} responses of {len(results)} teams: {out}")


def _instrument(name: str) -> Instrument:
    """The questionnaire of a file, or of one that the product ships."""
    folder = Path(settings.BASE_DIR) / "fixtures" / "questionnaires"
    shipped = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    path = shipped.get(name, Path(name))
    try:
        return read(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join(shipped)
        raise CommandError(
            f"There is no questionnaire {name!r}. Give the path of a YAML file, or one of: {known}."
        ) from error
    except QuestionnaireFileError as error:
        raise CommandError(str(error)) from error


def _require_empty(out: Path) -> None:
    """Refuse a folder with files: old ones would pass for new ones."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CommandError(f"{out} is there already and not an empty folder. Give a new one.")


def _answers(file: Path, instrument: Instrument) -> Any:
    """The spreadsheet as a frame of answers (see ``scoring.to_frame``)."""
    try:
        with file.open("rb") as lines:
            rows = ((row.team, row.answers) for row in read_answers(lines, instrument))
            return scoring.to_frame(rows, list(scales_of(instrument)))
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    except AnswersFileError as error:
        raise CommandError("\n".join(f"{file.name}: {text}" for text in texts_of(error))) from error


@contextmanager
def _ending_is_stopping() -> Iterator[None]:
    """Let SIGTERM do what Ctrl-C does: without warning, it would leave processes and half a folder behind."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _whole_folder(out: Path) -> Iterator[Path]:
    """A folder that becomes ``out`` when all has gone well, and is gone otherwise."""
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = out.with_name(f".{out.name}-{uuid.uuid4().hex[:8]}")  # beside it: moving it takes no time
    folder.mkdir()
    try:
        yield folder
        folder.replace(out)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _jobs(answers: Any, instrument: Instrument, round_name: str, language: str, folder: Path) -> list[Job]:
    """A report for every team, in the order of the spreadsheet."""
    rows = answers.groupby(level=0, sort=False).indices
    names = file_names(answers.index.unique())
    jobs = []
    for team, name in names.items():
        responses = _responses(answers.take(rows[team]))
        occasion = Occasion(
            organization="",
            team=team,
            round=round_name,
            closed_on=timezone.localdate(),
            invited=None,  # how many were asked is not in the spreadsheet
            responded=len(responses),
            minimum=DEFAULT_MINIMUM,
        )
        jobs.append(Job(instrument, occasion, responses, language, folder / f"{name}.pdf"))
    return jobs


def _responses(answers: Any) -> list[dict[str, Answer]]:
    """Answers as they are stored, out of a frame: the way back from ``scoring.to_frame``."""
    keys = list(answers.columns)
    return [
        {
            key: DONT_KNOW if value == scoring.DONT_KNOW_VALUE else int(value)
            for key, value in zip(keys, row, strict=True)
            if value == value  # NaN is a skipped question
        }
        for row in answers.to_numpy().tolist()
    ]


def _draw_all(jobs: Sequence[Job]) -> None:
    """Draw the reports, on all processors where there are more than a few."""
    processes = min(os.cpu_count() or 1, len(jobs))
    if len(jobs) <= FEW or processes == 1:
        for job in jobs:
            draw(job)
        return
    batch = processes * REPORTS_PER_PROCESS
    try:
        for start in range(0, len(jobs), batch):
            # "spawn", because a forked process cannot draw texts on macOS
            with ProcessPoolExecutor(processes, get_context("spawn"), start_process) as pool:
                list(pool.map(draw, jobs[start : start + batch]))
    except BrokenProcessPool as error:
        raise CommandError("A process that draws reports was ended, perhaps for want of memory.") from error


def draw(job: Job) -> None:
    """Draw one report."""
    team = job.occasion.team
    rows = [(team, answers) for answers in job.responses]
    scores = make_scores(rows, [team], job.instrument, minimum=job.occasion.minimum)[team]
    by_key = {(score.kind, score.key): score for score in scores}
    with translation.override(job.language):
        content = make_content(job.instrument, by_key, job.occasion, job.language)
        job.path.write_bytes(pdf.render(content))
