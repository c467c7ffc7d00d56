"""``tart/alerting/engine/states.py``: what each observation does to an alert."""

from dataclasses import replace
from itertools import pairwise, takewhile

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tart import json_encoding
from tart.alerting.engine.model import Alert, Measurement, State
from tart.alerting.engine.states import advance, condition_digest, fingerprint
from tart.alerting.rules.model import FigureCondition, Rule, SqlCondition
from tests.cases import examples

NODE_A, NODE_B = (("node", "aa"),), (("node", "bb"),)
CONDITION = FigureCondition("node_silent_seconds", by="node", above=60)
RULE = Rule("NodeSilent", CONDITION, scope="member")
GAP = 90


class Turns:
    """The turns of one rule."""

    def __init__(self, rule=RULE, max_alerts=10_000):
        self.rules = [rule]
        self.alerts = ()
        self.max_alerts = max_alerts
        self.refused = {}

    def turn(self, now, values=None, *, is_complete=True, error=None):
        """The transitions of one turn, as names of states with the reason."""
        measurement = Measurement(values or {}, is_complete, error)
        measurements = {rule.condition: measurement for rule in self.rules}
        advanced = advance(
            self.rules,
            self.alerts,
            measurements,
            now,
            max_gap_us=GAP,
            max_alerts=self.max_alerts,
        )
        self.alerts, self.refused = advanced.alerts, advanced.refused
        return [(each.previous, each.next, each.reason) for each in advanced.transitions]

    @property
    def states(self):
        return [alert.state.value for alert in self.alerts]


def test_without_for_an_alert_fires_at_once_and_ends_at_once():
    turns = Turns()
    assert turns.turn(100, {NODE_A: 61, NODE_B: 60}) == [("inactive", "firing", "")]
    (alert,) = turns.alerts
    assert alert.id == f"{fingerprint('NodeSilent', NODE_A)}-100"
    assert (alert.fired_us, alert.value) == (100, 61)
    assert turns.turn(130, {NODE_A: 3}) == [("firing", "resolved", "")]
    assert (turns.alerts[0].id, turns.alerts[0].resolved_us) == (alert.id, 130)
    assert turns.turn(160, {NODE_A: 3}) == []


def test_the_condition_must_hold_for_the_time_and_down_time_does_not_count():
    turns = Turns(replace(RULE, for_us=60))
    assert turns.turn(100, {NODE_A: 61}) == [("inactive", "pending", "")]
    assert turns.turn(130, {NODE_A: 61}) == []
    # tart was down.
    assert turns.turn(1000, {NODE_A: 61}) == []
    assert turns.alerts[0].held_us == 30
    assert turns.turn(1029, {NODE_A: 61}) == []
    assert turns.turn(1030, {NODE_A: 61}) == [("pending", "firing", "")]


def test_a_turn_that_comes_a_little_early_delays_no_alert_by_an_interval():
    turns = Turns(replace(RULE, for_us=170, keep_firing_for_us=170))
    assert turns.turn(100, {NODE_A: 61}) == [("inactive", "pending", "")]
    assert turns.turn(185, {NODE_A: 61}) == []
    assert turns.turn(269, {NODE_A: 61}) == [("pending", "firing", "")]
    assert turns.turn(300, {NODE_A: 3}) == []
    assert turns.turn(384, {NODE_A: 3}) == []
    assert turns.turn(468, {NODE_A: 3}) == []  # 168 of 170
    assert turns.turn(469, {NODE_A: 3}) == [("firing", "resolved", "")]


def test_the_longest_gap_counts_and_a_longer_one_does_not():
    for gap, states in ((GAP, ["firing"]), (GAP + 1, ["pending"])):
        turns = Turns(replace(RULE, for_us=60))
        turns.turn(100, {NODE_A: 61})
        turns.turn(100 + gap, {NODE_A: 61})
        assert turns.states == states


def test_a_pending_alert_that_is_clear_once_begins_again():
    turns = Turns(replace(RULE, for_us=60))
    turns.turn(100, {NODE_A: 61})
    assert turns.turn(130, {NODE_A: 1}) == [("pending", "inactive", "")]
    assert turns.alerts == ()
    turns.turn(140, {NODE_A: 61})
    assert turns.turn(170, {NODE_A: 61}) == []


