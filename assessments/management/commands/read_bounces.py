"""``manage.py read_bounces``: what came back to the address that mails are sent from."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assessments.bounces import read_bounce
from assessments.services.mails import record_bounce


class Command(BaseCommand):
    """Note which mails came back, so that administrators see them."""

    help = (
        "Read messages that came back, from a pipe or from files and Maildir folders, and note which mails "
        "did not arrive. Reads only: messages stay where they are, and reading them twice changes nothing."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Where the messages are."""
        parser.add_argument(
            "paths", nargs="*", type=Path, help="files or folders; without any: one message piped in"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Look at every message; those that are about no mail of ours are passed over."""
        now, seen, noted = timezone.now(), 0, 0
        for data in self._messages(options["paths"]):
            bounce = read_bounce(data)
            seen += 1
            noted += bool(bounce and record_bounce(bounce=bounce, now=now))
        self.stdout.write(f"Messages: {seen}; mails that did not arrive: {noted}.")

    def _messages(self, paths: list[Path]) -> Iterator[bytes]:
        if not paths:
            yield sys.stdin.buffer.read()
        for path in paths:
            if not path.exists():
                raise CommandError(
                    f"{path} does not exist. Name a file or a folder with messages, or pipe one in."
                )
            files = (
                [path] if path.is_file() else sorted(found for found in path.rglob("*") if found.is_file())
            )
            yield from (found.read_bytes() for found in files)
