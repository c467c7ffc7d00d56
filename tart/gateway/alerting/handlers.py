"""Handlers of ``api.routes.alerts``; every change is written to the audit log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tart.access.roles import Role
from tart.alert_store import HistoryFilter
from tart.errors import BadQuery
from tart.gateway.alerting.service import AlertService, SilenceRequest
from tart.gateway.fanout.queries import now_us
from tart.gateway.handlers.windows import Values
from tart.gateway.http.auth import Caller
from tart.gateway.http.responses import Answer
from tart.query.core.windows import MAX_DAYS, duration_us, resolve, time_us
from tart.units import DAY_US

Body = Mapping[str, Any]
MAX_MATCHERS = 20
MAX_AUTHOR = 100
MAX_REASON = 500

Handler = Callable[[Values, Caller], Awaitable[Answer]]
# Writes an entry of the audit log: key, address, action, detail, status.
Record = Callable[[str | None, str, str, str, int], None]


class AlertHandlers:
    """Answers the routes of alerts from the service.

    Args:
        service: The alerting of this gateway.
        record: Writes to the audit log.
    """

    def __init__(self, service: AlertService, record: Record) -> None:
        self._service = service
        self._record = record

    def table(self) -> Mapping[str, Handler]:
        """Return the handlers by the names of their routes."""
        return {
            "alerts": self.alerts,
            "alert_rules": self.rules,
            "reload_alert_rules": self.reload,
            "alert_history": self.history,
            "silences": self.silences,
            "create_silence": self.create_silence,
            "end_silence": self.end_silence,
            "deliveries": self.deliveries,
            "retry_delivery": self.retry_delivery,
            "send_test": self.send_test,
        }

    async def alerts(self, values: Values, caller: Caller) -> Answer:
        """Answer ``GET /api/alerts``."""
        return Answer(
            self._service.alerts(
                limit=values["limit"],
                state=values["state"],
                severity=values["severity"],
                node=values["node"],
            )
        )

    async def rules(self, values: Values, caller: Caller) -> Answer:
        """Answer ``GET /api/alerts/rules``."""
        role = caller.role
        return Answer(
            await self._service.rules(
                is_operator=role >= Role.OPERATOR, is_admin=role >= Role.ADMIN
            )
        )

    async def reload(self, values: Values, caller: Caller) -> Answer:
        """Answer ``POST /api/alerts/rules/reload``."""
        body = await self._service.reload()
        outcome = f"{body['rules']} rules" if body["reloaded"] else "; ".join(body["errors"])
        self._audit(caller, "reload_alert_rules", outcome)
        return Answer(body)

    async def history(self, values: Values, caller: Caller) -> Answer:
        """Answer ``GET /api/alerts/history``."""
        window = resolve(now_us(), start_us=values["start"], end_us=values["end"])
        return Answer(
            await self._service.history(
                values["limit"],
                HistoryFilter(
                    before=values["before"],
                    rule=values["alert"],
                    node=values["node"],
                    start_us=window.start_us,
                    end_us=window.end_us,
                ),
            )
        )

    async def silences(self, values: Values, caller: Caller) -> Answer:
        """Answer ``GET /api/alerts/silences``."""
        return Answer(await self._service.silences())

    async def create_silence(self, values: Values, caller: Caller) -> Answer:
        """Answer ``POST /api/alerts/silences``."""
        request = read_silence(values["body"], caller.key or "local", now_us())
        silence = await self._service.create_silence(request)
        detail = f"{silence['id']} until {silence['ends_at']} {{{', '.join(request.matchers)}}}"
        self._audit(
            caller, "create_silence", f"{detail} by {request.author}: {request.reason}", 201
        )
        return Answer(silence, status=201)

    async def end_silence(self, values: Values, caller: Caller) -> Answer:
        """Answer ``DELETE /api/alerts/silences/{id}``."""
        body = await self._service.end_silence(values["id"])
        self._audit(caller, "end_silence", values["id"])
        return Answer(body)

    async def deliveries(self, values: Values, caller: Caller) -> Answer:
        """Answer ``GET /api/alerts/deliveries``."""
        return Answer(
            await self._service.deliveries(
                limit=values["limit"],
                before=values["before"],
                channel=values["channel"],
                state=values["state"],
            )
        )

    async def retry_delivery(self, values: Values, caller: Caller) -> Answer:
        """Answer ``POST /api/alerts/deliveries/{id}/retry``."""
        body = await self._service.retry_delivery(values["id"])
        self._audit(caller, "retry_delivery", values["id"])
        return Answer(body)

    async def send_test(self, values: Values, caller: Caller) -> Answer:
        """Answer ``POST /api/alerts/send-test``."""
        channel = values["body"].get("channel")
        if not isinstance(channel, str) or not channel:
            raise BadQuery("channel must be the name of a channel of the rule file", "channel")
        body = await self._service.send_test(channel)
        self._audit(caller, "send_test", f"{channel}: {body['error'] or 'delivered'}")
        return Answer(body)

    def _audit(self, caller: Caller, action: str, detail: str, status: int = 200) -> None:
        self._record(caller.key, caller.address, action, detail, status)


def read_silence(body: Body, caller: str, now: int) -> SilenceRequest:
    """Return what the body of a request asks for.

    Args:
        body: Of ``POST /api/alerts/silences``.
        caller: The author, if the body names none.
        now: Unix microseconds.

    Raises:
        BadQuery: A member is missing or not valid.
    """
    matchers = body.get("matchers")
    if (
        not isinstance(matchers, list)
        or not 0 < len(matchers) <= MAX_MATCHERS
        or not all(isinstance(text, str) for text in matchers)
    ):
        raise BadQuery(
            f'matchers must be 1 to {MAX_MATCHERS} texts such as alertname="NodeSilent" or '
            'node=~"ab.*"',
            "matchers",
        )
    starts_us = _time(body, "starts_at")
    starts_us = now if starts_us is None else starts_us
    ends_us = _end(body, starts_us)
    if ends_us <= max(now, starts_us):
        raise BadQuery("a silence must end after its start, and in the future", "ends_at")
    if ends_us > now + MAX_DAYS * DAY_US:
        raise BadQuery(f"a silence ends within {MAX_DAYS} days", "ends_at")
    return SilenceRequest(
        matchers=tuple(matchers),
        starts_us=starts_us,
        ends_us=ends_us,
        author=_text(body, "author", MAX_AUTHOR, caller),
        reason=_text(body, "reason", MAX_REASON),
    )


def _end(body: Body, starts_us: int) -> int:
    ends_us, duration = _time(body, "ends_at"), body.get("duration")
    if (ends_us is None) == (duration is None):
        raise BadQuery("give either ends_at, a time, or duration, such as 2h", "ends_at")
    if ends_us is not None:
        return ends_us
    if not isinstance(duration, str):
        raise BadQuery("duration must be a text such as 30m, 2h or 7d", "duration")
    return starts_us + duration_us(duration, "duration")


def _time(body: Body, name: str) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadQuery(f"{name} must be a time of RFC 3339, such as 2026-11-30T12:00:00Z", name)
    return time_us(value, name)


def _text(body: Body, name: str, longest: int, default: str | None = None) -> str:
    value = body.get(name)
    value = default if value is None else value
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= longest:
        raise BadQuery(f"{name} must be 1 to {longest} printable characters", name)
    return value
