"""Reduction of whole batches: shard requests, assurances, guarantees received.

Pure. These types are three quarters of the events of a full network, and none is part of a
pipeline. Events of one type are processed together and counted by what they are about.

In a batch, open events first learn their subjects (``set_subjects``); then the events that
refer to them are counted for these subjects (``count``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tart.aggregate.core.event_batch import EventBatch
from tart.aggregate.core.event_columns import Array
from tart.aggregate.core.failure_events import FAILED_REASONS, FAILURES
from tart.aggregate.core.tables import TICK_US
from tart.aggregate.core.transactions import BatchTransaction
from tart.aggregate.keyed.counters import (
    Key,
    KeyedCounters,
    count_by_key,
    link_bucket_start,
    minute_start,
)
from tart.aggregate.keyed.deliveries import Deliveries, Start, is_followed
from tart.aggregate.references.open_references import NO_ENTRY, OpenReferences
from tart.protocol.decoding import HEADER_BYTES
from tart.protocol.events import EventKind
from tart.protocol.optional_fields import REF_BYTES, SHARD_INDEX_BYTES
from tart.protocol.types import GUARANTEE_DISCARD_REASON

HASH_BYTES = 32
_SLOT_BYTES = 4
# Requests that name the erasure root themselves, and the column of ``erasures`` they add to.
_RECEIVED_REQUESTS: Mapping[int, str] = {
    EventKind.SHARD_REQUEST_RECEIVED: "served",
    EventKind.BUNDLE_SHARD_REQUEST_RECEIVED: "bundle_shards_served",
    EventKind.BUNDLE_REQUEST_RECEIVED: "bundles_served",
}
# Ends of requests, and the column of ``erasures`` they add to.
_REQUEST_ENDS: Mapping[int, str] = {
    EventKind.SHARDS_TRANSFERRED: "transferred",
    EventKind.SHARD_REQUEST_FAILED: "failed",
    EventKind.BUNDLE_SHARD_TRANSFERRED: "bundle_shards_transferred",
    EventKind.BUNDLE_SHARD_REQUEST_FAILED: "bundle_shards_failed",
    EventKind.BUNDLE_TRANSFERRED: "bundles_transferred",
    EventKind.BUNDLE_REQUEST_FAILED: "bundles_failed",
}
# These refer to the Distributing assurance that names the anchor.
_ASSURANCE_STEPS = (
    EventKind.ASSURANCE_SEND_FAILED,
    EventKind.ASSURANCE_SENT,
    EventKind.ASSURANCE_DISTRIBUTED,
)
_GUARANTEES = (EventKind.GUARANTEE_RECEIVED, EventKind.GUARANTEE_DISCARDED)
_REASONS = GUARANTEE_DISCARD_REASON.names
_OTHER_REASON = _REASONS.index("Other")
# The types that are reduced here, and nowhere else.
BATCH_KINDS = frozenset(
    {
        EventKind.SENDING_SHARD_REQUEST,
        *_RECEIVED_REQUESTS,
        *_REQUEST_ENDS,
        EventKind.DISTRIBUTING_ASSURANCE,
        *_ASSURANCE_STEPS,
        EventKind.ASSURANCE_RECEIVED,
        *_GUARANTEES,
    }
)
_FAILURES = BATCH_KINDS & FAILURES

Fields = dict[str, Any]


class BatchReducers:
    """Reduces the types in ``BATCH_KINDS``.

    Args:
        fields: Returns an event's fields by its index in the batch, ``None`` if it cannot be
            decoded.
        count_failure: Counts the failure that an event reports, by its index.
        cores_of: Returns the number of cores that the node of an event reports, by its index.
    """

    def __init__(
        self,
        counters: KeyedCounters,
        deliveries: Deliveries,
        references: OpenReferences,
        transaction: BatchTransaction,
        fields: Callable[[int], Fields | None],
        count_failure: Callable[[int], None],
        cores_of: Callable[[int], int | None],
    ) -> None:
        self._counters = counters
        self._deliveries = deliveries
        self._cores_of = cores_of
        self._defer = transaction.defer
        self._references = references
        self._fields = fields
        self._count_failure = count_failure

    def set_subjects(
        self, batch: EventBatch, own: Array, parents: Array, by_kind: Mapping[int, Array]
    ) -> None:
        """Set the subjects of a batch's open events, and count these.

        Args:
            batch: The events.
            own: The entry of each event, if others may refer to it.
            parents: The entry of the event that each event refers to.
            by_kind: The indices of events by type.
        """
        self._batch = batch
        self._clean, self._received_at = batch.clean_list, batch.received_at_list
        sent = by_kind.get(EventKind.SENDING_SHARD_REQUEST)
        if sent is not None:
            self._reduce_sent_requests(sent, own)
        for kind, column in _RECEIVED_REQUESTS.items():
            if kind in by_kind:
                self._reduce_received_requests(kind, column, by_kind[kind], parents)
        distributing = by_kind.get(EventKind.DISTRIBUTING_ASSURANCE)
        if distributing is not None:
            self._reduce_distributing(distributing, own)

    def count(self, parents: Array, by_kind: Mapping[int, Array]) -> None:
        """Count the events that refer to others, now that those have their subjects."""
        for kind in _FAILURES & by_kind.keys():
            for index in by_kind[kind].tolist():
                self._count_failure(index)
        for kind, column in _REQUEST_ENDS.items():
            if kind in by_kind:
                self._count_erasures(column, *self.known_subjects(by_kind[kind], parents))
        for kind in _ASSURANCE_STEPS:
            if kind in by_kind:
                self._count_assurances(kind.number, *self.known_subjects(by_kind[kind], parents))
        received = by_kind.get(EventKind.ASSURANCE_RECEIVED)
        if received is not None:
            indices = received.tolist()
            # The sender's id precedes the anchor.
            anchors = self._hashes(indices, HASH_BYTES)
            self._count_assurances(EventKind.ASSURANCE_RECEIVED.number, indices, anchors)
            self._add_assurance_arrivals(indices, anchors)
        for kind in _GUARANTEES:
            if kind in by_kind:
                self._count_guarantees(kind, by_kind[kind].tolist())

    # --- Erasure roots ----------------------------------------------------------------

    def _reduce_sent_requests(self, indices: Array, own: Array) -> None:
        """Count shard requests sent; each names its erasure root."""
        readable, roots, shards = self._shard_requests(indices.tolist(), HASH_BYTES)
        nodes = self._batch.columns.node[readable].tolist()
        self._count_shards(EventKind.SENDING_SHARD_REQUEST.number, readable, nodes, shards)
        self._count_erasures("requested", readable, roots)
        for index, root in zip(readable, roots, strict=True):
            self._set_subject(own[index], root)

    def _reduce_received_requests(
        self, kind: int, column: str, indices: Array, parents: Array
    ) -> None:
        """Count requests received; the erasure root becomes the subject of the parent."""
        readable, roots, shards = self._shard_requests(indices.tolist(), REF_BYTES)
        if kind == EventKind.SHARD_REQUEST_RECEIVED:
            self._count_shards(int(kind), readable, [None] * len(readable), shards)
        self._count_erasures(column, readable, roots)
        for index, root in zip(readable, roots, strict=True):
            self._set_subject(parents[index], root)

    def _shard_requests(
        self, indices: list[int], offset: int
    ) -> tuple[list[int], list[bytes], list[int]]:
        """Read events with an erasure root at an offset of the payload.

        Returns:
            The events that can be read; the erasure root and shard index of each.
        """
        contents = self._batch.contents
        start = offset + HEADER_BYTES
        middle, end = start + HASH_BYTES, start + HASH_BYTES + SHARD_INDEX_BYTES
        readable, roots, shards = [], [], []
        for index in indices:
            content = contents[index]
            if self._clean[index]:
                root, shard = content[start:middle], int.from_bytes(content[middle:end], "little")
            else:
                fields = self._fields(index)
                if fields is None:
                    continue
                root, shard = fields["erasure_root"], fields.get("shard", 0)
            readable.append(index)
            roots.append(root)
            shards.append(shard)
        return readable, roots, shards

    def _count_shards(
        self, number: int, indices: list[int], nodes: Sequence[int | None], shards: list[int]
    ) -> None:
        buckets = [link_bucket_start(self._received_at[index]) for index in indices]
        counts = Counter(zip(buckets, nodes, shards, strict=True))
        for (bucket, node, shard), count in counts.items():
            self._defer(self._counters.add_shard_requests, bucket, node, number, shard, count)

    def _count_erasures(self, column: str, indices: list[int], roots: list[bytes]) -> None:
        for root, (count, first, last) in self._by_key(indices, roots).items():
            self._defer(self._counters.add_erasure_messages, first, last, root, column, count)

    # --- Assurances -------------------------------------------------------------------

    def _reduce_distributing(self, indices: Array, own: Array) -> None:
        """Count assurances that are being distributed; each begins with its anchor."""
        distributing = indices.tolist()
        anchors = self._hashes(distributing, 0)
        self._count_assurances(EventKind.DISTRIBUTING_ASSURANCE.number, distributing, anchors)
        followed = self._followed(distributing, anchors)
        nodes = self._batch.columns.node[distributing].tolist()
        for index, anchor, node in zip(distributing, anchors, nodes, strict=True):
            self._set_subject(own[index], anchor)
            if anchor in followed:
                number = EventKind.DISTRIBUTING_ASSURANCE.number
                start = Start(self._received_at[index], node, number, anchor)
                self._defer(self._deliveries.add_start, start)

    def _add_assurance_arrivals(self, indices: list[int], anchors: list[bytes]) -> None:
        """Add the arrivals of assurances of the anchors that are followed."""
        followed = self._followed(indices, anchors)
        if not followed:
            return
        senders = self._hashes(indices, 0)
        arrivals: dict[tuple[bytes, bytes], list[int]] = {}
        for index, anchor, sender in zip(indices, anchors, senders, strict=True):
            if anchor in followed:
                arrivals.setdefault((anchor, sender), []).append(self._received_at[index])
        for (anchor, sender), times in arrivals.items():
            number = EventKind.ASSURANCE_RECEIVED.number
            self._defer(self._deliveries.add_arrivals, number, anchor, sender, None, times)

    def _followed(self, indices: list[int], anchors: list[bytes]) -> set[bytes]:
        """Return the anchors whose assurances are followed from sender to receivers."""
        first = dict(zip(reversed(anchors), reversed(indices), strict=True))
        return {
            anchor for anchor, index in first.items() if is_followed(anchor, self._cores_of(index))
        }

    def _count_assurances(self, number: int, indices: list[int], anchors: list[bytes]) -> None:
        ticks = [self._received_at[index] // TICK_US for index in indices]
        for (anchor, tick), count in Counter(zip(anchors, ticks, strict=True)).items():
            self._defer(self._counters.add_assurances, tick * TICK_US, anchor, number, count)

    def _hashes(self, indices: list[int], offset: int) -> list[bytes]:
        """Return the hash at an offset of each event's payload."""
        contents = self._batch.contents
        start = HEADER_BYTES + offset
        return [contents[index][start : start + HASH_BYTES] for index in indices]

    # --- Guarantees -------------------------------------------------------------------

    def _count_guarantees(self, kind: int, indices: list[int]) -> None:
        """Count guarantees received or discarded by work-report, slot and discard reason."""
        discarded = kind == EventKind.GUARANTEE_DISCARDED
        guarantees = [self._guarantee(index, discarded) for index in indices]
        readable = [
            index for index, each in zip(indices, guarantees, strict=True) if each is not None
        ]
        keys = [each for each in guarantees if each is not None]
        for (report, reason), (count, first, last) in self._by_key(readable, keys).items():
            slot = int.from_bytes(report[HASH_BYTES:], "little")
            self._defer(
                self._counters.add_guarantees,
                first,
                last,
                report[:HASH_BYTES],
                slot,
                reason,
                count,
            )
        if discarded:
            self._count_discard_failures(readable, [reason for _, reason in keys])
        else:
            self._add_guarantee_arrivals(readable, [report for report, _ in keys])

    def _add_guarantee_arrivals(self, indices: list[int], reports: list[bytes]) -> None:
        """Add the arrivals of guarantees; ``reports`` are hashes followed by slots."""
        nodes = self._batch.columns.node[indices].tolist()
        arrivals: dict[bytes, list[tuple[int, int]]] = {}
        for index, report, node in zip(indices, reports, nodes, strict=True):
            arrivals.setdefault(report, []).append((self._received_at[index], node))
        for report, times in arrivals.items():
            self._defer(
                self._deliveries.add_first_arrivals,
                EventKind.GUARANTEE_RECEIVED.number,
                report[:HASH_BYTES],
                int.from_bytes(report[HASH_BYTES:], "little"),
                times,
            )

    def _guarantee(self, index: int, discarded: bool) -> tuple[bytes, int | None] | None:
        """Return the report's hash followed by its slot as on the wire, and the reason."""
        content = self._batch.contents[index]
        if self._clean[index]:
            start = HEADER_BYTES + (0 if discarded else REF_BYTES)
            report = content[start : start + HASH_BYTES + _SLOT_BYTES]
            return report, content[-1] if discarded else None
        fields = self._fields(index)
        if fields is None:
            return None
        outline = fields["outline"]
        report = outline["work_report_hash"] + outline["slot"].to_bytes(_SLOT_BYTES, "little")
        return report, _reason(fields["reason"]) if discarded else None

    def _count_discard_failures(self, indices: list[int], reasons: list[int | None]) -> None:
        number = EventKind.GUARANTEE_DISCARDED.number
        nodes = self._batch.columns.node[indices].tolist()
        keys = [
            (minute_start(self._received_at[index]), node, _REASONS[reason or 0])
            for index, node, reason in zip(indices, nodes, reasons, strict=True)
        ]
        for (_, node, reason), (count, _, last) in self._by_key(indices, keys).items():
            if reason in FAILED_REASONS[number]:
                self._defer(self._counters.add_failures, last, node, number, reason, count)

    # ----------------------------------------------------------------------------------

    def _set_subject(self, entry: int, subject: bytes) -> None:
        if entry != NO_ENTRY:
            self._references.subjects[entry] = subject

    def known_subjects(self, indices: Array, parents: Array) -> tuple[list[int], list[bytes]]:
        """Return the events whose parent is about a hash, and these hashes."""
        all_subjects = self._references.subjects
        known: list[int] = []
        subjects: list[bytes] = []
        for index, entry in zip(indices.tolist(), parents[indices].tolist(), strict=True):
            if entry != NO_ENTRY and isinstance(subject := all_subjects[entry], bytes):
                known.append(index)
                subjects.append(subject)
        return known, subjects

    def _by_key(self, indices: list[int], keys: Iterable[Key]) -> dict[Key, tuple[int, int, int]]:
        return count_by_key(keys, [self._received_at[index] for index in indices])


def _reason(reason: str | int) -> int:
    """Return the reason's number on the wire; an unknown number is ``Other``."""
    return _OTHER_REASON if isinstance(reason, int) else _REASONS.index(reason)
