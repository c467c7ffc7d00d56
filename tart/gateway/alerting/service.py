"""Alerting composed: rules, evaluation, store and delivery, and what routes ask of them.

The evaluator decides, the store remembers, the delivery sends; each has its own task, and none
waits for a client. What routes ask for is answered from the outcome of the last evaluation, or by
the store's thread.
"""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Protocol

from tart.alert_store import AlertStore, HistoryFilter
from tart.alerting.engine.model import Condition, Measurement, Silence, State
from tart.alerting.engine.silences import maintenance_silence, silenced_by
from tart.alerting.engine.views import views
from tart.alerting.rules.matchers import parse_matcher
from tart.background_tasks import Background
from tart.config.schema import Config
from tart.errors import BadQuery, Conflict, NotFound, StorageError, TartError
from tart.gateway.alerting import answers as made
from tart.gateway.alerting.delivery import Delivery
from tart.gateway.alerting.evaluator import Evaluated, Evaluator, Timing
from tart.gateway.alerting.message_counts import MessageCounts
from tart.gateway.alerting.problems import Faults, describe_problems
from tart.gateway.alerting.rule_source import RuleSource
from tart.gateway.fanout.queries import now_us
from tart.gateway.live.alert_feed import AlertFeed
from tart.gateway.observability.alerting_figures import AlertingFigures
from tart.query.answers import alerts as answers

# The most alerts of a message of the streams.
STREAMED_ALERTS = 200
# If a turn ends while silences are applied, its outcome is taken instead; the next turn has them.
_SILENCING_ATTEMPTS = 3


class MeasurementSource(Protocol):
    """Measures conditions; see ``alerting.measurements``."""

    @property
    def seconds(self) -> Mapping[Condition, float]:
        """The time that each condition took in the newest turn."""

    @property
    def answered(self) -> Collection[int]:
        """The shards that answered in the newest turn."""

    @property
    def total(self) -> int:
        """The number of shards."""

    async def measure(
        self, conditions: Collection[Condition], at_us: int
    ) -> Mapping[Condition, Measurement]:
        """Return the measurement of each condition."""


class AlertsUnavailable(TartError):
    """The store of alerts cannot be read or written."""

    status = 503
    code = "alerts_unavailable"


@dataclass(frozen=True)
class SilenceRequest:
    """A silence that a caller asks for; times are Unix microseconds."""

    matchers: tuple[str, ...]
    starts_us: int
    ends_us: int
    author: str
    reason: str


