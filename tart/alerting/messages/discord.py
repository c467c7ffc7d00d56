"""Messages to Discord by a webhook.

Pure. https://docs.discord.com/developers/resources/message#embed-object-embed-limits: a title of
256 characters, a description of 4,096, and 6,000 in all. ``allowed_mentions`` lets no text of a
node notify people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tart.alerting.engine.model import Notification, Request
from tart.alerting.messages.escaping import DISCORD, fit, take_blocks
from tart.alerting.messages.http_post import encode, post
from tart.alerting.messages.texts import (
    AlertText,
    Context,
    MessageText,
    compose,
    more_alerts,
    rfc3339,
)
from tart.alerting.rules.model import Channel

_TITLE_LENGTH, _BODY_LENGTH = 256, 4096
_LINE_LENGTH, _DESCRIPTION_LENGTH = 600, 400
# For "and 1,013 more alerts".
_MORE_LENGTH = 64
_URL_LENGTH = 1000


def render(
    notification: Notification, channel: Channel, secrets: Mapping[str, str], context: Context
) -> Request:
    """Return the request of a message."""
    message = compose(notification, channel, context)
    return post(secrets["url"], channel, encode(payload(message, notification.created_us)))


def payload(message: MessageText, created_us: int) -> dict[str, Any]:
    """Return the message as JSON: one embed with the title and a paragraph for each alert."""
    paragraphs, left = take_blocks(map(_alert, message.alerts), _BODY_LENGTH - _MORE_LENGTH, "\n\n")
    if left + message.more:
        paragraphs.append(f"and {more_alerts(left + message.more)}")
    embed: dict[str, Any] = {
        "title": fit(message.title, _TITLE_LENGTH, DISCORD),
        "description": "\n\n".join(paragraphs),
        "color": message.color,
        "timestamp": rfc3339(created_us),
    }
    if 0 < len(message.url) <= _URL_LENGTH:
        embed["url"] = message.url
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def _alert(alert: AlertText) -> str:
    lines = [fit(alert.text, _LINE_LENGTH, DISCORD)]
    if alert.description:
        lines.append(fit(alert.description, _DESCRIPTION_LENGTH, DISCORD))
    state = f"{alert.status} ({alert.severity}), {alert.time}"
    link = 0 < len(alert.url) <= _URL_LENGTH
    # A closing parenthesis would end the link.
    url = alert.url.replace("(", "%28").replace(")", "%29")
    lines.append(f"[{state}]({url})" if link else state)
    return "\n".join(lines)
