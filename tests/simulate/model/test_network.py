"""The whole network: its stream, its references, its limits.

What single activities tell is tested beside each of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import fields as dataclass_fields

import pytest

from tart.protocol.connection import Connection
from tart.protocol.decoding import decode_event
from tart.protocol.events import BY_VARIANT, EVENTS, EventKind
from tart.protocol.wire import EventId
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.network import Network
from tart.simulate.model.reporter import Emission
from tart.simulate.model.world import SLOT
from tests.simulate.played import NO_DROPS, Played, play

AUDITED_BLOCK = (40, 43)  # documented in tart.simulate.model.auditing


def references(emission: Emission, protocol: int = 1) -> list[tuple[int, tuple[int, ...]]]:
    """The ids an event refers to, each with the numbers of the types allowed there."""
    layout = BY_VARIANT[emission.variant].layout(protocol)
    return [
        (emission.fields[name], kind.refers_to or AUDITED_BLOCK)
        for name, kind in layout.fields
        if isinstance(kind, EventId)
    ]


class Session:
    """Checks the references of one node's connection, in the order of its events."""

    def __init__(self) -> None:
        self.numbers: dict[int, int] = {}
        self.gaps: list[tuple[int, int]] = []

    def assert_good(self, emission: Emission, protocol: int = 1) -> None:
        for event_id, allowed in references(emission, protocol):
            assert self._dropped(event_id) or self.numbers.get(event_id) in allowed, emission
        self.numbers[emission.event_id] = BY_VARIANT[emission.variant].number
        if emission.variant == "Dropped":
            self.gaps.append((emission.event_id, emission.event_id + emission.fields["num"]))

    def _dropped(self, event_id: int) -> bool:
        """Whether an event of that id was dropped: nobody can know what it was."""
        at = bisect_right(self.gaps, (event_id, 1 << 64)) - 1
        return at >= 0 and event_id < self.gaps[at][1]


def test_every_event_type_occurs_within_sixty_slots(usual: Played):
    assert usual.by_variant.keys() == BY_VARIANT.keys()


@pytest.mark.no_cover
@pytest.mark.slow
@pytest.mark.parametrize(
    "seed", [7, *(pytest.param(seed, marks=pytest.mark.soak) for seed in (77, 777, 7777))]
)
def test_every_event_type_occurs_whatever_the_seed(seed):
    assert play(60, seed=seed).by_variant.keys() == BY_VARIANT.keys()


def test_equal_arguments_give_equal_networks():
    a, b = play(8, seed=4), play(8, seed=4)
    assert a.hellos == b.hellos
    assert a.emissions == b.emissions


def test_another_seed_gives_another_network():
    a, b = play(2, seed=4), play(2, seed=5)
    assert not set(a.peer_ids) & set(b.peer_ids)
    assert a.emissions != b.emissions


@pytest.mark.no_cover
def test_every_frame_decodes_with_the_same_event_ids(usual: Played):
    for node in range(6):
        received = usual.received(node)
        assert not [each for each in received if each.error or each.deviations]
        sent = [each for each in usual.emissions if each.node == node]
        assert [each.event_id for each in received] == [each.event_id for each in sent]
        assert [each.timestamp for each in received] == [each.timestamp for each in sent]
        variants = [EVENTS[each.number].variant for each in received]
        assert variants == [each.variant for each in sent]


def test_frames_decode_to_the_emitted_fields(usual: Played):
    for variant, emissions in usual.by_variant.items():
        emission = emissions[-1]
        decoded = decode_event(BY_VARIANT[variant].number, emission.frame[13:], cores=2)
        for name, value in decoded.fields.items():
            if isinstance(value, int | bytes | str):
                assert emission.fields.get(name, emission.fields.get(f"{name}_")) == value


@pytest.mark.no_cover
@pytest.mark.slow
def test_protocol_version_0_differs_only_in_closed_streams():
    zero, one = play(20, seed=3, protocol=0), play(20, seed=3)
    for node in range(6):
        assert not [each for each in zero.received(node) if each.error or each.deviations]
    assert [each.variant for each in zero.emissions] == [each.variant for each in one.emissions]
    closed = "BlockAnnouncementStreamClosed"
    for old, new in zip(zero.emissions, one.emissions, strict=True):
        assert (old.fields == new.fields) == (old.variant != closed)
    session = Session()
    for each in zero.emissions:
        if each.node == 0:
            session.assert_good(each, protocol=0)


