"""Listens to loggers as production does: through the same formatter, into memory."""

import io
import json
import logging
from types import TracebackType
from typing import Any

from config.logs import MaskingFormatter, QuietHandler


class Lines:
    """`with Lines("ringback.request") as lines: …`; then `lines.text`, and `lines.data` of lines in JSON."""

    def __init__(self, name: str = "", *, is_json: bool = True, level: int = logging.DEBUG) -> None:
        self._logger = logging.getLogger(name)
        self._level = level
        self._before = self._logger.level
        self._stream = io.StringIO()
        self._handler = QuietHandler(self._stream)
        self._handler.setFormatter(MaskingFormatter(is_json=is_json))

    def __enter__(self) -> "Lines":
        self._before = self._logger.level
        self._logger.setLevel(self._level)
        self._logger.addHandler(self._handler)
        self._logger.propagate = False  # pytest's own handlers raise where a line cannot be made
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._logger.removeHandler(self._handler)
        self._logger.propagate = True
        self._logger.setLevel(self._before)

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    @property
    def data(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]