def test_an_alert_fires_on_for_a_time_after_its_condition_held():
    turns = Turns(replace(RULE, keep_firing_for_us=60))
    turns.turn(100, {NODE_A: 61})
    assert turns.turn(130, {NODE_A: 1}) == []
    # Down time is not time without the condition.
    assert turns.turn(1130, {NODE_A: 1}) == []
    assert turns.turn(1160, {NODE_A: 1}) == []
    assert turns.turn(1170, {NODE_A: 61}) == []
    assert turns.turn(1180, {NODE_A: 1}) == []
    assert turns.turn(1239, {NODE_A: 1}) == []
    assert turns.turn(1240, {NODE_A: 1}) == [("firing", "resolved", "")]


def test_an_alert_that_comes_back_has_a_new_id_and_the_same_fingerprint():
    turns = Turns()
    turns.turn(100, {NODE_A: 61})
    turns.turn(130, {NODE_A: 1})
    turns.turn(160, {NODE_A: 61})
    first, second = turns.alerts
    assert first.fingerprint == second.fingerprint
    assert (first.state, second.state) == (State.RESOLVED, State.FIRING)
    assert first.id != second.id


def test_ids_differ_when_the_clock_is_set_back():
    turns = Turns()
    for now, value in ((100, 61), (130, 1), (100, 61), (130, 1), (100, 61)):
        turns.turn(now, {NODE_A: value})
    assert len({alert.id for alert in turns.alerts}) == 3


def test_without_all_shards_no_alert_ends_and_none_starts_by_absence():
    turns = Turns(replace(RULE, on_missing="resolve"))
    turns.turn(100, {NODE_A: 61})
    assert turns.turn(130, {NODE_A: 1, NODE_B: None}, is_complete=False) == []
    assert turns.turn(160, {}, is_complete=False) == []
    assert turns.alerts[0].missing_us == 130
    # What is seen is true.
    assert turns.turn(190, {NODE_A: 62, NODE_B: 61}, is_complete=False) == [
        ("inactive", "firing", "")
    ]
    assert turns.alerts[0].missing_us is None


def test_without_all_shards_a_value_that_is_too_small_says_nothing():
    few = Rule("FewNodes", FigureCondition("nodes_connected", below=10))
    turns = Turns(few)
    assert turns.turn(100, {(): 3}, is_complete=False) == []
    assert turns.turn(130, {(): 3}) == [("inactive", "firing", "")]
    quotient = replace(CONDITION, against_us=3600)
    assert Turns(replace(RULE, condition=quotient)).turn(1, {NODE_A: 99}, is_complete=False) == []


def test_an_error_keeps_the_alerts_of_its_rule():
    turns = Turns(replace(RULE, on_missing="resolve"))
    turns.turn(100, {NODE_A: 61})
    assert turns.turn(130, error="it failed") == []
    assert turns.states == ["firing"]
    # So does a rule that was not measured.
    advanced = advance(turns.rules, turns.alerts, {}, 160, max_gap_us=GAP)
    assert [alert.state for alert in advanced.alerts] == [State.FIRING]


def test_an_absent_value_keeps_the_state_for_a_time_that_is_counted_like_the_others():
    turns = Turns(replace(RULE, missing_limit_us=60))
    turns.turn(100, {NODE_A: 61})
    assert turns.turn(130, {}) == []
    assert turns.turn(1130, {NODE_A: None}) == []
    assert turns.turn(1160, {NODE_A: float("nan")}) == []
    assert turns.turn(1189, {}) == []
    assert turns.turn(1190, {}) == [("firing", "resolved", "no value")]
    assert turns.alerts[0].reason == "no value"


def test_an_absent_value_ends_an_alert_if_the_rule_says_so():
    turns = Turns(replace(RULE, on_missing="resolve"))
    turns.turn(100, {NODE_A: 61})
    assert turns.turn(130, {}) == [("firing", "resolved", "")]


