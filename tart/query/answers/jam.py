"""Answers of ``/api/jam``: the chain as the RPC of nodes shows it. Pure.

Members that jamtart has keep its names. Figures are of blocks on the chain: those that are final,
and those that lead to the best block.
"""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    ADDED,
    Amount,
    Count,
    Hex64,
    Time,
    Total,
    Uint64,
    Window,
)

SlotTime = Annotated[Time, Meta(description="Beginning of the slot, from its number.")]
Index = Annotated[int, Meta(ge=0)]


class JamSlots(TypedDict):
    """The slots of the window, and the known blocks in them.

    Blocks without statistics are those whose statistics no node had: sums lack them.
    """

    first_slot: Count
    last_slot: Count
    blocks: Annotated[Count, Meta(description="Known blocks on the chain.")]
    with_statistics: Annotated[Count, Meta(description="Those of them with statistics.")]
    final: Annotated[Count, Meta(description="Those of them that are final.")]
    forks: Annotated[Count, Meta(description="Known blocks that are not on the chain.")]


class JamBlockName(TypedDict):
    """The name of a block."""

    header_hash: Hex64
    slot: Count


class JamBlock(TypedDict):
    """A block, and what its statistics add to those of its parent.

    Members about statistics are null if those of the block or of its parent could not be had.
    """

    header_hash: Hex64
    slot: Count
    timestamp: SlotTime
    parent: Hex64 | None
    status: Annotated[
        Literal["final", "best", "fork"],
        Meta(
            description="Final and best blocks are on the chain; best ones may be reorganised yet."
        ),
    ]
    seen_at: Annotated[Time, Meta(description="When the first node named the block.")]
    epoch: Count | None
    validators: Annotated[Count | None, Meta(description="Size of the validator set.")]
    author_index: Annotated[
        Index | None, Meta(description="The validator whose count of blocks it raises.")
    ]
    tickets: Total | None
    preimages: Total | None
    preimages_size: Annotated[Total | None, Meta(description="In bytes.")]
    guarantors: Annotated[
        Count | None, Meta(description="Validators with a guarantee in the block.")
    ]
    assurers: Annotated[
        Count | None, Meta(description="Validators with an assurance in the block.")
    ]
    reports: Annotated[
        Count | None, Meta(description="Cores with a report guaranteed in the block.")
    ]
    irregularity: Annotated[
        str | None,
        Meta(description="Why the figures do not follow the specification; null if they do."),
    ]


class JamCoreFigures(TypedDict):
    """Figures of a core. da_load is of other reports than the rest.

    da_load is of reports that became available, all other figures are of reports that were
    guaranteed, normally one or more blocks before.
    """

    gas_used: Total
    da_load: Annotated[Total, Meta(description="Bytes of bundles and exported segments.")]
    popularity: Annotated[
        Amount,
        Meta(
            description="Mean number of assurances that mark the core, over the blocks where it is "
            "not 0; null without one."
        ),
    ]
    imports: Annotated[Total, Meta(description="Segments.")]
    extrinsic_count: Total
    extrinsic_size: Annotated[Total, Meta(description="In bytes.")]
    exports: Annotated[Total, Meta(description="Segments.")]
    bundle_size: Annotated[Total, Meta(description="In bytes.")]
    blocks: Annotated[Count, Meta(description="Blocks in which a figure is not 0.")]


class JamCore(JamCoreFigures):
    """Figures of one core."""

    core_index: Index


class JamCoreBucket(JamCoreFigures):
    """Figures of a core, or of all, over the slots of a bucket."""

    at: Annotated[Time, Meta(description="Beginning of the bucket.")]
    slot: Annotated[Count, Meta(description="The first slot of the bucket.")]


