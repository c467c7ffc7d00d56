"""How systemd's watchdog is kept, and how parts show that they are alive. Pure.

systemd ends a service that has not said ``WATCHDOG=1`` for ``WatchdogSec``. The supervisor says
it only while every part answers: each beats from its event loop, so one that is stopped, or
whose loop hangs, falls silent, and after half of that time systemd is told nothing more.
So a hang is ended after one to one and a half times ``WatchdogSec``, and a loop may be held up
for nearly half of it without harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tart.errors import StartupError


@dataclass(frozen=True)
class Watchdog:
    """What ``seconds`` of ``WatchdogSec`` mean; 0: nobody watches."""

    seconds: float = 0.0

    @property
    def feed_seconds(self) -> float:
        """Between two messages to systemd."""
        return self.seconds / 4

    @property
    def beat_seconds(self) -> float:
        """Between two beats of a part."""
        return self.seconds / 16

    @property
    def patience_seconds(self) -> float:
        """A part that has not beaten for so long does not answer."""
        return self.seconds / 2


def watchdog_of(environ: Mapping[str, str], pid: int) -> Watchdog:
    """What systemd asks of the process ``pid``; see sd_watchdog_enabled(3).

    Raises:
        StartupError: ``$WATCHDOG_USEC`` is not a number of microseconds.
    """
    text = environ.get("WATCHDOG_USEC", "")
    if not text or environ.get("WATCHDOG_PID", str(pid)) != str(pid):
        return Watchdog()
    if not text.isdecimal():
        raise StartupError(f"WATCHDOG_USEC: {text!r} is not a number of microseconds")
    return Watchdog(int(text) / 1e6)
