"""Events for PagerDuty, by its Events API v2.

Pure. https://developer.pagerduty.com/docs/events-api-v2-overview. A group of alerts is one event:
of 1,000 silent nodes one incident opens, and it resolves when the last of them has. The key that
joins its events is made of server and group.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from tart.alerting.engine.model import AlertView, Notification, Request
from tart.alerting.messages.escaping import fit
from tart.alerting.messages.http_post import encode, post
from tart.alerting.messages.texts import (
    Context,
    MessageText,
    common_labels,
    compose,
    rfc3339,
    started_us,
    status_of,
)
from tart.alerting.rules.model import Channel

API_URL = "https://events.pagerduty.com"
_SUMMARY_LENGTH, _TEXT_LENGTH = 1024, 2000


def render(
    notification: Notification, channel: Channel, secrets: Mapping[str, str], context: Context
) -> Request:
    """Return the request of a message."""
    message = compose(notification, channel, context)
    body = payload(message, notification, secrets["routing_key"], context)
    base = (channel.settings.get("api_url") or API_URL).rstrip("/")
    return post(f"{base}/v2/enqueue", channel, encode(body))


def dedup_key(notification: Notification, context: Context) -> str:
    """Return the key that is the same for all events of a group."""
    digest = hashlib.sha256(f"{context.server}\n{notification.group_key}".encode()).hexdigest()
    return f"tart-{digest[:32]}"


def payload(
    message: MessageText, notification: Notification, routing_key: str, context: Context
) -> dict[str, Any]:
    """Return the event as JSON."""
    event: dict[str, Any] = {
        "routing_key": routing_key,
        "event_action": "resolve" if notification.status == "resolved" else "trigger",
        "dedup_key": dedup_key(notification, context),
    }
    if notification.status == "resolved":
        return event
    labels = common_labels(notification)
    event["payload"] = {
        "summary": fit(message.title, _SUMMARY_LENGTH),
        "source": labels.get("node") or f"tart {context.server}".strip(),
        "severity": message.severity,
        "timestamp": rfc3339(min(map(started_us, notification.alerts), default=context.now_us)),
        "component": labels.get("alertname", notification.group_key),
        "group": notification.group_key,
        "custom_details": {
            "firing": notification.firing,
            "resolved": notification.resolved,
            "not_listed": notification.truncated,
            "alerts": [_alert(view) for view in notification.alerts],
        },
    }
    event["client"] = "tart"
    if message.url:
        event["client_url"] = message.url
        event["links"] = [{"href": message.url, "text": "alerts"}] + [
            {"href": alert.url, "text": fit(alert.text, 200)}
            for alert in message.alerts
            if alert.url
        ]
    return event


def _alert(view: AlertView) -> dict[str, Any]:
    return {
        "status": status_of(view),
        "summary": fit(view.summary, _TEXT_LENGTH),
        "labels": dict(view.labels),
    }
