"""``tart/alerting/engine/grouping.py``: which messages are due, and what each of them says."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tart.alerting.engine.grouping import due
from tart.alerting.engine.model import State
from tart.alerting.engine.outbox import supersede
from tart.alerting.engine.views import views
from tart.alerting.rules.model import Channel, FigureCondition, Rule, RuleFile
from tests.alerting.engine.alerts import make_alert

RULE = Rule(
    "NodeSilent",
    FigureCondition("node_silent_seconds", by="node", above=60),
    channels=("ops", "chat"),
)
OPS = Channel("ops", "webhook")
FILE = RuleFile(
    rules=(RULE,),
    channels=(OPS,),
    group_wait_us=30,
    group_interval_us=300,
    repeat_interval_us=14_400,
)


def of_node(number, **more):
    return make_alert(labels={"node": f"{number:04d}"}, **more)


def end(alert):
    return replace(alert, state=State.RESOLVED, resolved_us=1)


class Turns:
    """Turns of ``due`` that remember the groups."""

    def __init__(self, file=FILE):
        self.file = file
        self.groups = ()
        self.finished = ()

    def turn(self, now, alerts=(), muted=()):
        result = due(self.file, alerts, self.groups, set(muted), views(self.file), now)
        self.groups, self.finished = result.groups, result.finished
        return result.notifications

    def reasons(self, now, *args):
        return [message.reason for message in self.turn(now, *args)]


def test_a_new_group_waits_and_then_sends_one_message():
    turns = Turns()
    alert = of_node(1)
    assert turns.turn(100, [alert]) == ()
    assert turns.turn(129, [alert, of_node(2)]) == ()
    (message,) = turns.turn(130, [alert, of_node(2)])
    assert (message.channel, message.group_key, message.reason) == ("ops", "NodeSilent", "new")
    assert (message.status, message.firing, message.resolved) == ("firing", 2, 0)
    assert message.group_labels == {"alertname": "NodeSilent"}
    assert turns.turn(160, [alert, of_node(2)]) == ()


def test_a_thousand_silent_nodes_are_one_message_with_the_ten_worst():
    alerts = [of_node(number, value=float(number)) for number in range(1000)]
    turns = Turns()
    turns.turn(100, alerts)
    (message,) = turns.turn(130, alerts)
    assert [view.alert.value for view in message.alerts] == list(range(999, 989, -1))
    assert (message.firing, message.truncated) == (1000, 990)
    below = replace(RULE, condition=FigureCondition("node_silent_seconds", by="node", below=9))
    turns = Turns(replace(FILE, rules=(below,)))
    turns.turn(100, alerts)
    (message,) = turns.turn(130, alerts)
    assert [view.alert.value for view in message.alerts] == list(range(10))


def test_changes_are_sent_after_the_interval_and_what_lasts_is_repeated():
    turns = Turns()
    first, second = of_node(1), of_node(2)
    turns.turn(0, [first])
    turns.turn(30, [first])
    assert turns.reasons(60, [first, second]) == []
    assert turns.reasons(330, [first, second]) == ["changed"]
    assert turns.reasons(330 + 14_399, [first, second]) == []
    assert turns.reasons(330 + 14_400, [first, second]) == ["repeat"]


def test_the_end_is_sent_once_and_the_alert_is_stored_until_then():
    turns = Turns()
    alert = of_node(1)
    turns.turn(0, [alert])
    turns.turn(30, [alert])
    assert turns.turn(100, [end(alert)]) == ()
    assert turns.finished == ()
    (message,) = turns.turn(330, [end(alert)])
    assert (message.status, message.reason, message.resolved) == ("resolved", "resolved", 1)
    assert (turns.groups, turns.finished) == ((), (alert.id,))
    assert turns.turn(360, []) == ()


def test_an_alert_that_ends_before_its_first_message_is_not_sent():
    turns = Turns()
    alert = of_node(1)
    turns.turn(0, [alert])
    assert turns.turn(30, [end(alert)]) == ()
    assert (turns.groups, turns.finished) == ((), (alert.id,))


def test_an_alert_that_came_back_between_two_messages_is_told_as_firing():
    turns = Turns()
    first = of_node(1)
    turns.turn(0, [first])
    turns.turn(30, [first])
    second = of_node(1, started_us=200)
    (message,) = turns.turn(330, [end(first), second])
    assert [view.alert.id for view in message.alerts] == [second.id]
    assert (message.status, message.resolved) == ("firing", 0)
    assert turns.finished == (first.id,)


def test_a_change_of_severity_is_a_change():
    turns = Turns()
    alert = of_node(1)
    turns.turn(0, [alert])
    turns.turn(30, [alert])
    assert turns.reasons(330, [replace(alert, severity="critical")]) == ["changed"]
    assert turns.reasons(660, [replace(alert, severity="critical")]) == []


def test_muted_alerts_send_nothing_but_the_end_of_what_was_told():
    turns = Turns()
    alert, other = of_node(1), of_node(2)
    turns.turn(0, [alert])
    assert turns.turn(30, [alert], [alert.id]) == ()
    # The wait begins when it is not muted any more.
    assert turns.turn(60, [alert]) == ()
    (message,) = turns.turn(90, [alert, other], [other.id])
    assert message.firing == 1
    assert turns.turn(20_000, [alert, other], [alert.id, other.id]) == ()
    (message,) = turns.turn(20_030, [end(alert), other], [alert.id, other.id])
    assert (message.status, message.resolved) == ("resolved", 1)
    assert turns.groups == ()


def test_channels_have_a_least_severity_and_may_not_want_ends():
    channels = (
        replace(OPS, min_severity="critical"),
        Channel("chat", "slack", send_resolved=False),
    )
    turns = Turns(replace(FILE, channels=channels))
    alert = of_node(1)
    turns.turn(0, [alert])
    assert [message.channel for message in turns.turn(30, [alert])] == ["chat"]
    assert turns.turn(400, [end(alert)]) == ()
    assert (turns.groups, turns.finished) == ((), (alert.id,))


def test_messages_go_to_the_channels_of_the_rule():
    turns = Turns(replace(FILE, channels=(OPS, Channel("chat", "slack"), Channel("b", "slack"))))
    turns.turn(0, [of_node(1)])
    assert [message.channel for message in turns.turn(30, [of_node(1)])] == ["ops", "chat"]


def test_a_rule_that_is_removed_still_sends_the_end_of_its_alerts():
    turns = Turns()
    alert = of_node(1)
    turns.turn(0, [alert])
    turns.turn(30, [alert])
    turns.file = replace(FILE, rules=())
    (message,) = turns.turn(330, [end(alert)])
    assert message.status == "resolved"


def test_groups_of_a_channel_that_is_removed_end():
    turns = Turns()
    alert = of_node(1)
    turns.turn(0, [alert])
    turns.turn(30, [alert])
    turns.file = replace(FILE, channels=())
    assert turns.turn(330, [end(alert)]) == ()
    assert (turns.groups, turns.finished) == ((), (alert.id,))


def test_a_clock_that_is_set_back_delays_messages_by_one_interval_at_most():
    turns = Turns()
    alert = of_node(1)
    turns.turn(10**9, [alert])
    turns.turn(10**9 + 30, [alert])
    assert turns.turn(1000, [alert, of_node(2)]) == ()
    assert turns.reasons(1300, [alert, of_node(2)]) == ["changed"]


def test_a_group_whose_alerts_do_not_exist_ends():
    """As after a part of the file was restored by hand."""
    turns = Turns()
    turns.turn(0, [of_node(1)])
    turns.turn(30, [of_node(1)])
    assert turns.turn(330, []) == ()
    assert turns.groups == ()


def test_an_alert_without_a_rule_sends_nothing():
    turns = Turns()
    turns.turn(0, [make_alert("Removed")])
    assert turns.turn(30, [make_alert("Removed")]) == ()


NODES = 5


class Machine(RuleBasedStateMachine):
    """Alerts that begin, end and are muted in any order, and a receiver that believes messages."""

    @initialize()
    def begin(self):
        self.turns = Turns()
        self.now = 0
        self.alerts = {}
        self.ended = []
        self.muted = set()
        self.told = {}
        self.told_ends = set()
        self.messages = []
        self.queue = []

    @rule(node=st.integers(0, NODES - 1))
    def fire(self, node):
        if node not in self.alerts:
            self.alerts[node] = of_node(node, started_us=self.now + len(self.ended))

    @rule(node=st.integers(0, NODES - 1))
    def resolve(self, node):
        if node in self.alerts:
            self.ended.append(end(self.alerts.pop(node)))

    @rule(node=st.integers(0, NODES - 1))
    def mute(self, node):
        self.muted ^= {node}

    @rule(seconds=st.sampled_from([1, 30, 300, 14_400]))
    def turn(self, seconds):
        self.now += seconds
        alerts = [*self.ended, *self.alerts.values()]
        muted = {self.alerts[node].id for node in self.muted & self.alerts.keys()}
        for message in self.turns.turn(self.now, alerts, muted):
            firing = [each.alert.id for each in message.alerts if each.alert.state is State.FIRING]
            assert not muted & set(firing)
            assert message.truncated == 0
            assert (message.firing, message.resolved) == (
                len(firing),
                len(message.alerts) - len(firing),
            )
            assert message.status == ("firing" if firing else "resolved")
            self.messages.append(message)
            self.queue.append(message)
        self.ended = [alert for alert in self.ended if alert.id not in self.turns.finished]

    @rule()
    def deliver(self):
        """Send what waits: the newest message, with the ends that the others reported."""
        if not self.queue:
            return
        for view in supersede(self.queue).alerts:
            alert = view.alert
            if alert.state is State.FIRING:
                self.told[alert.fingerprint] = alert.id
            else:
                assert alert.id not in self.told_ends
                self.told_ends.add(alert.id)
                if self.told.get(alert.fingerprint) == alert.id:
                    del self.told[alert.fingerprint]
        self.queue = []

    @invariant()
    def ids_are_unique(self):
        assert len({message.id for message in self.messages}) == len(self.messages)

    @invariant()
    def messages_are_not_closer_than_a_wait(self):
        times = [message.created_us for message in self.messages]
        assert all(later - earlier >= 30 for earlier, later in pairwise(times))

    def teardown(self):
        """After a quiet time the receiver knows what is true."""
        self.muted = set()
        for _ in range(3):
            self.turn(300)
        self.deliver()
        assert self.told == {alert.fingerprint: alert.id for alert in self.alerts.values()}
        for node in list(self.alerts):
            self.resolve(node)
        for _ in range(3):
            self.turn(300)
            self.deliver()
        assert (self.told, self.ended, self.turns.groups) == ({}, [], ())


TestMachine = Machine.TestCase
