"""Keeps numbers and tokens out of every log line; a last line of defence, not the first."""

import logging
import re

# A webhook's address ends in its token; a run of seven digits may be somebody's number.
_TOKEN = re.compile(r"(/hooks/[^/\s]+/)[^/\s?\"']+")
_DIGITS = re.compile(r"\d(?:[\s().+-]{0,2}\d){6,}")


def mask(text: str) -> str:
    """The text without webhook tokens and without runs of seven or more digits."""
    return _DIGITS.sub("…", _TOKEN.sub(r"\1…", text))


class MaskSecrets(logging.Filter):
    """Rewrites the finished message of a record; tracebacks show code and never values."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = mask(record.getMessage())
        record.args = None
        record.__dict__.pop("request", None)  # its repr has the path
        return True
