"""Grouping: the messages that are due to each channel about the alerts of each rule.

Pure. One group is a channel and a rule: a thousand nodes that are silent are one message with the
ten worst. As in Alertmanager, a new group waits for ``group_wait``, changes are sent after
``group_interval``, and what still fires after ``repeat_interval``. Two differences:

- The end of an alert that the channel was told of is sent even if it is silenced or inhibited.
- An alert that ended and came back between two messages is told as firing, not as both.

A group knows which alerts its channel was told of. It is committed together with the message, so
that the two cannot contradict each other. The id of a message is made of what is committed: if a
commit fails, the message was never sent, and the next attempt makes another one.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from tart.alerting.engine.model import MAX_ALERTS, Alert, Group, Notification, State
from tart.alerting.engine.views import View
from tart.alerting.rules.model import SEVERITIES, Channel, FigureCondition, Rule, RuleFile

_Reason: TypeAlias = Literal["new", "changed", "resolved", "repeat"]


@dataclass(frozen=True)
class Due:
    """The result of a turn.

    Attributes:
        groups: All groups after it.
        notifications: New messages.
        finished: Ids of ended alerts whose end all channels know: they need not be stored.
        next_us: When the first message that waits is due, Unix microseconds; ``None`` if none
            waits.
    """

    groups: tuple[Group, ...] = ()
    notifications: tuple[Notification, ...] = ()
    finished: tuple[str, ...] = ()
    next_us: int | None = None


def due(
    file: RuleFile,
    alerts: Sequence[Alert],
    groups: Iterable[Group],
    muted: Collection[str],
    view: View,
    now_us: int,
) -> Due:
    """Return the groups after a turn, and the messages that are due.

    Args:
        file: Rules, channels and times.
        alerts: All, ended ones included.
        groups: After the last turn.
        muted: Ids of the alerts that are silenced or inhibited.
        view: Adds the texts of the rule to an alert.
        now_us: Unix microseconds; also the time of the messages.
    """
    channels = {channel.name: channel for channel in file.channels}
    present = {(group.channel, group.key): group for group in groups}
    # Groups of channels that the file does not have any more end.
    present = {key: group for key, group in present.items() if group.channel in channels}
    firing = _firing_by_rule(alerts, muted)
    rules = {rule.alert: rule for rule in file.rules}
    keys = dict.fromkeys(present)
    for name in firing:
        if name in rules:
            keys.update(
                ((channel, name), None) for channel in rules[name].channels if channel in channels
            )
    known = {alert.id: alert for alert in alerts}
    after: list[Group] = []
    notifications: list[Notification] = []
    waiting: list[int] = []
    for channel_name, rule_name in keys:
        channel = channels[channel_name]
        rule = rules.get(rule_name)
        is_target = rule is not None and channel_name in rule.channels
        members = _severe(firing.get(rule_name, ()), channel) if is_target else []
        group = present.get((channel_name, rule_name))
        turn = _GroupTurn(
            group or Group(channel_name, rule_name, now_us), members, known, channel, file, now_us
        )
        changed, notification = turn.advance(rule, view)
        if changed is not None:
            after.append(changed)
        if notification is not None:
            notifications.append(notification)
        if turn.waits_until_us is not None:
            waiting.append(turn.waits_until_us)
    announced = {alert_id for group in after for alert_id in group.announced}
    finished = tuple(
        alert.id for alert in alerts if alert.state is State.RESOLVED and alert.id not in announced
    )
    return Due(tuple(after), tuple(notifications), finished, min(waiting, default=None))


def _firing_by_rule(alerts: Iterable[Alert], muted: Collection[str]) -> Mapping[str, list[Alert]]:
    firing: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        if alert.state is State.FIRING and alert.id not in muted:
            firing[alert.rule].append(alert)
    return firing


def _severe(alerts: Iterable[Alert], channel: Channel) -> list[Alert]:
    least = SEVERITIES.index(channel.min_severity)
    return [alert for alert in alerts if SEVERITIES.index(alert.severity) <= least]


@dataclass
class _GroupTurn:
    """One group in one turn.

    Attributes:
        group: Before it; a new one if there was none.
        firing: The alerts that the channel is to know as firing.
        known: All alerts by id.
        waits_until_us: When its message is due; ``None`` if there is none, or it is due now.
    """

    group: Group
    firing: Sequence[Alert]
    known: Mapping[str, Alert]
    channel: Channel
    file: RuleFile
    now_us: int
    waits_until_us: int | None = None

    def advance(self, rule: Rule | None, view: View) -> tuple[Group | None, Notification | None]:
        """Return the group after the turn, ``None`` if it is empty, and its message if it is due.

        Args:
            rule: Of the group; ``None`` if the file does not have it any more.
            view: Adds the texts of the rule to an alert.
        """
        self._mend()
        ended = self._ended()
        if not self.channel.send_resolved:
            left = {key: value for key, value in self.group.announced.items() if key not in ended}
            self.group, ended = replace(self.group, announced=left), {}
        reason = self._reason(ended)
        if reason is None:
            is_empty = not self.firing and not self.group.announced
            return (None if is_empty else self.group), None
        refired = {alert.fingerprint for alert in self.firing}
        resolved = [alert for alert in ended.values() if alert.fingerprint not in refired]
        group = self._announce()
        notification = self._notification(group, resolved, rule, view, reason)
        return (group if group.announced else None), notification

    def _mend(self) -> None:
        """Drop alerts that do not exist, and times that a clock set back has left in the future."""
        group, now_us = self.group, self.now_us
        if any(alert_id not in self.known for alert_id in group.announced):
            announced = {key: value for key, value in group.announced.items() if key in self.known}
            group = replace(group, announced=announced)
        if max(group.started_us, group.sent_us or 0) > now_us:
            sent_us = None if group.sent_us is None else min(group.sent_us, now_us)
            group = replace(group, started_us=min(group.started_us, now_us), sent_us=sent_us)
        self.group = group

    def _ended(self) -> dict[str, Alert]:
        """Return the alerts that the channel knows as firing and that do not fire any more."""
        return {
            alert_id: self.known[alert_id]
            for alert_id in self.group.announced
            if self.known[alert_id].state is State.RESOLVED
        }

    def _reason(self, ended: Mapping[str, Alert]) -> _Reason | None:
        group, file = self.group, self.file
        news = any(group.announced.get(alert.id) != alert.severity for alert in self.firing)
        if group.sent_us is None:
            return "new" if news and self._is_due(group.started_us + file.group_wait_us) else None
        if news or ended:
            if not self._is_due(group.sent_us + file.group_interval_us):
                return None
            return "changed" if self.firing else "resolved"
        is_repeated = bool(self.firing) and self.now_us - group.sent_us >= file.repeat_interval_us
        return "repeat" if is_repeated else None

    def _is_due(self, due_us: int) -> bool:
        self.waits_until_us = due_us if self.now_us < due_us else None
        return self.waits_until_us is None

    def _announce(self) -> Group:
        """Return the group as it is once the message is made.

        Alerts that are muted now and were told of before are still known to the channel.
        """
        still = {
            alert_id: severity
            for alert_id, severity in self.group.announced.items()
            if self.known[alert_id].state is State.FIRING
        }
        announced = still | {alert.id: alert.severity for alert in self.firing}
        return replace(
            self.group,
            sequence=self.group.sequence + 1,
            sent_us=self.now_us,
            announced=announced,
        )

    def _notification(
        self,
        group: Group,
        resolved: Sequence[Alert],
        rule: Rule | None,
        view: View,
        reason: _Reason,
    ) -> Notification:
        ordered = [*_worst_first(self.firing, rule), *_worst_first(resolved, rule)]
        shown = ordered[:MAX_ALERTS]
        return Notification(
            id=_message_id(group),
            channel=group.channel,
            group_key=group.key,
            status="firing" if self.firing else "resolved",
            alerts=tuple(map(view, shown)),
            truncated=len(ordered) - len(shown),
            firing=len(self.firing),
            resolved=len(resolved),
            created_us=self.now_us,
            reason=reason,
            group_labels={"alertname": group.key},
        )


def _worst_first(alerts: Iterable[Alert], rule: Rule | None) -> list[Alert]:
    """Return alerts by severity, by how far they are beyond the threshold, and by time."""
    is_below = (
        rule is not None
        and isinstance(rule.condition, FigureCondition)
        and rule.condition.above is None
    )
    sign = 1.0 if is_below else -1.0

    def rank(alert: Alert) -> tuple[int, bool, float, int, str]:
        return (
            SEVERITIES.index(alert.severity),
            alert.value is None,
            sign * (alert.value or 0.0),
            alert.started_us,
            alert.id,
        )

    return sorted(alerts, key=rank)


def _message_id(group: Group) -> str:
    """Return the id of the message that a group has just counted.

    The time keeps it apart from a message of an earlier group of the same name.
    """
    text = repr((group.channel, group.key, group.sequence, group.sent_us))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