def test_every_reference_names_an_earlier_event_of_the_right_type(usual: Played):
    sessions = [Session() for _ in range(6)]
    for each in usual.emissions:
        sessions[each.node].assert_good(each)


def test_without_drops_every_reference_exists(told: Played):
    assert not told.of("Dropped")
    sessions = [Session() for _ in range(6)]
    for each in told.emissions:
        sessions[each.node].assert_good(each)


def test_simulated_time_does_not_decrease(usual: Played):
    times = [each.when for each in usual.emissions]
    assert times == sorted(times)
    for node in range(6):
        timestamps = [each.timestamp for each in usual.emissions if each.node == node]
        assert timestamps == sorted(timestamps)


def test_a_network_can_be_advanced_in_any_steps():
    whole = play(3, seed=9)
    network = Network(seed=9)
    for node in range(6):
        network.connect(node)
    start, stepped = network.now, []
    for until in range(start, start + 3 * SLOT + 1, 123_457):
        stepped += network.advance(until)
    stepped += network.advance(start + 3 * SLOT)
    assert stepped == whole.emissions


def test_emissions_not_consumed_are_returned_by_the_next_advance():
    whole = play(2, seed=9)
    network = Network(seed=9)
    for node in range(6):
        network.connect(node)
    until, taken = network.now + 2 * SLOT, []
    for each in network.advance(until):
        taken.append(each)
        if len(taken) == 100:
            break
    assert taken + list(network.advance(until)) == whole.emissions


def test_the_network_does_not_depend_on_connected_nodes():
    everybody = play(15, seed=6)
    network = Network(seed=6)
    network.connect(2)
    alone = list(network.advance(network.now + 15 * SLOT))
    assert alone == [each for each in everybody.emissions if each.node == 2]


def test_leaving_nodes_are_reported_once_in_order():
    network = Network(seed=2, rates=Rates(reconnect=1.0))
    list(network.advance(network.now + 3 * SLOT))
    assert network.leaving() == [0, 1, 2, 3, 4, 5]
    assert network.leaving() == []


def test_the_reconnect_rate_does_not_change_the_network():
    assert play(10, seed=4).emissions == play(10, seed=4, rates=Rates(reconnect=0.7)).emissions


def test_protocol_versions_are_assigned_in_turn():
    network = Network(nodes=5, seed=2, protocol=(1, 0))
    versions = []
    for node in range(5):
        connection = Connection()
        connection.receive_data(network.connect(node))
        assert connection.node is not None
        versions.append(connection.node.protocol_version)
    assert versions == [1, 0, 1, 0, 1]


