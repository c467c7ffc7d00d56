"""What is learned of each event type: the table from a type to what is done with it.

Pure. ``MEANINGS`` has one entry for every type that tells more than that it happened:
pipelines, failures and their reasons, links between nodes, what became of reports and
erasure roots. Fields are read where the declaration says they are (``Heard.clean``), or by
the plain decoder.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from tart.aggregate.failures import FAILED_REASONS, FAILURES
from tart.aggregate.gauges import BEST, FINALIZED, SYNC, Gauges
from tart.aggregate.heard import Heard, Rows, Voice
from tart.aggregate.pipelines import (
    AUTHORED,
    AUTHORING,
    AUTHORIZED,
    DUPLICATE,
    EXECUTED,
    FAILED,
    GUARANTEE_BUILT,
    IMPORTING,
    REFINED,
    SEND_FAILED,
    SENDING,
    SENT,
    SHARE,
    SUBMISSION,
    UNFINISHED,
    Block,
    Package,
    Pipeline,
)
from tart.aggregate.sightings import Sightings
from tart.aggregate.sums import Sums
from tart.aggregate.tables import ROWS, TICK_US
from tart.errors import DecodeError
from tart.protocol.decoding import HEADER_BYTES, decode_event
from tart.protocol.types import GUARANTEE_DISCARD_REASON

_HASH = 32
_REF = 8
_SENDING_BLOCK_REQUEST = 63
_GUARANTEE_RECEIVED, _GUARANTEE_DISCARDED = 112, 113
ASSURANCE_RECEIVED = 131
_BLOCK_FAILURES = frozenset({41, 44, 46})
# What says more of a pipeline than which one it is of.
_TELLING = frozenset(
    {*_BLOCK_FAILURES, AUTHORED, EXECUTED, FAILED, DUPLICATE, 94, AUTHORIZED, REFINED, 102}
    | {GUARANTEE_BUILT}
)
_OTHER_REASON = GUARANTEE_DISCARD_REASON.names.index("Other")
# Which counter of an erasure root a request's end belongs to.
_ERASURE_ENDS = {
    125: "transferred",
    122: "failed",
    145: "bundle_shards_transferred",
    142: "bundle_shards_failed",
    153: "bundles_transferred",
    150: "bundles_failed",
}
_ERASURE_SERVED = {124: "served", 144: "bundle_shards_served", 152: "bundles_served"}
PIPELINE_ROOTS = frozenset({AUTHORING, IMPORTING, SUBMISSION, SHARE})
_PIPELINES: dict[str, type[Pipeline]] = {"blocks": Block, "packages": Package}


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


class Meanings:
    """Learns from events, one at a time, of the batch in ``heard``."""

    def __init__(self, sums: Sums, sightings: Sightings, gauges: Gauges) -> None:
        self._sums = sums
        self._sightings = sightings
        self._gauges = gauges
        # Of the batch, by index: the root's event id and the pipeline's hash.
        self.contexts: dict[int, tuple[int, bytes | None]] = {}
        self._closed: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _PIPELINES}
        self._tickets: list[tuple[Any, ...]] = []

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

    def receive_assurances(self, rows: list[int]) -> None:
        """131 of the batch, all at once: a sixth of what a full network says."""
        contents, received_at = self._heard.contents, self._received_at
        start, end = HEADER_BYTES + _HASH, HEADER_BYTES + 2 * _HASH
        anchors = [contents[at][start:end] for at in rows]
        ticks = [received_at[at] // TICK_US for at in rows]
        for (anchor, tick), count in Counter(zip(anchors, ticks, strict=True)).items():
            self._sums.assurance(tick * TICK_US, anchor, ASSURANCE_RECEIVED, count)

    def close(self, linked: Any) -> None:
        """Nothing more is expected of a pipeline; what is none, is left."""
        if isinstance(linked, Pipeline) and not linked.written:
            linked.written = True
            self._closed[linked.table].append(linked.row())

    def inherit(self, at: int, root: Root) -> Any:
        """Of an event that only refers: it belongs to the pipeline of its root."""
        if isinstance(root.linked, Pipeline):
            self._touch(at, root.linked)
            return root.linked
        return None

    def rows(self, table: str, still_open: list[Pipeline]) -> Rows:
        """Closed pipelines, and those still open as they are now."""
        if table == "tickets":
            return row_columns(table, self._tickets)
        found = [each.row() for each in still_open if each.table == table and not each.written]
        return row_columns(table, self._closed[table] + found)

    def clear(self) -> None:
        """What is closed was written."""
        for closed in self._closed.values():
            closed.clear()
        self._tickets.clear()

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

    def _begin_block(
        self, at: int, number: int, speaker: Speaker, root: Root | None
    ) -> Pipeline | None:
        fields = self._fields(at, number, speaker)
        if fields is None:
            return None
        block = Block(**self._opening(at, number), slot=fields["slot"], parent=fields.get("parent"))
        if number == IMPORTING:
            block.outline(fields["outline"])
            self._see(at, number, fields["slot"], block.values["hash"])
        self._touch(at, block)
        return block

    def _begin_package(self, at: int, number: int, speaker: Speaker, root: Root | None) -> Pipeline:
        package = Package(**self._opening(at, number), peer=self._payload(at)[:_HASH])
        self._touch(at, package)
        return package

    def _opening(self, at: int, number: int) -> dict[str, Any]:
        heard = self._heard
        return {
            "started_at": self._received_at[at],
            "node": int(heard.node[at]),
            "session": int(heard.session[at]),
            "seq": self._seq[at],
            "root": int(heard.event_id[at]),
            "kind": number,
            "outcome": UNFINISHED,
            "started": self._timestamp[at],
        }

    def _touch(self, at: int, pipeline: Pipeline) -> None:
        heard = self._heard
        pipeline.touch(self._seq[at], self._received_at[at])
        heard.learn_slot(at, pipeline.slot)
        heard.learn_core(at, pipeline.core)
        self.contexts[at] = pipeline.values["root"], pipeline.hash

    def _follow_block(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        block = root.linked if root else None
        failure = number in _BLOCK_FAILURES
        if failure:
            self._failure(at, number, speaker, root)
        if not isinstance(block, Block):
            return
        timestamp = self._timestamp[at]
        fields = (self._fields(at, number, speaker) or {}) if number in _TELLING else {}
        if failure:
            block.fail(number, timestamp, str(fields.get("reason", "")))
        elif fields or number not in _TELLING:
            block.follow(number, timestamp, fields)
        if number == EXECUTED and block.hash is not None:
            self._execute(at, block, fields)
        if number == AUTHORED and block.slot is not None and block.hash is not None:
            self._see(at, number, block.slot, block.hash)
        self._touch(at, block)
        if block.done:
            self.close(block)

    def _execute(self, at: int, block: Block, fields: dict[str, Any]) -> None:
        received_at = self._received_at[at]
        assert block.hash is not None
        for service, cost in fields.get("accumulate_costs", ()):
            total = cost["total"]
            self._sums.execution(
                received_at,
                block.hash,
                block.slot,
                service,
                total["gas_used"],
                total["elapsed_ns"],
            )

    def _follow_package(
        self, at: int, number: int, speaker: Speaker, root: Root | None
    ) -> Package | None:
        package = root.linked if root else None
        if number == FAILED:
            self._failure(at, number, speaker, root)
        if not isinstance(package, Package):
            return None
        timestamp = self._timestamp[at]
        fields = (self._fields(at, number, speaker) or {}) if number in _TELLING else {}
        if number == FAILED:
            package.fail(number, timestamp, str(fields.get("reason", "")))
        elif number == DUPLICATE and fields:
            package.values.setdefault("core", fields["core"])
            package.values.setdefault("hash", fields["hash"])
            package.fail(number, timestamp, "", "duplicate")
        elif fields or number not in _TELLING:
            package.follow(number, timestamp, fields)
            self._cost(at, number, package, fields)
        self._touch(at, package)
        if package.done:
            self.close(package)
        return package

    def _cost(self, at: int, number: int, package: Package, fields: dict[str, Any]) -> None:
        received_at, node = self._received_at[at], int(self._heard.node[at])
        if number == AUTHORIZED:
            total = fields["cost"]["total"]
            self._sums.authorization(
                received_at, node, package.core, total["gas_used"], total["elapsed_ns"]
            )
        elif number == REFINED:
            for item, cost in enumerate(fields["costs"]):
                service = package.services[item] if item < len(package.services) else None
                total = cost["total"]
                self._sums.refinement(
                    received_at,
                    node,
                    package.core,
                    service,
                    total["gas_used"],
                    total["elapsed_ns"],
                )

    def _follow_guarantee(
        self, at: int, number: int, speaker: Speaker, root: Root | None
    ) -> Package | None:
        """106 to 108, which refer to the guarantee built, not to the submission."""
        package = root.linked if root else None
        if number == SEND_FAILED:
            self._failure(at, number, speaker, root)
        if not isinstance(package, Package):
            return None
        package.more({SENDING: "sending", SENT: "sent", SEND_FAILED: "send_failed"}[number])
        self._touch(at, package)
        return package

    def _see_announced(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        if self._clean[at]:
            payload = self._payload(at)
            peer, side = payload[:_HASH], payload[_HASH]
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

    def _see_transferred(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        """Block transfers count for what was asked for (63), not for what was given (64)."""
        if root is None or root.number != _SENDING_BLOCK_REQUEST:
            return
        fields = self._fields(at, number, speaker)
        if fields is not None:
            self._see(at, number, fields["slot"], fields["outline"]["hash"])

    def _see(self, at: int, number: int, slot: int, block: bytes) -> None:
        heard = self._heard
        self._sightings.see(
            self._received_at[at],
            int(heard.node[at]),
            block,
            slot,
            number,
            self._timestamp[at],
        )

    def _transfer_ticket(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        fields = self._fields(at, number, speaker)
        if fields is not None:
            side = int(fields["sender"] == "Remote")
            received_at = self._received_at[at]
            self._sums.link(received_at, speaker.node, fields["peer"], number, side)

    def _receive_guarantee(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        """112 and 113: an outline, and 113's reason."""
        start = _REF if number == _GUARANTEE_RECEIVED else 0
        payload = self._payload(at)
        if self._clean[at]:
            report = payload[start : start + _HASH]
            slot = int.from_bytes(payload[start + 32 : start + 36], "little")
            discarded = payload[-1] if number == _GUARANTEE_DISCARDED else None
        else:
            fields = self._fields(at, number, speaker)
            if fields is None:
                return
            report, slot = fields["outline"]["work_report_hash"], fields["outline"]["slot"]
            discarded = None
            if number == _GUARANTEE_DISCARDED:
                discarded = _discard_reason(fields["reason"])
        self._sums.report(self._received_at[at], report, slot, discarded)
        if discarded is not None:
            self._discard(at, number, GUARANTEE_DISCARD_REASON.names[discarded])

    def _request_shard(self, at: int, number: int, speaker: Speaker, root: Root | None) -> Any:
        if self._clean[at]:
            erasure_root = self._payload(at)[_HASH : 2 * _HASH]
        else:
            fields = self._fields(at, number, speaker)
            if fields is None:
                return None
            erasure_root = fields["erasure_root"]
        entry = self._sums.erasure(self._received_at[at], erasure_root)
        if entry is not None:
            entry["requested"] += 1
        return erasure_root

    def _serve(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        """124, 144 and 152 tell which erasure root a request that came in is about."""
        if self._clean[at]:
            erasure_root = self._payload(at)[_REF : _REF + _HASH]
        else:
            fields = self._fields(at, number, speaker)
            if fields is None:
                return
            erasure_root = fields["erasure_root"]
        if root is not None:
            root.linked = erasure_root
        entry = self._sums.erasure(self._received_at[at], erasure_root)
        if entry is not None:
            entry[_ERASURE_SERVED[number]] += 1

    def _end_request(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        if number in FAILURES:
            self._failure(at, number, speaker, root)
        if root is not None and root.linked is not None:
            entry = self._sums.erasure(self._received_at[at], root.linked)
            if entry is not None:
                entry[_ERASURE_ENDS[number]] += 1

    def _distribute(self, at: int, number: int, speaker: Speaker, root: Root | None) -> bytes:
        anchor = self._payload(at)[:_HASH]
        self._sums.assurance(self._received_at[at], anchor, number)
        return anchor

    def _assure(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        """127 to 129, of an assurance that is being distributed."""
        if number in FAILURES:
            self._failure(at, number, speaker, root)
        if root is not None and isinstance(root.linked, bytes):
            self._sums.assurance(self._received_at[at], root.linked, number)

    def _failure(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        fields = self._fields(at, number, speaker)
        reason = "" if fields is None else str(fields.get("reason", ""))
        self._sums.failure(self._received_at[at], speaker.node, number, reason)

    def _discard_preimage(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        fields = self._fields(at, number, speaker)
        if fields is not None:
            self._discard(at, number, fields["reason"])

    def _discard(self, at: int, number: int, reason: str) -> None:
        if reason in FAILED_REASONS[number]:
            heard = self._heard
            self._sums.failure(self._received_at[at], int(heard.node[at]), number, reason)

    def _status(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        fields = self._fields(at, number, speaker)
        if fields is not None:
            self._gauges.status(self._received_at[at], speaker.node, fields)

    def _head(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        payload = self._payload(at)
        value = payload[0] if number == SYNC else int.from_bytes(payload[:4], "little")
        self._gauges.head(self._received_at[at], speaker.node, number, value)

    def _generate_tickets(self, at: int, number: int, speaker: Speaker, root: Root | None) -> Any:
        fields = self._fields(at, number, speaker)
        return fields and (self._received_at[at], fields["epoch"])

    def _end_tickets(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        if number in FAILURES:
            self._failure(at, number, speaker, root)
        fields = self._fields(at, number, speaker)
        if root is None or root.linked is None or fields is None:
            return
        started_at, epoch = root.linked
        tickets = len(fields.get("ids", ()))
        outcome = "failed" if number in FAILURES else "generated"
        self._tickets.append(
            (
                *(started_at, self._received_at[at], speaker.node, epoch, outcome, tickets),
                fields.get("reason"),
            )
        )


Meaning = Callable[[Meanings, int, int, Speaker, "Root | None"], Any]


def _meanings() -> list[Meaning | None]:
    table: list[Meaning | None] = [None] * 256
    groups: tuple[tuple[Meaning, tuple[int, ...]], ...] = (
        (Meanings._failure, tuple(FAILURES)),
        (Meanings._status, (10,)),
        (Meanings._head, (BEST, FINALIZED, SYNC)),
        (Meanings._begin_block, (AUTHORING, IMPORTING)),
        (Meanings._follow_block, (41, AUTHORED, 44, 45, 46, EXECUTED)),
        (Meanings._see_announced, (62,)),
        (Meanings._see_transferred, (68,)),
        (Meanings._generate_tickets, (80,)),
        (Meanings._end_tickets, (81, 82)),
        (Meanings._transfer_ticket, (84,)),
        (Meanings._begin_package, (SUBMISSION, SHARE)),
        (Meanings._follow_package, (FAILED, DUPLICATE, 94, AUTHORIZED, 96, 97, 98, 100)),
        (Meanings._follow_package, (REFINED, 102, 103, 104, GUARANTEE_BUILT, 109)),
        (Meanings._follow_guarantee, (SENDING, SEND_FAILED, SENT)),
        (Meanings._receive_guarantee, (_GUARANTEE_RECEIVED, _GUARANTEE_DISCARDED)),
        (Meanings._request_shard, (120,)),
        (Meanings._serve, tuple(_ERASURE_SERVED)),
        (Meanings._end_request, tuple(_ERASURE_ENDS)),
        (Meanings._distribute, (126,)),
        (Meanings._assure, (127, 128, 129)),
        (Meanings._discard_preimage, (192, 199)),
    )
    for meaning, numbers in groups:
        for number in numbers:
            table[number] = meaning
    return table


MEANINGS = _meanings()


def _discard_reason(reason: str | int) -> int:
    """Of a guarantee: its place on the wire; one we do not know is another reason."""
    if isinstance(reason, int):
        return _OTHER_REASON
    return GUARANTEE_DISCARD_REASON.names.index(reason)


def row_columns(table: str, rows: list[tuple[Any, ...]]) -> Rows:
    """Rows of a table as columns."""
    names = list(ROWS[table])
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}
