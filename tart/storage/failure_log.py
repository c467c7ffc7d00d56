"""Failures of derived work, written to the log and remembered for health.

The first failure of a stage is logged with its traceback, later ones ever more rarely: the
second, the fourth, the eighth … A node that makes a stage fail with every message cannot
fill the log.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from tart.aggregate.core.isolation import Failure, Isolation
from tart.background_tasks import Failures

log = logging.getLogger(__name__)


class FailureLog:
    """Reports the failures of one process.

    Args:
        now: Unix seconds.

    Attributes:
        isolation: what derived work runs in, so that its failures are reported here.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.isolation = Isolation(self.report)
        self._failures = Failures(now)

    def report(self, failure: Failure) -> None:
        """One more failure; the isolation has counted it."""
        stage, error = failure.stage, failure.error
        if text := self._failures.note(stage, error):
            log.error(
                "the %s of events failed (event type %s, session %s, seq %s): %s; %d failures so "
                "far. The events are stored; what this stage derives from them is missing. "
                "Please report this fault of tart.",
                stage,
                failure.event_type,
                failure.session,
                failure.seq,
                text,
                self._failures.counts[stage],
                exc_info=(type(error), error, error.__traceback__),
            )

    def statistics(self) -> dict[str, Any]:
        """For ``/metrics`` and health."""
        return {
            "derived_failures": dict(self.isolation.failures),
            "derived_events_lost": dict(self.isolation.events_lost),
            "derived_retries": dict(self.isolation.retries),
            "derived_failing": self.recent(),
        }

    def recent(self) -> dict[str, dict[str, Any]]:
        """Stages that failed within the last hour, with what they have lost since the start."""
        return {
            stage: {
                "failures": self.isolation.failures[stage],
                "events": self.isolation.events_lost[stage],
                "error": text,
            }
            for stage, text in self._failures.recent().items()
        }
