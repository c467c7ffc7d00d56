"""Answers about the network as a whole: chain, parameters, current rates. Pure."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from msgspec import Meta

from tart.query.answers.common import Amount, Bytes, Count, Hex64, Scattered, Time
from tart.query.answers.int64 import WIDE, Wide


class NodeAhead(TypedDict):
    """A node that claims more than the network has reached; null for what it does not exceed."""

    node_id: Hex64
    best_slot: Count | None
    finalized_slot: Count | None


class ChainFigures(TypedDict):
    """Blocks that the connected nodes have reached."""

    best_block: Annotated[
        Count | None,
        Meta(
            description="The highest slot that a third of the connected nodes, and at least one, "
            "have reached; null until that many nodes have named a best block."
        ),
    ]
    finalized_block: Annotated[
        Count | None,
        Meta(description="The highest finalized slot that as many nodes have reached."),
    ]
    ahead: Annotated[
        list[NodeAhead], Meta(description="Nodes that claim to be beyond either block.")
    ]


class Stats(Scattered):
    """Blocks authored in the window, and the chain's present.

    Clients of jamtart require numbers: an unknown block is 0, and a member beside it says so.
    """

    best_block: Annotated[
        Count,
        Meta(
            description="The highest slot that a third of the connected nodes, and at least one, "
            "have reached; 0 if it is not known."
        ),
    ]
    best_block_known: Annotated[
        bool, Meta(description="False until that many nodes have named a best block.")
    ]
    finalized_block: Annotated[
        Count,
        Meta(
            description="The highest finalized slot that as many nodes have reached; 0 if it is "
            "not known."
        ),
    ]
    finalized_block_known: bool
    ahead: Annotated[
        list[NodeAhead], Meta(description="Nodes that claim to be beyond either block.")
    ]
    total_blocks_authored: Annotated[
        Count, Meta(description="Distinct header hashes of the blocks authored in the window.")
    ]


class NetworkNodes(TypedDict):
    """Nodes of the network."""

    connected_nodes: Count
    total_nodes: Count
    genesis: Bytes | None


class NetworkTopology(TypedDict):
    """Parameters of the network that determine its shape."""

    core_count: Count | None
    validator_count: Count | None
    epoch_period: Count | None
    slot_period_sec: Count | None


class Implementation(TypedDict):
    """A version of an implementation, and the number of connected nodes that run it."""

    name: str | None
    version: str | None
    count: Count


class Network(Scattered):
    """The network as most of its connected nodes describe it."""

    network: NetworkNodes
    topology: NetworkTopology
    protocol_params: Annotated[
        dict[str, Any] | None,
        Meta(description="The parameters that most connected nodes report."),
        Wide({"*": WIDE}),
    ]
    implementations: list[Implementation]


class LiveCounts(TypedDict):
    """Counts of some complete seconds."""

    events: Count
    blocks: Annotated[Count, Meta(description="Distinct header hashes of best blocks.")]
    finalized: Annotated[Count, Meta(description="Distinct header hashes of finalized blocks.")]
    best_block_events: Count
    finalized_block_events: Count
    events_per_second: Amount
    blocks_per_second: Amount


class LiveWindow(LiveCounts):
    """Counts of some complete seconds, with their bounds."""

    start: Annotated[Time, Meta(description="Start of the first second that was counted.")]
    end: Annotated[Time, Meta(description="End of the last complete second.")]


class Live(Scattered):
    """The last complete seconds, and the chain's present."""

    timestamp: Time
    latest_slot: Count | None
    finalized_slot: Count | None
    active_nodes: Annotated[
        Count, Meta(description="Nodes that sent a message in the last ten complete seconds.")
    ]
    last_10s: LiveWindow
    last_1m: LiveWindow
