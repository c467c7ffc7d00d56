"""``tart record``: records telemetry into a capture, as a proxy or from a server's event log.

With ``--listen`` nodes connect to this process, which forwards their bytes to ``--target``;
with ``--url`` the capture comes from ``/api/events/export``. stdout may be the capture, so all
messages go to stderr.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from urllib.parse import urlencode

import uvloop

from tart import logs, rlimits
from tart.cli.arguments import add_client
from tart.cli.capture_io import STANDARD, open_output, write
from tart.cli.http_client import RequestRefused, connect
from tart.cli.json_output import add_json, print_json
from tart.cli.progress import Progress
from tart.cli.recording_proxy import Address, RecordingProxy
from tart.cli.render.documents import RecordDocument
from tart.cli.render.progress_line import BYTES
from tart.cli.streams import print_note
from tart.config.addresses import parse_address, parse_listen_address
from tart.config.schema import Config, LogConfig
from tart.errors import BadQuery, CaptureError, ConfigError, StartupError
from tart.protocol.capture import FRAME, OPENED, CaptureReader
from tart.query.core.windows import duration_us, time_us
from tart.stop_signals import stop_on_signal
from tart.supervisor.sockets import cannot_listen
from tart.units import SECOND_US

_BACKLOG = 1024
_EXPORT = "/api/events/export"
# Flags that select events of the event log, and the route's parameters.
_SELECTION = {
    "from": "start_time",
    "to": "end_time",
    "duration": "duration",
    "node": "node_id",
    "types": "event_types",
}
# Flags of a client besides its address.
_ACCESS = ("key_file", "ca_file", "insecure")
# Mode, and the flags that only go with it.
_FLAGS_OF_MODE = {"listen": ("target", "for"), "url": (*_ACCESS, *_SELECTION)}
# A connection takes two descriptors; some are needed for everything else.
_DESCRIPTORS, _OTHER_DESCRIPTORS = 1 << 16, 32


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add = parser.add_argument
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument(
        "--listen",
        metavar="[HOST:]PORT",
        help="accept telemetry on [HOST:]PORT (default host 127.0.0.1)",
    )
    add_client(parser, url_group=mode, url_help="export from the running server at URL")
    add("--target", metavar="HOST:PORT", help="telemetry port to forward to (default: only record)")
    add(
        "--for", metavar="TIME", help="stop after this time, such as 60s or 1h (default: at Ctrl-C)"
    )
    add("--from", metavar="TIME", help="events received since TIME, such as 2026-11-20T12:00:00Z")
    add("--to", metavar="TIME", help="events received until TIME")
    add("--duration", metavar="TIME", help="events received in the last TIME, such as 15m or 1h")
    add("--node", metavar="ID", help="events of this node only, by its id or a prefix of it")
    add("--types", metavar="TYPE,TYPE", help="events of these types only: numbers, names or groups")
    add_json(parser)
    add("file", metavar="FILE", help="output file (overwritten); '-' for stdout")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Record until stopped, or all of the event log; return the exit code.

    Raises:
        ConfigError: An argument is not valid.
        StartupError: A port, a file or a server is not available, or fails.
    """
    flags = vars(arguments)
    for mode, others in _FLAGS_OF_MODE.items():
        for name in others:
            if flags[mode] is None and flags[name] not in (None, False):
                raise ConfigError(f"--{name.replace('_', '-')} goes with --{mode}")
    if arguments.json and arguments.file == STANDARD:
        raise ConfigError("--json: stdout has the capture already; name a file")
    if arguments.url is not None:
        _export(arguments)
    else:
        _record(arguments)
    return 0


def _microseconds(arguments: argparse.Namespace, flag: str) -> int | None:
    """Return a time or duration argument in microseconds.

    Raises:
        ConfigError: The argument is not valid.
    """
    text = vars(arguments)[flag]
    parse = time_us if flag in ("from", "to") else duration_us
    try:
        return None if text is None else parse(text, f"--{flag}")
    except BadQuery as error:
        raise ConfigError(str(error)) from None


# --- As a proxy -------------------------------------------------------------------------


def _record(arguments: argparse.Namespace) -> None:
    bind = parse_listen_address(arguments.listen, "--listen")
    target = None if arguments.target is None else parse_address(arguments.target, "--target")
    duration = _microseconds(arguments, "for")
    logs.set_up(LogConfig(format="text"), "record")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seconds = duration and duration / SECOND_US
        report = partial(_report, as_json=arguments.json)
        runner.run(_run_proxy(arguments.file, bind, target, seconds, report))


async def _run_proxy(
    file: str,
    bind: Address,
    target: Address | None,
    seconds: float | None,
    report: Callable[[RecordDocument], None],
) -> None:
    began = time.monotonic()
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    proxy = RecordingProxy(target, _max_connections(), stop)
    with (
        stop_on_signal(lambda: loop.call_soon_threadsafe(stop.set)),
        _listen(bind) as listener,
        open_output(file) as descriptor,
    ):
        proxy.begin(descriptor)
        serving = asyncio.ensure_future(proxy.serve(listener))
        host, port = listener.getsockname()[:2]
        mode = "only recording" if target is None else f"forwarding to {target[0]}:{target[1]}"
        print_note(f"tart record: listening on {host}:{port}, {mode}")
        progress = Progress("record", unit="messages", count=lambda: proxy.recording.frames)
        with progress, suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stop.wait()
        serving.cancel()
        listener.close()
        open_at_end = proxy.open
        try:
            await proxy.end()
        finally:
            report(_proxy_report(file, proxy, open_at_end, time.monotonic() - began))


