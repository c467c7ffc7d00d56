"""The table of handlers of queries to the aggregates: each answers one query about one subject."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tart.query.core.query import Query
from tart.query.shard_queries.blocks import BlockPropagation, FirstSeenBlocks, Transfers
from tart.query.shard_queries.claims import AssurersOfAnchors, ExecutedGas
from tart.query.shard_queries.deliveries import Deliveries
from tart.query.shard_queries.ended_pipelines import EndedPipelines
from tart.query.shard_queries.hashes import HashMatches
from tart.query.shard_queries.log_moments import LogMoments
from tart.query.shard_queries.package_outcomes import PackageOutcomes
from tart.query.shard_queries.package_totals import PackageServices, StageTotals
from tart.query.shard_queries.packages import (
    PackageCounts,
    PackageRows,
    PackageStages,
    PackageStates,
    StepDurations,
)
from tart.query.shard_queries.sessions import (
    Connections,
    Examples,
    FindingExamples,
    ProtocolVersions,
)
from tart.shard.queries import (
    claims,
    conformance,
    deliveries,
    ended_pipelines,
    first_seen,
    hashes,
    log_moments,
    package_outcomes,
    package_totals,
    packages,
    sessions,
    transfers,
)
from tart.shard.queries.node_condition import NodeCondition
from tart.storage.aggregates.merged_relations import MergedRelations

AnyQuery = Query[Any, Any]
# A function of relations, the query, a condition on nodes, and a lookup of nodes' ids by directory
# and number.
Handler = Callable[[MergedRelations, Any, NodeCondition, Callable[[int, int], str | None]], Any]

HANDLERS: Mapping[type[AnyQuery], Handler] = {
    FirstSeenBlocks: first_seen.first_seen_blocks,
    BlockPropagation: first_seen.block_propagation,
    Transfers: transfers.transfers,
    AssurersOfAnchors: claims.assurers_of_anchors,
    ExecutedGas: claims.executed_gas,
    Connections: sessions.connections,
    ProtocolVersions: conformance.protocol_versions,
    Examples: conformance.examples,
    FindingExamples: conformance.finding_examples,
    PackageStages: packages.package_stages,
    PackageCounts: packages.package_counts,
    StepDurations: packages.step_durations,
    PackageStates: packages.package_states,
    PackageRows: packages.package_rows,
    PackageOutcomes: package_outcomes.package_outcomes,
    StageTotals: package_totals.stage_totals,
    PackageServices: package_totals.package_services,
    Deliveries: deliveries.deliveries,
    HashMatches: hashes.hash_matches,
    LogMoments: log_moments.log_moments,
    EndedPipelines: ended_pipelines.ended_pipelines,
}
