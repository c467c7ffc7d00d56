"""``tart check``: what a node sends, judged as it comes or from a capture.

The exit code is 0 if nothing was found that is an error (``--strict``: or a warning), 1 if
something was, or if nothing came at all, and 2 if it could not be judged: a wrong command
line, a port that is taken, a file that is no capture or was cut short.

Findings go to standard output as they come, unless that is for JSON or JUnit; who connects,
and where to, goes to standard error.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TextIO, cast

from tart.cli.capture_io import STANDARD, chunks, readable
from tart.cli.render.check_report import as_json, as_junit, as_report, as_summary
from tart.cli.render.findings import SHOWN, Ink, Shortlist, as_text, printable
from tart.config.load import parse_address
from tart.errors import BadQuery, CaptureError, ConfigError, StartupError
from tart.protocol.capture import CLOSED, EVENT_ID, CaptureReader, Record
from tart.query.core.windows import duration_us
from tart.shard.check.offline_check import Checker, Found
from tart.shard.state.nodes import Session
from tart.units import SECOND_US

PASSED, FAILED, NOT_JUDGED = 0, 1, 2
# A validator's peers are 1,023; whoever comes beyond so many is closed at once.
MAX_CONNECTIONS = 1_024
# What was read waits so long for what comes with it.
_FLUSH_SECONDS = 0.05
_TICK_SECONDS = 1.0
_PARTIAL = "if messages are left out of the file, by a filter of an export, say so by --partial"
_REPORTS = {"text": as_report, "json": as_json, "junit": as_junit}
_OF_IDS = {"reference_unknown", "reference_wrong_type"}


def check(given: argparse.Namespace) -> int:
    """Judge, print, return the exit code.

    Raises:
        ConfigError: flags that do not go together, or a file that cannot be used.
    """
    _refuse_what_does_not_fit(given)
    checked = _Check(given)
    try:
        if given.listen is None:
            return checked.conclude(checked.read())
        checked.listen()
        return checked.conclude()
    except StartupError as error:
        print(f"tart: {error}", file=sys.stderr)
        return NOT_JUDGED
    except BrokenPipeError:
        # Nobody reads on; Python would complain again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_JUDGED


def _refuse_what_does_not_fit(given: argparse.Namespace) -> None:
    for flag, value in (("--for", given.duration), ("--once", given.once)):
        if value and given.listen is None:
            raise ConfigError(f"{flag} goes with --listen only")
    if given.partial and given.listen is not None:
        raise ConfigError("--partial goes with a file only")
    if given.max_findings is not None and given.max_findings < 0:
        raise ConfigError("--max-findings must not be negative")


class _Check:
    """One run of the command."""

    def __init__(self, given: argparse.Namespace) -> None:
        self._given = given
        most = SHOWN if given.max_findings is None else given.max_findings
        self._list = Shortlist(most)
        # Standard output is the report's where that has no file of its own.
        self._talks = given.format == "text" or given.output is not None
        self._ink = Ink(sys.stdout.isatty() and "NO_COLOR" not in os.environ)
        self._output = None if given.output is None else _writable(given.output)
        self._checker = Checker(self._show, whole=not given.partial)
        self._begun = False
        self._source = given.file if given.listen is None else f"listen {given.listen}"

    def read(self) -> str | None:
        """Judge a capture; why it is not all there, if it is not."""
        reader = CaptureReader()
        try:
            asyncio.run(self._read(reader))
        except CaptureError as error:
            problem = f"{self._given.file}: {error}"
            if not self._begun:
                raise StartupError(problem) from None
            return problem
        if not self._given.partial and self._broken() & _OF_IDS:
            _say(f"tart: {_PARTIAL}")
        return None if reader.complete else f"{self._given.file} was cut short: it has no end"

    async def _read(self, reader: CaptureReader) -> None:
        if self._given.file == STANDARD:
            # Ctrl-C reaches whoever writes it, too: what is still to come is read.
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGINT, loop.remove_signal_handler, signal.SIGINT)
        lines: dict[int, Session] = {}
        with readable(self._given.file) as descriptor:
            async for data in chunks(descriptor):
                for each in reader.receive_data(data):
                    self._take(each, lines)
                self._checker.flush()

    def listen(self) -> None:
        """Judge what nodes send until the time is over."""
        host, port = _address(self._given.listen)
        seconds = None if self._given.duration is None else _seconds(self._given.duration)
        asyncio.run(_Listening(self._checker, once=self._given.once).run(host, port, seconds))

    def conclude(self, problem: str | None = None) -> int:
        """Say what was found; returns the exit code."""
        given = self._given
        at = None if given.listen is None else _now_us()
        report = self._checker.finish(at, complete=problem is None)
        written = _REPORTS[given.format]
        text = written(report, self._list, strict=given.strict, source=self._source)
        if self._output is not None:
            with self._output as file:
                file.write(text)
        if self._talks:
            text = as_summary(report, strict=given.strict, ink=self._ink)
        print(text, end="", flush=True)
        if problem is not None:
            print(f"tart: {problem}", file=sys.stderr)
            return NOT_JUDGED
        return PASSED if report.passed(strict=given.strict) else FAILED

    def _broken(self) -> set[str]:
        return {each.rule for each in self._list.shown} | self._list.left_out.keys()

    def _take(self, each: Record, lines: dict[int, Session]) -> None:
        self._begun = True
        if each.session not in lines:
            name = f"connection {each.session}"
            lines[each.session] = self._checker.open(name, each.received_at)
        if each.kind == CLOSED:
            self._checker.close(lines.pop(each.session), each.received_at)
        elif each.kind == EVENT_ID:
            self._checker.resume(lines[each.session], int.from_bytes(each.content, "little"))
        else:
            self._checker.receive(lines[each.session], each.wire_bytes, each.received_at)

    def _show(self, found: Found) -> None:
        each, first_left_out = self._list.take(found)
        if not self._talks:
            return
        if each is not None:
            print(as_text(each, self._ink), flush=True)
        elif first_left_out:
            rule = found.finding.rule
            print(self._ink("dim", f"more of {rule} is only counted\n"), flush=True)


class _Listening:
    """The telemetry port of ``tart check``."""

    def __init__(self, checker: Checker, *, once: bool) -> None:
        self.checker = checker
        self.once = once
        self.over = asyncio.Event()
        self.lines: set[_Line] = set()
        self._flush_timer: asyncio.TimerHandle | None = None
        self._turned_away = 0
        self._heard = False

    async def run(self, host: str, port: int, seconds: float | None) -> None:
        """Listen until the time is over, ``once`` comes true, or somebody interrupts.

        Raises:
            StartupError: the port cannot be listened on.
        """
        loop = asyncio.get_running_loop()
        try:
            # Not to be shared: a server that runs already would take half the connections.
            server = await loop.create_server(lambda: _Line(self), host, port, reuse_port=False)
        except OSError as error:
            # The words of a name that is not found are its own; errno is below 0 then.
            why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
            raise StartupError(f"--listen {host}:{port}: {why}") from None
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.over.set)
        bound_host, bound_port = server.sockets[0].getsockname()[:2]
        shown = f"[{bound_host}]" if ":" in bound_host else bound_host
        _say(f"tart check: listening on {shown}:{bound_port}")
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.over.is_set():
                    self.checker.advance(_now_us())
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self.over.wait(), _TICK_SECONDS)
        self._end(server)

    def admit(self, line: _Line) -> bool:
        """Whether one more may come."""
        if len(self.lines) >= MAX_CONNECTIONS:
            self._turned_away += 1
            return False
        self.lines.add(line)
        return True

    def left(self, line: _Line) -> None:
        """A connection is over."""
        self.lines.discard(line)
        self._heard = self._heard or line.heard
        if self.once and not self.lines and self._heard:
            self.over.set()

    def schedule(self) -> None:
        """Judge soon what was read."""
        if self._flush_timer is None:
            loop = asyncio.get_running_loop()
            self._flush_timer = loop.call_later(_FLUSH_SECONDS, self._flush)

    def _flush(self) -> None:
        self._flush_timer = None
        self.checker.flush()

    def _end(self, server: asyncio.Server) -> None:
        server.close()
        lines, self.lines = self.lines, set()
        for line in lines:
            line.leave()
        if self._turned_away:
            _say(f"{self._turned_away} connections were turned away: {MAX_CONNECTIONS} were open")


class _Line(asyncio.Protocol):
    """One connection of a node."""

    def __init__(self, listening: _Listening) -> None:
        self._listening = listening
        self._transport: asyncio.Transport | None = None
        self._session: Session | None = None
        self._introduced = False
        self.heard = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if not self._listening.admit(self):
            self._transport.abort()
            return
        host, port = transport.get_extra_info("peername")[:2]
        source = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._session = self._listening.checker.open(source, _now_us())

    def data_received(self, data: bytes) -> None:
        if self._session is None or self._transport is None:
            return
        self.heard = True
        goes_on = self._listening.checker.receive(self._session, data, _now_us())
        self._listening.schedule()
        if not self._introduced:
            self._introduce(self._session)
        if not goes_on:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        session, self._session = self._session, None
        if session is not None:
            self._listening.checker.close(session, _now_us())
            self._listening.left(self)

    def leave(self) -> None:
        """We end the connection, not the node."""
        self._session = None
        if self._transport is not None:
            self._transport.abort()

    def _introduce(self, session: Session) -> None:
        information = session.connection.node
        if information is not None:
            self._introduced = True
            name = f"{information.implementation_name} {information.implementation_version}"
            node_id = information.peer_id.hex()
            _say(printable(f"node {node_id[:8]}, {name.strip()}, from {session.address}"))


def _address(text: str) -> tuple[str, int]:
    """``PORT`` alone is of this machine only."""
    return parse_address(f"127.0.0.1:{text}" if ":" not in text else text, "--listen")


def _seconds(text: str) -> float:
    try:
        return duration_us(text, "--for") / SECOND_US
    except BadQuery as error:
        raise ConfigError(str(error)) from None


def _writable(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--output {path}: cannot be written: {error.strerror}") from None


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _now_us() -> int:
    return time.time_ns() // 1000
