from __future__ import annotations

from itertools import pairwise

from tart.protocol.events import EventKind
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.world import SLOT, World, linked


def world(validators: int = 25, **changes) -> World:
    given = {"cores": 4, "seed": 1, "start": 100 * SLOT, "speed": 1.0, "protocol": 1} | changes
    return World(validators, rates=Rates(), **given)


def test_neighbours_share_a_row_or_a_column_of_the_grid():
    nodes = world().nodes
    assert [each.index for each in nodes[7].neighbours] == [2, 5, 6, 8, 9, 12, 17, 22]


def test_neighbours_are_mutual():
    nodes = world(23).nodes
    assert all(a in b.neighbours for a in nodes for b in a.neighbours)
    assert all(each.neighbours for each in nodes)


def test_hashes_depend_on_seed_kind_and_identity():
    a, b = world(), world(seed=2)
    hashes = [a.hash("x", 1), a.hash("x", 2), a.hash("y", 1), a.hash("x", 1, 1), b.hash("x", 1)]
    assert len(set(hashes)) == 5
    assert {len(each) for each in hashes} == {32}
    assert a.hash("x", 1) == world().hash("x", 1)


def test_clock_offsets_are_below_the_shortest_latency():
    one = world()
    clocks = [each.clock for each in one.nodes]
    assert len(set(clocks)) > 1
    assert max(clocks) - min(clocks) < min(one.latency() for _ in range(1_000))


def test_others_are_all_other_nodes_beginning_with_the_next():
    one = world(4)
    assert [each.index for each in one.others(one.nodes[2])] == [3, 0, 1]


def test_event_timestamps_are_by_the_node_s_clock():
    one = world(3, speed=2.0)
    node = one.nodes[1]
    node.reporter.connect()
    one.schedule.step(one.schedule.now + 1_000)
    one.emit(node, EventKind.SYNC_STATUS_CHANGED, synced=True)
    (emission,) = one.out
    assert emission.when == 100 * SLOT + 1_000
    assert emission.timestamp == 100 * SLOT + 500 + node.clock


def test_no_nodes_are_linked_at_the_start():
    nodes = world(4).nodes
    assert not any(linked(a, b) for a, b in pairwise(nodes))
    nodes[0].linked |= 1 << 1
    assert linked(nodes[0], nodes[1])
