"""Messages to Telegram by a bot.

Pure. https://core.telegram.org/bots/api#sendmessage: at most 4,096 characters. The text is HTML,
since every character of it can be escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tart.alerting.engine.model import Notification, Request
from tart.alerting.messages.escaping import TELEGRAM, fit, take_blocks
from tart.alerting.messages.http_post import encode, post
from tart.alerting.messages.texts import AlertText, Context, MessageText, compose, more_alerts
from tart.alerting.rules.model import Channel

API_URL = "https://api.telegram.org"
_LENGTH = 4096
_TITLE_LENGTH, _LINE_LENGTH, _DESCRIPTION_LENGTH, _URL_LENGTH = 400, 600, 400, 500
_MORE_LENGTH = 64


def render(
    notification: Notification, channel: Channel, secrets: Mapping[str, str], context: Context
) -> Request:
    """Return the request of a message."""
    message = compose(notification, channel, context)
    base = (channel.settings.get("api_url") or API_URL).rstrip("/")
    body = encode(payload(message, channel))
    return post(f"{base}/bot{secrets['token']}/sendMessage", channel, body)


def payload(message: MessageText, channel: Channel) -> dict[str, Any]:
    """Return the message as JSON."""
    title = f"<b>{fit(message.title, _TITLE_LENGTH, TELEGRAM)}</b>"
    # The link of the message, and what is not listed, come after the alerts that fit.
    room = _LENGTH - len(title) - _MORE_LENGTH - _URL_LENGTH - 4 * len("\n\n")
    paragraphs, left = take_blocks(map(_alert, message.alerts), room, "\n\n")
    if left + message.more:
        paragraphs.append(f"and {more_alerts(left + message.more)}")
    if link := _link(message.url, "all alerts"):
        paragraphs.append(link)
    request: dict[str, Any] = {
        "chat_id": channel.settings["chat_id"],
        "text": "\n\n".join((title, *paragraphs)),
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }
    if thread := channel.settings.get("thread_id"):
        request["message_thread_id"] = thread
    return request


def _alert(alert: AlertText) -> str:
    lines = [fit(alert.text, _LINE_LENGTH, TELEGRAM)]
    if alert.description:
        lines.append(fit(alert.description, _DESCRIPTION_LENGTH, TELEGRAM))
    state = f"{alert.status} ({alert.severity}), {alert.time}"
    lines.append(_link(alert.url, state) or state)
    return "\n".join(lines)


def _link(url: str, text: str) -> str:
    escaped = url.replace("&", "&amp;")
    return f'<a href="{escaped}">{text}</a>' if 0 < len(escaped) <= _URL_LENGTH - 50 else ""
