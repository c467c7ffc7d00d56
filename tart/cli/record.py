"""``tart record``: what nodes send, as a capture: in passing, or from a server's log.

With ``--listen`` nodes connect to this process and their bytes go on to ``--target``; with
``--url`` the capture comes from ``/api/events/export``. stdout may be the capture, so that
everything there is to say goes to stderr.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import sys
import time
from contextlib import ExitStack, suppress
from urllib.parse import urlencode

import uvloop

from tart import logs, rlimits
from tart.cli.capture_io import writable, write
from tart.cli.http_client import Server
from tart.cli.recording_proxy import Address, Relay
from tart.config.load import parse_address
from tart.config.schema import Config, LogConfig
from tart.errors import BadQuery, CaptureError, ConfigError, StartupError
from tart.protocol.capture import FRAME, OPENED, CaptureReader
from tart.query.core.windows import duration_us, time_us
from tart.units import SECOND_US

_BACKLOG = 1024
_LOOPBACK = "127.0.0.1"
_EXPORT = "/api/events/export"
# Flags that narrow what is taken from a log, and the route's parameters.
_SELECTING = {
    "from": "start_time",
    "to": "end_time",
    "duration": "duration",
    "node": "node_id",
    "types": "event_types",
}
# Flag that decides, and those that only go with it.
_GOING_WITH = {"listen": ("target", "for"), "url": ("key_file", *_SELECTING)}
# A connection takes two descriptors; some are needed for everything else.
_DESCRIPTORS, _OTHER_DESCRIPTORS = 1 << 16, 32


def record(given: argparse.Namespace) -> int:
    """Record until told to stop, or all that a log has; returns the exit code.

    Raises:
        ConfigError: a flag cannot be used.
        StartupError: a port, a file or a server is not to be had, or breaks off.
    """
    flags = vars(given)
    for decisive, others in _GOING_WITH.items():
        for name in others:
            if flags[decisive] is None and flags[name] is not None:
                raise ConfigError(f"--{name.replace('_', '-')} goes with --{decisive}")
    if given.url is not None:
        _from_log(given)
    else:
        _from_nodes(given)
    return 0


def _microseconds(given: argparse.Namespace, flag: str) -> int | None:
    """A flag that is a time, or a length of it.

    Raises:
        ConfigError: it is none.
    """
    text, read = vars(given)[flag], time_us if flag in ("from", "to") else duration_us
    try:
        return None if text is None else read(text, f"--{flag}")
    except BadQuery as error:
        raise ConfigError(str(error)) from None


# --- In passing -------------------------------------------------------------------------


def _from_nodes(given: argparse.Namespace) -> None:
    listen = given.listen if ":" in given.listen else f"{_LOOPBACK}:{given.listen}"
    at = parse_address(listen, "--listen")
    target = None if given.target is None else parse_address(given.target, "--target")
    span = _microseconds(given, "for")
    logs.set_up(LogConfig(format="text"), "record")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_relay(given.file, at, target, span and span / SECOND_US))


async def _relay(file: str, at: Address, target: Address | None, seconds: float | None) -> None:
    began = time.monotonic()
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    relay = Relay(target, _allowed_connections(), stop)
    with _listening(at) as listener, writable(file) as descriptor:
        relay.begin(descriptor)
        serving = asyncio.ensure_future(relay.serve(listener))
        host, port = listener.getsockname()[:2]
        then = "only recording" if target is None else f"passing on to {target[0]}:{target[1]}"
        _say(f"tart record: listening on {host}:{port}, {then}")
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stop.wait()
        serving.cancel()
        listener.close()
        still_open = relay.open
        try:
            await relay.end()
        finally:
            _say(summary(relay, still_open, time.monotonic() - began))


def _listening(at: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in at[0] else socket.AF_INET
    try:
        return socket.create_server(at, family=family, backlog=_BACKLOG)
    except OSError as error:
        # The words of a name that is not found are its own; errno is below 0 then.
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise StartupError(f"--listen {at[0]}:{at[1]}: {why}") from None


def summary(relay: Relay, still_open: int, seconds: float) -> str:
    """What was recorded, in two lines."""
    recording = relay.recording
    return (
        f"{_amounts(recording.sessions, recording.frames, recording.octets)} in {seconds:.1f} s\n"
        f"{recording.raw:,} sessions with bytes that are no whole messages, "
        f"{still_open:,} still open at the end; {relay.refused:,} nodes turned away"
    )


def _amounts(sessions: int, messages: int, octets: int) -> str:
    return f"recorded {sessions:,} sessions, {messages:,} messages, {octets:,} bytes"


def _allowed_connections() -> int:
    """How many this process may have, as far as the system allows."""
    return max(1, (rlimits.raise_nofile_limit(_DESCRIPTORS) - _OTHER_DESCRIPTORS) // 2)


# --- From a log -------------------------------------------------------------------------


def _from_log(given: argparse.Namespace) -> None:
    for flag in ("from", "to", "duration"):
        _microseconds(given, flag)
    chosen = {parameter: vars(given)[flag] for flag, parameter in _SELECTING.items()}
    query = {name: value for name, value in chosen.items() if value is not None}
    server = Server(Config(), given.url, given.key_file)
    with _Copy(given.file) as copy:
        path = f"{_EXPORT}?{urlencode({'format': 'capture', **query})}"
        shards = server.download(path, copy.add).get("x-tart-shards", "")
    _say(_amounts(copy.sessions, copy.frames, copy.octets))
    if not copy.complete:
        raise StartupError(f"{given.url}: the capture was cut short; {given.file} has no end")
    answered, _, total = shards.partition("/")
    if answered != total:
        raise StartupError(f"{given.url}: only {answered} of {total} shards answered")


class _Copy(ExitStack):
    """A capture on its way from a server to a file, which is not touched before it comes."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self._file = file
        self._descriptor: int | None = None
        self._reader = CaptureReader()
        self.sessions = self.frames = self.octets = 0

    @property
    def complete(self) -> bool:
        """Whether the end was there."""
        return self._reader.complete

    def add(self, data: bytes) -> None:
        """The next bytes.

        Raises:
            StartupError: they are no capture, or cannot be written.
        """
        try:
            found = self._reader.receive_data(data)
        except CaptureError as error:
            raise StartupError(f"what the server sent is no capture: {error}") from None
        if self._descriptor is None:
            self._descriptor = self.enter_context(writable(self._file))
        write(self._descriptor, data)
        for each in found:
            self.sessions += each.kind == OPENED
            self.frames += each.kind in (OPENED, FRAME)
            self.octets += len(each.wire_bytes)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
