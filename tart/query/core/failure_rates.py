"""Failure rates by pipeline.

Pure. A rate divides failures by attempts of the same pipeline. Attempts are beginnings or, if a
pipeline has no event for those, ends of either kind. GuaranteeDiscarded (113),
AnnouncedPreimageForgotten (192) and PreimageDiscarded (199) are not included, because their reasons
decide whether they are failures.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from tart.protocol.events import EventKind
from tart.query.core.merge import Json


class Pipeline(NamedTuple):
    """The event types of a pipeline's attempts and failures."""

    attempts: tuple[int, ...]
    failures: tuple[int, ...]


PIPELINES: Mapping[str, Pipeline] = MappingProxyType(
    {
        "connections": Pipeline(
            attempts=(EventKind.CONNECTING_IN, EventKind.CONNECTING_OUT),
            failures=(EventKind.CONNECT_IN_FAILED, EventKind.CONNECT_OUT_FAILED),
        ),
        "block_authoring": Pipeline(
            attempts=(EventKind.AUTHORING,), failures=(EventKind.AUTHORING_FAILED,)
        ),
        "block_verification": Pipeline(
            attempts=(EventKind.IMPORTING,), failures=(EventKind.BLOCK_VERIFICATION_FAILED,)
        ),
        "block_execution": Pipeline(
            attempts=(EventKind.AUTHORED, EventKind.BLOCK_VERIFIED),
            failures=(EventKind.BLOCK_EXECUTION_FAILED,),
        ),
        "block_requests": Pipeline(
            attempts=(EventKind.SENDING_BLOCK_REQUEST, EventKind.RECEIVING_BLOCK_REQUEST),
            failures=(EventKind.BLOCK_REQUEST_FAILED,),
        ),
        "ticket_generation": Pipeline(
            attempts=(EventKind.GENERATING_TICKETS,), failures=(EventKind.TICKET_GENERATION_FAILED,)
        ),
        "ticket_transfers": Pipeline(
            attempts=(EventKind.TICKET_TRANSFER_FAILED, EventKind.TICKET_TRANSFERRED),
            failures=(EventKind.TICKET_TRANSFER_FAILED,),
        ),
        "work_package": Pipeline(
            attempts=(EventKind.WORK_PACKAGE_SUBMISSION, EventKind.WORK_PACKAGE_BEING_SHARED),
            failures=(EventKind.WORK_PACKAGE_FAILED,),
        ),
        "sharing": Pipeline(
            attempts=(EventKind.SHARING_WORK_PACKAGE,),
            failures=(EventKind.WORK_PACKAGE_SHARING_FAILED,),
        ),
        "guarantee": Pipeline(
            attempts=(EventKind.SENDING_GUARANTEE,), failures=(EventKind.GUARANTEE_SEND_FAILED,)
        ),
        "guarantee_receiving": Pipeline(
            attempts=(EventKind.RECEIVING_GUARANTEE,),
            failures=(EventKind.GUARANTEE_RECEIVE_FAILED,),
        ),
        "shard_requests": Pipeline(
            attempts=(EventKind.SENDING_SHARD_REQUEST, EventKind.RECEIVING_SHARD_REQUEST),
            failures=(EventKind.SHARD_REQUEST_FAILED,),
        ),
        "assurance_sending": Pipeline(
            attempts=(EventKind.ASSURANCE_SEND_FAILED, EventKind.ASSURANCE_SENT),
            failures=(EventKind.ASSURANCE_SEND_FAILED,),
        ),
        "assurance_receiving": Pipeline(
            attempts=(EventKind.ASSURANCE_RECEIVE_FAILED, EventKind.ASSURANCE_RECEIVED),
            failures=(EventKind.ASSURANCE_RECEIVE_FAILED,),
        ),
        "bundle_shard_requests": Pipeline(
            attempts=(
                EventKind.SENDING_BUNDLE_SHARD_REQUEST,
                EventKind.RECEIVING_BUNDLE_SHARD_REQUEST,
            ),
            failures=(EventKind.BUNDLE_SHARD_REQUEST_FAILED,),
        ),
        "bundle_requests": Pipeline(
            attempts=(EventKind.SENDING_BUNDLE_REQUEST, EventKind.RECEIVING_BUNDLE_REQUEST),
            failures=(EventKind.BUNDLE_REQUEST_FAILED,),
        ),
        "segment_shard_requests": Pipeline(
            attempts=(
                EventKind.SENDING_SEGMENT_SHARD_REQUEST,
                EventKind.RECEIVING_SEGMENT_SHARD_REQUEST,
            ),
            failures=(EventKind.SEGMENT_SHARD_REQUEST_FAILED,),
        ),
        "segment_reconstruction": Pipeline(
            attempts=(EventKind.RECONSTRUCTING_SEGMENTS,),
            failures=(EventKind.SEGMENT_RECONSTRUCTION_FAILED,),
        ),
        "segment_verification": Pipeline(
            attempts=(EventKind.SEGMENT_VERIFICATION_FAILED, EventKind.SEGMENTS_VERIFIED),
            failures=(EventKind.SEGMENT_VERIFICATION_FAILED,),
        ),
        "segment_requests": Pipeline(
            attempts=(EventKind.SENDING_SEGMENT_REQUEST, EventKind.RECEIVING_SEGMENT_REQUEST),
            failures=(EventKind.SEGMENT_REQUEST_FAILED,),
        ),
        "preimage_announcements": Pipeline(
            attempts=(EventKind.PREIMAGE_ANNOUNCEMENT_FAILED, EventKind.PREIMAGE_ANNOUNCED),
            failures=(EventKind.PREIMAGE_ANNOUNCEMENT_FAILED,),
        ),
        "preimage_requests": Pipeline(
            attempts=(EventKind.SENDING_PREIMAGE_REQUEST, EventKind.RECEIVING_PREIMAGE_REQUEST),
            failures=(EventKind.PREIMAGE_REQUEST_FAILED,),
        ),
    }
)