def test_a_reconnected_node_starts_a_new_session():
    network = Network(seed=2)
    for node in range(6):
        network.connect(node)
    network_start = network.now
    list(network.advance(network_start + 4 * SLOT + SLOT // 3))
    network.disconnect(3)
    silent = list(network.advance(network.now + SLOT))
    assert 3 not in {each.node for each in silent}
    network.connect(3)
    session, ids = Session(), []
    for each in network.advance(network.now + 10 * SLOT):
        if each.node == 3:
            session.assert_good(each)
            ids.append(each.event_id)
    assert ids[:2] == [0, 1]
    assert {"Importing", "BlockExecuted", "ShardsTransferred"} <= {
        EVENTS[number].variant for number in session.numbers.values()
    }


def test_pending_emissions_are_discarded_on_reconnect():
    network = Network(seed=2)
    network.connect(0)
    stream = network.advance(network.now + 3 * SLOT)
    next(stream)
    network.connect(0)
    assert next(stream).event_id == 0


def test_a_congested_node_drops_events_and_reports_them():
    network = Network(seed=2, rates=NO_DROPS)
    network.connect(0)
    list(network.advance(network.now + 2 * SLOT))
    network.congest(0, True)
    assert not list(network.advance(network.now + SLOT))
    network.congest(0, False)
    first = next(network.advance(network.now + SLOT))
    assert (first.variant, first.fields["num"]) == ("Dropped", network.dropped(0))
    assert network.dropped(0) > 10


@pytest.mark.no_cover
@pytest.mark.slow
def test_memory_does_not_grow_with_the_length_of_the_run():
    network = Network(seed=8)
    network.connect(0)
    held: dict[str, list[int]] = {}
    for slot in range(300):
        for _ in network.advance(network.now + SLOT):
            pass
        if slot % 10 == 0:
            for name, number in network.statistics().items():
                held.setdefault(name, []).append(number)
    for name, numbers in held.items():
        assert max(numbers[20:]) <= 1.5 * max(numbers[5:20]) + 20, (name, numbers)


def test_at_another_speed_timestamps_stay_wall_clock():
    slow, fast = play(10, seed=5), play(10, seed=5, speed=4.0)
    start = slow.network.now - 10 * SLOT
    for a, b in zip(slow.emissions, fast.emissions, strict=True):
        assert (a.variant, a.when) == (b.variant, b.when)
        # The node's clock is off by a few milliseconds, which does not scale.
        assert abs((b.timestamp - start) * 4 - (a.timestamp - start)) < 20_000


@pytest.mark.no_cover
def test_slots_are_those_of_the_jam_common_era(told: Played):
    for each in told.of("Authoring"):
        assert each.fields["slot"] == each.when // SLOT


def test_nodes_look_like_a_mixed_network(told: Played):
    names = Counter(
        name for hello in told.hellos for name in (b"sim-alpha", b"sim-beta") if name in hello
    )
    assert names == {b"sim-alpha": 2, b"sim-beta": 2}


def assert_good(played: Played) -> None:
    nodes = len(played.hellos)
    sessions = [Session() for _ in range(nodes)]
    for each in played.emissions:
        sessions[each.node].assert_good(each)
    for node in range(nodes):
        assert not [each for each in played.received(node) if each.error or each.deviations]


@pytest.mark.no_cover
def test_a_network_without_faults_reports_no_failures():
    kept = {"preimage", "work_package", "with_imports", "segment_recovery", "audit"}
    peace = {each.name: 0.0 for each in dataclass_fields(Rates) if each.name not in kept}
    played = play(20, rates=Rates(**peace))
    assert_good(played)
    failures = {each for each in played.by_variant if each.endswith(("Failed", "Refused"))}
    assert not failures | {"Dropped", "PeerMisbehaved", "Disconnected"} & played.by_variant.keys()
    assert len(played.of("BlockExecuted")) > 6 * 15


@pytest.mark.no_cover
@pytest.mark.parametrize("name", [each.name for each in dataclass_fields(Rates)])
def test_a_network_with_one_permanent_fault_is_consistent(name):
    assert_good(play(12, nodes=5, cores=2, rates=Rates(**{name: 1.0})))


@pytest.mark.slow
def test_a_network_with_all_faults_half_the_time_is_consistent():
    rates = Rates(**{each.name: 0.5 for each in dataclass_fields(Rates)})
    played = play(60, rates=rates)
    assert_good(played)
    assert len({each.fields["hash"] for each in played.of("FinalizedBlockChanged")}) > 3


@pytest.mark.no_cover
@pytest.mark.parametrize(("nodes", "cores"), [(1, 1), (2, 1), (3, 5), (7, 3), (12, 1)])
def test_networks_of_unusual_sizes_work(nodes, cores):
    played = play(15, nodes=nodes, cores=cores)
    for node in range(nodes):
        assert not [each for each in played.received(node) if each.error or each.deviations]
    assert played.of("BlockExecuted")


@pytest.mark.parametrize(
    "wrong",
    [
        {"nodes": 0},
        {"nodes": 1024},
        {"cores": 0},
        {"cores": 342},
        {"speed": 0},
        {"speed": float("nan")},
        {"speed": float("inf")},
        {"protocol": 2},
        {"protocol": ()},
        {"protocol": (1, 2)},
        {"start": 0},
    ],
)
def test_network_arguments_out_of_range_are_refused(wrong):
    ((name, _),) = wrong.items()
    with pytest.raises(ValueError, match=name):
        Network(**wrong)


def test_a_node_that_is_silenced_tells_nothing_of_these_types_and_others_do() -> None:
    network = Network(nodes=6, cores=2, seed=4)
    network.silence(2, {EventKind.ASSURANCE_RECEIVED})
    for node in range(6):
        network.connect(node)
    told = {
        emission.node
        for emission in network.advance(network.now + 4 * SLOT)
        if emission.variant == "AssuranceReceived"
    }
    assert told == {0, 1, 3, 4, 5}
