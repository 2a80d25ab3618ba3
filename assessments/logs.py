"""Keeps respondents' secrets out of the logs."""

import logging
import re

_TOKEN = re.compile(r"\b\d{1,18}-[A-Za-z0-9_-]{43}")


def mask(text: str) -> str:
    """The text with every respondent's token replaced by stars."""
    return _TOKEN.sub("***", text)


class SecretFilter(logging.Filter):
    """Masks tokens in the message of every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record pass, masked."""
        message = record.getMessage()
        masked = mask(message)
        if masked != message:
            record.msg, record.args = masked, ()
        return True
