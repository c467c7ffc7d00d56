"""Figures of alerting rules against what really happened.

A running server was told a whole network within seconds, so its figures are compared with what it
received; figures over time are those of a network that is played to shards at a simulated time.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from statistics import median

import pytest

from tart.alerting.figures.chain import LATE_BIN
from tart.alerting.figures.steps import FEWEST_ATTEMPTS, FEWEST_OF_NODE
from tart.alerting.rules.figures import FIGURES
from tart.alerting.rules.model import FigureCondition
from tart.background_tasks import Background
from tart.config.schema import ApiConfig
from tart.gateway.alerting.measurements import Measurements
from tart.gateway.alerting.sources import GatewaySource
from tart.gateway.fanout.node_registry import NodeRegistry
from tart.gateway.fanout.queries import QueryClient
from tart.gateway.fanout.shards import Shards
from tart.gateway.live.summary import Summaries
from tart.offline.server import offline_server
from tart.offline.source import offline_measurements
from tart.query.core.failure_rates import PIPELINES
from tart.query.core.log_histogram import upper_us
from tart.query.core.windows import time_us
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.network import Network
from tart.simulate.model.truth import Truth
from tart.simulate.model.truth_reader import Facts
from tart.units import HOUR_US, JCE_US, MINUTE_US, SECOND_US
from tests.offline.playing import PlayedNetwork


def condition(figure, by=None, window_us=None):
    """A condition about a figure; its threshold does not matter."""
    default = FIGURES[figure].window_us
    by = FIGURES[figure].label(by)
    return FigureCondition(figure, by=by, above=0, window_us=window_us or default)


def values(measurement):
    """Values by the label's value."""
    assert measurement.error is None
    assert measurement.is_complete
    return {labels[0][1] if labels else None: value for labels, value in measurement.values.items()}


async def ask(system, conditions, at_us):
    """What the shards of a running server say, over their own sockets."""
    paths = sorted((system.data / "run").glob("*.sock"))
    shards = Shards(paths)
    registry = NodeRegistry(system.data / "none.sqlite")
    queries = QueryClient(shards, registry, ApiConfig(deadline_seconds=60.0))
    summaries = Summaries(queries, Background())

    class Nothing:
        def __getattr__(self, name):
            return lambda *_, **__: None

    shards.start(Nothing(), Nothing())
    try:
        await shards.wait_all_contacted()
        await asyncio.gather(*(shard.welcomed.wait() for shard in shards.every))
        source = GatewaySource(queries, summaries)
        measurements = Measurements(source, Background(), budget_seconds=60.0, query_seconds=60.0)
        return await measurements.measure(conditions, at_us)
    finally:
        await summaries.stop()
        await shards.stop()


HOURS = 6 * HOUR_US
STEPS = {by: condition("step_failure_share", by, HOURS) for by in ("pipeline", "node")}
CONNECTIONS = condition("connection_failure_share", window_us=HOURS)
FORKS, MISSED = condition("forks_share", window_us=HOURS), condition("missed_slots_share")
CLOCKS = condition("node_clock_offset_seconds", window_us=HOURS)
NETWORK_CLOCK = condition("network_clock_offset_seconds", window_us=HOURS)
CORES = [condition(name, "core", HOURS) for name in ("core_guarantees", "core_failure_share")]
LATE = condition("late_assurances_share", window_us=HOURS)
SENT_LATE = condition("late_guarantees_share", window_us=HOURS)
SILENT, GONE = condition("node_silent_seconds"), condition("node_disconnected_seconds")
NEW = [
    condition(figure)
    for figure in ("version_appeared_nodes", "new_findings_nodes", "node_new_findings")
]
PRESENT = [
    condition(figure)
    for figure in ("finality_lag_slots", "best_block_age_seconds", "version_vanished_nodes")
]
ALL = (*STEPS.values(), CONNECTIONS, FORKS, CLOCKS, NETWORK_CLOCK, LATE, SENT_LATE, SILENT, GONE)
CONNECTED = condition("nodes_connected")


@pytest.fixture(scope="module")
def measured(truth):
    """Measurements after everything has been received, and the time of that."""
    conditions = [*ALL, *CORES, *NEW, *PRESENT, CONNECTED]
    # Two minutes later every bucket is complete, and nothing can be late any more.
    later = time.time_ns() // 1000 + 2 * MINUTE_US
    return asyncio.run(ask(truth.system, conditions, later))


def shares(counts):
    """Attempts and failures by pipeline."""
    return {
        name: (
            sum(counts[kind] for kind in pipeline.attempts),
            sum(counts[kind] for kind in pipeline.failures),
        )
        for name, pipeline in PIPELINES.items()
    }


