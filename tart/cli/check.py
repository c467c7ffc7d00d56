"""``tart check``: validates a node's telemetry against JIP-3, live or from a capture.

The exit code is 0 if no error was found (``--strict``: nor a warning), 1 if one was found or
nothing was received, and 2 if the input could not be checked: an invalid command line, a port in
use, a file that is not a capture or was cut short.

Findings go to stdout as they occur, unless stdout gets JSON or JUnit. Connections and the
listening address go to stderr.
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

from tart.cli.capture_io import STANDARD, open_input, read_chunks, source_name
from tart.cli.named_files import unwritable
from tart.cli.render.check_report import as_json, as_junit, as_report, as_summary
from tart.cli.render.findings import SHOWN, Ink, Shortlist, as_text
from tart.cli.streams import discard_stdout, print_error, print_note
from tart.config.addresses import join_address, parse_listen_address
from tart.errors import BadQuery, CaptureError, ConfigError, StartupError
from tart.printable import replace_unprintable
from tart.protocol.capture import CLOSED, EVENT_ID, CaptureReader, Record
from tart.query.core.windows import duration_us
from tart.shard.check.offline_check import AttributedFinding, Checker
from tart.shard.state.nodes import Session
from tart.stop_signals import stop_on_signal
from tart.style import style_for
from tart.supervisor.sockets import cannot_listen
from tart.units import SECOND_US

PASSED, FAILED, NOT_CHECKED = 0, 1, 2
# JIP-3 networks have at most 1,023 validators; further connections are closed at once.
MAX_CONNECTIONS = 1_024
# Bytes are collected for this time before they are checked together.
_FLUSH_SECONDS = 0.05
_TICK_SECONDS = 1.0
_PARTIAL_HINT = "if a filter of an export left out messages of the file, pass --partial"
_REPORTS = {"text": as_report, "json": as_json, "junit": as_junit}
_REFERENCE_RULES = {"reference_unknown", "reference_wrong_type"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add = parser.add_argument
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("file", nargs="?", metavar="FILE", help="capture file; '-' for stdin")
    source.add_argument(
        "--listen",
        metavar="[HOST:]PORT",
        help="accept telemetry on [HOST:]PORT; 0: any free port (default host 127.0.0.1)",
    )
    add("--for", dest="duration", metavar="TIME", help="stop after this time, such as 60s or 5m")
    add("--once", action="store_true", help="stop when the last connection has closed")
    add("--partial", action="store_true", help="FILE lacks messages: check each one separately")
    report = parser.add_mutually_exclusive_group()
    report.add_argument(
        "--format",
        choices=tuple(_REPORTS),
        default="text",
        help="format of the report (default text)",
    )
    report.add_argument(
        "--json", dest="format", action="store_const", const="json", help="as --format json"
    )
    add("--output", type=Path, metavar="FILE", help="write the report to FILE")
    add("--strict", action="store_true", help="fail on warnings, too")
    add(
        "--max-findings",
        type=int,
        metavar="N",
        help=f"findings shown for each rule and node (default {SHOWN})",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check, print a report, return the exit code.

    Raises:
        ConfigError: Arguments do not go together, or the report cannot be written.
    """
    _check_arguments(arguments)
    check = _Check(arguments)
    try:
        if arguments.listen is None:
            return check.conclude(check.read())
        check.listen()
        return check.conclude()
    except StartupError as error:
        print_error(str(error))
        return NOT_CHECKED
    except BrokenPipeError:
        discard_stdout()
        return NOT_CHECKED


def _check_arguments(arguments: argparse.Namespace) -> None:
    for flag, value in (("--for", arguments.duration), ("--once", arguments.once)):
        if value and arguments.listen is None:
            raise ConfigError(f"{flag} goes with --listen only")
    if arguments.partial and arguments.listen is not None:
        raise ConfigError("--partial goes with a file only")
    if arguments.output and arguments.file and _is_same_file(arguments.file, arguments.output):
        raise ConfigError(f"--output {arguments.output}: is the capture itself; name another file")
    if arguments.max_findings is not None and arguments.max_findings < 0:
        raise ConfigError("--max-findings must not be negative")


