"""The evaluation of alerts, turn by turn: measure, advance, group, commit, publish.

A turn reads the figures of a moment that is ``lag`` ago, computes the new state of the alerts and
the messages that are due, and commits both in one transaction. Only then the new state is in force:
after a commit that failed, or whose end is not known, the next turn begins with what the file has.

Turns never overlap. They are due at fixed intervals of a monotonic clock, and when a message is
due that waits for its group; a turn that takes longer than its interval, or a machine that slept,
costs turns, which are counted, and no burst follows.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from tart.alert_store import AlertStore, Change, StoredState
from tart.alerting.engine.model import (
    Alert,
    Condition,
    Group,
    Measurement,
    Notification,
    Silence,
    State,
    Transition,
)
from tart.alerting.engine.turns import Turn, take_turn
from tart.alerting.rules.model import RuleFile
from tart.background_tasks import Background
from tart.errors import StorageError
from tart.units import SECOND_US

log = logging.getLogger(__name__)

Measure: TypeAlias = Callable[
    [Collection[Condition], int], Awaitable[Mapping[Condition, Measurement]]
]

# Intervals between two turns that still count as observed time.
GAP_INTERVALS = 3
# The longest time that the first turn waits for shards; then they are missing.
START_SECONDS = 60.0
# Between two turns, however often one is requested.
_PAUSE_SECONDS = 1.0
# A message that is due is due for the wall clock, too, which runs a little slower or faster.
_MARGIN_SECONDS = 0.01
# Members of an alert that fires steadily, which change with each turn and of which nothing follows.
_STEADY = ("held_us", "evaluated_us", "known_us", "true_us", "value")


@dataclass(frozen=True)
class Evaluated:
    """The outcome of a turn.

    Attributes:
        file: The rules that were in force.
        at_us: The time that the figures are of, Unix microseconds.
        alerts: All, those included that ended in this turn.
        silenced_by: Ids of the silences and maintenance windows that match, by id of the alert.
        inhibited_by: Name of the alert that explains it, by id of the alert.
        measurements: By condition; a condition without one was not measured.
        transitions: Of this turn.
        notifications: That were added to the outbox.
        silences: All that are stored, and those of the rule file.
        refused: Label sets by rule that started no alert because the rule has too many.
        seconds: How long the turn took.
    """

    file: RuleFile
    at_us: int
    alerts: tuple[Alert, ...] = ()
    silenced_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    inhibited_by: Mapping[str, str] = field(default_factory=dict)
    measurements: Mapping[Condition, Measurement] = field(default_factory=dict)
    transitions: tuple[Transition, ...] = ()
    notifications: tuple[Notification, ...] = ()
    silences: tuple[Silence, ...] = ()
    refused: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class Timing:
    """The times of an evaluator.

    Attributes:
        interval_seconds: Between two turns.
        lag_seconds: How far the figures of a turn lie in the past, since events arrive late.
        budget_seconds: The longest time that all measurements of a turn may take; each figure has
            a shorter one of its own.
        start_seconds: The longest time that the first turn waits for shards.
    """

    interval_seconds: float = 30.0
    lag_seconds: float = 5.0
    budget_seconds: float = 25.0
    start_seconds: float = START_SECONDS

    @property
    def max_gap_us(self) -> int:
        """The longest time between two turns that counts."""
        return round(GAP_INTERVALS * self.interval_seconds * SECOND_US)


class Evaluator:
    """Evaluates the rules in force.

    Args:
        store: Alerts, groups and silences; the only state that outlives the process.
        measure: Measures conditions at a time, Unix microseconds.
        publish: Receives the outcome of each turn that was committed.
        wait_ready: Returns once all shards are there.
        timing: The times.
        background: Counts failures.
        now_us: The wall clock, Unix microseconds.
        monotonic: A clock of seconds that is never set.

    Attributes:
        file: The rules in force; another value takes effect with the next turn.
        counts: ``turns``, ``skipped``, ``failed``, ``unmeasured`` (turns in which the measurements
            failed), ``transitions``, ``messages``, ``refused``.
        last: The outcome of the last turn that was committed.
        problem: Why the last turn failed; ``None`` if it did not.
    """

    def __init__(
        self,
        store: AlertStore,
        measure: Measure,
        publish: Callable[[Evaluated], None],
        wait_ready: Callable[[], Awaitable[None]],
        timing: Timing | None = None,
        background: Background | None = None,
        *,
        now_us: Callable[[], int] = lambda: time.time_ns() // 1000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._measure = measure
        self._publish = publish
        self._wait_ready = wait_ready
        self._timing = timing or Timing()
        self._background = background or Background()
        self._now_us = now_us
        self._monotonic = monotonic
        # As the file has it; ``None`` if that is not known.
        self._stored: StoredState | None = None
        # With the values of the last turn, which are not all written.
        self._alerts: tuple[Alert, ...] = ()
        # When the first message that waits is due; ``None`` if none waits.
        self._message_due_us: int | None = None
        self._requested = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.file = RuleFile()
        self.counts: Counter[str] = Counter()
        self.last: Evaluated | None = None
        self.problem: str | None = None

    def start(self) -> None:
        """Start to evaluate."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop; a commit that has begun ends."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def request_turn(self) -> None:
        """Evaluate as soon as possible: rules or silences have changed."""
        self._requested.set()

    async def turn(self) -> Evaluated:
        """Evaluate once.

        Raises:
            StorageError: The store cannot be read or written; nothing has changed.
        """
        started = self._monotonic()
        self._requested.clear()
        self._message_due_us = None
        file, now_us = self.file, self._now_us()
        at_us = now_us - round(self._timing.lag_seconds * SECOND_US)
        stored = await self._load()
        silences = await self._store.silences()
        measurements = await self._measure_all(file, at_us)
        # On a thread: with ten thousand alerts it takes a tenth of a second.
        turn = await asyncio.to_thread(
            take_turn,
            file,
            self._alerts,
            stored.groups,
            measurements,
            silences,
            at_us,
            now_us,
            self._timing.max_gap_us,
        )
        await self._commit(turn, stored, now_us)
        self._message_due_us = turn.next_us
        outcome = Evaluated(
            file=file,
            at_us=at_us,
            alerts=turn.alerts,
            silenced_by=turn.silenced_by,
            inhibited_by=turn.inhibited_by,
            measurements=measurements,
            transitions=turn.transitions,
            notifications=turn.notifications,
            silences=turn.silences,
            refused=turn.refused,
            seconds=self._monotonic() - started,
        )
        self.last = outcome
        self._count(outcome)
        with self._background.guard("alerts.publish"):
            self._publish(outcome)
        return outcome

    async def _run(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timing.start_seconds):
                await self._wait_ready()
        due_at = self._monotonic()
        while True:
            with self._background.guard("alerts"):
                await self._guarded_turn()
            due_at = await self._wait(due_at)

    async def _guarded_turn(self) -> None:
        try:
            await self.turn()
        except StorageError as error:
            self._record_failure(str(error))
        except Exception as error:
            self._record_failure(f"{type(error).__name__}: {error}")
            # What a fault left in memory is not trusted.
            self._stored = None
            raise
        else:
            if self.problem is not None:
                log.info("alerts are evaluated again")
            self.problem = None

    def _record_failure(self, text: str) -> None:
        self.counts["failed"] += 1
        if self.problem is None:
            log.error("alerts are not evaluated: %s; retrying with each turn", text)
        self.problem = text

    async def _wait(self, due_at: float) -> float:
        """Wait until the next turn; return when it was due."""
        interval = self._timing.interval_seconds
        due_at, skipped = next_turn(due_at, self._monotonic(), interval)
        self.counts["skipped"] += skipped
        remaining = self._until_turn(max(0.0, due_at - self._monotonic()))
        pause = min(remaining, _PAUSE_SECONDS)
        await asyncio.sleep(pause)
        with suppress(TimeoutError):
            async with asyncio.timeout(remaining - pause):
                await self._requested.wait()
        # A requested turn moves the following ones.
        return min(due_at, self._monotonic())

    def _until_turn(self, remaining: float) -> float:
        """Return the seconds until the next turn: a message may be due earlier.

        If one is due just after the turn, that turn waits for it.
        """
        if self._message_due_us is None:
            return remaining
        seconds = (self._message_due_us - self._now_us()) / SECOND_US + _MARGIN_SECONDS
        return max(seconds, _PAUSE_SECONDS) if seconds < remaining + _PAUSE_SECONDS else remaining

    async def _load(self) -> StoredState:
        if self._stored is None:
            self._stored = await self._store.load()
            self._alerts = self._stored.alerts
        return self._stored

    async def _measure_all(self, file: RuleFile, at_us: int) -> Mapping[Condition, Measurement]:
        """Return the measurements; none if that fails: then nothing follows for any alert."""
        conditions = dict.fromkeys(rule.condition for rule in file.enabled_rules)
        measurements: Mapping[Condition, Measurement] = {}
        with self._background.guard("alerts.measure"):
            async with asyncio.timeout(self._timing.budget_seconds):
                measurements = await self._measure(tuple(conditions), at_us)
        if conditions and not measurements:
            self.counts["unmeasured"] += 1
        return measurements

    async def _commit(self, turn: Turn, stored: StoredState, now_us: int) -> None:
        """Write the turn, and make it the state in force."""
        change, written = _change(stored, turn.stored, turn.groups, now_us)
        change = replace(change, notifications=turn.notifications, transitions=turn.transitions)
        # Not known until the commit has ended.
        self._stored = None
        if not _is_empty(change):
            await self._store.commit(change)
        self._stored, self._alerts = written, turn.stored

    def _count(self, outcome: Evaluated) -> None:
        self.counts["turns"] += 1
        self.counts["transitions"] += len(outcome.transitions)
        self.counts["messages"] += len(outcome.notifications)
        self.counts["refused"] += sum(outcome.refused.values())