def _proxy_report(
    file: str, proxy: RecordingProxy, open_at_end: int, seconds: float
) -> RecordDocument:
    recording = proxy.recording
    return {
        "file": file,
        "sessions": recording.sessions,
        "messages": recording.frames,
        "bytes": recording.octets,
        "seconds": round(seconds, 3),
        "raw_sessions": recording.raw,
        "open_sessions": open_at_end,
        "refused_connections": proxy.refused,
    }


def _listen(bind: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in bind[0] else socket.AF_INET
    try:
        return socket.create_server(bind, family=family, backlog=_BACKLOG)
    except OSError as error:
        raise StartupError(f"--listen: {cannot_listen(*bind, error)}") from None


def _report(document: RecordDocument, *, as_json: bool) -> None:
    """Print a recording: a document to stdout, or text to stderr."""
    if as_json:
        print_json(document)
    else:
        print_note(summary(document))


def summary(recorded: RecordDocument) -> str:
    """Return a line on a recording; of a proxy a second one."""
    amounts = (
        f"recorded {recorded['sessions']:,} sessions, {recorded['messages']:,} messages, "
        f"{recorded['bytes']:,} bytes in {recorded['seconds']:.1f} s"
    )
    if recorded["raw_sessions"] is None:
        return amounts
    return (
        f"{amounts}\n"
        f"{recorded['raw_sessions']:,} sessions with bytes that are not complete messages, "
        f"{recorded['open_sessions']:,} still open at the end; "
        f"{recorded['refused_connections']:,} nodes refused"
    )


def _max_connections() -> int:
    """Return the connections that the limit of open files allows."""
    return max(1, (rlimits.raise_nofile_limit(_DESCRIPTORS) - _OTHER_DESCRIPTORS) // 2)


# --- From the event log -----------------------------------------------------------------


def _export(arguments: argparse.Namespace) -> None:
    for flag in ("from", "to", "duration"):
        _microseconds(arguments, flag)
    _check_window(arguments)
    values = {parameter: vars(arguments)[flag] for flag, parameter in _SELECTION.items()}
    query = {name: value for name, value in values.items() if value is not None}
    server = connect(arguments, Config())
    began = time.monotonic()
    with _Download(arguments.file) as download, Progress("export", unit=BYTES) as progress:
        path = f"{_EXPORT}?{urlencode({'format': 'capture', **query})}"
        try:

            def write_chunk(data: bytes) -> None:
                download.add(data)
                progress.advance(len(data))

            shards = server.download(path, write_chunk).get("x-tart-shards", "")
        except RequestRefused as error:
            raise _with_flag(error) from None
    _report(
        {
            "file": arguments.file,
            "sessions": download.sessions,
            "messages": download.frames,
            "bytes": download.octets,
            "seconds": round(time.monotonic() - began, 3),
            "raw_sessions": None,
            "open_sessions": None,
            "refused_connections": None,
        },
        as_json=arguments.json,
    )
    if not download.complete:
        raise StartupError(
            f"{arguments.url}: the capture was cut short; {arguments.file} has no end"
        )
    answered, _, total = shards.partition("/")
    if answered != total:
        raise StartupError(f"{arguments.url}: only {answered} of {total} shards answered")


def _check_window(arguments: argparse.Namespace) -> None:
    """Check that the window is one.

    Raises:
        ConfigError: It ends before it starts, or is given in two ways.
    """
    start, end = _microseconds(arguments, "from"), _microseconds(arguments, "to")
    if arguments.duration is not None and (start, end) != (None, None):
        raise ConfigError("--duration is the time until now; it does not go with --from or --to")
    if start is not None and end is not None and end < start:
        raise ConfigError(f"--to {arguments.to}: lies before --from, {vars(arguments)['from']}")


def _with_flag(error: RequestRefused) -> StartupError | ConfigError:
    """Return the error of a request with the flag in place of the parameter at fault."""
    name, _, rest = str(error).partition(" ")
    for flag, parameter in _SELECTION.items():
        if name == parameter:
            return ConfigError(f"--{flag} {rest}")
    return error


class _Download(ExitStack):
    """Copies a capture from a server to a file, which is opened when the first bytes arrive."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self._file = file
        self._descriptor: int | None = None
        self._reader = CaptureReader()
        self.sessions = self.frames = self.octets = 0

    @property
    def complete(self) -> bool:
        """True once the end of the capture was received."""
        return self._reader.complete

    def add(self, data: bytes) -> None:
        """Write the next bytes.

        Raises:
            StartupError: They are not a capture, or cannot be written.
        """
        try:
            records = self._reader.receive_data(data)
        except CaptureError as error:
            raise StartupError(f"the answer of the server {error}") from None
        if self._descriptor is None:
            self._descriptor = self.enter_context(open_output(self._file))
        write(self._descriptor, data)
        for record in records:
            self.sessions += record.kind == OPENED
            self.frames += record.kind in (OPENED, FRAME)
            self.octets += len(record.wire_bytes)
