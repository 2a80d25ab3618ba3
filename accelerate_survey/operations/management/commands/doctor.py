"""``manage.py doctor``: looks at every part, says what is wrong and what to do."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accelerate_survey.operations import doctor
from accelerate_survey.operations.health import Finding
from assessments.logs import mask


class Command(BaseCommand):
    """One line a part; ends with 1 when one is broken."""

    help = "Look at every part of the survey: ok, warning or broken, and what to do. Changes nothing."
    requires_system_checks = ()  # they stop at the first thing that is wrong

    def add_arguments(self, parser: ArgumentParser) -> None:
        """For programs, and for mails."""
        parser.add_argument("--json", action="store_true", help="print a list for other programs")
        parser.add_argument("--send-test-mail", metavar="ADDRESS", help="send one mail to this address")

    def handle(self, *args: Any, json: bool, send_test_mail: str | None, **options: Any) -> None:
        """Tell each finding as soon as it is there."""
        findings = []
        for finding in doctor.examine(timezone.now()):
            findings.append(finding)
            if not json:
                self._tell(finding)
        if send_test_mail:
            findings.append(doctor.send_test_mail(send_test_mail))
            if not json:
                self._tell(findings[-1])
        if json:
            self.stdout.write(_as_json(findings))
        if bad := [finding.part for finding in findings if not finding.is_fine]:
            raise CommandError(f"Broken: {', '.join(bad)}.")

    def _tell(self, finding: Finding) -> None:
        self.stdout.write(f"{finding.state.value:8} {finding.part:12} {mask(finding.said)}")
        if finding.do:
            self.stdout.write(f"{'':21} To do: {finding.do}")


def _as_json(findings: list[Finding]) -> str:
    rows = [
        {"part": each.part, "state": each.state.value, "said": mask(each.said), "do": each.do}
        for each in findings
    ]
    return json.dumps(rows, indent=1, ensure_ascii=False)