def test_failure_shares(truth, measured):
    counts = Counter(fact["type"] for fact in truth.facts.sent)
    expected = shares(counts)
    enough = {
        name: failures / attempts
        for name, (attempts, failures) in expected.items()
        if attempts >= FEWEST_ATTEMPTS
    }
    connections = enough.pop("connections", None)
    assert values(measured[STEPS["pipeline"]]) == pytest.approx(enough)
    assert len(enough) > 5
    assert values(measured[CONNECTIONS]).get(None) == pytest.approx(connections)


def test_packages_by_core(received, measured):
    counts = Counter(
        (str(event["context"]["core"]), event["event_type"])
        for event in received.of(92, 94, 103, 105)
        if event["context"]["core"] is not None
    )
    cores = {core for core, _ in counts}
    guarantees, shares = (values(measured[each]) for each in CORES)
    assert guarantees == {core: counts[core, 105] for core in cores if counts[core, 94]}
    ended = {core: sum(counts[core, kind] for kind in (92, 103, 105)) for core in cores}
    expected = {core: counts[core, 92] / number for core, number in ended.items() if number >= 20}
    assert shares == pytest.approx(expected)
    assert len(expected) > 1


def test_failure_shares_by_node(truth, measured):
    by_node = defaultdict(Counter)
    for fact in truth.facts.sent:
        by_node[fact["node"]][fact["type"]] += 1
    expected = {}
    for node, counts in by_node.items():
        parts = shares(counts)
        del parts["connections"]
        attempts = sum(attempts for attempts, _ in parts.values())
        if attempts >= FEWEST_OF_NODE:
            expected[node] = sum(failures for _, failures in parts.values()) / attempts
    assert values(measured[STEPS["node"]]) == pytest.approx(expected)


def test_forks(truth, measured):
    blocks = defaultdict(set)
    for fact in truth.facts.events("BestBlockChanged"):
        blocks[fact["about"]["slot"]].add(fact["about"]["block"])
    expected = sum(len(each) > 1 for each in blocks.values()) / len(blocks)
    assert expected > 0
    assert values(measured[FORKS]) == {None: pytest.approx(expected)}


def test_clocks(truth, measured, received):
    """The smallest delay of each node, and what the network has in common."""
    delays = defaultdict(list)
    for event in received.events:
        node_us = received.fields(event)["timestamp"]
        delays[event["node_id"]].append(event["at"] - JCE_US - node_us)
    offsets = {node: min(each) for node, each in delays.items()}
    middle = median(offsets.values())
    assert values(measured[CLOCKS]) == pytest.approx(
        {node: abs(offset - middle) / SECOND_US for node, offset in offsets.items()}
    )
    assert values(measured[NETWORK_CLOCK]) == {None: pytest.approx(abs(middle) / SECOND_US)}


def test_guarantees_that_took_longer_than_a_slot(truth, measured):
    ends = truth.facts.events("SendingGuarantee", "GuaranteeSent")
    sent = sum(fact["event"] == "GuaranteeSent" for fact in ends)
    late = sum(fact["root"]["after_us"] >= upper_us(LATE_BIN - 1) for fact in ends if fact["root"])
    assert values(measured[SENT_LATE]) == {None: pytest.approx(min(1.0, late / sent))}


def test_assurances_that_were_told_within_seconds_are_not_late(measured):
    assert values(measured[LATE]) == {None: 0.0}


def test_nodes_that_are_gone_are_silent_since_their_last_message(truth, measured):
    nodes = truth.system.get("/api/nodes")["nodes"]
    last = {node["node_id"]: time_us(node["last_seen_at"], "") for node in nodes}
    assert values(measured[CONNECTED]) == {None: 0.0}
    if truth.restarted and not measured[SILENT].is_complete:
        # Soon after the start of none is known whether it connects again: no alert ends.
        unknown = {(("node", node),): None for node in last}
        for each in (measured[SILENT], measured[GONE]):
            assert (each.values, each.is_complete) == (unknown, False)
        return
    silent = values(measured[SILENT])
    assert silent == values(measured[GONE])
    assert silent.keys() == last.keys()
    now, newest = time.time_ns() // 1000, max(last.values())
    for node, seconds in silent.items():
        assert 0 <= seconds <= (now - last[node]) / SECOND_US
        earlier = (newest - last[node]) / SECOND_US
        # Both are rounded to milliseconds.
        assert seconds - min(silent.values()) == pytest.approx(earlier, abs=0.003)


def test_nothing_is_new_in_a_new_network_and_nothing_is_present_without_connections(measured):
    for each in (*NEW, *PRESENT):
        assert values(measured[each]) == {}


# --- Over time --------------------------------------------------------------------------

