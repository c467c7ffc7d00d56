"""``tart/alerting/engine/inhibition.py``: three rules by which an alert explains others."""

from dataclasses import replace

import pytest

from tart.alerting.engine.inhibition import (
    GONE,
    NETWORK_CAUSES,
    SERVER_CAUSES,
    SHORT,
    inhibited_by,
)
from tart.alerting.engine.model import State
from tart.alerting.rules.figures import FIGURES
from tart.alerting.rules.model import FigureCondition, Rule, SqlCondition
from tests.alerting.engine.alerts import make_alert


def rule(figure, by=None, name=None):
    scope = FIGURES[figure].scope(by)
    return Rule(name or figure, FigureCondition(figure, by=by, above=1), scope=scope)


RULES = [
    rule("shards_missing"),
    rule("ingest_pauses"),
    rule("ingest_pauses", name="pauses_too"),
    rule("disk_free_share"),
    rule("best_block_age_seconds"),
    rule("nodes_disconnected_share"),
    rule("step_failure_share", "pipeline"),
    rule("step_failure_share", "node", "steps_of_a_node"),
    rule("node_silent_seconds", "node"),
    rule("node_disconnected_seconds", "node"),
    rule("node_behind_slots", "node"),
    Rule("rows", SqlCondition("SELECT 1")),
    Rule("rows_by_node", SqlCondition("SELECT 1"), scope="member"),
]


def inhibited(*alerts):
    """The names of inhibited alerts, with the one that explains them."""
    names = {alert.id: alert.rule for alert in alerts}
    return {names[key]: source for key, source in inhibited_by(alerts, RULES).items()}


def of_node(name, node="ab", **more):
    return make_alert(name, labels={"node": node}, **more)


def test_all_figures_of_the_rules_are_in_the_catalogue():
    named = {*SERVER_CAUSES, *NETWORK_CAUSES, *GONE}
    named = named.union(*SERVER_CAUSES.values(), *NETWORK_CAUSES.values())
    assert named <= FIGURES.keys()
    assert SHORT.keys() <= SERVER_CAUSES.keys()
    assert {FIGURES[name].subject for name in SERVER_CAUSES} == {"server"}


def test_a_missing_shard_explains_the_network_and_its_nodes_also_while_it_is_pending():
    network, node = make_alert("best_block_age_seconds"), of_node("node_behind_slots")
    disk = make_alert("disk_free_share")
    for state in (State.FIRING, State.PENDING):
        shard = make_alert("shards_missing", state=state)
        assert inhibited(shard, network, node, disk) == {
            "best_block_age_seconds": "shards_missing",
            "node_behind_slots": "shards_missing",
        }
    ended = make_alert("shards_missing", state=State.RESOLVED)
    assert "best_block_age_seconds" not in inhibited(ended, network, node)


def test_a_full_disk_explains_pauses_which_still_explain_what_was_not_read():
    alerts = [make_alert("disk_free_share", value=0.01), make_alert("ingest_pauses")]
    assert inhibited(*alerts, of_node("node_silent_seconds")) == {
        "ingest_pauses": "disk_free_share",
        "node_silent_seconds": "ingest_pauses",
    }


def test_a_disk_that_is_merely_low_explains_nothing():
    for value in (0.08, None):
        low = make_alert("disk_free_share", value=value)
        assert inhibited(low, make_alert("ingest_pauses")) == {}


def test_no_alert_explains_one_that_is_more_severe():
    paused = make_alert("ingest_pauses", severity="warning")
    stalled = make_alert("best_block_age_seconds", severity="critical")
    assert inhibited(paused, stalled) == {}
    assert inhibited(replace(paused, severity="critical"), stalled) != {}
    behind = of_node("node_behind_slots", severity="critical")
    assert inhibited(replace(stalled, severity="warning"), behind) == {}
    silent = of_node("node_silent_seconds", severity="info")
    assert inhibited(silent, of_node("rows_by_node", severity="warning")) == {}
    # Of several sources the most severe one counts.
    also = make_alert("pauses_too", severity="critical")
    assert inhibited(paused, also, stalled) == {"best_block_age_seconds": "pauses_too"}


def test_the_network_explains_members_with_the_same_cause_and_no_others():
    network = make_alert("best_block_age_seconds")
    members = of_node("node_behind_slots"), of_node("rows_by_node")
    assert inhibited(network, *members) == {"node_behind_slots": "best_block_age_seconds"}
    pending = make_alert("best_block_age_seconds", state=State.PENDING)
    assert inhibited(pending, *members) == {}


def test_failures_of_one_pipeline_do_not_explain_those_of_another():
    def steps(pipeline):
        return make_alert("steps_of_a_node", labels={"node": "ab", "pipeline": pipeline})

    network = make_alert("step_failure_share", labels={"pipeline": "authoring"})
    assert inhibited(network, steps("authoring")) == {"steps_of_a_node": "step_failure_share"}
    assert inhibited(network, steps("importing")) == {}


def test_a_node_that_is_gone_explains_its_other_alerts():
    other = of_node("rows_by_node"), of_node("node_behind_slots", "cd")
    silent, disconnected = of_node("node_silent_seconds"), of_node("node_disconnected_seconds")
    assert inhibited(silent, *other) == {"rows_by_node": "node_silent_seconds"}
    assert inhibited(silent, disconnected, *other) == {
        "node_silent_seconds": "node_disconnected_seconds",
        "rows_by_node": "node_disconnected_seconds",
    }


@pytest.mark.parametrize("name", ["rows", "removed"])
def test_alerts_without_a_figure_or_without_a_rule_are_not_explained(name):
    assert inhibited(make_alert("shards_missing"), make_alert(name)) == {}