class AlertService:
    """The alerting of this gateway.

    Args:
        config: All settings.
        measurements: The figures of the network and of this server.
        feed: The subscribers of alerts.
        background: Counts failures.
        wait_ready: Returns once all shards are there.

    Attributes:
        store: Alerts, silences, history and messages.
        evaluator: Decides.
        delivery: Sends.
    """

    def __init__(
        self,
        config: Config,
        measurements: MeasurementSource,
        feed: AlertFeed,
        background: Background,
        wait_ready: Callable[[], Awaitable[None]],
    ) -> None:
        self._measurements = measurements
        self._feed = feed
        self._background = background
        self._interval_seconds = config.alerts.evaluation_seconds
        self.store = AlertStore(config.control_path)
        timing = Timing(
            interval_seconds=self._interval_seconds, lag_seconds=config.alerts.lag_seconds
        )
        self.evaluator = Evaluator(
            self.store, measurements.measure, self._receive, wait_ready, timing, background
        )
        self.delivery = Delivery(self.store, background, firing=self._firing)
        self._source = RuleSource(config)
        self._reloading = asyncio.Lock()
        self._silences_changed_at = -math.inf
        self._silencing = asyncio.Lock()
        self._outcome = made.Outcome()
        self._evaluated = time.monotonic()
        self._messages = MessageCounts(self.store)
        self._rule_seconds: Counter[str] = Counter()
        self._rule_failures: Counter[str] = Counter()
        self._rule_errors: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # --- Life ------------------------------------------------------------------------

    def start(self) -> None:
        """Start to evaluate and to deliver."""
        self._evaluated = time.monotonic()
        self._apply_rules()
        self.evaluator.start()

    async def stop(self) -> None:
        """Stop evaluating, then delivering; what waits is delivered after the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.evaluator.stop()
        await self.delivery.stop()
        await self.store.close()

    async def reload(self) -> answers.ReloadedRules:
        """Read the rule file again; one with mistakes changes nothing."""
        async with self._reloading:
            if is_read := await self._source.reload():
                self._apply_rules()
                self.evaluator.request_turn()
            else:
                self._publish(self._outcome)
        file = self._source.rules
        return {
            "reloaded": is_read,
            "rules": len(file.enabled_rules),
            "channels": len(file.channels),
            "errors": list(self._source.errors),
            "loaded_at": made.time_or_null(self._source.loaded_us),
        }

    def _apply_rules(self) -> None:
        file = self._source.rules
        self.evaluator.file = file
        self.delivery.configure(file.channels, file.external_url)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- Evaluation ------------------------------------------------------------------

    def _receive(self, evaluated: Evaluated) -> None:
        """Take the outcome of an evaluation that was committed."""
        self._evaluated = time.monotonic()
        self._count_rules(evaluated)
        self._messages.record(evaluated.transitions)
        outcome = made.Outcome(
            alerts=made.show_alerts(
                evaluated.file,
                evaluated.alerts,
                evaluated.silenced_by,
                evaluated.inhibited_by,
            ),
            silenced=evaluated.silenced_by,
            measurements=evaluated.measurements,
            silences=evaluated.silences,
            at_us=evaluated.at_us,
            since_us=self._outcome.since_us or evaluated.at_us,
            answered=len(self._measurements.answered),
            refused=evaluated.refused,
        )
        if self._silences_changed_at > time.monotonic() - evaluated.seconds:
            # They changed after the turn had read them; what was shown at once must not go back.
            silences = self._outcome.silences
            silenced = silenced_by(_labels(outcome), silences, now_us())
            outcome = made.with_silences(outcome, silenced, silences)
        self._publish(outcome)
        # An Alertmanager learns of a change at once, others by messages.
        if evaluated.notifications or evaluated.transitions:
            self.delivery.wake()
        self._begin(self._refresh_messages())

    async def _refresh_messages(self) -> None:
        with self._background.guard("alerts.messages"):
            if await self._messages.refresh():
                self._publish(self._outcome)

    def _count_rules(self, evaluated: Evaluated) -> None:
        rules = evaluated.file.enabled_rules
        names = {rule.alert for rule in rules}
        for counts in (self._rule_seconds, self._rule_failures):
            for name in counts.keys() - names:
                del counts[name]
        self._rule_errors = {}
        for rule in rules:
            measurement = evaluated.measurements.get(rule.condition)
            self._rule_seconds[rule.alert] += self._measurements.seconds.get(rule.condition, 0.0)  # type: ignore[assignment]
            error = "it was not measured" if measurement is None else measurement.error
            if error is not None:
                self._rule_failures[rule.alert] += 1
                self._rule_errors[rule.alert] = error

    def _publish(self, outcome: made.Outcome) -> None:
        """Make an outcome that of the answers, and send it to subscribers if it is news."""
        self._outcome = outcome
        active = (shown for shown in outcome.alerts if shown.is_active)
        jamtart = [made.jamtart_alert(shown) for shown in islice(active, STREAMED_ALERTS)]
        self._feed.publish(self.alerts(limit=STREAMED_ALERTS), jamtart)

    def _firing(self, channel: str) -> Sequence[Any] | None:
        """Return the alerts that a channel should know as firing; see ``Delivery``."""
        outcome = self._outcome
        if outcome.at_us is None:
            return None
        return [
            shown.view
            for shown in outcome.alerts
            if shown.is_active and channel in shown.rule.channels
        ]

    @property
    def problems(self) -> tuple[str, ...]:
        """Problems of alerting itself, as sentences."""
        return describe_problems(
            Faults(
                evaluation=self.evaluator.problem,
                rules=self._rule_errors,
                refused=self._outcome.refused,
                file=self._source.errors,
                dead_letters=self._messages.dead,
                failures={
                    name: report.failures for name, report in self.delivery.reports().items()
                },
                store=self._messages.problem,
            )
        )

    def figures(self) -> AlertingFigures:
        """Return what health and ``/metrics`` show."""
        outcomes: dict[tuple[str, str], int] = {}
        for name, report in self.delivery.reports().items():
            for outcome in ("delivered", "failed", "dead", "superseded"):
                outcomes[name, outcome] = getattr(report, outcome)
        return AlertingFigures(
            alerts=made.count_by_state(self._outcome.alerts),
            rules=len(self._source.rules.enabled_rules),
            interval_seconds=self._interval_seconds,
            seconds_since=time.monotonic() - self._evaluated,
            evaluations=self.evaluator.counts["turns"],
            rule_seconds=dict(self._rule_seconds),
            rule_failures=dict(self._rule_failures),
            delivery_outcomes=outcomes,
            queued={name: counts.queued for name, counts in self._messages.channels.items()},
            store_failures=self.store.failures,
            skipped_messages=self._feed.skipped,
            dropped_messages=self.store.dropped,
            problems=self.problems,
        )

    # --- Answers ---------------------------------------------------------------------

    def alerts(
        self,
        *,
        limit: int,
        state: str | None = None,
        severity: str | None = None,
        node: str | None = None,
    ) -> answers.Alerts:
        """Answer ``GET /api/alerts``."""
        outcome = self._outcome
        selected = [shown for shown in outcome.alerts if made.matches(shown, state, severity, node)]
        return {
            "alerts": [made.active_alert(shown) for shown in selected[:limit]],
            "has_more": len(selected) > limit,
            "counts": made.count(outcome.alerts),
            "problems": list(self.problems),
            "evaluated_at": made.time_or_null(outcome.at_us),
            "evaluated_since": made.time_or_null(outcome.since_us),
            "interval_seconds": self._interval_seconds,
            "shards_answered": outcome.answered,
            "shards_total": self._measurements.total,
        }

    async def rules(self, *, is_operator: bool, is_admin: bool) -> answers.AlertRules:
        """Answer ``GET /api/alerts/rules``.

        Args:
            is_operator: The caller may see statements, what they select, and errors of channels.
            is_admin: The caller may see the path of the file.
        """
        file = self._source.rules
        enabled = {rule.alert for rule in file.enabled_rules}
        alerts: defaultdict[str, list[made.ShownAlert]] = defaultdict(list)
        for shown in self._outcome.alerts:
            alerts[shown.rule.alert].append(shown)
        return {
            "rules": [
                made.rule_answer(
                    rule,
                    alerts[rule.alert],
                    made.RuleFigures(
                        self._outcome.measurements.get(rule.condition),
                        self._measurements.seconds.get(rule.condition),
                        self._messages.last_fired.get(rule.alert),
                    ),
                    is_enabled=rule.alert in enabled,
                    shows_sql=is_operator,
                )
                for rule in file.rules
            ],
            "channels": [
                made.channel_answer(
                    channel, self._messages.of(channel.name), shows_errors=is_operator
                )
                for channel in file.channels
            ],
            "file": self._source.path if is_admin else None,
            "loaded_at": made.time_or_null(self._source.loaded_us),
            "errors": list(self._source.errors),
        }

    async def history(self, limit: int, selection: HistoryFilter) -> answers.AlertHistory:
        """Answer ``GET /api/alerts/history``."""
        with _store_errors():
            records = await self.store.history(limit + 1, selection)
        view = views(self._source.rules)
        return {
            "history": [made.transition_answer(record, view) for record in records[:limit]],
            "has_more": len(records) > limit,
        }

    async def silences(self) -> answers.Silences:
        """Answer ``GET /api/alerts/silences``."""
        silences = await self._all_silences()
        now = now_us()
        newest = sorted(silences, key=lambda silence: silence.created_us, reverse=True)
        alerts = Counter(chain.from_iterable(self._outcome.silenced.values()))
        return {
            "silences": [
                made.silence_answer(silence, alerts[silence.id], now) for silence in newest
            ]
        }

    async def create_silence(self, request: SilenceRequest) -> answers.Silence:
        """Store a silence, which takes effect at once.

        Raises:
            BadQuery: A matcher is not valid, or there are too many silences.
            AlertsUnavailable: It cannot be stored.
        """
        for text in request.matchers:
            try:
                parse_matcher(text)
            except BadQuery as error:
                raise BadQuery(str(error), "matchers") from None
        silence = Silence(
            id=secrets.token_hex(8),
            matchers=request.matchers,
            starts_us=request.starts_us,
            ends_us=request.ends_us,
            author=request.author,
            reason=request.reason,
            created_us=now_us(),
        )
        with _store_errors():
            await self.store.add_silence(silence)
        await self._apply_silences()
        alerts = sum(silence.id in ids for ids in self._outcome.silenced.values())
        return made.silence_answer(silence, alerts, now_us())

    async def end_silence(self, silence_id: str) -> answers.EndedSilence:
        """End a silence, at once.

        Raises:
            NotFound: There is no silence with this id.
            Conflict: It has ended, or is a maintenance window of the rule file.
            AlertsUnavailable: It cannot be ended.
        """
        with _store_errors():
            ended = await self.store.end_silence(silence_id, now_us())
        if ended is None:
            known = {silence.id: silence for silence in await self._all_silences()}
            if silence_id not in known:
                raise NotFound(
                    "there is no silence with this id; /api/alerts/silences lists them", "id"
                )
            if made.is_of_file(known[silence_id]):
                raise Conflict("a maintenance window of the rule file ends there", "id")
            raise Conflict("this silence has ended", "id")
        await self._apply_silences()
        return {"id": silence_id, "ended": True}

    async def _all_silences(self) -> tuple[Silence, ...]:
        with _store_errors():
            stored = await self.store.silences()
        return (*stored, *map(maintenance_silence, self._source.rules.maintenance))

    async def _apply_silences(self) -> None:
        """Show at once what a new or ended silence changes; messages follow with the next turn."""
        self.evaluator.request_turn()
        async with self._silencing:
            for _ in range(_SILENCING_ATTEMPTS):
                outcome, silences = self._outcome, await self._all_silences()
                labels = _labels(outcome)
                # On a thread: many silences with regular expressions take their time.
                silenced = await asyncio.to_thread(silenced_by, labels, silences, now_us())
                if outcome is self._outcome:
                    self._silences_changed_at = time.monotonic()
                    self._publish(made.with_silences(outcome, silenced, silences))
                    return

    async def deliveries(
        self, *, limit: int, before: int | None, channel: str | None, state: Any
    ) -> answers.Deliveries:
        """Answer ``GET /api/alerts/deliveries``."""
        with _store_errors():
            messages = await self.store.deliveries(
                limit + 1, before=before, state=state, channel=channel
            )
        resting = {name: report.resting_us for name, report in self.delivery.reports().items()}
        return {
            "deliveries": [
                made.delivery_answer(delivery, resting.get(delivery.notification.channel, 0))
                for delivery in messages[:limit]
            ],
            "has_more": len(messages) > limit,
        }

    async def retry_delivery(self, delivery_id: str) -> answers.RetriedDelivery:
        """Queue a dead message again.

        Raises:
            NotFound: There is no dead message with this id.
            AlertsUnavailable: The store cannot be written.
        """
        with _store_errors():
            is_queued = await self.store.retry(delivery_id, now_us())
        if not is_queued:
            raise NotFound(
                "no message with this id was given up; "
                "/api/alerts/deliveries?state=dead lists those",
                "id",
            )
        self.delivery.wake()
        return {"id": delivery_id, "queued": True}

    async def send_test(self, channel: str) -> answers.TestMessage:
        """Send a message to a channel once.

        Raises:
            NotFound: The rule file has no such channel.
        """
        began = time.monotonic()
        notification = made.test_notification(channel, now_us())
        with _store_errors():
            error = await self.delivery.send_test(notification)
        return {
            "channel": channel,
            "id": notification.id,
            "delivered": error is None,
            "error": error,
            "elapsed_ms": round((time.monotonic() - began) * 1000, 1),
        }


@contextmanager
def _store_errors() -> Iterator[None]:
    """Raise an error of the store as one of the request."""
    try:
        yield
    except StorageError as error:
        raise AlertsUnavailable(str(error)) from None


def _labels(outcome: made.Outcome) -> dict[str, Mapping[str, str]]:
    """Return the labels of the alerts that silences may match, by id."""
    return {
        shown.view.alert.id: shown.view.labels
        for shown in outcome.alerts
        if shown.view.alert.state is not State.RESOLVED
    }
