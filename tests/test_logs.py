import io
import json
import logging
import os
import re
import socket
import subprocess
import sys
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tart import logs
from tart.config.schema import LogConfig
from tart.logs import SiteLimit, set_up, suppressed_lines


class Terminal(io.StringIO):
    def isatty(self):
        return True


def logged(monkeypatch, config, stream=None):
    """A stderr that receives what is logged from here on."""
    stream = stream or io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    set_up(config, "shard 3")
    return stream


def test_each_event_is_one_json_object(monkeypatch):
    out = logged(monkeypatch, LogConfig(format="json"))
    before = datetime.now(UTC)
    logging.getLogger("tart.x").info("über %d\nnodes", 7, extra={"node": 4, "path": Path("/p")})

    line = json.loads(out.getvalue())
    time = datetime.fromisoformat(line.pop("time"))
    assert out.getvalue().count("\n") == 1
    assert line == {
        "level": "info",
        "process": "shard 3",
        "logger": "tart.x",
        "message": "über 7\nnodes",
        "node": 4,
        "path": "/p",
    }
    assert abs((time - before).total_seconds()) < 60


def test_extra_cannot_replace_the_members_of_every_line(monkeypatch):
    out = logged(monkeypatch, LogConfig(format="json"))
    logging.getLogger("tart").info("x", extra={"level": "fake", "time": "never"})

    assert json.loads(out.getvalue())["level"] == "info"
    assert json.loads(out.getvalue())["time"] != "never"


def test_an_exception_is_a_member_of_the_line(monkeypatch):
    out = logged(monkeypatch, LogConfig(format="json"))
    try:
        raise ValueError("boom")
    except ValueError:
        logging.getLogger("tart").exception("failed")

    line = json.loads(out.getvalue())
    assert line["message"] == "failed"
    assert line["exception"].endswith("ValueError: boom")


@pytest.mark.parametrize(
    ("format_", "terminal", "is_json"),
    [
        ("auto", True, False),
        ("auto", False, True),
        ("json", True, True),
        ("text", False, False),
    ],
)
def test_auto_is_text_on_a_terminal_only(monkeypatch, format_, terminal, is_json):
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal() if terminal else io.StringIO()
    out = logged(monkeypatch, LogConfig(format=format_), stream)
    logging.getLogger("tart").warning("late")

    assert out.getvalue().startswith("{") == is_json
    if not is_json:
        assert out.getvalue().endswith("WARNING shard 3: late\n")


@pytest.mark.parametrize(("level", "count"), [("debug", 4), ("info", 3), ("warning", 2)])
def test_the_level_is_the_least_that_is_logged(monkeypatch, level, count):
    out = logged(monkeypatch, LogConfig(level=level))
    for each in ("debug", "info", "warning", "error"):
        getattr(logging.getLogger("tart"), each)("x")

    assert out.getvalue().count("\n") == count


def test_a_second_set_up_replaces_the_first(monkeypatch):
    logged(monkeypatch, LogConfig())
    out = logged(monkeypatch, LogConfig(level="error"))
    logging.getLogger("tart").error("once")
    logging.getLogger("tart").info("never")

    assert out.getvalue().count("\n") == 1


def test_a_flood_of_one_call_site_hides_no_other_line_and_is_counted(monkeypatch):
    out = logged(monkeypatch, LogConfig(format="json", lines_per_minute=3))
    log = logging.getLogger("tart.x")
    before = suppressed_lines()
    for number in range(10):
        log.warning("connection from %s closed", number)
    log.warning("something else")
    for _ in range(5):
        log.error("broken")
    messages = [json.loads(line)["message"] for line in out.getvalue().splitlines()]

    assert messages == [
        *(f"connection from {number} closed" for number in range(3)),
        "something else",
        *["broken"] * 3,
    ]
    assert suppressed_lines() - before == 9


def test_the_next_minute_reports_how_many_lines_were_suppressed():
    quota = SiteLimit(2)
    passed = []
    for at in [0, 1, 2, 3, 61, 62, 63, 200]:
        record = logging.LogRecord("n", logging.WARNING, "", 0, "of %d", (at,), None)
        record.created = at
        if quota.filter(record):
            passed.append(record.getMessage())

    assert passed == [
        *("of 0", "of 1", "of 61 (2 more like this were suppressed)", "of 62"),
        "of 200 (1 more like this were suppressed)",
    ]


