"""Changes that the follower makes to the stored chain, and the interface of what stores them.

Pure. A block is stored once, when its statistics are known or no endpoint has them; afterwards
only its status changes. Hashes in values of ``chain_queries`` are hex digits, elsewhere bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias

from tart.query.chain_queries.chain import (
    BlockStatus,
    ChainBlock,
    ChainQuery,
    Reorganisation,
    StoredService,
)
from tart.rpc.model import CoreRecord, ServiceRecord, ValidatorRecord


@dataclass(frozen=True)
class EndedEpoch:
    """The final figures of the epoch before that of a block.

    Attributes:
        epoch: Its number; None if it is not known.
        validators: By index.
    """

    epoch: int | None
    validators: tuple[ValidatorRecord, ...]


@dataclass(frozen=True)
class PutBlock:
    """Store a block; without effect if a block with its hash is stored.

    Attributes:
        block: The block with its present status.
        cores: Of the block alone, by core; those without work are absent.
        services: Of the block alone, by service id.
        validators: What the block adds, by index; those to which it adds nothing are absent.
            Empty if the statistics of its parent are not known.
        ended: With the first block of an epoch, and with a block whose parent's statistics are
            not known.
    """

    block: ChainBlock
    cores: Mapping[int, CoreRecord] = field(default_factory=dict)
    services: Mapping[int, ServiceRecord] = field(default_factory=dict)
    validators: Mapping[int, ValidatorRecord] = field(default_factory=dict)
    ended: EndedEpoch | None = None


@dataclass(frozen=True)
class SetStatus:
    """Change the status of stored blocks; hashes that are not stored are ignored."""

    status: BlockStatus
    hashes: tuple[str, ...]


@dataclass(frozen=True)
class PutReorganisation:
    """Store a change of the best chain that left blocks."""

    reorganisation: Reorganisation


@dataclass(frozen=True)
class PutParameters:
    """Replace the parameters of the chain."""

    parameters: Mapping[str, int]


@dataclass(frozen=True)
class PutService:
    """Store a service account, in place of an earlier state of it."""

    service: StoredService


@dataclass(frozen=True)
class PutUndecodable:
    """Keep the statistics of a block that no layout reads, as they came.

    Attributes:
        at: When they came, Unix microseconds.
        reason: Why they cannot be read.
    """

    hash: bytes
    slot: int
    at: int
    reason: str
    statistics: bytes


Change: TypeAlias = (
    PutBlock | SetStatus | PutReorganisation | PutParameters | PutService | PutUndecodable
)


class KnownBlock(NamedTuple):
    """A stored block as the follower needs it after a restart."""

    hash: bytes
    slot: int
    parent: bytes | None
    status: BlockStatus


@dataclass(frozen=True)
class RecoveredChain:
    """The state of the files at a start.

    Attributes:
        blocks: Those with the highest slots, in any order.
        parameters: Of the last ``PutParameters``; empty if there was none.
    """

    blocks: Sequence[KnownBlock] = ()
    parameters: Mapping[str, int] = field(default_factory=dict)


class BlockStore(Protocol):
    """Stores the chain and answers about it.

    ``write`` and ``recover`` are called on one thread, ``answer`` on others at the same time.
    """

    def recover(self, limit: int) -> RecoveredChain:
        """Return at most ``limit`` stored blocks; called once, before the first ``write``."""

    def write(self, changes: Sequence[Change]) -> None:
        """Store changes in this order in one transaction: all or none of them.

        Raises:
            NoRoom: They are not stored; the caller retries later.
            StorageError: They are not stored, and retrying is useless; the process ends.
        """

    def answer(
        self,
        query: ChainQuery[Any],
        deadline_seconds: float = ...,
        is_cancelled: Callable[[], bool] = ...,
    ) -> Any:
        """Return the answer to a query; blocks, for any thread.

        That to ``State`` has the figures of the files (``first_slot``, ``blocks``, ``forks``,
        ``reorganisations``, ``missing_statistics``, ``best``, ``finalized``, ``parameters``) and
        no endpoints: the worker adds these.

        Raises:
            QueryError: The parameters are not valid, or the deadline passed.
        """

    def freeze(self) -> list[Path]:
        """Write nothing more until ``release``; return the files, to be copied."""

    def release(self) -> bool:
        """Let writing go on; return whether the files were frozen until now."""

    def close(self) -> None:
        """Close the files; the last call."""
