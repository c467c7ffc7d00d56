"""``tart replay``: sends a capture to a server, byte for byte.

Each session has a connection of its own (``cli.replay_connections``); ``protocol.playback``
computes when to send. The capture is read while it is played, so it may be endless.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import time
from contextlib import suppress

import uvloop

from tart import logs
from tart.cli.capture_io import open_input, read_chunks, source_name
from tart.cli.replay_connections import ReplayConnections
from tart.config.addresses import parse_address
from tart.config.schema import LogConfig
from tart.errors import CaptureError, ConfigError, StartupError, TartError
from tart.protocol.playback import Playback
from tart.stop_signals import stop_on_signal


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
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Replay a capture to its end and return the exit code, 1 if not everything was sent.

    Raises:
        CaptureError: The file ends or is damaged after a part of it was sent.
        ConfigError: An argument is not valid, or the file cannot be opened or is not a capture.
        StartupError: The file cannot be read, or the server cannot be reached.
    """
    host, port = parse_address(arguments.target, "--target")
    speed = parse_speed(arguments.speed)
    logs.set_up(LogConfig(format="text"), "replay")
    with (
        open_input(arguments.file) as descriptor,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        player = Player(speed, ReplayConnections(host, port))
        try:
            runner.run(player.run(descriptor))
        except CaptureError as error:
            raise _unusable(player, f"{source_name(arguments.file)}: {error}") from None
        finally:
            if player.connections.sessions:
                print(player.summary())
    if player.stopped:
        raise StartupError("stopped before the end of the capture")
    if player.missing:
        raise _unusable(player, f"{source_name(arguments.file)}: {player.missing}")
    return 1 if player.connections.failed else 0


def _unusable(player: Player, message: str) -> TartError:
    """Return the error of a capture that ended wrongly: after some of it was sent, or at once."""
    return CaptureError(message) if player.connections.sessions else ConfigError(message)


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

    Attributes:
        stopped: Whether a signal ended the replay early.
        max_delay: The longest that a message was sent after it was due, in seconds.
    """

    def __init__(self, speed: float, connections: ReplayConnections) -> None:
        self.connections = connections
        self.stopped = False
        self.max_delay = 0.0
        self._speed = speed
        self._playback = Playback(speed)
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
                if self._speed:
                    await self._wait_until(step.due)
                await self.connections.perform(step)
            # Let the connections' callbacks run, also where no step has to wait.
            await asyncio.sleep(0)
        for step in self._playback.close_sessions():
            await self.connections.perform(step)
        await self.connections.finish()

    async def _wait_until(self, due: float) -> None:
        remaining = due - (time.monotonic() - self._began)
        if remaining > 0:
            await asyncio.sleep(remaining)
        else:
            self.max_delay = max(self.max_delay, -remaining)

    def summary(self) -> str:
        """Return two lines on the replay."""
        sent = self.connections
        delay = f", at most {self.max_delay:.1f} s late" if self._speed else ""
        return (
            f"sent {sent.sessions:,} sessions, {sent.records:,} messages, {sent.octets:,} bytes "
            f"in {time.monotonic() - self._began:.1f} s{delay}\n"
            f"{sent.failed:,} sessions failed, {sent.unsent:,} bytes were not sent; "
            f"the server closed {sent.closed_early:,} sessions before their end"
        )
