"""Failures of derived work, written to the log and remembered for health.

The first failure of a stage is logged with its traceback, later ones ever more rarely: the
second, the fourth, the eighth … A node that makes a stage fail with every message cannot
fill the log.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from tart.aggregate.isolation import Failure, Isolation

log = logging.getLogger(__name__)

# A failure is told by health for so long.
RECENT_SECONDS = 3600.0
_ERROR_CHARACTERS = 200


class _Last(NamedTuple):
    """The newest failure of a stage, and how many events it has lost in all."""

    at: float
    error: str
    failures: int
    events: int


class FailureLog:
    """Reports the failures of one process.

    Args:
        now: Unix seconds.

    Attributes:
        isolation: what derived work runs in, so that its failures are reported here.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.isolation = Isolation(self.report)
        self._now = now
        self._last: dict[str, _Last] = {}

    def report(self, failure: Failure) -> None:
        """One more failure."""
        stage, error = failure.stage, failure.error
        before = self._last.get(stage)
        failures = 1 + (before.failures if before else 0)
        events = failure.events + (before.events if before else 0)
        text = f"{type(error).__name__}: {error}"[:_ERROR_CHARACTERS]
        self._last[stage] = _Last(self._now(), text, failures, events)
        if failures.bit_count() == 1:
            log.error(
                "the %s of events failed (event type %s, session %s, seq %s): %s; %d failures so "
                "far. The events are stored; what this stage derives from them is missing. "
                "Please report this fault of tart.",
                stage,
                failure.event_type,
                failure.session,
                failure.seq,
                text,
                failures,
                exc_info=(type(error), error, error.__traceback__),
            )

    def statistics(self) -> dict[str, Any]:
        """For ``/metrics`` and health."""
        return {
            "derived_failures": dict(self.isolation.failures),
            "derived_events_lost": dict(self.isolation.events),
            "derived_retries": dict(self.isolation.retries),
            "derived_failing": self.recent(),
        }

    def recent(self) -> dict[str, dict[str, Any]]:
        """Stages that failed within the last ``RECENT_SECONDS``, with what they have lost."""
        since = self._now() - RECENT_SECONDS
        return {
            stage: {"failures": last.failures, "events": last.events, "error": last.error}
            for stage, last in self._last.items()
            if last.at >= since
        }