def test_errors_have_a_limit_of_their_own_and_messages_make_no_call_sites():
    quota = SiteLimit(2)
    passed = []
    for number in range(5000):
        for level in (logging.WARNING, logging.ERROR):
            record = logging.LogRecord("n", level, "x.py", 7, f"all of {number} words", (), None)
            record.created = 0.0
            if quota.filter(record):
                passed.append((level, number))
    assert passed == [(level, at) for at in (0, 1) for level in (logging.WARNING, logging.ERROR)]
    for number in range(5000):
        record = logging.LogRecord("n", logging.ERROR, f"{number}.py", 7, "x", (), None)
        assert quota.filter(record)
    assert len(quota._minutes) <= 1000


HOSTILE = "a\x1b[2Jb\x07c\rd\ne\x9bf\u2028g\u202eh\ud800i\x00j"
FORGED = "x\n2026-01-01 00:00:00,000 ERROR   shard 3: forged"


@pytest.mark.parametrize("format_", ["text", "json"])
def test_control_characters_in_messages_are_escaped(monkeypatch, format_):
    out = logged(monkeypatch, LogConfig(format=format_))
    log = logging.getLogger("tart.x")
    log.warning("%s", HOSTILE)
    log.info("said", extra={"what": HOSTILE})
    log.warning(FORGED)
    for text in (HOSTILE, FORGED):
        try:
            raise ValueError(text)
        except ValueError:
            log.exception("failed with %s", text)
    written = out.getvalue()

    assert written.encode().decode() == written
    assert not {each for each in written if not each.isprintable()} - {"\n"}
    if format_ == "json":
        lines = [json.loads(line) for line in written.splitlines()]
        assert (lines[0]["message"], lines[1]["what"]) == (HOSTILE, HOSTILE)
        assert lines[3]["exception"].endswith(f"ValueError: {HOSTILE}")
    else:
        ours = [line for line in written.splitlines() if not line.startswith("    ")]
        assert len(ours) == 5
        assert not [line for line in ours if line.startswith("2026-01-01")]


@pytest.mark.parametrize("format_", ["text", "json"])
def test_lines_and_tracebacks_have_a_maximum_length(monkeypatch, format_):
    out = logged(monkeypatch, LogConfig(format=format_))
    log = logging.getLogger("tart.x")
    log.warning("x" * 1_000_000)
    log.info("x", extra={"what": "y" * 1_000_000})
    try:
        raise ValueError("z" * 1_000_000 + "the end")
    except ValueError:
        log.exception("failed")

    assert len(out.getvalue()) < 20_000
    assert "characters left out" in out.getvalue()
    assert "the end" in out.getvalue()


def test_a_record_whose_arguments_do_not_fit_is_written(monkeypatch):
    out = logged(monkeypatch, LogConfig(format="text"))
    logging.getLogger("tart.x").warning("%d nodes", "many\x1b")

    assert out.getvalue().endswith("'%d nodes', whose arguments do not fit: TypeError\n")


STRAYS = """
import threading, warnings
from tart.config.schema import (LogConfig)
from tart.logs import set_up

set_up(LogConfig(format="text"), "shard 3")

class Broken:
    def __del__(self):
        raise ValueError("cleanup\\x1b")

def fail():
    raise ValueError("thread\\x1b")

warnings.warn("warning\\x1b")
thread = threading.Thread(target=fail)
thread.start()
thread.join()
Broken()
"""


def test_output_of_python_itself_goes_through_the_log():
    ran = subprocess.run(
        [sys.executable, "-c", STRAYS], capture_output=True, text=True, check=True, timeout=30
    )
    for what in ("cleanup", "thread", "warning"):
        assert f"{what}\\x1b" in ran.stderr
    assert "\x1b" not in ran.stderr
    ours = [line for line in ran.stderr.splitlines() if not line.startswith("    ")]
    assert len(ours) == 3
    assert all(" shard 3: " in line for line in ours)


def test_statements_of_the_registry_are_not_logged(monkeypatch):
    logged(monkeypatch, LogConfig(level="debug"))
    assert not logging.getLogger("aiosqlite").isEnabledFor(logging.DEBUG)


