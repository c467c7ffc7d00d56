"""The text of a message: a title, and a line for each alert; each kind of channel lays it out.

Pure. All text is printable here (``tart.printable``), but not escaped: that is the channel's form
(``messages.escaping``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from tart.alerting.engine.model import AlertView, Notification, State
from tart.alerting.rules import templates
from tart.alerting.rules.model import SEVERITIES, Channel, Severity
from tart.printable import replace_unprintable

# Colours of severities and of an end, as 24 bits.
COLORS: dict[str, int] = {
    "critical": 0xD0342C,
    "warning": 0xE39A1A,
    "info": 0x3A7BD5,
    "resolved": 0x2E8B57,
}
# Characters of a URL besides letters, digits and "-._~"; others are percent-encoded.
_URL_CHARACTERS = "!#$%&'()*+,/:;=?[]"


@dataclass(frozen=True)
class Context:
    """Time, links and server of a message, besides the notification and its channel.

    Attributes:
        now_us: The time of this attempt, Unix microseconds.
        external_url: What links start with; empty for none.
        server: The id of this server: messages of two servers are not taken for one another.
    """

    now_us: int
    external_url: str = ""
    server: str = ""


@dataclass(frozen=True)
class AlertText:
    """An alert as a line of a message.

    Attributes:
        status: ``firing`` or ``resolved``.
        text: The sentence: the alert's summary, or the channel's template ``text``.
        description: The annotation ``description``; empty without one and with a template.
        url: Of the page that shows more; empty for none.
        time: When it began to fire, and when it ended.
    """

    status: str
    severity: Severity
    text: str
    description: str
    url: str
    time: str


@dataclass(frozen=True)
class MessageText:
    """The text of a message.

    Attributes:
        status: ``firing`` or ``resolved``.
        severity: The worst of the alerts that fire; of all if none fires.
        more: How many alerts have no line.
        url: Of the page of alerts; empty without ``external_url``.
    """

    title: str
    status: str
    severity: Severity
    alerts: tuple[AlertText, ...]
    more: int
    url: str

    @property
    def color(self) -> int:
        """The colour of the message, 24 bits."""
        return COLORS["resolved" if self.status == "resolved" else self.severity]


def compose(notification: Notification, channel: Channel, context: Context) -> MessageText:
    """Return the text of a message, by the channel's templates where it has them."""
    return MessageText(
        title=_title(notification, channel),
        status=notification.status,
        severity=worst_severity(notification),
        alerts=tuple(_alert_text(view, notification, channel) for view in notification.alerts),
        more=notification.truncated,
        url=alerts_url(context.external_url),
    )


def plain_text(message: MessageText, escapes: Mapping[int, str] | None = None) -> str:
    """Return a message as lines of plain text, without its title; ``escapes`` spares URLs."""
    escapes = escapes or {}
    lines = []
    for alert in message.alerts:
        text = alert.text.translate(escapes)
        lines.append(f"{alert.status} ({alert.severity}), {alert.time}: {text}")
        lines += [f"  {line}" for line in alert.description.translate(escapes).splitlines()]
        # The page of alerts is named once, at the end.
        lines += [f"  {alert.url}"] * (alert.url not in ("", message.url))
    lines += [f"and {more_alerts(message.more)}"] * bool(message.more)
    lines += ["", message.url] * bool(message.url)
    return "\n".join(lines)


def more_alerts(count: int) -> str:
    """Return the text of alerts that a message does not list."""
    return f"{count:,} more alert{'s' * (count != 1)}"


def worst_severity(notification: Notification) -> Severity:
    """Return the worst severity of the alerts that fire; of all if none fires."""
    firing = [each for each in notification.alerts if each.alert.state is State.FIRING]
    severities = {view.alert.severity for view in firing or notification.alerts}
    return next((each for each in SEVERITIES if each in severities), "info")


def status_of(view: AlertView) -> str:
    """Return ``resolved`` or ``firing``, the two that messages know."""
    return "resolved" if view.alert.state is State.RESOLVED else "firing"


