"""Answers of jamtart's routes of 2026 about statistics on chain. Pure.

Where the chain is not followed, what telemetry does not tell is null.
"""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from msgspec import Meta

from tart.query.answers.common import Count, Time, Total
from tart.query.answers.grafana import BucketStart
from tart.query.answers.grafana_packages import ServiceId

Unknown = Annotated[
    Total | None, Meta(description="Null where the chain is not followed: no event tells it.")
]
SlotTime = Annotated[Time, Meta(description="Beginning of the slot, from its number.")]


class GrafanaChainCore(TypedDict):
    """Statistics of a core over the blocks of a window."""

    core: Count
    gas_used: Total
    da_load: Total
    popularity_avg: Annotated[float, Meta(ge=0)]
    imports: Count
    extrinsic_count: Count
    extrinsic_size: Total
    exports: Count
    bundle_size: Total


class GrafanaChainCoreBucket(TypedDict):
    """Statistics of a core, or of all, over the blocks of a bucket."""

    ts: BucketStart
    core: NotRequired[Count]
    gas_used: Total
    da_load: Total
    popularity: Annotated[float, Meta(ge=0)]
    imports: Count
    extrinsic_count: Count
    extrinsic_size: Total
    exports: Count
    bundle_size: Total


class GrafanaChainCoreBlock(TypedDict):
    """Statistics of a core in one block."""

    timestamp: SlotTime
    slot: Count
    core: Count
    gas_used: Total
    da_load: Total
    popularity: Count
    imports: Count
    extrinsic_count: Count
    extrinsic_size: Total
    exports: Count
    bundle_size: Total


class GrafanaServiceStatistics(TypedDict):
    """Statistics of a service."""

    service_id: ServiceId
    provided_count: Unknown
    provided_size: Unknown
    refinement_count: Unknown
    refinement_gas: Unknown
    imports: Unknown
    extrinsic_count: Unknown
    extrinsic_size: Unknown
    exports: Unknown
    accumulate_count: Annotated[Total | None, Meta(description="Work items accumulated.")]
    accumulate_gas: Annotated[Total | None, Meta(description="Gas used by accumulation.")]


class GrafanaChainService(GrafanaServiceStatistics):
    """Statistics of a service over the blocks of a window."""


class GrafanaChainServiceBucket(GrafanaServiceStatistics):
    """Statistics of a service over the blocks of a bucket."""

    ts: BucketStart


class GrafanaChainServiceBlock(GrafanaServiceStatistics):
    """Statistics of a service in one block."""

    timestamp: SlotTime
    slot: Count


class GrafanaChainValidator(TypedDict):
    """Statistics of a validator over a window: sums of the increases from block to block."""

    validator_index: Count
    blocks_produced: Count
    tickets: Count
    preimages: Count
    preimages_size: Total
    guarantees: Count
    assurances: Count


class GrafanaChainValidatorBucket(TypedDict):
    """Statistics of a validator, or of all, over a bucket."""

    ts: BucketStart
    validator_index: NotRequired[Count]
    blocks_produced: Count
    tickets: Count
    preimages: Count
    preimages_size: Total
    guarantees: Count
    assurances: Count


class GrafanaChainValidatorBlock(TypedDict):
    """Statistics of a validator at one block: its tallies of the epoch up to it.

    Blocks up to which not every block of the epoch is known are left out.
    """

    timestamp: SlotTime
    slot: Count
    validator_index: Count
    blocks_produced: Count
    tickets: Count
    preimages: Count
    preimages_size: Total
    guarantees: Count
    assurances: Count
