"""Alerts of rules over a played time: the turns of the online evaluation, one after the other.

A turn measures the conditions and computes what follows (``engine.turns``), as the gateway's
evaluator does; nothing is stored, and there are no channels.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tart.alerting.engine.model import Alert, Condition, Measurement, State, Transition
from tart.alerting.engine.turns import take_turn
from tart.alerting.rules.model import Rule, RuleFile

# Measures conditions at a time, Unix microseconds.
Measure: TypeAlias = Callable[
    [Collection[Condition], int], Awaitable[Mapping[Condition, Measurement]]
]
# A pause of more intervals than these counts for no rule's ``for``.
GAP_INTERVALS = 4


@dataclass(frozen=True)
class Change:
    """A transition of an alert.

    Attributes:
        rule: Its rule.
        inhibited_by: The name of the alert that explains it; ``None`` if messages are sent.
    """

    rule: Rule
    transition: Transition
    inhibited_by: str | None = None


class Evaluation:
    """The alerts of rules.

    Args:
        rules: The rules in force.
        measure: Measures their conditions.
        interval_us: The time between two turns.
        lag_us: Each turn is about the time that long before it.

    Attributes:
        alerts: The alerts that are pending or firing.
        measurements: Of the last turn.
        turns: Their number.
    """

    def __init__(
        self, rules: Sequence[Rule], measure: Measure, *, interval_us: int, lag_us: int = 0
    ) -> None:
        self.rules = tuple(rules)
        self.interval_us = interval_us
        self.alerts: tuple[Alert, ...] = ()
        self.measurements: Mapping[Condition, Measurement] = {}
        self.turns = 0
        self._file = RuleFile(rules=self.rules)
        self._measure = measure
        self._lag_us = lag_us
        self._by_name = {rule.alert: rule for rule in rules}

    async def turn(self, now_us: int) -> list[Change]:
        """Evaluate all rules at a time; return what changed."""
        at_us = now_us - self._lag_us
        self.turns += 1
        conditions = {rule.condition for rule in self.rules}
        self.measurements = await self._measure(conditions, at_us)
        result = take_turn(
            self._file,
            self.alerts,
            (),
            self.measurements,
            (),
            at_us,
            now_us,
            GAP_INTERVALS * self.interval_us,
        )
        self.alerts = tuple(each for each in result.stored if each.state is not State.RESOLVED)
        return [
            Change(
                self._by_name[transition.alert.rule],
                transition,
                result.inhibited_by.get(transition.alert.id),
            )
            for transition in result.transitions
        ]
