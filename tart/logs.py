"""The server log: text on a terminal and in systemd's journal, JSON lines in files and pipes.

Each event is one line on stderr: stdout belongs to the command's own output. The times of JSON
lines are UTC, those of text lines local. A second set-up replaces the first.

The journal gets the priority of each line as a prefix (sd-daemon(3)). Since it makes an entry of
every line and has a time for each, text there has no time of its own, and a traceback is one line.

A line may contain text of a stranger. So lines, and exceptions with their tracebacks, have a
maximum length; and no text can move a terminal's cursor or pass for another line: control
characters are escaped, and the lines of a traceback are indented.

Each log call site is limited to a number of lines a minute, or one bad node that reconnects again
and again would hide everything else. Errors have a limit of their own. Suppressed lines are
counted, and the next line of the same call site reports them.
"""

from __future__ import annotations

import json
import logging
import math
import os
import re
import sys
import threading
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TextIO

from tart.config.schema import LogConfig
from tart.style import PLAIN, Style, style_for

log = logging.getLogger(__name__)

# The maximum length of a message and of each further member of a line.
MESSAGE_CHARACTERS = 4000
# The maximum length of an exception with its traceback, whose end says what happened.
EXCEPTION_CHARACTERS = 8000
# The maximum length of a line that is kept in memory.
RECENT_CHARACTERS = 1000
_MINUTE_SECONDS = 60.0
# Call sites are few, but a module that is loaded again has new ones each time.
_MAX_SITES = 1000
# Of syslog(3), by the least level that has it.
_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
_DEBUG_PRIORITY = 7
# Between the lines of a traceback in the journal.
_LINE_MARK = " | "
# Control characters, line separators, marks of writing direction, and lone surrogates.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
# The attributes that every record has; any other came by ``extra``.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def shorten(text: str, limit: int, *, end: bool = False) -> str:
    """Return at most ``limit`` characters of a text: its beginning, and its end if that matters."""
    if len(text) <= limit:
        return text
    mark = f"… {len(text) - limit} characters left out …"
    tail = limit * 3 // 4 if end else 0
    return f"{text[: limit - tail]}{mark}{text[len(text) - tail :]}"


def escape_line(text: str) -> str:
    """Return a text as one line of printable characters."""
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()


def is_journal(stream: TextIO | None, environ: Mapping[str, str]) -> bool:
    """Return whether a stream leads to systemd's journal (``$JOURNAL_STREAM``, systemd.exec(5)).

    The variable alone says little: a program may have been started with its stderr elsewhere.
    """
    wanted = environ.get("JOURNAL_STREAM")
    if not wanted or stream is None:
        return False
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return wanted == f"{status.st_dev}:{status.st_ino}"


def priority_prefix(level: int) -> str:
    """Return what stands before a line in the journal: its priority, as sd-daemon(3) has it."""
    priority = next((each for least, each in _PRIORITIES if level >= least), _DEBUG_PRIORITY)
    return f"<{priority}>"


class _Formatter(logging.Formatter):
    """The parts that both formats share."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    @staticmethod
    def message(record: logging.LogRecord) -> str:
        """Return the message; arguments that do not fit are reported in it."""
        try:
            text = record.getMessage()
        except Exception as error:
            text = f"{record.msg!r}, whose arguments do not fit: {type(error).__name__}"
        return shorten(text, MESSAGE_CHARACTERS)

    def failure(self, record: logging.LogRecord) -> str:
        """Return the exception with its traceback, and the stack if the call asked for it."""
        parts = [record.exc_text or ""]
        if record.exc_info and not record.exc_text:
            parts = [self.formatException(record.exc_info)]
        if record.stack_info:
            parts.append(record.stack_info)
        text = "\n".join(each for each in parts if each)
        return shorten(text, EXCEPTION_CHARACTERS, end=True)


class TextFormatter(_Formatter):
    """Lines for people: time, level, process, message; a traceback indented below."""

    def __init__(self, process: str, style: Style = PLAIN) -> None:
        super().__init__(process)
        self._colours = style

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and those of an exception."""
        moment = datetime.fromtimestamp(record.created).astimezone()
        time = f"{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03}"
        first = f"{self._colours.dim(time)} {self.headline(record)}"
        return "\n    ".join((first, *self.failure_lines(record)))

    def headline(self, record: logging.LogRecord) -> str:
        """Return level, process and message."""
        level = self._level(record.levelno, f"{record.levelname:<7}")
        return f"{level} {self._process}: {escape_line(self.message(record))}"

    def _level(self, level: int, text: str) -> str:
        if level >= logging.ERROR:
            return self._colours.error(text)
        if level >= logging.WARNING:
            return self._colours.warning(text)
        return self._colours.dim(text) if level <= logging.DEBUG else text

    def failure_lines(self, record: logging.LogRecord) -> list[str]:
        """Return the lines of an exception with its traceback."""
        return [escape_line(line) for line in self.failure(record).split("\n") if line]


class JournalFormatter(TextFormatter):
    """Lines for the journal, which has their time: level, process, message, traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, which an exception is a part of."""
        lines = [line.strip() for line in self.failure_lines(record)]
        return _LINE_MARK.join((self.headline(record), *lines))


