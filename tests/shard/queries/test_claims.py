"""``tart/shard/queries/claims.py``: the assurances and the gas that a directory's nodes told."""

from __future__ import annotations

import pytest

from tart.errors import BadQuery
from tests.shard.queries.test_handlers import OUTLINE
from tests.shard.queries.test_packages import of
from tests.shard.running import fake_node, run

A, B, C = (bytes([number]) * 32 for number in (0xA0, 0xB0, 0xC0))


def cost(gas):
    part = {"gas_used": 0, "elapsed_ns": 0}
    names = ("state", "lookup", "preimage", "service", "transfer", "other")
    return {
        "num_calls": 1,
        "num_transfers": 0,
        "num_items": 1,
        "total": {"gas_used": gas, "elapsed_ns": 1},
        "load_ns": 0,
        "host_call": {**{name: part for name in names}, "transfer_dest_gas": 0},
    }


class Teller:
    """One connection of a node."""

    def __init__(self, shard, node):
        self.shard, self.node, self.at = shard, node, 1_000_000
        self.session = shard.session(node.connect())

    def say(self, variant, **fields):
        self.at += 1_000
        event_id, frame = self.node.event(variant, self.at, **fields)
        self.shard.ingest.receive(self.session, frame)
        return event_id

    def assure(self, anchor):
        self.say("DistributingAssurance", statement={"anchor": anchor, "bitfield": [1]})

    def execute(self, block, *gas):
        outline = OUTLINE | {"hash": block}
        root = self.say("Importing", slot=4, outline=outline)
        self.say("BlockVerified", importing_id=root)
        costs = [(service, cost(amount)) for service, amount in enumerate(gas)]
        self.say("BlockExecuted", authoring_or_importing_id=root, accumulate_costs=costs)


async def assurers(shard, *anchors, before):
    return await of(
        shard,
        "assurers_of_anchors",
        anchors=[each.hex() for each in anchors],
        before_us=[before] * len(anchors),
    )


def test_each_assurer_has_a_bit_for_each_anchor(tmp_path):
    async def scenario(shard):
        one, two = Teller(shard, fake_node(1)), Teller(shard, fake_node(2))
        one.assure(A)
        one.assure(C)
        one.assure(C)
        two.assure(B)
        two.say("AssuranceReceived", sender=one.node.peer_id, anchor=C)
        two.say("AssuranceReceived", sender=b"\x07" * 32, anchor=A)
        found = await assurers(shard, A, B, C, before=1 << 60)
        ids = [each.node.peer_id.hex() for each in (one, two)]
        assert {node: bits[1:] for node, bits in found.items()} == {
            ids[0]: (b"\x05", b"\x05", b"\x04"),
            ids[1]: (b"\x02", b"\x02", b"\x00"),
            "07" * 32: (b"\x00", b"\x00", b"\x01"),
        }
        late = await assurers(shard, B, before=5)
        assert {node: (bits.claimed, bits.in_time) for node, bits in late.items()} == {
            ids[1]: (b"\x01", b"\x00")
        }
        assert not await assurers(shard, before=5)
        with pytest.raises(BadQuery):
            await of(shard, "assurers_of_anchors", anchors=[A.hex()], before_us=[])

    run(scenario, tmp_path)


def test_nodes_are_told_apart_by_the_gas_that_they_tell(tmp_path):
    async def scenario(shard):
        tellers = [Teller(shard, fake_node(number)) for number in (1, 2, 3)]
        for teller, gas in zip(tellers, (5, 5, 6), strict=True):
            teller.execute(A, gas, 10)
        tellers[0].execute(B)
        found = await of(shard, "executed_gas")
        ids = [each.node.peer_id.hex() for each in tellers]
        amounts = {each.gas: (each.tellers, sorted(each.nodes)) for each in found[A.hex()]}
        assert amounts == {15: (2, sorted(ids[:2])), 16: (1, [ids[2]])}
        assert [(each.gas, each.tellers) for each in found[B.hex()]] == [(0, 1)]

    run(scenario, tmp_path)
