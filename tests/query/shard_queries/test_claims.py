"""``tart/query/shard_queries/claims.py``: what shards say of assurances and gas adds up."""

from __future__ import annotations

from tart.query.core.windows import Window
from tart.query.shard_queries.claims import (
    NAMED_NODES,
    AssurerBits,
    AssurersOfAnchors,
    ClaimedGas,
    ExecutedGas,
)


def test_a_node_that_two_shards_know_has_the_bits_of_both():
    query = AssurersOfAnchors(Window(), ["aa", "bb"], [1, 2])
    merged = query.merge(
        [
            (
                0,
                [
                    AssurerBits("01", b"\x01", b"\x01", b"\x02"),
                    AssurerBits(None, b"\x03", b"", b""),
                ],
            ),
            (
                1,
                [
                    AssurerBits("01", b"\x02", b"\x00", b"\x00"),
                    AssurerBits("02", b"\x02", b"\x02", b"\x01"),
                ],
            ),
        ]
    )
    assert merged == {
        "01": AssurerBits("01", b"\x03", b"\x01", b"\x02"),
        "02": AssurerBits("02", b"\x02", b"\x02", b"\x01"),
    }


def test_nodes_that_tell_the_same_gas_are_one_row():
    many = [f"{number:02x}" for number in range(NAMED_NODES)]
    merged = ExecutedGas(Window()).merge(
        [
            (0, [ClaimedGas("aa", 5, 1, ["f1"]), ClaimedGas("aa", 7, 1, ["f3"])]),
            (1, [ClaimedGas("aa", 5, 1, ["f2"]), ClaimedGas("bb", 5, 40, many)]),
            (2, [ClaimedGas("bb", 5, 1, ["ff"])]),
        ]
    )
    assert merged["aa"] == [ClaimedGas("aa", 5, 2, ["f1", "f2"]), ClaimedGas("aa", 7, 1, ["f3"])]
    assert merged["bb"] == [ClaimedGas("bb", 5, 41, many)]
