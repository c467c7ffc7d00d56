"""Logging, set up once per process: JSON lines under systemd and in pipes, text on a terminal.

One line per event, always on stderr: stdout belongs to the command's own answer. The times
of the JSON lines are UTC, those of the text local. Setting up again replaces, never adds.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from tart.config import LogConfig

# What every record has; anything else on one came by ``extra``.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time, level, process, logger, message, and ``extra``."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """The line; an exception becomes one more member, as does each of ``extra``."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        for name, value in vars(record).items():
            if name not in _STANDARD:
                line.setdefault(name, value)
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up(config: LogConfig, process: str) -> None:
    """Send this process' log to stderr; ``process`` is its name in each line."""
    handler = logging.StreamHandler(sys.stderr)
    as_json = config.format == "json" or (config.format == "auto" and not sys.stderr.isatty())
    if as_json:
        handler.setFormatter(JsonFormatter(process))
    else:
        layout = f"%(asctime)s %(levelname)-7s {process}: %(message)s"
        handler.setFormatter(logging.Formatter(layout))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(config.level.upper())
