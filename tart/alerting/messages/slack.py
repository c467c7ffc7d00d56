"""Messages to Slack by an incoming webhook.

Pure. https://docs.slack.dev/reference/block-kit/blocks: at most 50 blocks, 3,000 characters of a
section. ``verbatim`` keeps Slack from making links and mentions of text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tart.alerting.engine.model import Notification, Request
from tart.alerting.messages.escaping import SLACK, fit
from tart.alerting.messages.http_post import encode, post
from tart.alerting.messages.texts import AlertText, Context, MessageText, compose, more_alerts
from tart.alerting.rules.model import Channel

_MAX_BLOCKS = 50
_TITLE_LENGTH, _LINE_LENGTH, _DESCRIPTION_LENGTH = 400, 1000, 1000


def render(
    notification: Notification, channel: Channel, secrets: Mapping[str, str], context: Context
) -> Request:
    """Return the request of a message."""
    message = compose(notification, channel, context)
    return post(secrets["url"], channel, encode(payload(message)))


def payload(message: MessageText) -> dict[str, Any]:
    """Return the message as JSON: the title, and an attachment of one block for each alert."""
    blocks = [_section(_alert(alert)) for alert in message.alerts[: _MAX_BLOCKS - 1]]
    more = message.more + len(message.alerts) - len(blocks)
    if more:
        blocks.append(_section(f"and {more_alerts(more)}"))
    return {
        "text": _link(message.url, fit(message.title, _TITLE_LENGTH, SLACK)),
        "unfurl_links": False,
        "unfurl_media": False,
        "attachments": [{"color": f"#{message.color:06x}", "blocks": blocks}],
    }


def _alert(alert: AlertText) -> str:
    text = fit(alert.text, _LINE_LENGTH, SLACK)
    lines = [_link(alert.url, text)]
    if alert.description:
        lines.append(fit(alert.description, _DESCRIPTION_LENGTH, SLACK))
    lines.append(f"{alert.status} ({alert.severity}), {alert.time}")
    return "\n".join(lines)


def _link(url: str, text: str) -> str:
    """Return a link whose text is one line; text of several lines is none."""
    if not url or len(url) > _DESCRIPTION_LENGTH or "\n" in text:
        return text
    return f"<{url.translate(SLACK_URL)}|{text}>"


# "@" is part of a URL.
SLACK_URL = str.maketrans({"&": "&amp;"})


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
