"""A command as the receiver: the webhook's JSON on its standard input, the essentials as variables.

Pure. No shell reads the arguments, and no text of a node is among them.
"""

from __future__ import annotations

from collections.abc import Mapping

from tart.alerting.engine.model import Notification, Request
from tart.alerting.messages.escaping import fit
from tart.alerting.messages.http_post import connection_details, encode
from tart.alerting.messages.texts import Context, common_labels, compose, plain_text
from tart.alerting.messages.webhook import payload
from tart.alerting.rules.model import Channel

TIMEOUT_SECONDS = 30.0
_TEXT_LENGTH = 16_384


def render(
    notification: Notification, channel: Channel, secrets: Mapping[str, str], context: Context
) -> Request:
    """Return the command with its input and its variables ``TART_ALERT_…``."""
    message = compose(notification, channel, context)
    return Request(
        kind="command",
        body=encode(payload(notification, channel, context)),
        details=connection_details(channel, TIMEOUT_SECONDS)
        | {
            "arguments": tuple(channel.settings["argv"]),
            "environment": {
                "TART_ALERT_ID": notification.id,
                "TART_ALERT_CHANNEL": channel.name,
                "TART_ALERT_GROUP": notification.group_key,
                "TART_ALERT_NAME": common_labels(notification).get("alertname", ""),
                "TART_ALERT_STATUS": notification.status,
                "TART_ALERT_REASON": notification.reason,
                "TART_ALERT_SEVERITY": message.severity,
                "TART_ALERT_FIRING": str(notification.firing),
                "TART_ALERT_RESOLVED": str(notification.resolved),
                "TART_ALERT_TITLE": fit(message.title, _TEXT_LENGTH),
                "TART_ALERT_TEXT": fit(plain_text(message), _TEXT_LENGTH),
                "TART_ALERT_URL": message.url,
            },
        },
    )