class JamServiceActivity(TypedDict):
    """Figures of a service.

    Provided preimages and accumulation are of the blocks themselves; refinement, imports,
    extrinsics and exports are of the reports that were guaranteed in them.
    """

    refinement_count: Total
    refinement_gas_used: Total
    accumulate_count: Total
    accumulate_gas_used: Total
    accumulate_transfer_count: Annotated[
        Total, Meta(description="0 if the chain is of Gray Paper 0.7, which does not count them.")
    ]
    imports: Total
    exports: Total
    extrinsic_count: Total
    extrinsic_size: Total
    provided_count: Total
    provided_size: Total
    blocks: Annotated[Count, Meta(description="Blocks in which a figure is not 0.")]


class JamServiceBucket(JamServiceActivity):
    """Figures of a service, or of all, over the slots of a bucket."""

    at: Annotated[Time, Meta(description="Beginning of the bucket.")]
    slot: Annotated[Count, Meta(description="The first slot of the bucket.")]


class JamService(TypedDict):
    """A service: its account as it was read last, and its work.

    Members of the account are null if no node showed it.
    """

    id: Count
    code_info: Annotated[
        dict[str, dict[str, str]] | None,
        Meta(
            description="As jamtart has it: Known with the name of the code, or Undefined with "
            "its hash."
        ),
    ]
    balance: Uint64 | None
    min_item_gas: Uint64 | None
    min_memo_gas: Uint64 | None
    items: Uint64 | None
    bytes: Uint64 | None
    creation_slot: Count | None
    last_accumulation_slot: Count | None
    parent_service: Count | None
    at_slot: Annotated[
        Count | None, Meta(description="Of the block in whose state the account was read.")
    ]
    activity: Annotated[JamServiceActivity | None, Meta(description="Null without any.")]


class JamServiceTotals(TypedDict):
    """Figures of all services together."""

    total: Annotated[Count, Meta(description="Known services.")]
    active: Annotated[Count, Meta(description="Services with work.")]
    refining: Count
    accumulating: Count
    refinement_gas: Total
    accumulate_gas: Total
    imports: Total
    exports: Total
    extrinsics: Total


class JamStatsTotals(TypedDict):
    """Figures of all services of one block, with the names that jamtart has."""

    total_services: Count
    active_services: Count
    refining_services: Count
    accumulating_services: Count
    total_refinement_gas: Total
    total_accumulate_gas: Total
    total_imports: Total
    total_exports: Total
    total_extrinsics: Total


class JamEndpoint(TypedDict):
    """A node whose RPC is read."""

    url: Annotated[str, Meta(description="Without user name and password.")]
    connected: bool
    since: Annotated[Time | None, Meta(description="When it was connected or lost.")]
    best_slot: Count | None
    finalized_slot: Count | None
    error: Annotated[str | None, Meta(description="The last one.")]
    requests: Count
    failures: Count
    reconnects: Count


class JamStats(TypedDict):
    """The state of the chain, and the statistics of its best block alone."""

    slot: Annotated[Count | None, Meta(description="Of the best block; null without one.")]
    header_hash: Hex64 | None
    core_count: Count | None
    validator_count: Count | None
    services: Annotated[list[JamService], Meta(description="Those with work in the block.")]
    cores: list[JamCore]
    totals: JamStatsTotals
    best: JamBlock | None
    finalized: JamBlock | None
    parameters: Annotated[
        dict[str, Uint64], Meta(description="Of the chain, as nodes have them; empty before that.")
    ]
    endpoints: list[JamEndpoint]
    first_slot: Annotated[Count | None, Meta(description="Of the oldest known block.")]
    blocks: Annotated[Count, Meta(description="Known blocks, forks included.")]
    forks: Count
    reorganisations: Count
    missing_statistics: Annotated[
        Count, Meta(description="Known blocks whose statistics no node had.")
    ]


class JamServices(TypedDict):
    """Services over the blocks of a window."""

    services: list[JamService]
    totals: JamServiceTotals
    series: Annotated[
        list[JamServiceBucket],
        Meta(description="All services together; buckets without work are absent."),
    ]
    slots: JamSlots
    window: NotRequired[Annotated[Window, ADDED]]


