"""Alerting composed: rules, evaluation, store and delivery, and what routes ask of them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from tart.errors import Conflict, NotFound
from tart.gateway.alerting.answers import Evaluation, active_alert, count, matches, time_or_null
from tart.gateway.alerting.rule_source import RuleSource
from tart.gateway.fanout.queries import now_us
from tart.gateway.live.alert_feed import AlertFeed
from tart.query.answers import alerts as answers
from tart.query.core.rfc3339 import server_time
from tart.suggestions import did_you_mean


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
        count_shards: Returns the number of shards.
        feed: Its subscribers.
        interval_seconds: The time between two evaluations.
        source: The rules in force.
    """

    def __init__(
        self,
        count_shards: Callable[[], int],
        feed: AlertFeed,
        interval_seconds: float,
        source: RuleSource,
    ) -> None:
        self._count_shards = count_shards
        self._source = source
        self._feed = feed
        self._interval_seconds = interval_seconds
        self._evaluation = Evaluation()
        self._silences: dict[str, SilenceRequest] = {}
        feed.publish(self.alerts(), ())

    def alerts(
        self, *, state: str | None = None, severity: str | None = None, node: str | None = None
    ) -> answers.Alerts:
        """Answer ``GET /api/alerts``."""
        evaluation = self._evaluation
        return {
            "alerts": [
                active_alert(shown)
                for shown in evaluation.alerts
                if matches(shown, state, severity, node)
            ],
            "counts": count(evaluation.alerts),
            "problems": list(evaluation.problems),
            "evaluated_at": time_or_null(evaluation.evaluated_us),
            "evaluated_since": time_or_null(evaluation.since_us),
            "interval_seconds": self._interval_seconds,
            "shards_answered": evaluation.answered,
            "shards_total": self._count_shards(),
        }

    def rules(self, *, shows_sql: bool, shows_paths: bool) -> answers.AlertRules:
        """Answer ``GET /api/alerts/rules``."""
        return {
            "rules": [],
            "channels": [],
            "file": self._source.path if shows_paths else None,
            "loaded_at": time_or_null(self._source.loaded_us),
            "errors": list(self._source.errors),
        }

    async def reload(self) -> answers.ReloadedRules:
        """Read the rule file again; a file with mistakes changes nothing."""
        reloaded = await self._source.reload()
        return {
            "reloaded": reloaded,
            "rules": len(self._source.rules.enabled_rules),
            "channels": len(self._source.rules.channels),
            "errors": list(self._source.errors),
            "loaded_at": time_or_null(self._source.loaded_us),
        }

    async def history(
        self,
        *,
        limit: int,
        before: int | None,
        alert: str | None,
        node: str | None,
        start_us: int | None,
        end_us: int | None,
    ) -> answers.AlertHistory:
        """Answer ``GET /api/alerts/history``."""
        return {"history": [], "has_more": False}

    async def silences(self) -> answers.Silences:
        """Answer ``GET /api/alerts/silences``."""
        return {
            "silences": [
                self._silence(number, silence) for number, silence in self._silences.items()
            ]
        }

    async def create_silence(self, request: SilenceRequest) -> answers.Silence:
        """Store a silence."""
        number = secrets.token_hex(8)
        self._silences[number] = request
        return self._silence(number, request)

    async def end_silence(self, silence_id: str) -> answers.EndedSilence:
        """End a silence.

        Raises:
            NotFound: There is no silence with this id.
            Conflict: It has ended, or is a maintenance window of the rule file.
        """
        if silence_id not in self._silences:
            raise NotFound(
                "there is no silence with this id; /api/alerts/silences lists them", "id"
            )
        if self._silences[silence_id].ends_us <= now_us():
            raise Conflict("the silence has ended", "id")
        del self._silences[silence_id]
        return {"id": silence_id, "ended": True}

    async def deliveries(
        self, *, limit: int, before: int | None, channel: str | None, state: str | None
    ) -> answers.Deliveries:
        """Answer ``GET /api/alerts/deliveries``."""
        return {"deliveries": [], "has_more": False}

    async def retry_delivery(self, delivery_id: str) -> answers.RetriedDelivery:
        """Queue a dead message again.

        Raises:
            NotFound: There is no message with this id.
            Conflict: It is not dead.
        """
        raise NotFound("there is no message with this id; /api/alerts/deliveries lists them", "id")

    async def send_test(self, channel: str) -> answers.TestMessage:
        """Send a message to a channel once.

        Raises:
            NotFound: The rule file has no such channel.
        """
        hint = did_you_mean(channel, [])
        raise NotFound(f"the rule file has no channel of this name{hint}", "channel")

    def _silence(self, silence_id: str, silence: SilenceRequest) -> answers.Silence:
        now = now_us()
        state: str = "pending" if silence.starts_us > now else "active"
        return {
            "id": silence_id,
            "matchers": list(silence.matchers),
            "starts_at": server_time(silence.starts_us),
            "ends_at": server_time(silence.ends_us),
            "author": silence.author,
            "reason": silence.reason,
            "state": "expired" if silence.ends_us <= now else state,  # type: ignore[typeddict-item]
            "source": "api",
            "alerts": 0,
        }
