"""The intervals of systemd's watchdog and of the children's heartbeats. Pure.

systemd ends a service that has not sent ``WATCHDOG=1`` for ``WatchdogSec``. The supervisor sends
it only while every child responds: each sends heartbeats from its event loop, so a stopped process
and a blocked loop fall silent, and after half of that time systemd gets no more messages. A hang
is ended after one to one and a half times ``WatchdogSec``, and a loop may be blocked for nearly
half of it without harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tart.errors import StartupError


@dataclass(frozen=True)
class Watchdog:
    """The intervals that follow from ``seconds`` of ``WatchdogSec``; 0 without a watchdog."""

    seconds: float = 0.0

    @property
    def feed_seconds(self) -> float:
        """The interval of messages to systemd."""
        return self.seconds / 4

    @property
    def heartbeat_seconds(self) -> float:
        """The interval of a child's heartbeats."""
        return self.seconds / 16

    @property
    def timeout_seconds(self) -> float:
        """The time without a heartbeat after which a child is unresponsive."""
        return self.seconds / 2


def read_watchdog(environ: Mapping[str, str], pid: int) -> Watchdog:
    """Return the watchdog that systemd expects of process ``pid``; see sd_watchdog_enabled(3).

    Raises:
        StartupError: ``$WATCHDOG_USEC`` is not a number of microseconds.
    """
    text = environ.get("WATCHDOG_USEC", "")
    if not text or environ.get("WATCHDOG_PID", str(pid)) != str(pid):
        return Watchdog()
    if not text.isdecimal():
        raise StartupError(f"WATCHDOG_USEC: {text!r} is not a number of microseconds")
    return Watchdog(int(text) / 1e6)
