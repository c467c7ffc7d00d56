"""Queries for the claims of nodes that the chain confirms or refutes: assurances and gas.

Pure. Each of all validators assures each block, and executes it: these are the largest tables that
are compared with the chain, so shards answer with a bit for each assurance, and with one row for
all nodes that tell the same gas.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tart.query.core.query import Partials, Query
from tart.query.core.windows import Window

# Nodes of one row of gas that are named; most blocks have one row, with all nodes.
NAMED_NODES = 32


class AssurerBits(NamedTuple):
    """The assurances of one node, a bit for each anchor: bit ``i % 8`` of byte ``i // 8``.

    Attributes:
        claimed: The node distributed an assurance of the anchor.
        in_time: It did so before the anchor's time.
        received: Other nodes reported to have received it; of the anchors whose receipts are
            followed (``aggregate.keyed.deliveries``).
    """

    node: str | None
    claimed: bytes
    in_time: bytes
    received: bytes


def unite_bits(one: AssurerBits, other: AssurerBits) -> AssurerBits:
    """Return the bits of both, of one node."""
    return AssurerBits(
        one.node,
        _unite(one.claimed, other.claimed),
        _unite(one.in_time, other.in_time),
        _unite(one.received, other.received),
    )


class AssurersOfAnchors(Query[list[AssurerBits], Mapping[str, AssurerBits]], frozen=True):
    """The nodes that distributed assurances of some anchors in a window, by node.

    Attributes:
        anchors: Header hashes, each once.
        before_us: Of each the time until which an assurance is in time, Unix microseconds.
    """

    name = "assurers_of_anchors"
    source = "aggregates"
    tables = ("deliveries",)
    window: Window
    anchors: Sequence[str] = ()
    before_us: Sequence[int] = ()

    def merge(self, partials: Partials[list[AssurerBits]]) -> Mapping[str, AssurerBits]:
        """Unite the bits of each node."""
        merged: dict[str, AssurerBits] = {}
        for _, rows in partials:
            for row in rows:
                if row.node is None:
                    continue
                known = merged.get(row.node)
                if known is not None:
                    row = unite_bits(known, row)
                merged[str(row.node)] = row
        return merged


class ClaimedGas(NamedTuple):
    """The nodes that told one amount of gas for the accumulation in a block.

    Attributes:
        gas: Of all services.
        tellers: Number of nodes.
        nodes: The first ``NAMED_NODES`` of them.
    """

    hash: str
    gas: int
    tellers: int
    nodes: list[str | None]


class ExecutedGas(Query[list[ClaimedGas], Mapping[str, list[ClaimedGas]]], frozen=True):
    """The gas that nodes told to have executed blocks with, by header hash."""

    name = "executed_gas"
    source = "aggregates"
    tables = ("blocks",)
    window: Window

    def merge(self, partials: Partials[list[ClaimedGas]]) -> Mapping[str, list[ClaimedGas]]:
        """Join the nodes of each amount."""
        joined: defaultdict[str, dict[int, ClaimedGas]] = defaultdict(dict)
        for _, rows in partials:
            for row in rows:
                known = joined[row.hash].get(row.gas)
                if known is not None:
                    nodes = sorted({*known.nodes, *row.nodes}, key=str)[:NAMED_NODES]
                    row = ClaimedGas(row.hash, row.gas, known.tellers + row.tellers, nodes)
                joined[row.hash][row.gas] = row
        return {block: list(amounts.values()) for block, amounts in joined.items()}


def _unite(one: bytes, other: bytes) -> bytes:
    bits = int.from_bytes(one, "little") | int.from_bytes(other, "little")
    return bits.to_bytes(max(len(one), len(other)), "little")