NODES = 5
_RATES = Rates(dropped=0.02, lag=0.02, fork=0.1, reconnect=0.0)


def play():
    """A network over some minutes: at each moment its measurements, and the truth."""
    facts = []
    network = Network(nodes=NODES, cores=1, seed=4, rates=_RATES, truth=Truth(facts.append))
    moments = []
    wanted = [
        *PRESENT[:2],
        *(condition(name) for name in ("finalized_block_age_seconds", "node_behind_slots")),
        *(condition(name) for name in ("node_dropped_events", "node_silent_seconds")),
        *(condition(name) for name in ("nodes_disconnected_share", "missed_slots_share")),
        CONNECTED,
    ]

    async def run():
        async with offline_server(JCE_US + network.now, shards=2) as server:
            played = PlayedNetwork(server, network, NODES)
            measurements = offline_measurements(server)
            for step in range(1, 8):
                played.play(31)
                if step == 5:
                    played.disconnect(0)
                await server.settle()
                found = await measurements.measure(wanted, server.now_us)
                moments.append((network.now, {each.figure: found[each] for each in wanted}))

    asyncio.run(run())
    network.end()
    return Facts(facts), moments


@pytest.fixture(scope="module")
def over_time():
    return play()


def statements(facts, name, at_us, connected):
    """The newest block that each connected node named: slot and time."""
    newest = {}
    for fact in facts.events(name):
        if fact["network_us"] <= at_us and fact["node"] in connected:
            newest[fact["node"]] = (fact["about"]["slot"], fact["network_us"])
    return newest


def reached(stated, connected):
    """The slot that a third of the connected nodes have reached."""
    needed = -(-len(connected) // 3)
    return sorted((slot for slot, _ in stated.values()), reverse=True)[needed - 1]


def test_best_and_finalized_block_over_time(over_time):
    facts, moments = over_time
    nodes = [fact["node"] for fact in facts.of("node")]
    for index, (at_us, found) in enumerate(moments):
        connected = set(nodes if index < 4 else nodes[1:])
        assert values(found["nodes_connected"]) == {None: float(len(connected))}
        best = statements(facts, "BestBlockChanged", at_us, connected)
        finalized = statements(facts, "FinalizedBlockChanged", at_us, connected)
        slot = reached(best, connected)
        ages = {
            "best_block_age_seconds": (best, slot),
            "finalized_block_age_seconds": (finalized, reached(finalized, connected)),
        }
        lag = slot - reached(finalized, connected)
        assert values(found["finality_lag_slots"]) == {None: float(lag)}
        for figure, (stated, block) in ages.items():
            since = min(when for number, when in stated.values() if number >= block)
            assert values(found[figure]) == {None: pytest.approx((at_us - since) / 1e6, abs=0.05)}
        assert values(found["node_behind_slots"]) == {
            node: float(max(0, slot - number)) for node, (number, _) in best.items()
        }


def test_a_node_that_is_gone_over_time(over_time):
    facts, moments = over_time
    nodes = [fact["node"] for fact in facts.of("node")]
    (left,) = facts.of("closed", node=nodes[0])
    for index, (at_us, found) in enumerate(moments):
        silent = values(found["node_silent_seconds"])
        assert silent.keys() == set(nodes)
        assert max(silent[node] for node in nodes[1:]) < 3
        if index >= 4:
            last = max(fact["network_us"] for fact in facts.sent if fact["node"] == nodes[0])
            assert left["network_us"] >= last
            assert silent[nodes[0]] == pytest.approx((at_us - last) / 1e6, abs=0.05)
    assert values(moments[-1][1]["nodes_disconnected_share"]) == {None: 1 - (NODES - 1) / NODES}


def test_dropped_events_over_time(over_time):
    facts, moments = over_time
    first_us = moments[0][0]
    at_us, found = moments[-1]
    dropped = Counter()
    for fact in facts.events("Dropped"):
        # Counted since the first look, which is less than five minutes ago.
        if first_us < fact["network_us"] <= at_us:
            dropped[fact["node"]] += fact["data"]["num"]
    assert dropped
    measured = found["node_dropped_events"]
    for labels, value in measured.values.items():
        assert (value or 0.0) == dropped[labels[0][1]]


def test_missed_slots_over_time(over_time):
    facts, moments = over_time
    at_us, found = moments[-1]
    # The last bucket of ten seconds is not complete.
    end_us = at_us - (JCE_US + at_us) % (10 * SECOND_US)
    slots = {
        fact["about"]["slot"]
        for fact in facts.events("BestBlockChanged")
        if fact["network_us"] < end_us
    }
    expected = 1 - len(slots) / (max(slots) - min(slots) + 1)
    assert values(found["missed_slots_share"]) == {None: pytest.approx(expected)}