def test_the_last_warnings_are_remembered_without_secrets_and_inherited(monkeypatch):
    monkeypatch.setattr(logs, "_recent", deque(logs._recent, logs.RECENT_LINES))
    logs._recent.clear()
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    logs.set_up(LogConfig(level="info"), "supervisor")
    log = logging.getLogger("tart.remembered")
    log.info("not remembered")
    log.warning("shard 1 ended by signal 9; restarting it")
    # As in a process that was forked meanwhile.
    logs.set_up(LogConfig(level="info"), "shard 1")
    try:
        raise ValueError("broken")
    except ValueError:
        log.exception("a turn failed; Authorization: Bearer tart_abcdefghijklmnop token=abc\x1b[2J")
    first, second = logs.recent_lines()
    assert (first["process"], first["level"]) == ("supervisor", "warning")
    assert first["message"] == "shard 1 ended by signal 9; restarting it"
    assert (second["process"], second["level"]) == ("shard 1", "error")
    assert second["message"].endswith("ValueError: broken")
    for secret in ("tart_", "abc", "\x1b"):
        assert secret not in second["message"]
    for number in range(logs.RECENT_LINES + 5):
        log.warning("line %d", number) if number % 2 else log.error("line %d", number)
    assert len(logs.recent_lines()) <= logs.RECENT_LINES


@pytest.fixture
def journal(monkeypatch):
    """What is logged to a socket that stands for the journal's; its lines when it is called."""
    ours, theirs = socket.socketpair()
    status = os.fstat(theirs.fileno())
    monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
    with ours, theirs, theirs.makefile("w") as stream:

        def lines(config):
            logged(monkeypatch, config, stream)
            log = logging.getLogger("tart.x")
            for level in ("debug", "info", "warning", "error", "critical"):
                getattr(log, level)("%s\nline", level)
            try:
                raise ValueError("boom\nbang")
            except ValueError:
                log.exception("failed")
            stream.flush()
            return ours.recv(1 << 16).decode().splitlines()

        yield lines


def test_the_journal_gets_priorities_and_no_second_time(journal):
    *lines, failure = journal(LogConfig(level="debug"))
    assert lines == [
        "<7>DEBUG   shard 3: debug\\nline",
        "<6>INFO    shard 3: info\\nline",
        "<4>WARNING shard 3: warning\\nline",
        "<3>ERROR   shard 3: error\\nline",
        "<2>CRITICAL shard 3: critical\\nline",
    ]
    # One entry: each line would be one of its own.
    head = "<3>ERROR   shard 3: failed | Traceback (most recent call last): | File "
    assert failure.startswith(head)
    assert failure.endswith(" | ValueError: boom | bang")


def test_json_in_the_journal_has_priorities_and_keeps_its_time(journal):
    *lines, failure = journal(LogConfig(format="json"))
    assert [line[:3] for line in lines] == ["<6>", "<4>", "<3>", "<2>"]
    for line in (*lines, failure):
        datetime.fromisoformat(json.loads(line[3:])["time"])
    assert json.loads(failure[3:])["exception"].endswith("ValueError: boom\nbang")


def test_a_stderr_that_is_not_the_journal_gets_no_priorities(monkeypatch, tmp_path):
    monkeypatch.setenv("JOURNAL_STREAM", "1:1")
    with (tmp_path / "file").open("w") as stream:
        logged(monkeypatch, LogConfig(), stream)
        logging.getLogger("tart").warning("late")
    assert json.loads((tmp_path / "file").read_text())["message"] == "late"
    assert not logs.is_journal(io.StringIO(), {"JOURNAL_STREAM": "1:1"})
    assert not logs.is_journal(None, {"JOURNAL_STREAM": "1:1"})


def test_levels_have_colours_on_a_terminal_only(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    lines = {}
    for name, stream in (("terminal", Terminal()), ("pipe", io.StringIO())):
        monkeypatch.setattr("sys.stderr", stream)
        logs.set_up(LogConfig(format="text", level="debug"), "test")
        for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
            logging.getLogger("tart.x").log(level, "a message")
        lines[name] = stream.getvalue()
    assert "\x1b" not in lines["pipe"]
    levels = re.findall(r"(\x1b\[[\d;]*m)?([A-Z]+) *(?:\x1b\[0m)? test:", lines["terminal"])
    assert levels == [
        ("\x1b[2m", "DEBUG"),
        ("", "INFO"),
        ("\x1b[33m", "WARNING"),
        ("\x1b[1;31m", "ERROR"),
    ]
    without = re.sub(r"\x1b\[[\d;]*m", "", lines["terminal"])
    moments = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}"
    assert re.sub(moments, "", without) == re.sub(moments, "", lines["pipe"])
