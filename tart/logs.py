"""Logging, set up once per process: JSON lines under systemd and in pipes, text on a terminal.

One line per event, always on stderr: stdout belongs to the command's own answer. The times
of the JSON lines are UTC, those of the text local. Setting up again replaces, never adds.

Of each kind of line (a logger's format) only so many are written in a minute, or one bad node
that comes again and again would hide everything else. What is left out is counted, and told
with the next line of its kind. Errors are always written.
"""

from __future__ import annotations

import json
import logging
import math
import sys
from datetime import UTC, datetime

from tart.config import LogConfig

_MINUTE_SECONDS = 60.0
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


class Quota(logging.Filter):
    """Lets ``lines`` of each kind pass in a minute, and all errors.

    Kinds are written in the program, so there are few.
    """

    def __init__(self, lines: int) -> None:
        super().__init__()
        self._lines = lines
        # Of each kind: when its minute began, and how many lines came in it.
        self._minutes: dict[tuple[str, str], tuple[float, int]] = {}
        self.left_out = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """logging: whether the record is written."""
        if record.levelno >= logging.ERROR:
            return True
        kind = (record.name, str(record.msg))
        began, lines = self._minutes.get(kind, (-math.inf, 0))
        if record.created - began < _MINUTE_SECONDS:
            self._minutes[kind] = (began, lines + 1)
            self.left_out += lines >= self._lines
            return lines < self._lines
        self._minutes[kind] = (record.created, 1)
        if lines > self._lines:
            more = f" ({lines - self._lines} more like this were left out before)"
            record.msg, record.args = record.getMessage() + more, ()
        return True


_quota = Quota(0)


def left_out() -> int:
    """Lines of this process that were not written because there were too many."""
    return _quota.left_out


def set_up(config: LogConfig, process: str) -> None:
    """Send this process' log to stderr; ``process`` is its name in each line."""
    level = config.level.upper()
    handler = logging.StreamHandler(sys.stderr)
    as_json = config.format == "json" or (config.format == "auto" and not sys.stderr.isatty())
    if as_json:
        handler.setFormatter(JsonFormatter(process))
    else:
        layout = f"%(asctime)s %(levelname)-7s {process}: %(message)s"
        handler.setFormatter(logging.Formatter(layout))
    global _quota
    before, _quota = _quota, Quota(config.lines_per_minute)
    _quota.left_out = before.left_out
    handler.addFilter(_quota)
    # At debug level it writes down every statement with its values.
    logging.getLogger("aiosqlite").setLevel(max(logging.INFO, logging.getLevelName(level)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
