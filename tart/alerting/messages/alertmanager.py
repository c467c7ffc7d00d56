"""Alerts pushed to an Alertmanager: ``POST /api/v2/alerts``.

Pure. https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml. Alertmanager ends an
alert at its ``endsAt``, so the alerts that fire are sent again every ``RESEND_SECONDS``, each time
with an end four times as far away: three requests may be lost. Groups, silences and repetitions of
the receivers behind it are Alertmanager's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tart.alerting.engine.model import AlertView, Notification, Request
from tart.alerting.messages.http_post import authorization, encode, post
from tart.alerting.messages.texts import Context, rfc3339, safe_url, started_us
from tart.alerting.rules.model import Channel
from tart.units import SECOND_US

RESEND_SECONDS = 60
_LIFETIME_US = 4 * RESEND_SECONDS * SECOND_US
_PATH = "/api/v2/alerts"
# Names that Prometheus allows; columns of a statement may have others.
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_]")


def render(
    notification: Notification, channel: Channel, secrets: Mapping[str, str], context: Context
) -> Request:
    """Return the request that sends the alerts of a message."""
    return render_push(notification.alerts, channel, secrets, context)


def render_push(
    views: Iterable[AlertView], channel: Channel, secrets: Mapping[str, str], context: Context
) -> Request:
    """Return the request that sends alerts: firing ones, and ended ones with their end."""
    url = secrets["url"].rstrip("/")
    return post(
        url if url.endswith(_PATH) else url + _PATH,
        channel,
        encode([postable_alert(view, context.now_us) for view in views]),
        authorization(channel, secrets),
    )


def postable_alert(view: AlertView, now_us: int) -> dict[str, Any]:
    """Return an alert in Alertmanager's form."""
    ended_us = view.alert.resolved_us
    alert: dict[str, Any] = {
        "labels": _names(view.labels),
        "annotations": _names(view.annotations) | {"summary": view.summary},
        "startsAt": rfc3339(started_us(view)),
        "endsAt": rfc3339(now_us + _LIFETIME_US if ended_us is None else ended_us),
    }
    if url := safe_url(view.url):
        alert["generatorURL"] = url
    return alert


def _names(values: Mapping[str, str]) -> dict[str, str]:
    return {_name(name): value for name, value in values.items() if value}


def _name(name: str) -> str:
    name = _NOT_IN_NAMES.sub("_", name) or "_"
    return f"_{name}" if name[0].isdigit() else name
