"""Queries about the chain, as the RPC of nodes shows it.

Pure. One process answers them (``tart.chain``), so nothing is merged. Slots are numbers of the
chain, other times Unix microseconds, hashes 64 hex digits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct

from tart.query.core.query import Partials, Query

A = TypeVar("A")
BlockStatus = Literal["final", "best", "fork"]


class ChainQuery(Query[A, A], Generic[A], frozen=True):
    """A query to the chain process."""

    source = "rows"

    def merge(self, partials: Partials[A]) -> A:
        """Return the only answer."""
        return partials[0][1]


class ChainBlock(Struct, frozen=True, kw_only=True):
    """A block, and what its statistics add to those of its parent.

    Members about statistics are None if those of the block or of its parent could not be had.

    Attributes:
        status: ``final`` and ``best`` blocks are on the chain; ``best`` may be reorganised yet.
        seen_at: When the first endpoint named it.
        epoch: Its slot divided by the epoch's length; None if that is not known.
        validators: The size of the validator set of its epoch.
        author: Index of the validator whose count of blocks it raises.
        tickets: In the block; likewise preimages.
        guarantors: Indices of the validators whose count of guarantees it raises, ascending.
        assurers: Indices of those whose count of assurances it raises, ascending.
        reports: Cores with a report guaranteed in the block.
        irregularity: Why these figures do not follow the specification; None if they do.
    """

    hash: str
    slot: int
    parent: str | None
    status: BlockStatus
    seen_at: int
    epoch: int | None = None
    validators: int | None = None
    author: int | None = None
    tickets: int | None = None
    preimages: int | None = None
    preimage_octets: int | None = None
    guarantors: list[int] | None = None
    assurers: list[int] | None = None
    reports: int | None = None
    irregularity: str | None = None


class EndpointState(Struct, frozen=True, kw_only=True):
    """A node whose RPC is read.

    Attributes:
        url: Without user name and password.
        since: When it was connected or lost.
        best_slot: Of the last best block that it named; likewise the finalized.
        error: The last error; None if there was none.
    """

    url: str
    connected: bool
    since: int | None = None
    best_slot: int | None = None
    finalized_slot: int | None = None
    error: str | None = None
    requests: int = 0
    failures: int = 0
    reconnects: int = 0


class ChainState(Struct, frozen=True, kw_only=True):
    """The chain as it is known now.

    Attributes:
        parameters: Members of JIP-2's parameters that the nodes have; empty until one answered.
        reorganisations: Changes of the best chain that left a block, since the files began.
        missing_statistics: Blocks whose statistics no endpoint had.
        waiting_requests: Requests to endpoints that wait or are in flight.
        waiting_writes: Transactions that wait for the disk.
        irregularities: By name, since the process started; see docs/internals/chain.md.
        pid: Of the chain process.
    """

    endpoints: list[EndpointState]
    parameters: dict[str, int]
    best: ChainBlock | None = None
    finalized: ChainBlock | None = None
    first_slot: int | None = None
    blocks: int = 0
    forks: int = 0
    reorganisations: int = 0
    missing_statistics: int = 0
    waiting_requests: int = 0
    waiting_writes: int = 0
    irregularities: dict[str, int] = {}
    pid: int = 0


class State(ChainQuery[ChainState], frozen=True):
    """The present state."""

    name = "chain_state"


class BlockPage(Struct, frozen=True):
    """Blocks, newest first.

    Attributes:
        complete: Whether these are all blocks of the range on the chain: none is between two of
            them whose parent is not known, and the limit was not reached.
    """

    blocks: list[ChainBlock]
    complete: bool


class Blocks(ChainQuery[BlockPage], frozen=True):
    """Blocks by slot, newest first.

    Attributes:
        first_slot: Inclusive.
        last_slot: Inclusive.
        forks: Whether blocks that are not on the chain are among them.
        indices: Whether guarantors and assurers are listed; they are None otherwise.
    """

    name = "chain_blocks"
    first_slot: int
    last_slot: int
    forks: bool = True
    limit: int = 10_000
    indices: bool = True


class BlocksByHash(ChainQuery[list[ChainBlock]], frozen=True):
    """Those of these blocks that are known, in any order."""

    name = "chain_blocks_by_hash"
    hashes: Sequence[str] = ()


class RangeFigures(Struct, frozen=True, kw_only=True):
    """Counts of the known blocks of a range.

    Attributes:
        blocks: On the chain.
        with_statistics: On the chain, with statistics.
        final: Of ``blocks``, those that are final.
        forks: Not on the chain.
        first_slot: Of the first block on the chain; None without one. Likewise the last.
    """

    blocks: int
    with_statistics: int
    final: int
    forks: int
    first_slot: int | None = None
    last_slot: int | None = None


class RangeCounts(ChainQuery[RangeFigures], frozen=True):
    """Counts of the known blocks of a range."""

    name = "chain_range"
    first_slot: int
    last_slot: int


class CoreTotals(Struct, frozen=True, kw_only=True):
    """Sums over blocks on the chain.

    Attributes:
        step: The first slot of the bucket; ``first_slot`` of the query without buckets.
        core: None if the query asked for all cores together.
        blocks: Those with a record of it that is not all zeros; of all cores together, those with
            any such record.
        popularity_blocks: Records in which the popularity is not 0; the average's divisor.
    """

    step: int
    core: int | None
    blocks: int
    da_load: int
    popularity: int
    popularity_blocks: int
    imports: int
    extrinsic_count: int
    extrinsic_size: int
    exports: int
    bundle_size: int
    gas_used: int


class Cores(ChainQuery[list[CoreTotals]], frozen=True):
    """Figures of cores over blocks on the chain; cores without work are absent.

    Attributes:
        step_slots: Length of the buckets, the first of which begins with ``first_slot``; 0 for one
            of all.
        cores: Only these; None for all.
        together: Add up all cores.
        newest: Limits the answer to this number of the newest buckets with work; 0 for all.
    """

    name = "chain_cores"
    first_slot: int
    last_slot: int
    step_slots: int = 0
    cores: Sequence[int] | None = None
    together: bool = False
    newest: int = 0


class ServiceTotals(Struct, frozen=True, kw_only=True):
    """Sums over blocks on the chain; see ``CoreTotals``."""

    step: int
    service: int | None
    blocks: int
    provided_count: int
    provided_size: int
    refinement_count: int
    refinement_gas: int
    imports: int
    extrinsic_count: int
    extrinsic_size: int
    exports: int
    accumulate_count: int
    accumulate_transfer_count: int
    accumulate_gas: int


class Services(ChainQuery[list[ServiceTotals]], frozen=True):
    """Figures of services over blocks on the chain; see ``Cores``."""

    name = "chain_services"
    first_slot: int
    last_slot: int
    step_slots: int = 0
    services: Sequence[int] | None = None
    together: bool = False
    newest: int = 0


class BlockFigures(Struct, frozen=True, kw_only=True):
    """A block and its records that are not all zeros, by core and by service."""

    block: ChainBlock
    cores: list[CoreTotals]
    services: list[ServiceTotals]


class BlockStatistics(ChainQuery[BlockFigures | None], frozen=True):
    """A block with its records of cores and services; None if it is not known."""

    name = "chain_block_statistics"
    hash: str


class ValidatorTotals(Struct, frozen=True, kw_only=True):
    """Figures of a validator in an epoch, or a part of it.

    Attributes:
        exact: Whether it is the epoch's own record (the ``previous`` list of a later block),
            not the sum of the known blocks of the range.
        epoch: None of blocks whose epoch is not known.
    """

    epoch: int | None
    validator: int
    exact: bool
    blocks: int
    tickets: int
    preimages: int
    preimage_octets: int
    guarantees: int
    assurances: int


class Validators(ChainQuery[list[ValidatorTotals]], frozen=True):
    """Figures of validators by epoch over blocks on the chain, by epoch and index.

    An epoch that lies in the range as a whole has its own record if that is known.

    Attributes:
        validators: Only these; None for all.
    """

    name = "chain_validators"
    first_slot: int
    last_slot: int
    validators: Sequence[int] | None = None


class ValidatorBucket(Struct, frozen=True, kw_only=True):
    """Increases of the figures of a validator by the blocks of a bucket.

    Attributes:
        step: The first slot of the bucket; ``first_slot`` of the query without buckets.
        validator: None if the query asked for all validators together.
    """

    step: int
    validator: int | None
    blocks: int
    tickets: int
    preimages: int
    preimage_octets: int
    guarantees: int
    assurances: int


class ValidatorSeries(ChainQuery[list[ValidatorBucket]], frozen=True):
    """Increases of the figures of validators by blocks on the chain; those without are absent.

    Attributes:
        step_slots: See ``Cores``.
        validators: Only these; None for all.
        together: Add up all validators.
    """

    name = "chain_validator_series"
    first_slot: int
    last_slot: int
    step_slots: int = 0
    validators: Sequence[int] | None = None
    together: bool = False


class Reorganisation(Struct, frozen=True, kw_only=True):
    """A change of the best chain that left blocks.

    Attributes:
        left: Hashes of the blocks that were left, newest first.
        common_slot: Of the last common block; None if it is not known.
    """

    at: int
    from_hash: str
    from_slot: int
    to_hash: str
    to_slot: int
    left: list[str]
    common_slot: int | None


class Reorganisations(ChainQuery[list[Reorganisation]], frozen=True):
    """Reorganisations to a block of the range, newest first."""

    name = "chain_reorganisations"
    first_slot: int
    last_slot: int
    limit: int = 1000


class StoredService(Struct, frozen=True, kw_only=True):
    """A service account, as ``serviceData`` showed it last.

    Attributes:
        at_slot: Of the block in whose state it was read.
        name: From the metadata of its code (JIP-6); None if it was not read.
    """

    service: int
    at_slot: int
    code_hash: str
    balance: int
    min_item_gas: int
    min_memo_gas: int
    octets: int
    items: int
    created_slot: int | None = None
    last_accumulation_slot: int | None = None
    parent_service: int | None = None
    name: str | None = None


class ServiceAccounts(ChainQuery[list[StoredService]], frozen=True):
    """All known service accounts, by id."""

    name = "chain_service_accounts"


class ProcessLog(ChainQuery[list[dict[str, str]]], frozen=True):
    """The last log lines of the process, of level warning and above; see ``logs.recent_lines``."""

    name = "chain_log"


CHAIN_QUERIES: Mapping[str, type[Query[Any, Any]]] = MappingProxyType(
    {
        query.name: query
        for query in (
            State,
            Blocks,
            BlocksByHash,
            BlockStatistics,
            RangeCounts,
            Cores,
            Services,
            Validators,
            ValidatorSeries,
            Reorganisations,
            ServiceAccounts,
            ProcessLog,
        )
    }
)
