"""What a forked part is handed by the supervisor: its only ties to it.

Lives at the bottom of the layers so that shard and gateway may name the type without
importing the supervisor. Only the standard library may be imported here.

A part calls ``ready`` once, when it accepts; it stops gracefully on SIGTERM *and* when
``lifeline`` becomes readable; it returns its exit code. It starts with SIGTERM at its
default, SIGINT and SIGHUP ignored: a terminal sends both to the whole process group, and
it is the supervisor that decides what they mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Startup:
    """One process' ties to the supervisor.

    Attributes:
        ready: tells the supervisor that this part accepts; a second call does nothing.
        lifeline: a descriptor that reads end-of-file once the supervisor is gone, however
            it went. Add it to the loop as a reader, and remove it there when it fires:
            end-of-file stays readable. Do not close it.
    """

    ready: Callable[[], None]
    lifeline: int
