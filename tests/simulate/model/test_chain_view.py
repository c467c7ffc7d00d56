"""The chain as the RPC of one node shows it: its own best block, and no block it does not have."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tart.protocol.events import EventKind
from tart.rpc.fake_node import FakeRpcNode
from tart.rpc.service_data import decode_service_data
from tart.rpc.statistics import decode_statistics
from tart.simulate.model.chain_view import BlockArchive
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.network import Network
from tart.simulate.model.troubles import Trouble
from tart.simulate.model.world import SLOT
from tart.units import SECOND_US
from tests.simulate.chains import PlayedChain, play_chain

NODES, SLOTS = 6, 60
PARTITION = Trouble("partition", 60 * SECOND_US, 72 * SECOND_US, (0, 1, 2))


@pytest.fixture(scope="module")
def parted() -> PlayedChain:
    return play_chain(SLOTS, seed=2, rates=Rates(dropped=0), troubles=[PARTITION])


def path(chain: PlayedChain, node: int, block: bytes) -> list[bytes]:
    """A block and its ancestors as the node knows them."""
    view, blocks = chain.network.chain_of(node), [block]
    while (parent := view.parent(blocks[-1])) is not None:
        blocks.append(parent.hash)
    return blocks


@pytest.mark.no_cover
def test_heads_are_those_that_the_node_told_last(parted):
    for node in range(NODES):
        view = parted.network.chain_of(node)
        for kind, head in (
            (EventKind.BEST_BLOCK_CHANGED, view.best()),
            (EventKind.FINALIZED_BLOCK_CHANGED, view.finalized()),
        ):
            told = [each for each in parted.emissions if each.node == node and each.kind is kind]
            assert (head.hash, head.slot) == (told[-1].fields["hash"], told[-1].fields["slot"])


def test_a_chain_is_known_back_to_its_base(parted):
    view = parted.network.chain_of(1)
    blocks = path(parted, 1, view.best().hash)
    (network,) = parted.facts.of("network")
    assert blocks[-1].hex() == network["base"]["block"]
    assert len(blocks) > 40
    assert view.finalized().hash in blocks
    slots = [view.parent(each).slot for each in blocks[:-1]]
    assert all(a > b for a, b in pairwise(slots))
    for block in blocks:
        decode_statistics(view.statistics(block), cores=2, validators=NODES)


def test_a_block_that_a_node_does_not_have_is_unknown_to_it(parted):
    unknown = 0
    executed = {
        (each["node"], each["about"]["block"])
        for each in parted.facts.of("happened", event="BlockExecuted")
    }
    for peer, index in parted.index.items():
        view = parted.network.chain_of(index)
        for block in parted.facts.of("block"):
            found = view.statistics(bytes.fromhex(block["block"]))
            if (peer, block["block"]) not in executed or block["flaw"]:
                assert found is None
                assert view.parent(bytes.fromhex(block["block"])) is None
                unknown += 1
    assert unknown
    assert parted.network.chain_of(0).statistics(bytes(32)) is None


def best_blocks(chain: PlayedChain, node: int) -> list[str]:
    kind = EventKind.BEST_BLOCK_CHANGED
    told = [each for each in chain.emissions if each.node == node and each.kind is kind]
    return [each.fields["hash"].hex() for each in told]


def left_blocks(chain: PlayedChain, node: int) -> list[int]:
    """The numbers of blocks that reorganisations of a node's best chain left."""
    left = []
    for old, new in pairwise(best_blocks(chain, node)):
        ancestors = {new}
        while new in chain.blocks:
            new = chain.blocks[new]["parent"]
            ancestors.add(new)
        number, block = 0, old
        while block not in ancestors:
            number, block = number + 1, chain.blocks[block]["parent"]
        left.append(number)
    return left


@pytest.mark.no_cover
@pytest.mark.parametrize("seeds", [range(2), pytest.param(range(4), marks=pytest.mark.soak)])
def test_a_partition_ends_with_a_reorganisation_of_several_blocks(seeds):
    depths = set()
    for seed in seeds:
        chain = play_chain(40, seed=seed, rates=Rates(fork=0), troubles=[PARTITION])
        depths.add(max(max(left_blocks(chain, node)) for node in range(NODES)))
        # The sides agree at last, and never finalized different blocks.
        finalized = {each["finalized"]["number"] for each in chain.facts.of("state")}
        assert min(finalized) > 20
        told = chain.facts.of("happened", event="FinalizedBlockChanged")
        numbers = {each["about"]["number"] for each in told}
        assert len({each["about"]["block"] for each in told}) == len(numbers)
    assert depths & {2, 3, 4}
    assert max(depths) >= 3


def test_nodes_on_two_sides_show_two_chains():
    network = Network(nodes=NODES, seed=2, troubles=[PARTITION])
    views = [network.chain_of(node) for node in (0, 5)]
    apart = 0
    for _ in range(19):
        list(network.advance(network.now + SLOT))
        one, other = (view.best() for view in views)
        apart += views[0].statistics(other.hash) is None or views[1].statistics(one.hash) is None
    assert apart > 3
    assert len({view.finalized() for view in views}) == 1


def test_accounts_show_the_last_accumulation(parted):
    view = parted.network.chain_of(0)
    head = view.best().hash
    services = view.services(head)
    accounts = [decode_service_data(view.service_data(head, each)) for each in services]
    accumulated = {}
    for block in reversed(path(parted, 0, head)):
        statistics = decode_statistics(view.statistics(block), cores=2, validators=NODES)
        for service, record in statistics.services.items():
            if record.accumulate_count:
                accumulated[service] = parted.blocks[block.hex()]["slot"]
    base = parted.facts.of("network")[0]["base"]["slot"]
    expected = [accumulated.get(each, base) for each in services]
    assert [each.last_accumulation_slot for each in accounts] == expected
    assert len(set(expected)) > 3
    assert view.service_data(head, 5) is None
    assert view.service_data(bytes(32), services[0]) is None


def test_a_fake_node_answers_from_it(parted):
    view = parted.network.chain_of(0)
    (reply,) = FakeRpcNode(view).receive(
        '{"jsonrpc":"2.0","id":1,"method":"bestBlock","params":[]}'
    )
    assert f'"slot":{view.best().slot}' in reply.replace(" ", "")
    assert view.parameters()["val_count"] == NODES


def test_an_archive_is_bounded(monkeypatch):
    monkeypatch.setattr("tart.simulate.model.chain_view._MOST_BLOCKS", 3)
    # Its own network, since a block is taken away from it.
    world = play_chain(10, seed=2, rates=Rates(dropped=0)).network._world
    archive = BlockArchive(world)
    blocks = list(world.blocks.values())[:5]
    for block in blocks:
        archive.keep(block)
    assert len(archive) == 3
    # Those that are not in the archive are still with the network.
    assert archive.find(blocks[0].hash, world.nodes[0]) is not None
    del world.blocks[blocks[0].hash]
    assert archive.find(blocks[0].hash, world.nodes[0]) is None
