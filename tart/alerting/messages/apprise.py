"""Messages by apprise, for every other service; needs the extra ``alerts``.

Pure. https://github.com/caronc/apprise. The text is plain, without characters that some service
reads as a command; nothing is attached, since an attachment may name a file.
"""

from __future__ import annotations

from collections.abc import Mapping

from tart.alerting.engine.model import Notification, Request
from tart.alerting.messages.escaping import UNKNOWN, fit
from tart.alerting.messages.http_post import connection_details
from tart.alerting.messages.texts import Context, compose, plain_text
from tart.alerting.rules.model import Channel

TIMEOUT_SECONDS = 30.0
_TITLE_LENGTH, _TEXT_LENGTH = 250, 8000
_KINDS = {"critical": "failure", "warning": "warning", "info": "info"}


def render(
    notification: Notification, channel: Channel, secrets: Mapping[str, str], context: Context
) -> Request:
    """Return the message and apprise's URL, which is a secret."""
    message = compose(notification, channel, context)
    resolved = notification.status == "resolved"
    return Request(
        kind="apprise",
        details=connection_details(channel, TIMEOUT_SECONDS)
        | {
            "url": secrets["url"],
            "title": fit(message.title, _TITLE_LENGTH, UNKNOWN),
            "text": fit(plain_text(message, UNKNOWN), _TEXT_LENGTH),
            "notify_type": "success" if resolved else _KINDS[message.severity],
        },
    )