def rates(counts: Mapping[int, int]) -> list[Json]:
    """Return attempts, failures and their rate of every pipeline with an attempt."""
    pipelines = []
    for name, pipeline in PIPELINES.items():
        attempts = sum(counts.get(kind, 0) for kind in pipeline.attempts)
        failures = sum(counts.get(kind, 0) for kind in pipeline.failures)
        if attempts:
            rate = failures / attempts
            pipelines.append(
                {"pipeline": name, "attempts": attempts, "failures": failures, "rate": rate}
            )
    return pipelines


def overall(counts: Mapping[int, int]) -> float | None:
    """Return failures of all pipelines divided by attempts; ``None`` without attempts."""
    every = rates(counts)
    attempts = sum(each["attempts"] for each in every)
    return sum(each["failures"] for each in every) / attempts if attempts else None


class ReasonGroup(NamedTuple):
    """The failures of one event type for one reason.

    Attributes:
        nodes: The nodes that reported them.
        last_at: The newest, Unix microseconds.
        last_node: The node that reported the newest.
    """

    type: int
    reason: str
    failures: int
    nodes: frozenset[str]
    last_at: int
    last_node: str


def group_by_reason(rows: Iterable[Json]) -> list[ReasonGroup]:
    """Return failures by event type and reason, the most frequent first.

    Args:
        rows: Node, type, reason, count, last_at (µs).
    """
    counts: Counter[tuple[int, str]] = Counter()
    nodes: defaultdict[tuple[int, str], set[str]] = defaultdict(set)
    last: dict[tuple[int, str], tuple[int, str]] = {}
    for row in rows:
        key = row["type"], row["reason"]
        counts[key] += row["count"]
        nodes[key].add(row["node"])
        last[key] = max(last.get(key, (0, "")), (row["last_at"], row["node"]))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [ReasonGroup(*key, count, frozenset(nodes[key]), *last[key]) for key, count in ordered]
