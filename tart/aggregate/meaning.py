"""What is learned of each event type: the table from a type to what is done with it.

Pure. ``MEANINGS`` has one entry for every type that tells more than that it happened:
pipelines, failures and their reasons, links between nodes, what became of reports and
erasure roots. Fields are read where the declaration says they are (``Heard.clean``), or by
the plain decoder.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from tart.aggregate.exchanges import (
    ERASURE_ENDS,
    ERASURE_SERVED,
    HASH_BYTES,
    REF_BYTES,
    SENDING_SHARD_REQUEST,
    Exchanges,
    Root,
    Speaker,
)
from tart.aggregate.failures import FAILED_REASONS, FAILURES
from tart.aggregate.gauges import BEST, FINALIZED, SYNC, Gauges
from tart.aggregate.heard import Rows
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
from tart.protocol.decoding import HEADER_BYTES
from tart.protocol.types import GUARANTEE_DISCARD_REASON

_GUARANTEE_RECEIVED, _GUARANTEE_DISCARDED = 112, 113
ASSURANCE_RECEIVED = 131
_BLOCK_FAILURES = frozenset({41, 44, 46})
# What says more of a pipeline than which one it is of.
_TELLING = frozenset(
    {*_BLOCK_FAILURES, AUTHORED, EXECUTED, FAILED, DUPLICATE, 94, AUTHORIZED, REFINED, 102}
    | {GUARANTEE_BUILT}
)
_OTHER_REASON = GUARANTEE_DISCARD_REASON.names.index("Other")
PIPELINE_ROOTS = frozenset({AUTHORING, IMPORTING, SUBMISSION, SHARE})
_PIPELINES: dict[str, type[Pipeline]] = {"blocks": Block, "packages": Package}


class Meanings(Exchanges):
    """Learns from events, one at a time, of the batch in ``heard``."""

    def __init__(self, sums: Sums, sightings: Sightings, gauges: Gauges) -> None:
        super().__init__(sums, sightings)
        self._gauges = gauges
        self._closed: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _PIPELINES}
        self._tickets: list[tuple[Any, ...]] = []

    def receive_assurances(self, rows: list[int]) -> None:
        """131 of the batch, all at once: a sixth of what a full network says."""
        contents, received_at = self._heard.contents, self._received_at
        start, end = HEADER_BYTES + HASH_BYTES, HEADER_BYTES + 2 * HASH_BYTES
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
        if isinstance(root.linked, bytes):
            self._belongs(at, root.linked)
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
        package = Package(**self._opening(at, number), peer=self._payload(at)[:HASH_BYTES])
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
        fields = (self._fields(at, number, speaker) or {}) if number in _TELLING else {}
        if not isinstance(block, Block):
            if number == AUTHORED and fields:
                self._see(at, number, None, fields["outline"]["hash"])
            return
        timestamp = self._timestamp[at]
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
        fields = (self._fields(at, number, speaker) or {}) if number in _TELLING else {}
        if not isinstance(package, Package):
            self._cost(at, number, None, fields)
            return None
        timestamp = self._timestamp[at]
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
        self._core_event(at, number, package)
        if package.done:
            self.close(package)
        return package

    def _core_event(self, at: int, number: int, package: Package) -> None:
        if package.core is not None:
            node = int(self._heard.node[at])
            self._sums.core_event(self._received_at[at], node, package.core, number)

    def _cost(self, at: int, number: int, package: Package | None, fields: dict[str, Any]) -> None:
        """What was executed counts, even if nobody knows for which package."""
        received_at, node = self._received_at[at], int(self._heard.node[at])
        core, services = (package.core, package.services) if package else (None, [])
        if number == AUTHORIZED and fields:
            total = fields["cost"]["total"]
            self._sums.authorization(
                received_at, node, core, total["gas_used"], total["elapsed_ns"]
            )
        elif number == REFINED and fields:
            for item, cost in enumerate(fields["costs"]):
                service = services[item] if item < len(services) else None
                total = cost["total"]
                self._sums.refinement(
                    received_at,
                    node,
                    core,
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
        self._core_event(at, number, package)
        return package

    def _receive_guarantee(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        """112 and 113: an outline, and 113's reason."""
        start = REF_BYTES if number == _GUARANTEE_RECEIVED else 0
        payload = self._payload(at)
        if self._clean[at]:
            report = payload[start : start + HASH_BYTES]
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
        if number != SYNC:
            self._sums.reach(self._received_at[at], number, value, payload[4 : 4 + HASH_BYTES])

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
        (Meanings.see_stream, (60,)),
        (Meanings.see_announced, (62,)),
        (Meanings.see_transferred, (68,)),
        (Meanings._generate_tickets, (80,)),
        (Meanings._end_tickets, (81, 82)),
        (Meanings.transfer_ticket, (84,)),
        (Meanings._begin_package, (SUBMISSION, SHARE)),
        (Meanings._follow_package, (FAILED, DUPLICATE, 94, AUTHORIZED, 96, 97, 98, 100)),
        (Meanings._follow_package, (REFINED, 102, 103, 104, GUARANTEE_BUILT, 109)),
        (Meanings._follow_guarantee, (SENDING, SEND_FAILED, SENT)),
        (Meanings._receive_guarantee, (_GUARANTEE_RECEIVED, _GUARANTEE_DISCARDED)),
        (Meanings.request_shard, (SENDING_SHARD_REQUEST,)),
        (Meanings.serve, tuple(ERASURE_SERVED)),
        (Meanings.end_request, tuple(ERASURE_ENDS)),
        (Meanings.distribute, (126,)),
        (Meanings.assure, (127, 128, 129)),
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