def common(values: Iterable[tuple[str, str]], count: int) -> dict[str, str]:
    """Return the pairs that occur ``count`` times: those that all alerts have."""
    seen: dict[tuple[str, str], int] = {}
    for pair in values:
        seen[pair] = seen.get(pair, 0) + 1
    return {name: value for (name, value), times in seen.items() if times == count}


def common_labels(notification: Notification) -> dict[str, str]:
    """Return the labels that all listed alerts have with the same value."""
    pairs = (pair for view in notification.alerts for pair in view.labels.items())
    return common(pairs, len(notification.alerts))


def common_annotations(notification: Notification) -> dict[str, str]:
    """Return the annotations that all listed alerts have with the same text."""
    pairs = (pair for view in notification.alerts for pair in view.annotations.items())
    return common(pairs, len(notification.alerts))


def alerts_url(external_url: str) -> str:
    """Return the URL of the page of alerts; empty without ``external_url``."""
    return safe_url(f"{external_url.rstrip('/')}/#/alerts") if external_url else ""


def safe_url(url: str) -> str:
    """Return a URL without characters that end it in some markup; empty if it is not of HTTP."""
    return (
        quote(url, safe=_URL_CHARACTERS, errors="replace")
        if url.startswith(("http://", "https://"))
        else ""
    )


def rfc3339(time_us: int) -> str:
    """Return a time as Prometheus writes it, with milliseconds."""
    time = datetime.fromtimestamp(time_us // 1_000_000, UTC)
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time_us % 1_000_000 // 1000:03d}Z"


def started_us(view: AlertView) -> int:
    """Return when an alert began to fire."""
    fired_us = view.alert.fired_us
    return view.alert.started_us if fired_us is None else fired_us


def _title(notification: Notification, channel: Channel) -> str:
    if template := channel.templates.get("title"):
        return one_line(_render_template(template, notification, None))
    mark: str = "resolved" if notification.status == "resolved" else worst_severity(notification)
    if notification.reason == "test":
        mark = "test"
    count = notification.firing + notification.resolved
    if count <= 1 and len(notification.alerts) == 1:
        return one_line(f"[{mark}] {notification.alerts[0].summary}")
    name = notification.group_labels.get("alertname") or common_labels(notification).get(
        "alertname", notification.group_key
    )
    counts = [
        f"{number:,} {state}"
        for number, state in ((notification.firing, "firing"), (notification.resolved, "resolved"))
        if number
    ]
    return one_line(f"[{mark}] {name}: {', '.join(counts)}")


def _alert_text(view: AlertView, notification: Notification, channel: Channel) -> AlertText:
    text, description = view.summary, view.annotations.get("description", "")
    if template := channel.templates.get("text"):
        text, description = _render_template(template, notification, view), ""
    time = f"since {_clock(started_us(view))}"
    if view.alert.resolved_us is not None:
        time = f"{_clock(started_us(view))} to {_clock(view.alert.resolved_us)}"
    return AlertText(
        status=status_of(view),
        severity=view.alert.severity,
        text=_lines(text),
        description="" if description == text else _lines(description),
        url=safe_url(view.url),
        time=time,
    )


def _render_template(template: str, notification: Notification, view: AlertView | None) -> str:
    """Return the text of a channel's template, for the message as a whole or for one alert."""
    first = view or next(iter(notification.alerts), None)
    labels = common_labels(notification) if view is None else view.labels
    extra = {
        "status": notification.status if view is None else status_of(view),
        "summary": first.summary if first else "",
        "firing": str(notification.firing),
        "resolved": str(notification.resolved),
    }
    return templates.render(template, {**extra, **labels}, first.alert.value if first else None)


def _lines(text: str) -> str:
    return "\n".join(map(replace_unprintable, text.split("\n")))


def one_line(text: str) -> str:
    """Return printable text of one line: text of a node cannot begin a header of its own."""
    return replace_unprintable(" ".join(text.split()))


def _clock(time_us: int) -> str:
    return f"{datetime.fromtimestamp(time_us // 1_000_000, UTC):%Y-%m-%d %H:%M:%S} UTC"