class JamServiceDetails(TypedDict):
    """One service over the blocks of a window."""

    service: JamService
    series: Annotated[list[JamServiceBucket], Meta(description="Buckets without work are absent.")]
    slots: JamSlots
    window: NotRequired[Annotated[Window, ADDED]]


class JamCores(TypedDict):
    """Cores over the blocks of a window."""

    cores: list[JamCore]
    core_count: Count | None
    params: Annotated[
        dict[str, Uint64 | None],
        Meta(description="Those parameters of the chain that jamtart names here."),
    ]
    totals: JamCoreFigures
    series: Annotated[
        list[JamCoreBucket],
        Meta(description="All cores together; buckets without work are absent."),
    ]
    slots: JamSlots
    window: NotRequired[Annotated[Window, ADDED]]


class JamCoreDetails(TypedDict):
    """One core over the blocks of a window."""

    core: JamCore
    core_count: Count | None
    series: Annotated[list[JamCoreBucket], Meta(description="Buckets without work are absent.")]
    slots: JamSlots
    window: NotRequired[Annotated[Window, ADDED]]


class JamValidatorFigures(TypedDict):
    """Figures of validators.

    Tickets and preimages are those in the blocks that a validator authored. It gets one guarantee
    for each block with a report that it guaranteed, however many reports these are.
    """

    blocks: Total
    tickets: Total
    preimages: Total
    preimages_size: Total
    guarantees: Total
    assurances: Total


class JamValidator(JamValidatorFigures):
    """Figures of a validator in an epoch, or in the part of it that the window has."""

    epoch: Count | None
    validator_index: Annotated[Index, Meta(description="In the validator set of the epoch.")]
    exact: Annotated[
        bool,
        Meta(
            description="True if it is the epoch's own record on chain, false if it is the sum of "
            "the known blocks."
        ),
    ]


class JamValidatorBucket(JamValidatorFigures):
    """Figures of all chosen validators together over the slots of a bucket, of known blocks."""

    at: Annotated[Time, Meta(description="Beginning of the bucket.")]
    slot: Annotated[Count, Meta(description="The first slot of the bucket.")]


class JamEpoch(JamValidatorFigures):
    """Figures of all chosen validators in an epoch, or in the part of it that the window has."""

    epoch: Count | None
    validators: Count
    exact: bool


class JamValidators(TypedDict):
    """Validators by epoch over the blocks of a window."""

    validators: list[JamValidator]
    epochs: list[JamEpoch]
    series: Annotated[
        list[JamValidatorBucket], Meta(description="Buckets without blocks are absent.")
    ]
    slots: JamSlots
    window: NotRequired[Annotated[Window, ADDED]]


class JamBlocks(TypedDict):
    """Blocks of a window, newest first."""

    blocks: list[JamBlock]
    complete: Annotated[
        bool,
        Meta(
            description="True if no block on the chain is missing between those of the window, and "
            "limit was not reached."
        ),
    ]
    slots: JamSlots
    window: NotRequired[Annotated[Window, ADDED]]


class JamBlockDetails(TypedDict):
    """A block with its own records."""

    block: JamBlock
    guarantors: Annotated[list[Index] | None, Meta(description="Indices of validators, ascending.")]
    assurers: Annotated[list[Index] | None, Meta(description="Indices of validators, ascending.")]
    cores: Annotated[list[JamCore], Meta(description="Those with work in the block.")]
    services: Annotated[
        list[JamService], Meta(description="Those with work; of accounts the state read last.")
    ]


class JamReorganisation(TypedDict):
    """A change of the best chain that left blocks."""

    timestamp: Time
    old: JamBlockName
    new: JamBlockName
    common_slot: Annotated[Count | None, Meta(description="Of the last common block.")]
    left: Annotated[list[Hex64], Meta(description="Blocks that were left, newest first.")]


class JamReorganisations(TypedDict):
    """Reorganisations to blocks of a window, newest first."""

    reorganisations: list[JamReorganisation]
    window: NotRequired[Annotated[Window, ADDED]]
