"""Notifications for the tests of messages and delivery, with the texts of a hostile node."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies

from tart.alerting.engine.model import Alert, AlertView, Notification, State
from tart.alerting.messages.texts import Context
from tart.alerting.rules.model import Channel

NOW_US = 1_800_000_000_123_456
URL = "https://tart.example.org"
CONTEXT = Context(NOW_US, URL, "5ca1ab1e")

# What a node may send as its name or as the reason of a failure.
HOSTILE = (
    "<!channel> <@U1> @everyone @here",
    "</b><script>alert(1)</script> &amp; \"quoted\" 'single'",
    "name\r\nBcc: all@example.org\r\n\r\nbody",
    "*bold* _it_ ~s~ `code` ||spoiler|| [link](https://evil.example) <https://evil.example|x>",
    "\u202egnihtemos\u0000\u0007\ud800",
    "&" * 5000,
    "🦊" * 5000,
    "{{ $labels.node }} %s ${HOME} $(reboot)",
)
# Texts that a property is tried with.
TEXTS = strategies.one_of(
    strategies.sampled_from(HOSTILE),
    strategies.text(max_size=60),
    strategies.text(alphabet="&<>@🦊a\n", min_size=200, max_size=3000),
)


def view(
    index: int = 0,
    *,
    state: State = State.FIRING,
    text: str = "",
    node: str = "",
    severity: Any = "critical",
    rule: str = "NodeSilent",
) -> AlertView:
    """An alert about a node."""
    node = node or f"{index:02x}" * 32
    alert = Alert(
        rule=rule,
        labels=(("node", node),),
        state=state,
        fingerprint=f"{index:016x}",
        id=f"{index:016x}-{NOW_US}",
        condition="c" * 16,
        known_us=NOW_US,
        started_us=NOW_US - 90_000_000,
        held_us=90_000_000,
        evaluated_us=NOW_US,
        true_us=NOW_US,
        value=90.0 + index,
        severity=severity,
        fired_us=NOW_US - 60_000_000,
        resolved_us=NOW_US if state is State.RESOLVED else None,
    )
    return AlertView(
        alert=alert,
        labels={"alertname": rule, "severity": severity, "node": node},
        annotations={"description": f"Look at {text or 'the node'}."},
        summary=text or f"Node {node[:8]} has been silent for {90 + index} s",
        url=f"{URL}/#/nodes/{node[:8]}",
    )


def notification(*views: AlertView, truncated: int = 0, **members: Any) -> Notification:
    """A message about alerts; about one that fires if none is given."""
    alerts = views or (view(1),)
    firing = sum(each.alert.state is State.FIRING for each in alerts)
    made = Notification(
        id="msg_0001",
        channel="ops",
        group_key='{alertname="NodeSilent"}',
        status="firing" if firing else "resolved",
        alerts=alerts,
        truncated=truncated,
        firing=firing + truncated,
        resolved=len(alerts) - firing,
        created_us=NOW_US,
        reason="new",
        group_labels={"alertname": "NodeSilent"},
    )
    return replace(made, **members)


def channel(kind: str, **settings: Any) -> Channel:
    """A channel of a kind."""
    return Channel("ops", kind, settings)


def hostile_notification(text: str) -> Notification:
    """Ten alerts, the most that a message has, with a text in every place that a node fills."""
    return notification(*(view(i, text=text, node=text) for i in range(10)), truncated=990)
