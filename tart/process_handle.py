"""What a forked part is handed by the supervisor: its only ties to it.

Lives at the bottom of the layers so that shard and gateway may name the type without
importing the supervisor. Only the standard library may be imported here.

A part that takes its time calls ``advance`` whenever it has got on, and ``waive`` once others
should not wait for it; it calls ``ready`` once, when it accepts, and ``keep_beating`` with its
loop, so that the supervisor sees when that no longer turns; it stops gracefully on SIGTERM
*and* when ``lifeline`` becomes readable; it returns its exit code. It starts with SIGTERM at its
default, SIGINT and SIGHUP ignored: a terminal sends both to the whole process group, and
it is the supervisor that decides what they mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

# What a part says to the supervisor, a byte each.
READY, BEAT, ADVANCES, WAIVES = b"r", b"b", b"a", b"w"


class Loop(Protocol):
    """What is asked of an event loop; asyncio itself must not be imported here."""

    def call_later(self, delay: float, callback: Callable[..., object], *args: object) -> object:
        """Call ``callback`` with ``args`` in ``delay`` seconds."""


def _unheard() -> None:
    """What nobody listens for."""


@dataclass(frozen=True)
class ProcessHandle:
    """One process' ties to the supervisor.

    Attributes:
        ready: tells the supervisor that this part accepts; a second call does nothing.
        lifeline: a descriptor that reads end-of-file once the supervisor is gone, however
            it went. Add it to the loop as a reader, and remove it there when it fires:
            end-of-file stays readable. Do not close it.
        beat: tells the supervisor that this part is alive; never blocks.
        beat_seconds: how often it wants to be told; 0: nobody watches.
        advance: tells the supervisor that this part does not accept yet and gets on: it is
            given time again; from any thread, never blocks.
        waive: likewise, and that everything else is to be ready without it.
        patience_seconds: a part that needs longer to accept waives.
    """

    ready: Callable[[], None]
    lifeline: int
    beat: Callable[[], None] = _unheard
    beat_seconds: float = 0.0
    advance: Callable[[], None] = _unheard
    waive: Callable[[], None] = _unheard
    patience_seconds: float = 10.0

    def keep_beating(self, loop: Loop) -> None:
        """Beat from ``loop`` for as long as it turns, if anybody watches."""
        if self.beat_seconds:
            self.beat()
            loop.call_later(self.beat_seconds, self.keep_beating, loop)
