"""E-mails: text and HTML, in one thread for each group of alerts.

Pure. RFC 5322 for the form, RFC 3834 for ``Auto-Submitted``, by which mail programs know not to
answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from tart.alerting.engine.model import Notification, Request
from tart.alerting.messages.escaping import HTML, fit
from tart.alerting.messages.http_post import connection_details
from tart.alerting.messages.texts import (
    COLORS,
    AlertText,
    Context,
    MessageText,
    compose,
    more_alerts,
    plain_text,
)
from tart.alerting.rules.model import Channel

TIMEOUT_SECONDS = 30.0
PORTS = {"starttls": 587, "tls": 465, "none": 25}
_SUBJECT_LENGTH, _LINE_LENGTH = 200, 4000


def render(
    notification: Notification, channel: Channel, secrets: Mapping[str, str], context: Context
) -> Request:
    """Return the e-mail, and how it is sent."""
    settings = channel.settings
    tls = settings.get("tls") or "starttls"
    return Request(
        kind="smtp",
        body=message(notification, channel, context).as_bytes(),
        details=connection_details(channel, TIMEOUT_SECONDS)
        | {
            "host": settings["host"],
            "port": settings.get("port") or PORTS[tls],
            "tls": tls,
            "username": settings.get("username") or "",
            "password": secrets.get("password", ""),
            "sender": parseaddr(settings["from"])[1],
            "recipients": tuple(parseaddr(address)[1] for address in settings["to"]),
        },
    )


def message(notification: Notification, channel: Channel, context: Context) -> EmailMessage:
    """Return the e-mail; it is the same for each attempt to send it."""
    text = compose(notification, channel, context)
    sender = channel.settings["from"]
    domain = parseaddr(sender)[1].rpartition("@")[2] or "tart.invalid"
    thread = hashlib.sha256(f"{context.server}\n{notification.group_key}".encode()).hexdigest()
    root = f"<group-{thread[:32]}@{domain}>"
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = ", ".join(channel.settings["to"])
    mail["Subject"] = fit(text.title, _SUBJECT_LENGTH)
    mail["Date"] = format_datetime(datetime.fromtimestamp(notification.created_us // 10**6, UTC))
    mail["Message-ID"] = f"<{_id_text(notification.id)}@{domain}>"
    mail["In-Reply-To"] = root
    mail["References"] = root
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(plain_text(text) + "\n")
    mail.add_alternative(_html(text), subtype="html")
    return mail


def _id_text(message_id: str) -> str:
    """Return an id without characters that end an address; another id gives another text."""
    if all(character.isalnum() or character in "-_" for character in message_id):
        return message_id
    return hashlib.sha256(message_id.encode()).hexdigest()[:32]


def _html(text: MessageText) -> str:
    parts = [
        '<!DOCTYPE html><html><body style="font-family: sans-serif">',
        f'<h2 style="color: #{text.color:06x}">{fit(text.title, _LINE_LENGTH, HTML)}</h2>',
        *map(_alert, text.alerts),
    ]
    if text.more:
        parts.append(f"<p>and {more_alerts(text.more)}</p>")
    if text.url:
        parts.append(f"<p>{_link(text.url, 'All alerts')}</p>")
    return "\n".join((*parts, "</body></html>", ""))


def _alert(alert: AlertText) -> str:
    color = COLORS["resolved" if alert.status == "resolved" else alert.severity]
    description = fit(alert.description, _LINE_LENGTH, HTML).replace("\n", "<br>\n")
    link = f"<br>\n{_link(alert.url, 'More')}" if alert.url else ""
    return (
        f'<p style="border-left: 4px solid #{color:06x}; padding-left: 8px">'
        f"<strong>{fit(alert.text, _LINE_LENGTH, HTML)}</strong><br>\n"
        f"{alert.status} ({alert.severity}), {alert.time}"
        f"{'<br>' * bool(description)}\n{description}{link}</p>"
    )


def _link(url: str, text: str) -> str:
    return f'<a href="{url.translate(HTML)}">{text}</a>'
