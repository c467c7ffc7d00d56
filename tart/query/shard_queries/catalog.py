"""The catalog of queries by name.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tart.query.core.query import Query
from tart.query.shard_queries import (
    aggregates,
    blocks,
    claims,
    deliveries,
    ended_pipelines,
    events,
    hashes,
    histogram,
    log_moments,
    messages,
    network,
    nodes,
    package_outcomes,
    package_totals,
    packages,
    preimages,
    sessions,
    slots,
    slow_steps,
    summary,
)

_QUERIES: tuple[type[Query[Any, Any]], ...] = (
    aggregates.AggregateSum,
    aggregates.AggregateRows,
    aggregates.AggregateByNode,
    blocks.FirstSeenBlocks,
    blocks.BlockPropagation,
    blocks.Transfers,
    claims.AssurersOfAnchors,
    claims.ExecutedGas,
    deliveries.Deliveries,
    ended_pipelines.EndedPipelines,
    events.Events,
    events.Backfill,
    events.Event,
    events.Trace,
    events.Slot,
    events.EventLogStart,
    events.Export,
    events.Storage,
    events.Sql,
    events.SqlScan,
    hashes.HashMatches,
    log_moments.LogMoments,
    histogram.EventHistogram,
    messages.Message,
    messages.FirstMessage,
    network.Network,
    nodes.Nodes,
    nodes.NodeStatus,
    nodes.Chain,
    nodes.Live,
    nodes.LogLines,
    nodes.Statistics,
    packages.PackageStages,
    packages.PackageCounts,
    packages.StepDurations,
    packages.PackageStates,
    packages.PackageRows,
    packages.JourneyEvents,
    package_outcomes.PackageOutcomes,
    package_totals.StageTotals,
    package_totals.PackageServices,
    preimages.PreimageEvents,
    sessions.SessionPage,
    sessions.Connections,
    sessions.ProtocolVersions,
    sessions.VersionSpans,
    sessions.Examples,
    sessions.FindingExamples,
    slow_steps.SlowestSteps,
    slots.SlotBlocks,
    summary.Summary,
)
QUERIES: Mapping[str, type[Query[Any, Any]]] = MappingProxyType(
    {query.name: query for query in _QUERIES}
)