class _Check:
    """One run of the command."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        limit = SHOWN if arguments.max_findings is None else arguments.max_findings
        self._shortlist = Shortlist(limit)
        # stdout gets the report itself unless the report is text or goes to a file.
        self._prints_findings = arguments.format == "text" or arguments.output is not None
        self._ink = Ink(style_for(sys.stdout, os.environ))
        self._output = None if arguments.output is None else _open(arguments.output)
        self._checker = Checker(self._show, whole=not arguments.partial)
        self._has_records = False
        listen = arguments.listen
        self._source = arguments.file if listen is None else f"listen {listen}"

    def read(self) -> str | None:
        """Check a capture; return why it is incomplete, ``None`` if it is complete."""
        file = source_name(self._arguments.file)
        reader = CaptureReader()
        try:
            asyncio.run(self._read(reader))
        except CaptureError as error:
            problem: str | None = f"{file}: {error}"
        else:
            problem = reader.missing and f"{file}: {reader.missing}"
        if problem and not self._has_records:
            raise ConfigError(problem)
        if not self._arguments.partial and self._broken_rules() & _REFERENCE_RULES:
            print_error(_PARTIAL_HINT)
        return problem

    async def _read(self, reader: CaptureReader) -> None:
        if self._arguments.file == STANDARD:
            # Ctrl-C also reaches the process that writes the pipe: read on until its end.
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGINT, loop.remove_signal_handler, signal.SIGINT)
        sessions: dict[int, Session] = {}
        with open_input(self._arguments.file) as descriptor:
            async for data in read_chunks(descriptor):
                for record in reader.receive_data(data):
                    self._check_record(record, sessions)
                self._checker.flush()

    def listen(self) -> None:
        """Check what nodes send until the time is over."""
        arguments = self._arguments
        host, port = parse_listen_address(arguments.listen, "--listen")
        seconds = None if arguments.duration is None else _parse_seconds(arguments.duration)
        listener = _Listener(self._checker, once=arguments.once)
        asyncio.run(listener.run(host, port, seconds))

    def conclude(self, problem: str | None = None) -> int:
        """Write the report and return the exit code."""
        arguments, strict = self._arguments, self._arguments.strict
        now_us = None if arguments.listen is None else _now_us()
        report = self._checker.finish(now_us, complete=problem is None)
        write_report = _REPORTS[arguments.format]
        text = write_report(report, self._shortlist, strict=strict, source=self._source)
        if self._output is not None:
            _write(self._output, text)
        if self._prints_findings:
            text = as_summary(report, strict=strict, ink=self._ink)
        print(text, end="", flush=True)
        if problem is not None:
            print_error(problem)
            return NOT_CHECKED
        return PASSED if report.passed(strict=strict) else FAILED

    def _broken_rules(self) -> set[str]:
        shown = {finding.rule for finding in self._shortlist.shown}
        return shown | self._shortlist.left_out.keys()

    def _check_record(self, record: Record, sessions: dict[int, Session]) -> None:
        self._has_records = True
        number = record.session
        if number not in sessions:
            name = f"connection {number}"
            sessions[number] = self._checker.open(name, record.received_at)
        if record.kind == CLOSED:
            self._checker.close(sessions.pop(number), record.received_at)
        elif record.kind == EVENT_ID:
            self._checker.resume(sessions[number], int.from_bytes(record.content, "little"))
        else:
            self._checker.receive(sessions[number], record.wire_bytes, record.received_at)

    def _show(self, attributed: AttributedFinding) -> None:
        shown, first_left_out = self._shortlist.add(attributed)
        if not self._prints_findings:
            return
        if shown is not None:
            print(as_text(shown, self._ink), flush=True)
        elif first_left_out:
            rule = attributed.finding.rule
            print(self._ink("dim", f"further findings of {rule} are only counted\n"), flush=True)


class _Listener:
    """The telemetry port of ``tart check``."""

    def __init__(
        self, checker: Checker, *, once: bool, max_connections: int = MAX_CONNECTIONS
    ) -> None:
        self.checker = checker
        self.once = once
        self.stopped = asyncio.Event()
        self.connections: set[_Connection] = set()
        self._max_connections = max_connections
        self._flush_timer: asyncio.TimerHandle | None = None
        self._refused = 0
        self._has_data = False

    async def run(self, host: str, port: int, seconds: float | None) -> None:
        """Listen until the time is over, ``once`` is fulfilled, or a signal.

        Raises:
            StartupError: The port cannot be listened on.
        """
        loop = asyncio.get_running_loop()
        try:
            # A shared port would lose half the connections to a server that runs already.
            server = await loop.create_server(
                lambda: _Connection(self), host, port, reuse_port=False
            )
        except OSError as error:
            raise StartupError(f"--listen: {cannot_listen(host, port, error)}") from None
        bound_host, bound_port = server.sockets[0].getsockname()[:2]
        print_note(f"tart check: listening on {join_address(bound_host, bound_port)}")
        stopping = stop_on_signal(lambda: loop.call_soon_threadsafe(self.stopped.set))
        with stopping, suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.stopped.is_set():
                    self.checker.advance(_now_us())
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self.stopped.wait(), _TICK_SECONDS)
        self._close(server)

    def admit(self, connection: _Connection) -> bool:
        """Register a connection; return whether it is within the limit."""
        if len(self.connections) >= self._max_connections:
            self._refused += 1
            return False
        self.connections.add(connection)
        return True

    def remove(self, connection: _Connection) -> None:
        """Remove a connection that has closed."""
        self.connections.discard(connection)
        self._has_data = self._has_data or connection.has_data
        if self.once and not self.connections and self._has_data:
            self.stopped.set()

    def schedule_flush(self) -> None:
        """Check received bytes after ``_FLUSH_SECONDS``."""
        if self._flush_timer is None:
            loop = asyncio.get_running_loop()
            self._flush_timer = loop.call_later(_FLUSH_SECONDS, self._flush)

    def _flush(self) -> None:
        self._flush_timer = None
        self.checker.flush()

    def _close(self, server: asyncio.Server) -> None:
        server.close()
        connections, self.connections = self.connections, set()
        for connection in connections:
            connection.abort()
        if self._refused:
            print_note(f"refused {self._refused} connections: {self._max_connections} were open")


class _Connection(asyncio.Protocol):
    """One connection of a node."""

    def __init__(self, listener: _Listener) -> None:
        self._listener = listener
        self._transport: asyncio.Transport | None = None
        self._session: Session | None = None
        self._announced = False
        self.has_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if not self._listener.admit(self):
            self._transport.abort()
            return
        host, port = transport.get_extra_info("peername")[:2]
        self._session = self._listener.checker.open(join_address(host, port), _now_us())

    def data_received(self, data: bytes) -> None:
        if self._session is None or self._transport is None:
            return
        self.has_data = True
        usable = self._listener.checker.receive(self._session, data, _now_us())
        self._listener.schedule_flush()
        if not self._announced:
            self._announce(self._session)
        if not usable:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        session, self._session = self._session, None
        if session is not None:
            self._listener.checker.close(session, _now_us())
            self._listener.remove(self)

    def abort(self) -> None:
        """Close the connection; its session is not counted as ended by the node."""
        self._session = None
        if self._transport is not None:
            self._transport.abort()

    def _announce(self, session: Session) -> None:
        """Print the node's identity once it is known."""
        information = session.connection.node
        if information is not None:
            self._announced = True
            name = f"{information.implementation_name} {information.implementation_version}"
            node_id = information.peer_id.hex()
            print_note(
                replace_unprintable(f"node {node_id[:8]}, {name.strip()}, from {session.address}")
            )


def _parse_seconds(text: str) -> float:
    try:
        return duration_us(text, "--for") / SECOND_US
    except BadQuery as error:
        raise ConfigError(str(error)) from None


def _is_same_file(file: str, output: Path) -> bool:
    try:
        return output.samefile(file)
    except OSError:
        return False


def _open(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise unwritable(f"--output {path}", error) from None


def _write(output: TextIO, text: str) -> None:
    try:
        with output:
            output.write(text)
    except OSError as error:
        raise unwritable(f"--output {output.name}", error) from None


def _now_us() -> int:
    return time.time_ns() // 1000
