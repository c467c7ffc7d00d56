"""Background tasks whose failures cost one turn: the next turn runs nevertheless.

No caller waits for a loop that maintains files, refreshes a cache, or handles messages, so an
exception would end the loop silently. Each turn runs in ``Background.guard``: a failure is counted
by task, logged at the 1st, 2nd, 4th, 8th ... time, and reported by health for an hour.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

# The time for which health reports a failure.
RECENT_SECONDS = 3600.0
_ERROR_CHARACTERS = 200


def first_delay(seconds: float, shard: int, count: int) -> float:
    """Return the delay of a shard's first turn, so that shards do not work at the same moment.

    Shards start together. A turn of all of them at once would take every core from ingestion.

    Args:
        seconds: The interval of the task.
        shard: The number of the shard.
        count: The number of shards; ``shard`` is below it.
    """
    return seconds * (shard + 1) / count


class Failures:
    """Failures by name: their number, and the newest of each.

    Args:
        now: A clock of Unix seconds.

    Attributes:
        counts: The number of failures by name.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._last: dict[str, tuple[float, str]] = {}
        self.counts: Counter[str] = Counter()

    def record(self, name: str, error: Exception) -> str | None:
        """Count a failure; return its text for the log, ``None`` if it should not be logged."""
        self.counts[name] += 1
        text = f"{type(error).__name__}: {error}"[:_ERROR_CHARACTERS]
        self._last[name] = self._now(), text
        return text if self.counts[name].bit_count() == 1 else None

    def recent(self) -> dict[str, str]:
        """Return the newest reason of each name that failed within ``RECENT_SECONDS``."""
        since = self._now() - RECENT_SECONDS
        return {name: text for name, (failed_at, text) in self._last.items() if failed_at >= since}


class Background:
    """Runs the background tasks of one process, turn by turn.

    Args:
        now: A clock of Unix seconds.

    Attributes:
        failures: The number of failures by task.
        recent: Returns the newest reason of each task that failed recently.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._failures = Failures(now)
        self.failures = self._failures.counts
        self.recent = self._failures.recent

    @contextmanager
    def guard(self, task: str) -> Iterator[None]:
        """Run one turn; an exception is counted and suppressed."""
        try:
            yield
        except Exception as error:
            if text := self._failures.record(task, error):
                log.error(
                    "background task failed: %s: %s; failures=%d; it is retried with its next turn",
                    task,
                    text,
                    self.failures[task],
                    exc_info=(type(error), error, error.__traceback__),
                )
