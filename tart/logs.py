"""Logging, set up once per process: JSON lines under systemd and in pipes, text on a terminal.

One line per event, always on stderr: stdout belongs to the command's own answer. The times
of the JSON lines are UTC, those of the text local. Setting up again replaces, never adds.

What is logged may have been said by a stranger. So a line has a longest length, an exception
with its traceback, too; and nothing in it can move a terminal's cursor or pass for another line:
control characters are escaped, and the lines of a traceback are indented.

Of each kind of line (a place in the program) only so many are written in a minute, or one bad
node that comes again and again would hide everything else. Errors have as many for themselves.
What is left out is counted, and told with the next line of its kind.
"""

from __future__ import annotations

import json
import logging
import math
import re
import sys
import threading
from datetime import UTC, datetime

from tart.config.schema import LogConfig

log = logging.getLogger(__name__)

# Of a message and of each further member of a line.
MESSAGE_CHARACTERS = 4000
# Of an exception with its traceback, whose end says what happened.
EXCEPTION_CHARACTERS = 8000
_MINUTE_SECONDS = 60.0
# Places in the program are few, but a file that is read again has others each time.
_MAX_KINDS = 1000
# Control characters, what starts a new line or turns its direction, and what is no character.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
# What every record has; anything else on one came by ``extra``.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def shortened(text: str, most: int, *, end: bool = False) -> str:
    """At most so many characters of a text: its beginning, and its end if that matters."""
    if len(text) <= most:
        return text
    left_out = f"… {len(text) - most} characters left out …"
    tail = most * 3 // 4 if end else 0
    return f"{text[: most - tail]}{left_out}{text[len(text) - tail :]}"


def escaped(text: str) -> str:
    """A text as one line of printable characters."""
    return _UNSAFE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


class _Formatter(logging.Formatter):
    """What both formats share."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    @staticmethod
    def said(record: logging.LogRecord) -> str:
        """The message; a record whose arguments do not fit is no reason to lose it."""
        try:
            text = record.getMessage()
        except Exception as error:
            text = f"{record.msg!r}, whose arguments do not fit: {type(error).__name__}"
        return shortened(text, MESSAGE_CHARACTERS)

    def failure(self, record: logging.LogRecord) -> str:
        """The exception with its traceback, and a stack if one was asked for."""
        parts = [record.exc_text or ""]
        if record.exc_info and not record.exc_text:
            parts = [self.formatException(record.exc_info)]
        if record.stack_info:
            parts.append(record.stack_info)
        text = "\n".join(each for each in parts if each)
        return shortened(text, EXCEPTION_CHARACTERS, end=True)


class TextFormatter(_Formatter):
    """One line for people: time, level, process, message; a traceback indented below."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and those of an exception."""
        moment = datetime.fromtimestamp(record.created).astimezone()
        time = f"{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03}"
        line = f"{time} {record.levelname:<7} {self._process}: {escaped(self.said(record))}"
        failure = self.failure(record)
        return "\n".join((line, *(f"    {escaped(each)}" for each in failure.split("\n") if each)))


class JsonFormatter(_Formatter):
    """One JSON object per line: time, level, process, logger, message, and ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; an exception becomes one more member, as does each of ``extra``."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": self.said(record),
        }
        if failure := self.failure(record):
            line["exception"] = failure
        for name, value in vars(record).items():
            if name not in _STANDARD:
                line.setdefault(name, _member(value))
        # Outside of texts JSON has none of these, and inside of them it may be written so.
        return _UNSAFE.sub(_json_escape, json.dumps(line, ensure_ascii=False))


def _member(value: object) -> object:
    """Of ``extra``: numbers as they are, all else as a text of bounded length."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return shortened(str(value), MESSAGE_CHARACTERS)


def _json_escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


class Quota(logging.Filter):
    """Lets ``lines`` of each kind pass in a minute, errors apart from the others."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self._lines = lines
        # Of each kind: when its minute began, and how many lines came in it.
        self._minutes: dict[tuple[str, int, bool], tuple[float, int]] = {}
        self.left_out = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """logging: whether the record is written."""
        kind = (record.pathname, record.lineno, record.levelno >= logging.ERROR)
        began, lines = self._minutes.pop(kind, (-math.inf, 0))
        if record.created - began < _MINUTE_SECONDS:
            self._minutes[kind] = (began, lines + 1)
            self.left_out += lines >= self._lines
            return lines < self._lines
        if len(self._minutes) >= _MAX_KINDS:
            # The one that was heard of longest ago.
            del self._minutes[next(iter(self._minutes))]
        self._minutes[kind] = (record.created, 1)
        if lines > self._lines:
            more = f" ({lines - self._lines} more like this were left out before)"
            record.msg, record.args = _Formatter.said(record) + more, ()
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
    handler.setFormatter(JsonFormatter(process) if as_json else TextFormatter(process))
    global _quota
    before, _quota = _quota, Quota(config.lines_per_minute)
    _quota.left_out = before.left_out
    handler.addFilter(_quota)
    # At debug level it writes down every statement with its values.
    logging.getLogger("aiosqlite").setLevel(max(logging.INFO, logging.getLevelName(level)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    _catch_strays()


def _catch_strays() -> None:
    """Have what Python itself would write to stderr go through the log, with its limits."""
    logging.captureWarnings(capture=True)
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _thread_failed
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _cleanup_failed


def _thread_failed(found: threading.ExceptHookArgs) -> None:
    name = found.thread.name if found.thread is not None else "unknown"
    log.error("thread %s has ended by an error", name, exc_info=found.exc_value)


def _cleanup_failed(found: sys.UnraisableHookArgs) -> None:
    what = found.err_msg or "an object could not be cleaned up"
    log.error("%s: %r", what, found.object, exc_info=found.exc_value)
