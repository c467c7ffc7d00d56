"""What is learned of messages between nodes: announcements, transfers, tickets.

Pure. The half of ``meaning`` that has no pipelines, and how any event is read: fields are
where the declaration says they are (``EventBatch.clean``), or found by the plain decoder.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tart.aggregate.core.event_batch import Contexts, DecodeContext, EventBatch
from tart.aggregate.core.transactions import Pending
from tart.aggregate.keyed.counters import KeyedCounters
from tart.aggregate.keyed.first_seen import FirstSeen
from tart.aggregate.references.open_references import Linked
from tart.aggregate.references.requests import HASH_BYTES
from tart.errors import DecodeError
from tart.protocol.decoding import HEADER_BYTES, decode_event

_SENDING_BLOCK_REQUEST, _RECEIVING_BLOCK_REQUEST = 63, 64
# Who gave a block; see the table ``transfers``.
GAVE, WAS_GIVEN, NOT_KNOWN = 0, 1, 2
_GIVERS = {_SENDING_BLOCK_REQUEST: WAS_GIVEN, _RECEIVING_BLOCK_REQUEST: GAVE}


class Root(NamedTuple):
    """An event that others refer to: its type, and what they need to know of it."""

    number: int
    linked: Linked


class Speaker(NamedTuple):
    """Who says it, and how to read it."""

    node: int
    decode_context: DecodeContext


class PeerMessageReducers:
    """Learns from events, one at a time, of the batch in ``batch``."""

    def __init__(self, sums: KeyedCounters, sightings: FirstSeen, pending: Pending) -> None:
        self._sums = sums
        self._sightings = sightings
        self._later = pending.add
        self.contexts: Contexts = {}

    def begin(self, batch: EventBatch) -> None:
        """A batch, of whose events the following are."""
        self._batch = batch
        self.contexts = {}
        # As lists: one element of an array costs more than ten of a list.
        self._clean, self._received_at = batch.sound, batch.times
        self._timestamp: list[int] = batch.columns.timestamp.tolist()
        self._seq: list[int] = batch.columns.seq.tolist()

    def fields(self, at: int, number: int, speaker: Speaker) -> dict[str, Any] | None:
        """What an event says, ``None`` if it cannot be read (any more)."""
        content, decode_context = self._batch.contents[at], speaker.decode_context
        try:
            return decode_event(
                number,
                content[HEADER_BYTES:],
                version=decode_context.version,
                cores=decode_context.cores,
            ).fields
        except DecodeError:  # stored by a release that understood more
            return None

    def _payload(self, at: int) -> bytes:
        return self._batch.contents[at][HEADER_BYTES:]

    def fail(self, at: int, number: int, speaker: Speaker, root: Root | None = None) -> None:
        """A failure counts, with its reason."""
        fields = self.fields(at, number, speaker)
        reason = "" if fields is None else str(fields.get("reason", ""))
        self._later(self._sums.failure, self._received_at[at], speaker.node, number, reason)

    # --- Blocks and tickets -----------------------------------------------------------

    def see_stream(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        """60: a stream of block announcements was opened."""
        fields = self.fields(at, number, speaker)
        if fields is not None:
            side = int(fields["opener"] == "Remote")
            received_at = self._received_at[at]
            self._later(self._sums.link, received_at, speaker.node, fields["peer"], number, side)

    def see_announced(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        """62: a block was announced, to this node or by it."""
        if self._clean[at]:
            payload = self._payload(at)
            peer, side = payload[:HASH_BYTES], payload[HASH_BYTES]
            slot = int.from_bytes(payload[33:37], "little")
            block = payload[37:69]
        else:
            fields = self.fields(at, number, speaker)
            if fields is None:
                return
            peer, slot, block = fields["peer"], fields["slot"], fields["hash"]
            side = int(fields["announcer"] == "Remote")
        self._later(self._sums.link, self._received_at[at], speaker.node, peer, number, side)
        if side:
            self._see(at, number, slot, block)

    def see_transferred(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        """68: what was asked for (63) is a sight of a block; what was given (64) is none."""
        fields = self.fields(at, number, speaker)
        if fields is None:
            return
        side = _GIVERS.get(root.number, NOT_KNOWN) if root else NOT_KNOWN
        self._later(self._sums.transfer, self._received_at[at], speaker.node, fields["slot"], side)
        if side == WAS_GIVEN:
            self._see(at, number, fields["slot"], fields["outline"]["hash"])

    def _see(self, at: int, number: int, slot: int | None, block: bytes) -> None:
        batch = self._batch
        self._later(
            self._sightings.see,
            self._received_at[at],
            int(batch.columns.node[at]),
            block,
            slot,
            number,
            self._timestamp[at],
        )

    def transfer_ticket(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        """84: a ticket was sent or received."""
        fields = self.fields(at, number, speaker)
        if fields is not None:
            side = int(fields["sender"] == "Remote")
            received_at = self._received_at[at]
            self._later(self._sums.link, received_at, speaker.node, fields["peer"], number, side)
