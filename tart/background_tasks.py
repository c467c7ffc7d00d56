"""Work in the background whose failures cost one turn of it: the next one comes all the same.

A loop that keeps files in order, refreshes what a process knows, or handles messages has
nobody who waits for it, so an exception would end it without a word. Each turn runs in
``Background.guard``: a failure is counted by task, logged ever more rarely (the first, the
second, the fourth …) and told by health for a while.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

# A failure is told by health for so long.
RECENT_SECONDS = 3600.0
_ERROR_CHARACTERS = 200


class Failures:
    """Failures by name: how many there were, and the newest of each.

    Args:
        now: Unix seconds.

    Attributes:
        counts: by name.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._last: dict[str, tuple[float, str]] = {}
        self.counts: Counter[str] = Counter()

    def note(self, name: str, error: Exception) -> str | None:
        """Count one; how it reads in the log, ``None`` if it is not to be logged."""
        self.counts[name] += 1
        text = f"{type(error).__name__}: {error}"[:_ERROR_CHARACTERS]
        self._last[name] = self._now(), text
        return text if self.counts[name].bit_count() == 1 else None

    def recent(self) -> dict[str, str]:
        """Names that failed within the last ``RECENT_SECONDS``, with the newest reason."""
        since = self._now() - RECENT_SECONDS
        return {name: text for name, (at, text) in self._last.items() if at >= since}


class Background:
    """Runs the background tasks of one process, turn by turn.

    Args:
        now: Unix seconds.

    Attributes:
        failures: by task.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._failures = Failures(now)
        self.failures = self._failures.counts
        self.recent = self._failures.recent

    @contextmanager
    def guard(self, task: str) -> Iterator[None]:
        """One turn; what it raises is counted and goes no further."""
        try:
            yield
        except Exception as error:
            if text := self._failures.note(task, error):
                log.error(
                    "background work failed: %s, %s; %d times so far; it is tried again with its "
                    "next turn",
                    task,
                    text,
                    self.failures[task],
                    exc_info=(type(error), error, error.__traceback__),
                )
