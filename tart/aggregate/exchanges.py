"""What is learned of messages between nodes: announcements, transfers, tickets, requests.

Pure. The half of ``meaning`` that has no pipelines, and how any event is read: fields are
where the declaration says they are (``Heard.clean``), or found by the plain decoder.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tart.aggregate.failures import FAILURES
from tart.aggregate.heard import Heard, Voice
from tart.aggregate.sightings import Sightings
from tart.aggregate.sums import Sums
from tart.errors import DecodeError
from tart.protocol.decoding import HEADER_BYTES, decode_event

HASH_BYTES, REF_BYTES = 32, 8
_SENDING_BLOCK_REQUEST, _RECEIVING_BLOCK_REQUEST = 63, 64
SENDING_SHARD_REQUEST, SHARD_REQUEST_RECEIVED = 120, 124
# Who gave a block; see the table ``transfers``.
GAVE, WAS_GIVEN, NOT_KNOWN = 0, 1, 2
_GIVERS = {_SENDING_BLOCK_REQUEST: WAS_GIVEN, _RECEIVING_BLOCK_REQUEST: GAVE}
# Which counter of an erasure root a request's end belongs to.
ERASURE_ENDS = {
    125: "transferred",
    122: "failed",
    145: "bundle_shards_transferred",
    142: "bundle_shards_failed",
    153: "bundles_transferred",
    150: "bundles_failed",
}
ERASURE_SERVED = {124: "served", 144: "bundle_shards_served", 152: "bundles_served"}


class Root:
    """An event that others may refer to.

    ``linked`` is what they need to know of it: its pipeline, or the erasure root or anchor
    a request is about.
    """

    __slots__ = ("linked", "number", "received_at", "timestamp")

    def __init__(self, number: int, timestamp: int, received_at: int, linked: Any) -> None:
        self.number = number
        self.timestamp = timestamp
        self.received_at = received_at
        self.linked = linked


class Speaker(NamedTuple):
    """Who says it, and how to read it."""

    node: int
    voice: Voice


class Exchanges:
    """Learns from events, one at a time, of the batch in ``heard``."""

    def __init__(self, sums: Sums, sightings: Sightings) -> None:
        self._sums = sums
        self._sightings = sightings
        # Of the batch, by index: the root's event id and the hash of what it is about.
        self.contexts: dict[int, tuple[int, bytes | None]] = {}

    def begin(self, heard: Heard) -> None:
        """A batch, of whose events the following are."""
        self._heard = heard
        self.contexts = {}
        # As lists: one element of an array costs more than ten of a list.
        self._received_at: list[int] = heard.received_at.tolist()
        self._timestamp: list[int] = heard.timestamp.tolist()
        self._clean: list[bool] = heard.clean.tolist()
        self._seq: list[int] = heard.seq.tolist()

    def received_at(self, at: int) -> int:
        """When an event of the batch came, Unix microseconds."""
        return self._received_at[at]

    def _fields(self, at: int, number: int, speaker: Speaker) -> dict[str, Any] | None:
        content, voice = self._heard.contents[at], speaker.voice
        try:
            return decode_event(
                number, content[HEADER_BYTES:], version=voice.version, cores=voice.cores
            ).fields
        except DecodeError:  # stored by a release that understood more
            return None

    def _payload(self, at: int) -> bytes:
        return self._heard.contents[at][HEADER_BYTES:]

    def _belongs(self, at: int, about: bytes) -> None:
        """An event of a request or of an assurance: what its root is about, it is about."""
        self.contexts[at] = int(self._heard.ref[at]), about

    def _failure(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        fields = self._fields(at, number, speaker)
        reason = "" if fields is None else str(fields.get("reason", ""))
        self._sums.failure(self._received_at[at], speaker.node, number, reason)

    # --- Blocks and tickets -----------------------------------------------------------

    def see_stream(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        """60: a stream of block announcements was opened."""
        fields = self._fields(at, number, speaker)
        if fields is not None:
            side = int(fields["opener"] == "Remote")
            received_at = self._received_at[at]
            self._sums.link(received_at, speaker.node, fields["peer"], number, side)

    def see_announced(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        """62: a block was announced, to this node or by it."""
        if self._clean[at]:
            payload = self._payload(at)
            peer, side = payload[:HASH_BYTES], payload[HASH_BYTES]
            slot = int.from_bytes(payload[33:37], "little")
            block = payload[37:69]
        else:
            fields = self._fields(at, number, speaker)
            if fields is None:
                return
            peer, slot, block = fields["peer"], fields["slot"], fields["hash"]
            side = int(fields["announcer"] == "Remote")
        self._sums.link(self._received_at[at], speaker.node, peer, number, side)
        if side:
            self._see(at, number, slot, block)

    def see_transferred(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        """68: what was asked for (63) is a sight of a block; what was given (64) is none."""
        fields = self._fields(at, number, speaker)
        if fields is None:
            return
        side = _GIVERS.get(root.number, NOT_KNOWN) if root else NOT_KNOWN
        self._sums.transfer(self._received_at[at], speaker.node, fields["slot"], side)
        if side == WAS_GIVEN:
            self._see(at, number, fields["slot"], fields["outline"]["hash"])

    def _see(self, at: int, number: int, slot: int | None, block: bytes) -> None:
        heard = self._heard
        self._sightings.see(
            self._received_at[at],
            int(heard.node[at]),
            block,
            slot,
            number,
            self._timestamp[at],
        )

    def transfer_ticket(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        """84: a ticket was sent or received."""
        fields = self._fields(at, number, speaker)
        if fields is not None:
            side = int(fields["sender"] == "Remote")
            received_at = self._received_at[at]
            self._sums.link(received_at, speaker.node, fields["peer"], number, side)

    # --- Erasure roots and assurances -------------------------------------------------

    def request_shard(self, at: int, number: int, speaker: Speaker, root: Root | None) -> Any:
        """120: the erasure root that a shard is asked of."""
        if self._clean[at]:
            payload = self._payload(at)
            erasure_root = payload[HASH_BYTES : 2 * HASH_BYTES]
            index = int.from_bytes(payload[64:66], "little")
        else:
            fields = self._fields(at, number, speaker)
            if fields is None:
                return None
            erasure_root, index = fields["erasure_root"], fields["shard"]
        received_at = self._received_at[at]
        self._sums.shard_request(received_at, speaker.node, number, index)
        entry = self._sums.erasure(received_at, erasure_root)
        if entry is not None:
            entry["requested"] += 1
        return erasure_root

    def serve(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        """124, 144 and 152 tell which erasure root a request that came in is about."""
        if self._clean[at]:
            payload = self._payload(at)
            erasure_root = payload[REF_BYTES : REF_BYTES + HASH_BYTES]
            index = int.from_bytes(payload[40:42], "little")
        else:
            fields = self._fields(at, number, speaker)
            if fields is None:
                return
            erasure_root, index = fields["erasure_root"], fields.get("shard", 0)
        if root is not None:
            root.linked = erasure_root
        received_at = self._received_at[at]
        if number == SHARD_REQUEST_RECEIVED:
            self._sums.shard_request(received_at, None, number, index)
        entry = self._sums.erasure(received_at, erasure_root)
        if entry is not None:
            entry[ERASURE_SERVED[number]] += 1

    def end_request(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        """A request for a shard, a bundle shard or a bundle came to its end."""
        if number in FAILURES:
            self._failure(at, number, speaker, root)
        if root is not None and root.linked is not None:
            self._belongs(at, root.linked)
            entry = self._sums.erasure(self._received_at[at], root.linked)
            if entry is not None:
                entry[ERASURE_ENDS[number]] += 1

    def distribute(self, at: int, number: int, speaker: Speaker, root: Root | None) -> bytes:
        """126: the anchor of an assurance."""
        anchor = self._payload(at)[:HASH_BYTES]
        self._sums.assurance(self._received_at[at], anchor, number)
        return anchor

    def assure(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        """127 to 129, of an assurance that is being distributed."""
        if number in FAILURES:
            self._failure(at, number, speaker, root)
        if root is not None and isinstance(root.linked, bytes):
            self._belongs(at, root.linked)
            self._sums.assurance(self._received_at[at], root.linked, number)
