"""Reducers of messages between nodes: announcements, block transfers, tickets, preimages.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from tart.aggregate.core.failure_events import FAILED_REASONS
from tart.aggregate.references.batch_reducers import side_of
from tart.aggregate.references.open_references import TicketGeneration
from tart.aggregate.references.reducer_state import Event, Fields, Reducer, ReducerState
from tart.protocol.events import EventKind

# Column ``side`` of ``transfers``.
SENT, RECEIVED, UNKNOWN = 0, 1, 2
_TRANSFER_SIDES: Mapping[int | None, int] = {
    EventKind.SENDING_BLOCK_REQUEST: RECEIVED,
    EventKind.RECEIVING_BLOCK_REQUEST: SENT,
}


def _add_link(state: ReducerState, event: Event, peer: bytes, side: int) -> None:
    received_at, node = state.received_at[event.index], event.reporter.node
    state.defer(state.counters.add_link, received_at, node, peer, event.number, side)


def _reduce_stream_opened(state: ReducerState, event: Event) -> None:
    fields = state.fields(event)
    if fields is not None:
        _add_link(state, event, fields["peer"], side_of(fields["opener"]))


def _reduce_block_transferred(state: ReducerState, event: Event) -> None:
    """Count a transfer; a block that was requested is a sight, one that was sent is not."""
    fields = state.fields(event)
    if fields is None:
        return
    side = _TRANSFER_SIDES.get(event.parent, UNKNOWN)
    received_at, slot = state.received_at[event.index], fields["slot"]
    state.defer(state.counters.add_transfer, received_at, event.reporter.node, slot, side)
    if side == RECEIVED:
        state.add_first_seen(event, slot, fields["outline"]["hash"])


def _reduce_ticket_transferred(state: ReducerState, event: Event) -> None:
    fields = state.fields(event)
    if fields is not None:
        _add_link(state, event, fields["peer"], side_of(fields["sender"]))


def _open_generation(state: ReducerState, event: Event) -> TicketGeneration | None:
    fields = state.fields(event)
    return TicketGeneration(state.received_at[event.index], fields["epoch"]) if fields else None


def _reduce_generation_failed(state: ReducerState, event: Event) -> None:
    fields = state.fields(event)
    state.count_failure(event, fields)
    _end_generation(state, event, fields, "failed")


def _reduce_generated(state: ReducerState, event: Event) -> None:
    _end_generation(state, event, state.fields(event), "generated")


def _end_generation(state: ReducerState, event: Event, fields: Fields | None, outcome: str) -> None:
    """Add a row of ``tickets``, if the beginning of the generation is known."""
    generation = event.subject
    if fields is None or not isinstance(generation, TicketGeneration):
        return
    row = (
        generation.started_at,
        state.received_at[event.index],
        event.reporter.node,
        generation.epoch,
        outcome,
        len(fields.get("ids", ())),
        fields.get("reason"),
    )
    state.defer(state.tickets.append, row)


def _reduce_preimage_discarded(state: ReducerState, event: Event) -> None:
    fields = state.fields(event)
    if fields is not None and fields["reason"] in FAILED_REASONS[event.number]:
        state.count_failure(event, fields)


REDUCERS: Mapping[int, Reducer] = {
    EventKind.BLOCK_ANNOUNCEMENT_STREAM_OPENED: _reduce_stream_opened,
    EventKind.BLOCK_TRANSFERRED: _reduce_block_transferred,
    EventKind.GENERATING_TICKETS: _open_generation,
    EventKind.TICKET_GENERATION_FAILED: _reduce_generation_failed,
    EventKind.TICKETS_GENERATED: _reduce_generated,
    EventKind.TICKET_TRANSFERRED: _reduce_ticket_transferred,
    EventKind.ANNOUNCED_PREIMAGE_FORGOTTEN: _reduce_preimage_discarded,
    EventKind.PREIMAGE_DISCARDED: _reduce_preimage_discarded,
}
