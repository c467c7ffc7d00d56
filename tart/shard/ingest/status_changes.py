"""Events about nodes themselves: their statements, blocks, and events that they dropped."""

from __future__ import annotations

from collections.abc import Callable

from tart.aggregate.columnar.live_counters import LiveCounters
from tart.aggregate.core.isolation import Isolation
from tart.aggregate.keyed.best_slots import BestSlots
from tart.protocol.events import EventKind
from tart.shard.decode.batch_decoder import StatusChange
from tart.shard.state.node_statements import STATEMENT_TYPES
from tart.shard.state.nodes import Session
from tart.units import SECOND_US


class StatusChanges:
    """Applies events about nodes to what is known of them.

    Args:
        counters: Counts by second, which get the heads of the chain.
        isolation: Records failures of ``best_slots``.
        count_dropped: Counts events that a node dropped.

    Attributes:
        best_slots: The best slots that nodes state.
    """

    def __init__(
        self,
        counters: LiveCounters,
        isolation: Isolation,
        count_dropped: Callable[[Session, int], None],
    ) -> None:
        self.best_slots = BestSlots()
        self._counters = counters
        self._isolation = isolation
        self._count_dropped = count_dropped

    def apply(self, change: StatusChange) -> None:
        """Apply an event."""
        session = change.session
        if change.type == EventKind.DROPPED:
            if change.dropped is not None:
                self._count_dropped(session, change.dropped)
            return
        if change.type not in STATEMENT_TYPES:
            return
        statement = session.add_statement(
            change.type, change.received_at, change.timestamp, change.payload
        )
        if change.type in (EventKind.BEST_BLOCK_CHANGED, EventKind.FINALIZED_BLOCK_CHANGED):
            second = self._counters.at(change.received_at // SECOND_US)
            if block := statement.fields.get("hash"):
                second.add_head(change.type, block)
            if change.type == EventKind.BEST_BLOCK_CHANGED:
                with self._isolation.guard("best_slots", session=session.number):
                    self._count_best_slot(change)

    def _count_best_slot(self, change: StatusChange) -> None:
        """Count the best slot that the connection states now."""
        session, statement = change.session, change.session.statements[change.type]
        slot = statement.fields.get("slot")
        if slot is not None:
            assert session.node is not None
            self.best_slots.add(slot, session.node.row, change.received_at)