def test_an_absent_value_is_an_alert_if_the_rule_says_so():
    turns = Turns(replace(RULE, on_missing="alert", missing_limit_us=60))
    assert turns.turn(100, {NODE_A: None}) == [("inactive", "firing", "")]
    assert (turns.alerts[0].value, turns.alerts[0].missing_us) == (None, 100)
    assert turns.turn(1000, {NODE_A: None}) == []
    # A node that the figure does not name any more is not missing for ever.
    assert turns.turn(1059, {}) == []
    assert turns.turn(1060, {}) == [("firing", "resolved", "no value")]

    network = Rule("Stalled", FigureCondition("best_block_age_seconds", above=60))
    turns = Turns(replace(network, on_missing="alert"))
    assert turns.turn(100, {}, is_complete=False) == []
    assert turns.turn(130, {}) == [("inactive", "firing", "")]
    rows = Rule("Rows", SqlCondition("SELECT 1"), on_missing="alert")
    assert Turns(rows).turn(100, {}) == []


def test_the_rows_of_a_statement_are_alerts_and_a_row_that_is_gone_is_the_end():
    turns = Turns(Rule("Rows", SqlCondition("SELECT 1")))
    assert turns.turn(100, {NODE_A: None}) == [("inactive", "firing", "")]
    assert turns.alerts[0].missing_us is None
    assert turns.turn(130, {}, is_complete=False) == []
    assert turns.turn(160, {}) == [("firing", "resolved", "")]


def test_alerts_of_rules_that_vanish_or_change_end_with_the_reason():
    turns = Turns(replace(RULE, for_us=0))
    turns.turn(100, {NODE_A: 61})
    turns.rules = [replace(RULE, condition=replace(CONDITION, above=50))]
    assert turns.turn(130, {NODE_A: 61}) == [
        ("firing", "resolved", "rule changed"),
        ("inactive", "firing", ""),
    ]
    turns.rules = []
    assert turns.turn(160) == [("firing", "resolved", "rule removed")]


def test_another_text_or_channel_of_a_rule_ends_no_alert():
    turns = Turns()
    turns.turn(100, {NODE_A: 61})
    turns.rules = [replace(RULE, annotations={"summary": "new"}, channels=("ops",))]
    assert turns.turn(130, {NODE_A: 61}) == []


def test_a_change_of_severity_is_a_transition_and_no_new_alert():
    turns = Turns()
    turns.turn(100, {NODE_A: 61})
    turns.rules = [replace(RULE, severity="critical")]
    assert turns.turn(130, {NODE_A: 61}) == [("firing", "firing", "severity")]
    assert [alert.severity for alert in turns.alerts] == ["critical"]


def test_alerts_of_a_rule_are_limited_and_the_others_counted():
    turns = Turns(max_alerts=2)
    values = {(("node", f"{number:02d}"),): 99 for number in range(5)}
    assert len(turns.turn(100, values)) == 2
    assert turns.refused == {"NodeSilent": 3}
    assert turns.turn(130, values) == []
    assert turns.turn(160, {}) == []
    assert len(turns.alerts) == 2


def test_label_sets_that_look_alike_have_different_fingerprints():
    assert fingerprint("a", (("b", "c"),)) != fingerprint("ab", (("", "c"),))
    assert fingerprint("a", (("b", "c"), ("d", "e"))) != fingerprint("a", (("b", "c1:d1:e"),))


def test_the_digest_of_a_condition_is_that_of_an_earlier_release():
    """Else an upgrade would end all alerts."""
    assert condition_digest(CONDITION) == "f69d81c549e49022"
    assert condition_digest(replace(CONDITION, above=61)) != condition_digest(CONDITION)


INTERVAL, FOR, KEEP, LIMIT = 30, 90, 60, 120
TRUE, FALSE, ABSENT, UNKNOWN = "true", "false", "absent", "unknown"


def observe(values, labels, is_complete, error):
    """The observation of a label set in one turn."""
    if error:
        return UNKNOWN
    value = values.get(labels)
    if value == 61.0:
        return TRUE
    if not is_complete:
        return UNKNOWN
    return ABSENT if value is None else FALSE


def count(times):
    """The time between neighbours that are not too far apart."""
    return sum(later - earlier for earlier, later in pairwise(times) if later - earlier <= GAP)


