"""``tart/cli/progress.py`` on pseudo-terminals."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import socketserver
import sys
import threading
from contextlib import contextmanager

import pytest

from tart.cli import progress as module
from tart.cli.main import main
from tart.cli.progress import Progress
from tart.protocol.capture import (
    EVENT_ID,
    FRAME,
    HEADER,
    OPENED,
    Record,
    encode_end,
    encode_record,
)
from tests.cli.backups import list_backups
from tests.cli.terminal import screen, terminal
from tests.cli.test_verify import filled
from tests.running import wait_for

XTERM = {"TERM": "xterm"}


def on(shown):
    """The arguments that show a progress on a pseudo-terminal."""
    return {"stream": shown.stream, "environ": XTERM}


@pytest.fixture(autouse=True)
def without_delay(monkeypatch):
    """The line appears at once."""
    monkeypatch.setattr(module, "_FIRST_SECONDS", 0.0)
    monkeypatch.setattr(module, "_REDRAW_SECONDS", 0.01)


def test_the_line_counts_and_is_cleared_at_the_end():
    with terminal() as shown:
        with Progress("copy", 200, unit="files", stream=shown.stream, environ=XTERM) as progress:
            progress.advance(50)
            shown.wait_for(r"copy  25 %  50 of 200 files")
            progress.total = 100
            shown.wait_for(r"50 %  50 of 100 files  [0-9.,]+/s  [0-9]+ s left")
        assert screen(shown.read()) == [""]


def test_text_of_the_command_stands_on_a_line_of_its_own():
    with terminal() as shown:
        with Progress("copy", unit="files", stream=shown.stream, environ=XTERM) as progress:
            shown.wait_for("copy  0 s")
            with progress.hidden():
                shown.stream.write("a finding\n")
                shown.stream.flush()
            written = len(shown.wait_for("a finding"))
            shown.wait_for(r"a finding\r\n\r\x1b\[Kcopy")
            assert screen(shown.output)[0] == "a finding"
            assert written
        assert screen(shown.read()) == ["a finding", ""]


@pytest.mark.parametrize("columns", [5, 20, 40, 80])
def test_no_terminal_wraps_the_line(columns):
    with terminal(columns) as shown:
        with Progress("backup", 1 << 40, unit="bytes", stream=shown.stream, environ=XTERM) as line:
            line.advance(1 << 39)
            shown.wait_for(r"back(up)?")
            shown.wait_for(r"\x1b\[K.*\x1b\[K")
        drawn = re.split(r"\r\x1b\[K", shown.read())
        assert max(map(len, drawn)) < columns


def test_a_failing_command_clears_its_line():
    with terminal() as shown:

        def interrupted():
            with Progress("copy", stream=shown.stream, environ=XTERM):
                shown.wait_for("copy")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert screen(shown.read()) == [""]


@pytest.mark.parametrize("environ", [{}, {"TERM": "dumb"}])
def test_a_terminal_that_cannot_clear_a_line_gets_none(environ):
    with terminal() as shown:
        with Progress("copy", stream=shown.stream, environ=environ) as progress:
            assert not progress.enabled
            progress.advance()
        assert shown.read() == ""


def test_a_pipe_and_a_file_get_no_line():
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as pipe, Progress("x", stream=pipe, environ=XTERM) as progress:
        progress.advance(3)
        assert progress.done == 3
    with os.fdopen(reading) as output:
        assert output.read() == ""
    text = io.StringIO()
    with Progress("x", stream=text, environ=XTERM):
        pass
    assert text.getvalue() == ""


def test_a_command_in_the_background_leaves_the_terminal_alone(monkeypatch):
    asked = []
    monkeypatch.setattr(os, "tcgetpgrp", lambda descriptor: asked.append(descriptor) or 1)
    with terminal() as shown:
        with Progress("copy", stream=shown.stream, environ=XTERM):
            while len(asked) < 3:
                pass
        assert shown.read() == ""


def test_a_terminal_that_goes_away_stops_no_command():
    with terminal() as shown:
        stream = shown.stream
        with Progress("copy", stream=stream, environ=XTERM) as progress:
            shown.wait_for("copy")
            os.dup2(os.open("/dev/full", os.O_WRONLY), stream.fileno())
            assert progress._thread is not None
            progress._thread.join()
            progress.advance()
        os.dup2(shown.slave, stream.fileno())


def test_lines_of_the_log_stand_above_the_line():
    with terminal() as shown:
        handler = logging.StreamHandler(shown.stream)
        logging.getLogger().addHandler(handler)
        try:
            line = Progress(
                "copy", unit="files", count=lambda: 7, stream=shown.stream, environ=XTERM
            )
            with line:
                shown.wait_for("copy  7 files")
                logging.getLogger().error("a line")
                shown.wait_for(r"a line\r\n\r\x1b\[Kcopy")
            assert handler.stream is shown.stream
        finally:
            logging.getLogger().removeHandler(handler)
        assert screen(shown.read()) == ["a line", ""]


@contextmanager
def discarding_server():
    """A server that reads and discards what it is sent; yields its address."""

    class Discard(socketserver.BaseRequestHandler):
        def handle(self):
            while self.request.recv(1 << 16):
                pass

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Discard) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield ":".join(map(str, server.server_address))
        server.shutdown()
        thread.join()


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command with a terminal as its stderr; return what the terminal got, and its code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm")
    end = Progress.__exit__

    def end_once_drawn(progress, *error):
        with progress._lock:
            progress._drawn = False
        wait_for(lambda: progress._drawn, "the last line")
        end(progress, *error)

    monkeypatch.setattr(Progress, "__exit__", end_once_drawn)

    def run(*arguments):
        with terminal() as shown:
            monkeypatch.setattr(sys, "stderr", shown.stream)
            code = main(list(map(str, arguments)))
            return code, shown.read()

    return run


@pytest.mark.slow
def test_long_commands_show_their_progress_and_leave_no_trace_of_it(tmp_path, run, capsys):
    filled(tmp_path / "data")
    data = ("--data-dir", tmp_path / "data")
    assert_shown(run("backup", tmp_path / "backups", *data), r"backup  100 %  [\d.]+ KiB of")
    ((backup, _),) = list_backups(tmp_path / "backups")
    restored = run("restore", backup, "--data-dir", tmp_path / "again")
    assert_shown(restored, r"restore  100 %  [\d.]+ KiB of")
    assert_shown(run("verify", *data), r"verify  100 %  [\d.]+ KiB of")
    assert_shown(run("sql", "SELECT slot FROM events", *data), r"query  \d+ B  \d+ B/s")
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.slow
def test_a_recording_and_a_replay_show_their_progress(tmp_path, run, capsys):
    capture = tmp_path / "capture"
    code, output = run("record", "--listen", "0", "--for", "1s", capture)
    assert (code, "record  0 s" in output) == (0, True)
    assert any(line.startswith("recorded 0 sessions") for line in screen(output))
    with discarding_server() as address:
        record = encode_record(Record(OPENED, 1, 0, b"abc"))
        capture.write_bytes(HEADER + record + encode_end(1))
        replayed = run("replay", capture, "--target", address)
        assert_shown(replayed, r"replay  \d+ %  28 B of \d+ B")
        part = [record, encode_record(Record(EVENT_ID, 1, 0, bytes(8)))]
        part.append(encode_record(Record(FRAME, 1, 0, b"\x0a")))
        capture.write_bytes(HEADER + b"".join(part) + encode_end(3))
        code, output = run("replay", capture, "--target", address, "--json")
        (line,) = filter(None, screen(output))
        assert "is a part of what its nodes sent" in line
    document = json.loads(capsys.readouterr().out.split("\n", 2)[2])
    assert (document["sessions"], document["messages"], document["complete"]) == (1, 2, True)


def assert_shown(result, pattern):
    """The terminal had a line that matches, and has none at the end."""
    code, output = result
    assert code == 0
    assert re.search(pattern, output), output
    assert screen(output) == [""]
