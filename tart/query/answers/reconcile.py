"""Telemetry against the chain: what nodes say to have done, and what the chain shows. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    Count,
    Hex64,
    Number,
    Timestamped,
    Total,
    Windowed,
)

FindingKind = Annotated[
    Literal[
        "unreported_block",
        "unknown_block",
        "foreign_block",
        "unreported_guarantee",
        "unknown_guarantee",
        "unreported_assurance",
        "unknown_assurance",
        "missing_assurance",
        "outline_differs",
        "gas_differs",
    ],
    Meta(
        description="unreported: on chain, and the node's telemetry does not have it. unknown: the "
        "node says it, and neither the chain nor any other node knows it. foreign: another "
        "validator made it. missing: assurances that were in time and that blocks lack, more than "
        "chance explains. differs: other numbers than the chain has."
    ),
]
IncompleteReason = Annotated[
    Literal["disconnected", "silent", "dropped", "undecodable", "shards"],
    Meta(
        description="disconnected: not connected to tart all through a step of ten seconds (older "
        "than aggregates.counts_10s_hours: a minute). silent: no event for half a minute, or for "
        "such a minute. dropped: it dropped events. undecodable: events cannot be decoded. shards: "
        "a shard did not answer, or rows cannot be read."
    ),
]
EvidenceKind = Annotated[
    Literal["blocks", "guarantees", "other_epoch"],
    Meta(
        description="blocks: it says to have authored blocks of this index. guarantees: this index "
        "alone is in all guarantees that it built. other_epoch: its index in another epoch of the "
        "window, while no index changed and it is active."
    ),
]


class Compared(TypedDict):
    """A number as nodes say it and as the chain has it."""

    claimed: Annotated[Count | None, Meta(description="Null if telemetry does not say it.")]
    on_chain: Count
    difference: Annotated[
        int | None, Meta(description="on_chain minus claimed; null if claimed is null.")
    ]


class ComparedTotal(TypedDict):
    """An amount that may be large, as nodes say it and as the chain has it."""

    claimed: Total
    on_chain: Total
    equal: bool


class ChainRange(TypedDict):
    """The part of the chain that is compared."""

    first_slot: Count
    last_slot: Count
    finalized_slot: Annotated[Count | None, Meta(description="Of the last final block in range.")]
    epoch_slots: Annotated[Count | None, Meta(description="The length of an epoch.")]
    compared: Annotated[Count, Meta(description="Final blocks that are compared.")]
    pending: Annotated[
        Count, Meta(description="Blocks on chain that are not final, or younger than a minute.")
    ]
    without_statistics: Annotated[
        Count, Meta(description="Final blocks whose statistics no endpoint had.")
    ]
    irregular: Annotated[
        Count, Meta(description="Final blocks whose statistics do not follow the specification.")
    ]
    forks: Annotated[Count, Meta(description="Known blocks that are not on the chain.")]
    complete: Annotated[
        bool,
        Meta(
            description="Whether all blocks of the range are known. A block that a node says to "
            "have made in a gap is no finding."
        ),
    ]


class ContradictoryEvidence(TypedDict):
    """Evidence about indices that cannot all be true; its nodes are not matched."""

    nodes: list[Hex64]
    validators: list[Count]
    blocks: Annotated[list[Hex64], Meta(description="The blocks that nodes say to have authored.")]


class EpochMatching(TypedDict):
    """The nodes and validators of an epoch."""

    epoch: Count
    first_slot: Annotated[Count, Meta(description="Of its compared blocks.")]
    last_slot: Count
    blocks: Annotated[Count, Meta(description="Compared blocks.")]
    validators: Annotated[Count | None, Meta(description="The size of the validator set.")]
    matched: Annotated[Count, Meta(description="Validators with a known node.")]
    by_evidence: Annotated[dict[str, Count], Meta(description="Matches by kind of evidence.")]
    contradictions: list[ContradictoryEvidence]
    validators_without_telemetry: Annotated[
        list[Count],
        Meta(description="Indices that are active on chain, and no node is known to be."),
    ]
    unmatched_nodes: Annotated[
        list[Hex64],
        Meta(
            description="Nodes that say to do the work of a validator, of which no index is known."
        ),
    ]


class ValidatorComparison(TypedDict):
    """A validator in an epoch: sums over its compared blocks."""

    epoch: Count
    validator: Count
    node_id: Annotated[Hex64 | None, Meta(description="Null if no node is known to be it.")]
    implementation: str | None
    evidence: EvidenceKind | None
    evidence_count: Annotated[
        Count | None,
        Meta(description="Blocks or guarantees; of other_epoch the distance in epochs."),
    ]
    complete: Annotated[
        bool | None,
        Meta(description="Whether its telemetry of the epoch is complete; null without a node."),
    ]
    incomplete_reason: Annotated[
        IncompleteReason | None, Meta(description="The most frequent reason.")
    ]
    blocks: Compared
    guarantees: Annotated[
        Compared,
        Meta(description="Blocks with a report that it guaranteed, or says to have signed."),
    ]
    assurances: Annotated[
        Compared,
        Meta(description="Blocks with its assurance, or whose parent it says to have assured."),
    ]
    tickets: Annotated[Compared, Meta(description="In the blocks that it authored.")]
    preimages: Annotated[Compared, Meta(description="In the blocks that it authored.")]
    preimage_octets: Annotated[
        Compared, Meta(description="claimed is null: it is not among the stored columns.")
    ]


class CoreComparison(TypedDict):
    """A core: the reports that compared blocks guarantee."""

    core: Count
    reports: Compared
    gas: Annotated[ComparedTotal, Meta(description="Of refinement.")]
    exports: Compared


class ServiceComparison(TypedDict):
    """A service: the gas of its accumulation in compared blocks that nodes executed."""

    service: Count
    gas: Annotated[
        ComparedTotal,
        Meta(description="claimed is the highest that any node says, block by block."),
    ]


class ComparedBlock(TypedDict):
    """A compared block: what its author says of it, and what the chain has."""

    hash: Hex64
    slot: Count
    epoch: Count
    validator: Annotated[Count, Meta(description="Index of the author.")]
    node_id: Annotated[Hex64 | None, Meta(description="The node that says to have authored it.")]
    tickets: Compared
    preimages: Compared
    assurances: Compared
    guarantees: Compared
    gas: Annotated[
        ComparedTotal | None,
        Meta(description="Of accumulation; claimed by most nodes. Null if no node says it."),
    ]


class ReconcileExample(TypedDict):
    """One case."""

    hash: Annotated[
        Hex64, Meta(description="Of the block; for unknown_guarantee and refinement of the report.")
    ]
    slot: Count | None
    subject: Annotated[str | None, Meta(description="The number that differs.")]
    claimed: Total | None
    on_chain: Total | None


class ReconcileFinding(TypedDict):
    """Cases of one kind of one node in one epoch, which nothing but the node explains."""

    kind: FindingKind
    node_id: Hex64
    implementation: str | None
    validator: Count | None
    epoch: Count
    count: Count
    expected: Annotated[
        Number | None, Meta(description="Cases without a cause; null for exact findings.")
    ]
    probability: Annotated[
        Number | None,
        Meta(
            description="Of as many cases without a cause, corrected for the number of validators "
            "and epochs; null for exact findings."
        ),
    ]
    examples: list[ReconcileExample]


class ReconciledImplementation(TypedDict):
    """The matched validators that run one implementation and version."""

    name: str | None
    version: str | None
    nodes: Count
    blocks: Compared
    guarantees: Compared
    assurances: Compared
    findings: Annotated[dict[str, Count], Meta(description="Cases by kind.")]


class Reconcile(Timestamped, Windowed):
    """Telemetry against the chain: sums, findings, and the evidence for both."""

    chain: ChainRange
    epochs: list[EpochMatching]
    findings: Annotated[
        list[ReconcileFinding], Meta(description="Newest epoch first; see total_findings.")
    ]
    total_findings: Count
    validators: Annotated[
        list[ValidatorComparison],
        Meta(description="Newest epoch first, by index; see total_validators."),
    ]
    total_validators: Count
    cores: list[CoreComparison]
    services: list[ServiceComparison]
    blocks: Annotated[list[ComparedBlock], Meta(description="Newest first; at most limit.")]
    implementations: list[ReconciledImplementation]
    unexamined: Annotated[
        Count,
        Meta(description="Blocks and guarantees that were too many to search for witnesses of."),
    ]
