"""``tart/alerting/engine/turns.py``: the parts of a turn together."""

from tart.alerting.engine.model import Measurement, Silence
from tart.alerting.engine.turns import take_turn
from tart.alerting.rules.model import Channel, FigureCondition, MaintenanceWindow, Rule, RuleFile

BEHIND = Rule(
    "NodeBehind",
    FigureCondition("node_behind_slots", by="node", above=5),
    scope="member",
    channels=("ops",),
)
STALLED = Rule("Stalled", FigureCondition("best_block_age_seconds", above=60), channels=("ops",))
FILE = RuleFile(
    rules=(BEHIND, STALLED),
    channels=(Channel("ops", "webhook"),),
    maintenance=(MaintenanceWindow(('node="cc"',), 0, 10**6, "new disks"),),
    group_wait_us=0,
    group_interval_us=0,
)
NODES = {(("node", node),): 9.0 for node in ("aa", "bb", "cc")}


def take(alerts, groups, values, best, silences=()):
    measurements = {
        BEHIND.condition: Measurement(values),
        STALLED.condition: Measurement({(): best}),
    }
    return take_turn(FILE, alerts, groups, measurements, silences, 90, 100, 50)


def names(by_id, turn):
    nodes = {alert.id: dict(alert.labels).get("node") for alert in turn.alerts}
    return {nodes[alert_id]: value for alert_id, value in by_id.items()}


def test_what_is_silenced_or_explained_is_not_in_the_messages():
    silence = Silence("s1", ('node="bb"',), 0, 10**6, "ops", "works", 0)
    turn = take((), (), NODES, 1.0, [silence])
    assert names(turn.silenced_by, turn) == {"bb": ("s1",), "cc": (turn.silences[1].id,)}
    (message,) = turn.notifications
    assert [dict(view.alert.labels)["node"] for view in message.alerts] == ["aa"]
    assert (message.created_us, turn.alerts[0].started_us) == (100, 90)
    turn = take((), (), NODES, 99.0)
    assert names(turn.inhibited_by, turn) == dict.fromkeys(("aa", "bb", "cc"), "Stalled")
    assert [message.group_key for message in turn.notifications] == ["Stalled"]


def test_alerts_whose_end_all_channels_know_are_not_stored():
    first = take((), (), NODES, 1.0)
    assert first.stored == first.alerts
    last = take(first.stored, first.groups, dict.fromkeys(NODES, 1.0), 1.0)
    assert [message.resolved for message in last.notifications] == [2]
    assert (len(last.alerts), last.stored, last.groups) == (3, (), ())
