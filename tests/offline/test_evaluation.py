"""Turns of an evaluation: states go on, ended alerts are forgotten, explained ones are named."""

import pytest

from tart.alerting.engine.model import Measurement
from tart.alerting.rules.model import FigureCondition, Rule
from tart.offline.evaluation import Evaluation
from tart.units import MINUTE_US

pytestmark = pytest.mark.anyio

AGE = FigureCondition("best_block_age_seconds", above=60)
BEHIND = FigureCondition("node_behind_slots", by="node", above=10)
RULES = [
    Rule("Stalled", AGE, for_us=MINUTE_US, severity="critical"),
    Rule("Behind", BEHIND, scope="member"),
]
NODE = (("node", "ab" * 32),)


class Measured:
    """Measurements that a test sets, and the times at which they were asked."""

    def __init__(self):
        self.age, self.behind, self.times = 0.0, 0.0, []

    async def measure(self, conditions, at_us):
        assert set(conditions) == {AGE, BEHIND}
        self.times.append(at_us)
        return {AGE: Measurement({(): self.age}), BEHIND: Measurement({NODE: self.behind})}


async def test_a_condition_must_hold_for_its_time():
    measured = Measured()
    evaluation = Evaluation(RULES, measured.measure, interval_us=MINUTE_US, lag_us=5)
    measured.age = 100.0
    states = []
    for turn in range(4):
        measured.age = 100.0 if turn < 3 else 0.0
        changes = await evaluation.turn(10 * MINUTE_US + turn * MINUTE_US)
        states.append([(each.rule.alert, str(each.transition.next)) for each in changes])
    assert states[0] == [("Stalled", "pending")]
    assert ("Stalled", "firing") in states[1] + states[2]
    assert states[3] == [("Stalled", "resolved")]
    assert evaluation.alerts == ()
    assert evaluation.turns == 4
    assert measured.times[0] == 10 * MINUTE_US - 5


async def test_an_alert_that_another_explains_says_so():
    measured = Measured()
    evaluation = Evaluation(RULES, measured.measure, interval_us=MINUTE_US)
    measured.age = 100.0
    for turn in range(3):
        await evaluation.turn(MINUTE_US * (turn + 1))
    measured.behind = 50.0
    (change,) = await evaluation.turn(4 * MINUTE_US)
    assert (change.rule.alert, change.inhibited_by) == ("Behind", "Stalled")
