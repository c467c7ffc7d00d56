"""One turn of the evaluation after its measurements: states, silences, inhibition, and messages.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tart.alerting.engine.grouping import due
from tart.alerting.engine.inhibition import inhibited_by
from tart.alerting.engine.model import (
    Alert,
    Condition,
    Group,
    Measurement,
    Notification,
    Silence,
    State,
    Transition,
)
from tart.alerting.engine.silences import maintenance_silence, silenced_by
from tart.alerting.engine.states import advance
from tart.alerting.engine.views import all_labels, views
from tart.alerting.rules.model import RuleFile


@dataclass(frozen=True)
class Turn:
    """The result of a turn.

    Attributes:
        alerts: All, those included that ended and whose end is known to all channels now.
        stored: The alerts without these: the next turn begins with them.
        groups: All groups after the turn.
        transitions: In the order of the rules.
        notifications: Messages that are due.
        silences: Those of operators, and the maintenance windows.
        silenced_by: Ids of the silences that match, by id of the alert.
        inhibited_by: Name of the alert that explains it, by id of the alert.
        refused: Label sets by rule that started no alert because the rule has too many.
        next_us: When the first message that waits is due, Unix microseconds; ``None`` if none
            waits.
    """

    alerts: tuple[Alert, ...]
    stored: tuple[Alert, ...]
    groups: tuple[Group, ...]
    transitions: tuple[Transition, ...]
    notifications: tuple[Notification, ...]
    silences: tuple[Silence, ...]
    silenced_by: Mapping[str, tuple[str, ...]]
    inhibited_by: Mapping[str, str]
    refused: Mapping[str, int]
    next_us: int | None


def take_turn(
    file: RuleFile,
    alerts: Iterable[Alert],
    groups: Iterable[Group],
    measurements: Mapping[Condition, Measurement],
    silences: Sequence[Silence],
    at_us: int,
    now_us: int,
    max_gap_us: int,
) -> Turn:
    """Return the alerts, groups and messages after a turn.

    Args:
        file: The rules in force.
        alerts: After the last turn.
        groups: After the last turn.
        measurements: By condition.
        silences: Those of operators.
        at_us: The time that the measurements are of, Unix microseconds.
        now_us: The present: that of messages and silences.
        max_gap_us: The longest time between two turns that counts.
    """
    advanced = advance(file.enabled_rules, alerts, measurements, at_us, max_gap_us=max_gap_us)
    rules = {rule.alert: rule for rule in file.rules}
    active = [alert for alert in advanced.alerts if alert.state is not State.RESOLVED]
    all_silences = (*silences, *map(maintenance_silence, file.maintenance))
    labels = {alert.id: all_labels(alert, rules.get(alert.rule)) for alert in active}
    silenced = silenced_by(labels, all_silences, now_us)
    inhibited = inhibited_by(active, file.enabled_rules)
    muted = silenced.keys() | inhibited.keys()
    result = due(file, advanced.alerts, groups, muted, views(file), now_us)
    finished = set(result.finished)
    return Turn(
        alerts=advanced.alerts,
        stored=tuple(alert for alert in advanced.alerts if alert.id not in finished),
        groups=result.groups,
        transitions=advanced.transitions,
        notifications=result.notifications,
        silences=all_silences,
        silenced_by=silenced,
        inhibited_by=inhibited,
        refused=advanced.refused,
        next_us=result.next_us,
    )