class JsonFormatter(_Formatter):
    """One JSON object per line: time, level, process, logger, message, and ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; an exception is a member, and so is each of ``extra``."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": self.message(record),
        }
        if failure := self.failure(record):
            line["exception"] = failure
        for name, value in vars(record).items():
            if name not in _STANDARD:
                line.setdefault(name, _member(value))
        # JSON has these characters only inside strings, where the escape is allowed.
        return _UNSAFE.sub(_json_escape, json.dumps(line, ensure_ascii=False))


def _member(value: object) -> object:
    """Return a value of ``extra``: a number as it is, all else as text of limited length."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return shorten(str(value), MESSAGE_CHARACTERS)


def _json_escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


class SiteLimit(logging.Filter):
    """Limits each call site to ``lines`` a minute; errors have a limit of their own.

    Attributes:
        suppressed: Lines that were not written.
    """

    def __init__(self, lines: int) -> None:
        super().__init__()
        self._lines = lines
        # When the minute of each call site began, and its lines in that minute.
        self._minutes: dict[tuple[str, int, bool], tuple[float, int]] = {}
        self.suppressed = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is written (called by ``logging``)."""
        site = (record.pathname, record.lineno, record.levelno >= logging.ERROR)
        began, lines = self._minutes.pop(site, (-math.inf, 0))
        if record.created - began < _MINUTE_SECONDS:
            self._minutes[site] = (began, lines + 1)
            self.suppressed += lines >= self._lines
            return lines < self._lines
        if len(self._minutes) >= _MAX_SITES:
            # The call site that logged least recently.
            del self._minutes[next(iter(self._minutes))]
        self._minutes[site] = (record.created, 1)
        if lines > self._lines:
            more = f" ({lines - self._lines} more like this were suppressed)"
            record.msg, record.args = _Formatter.message(record) + more, ()
        return True


_limit = SiteLimit(0)
_in_use: LogConfig | None = None
# The last lines of level warning and above: of this process, and of the supervisor until the fork.
RECENT_LINES = 200
_recent: deque[dict[str, str]] = deque(maxlen=RECENT_LINES)
# Keys as clients send them; a line should never have one.
_SECRET = re.compile(r"tart_[\w-]{8,}|(?i:(?:token|authorization|password|secret)[=:]\s*)\S+")


class _Handler(logging.StreamHandler[TextIO]):
    """Writes lines, and keeps the last ones of level warning and above for ``recent_lines``."""

    def __init__(self, process: str, *, journal: bool) -> None:
        super().__init__(sys.stderr)
        self._process = process
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        """Return a line, with its priority for the journal (called by ``logging``)."""
        line = super().format(record)
        return f"{priority_prefix(record.levelno)}{line}" if self._journal else line

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line (called by ``logging``)."""
        super().emit(record)
        if record.levelno >= logging.WARNING:
            _recent.append(_recent_line(record, self._process))


def _recent_line(record: logging.LogRecord, process: str) -> dict[str, str]:
    text = _Formatter.message(record)
    if record.exc_info and record.exc_info[1] is not None:
        text += f": {type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
    moment = datetime.fromtimestamp(record.created, UTC)
    return {
        "time": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06}Z",
        "level": record.levelname.lower(),
        "process": process,
        "logger": record.name,
        "message": _SECRET.sub("…", escape_line(shorten(text, RECENT_CHARACTERS))),
    }


def recent_lines() -> list[dict[str, str]]:
    """Return the last lines of level warning and above, oldest first, without secrets.

    A forked process begins with those of its parent: the supervisor's, which say why a process
    was started again.
    """
    return list(_recent)


def suppressed_lines() -> int:
    """Return how many lines of this process were suppressed."""
    return _limit.suppressed


def settings_in_use() -> LogConfig | None:
    """Return the settings of the last set-up, which SIGHUP may have changed; ``None`` before."""
    return _in_use


def set_up(config: LogConfig, process: str) -> None:
    """Send the log of this process to stderr; ``process`` is its name in each line."""
    level = config.level.upper()
    journal = is_journal(sys.stderr, os.environ)
    handler = _Handler(process, journal=journal)
    handler.setFormatter(_formatter(config, process, journal=journal))
    global _limit, _in_use
    _in_use = config
    before, _limit = _limit, SiteLimit(config.lines_per_minute)
    _limit.suppressed = before.suppressed
    handler.addFilter(_limit)
    # At debug level it logs every statement with its values.
    logging.getLogger("aiosqlite").setLevel(max(logging.INFO, logging.getLevelName(level)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    _catch_strays()


def _formatter(config: LogConfig, process: str, *, journal: bool) -> logging.Formatter:
    plain = config.format == "text" or (config.format == "auto" and sys.stderr.isatty())
    if journal and config.format != "json":
        return JournalFormatter(process)
    if plain:
        return TextFormatter(process, style_for(sys.stderr, os.environ))
    return JsonFormatter(process)


def _catch_strays() -> None:
    """Send to the log what Python itself would write to stderr."""
    logging.captureWarnings(capture=True)
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _thread_failed
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _cleanup_failed


def _thread_failed(failure: threading.ExceptHookArgs) -> None:
    name = failure.thread.name if failure.thread is not None else "unknown"
    log.error("thread %s ended with an error", name, exc_info=failure.exc_value)


def _cleanup_failed(failure: sys.UnraisableHookArgs) -> None:
    event = failure.err_msg or "an object could not be cleaned up"
    log.error("%s: %r", event, failure.object, exc_info=failure.exc_value)
