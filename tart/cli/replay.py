"""``tart replay``: sends what a capture has to a server, byte for byte, as it was sent.

Each session has a connection of its own (``cli.replay_connections``); when what is due is
``protocol.playback``'s. The capture is read as it is played, so it may be endless.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import signal
import time
from contextlib import suppress

import uvloop

from tart import logs
from tart.cli.capture_io import chunks, readable
from tart.cli.replay_connections import Lines
from tart.config.load import parse_address
from tart.config.schema import LogConfig
from tart.errors import ConfigError, StartupError
from tart.protocol.playback import Playback


def replay(given: argparse.Namespace) -> int:
    """Play a capture to its end; returns the exit code: 1 if not everything was sent.

    Raises:
        CaptureError: the file is no capture.
        ConfigError: a flag is out of range.
        StartupError: the file cannot be read, or nobody listens.
    """
    host, port = parse_address(given.target, "--target")
    speed = speed_of(given.speed)
    logs.set_up(LogConfig(format="text"), "replay")
    with (
        readable(given.file) as descriptor,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        player = Player(speed, Lines(host, port))
        try:
            runner.run(player.run(descriptor))
        finally:
            if player.lines.sessions:
                print(player.summary())
    if player.stopped:
        raise StartupError("stopped before the end of the capture")
    if not player.complete:
        raise StartupError(f"{given.file} was cut short: it has no end")
    return 1 if player.lines.failed else 0


def speed_of(text: str) -> float:
    """``--speed``: recorded seconds per second; 0 is as fast as it goes.

    Raises:
        ConfigError: it is none.
    """
    with suppress(ValueError):
        speed = 0.0 if text == "max" else float(text)
        if 0 <= speed < math.inf:
            return speed
    raise ConfigError(f"--speed: {text} is neither a number from 0 on nor max")


class Player:
    """One replay.

    Attributes:
        stopped: whether a signal ended it before.
        late: the most that anything was sent after it was due, in seconds.
    """

    def __init__(self, speed: float, lines: Lines) -> None:
        self.lines = lines
        self.stopped = False
        self.late = 0.0
        self._speed = speed
        self._playback = Playback(speed)
        self._began = time.monotonic()

    @property
    def complete(self) -> bool:
        """Whether the capture's end was there."""
        return self._playback.complete

    async def run(self, descriptor: int) -> None:
        """Play until the end, or a signal.

        Raises:
            CaptureError: what is read is no capture.
            StartupError: it cannot be read, or nobody listens.
        """
        playing = asyncio.ensure_future(self._play(descriptor))
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, playing.cancel)
        try:
            await playing
        except asyncio.CancelledError:
            self.stopped = True
        finally:
            self.lines.abort()

    async def _play(self, descriptor: int) -> None:
        async for data in chunks(descriptor):
            for step in self._playback.receive_data(data):
                if self._speed:
                    await self._until(step.due)
                await self.lines.take(step)
            # Connections want to be heard, too, where nothing has to be waited for.
            await asyncio.sleep(0)
        for step in self._playback.close_sessions():
            await self.lines.take(step)
        await self.lines.finish()

    async def _until(self, due: float) -> None:
        left = due - (time.monotonic() - self._began)
        if left > 0:
            await asyncio.sleep(left)
        else:
            self.late = max(self.late, -left)

    def summary(self) -> str:
        """What was sent, in two lines."""
        lines = self.lines
        late = f", at most {self.late:.1f} s late" if self._speed else ""
        return (
            f"sent {lines.sessions:,} sessions, {lines.records:,} messages, {lines.octets:,} bytes "
            f"in {time.monotonic() - self._began:.1f} s{late}\n"
            f"{lines.failed:,} sessions failed, {lines.unsent:,} bytes were not sent; "
            f"the server closed {lines.early:,} sessions before their end"
        )
