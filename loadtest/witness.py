"""The chain of a simulated network, followed by the RPC of its nodes and answered from memory.

A short stand-in for the chain process, so that a comparison of telemetry with the chain can be
played at high speed: blocks and statistics come from what ``chain_of`` answers, and nothing from
the simulator's truth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tart.query.chain_queries.chain import (
    BlockPage,
    Blocks,
    BlocksByHash,
    ChainBlock,
    ChainQuery,
    ChainState,
    Cores,
    CoreTotals,
    Services,
    ServiceTotals,
    State,
)
from tart.rpc.model import BlockDescriptor, Statistics, ValidatorRecord
from tart.rpc.statistics import decode_statistics

_CORE_NAMES = (
    "da_load",
    "popularity",
    "imports",
    "extrinsic_count",
    "extrinsic_size",
    "exports",
    "bundle_size",
    "gas_used",
)
_NO_RECORD = ValidatorRecord()


class NodeChain(Protocol):
    """The chain as a node's RPC shows it."""

    def parameters(self) -> Mapping[str, int]:
        """Return the parameters of the network."""

    def best(self) -> BlockDescriptor:
        """Return the best block."""

    def finalized(self) -> BlockDescriptor:
        """Return the finalized block."""

    def parent(self, block: bytes) -> BlockDescriptor | None:
        """Return the parent of a block."""

    def statistics(self, block: bytes) -> bytes | None:
        """Return the statistics after a block."""


class WitnessChain:
    """The blocks that endpoints have shown.

    Args:
        endpoints: The chain of each node that is followed; may be changed at any time.

    Attributes:
        lost_blocks: Blocks that no endpoint could show when they were asked for.
    """

    def __init__(self, endpoints: Sequence[NodeChain]) -> None:
        self.endpoints = list(endpoints)
        self.lost_blocks = 0
        self._blocks: dict[bytes, tuple[int, bytes | None, Statistics | None]] = {}
        self._final: set[bytes] = set()
        self._best: BlockDescriptor | None = None
        self._finalized: BlockDescriptor | None = None
        self._parameters: Mapping[str, int] = {}

    def poll(self) -> None:
        """Read the best and the finalized block of each endpoint, and what lies between."""
        for endpoint in self.endpoints:
            self._parameters = endpoint.parameters()
            self._walk(endpoint, endpoint.best())
            finalized = endpoint.finalized()
            self._walk(endpoint, finalized)
            if self._best is None or endpoint.best().slot >= self._best.slot:
                self._best = endpoint.best()
            if self._finalized is None or finalized.slot > self._finalized.slot:
                self._finalized = finalized
                self._finalize(finalized.hash)

    def _walk(self, endpoint: NodeChain, block: BlockDescriptor | None) -> None:
        while block is not None and block.hash not in self._blocks:
            parent = endpoint.parent(block.hash)
            blob = endpoint.statistics(block.hash)
            statistics = None
            if blob is not None:
                statistics = decode_statistics(
                    blob,
                    cores=self._parameters["core_count"],
                    validators=self._parameters.get("val_count"),
                )
            else:
                self.lost_blocks += 1
            self._blocks[block.hash] = block.slot, parent and parent.hash, statistics
            block = parent

    def _finalize(self, block: bytes | None) -> None:
        while block is not None and block in self._blocks and block not in self._final:
            self._final.add(block)
            block = self._blocks[block][1]

    def _on_chain(self) -> set[bytes]:
        chain = set(self._final)
        block = None if self._best is None else self._best.hash
        while block is not None and block in self._blocks and block not in chain:
            chain.add(block)
            block = self._blocks[block][1]
        return chain

    async def ask(self, query: ChainQuery[Any], deadline: float) -> Any:
        """Answer a query as the chain process does."""
        if isinstance(query, State):
            return ChainState(endpoints=[], parameters=dict(self._parameters))
        if isinstance(query, BlocksByHash):
            wanted = {bytes.fromhex(each) for each in query.hashes}
            return [self._block(each) for each in wanted & self._blocks.keys()]
        if isinstance(query, Blocks):
            blocks = [self._block(each) for each in self._inside(query)]
            return BlockPage(sorted(blocks, key=lambda block: -block.slot), True)
        if isinstance(query, Cores):
            return self._cores(query)
        assert isinstance(query, Services), query
        return self._services(query)

    def _inside(self, query: Any) -> list[bytes]:
        return [
            block
            for block, (slot, _, _) in self._blocks.items()
            if query.first_slot <= slot <= query.last_slot
        ]

    def _block(self, block: bytes) -> ChainBlock:
        slot, parent, statistics = self._blocks[block]
        epoch_slots = self._parameters["epoch_period"]
        status = "fork"
        if block in self._final:
            status = "final"
        elif block in self._on_chain():
            status = "best"
        known = {
            "hash": block.hex(),
            "slot": slot,
            "parent": parent and parent.hex(),
            "status": status,
            "seen_at": 0,
            "epoch": slot // epoch_slots,
        }
        before = self._blocks.get(parent or b"")
        if statistics is None or before is None or before[2] is None:
            return ChainBlock(**known)
        same_epoch = before[0] // epoch_slots == slot // epoch_slots
        earlier = before[2].current if same_epoch else (_NO_RECORD,) * len(statistics.current)
        added = [
            ValidatorRecord(*(new - old for new, old in zip(record, former, strict=True)))
            for record, former in zip(statistics.current, earlier, strict=True)
        ]
        author = next(index for index, record in enumerate(added) if record.blocks)
        return ChainBlock(
            **known,
            validators=len(added),
            author=author,
            tickets=added[author].tickets,
            preimages=added[author].preimages,
            preimage_octets=added[author].preimage_octets,
            guarantors=[index for index, record in enumerate(added) if record.guarantees],
            assurers=[index for index, record in enumerate(added) if record.assurances],
            reports=sum(core.bundle_size > 0 for core in statistics.cores),
        )

    def _cores(self, query: Cores) -> list[CoreTotals]:
        chain = self._on_chain()
        rows = []
        for block in set(self._inside(query)) & chain:
            slot, _, statistics = self._blocks[block]
            for core, record in enumerate(statistics.cores if statistics else ()):
                if any(record):
                    values = {name: getattr(record, name) for name in _CORE_NAMES}
                    rows.append(
                        CoreTotals(step=slot, core=core, blocks=1, popularity_blocks=1, **values)
                    )
        return rows

    def _services(self, query: Services) -> list[ServiceTotals]:
        chain = self._on_chain()
        rows = []
        for block in set(self._inside(query)) & chain:
            slot, _, statistics = self._blocks[block]
            for service, record in (statistics.services if statistics else {}).items():
                rows.append(ServiceTotals(step=slot, service=service, blocks=1, **record._asdict()))
        return rows
