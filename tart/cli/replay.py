"""``tart replay``: sends a capture to a server, byte for byte.

Each session has a connection of its own (``cli.replay_connections``); ``protocol.playback``
computes when to send. The capture is read while it is played, so it may be endless.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import math
import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress

import uvloop

from tart import logs
from tart.cli.capture_io import open_input, read_chunks, source_name
from tart.cli.json_output import add_json, print_json
from tart.cli.progress import Progress
from tart.cli.render.documents import ReplayDocument
from tart.cli.render.progress_line import BYTES
from tart.cli.replay_connections import ReplayConnections
from tart.config.addresses import parse_address
from tart.config.schema import LogConfig
from tart.errors import CaptureError, ConfigError, StartupError, TartError
from tart.protocol.capture import RECORD_HEAD_BYTES
from tart.protocol.playback import Playback
from tart.stop_signals import stop_on_signal

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("file", metavar="FILE", help="capture file; '-' for stdin")
    parser.add_argument(
        "--target",
        default="127.0.0.1:9000",
        metavar="HOST:PORT",
        help="telemetry port to send to (default 127.0.0.1:9000)",
    )
    parser.add_argument(
        "--speed", default="1", metavar="X", help="speed factor, or 'max' (default 1)"
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Replay a capture to its end and return the exit code.

    Raises:
        CaptureError: The file ends or is damaged after a part of it was sent.
        ConfigError: An argument is not valid, or the file cannot be opened or is not a capture.
        StartupError: The file cannot be read, the server cannot be reached, or not everything was
            sent.
    """
    host, port = parse_address(arguments.target, "--target")
    speed = parse_speed(arguments.speed)
    logs.set_up(LogConfig(format="text"), "replay")
    with (
        open_input(arguments.file) as descriptor,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        progress = Progress("replay", _size(descriptor), unit=BYTES)
        player = Player(speed, ReplayConnections(host, port), progress.advance)
        try:
            with progress:
                runner.run(player.run(descriptor))
        except CaptureError as error:
            raise _unusable(player, f"{source_name(arguments.file)}: {error}") from None
        finally:
            if player.connections.sessions:
                _report(player, as_json=arguments.json)
    sent = player.connections
    if player.stopped:
        raise StartupError("stopped before the end of the capture")
    if player.missing:
        raise _unusable(player, f"{source_name(arguments.file)}: {player.missing}")
    if sent.failed:
        raise StartupError(
            f"{sent.failed:,} of {sent.sessions:,} sessions were not sent completely, the first "
            f"because {sent.first_fault}"
        )
    return 0


def _unusable(player: Player, message: str) -> TartError:
    """Return the error of a capture that ended wrongly: after some of it was sent, or at once."""
    return CaptureError(message) if player.connections.sessions else ConfigError(message)


def _size(descriptor: int) -> int | None:
    """Return the size of the capture; ``None`` of a pipe."""
    status = os.fstat(descriptor)
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _report(player: Player, *, as_json: bool) -> None:
    if as_json:
        print_json(player.report())
    else:
        print(summary(player.report()))


def parse_speed(text: str) -> float:
    """Return recorded seconds per second; 0 stands for ``max``.

    Raises:
        ConfigError: The text is neither a number nor ``max``.
    """
    with suppress(ValueError):
        speed = 0.0 if text == "max" else float(text)
        if 0 <= speed < math.inf:
            return speed
    raise ConfigError(f"--speed: {text} is neither a number from 0 on nor max")


class Player:
    """One replay.

    Args:
        speed: Recorded seconds per second; 0: as fast as the server reads.
        connections: The connections to the server.
        advance: Is called with each number of bytes of the capture that were played.

    Attributes:
        stopped: Whether a signal ended the replay early.
        max_delay: The longest that a message was sent after it was due, in seconds.
    """

    def __init__(
        self,
        speed: float,
        connections: ReplayConnections,
        advance: Callable[[float], None] = lambda amount: None,
    ) -> None:
        self.connections = connections
        self.stopped = False
        self.max_delay = 0.0
        self._advance = advance
        self._speed = speed
        self._playback = Playback(speed)
        self._warned = False
        self._began = time.monotonic()

    @property
    def missing(self) -> str | None:
        """Why the capture so far is not whole (``CaptureReader.missing``)."""
        return self._playback.missing

    async def run(self, descriptor: int) -> None:
        """Play until the end, or a signal.

        Raises:
            CaptureError: The data is not a capture.
            StartupError: The data cannot be read, or the server cannot be reached.
        """
        playing = asyncio.ensure_future(self._play(descriptor))
        loop = asyncio.get_running_loop()
        try:
            with stop_on_signal(lambda: loop.call_soon_threadsafe(playing.cancel)):
                await playing
        except asyncio.CancelledError:
            self.stopped = True
        finally:
            self.connections.abort()

    async def _play(self, descriptor: int) -> None:
        async for data in read_chunks(descriptor):
            for step in self._playback.receive_data(data):
                self._warn_of_gaps()
                if self._speed:
                    await self._wait_until(step.due)
                await self.connections.perform(step)
                self._advance(len(step.data) + RECORD_HEAD_BYTES)
            # Let the connections' callbacks run, also where no step has to wait.
            await asyncio.sleep(0)
        for step in self._playback.close_sessions():
            await self.connections.perform(step)
        await self.connections.finish()

    def _warn_of_gaps(self) -> None:
        if self._playback.gaps and not self._warned:
            self._warned = True
            log.warning(
                "the capture is a part of what its nodes sent (a window, or some types): the "
                "server will number the events differently, and references between them will "
                "not fit"
            )

    async def _wait_until(self, due: float) -> None:
        remaining = due - (time.monotonic() - self._began)
        if remaining > 0:
            await asyncio.sleep(remaining)
        else:
            self.max_delay = max(self.max_delay, -remaining)

    def report(self) -> ReplayDocument:
        """Return the figures of the replay so far."""
        sent = self.connections
        return {
            "sessions": sent.sessions,
            "messages": sent.records,
            "bytes": sent.octets,
            "seconds": round(time.monotonic() - self._began, 3),
            "max_delay_seconds": round(self.max_delay, 3) if self._speed else None,
            "failed_sessions": sent.failed,
            "unsent_bytes": sent.unsent,
            "closed_early_sessions": sent.closed_early,
            "complete": self.missing is None,
        }


def summary(sent: ReplayDocument) -> str:
    """Return two lines on a replay."""
    late = sent["max_delay_seconds"]
    delay = "" if late is None else f", at most {late:.1f} s late"
    return (
        f"sent {sent['sessions']:,} sessions, {sent['messages']:,} messages, "
        f"{sent['bytes']:,} bytes in {sent['seconds']:.1f} s{delay}\n"
        f"{sent['failed_sessions']:,} sessions failed, {sent['unsent_bytes']:,} bytes were not "
        f"sent; the server closed {sent['closed_early_sessions']:,} sessions before their end"
    )
