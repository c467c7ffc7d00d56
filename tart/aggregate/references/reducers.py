"""What is learned of each event type: the table from a type to what is done with it.

Pure. ``MEANINGS`` has one entry for every type that tells more than that it happened and is
looked at by itself: pipelines, failures and their reasons, links between nodes. What comes in
masses is counted by the batch (``requests``). Fields are read where the declaration says they
are (``EventBatch.clean``), or by the plain decoder.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tart.aggregate.core.event_batch import EventBatch, Rows
from tart.aggregate.core.failure_events import FAILED_REASONS, FAILURES
from tart.aggregate.core.tables import ROWS
from tart.aggregate.core.transactions import Pending
from tart.aggregate.keyed.counters import KeyedCounters
from tart.aggregate.keyed.first_seen import FirstSeen
from tart.aggregate.keyed.gauges import BEST, FINALIZED, SYNC, Gauges
from tart.aggregate.keyed.pipelines import (
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
    PipelineState,
)
from tart.aggregate.references.open_references import Linked, TicketGeneration
from tart.aggregate.references.peer_message_reducers import PeerMessageReducers, Root, Speaker
from tart.aggregate.references.requests import HASH_BYTES
from tart.protocol.references import ROOT_TYPES

_BLOCK_FAILURES = frozenset({41, 44, 46})
# What says more of a pipeline than which one it is of.
_TELLING = frozenset(
    {*_BLOCK_FAILURES, AUTHORED, EXECUTED, FAILED, DUPLICATE, 94, AUTHORIZED, REFINED, 102}
    | {GUARANTEE_BUILT}
)
PIPELINE_ROOTS = frozenset({AUTHORING, IMPORTING, SUBMISSION, SHARE})
# Which counter of a package they add to.
_OF_SENDING = {SENDING: "sending", SENT: "sent", SEND_FAILED: "send_failed"}
_PIPELINES: dict[str, type[Pipeline]] = {"blocks": Block, "packages": Package}


class Reducers(PeerMessageReducers):
    """Learns from events, one at a time, of the batch in ``batch``."""

    def __init__(
        self, sums: KeyedCounters, sightings: FirstSeen, gauges: Gauges, pending: Pending
    ) -> None:
        super().__init__(sums, sightings, pending)
        self._pending = pending
        self._gauges = gauges
        self._closed: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _PIPELINES}
        self._tickets: list[tuple[Any, ...]] = []
        # Of the batch: which events inherit which slot or core.
        self._slots: dict[int, int] = {}
        self._cores: dict[int, int] = {}
        # Of the batch: events that a guarantee was sent, by package and type, not yet counted.
        self._sent: dict[tuple[Package, int], list[int]] = {}
        # Of the batch: pipelines as they were before it.
        self._before: dict[Pipeline, PipelineState] = {}

    def begin(self, batch: EventBatch) -> None:
        """A batch, of whose events the following are."""
        self._slots.clear()
        self._cores.clear()
        self._sent.clear()
        self._before.clear()
        super().begin(batch)

    def learn(self, at: int, number: int, speaker: Speaker, root: Root | None) -> Linked:
        """Learn from one event; what it is about is returned, for those that will refer to it.

        If this raises, nothing was learned.
        """
        pipeline = root.linked if root is not None else None
        state = None
        if isinstance(pipeline, Pipeline):
            state = pipeline.state()
            self._before.setdefault(pipeline, state)
        calls, sent = len(self._pending), self._sent.copy() if self._sent else {}
        meaning = MEANINGS[number]
        try:
            if meaning is not None:
                return meaning(self, at, number, speaker, root)
            return self._inherit(at, root) if root is not None else None
        except Exception:
            self._pending.undo(calls)
            self._sent = sent
            self._slots.pop(at, None)
            self._cores.pop(at, None)
            self.contexts.pop(at, None)
            if isinstance(pipeline, Pipeline) and state is not None:
                pipeline.restore(state)
            raise

    def finish(self) -> None:
        """The batch is over: what was put off is done."""
        for package, number in list(self._sent):
            self._count_sent(package, number)
        self._batch.learn_slots([*self._slots], [*self._slots.values()])
        self._batch.learn_cores([*self._cores], [*self._cores.values()])

    def undo(self) -> None:
        """The batch failed: pipelines are again as they were before it."""
        for pipeline, state in self._before.items():
            pipeline.restore(state)
        self._before.clear()
        self._pending.undo()
        self.contexts = {}

    def close(self, linked: Linked) -> None:
        """Nothing more is expected of what a root carries: a pipeline's row is complete."""
        if isinstance(linked, Pipeline) and not linked.written:
            row = linked.row()
            linked.written = True
            self._closed[linked.table].append(row)

    def _conclude(self, pipeline: Pipeline) -> None:
        """Close it, with the row it has now, when the batch is complete."""
        if pipeline.done and not pipeline.written:
            row = pipeline.row()
            pipeline.written = True
            self._later(self._closed[pipeline.table].append, row)

    def _inherit(self, at: int, root: Root) -> Linked:
        """Of an event that only refers: it belongs to the pipeline of its root."""
        if isinstance(root.linked, Pipeline):
            self._touch(at, root.linked)
            return root.linked
        if root.number in ROOT_TYPES:
            self.contexts[at] = int(self._batch.columns.ref[at]), None
        return None

    def _fail(self, at: int, number: int, speaker: Speaker, root: Root | None) -> Linked:
        """A failure that says no more of what it is part of, but belongs to it."""
        self.fail(at, number, speaker, root)
        return None if root is None else self._inherit(at, root)

    def belong(self, rows: list[int], abouts: list[bytes]) -> None:
        """Events of a request or of an assurance: what their roots are about, they are about."""
        for at, about in zip(rows, abouts, strict=True):
            self.contexts[at] = int(self._batch.columns.ref[at]), about

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
    ) -> Block | None:
        fields = self.fields(at, number, speaker)
        if fields is None:
            return None
        block = Block(**self._opening(at, number), slot=fields["slot"], parent=fields.get("parent"))
        if number == IMPORTING:
            block.outline(fields["outline"])
            self._see(at, number, fields["slot"], block.values["hash"])
        self._touch(at, block)
        return block

    def _begin_package(self, at: int, number: int, speaker: Speaker, root: Root | None) -> Package:
        package = Package(**self._opening(at, number), peer=self._payload(at)[:HASH_BYTES])
        self._touch(at, package)
        return package

    def _opening(self, at: int, number: int) -> dict[str, Any]:
        batch = self._batch
        return {
            "started_at": self._received_at[at],
            "node": int(batch.columns.node[at]),
            "session": int(batch.columns.session[at]),
            "seq": self._seq[at],
            "root": int(batch.columns.event_id[at]),
            "kind": number,
            "outcome": UNFINISHED,
            "started": self._timestamp[at],
        }

    def _touch(self, at: int, pipeline: Pipeline) -> None:
        pipeline.touch(self._seq[at], self._received_at[at])
        self._belong([at], pipeline)

    def _belong(self, rows: list[int], pipeline: Pipeline) -> None:
        """What events of a pipeline inherit, and what they are about."""
        if pipeline.slot is not None:
            self._slots.update(dict.fromkeys(rows, pipeline.slot))
        if pipeline.core is not None:
            self._cores.update(dict.fromkeys(rows, pipeline.core))
        self.contexts.update(dict.fromkeys(rows, (pipeline.values["root"], pipeline.hash)))

    def _follow_block(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        block = root.linked if root else None
        failure = number in _BLOCK_FAILURES
        if failure:
            self.fail(at, number, speaker, root)
        fields = (self.fields(at, number, speaker) or {}) if number in _TELLING else {}
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
        self._conclude(block)

    def _execute(self, at: int, block: Block, fields: dict[str, Any]) -> None:
        received_at = self._received_at[at]
        assert block.hash is not None
        for service, cost in fields.get("accumulate_costs", ()):
            total = cost["total"]
            self._later(
                self._sums.execution,
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
            self.fail(at, number, speaker, root)
        fields = (self.fields(at, number, speaker) or {}) if number in _TELLING else {}
        if not isinstance(package, Package):
            self._cost(at, number, None, fields)
            return None
        for each in _OF_SENDING:
            self._count_sent(package, each)
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
        self._core_events([at], number, package)
        self._conclude(package)
        return package

    def _core_events(self, rows: list[int], number: int, package: Package) -> None:
        if package.core is not None:
            node = int(self._batch.columns.node[rows[0]])
            times = [self._received_at[at] for at in rows]
            self._later(self._sums.core_events, times, node, package.core, number)

    def _cost(self, at: int, number: int, package: Package | None, fields: dict[str, Any]) -> None:
        """What was executed counts, even if nobody knows for which package."""
        received_at, node = self._received_at[at], int(self._batch.columns.node[at])
        core, services = (package.core, package.services) if package else (None, [])
        if number == AUTHORIZED and fields:
            total = fields["cost"]["total"]
            self._later(
                self._sums.authorization,
                received_at,
                node,
                core,
                total["gas_used"],
                total["elapsed_ns"],
            )
        elif number == REFINED and fields:
            for item, cost in enumerate(fields["costs"]):
                service = services[item] if item < len(services) else None
                total = cost["total"]
                self._later(
                    self._sums.refinement,
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
        """106 to 108, which refer to the guarantee built, not to the submission.

        There are as many as validators: they are counted together, before anything else is
        said of the package.
        """
        package = root.linked if root else None
        if number == SEND_FAILED:
            self.fail(at, number, speaker, root)
        if not isinstance(package, Package):
            return None
        self._sent.setdefault((package, number), []).append(at)
        return package

    def _count_sent(self, package: Package, number: int) -> None:
        rows = self._sent.pop((package, number), None)
        if rows is None:
            return
        package.more(_OF_SENDING[number], len(rows))
        package.touch(self._seq[rows[-1]], self._received_at[rows[-1]])
        self._belong(rows, package)
        self._core_events(rows, number, package)

    def _discard_preimage(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        fields = self.fields(at, number, speaker)
        if fields is not None and fields["reason"] in FAILED_REASONS[number]:
            self._later(
                self._sums.failure, self._received_at[at], speaker.node, number, fields["reason"]
            )

    def _status(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        fields = self.fields(at, number, speaker)
        if fields is not None:
            self._later(self._gauges.status, self._received_at[at], speaker.node, fields)

    def _head(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        payload = self._payload(at)
        value = payload[0] if number == SYNC else int.from_bytes(payload[:4], "little")
        self._later(self._gauges.head, self._received_at[at], speaker.node, number, value)
        if number != SYNC:
            self._later(
                self._sums.reach, self._received_at[at], number, value, payload[4 : 4 + HASH_BYTES]
            )

    def _generate_tickets(
        self, at: int, number: int, speaker: Speaker, root: Root | None
    ) -> TicketGeneration | None:
        fields = self.fields(at, number, speaker)
        return TicketGeneration(self._received_at[at], fields["epoch"]) if fields else None

    def _end_tickets(self, at: int, number: int, speaker: Speaker, root: Root | None) -> None:
        if number in FAILURES:
            self.fail(at, number, speaker, root)
        fields = self.fields(at, number, speaker)
        if root is None or not isinstance(root.linked, TicketGeneration) or fields is None:
            return
        started_at, epoch = root.linked
        tickets = len(fields.get("ids", ()))
        outcome = "failed" if number in FAILURES else "generated"
        row = (
            *(started_at, self._received_at[at], speaker.node, epoch, outcome, tickets),
            fields.get("reason"),
        )
        self._later(self._tickets.append, row)


Meaning = Callable[[Reducers, int, int, Speaker, "Root | None"], Linked]


def _meanings() -> list[Meaning | None]:
    table: list[Meaning | None] = [None] * 256
    groups: tuple[tuple[Meaning, tuple[int, ...]], ...] = (
        (Reducers._fail, tuple(FAILURES)),
        (Reducers._status, (10,)),
        (Reducers._head, (BEST, FINALIZED, SYNC)),
        (Reducers._begin_block, (AUTHORING, IMPORTING)),
        (Reducers._follow_block, (41, AUTHORED, 44, 45, 46, EXECUTED)),
        (Reducers.see_stream, (60,)),
        (Reducers.see_announced, (62,)),
        (Reducers.see_transferred, (68,)),
        (Reducers._generate_tickets, (80,)),
        (Reducers._end_tickets, (81, 82)),
        (Reducers.transfer_ticket, (84,)),
        (Reducers._begin_package, (SUBMISSION, SHARE)),
        (Reducers._follow_package, (FAILED, DUPLICATE, 94, AUTHORIZED, 96, 97, 98, 100)),
        (Reducers._follow_package, (REFINED, 102, 103, 104, GUARANTEE_BUILT, 109)),
        (Reducers._follow_guarantee, (SENDING, SEND_FAILED, SENT)),
        (Reducers._discard_preimage, (192, 199)),
    )
    for meaning, numbers in groups:
        for number in numbers:
            table[number] = meaning
    return table


MEANINGS = _meanings()


def row_columns(table: str, rows: list[tuple[Any, ...]]) -> Rows:
    """Rows of a table as columns."""
    names = list(ROWS[table])
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}
