"""Reducers of status events: gauges, best and finalized blocks, sync status.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from tart.aggregate.references.batch_reducers import HASH_BYTES
from tart.aggregate.references.reducer_state import Event, Reducer, ReducerState
from tart.protocol.events import EventKind

_SLOT_BYTES = 4


def _reduce_status(state: ReducerState, event: Event) -> None:
    fields = state.fields(event)
    if fields is not None:
        received_at = state.received_at[event.index]
        state.defer(state.gauges.add_status, received_at, event.reporter.node, fields)


def _reduce_sync(state: ReducerState, event: Event) -> None:
    received_at, node = state.received_at[event.index], event.reporter.node
    state.defer(
        state.gauges.add_chain_statement, received_at, node, event.number, state.payload(event)[0]
    )


def _reduce_head(state: ReducerState, event: Event) -> None:
    received_at, number = state.received_at[event.index], event.number
    if state.clean[event.index]:
        payload = state.payload(event)
        slot = int.from_bytes(payload[:_SLOT_BYTES], "little")
        block = payload[_SLOT_BYTES : _SLOT_BYTES + HASH_BYTES]
    else:
        fields = state.fields(event)
        if fields is None:
            return
        slot, block = fields["slot"], fields["hash"]
    state.defer(state.gauges.add_chain_statement, received_at, event.reporter.node, number, slot)
    state.defer(state.counters.add_block_reached, received_at, number, slot, block)
    arrival = [(received_at, event.reporter.node)]
    state.defer(state.deliveries.add_first_arrivals, number, block, slot, arrival)


REDUCERS: Mapping[int, Reducer] = {
    EventKind.STATUS: _reduce_status,
    EventKind.BEST_BLOCK_CHANGED: _reduce_head,
    EventKind.FINALIZED_BLOCK_CHANGED: _reduce_head,
    EventKind.SYNC_STATUS_CHANGED: _reduce_sync,
}