def expect(log):
    """The state of a label set after all its observations: from the whole past, not step by step.

    Args:
        log: Times and observations.
    """
    state, begin = "inactive", 0
    for index, (_, seen) in enumerate(log):
        episode = log[begin : index + 1]
        known = [(time, kind) for time, kind in episode if kind in (TRUE, FALSE)]
        trues = [time for time, kind in known if kind == TRUE]
        run = [time for time, _ in takewhile(lambda each: each[1] == FALSE, reversed(known))]
        if seen == TRUE and state == "inactive":
            state, begin = ("pending" if FOR else "firing"), index
        elif seen == TRUE and state == "pending" and count(trues) >= FOR:
            state = "firing"
        elif (
            (seen == FALSE and state == "pending")
            or (seen == FALSE and state == "firing" and count(run[::-1]) >= KEEP)
            or (seen == ABSENT and absent_time(episode) >= LIMIT)
        ):
            state = "inactive"
    return state


def absent_time(episode):
    """The time for which a value has been missing, of turns that know that it is."""
    missing = list(takewhile(lambda each: each[1] in (ABSENT, UNKNOWN), reversed(episode)))[::-1]
    return sum(
        later - earlier
        for (earlier, _), (later, kind) in pairwise(missing)
        if kind == ABSENT and later - earlier <= GAP
    )


class Machine(RuleBasedStateMachine):
    """Turns with everything that happens between and in them, and what always holds."""

    @initialize()
    def begin(self):
        self.rule = replace(RULE, for_us=FOR, keep_firing_for_us=KEEP, missing_limit_us=LIMIT)
        self.now = 1000
        self.alerts = ()
        self.fired = set()
        self.resolved = set()
        self.logs = {NODE_A: [], NODE_B: []}

    @rule(seconds=st.sampled_from([1, INTERVAL, INTERVAL, INTERVAL, GAP, GAP + 1, 5000]))
    def wait(self, seconds):
        self.now += seconds

    @rule()
    def restart(self):
        """Everything that matters is in what is stored."""
        data = [json_encoding.pack(alert) for alert in self.alerts]
        self.alerts = tuple(msgspec.json.decode(document, type=Alert) for document in data)

    @rule()
    def send(self):
        self.alerts = tuple(each for each in self.alerts if each.state is not State.RESOLVED)

    @rule(
        value=st.sampled_from([1.0, 61.0, 61.0, 61.0, None]),
        other=st.sampled_from([1.0, 61.0]),
        is_complete=st.sampled_from([True, True, True, False]),
        error=st.sampled_from([None, None, None, None, "it failed"]),
        turns=st.integers(1, 5),
    )
    def evaluate(self, value, other, is_complete, error, turns):
        for _ in range(turns):
            self.now += INTERVAL
            self.turn({NODE_A: value, NODE_B: other}, is_complete, error)

    def turn(self, values, is_complete, error):
        measurement = Measurement({} if error else values, is_complete, error)
        measurements = {CONDITION: measurement}
        advanced = advance([self.rule], self.alerts, measurements, self.now, max_gap_us=GAP)
        self.alerts = advanced.alerts
        for labels, log in self.logs.items():
            log.append((self.now, observe(values, labels, is_complete, error)))
        for change in advanced.transitions:
            alert_id = change.alert.id
            if change.next == "firing":
                assert alert_id not in self.fired
                self.fired.add(alert_id)
            if change.previous == "firing":
                assert alert_id in self.fired - self.resolved
                self.resolved.add(alert_id)
                assert is_complete
                assert error is None

    @invariant()
    def states_are_those_of_the_whole_past(self):
        active = [alert for alert in self.alerts if alert.state is not State.RESOLVED]
        states = {alert.labels: alert.state.value for alert in active}
        assert len(states) == len(active)
        expected = {labels: expect(log) for labels, log in self.logs.items()}
        assert states == {key: state for key, state in expected.items() if state != "inactive"}

    @invariant()
    def all_ids_are_different_and_times_are_those_of_the_state(self):
        assert len({alert.id for alert in self.alerts}) == len(self.alerts)
        for alert in self.alerts:
            assert (alert.state is State.PENDING) == (alert.fired_us is None)
            assert (alert.state is State.RESOLVED) == (alert.resolved_us is not None)


TestMachine = Machine.TestCase
TestMachine.settings = examples(0.5)
