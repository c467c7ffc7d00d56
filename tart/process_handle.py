"""The handle that a child process gets from the supervisor: readiness, heartbeat, lifeline.

The module stands at the bottom of the layers so that shard and gateway may name the type without
importing the supervisor. Only light modules of the standard library may be imported here, not
asyncio: the supervisor imports this module before it forks (contract "The supervisor stays
empty-handed before fork").

The contract of a child process:

- While it starts, it calls ``extend_startup`` whenever it makes progress, and ``waive_startup``
  once the other processes should not wait for it. It calls ``ready`` once, when it accepts
  connections.
- It calls ``start_heartbeat`` with its event loop, so that the supervisor notices a loop that is
  blocked.
- It stops gracefully on SIGTERM *and* when ``lifeline`` becomes readable, and returns its exit
  code.
- It starts with SIGTERM at its default and with SIGINT and SIGHUP ignored: a terminal sends both
  to the whole process group, and the supervisor decides what they mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

# The messages of a child process to the supervisor, a byte each.
READY, HEARTBEAT, EXTEND_STARTUP, WAIVE_STARTUP = b"r", b"h", b"e", b"w"


class Loop(Protocol):
    """The part of an event loop that is needed."""

    def call_later(self, delay: float, callback: Callable[..., object], *args: object) -> object:
        """Call ``callback`` with ``args`` in ``delay`` seconds."""


def _ignore() -> None:
    """Do nothing."""


@dataclass(frozen=True)
class ProcessHandle:
    """The connection of one child process to the supervisor.

    No method blocks.

    Attributes:
        ready: Tells the supervisor that this process accepts connections; a second call does
            nothing.
        lifeline: A descriptor that reads end-of-file once the supervisor is gone, however it
            ended. Add it to the loop as a reader, and remove it there when it fires: end-of-file
            stays readable. Do not close it.
        heartbeat: Tells the supervisor that this process is alive.
        heartbeat_seconds: The interval of heartbeats; 0 if the supervisor expects none.
        extend_startup: Tells the supervisor that this process still starts and makes progress,
            which restarts its deadline of ``supervisor.ready_seconds``. It may be called on any
            thread.
        waive_startup: Does the same, and lets the other processes become ready without this one.
        startup_seconds: A process that needs longer than this to start calls ``waive_startup``;
            a third of ``supervisor.ready_seconds``.
        restarted: Whether this process replaces one that ended.
    """

    ready: Callable[[], None]
    lifeline: int
    heartbeat: Callable[[], None] = _ignore
    heartbeat_seconds: float = 0.0
    extend_startup: Callable[[], None] = _ignore
    waive_startup: Callable[[], None] = _ignore
    startup_seconds: float = 10.0
    restarted: bool = False

    def start_heartbeat(self, loop: Loop) -> None:
        """Send heartbeats from ``loop`` while it runs, if the supervisor expects any."""
        if self.heartbeat_seconds:
            self.heartbeat()
            loop.call_later(self.heartbeat_seconds, self.start_heartbeat, loop)
