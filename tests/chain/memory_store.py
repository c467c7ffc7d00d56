"""A store of the chain in memory, which checks what the follower promises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tart.chain.core.changes import (
    Change,
    KnownBlock,
    PutBlock,
    PutParameters,
    PutReorganisation,
    PutService,
    PutUndecodable,
    RecoveredChain,
    SetStatus,
)
from tart.query.chain_queries.chain import ChainBlock, ChainState, Reorganisation


class MemoryStore:
    """What is stored, by hash."""

    def __init__(self) -> None:
        self.puts: dict[str, PutBlock] = {}
        self.parameters: dict[str, int] = {}
        self.reorganisations: list[Reorganisation] = []
        self.services: dict[int, Any] = {}
        self.undecodable: list[PutUndecodable] = []
        self.closed = False

    @property
    def blocks(self) -> dict[str, ChainBlock]:
        """The blocks by hash."""
        return {key: put.block for key, put in self.puts.items()}

    def status(self, status: str) -> set[bytes]:
        """The hashes of the blocks with a status."""
        return {bytes.fromhex(key) for key, block in self.blocks.items() if block.status == status}

    def recover(self, limit: int) -> RecoveredChain:
        """See ``BlockStore``."""
        blocks = sorted(self.blocks.values(), key=lambda block: -block.slot)[:limit]
        return RecoveredChain(
            [
                KnownBlock(
                    bytes.fromhex(block.hash),
                    block.slot,
                    None if block.parent is None else bytes.fromhex(block.parent),
                    block.status,
                )
                for block in blocks
            ],
            dict(self.parameters),
        )

    def write(self, changes: Sequence[Change]) -> None:
        """See ``BlockStore``."""
        for change in changes:
            match change:
                case PutBlock(block=block):
                    assert block.hash not in self.puts, "a block is stored twice"
                    self.puts[block.hash] = change
                case SetStatus(status=status, hashes=hashes):
                    for key in hashes:
                        put = self.puts[key]
                        block = msgspec.structs.replace(put.block, status=status)
                        self.puts[key] = PutBlock(
                            block, put.cores, put.services, put.validators, put.ended
                        )
                case PutReorganisation(reorganisation=reorganisation):
                    self.reorganisations.append(reorganisation)
                case PutParameters(parameters=parameters):
                    self.parameters = dict(parameters)
                case PutUndecodable():
                    self.undecodable.append(change)
                case PutService(service=service):
                    self.services[service.service] = service

    def answer(
        self,
        query: Any,
        deadline_seconds: float = 0.0,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Any:
        """See ``BlockStore``; only the state."""
        return ChainState(endpoints=[], parameters=self.parameters, blocks=len(self.puts))

    def freeze(self) -> list[Path]:
        """See ``BlockStore``."""
        return [Path("/a")]

    def release(self) -> bool:
        """See ``BlockStore``."""
        return True

    def close(self) -> None:
        """See ``BlockStore``."""
        self.closed = True
