"""What is learned by the batch: requests of shards, assurances, guarantees received.

Pure. Three quarters of what a full network says, none of it part of a pipeline. Events of
one type are looked at together and counted by what they are about.

In a batch, roots first learn what they are about (``learn``), then events that refer to
them count for that (``finish``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tart.aggregate.core.event_batch import EventBatch
from tart.aggregate.core.event_columns import Array
from tart.aggregate.core.failure_events import FAILED_REASONS, FAILURES
from tart.aggregate.core.tables import TICK_US
from tart.aggregate.core.transactions import Pending
from tart.aggregate.keyed.counters import Key, KeyedCounters, bucket_of_link, gathered, minute
from tart.aggregate.references.open_references import NOWHERE, OpenReferences
from tart.protocol.columnar import REF_BYTES, SHARD_INDEX_BYTES
from tart.protocol.decoding import HEADER_BYTES
from tart.protocol.types import GUARANTEE_DISCARD_REASON

HASH_BYTES = 32
_SENDING_SHARD_REQUEST, _SHARD_REQUEST_RECEIVED = 120, 124
_GUARANTEE_RECEIVED, _GUARANTEE_DISCARDED = 112, 113
_DISTRIBUTING_ASSURANCE, _ASSURANCE_RECEIVED = 126, 131
_OF_ASSURANCES = (127, 128, 129)
# Which counter of an erasure root a request's end belongs to.
_ENDS = {
    125: "transferred",
    122: "failed",
    145: "bundle_shards_transferred",
    142: "bundle_shards_failed",
    153: "bundles_transferred",
    150: "bundles_failed",
}
# These tell which erasure root a request that came in is about.
_SERVED = {124: "served", 144: "bundle_shards_served", 152: "bundles_served"}
_REASONS = GUARANTEE_DISCARD_REASON.names
_OTHER_REASON = _REASONS.index("Other")
# Types that this module counts, and no other.
COUNTED = frozenset(
    {_SENDING_SHARD_REQUEST, *_SERVED, *_ENDS, _DISTRIBUTING_ASSURANCE, *_OF_ASSURANCES}
    | {_ASSURANCE_RECEIVED, _GUARANTEE_RECEIVED, _GUARANTEE_DISCARDED}
)
_FAILED = COUNTED & FAILURES

Fields = dict[str, Any]


class Requests:
    """Learns from the types in ``COUNTED``.

    Args:
        fields: an event's by its index in the batch, ``None`` of what cannot be read.
        failure: counts the failure of an event, by its index.
    """

    def __init__(
        self,
        sums: KeyedCounters,
        roots: OpenReferences,
        pending: Pending,
        fields: Callable[[int], Fields | None],
        failure: Callable[[int], None],
    ) -> None:
        self._sums = sums
        self._later = pending.add
        self._roots = roots
        self._fields = fields
        self._failure = failure

    def learn(
        self, batch: EventBatch, own: Array, refers_to: Array, rows: dict[int, Array]
    ) -> None:
        """What roots are about, of a batch.

        Args:
            own: of each event its place as a root; ``refers_to``: of the root it refers to.
            rows: the indices of events by type.
        """
        self._batch = batch
        self._clean, self._times = batch.sound, batch.times
        asked = rows.get(_SENDING_SHARD_REQUEST)
        if asked is not None:
            self._request(asked, own)
        for number, counter in _SERVED.items():
            if number in rows:
                self._serve(number, counter, rows[number], refers_to)
        if _DISTRIBUTING_ASSURANCE in rows:
            self._distribute(rows[_DISTRIBUTING_ASSURANCE], own)

    def finish(self, refers_to: Array, rows: dict[int, Array]) -> None:
        """Count what refers to roots, now that these know what they are about."""
        for number in _FAILED & rows.keys():
            for at in rows[number].tolist():
                self._failure(at)
        for number, counter in _ENDS.items():
            if number in rows:
                self._end(number, counter, rows[number], refers_to)
        for number in _OF_ASSURANCES:
            if number in rows:
                self._assure(number, rows[number], refers_to)
        if _ASSURANCE_RECEIVED in rows:
            found = rows[_ASSURANCE_RECEIVED].tolist()
            self._count_assurances(_ASSURANCE_RECEIVED, found, self._hashes(found, 1))
        for number in (_GUARANTEE_RECEIVED, _GUARANTEE_DISCARDED):
            if number in rows:
                self._guarantee(number, rows[number].tolist())

    # --- Erasure roots ----------------------------------------------------------------

    def _request(self, rows: Array, own: Array) -> None:
        """120: the erasure root that a shard is asked of."""
        found, roots, indices = self._shards(rows.tolist(), HASH_BYTES)
        nodes = self._batch.columns.node[found].tolist()
        self._count_shards(_SENDING_SHARD_REQUEST, found, nodes, indices)
        self._count_erasures("requested", found, roots)
        for at, root in zip(found, roots, strict=True):
            self._say(own[at], root)

    def _serve(self, number: int, counter: str, rows: Array, refers_to: Array) -> None:
        found, roots, indices = self._shards(rows.tolist(), REF_BYTES)
        if number == _SHARD_REQUEST_RECEIVED:
            self._count_shards(number, found, [None] * len(found), indices)
        self._count_erasures(counter, found, roots)
        for at, root in zip(found, roots, strict=True):
            self._say(refers_to[at], root)

    def _end(self, number: int, counter: str, rows: Array, refers_to: Array) -> None:
        """A request for a shard, a bundle shard or a bundle came to its end."""
        self._count_erasures(counter, *self.known(rows, refers_to))

    def _shards(self, rows: list[int], start: int) -> tuple[list[int], list[bytes], list[int]]:
        """Events that name an erasure root at that offset, perhaps a shard's index after it.

        Returns:
            Those that can be read; of each the erasure root and the index.
        """
        contents = self._batch.contents
        start += HEADER_BYTES
        middle, end = start + HASH_BYTES, start + HASH_BYTES + SHARD_INDEX_BYTES
        found, roots, indices = [], [], []
        for at in rows:
            content = contents[at]
            if self._clean[at]:
                root, index = content[start:middle], int.from_bytes(content[middle:end], "little")
            else:
                fields = self._fields(at)
                if fields is None:
                    continue
                root, index = fields["erasure_root"], fields.get("shard", 0)
            found.append(at)
            roots.append(root)
            indices.append(index)
        return found, roots, indices

    def _count_shards(
        self, number: int, rows: list[int], nodes: Sequence[int | None], indices: list[int]
    ) -> None:
        buckets = [bucket_of_link(self._times[at]) for at in rows]
        for (bucket, node, index), count in Counter(
            zip(buckets, nodes, indices, strict=True)
        ).items():
            self._later(self._sums.shard_request, bucket, node, number, index, count)

    def _count_erasures(self, counter: str, rows: list[int], roots: list[bytes]) -> None:
        for root, (count, first, last) in self._gathered(rows, roots).items():
            self._later(self._sums.erasure, first, last, root, counter, count)

    # --- Assurances -------------------------------------------------------------------

    def _distribute(self, rows: Array, own: Array) -> None:
        """126: the anchor of an assurance."""
        found = rows.tolist()
        anchors = self._hashes(found, 0)
        self._count_assurances(_DISTRIBUTING_ASSURANCE, found, anchors)
        for at, anchor in zip(found, anchors, strict=True):
            self._say(own[at], anchor)

    def _assure(self, number: int, rows: Array, refers_to: Array) -> None:
        """127 to 129, of an assurance that is being distributed."""
        self._count_assurances(number, *self.known(rows, refers_to))

    def _count_assurances(self, number: int, rows: list[int], anchors: list[bytes]) -> None:
        ticks = [self._times[at] // TICK_US for at in rows]
        for (anchor, tick), count in Counter(zip(anchors, ticks, strict=True)).items():
            self._later(self._sums.assurance, tick * TICK_US, anchor, number, count)

    def _hashes(self, rows: list[int], place: int) -> list[bytes]:
        """The hash that stands so many hashes after the beginning of a payload."""
        contents = self._batch.contents
        start = HEADER_BYTES + place * HASH_BYTES
        return [contents[at][start : start + HASH_BYTES] for at in rows]

    # --- Guarantees -------------------------------------------------------------------

    def _guarantee(self, number: int, rows: list[int]) -> None:
        """112 and 113: the report's hash and its slot, and 113's reason."""
        discards = number == _GUARANTEE_DISCARDED
        said = [self._guaranteed(at, discards) for at in rows]
        kept = [at for at, each in zip(rows, said, strict=True) if each is not None]
        keys = [each for each in said if each is not None]
        for (report, reason), (count, first, last) in self._gathered(kept, keys).items():
            slot = int.from_bytes(report[HASH_BYTES:], "little")
            self._later(self._sums.report, first, last, report[:HASH_BYTES], slot, reason, count)
        if discards:
            self._count_discarded(kept, [reason for _, reason in keys])

    def _guaranteed(self, at: int, discards: bool) -> tuple[bytes, int | None] | None:
        """The report's hash and its slot as they are on the wire, and why it was discarded."""
        content = self._batch.contents[at]
        if self._clean[at]:
            start = HEADER_BYTES + (0 if discards else REF_BYTES)
            return content[start : start + HASH_BYTES + 4], content[-1] if discards else None
        fields = self._fields(at)
        if fields is None:
            return None
        outline = fields["outline"]
        report = outline["work_report_hash"] + outline["slot"].to_bytes(4, "little")
        return report, _reason(fields["reason"]) if discards else None

    def _count_discarded(self, rows: list[int], reasons: list[int | None]) -> None:
        failed = FAILED_REASONS[_GUARANTEE_DISCARDED]
        nodes = self._batch.columns.node[rows].tolist()
        keys = [
            (minute(self._times[at]), node, _REASONS[reason or 0])
            for at, node, reason in zip(rows, nodes, reasons, strict=True)
        ]
        for (_, node, reason), (count, _, last) in self._gathered(rows, keys).items():
            if reason in failed:
                self._later(self._sums.failure, last, node, _GUARANTEE_DISCARDED, reason, count)

    # ----------------------------------------------------------------------------------

    def _say(self, place: int, about: bytes) -> None:
        if place != NOWHERE:
            self._roots.linked[place] = about

    def known(self, rows: Array, refers_to: Array) -> tuple[list[int], list[bytes]]:
        """Those events whose root says what it is about, and what that is."""
        linked, found, abouts = self._roots.linked, [], []
        for at, place in zip(rows.tolist(), refers_to[rows].tolist(), strict=True):
            if place != NOWHERE and isinstance(about := linked[place], bytes):
                found.append(at)
                abouts.append(about)
        return found, abouts

    def _gathered(self, rows: list[int], keys: Iterable[Key]) -> dict[Key, tuple[int, int, int]]:
        return gathered(keys, [self._times[at] for at in rows])


def _reason(reason: str | int) -> int:
    """Of a guarantee: its place on the wire; one we do not know is another reason."""
    return _OTHER_REASON if isinstance(reason, int) else _REASONS.index(reason)
