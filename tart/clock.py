"""The present: the server's clock, or a simulated one where events are evaluated offline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

# Returns the present in Unix microseconds.
Clock: TypeAlias = Callable[[], int]


def unix_us() -> int:
    """Return the present by the server's clock, Unix microseconds."""
    return time.time_ns() // 1000