def next_turn(due_at: float, now: float, interval: float) -> tuple[float, int]:
    """Return when the next turn is due, and how many turns were missed.

    Args:
        due_at: When the last turn was due, in seconds of a monotonic clock.
        now: The present.
        interval: Between two turns.
    """
    skipped = max(0, math.ceil((now - due_at) / interval) - 1)
    return due_at + interval * (skipped + 1), skipped


def _change(
    stored: StoredState, alerts: tuple[Alert, ...], groups: tuple[Group, ...], now_us: int
) -> tuple[Change, StoredState]:
    """Return what must be written, and what the file has after that."""
    before = {alert.id: alert for alert in stored.alerts}
    changed = [
        alert
        for alert in alerts
        if (known := before.get(alert.id)) is None or not _is_same(known, alert)
    ]
    after = {**before, **{alert.id: alert for alert in changed}}
    present = {alert.id for alert in alerts}
    groups_before = {(group.channel, group.key): group for group in stored.groups}
    groups_after = {(group.channel, group.key): group for group in groups}
    change = Change(
        now_us,
        alerts=changed,
        removed_alerts=[alert_id for alert_id in before if alert_id not in present],
        groups=[group for key, group in groups_after.items() if groups_before.get(key) != group],
        removed_groups=[key for key in groups_before if key not in groups_after],
    )
    rows = tuple(alert for alert_id, alert in after.items() if alert_id in present)
    return change, StoredState(rows, groups, stored.silences)


def _is_same(known: Alert, alert: Alert) -> bool:
    """Return whether an alert need not be written again.

    Of one that fires and whose condition holds, the newest times and value are not needed: after
    a restart the next turn has them, and the time between does not count.
    """
    if alert.state is State.FIRING and known.state is State.FIRING and known.holds and alert.holds:
        newest = {name: getattr(alert, name) for name in _STEADY}
        return replace(known, **newest) == alert
    return known == alert


def _is_empty(change: Change) -> bool:
    return not (
        change.alerts
        or change.removed_alerts
        or change.groups
        or change.removed_groups
        or change.notifications
        or change.transitions
    )
