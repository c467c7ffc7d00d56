"""Reducers of block authoring and importing: pipelines of blocks.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from tart.aggregate.keyed.counters import AccumulationCost
from tart.aggregate.keyed.pipelines import BlockPipeline
from tart.aggregate.references.reducer_state import Event, Fields, Reducer, ReducerState
from tart.protocol.events import EventKind


def _open_authoring(state: ReducerState, event: Event) -> BlockPipeline | None:
    fields = state.fields(event)
    if fields is None:
        return None
    block = BlockPipeline(
        **state.opening_values(event), slot=fields["slot"], parent=fields["parent"]
    )
    state.record_event(event, block)
    return block


def _open_importing(state: ReducerState, event: Event) -> BlockPipeline | None:
    fields = state.fields(event)
    if fields is None:
        return None
    block = BlockPipeline(**state.opening_values(event), slot=fields["slot"], parent=None)
    block.set_outline(fields["outline"])
    state.add_first_seen(event, fields["slot"], fields["outline"]["hash"])
    arrival = [(state.received_at[event.index], event.reporter.node)]
    state.defer(
        state.deliveries.add_first_arrivals,
        event.number,
        fields["outline"]["hash"],
        fields["slot"],
        arrival,
    )
    state.record_event(event, block)
    return block


def _reduce_failure(state: ReducerState, event: Event) -> None:
    fields, block = state.fields(event), event.subject
    state.count_failure(event, fields)
    if isinstance(block, BlockPipeline):
        reason = str(fields.get("reason", "")) if fields else ""
        block.fail(event.number, state.timestamp[event.index], reason)
        _finish(state, event, block)


def _reduce_authored(state: ReducerState, event: Event) -> None:
    fields, block = state.fields(event), event.subject
    if not isinstance(block, BlockPipeline):
        if fields:
            state.add_first_seen(event, None, fields["outline"]["hash"])
        return
    if fields:
        block.advance(event.number, state.timestamp[event.index], fields)
    if block.slot is not None and block.hash is not None:
        state.add_first_seen(event, block.slot, block.hash)
    _finish(state, event, block)


def _reduce_verified(state: ReducerState, event: Event) -> None:
    block = event.subject
    if isinstance(block, BlockPipeline):
        block.advance(event.number, state.timestamp[event.index], {})
        _finish(state, event, block)


def _reduce_executed(state: ReducerState, event: Event) -> None:
    fields, block = state.fields(event), event.subject
    if not isinstance(block, BlockPipeline):
        return
    if fields:
        block.advance(event.number, state.timestamp[event.index], fields)
        if block.hash is not None:
            _add_executions(state, event, block.hash, block.slot, fields)
    _finish(state, event, block)


def _add_executions(
    state: ReducerState, event: Event, block: bytes, slot: int | None, fields: Fields
) -> None:
    for service, cost in fields["accumulate_costs"]:
        state.defer(
            state.counters.add_execution,
            state.received_at[event.index],
            block,
            slot,
            service,
            AccumulationCost(
                gas=cost["total"]["gas_used"],
                elapsed_ns=cost["total"]["elapsed_ns"],
                load_ns=cost["load_ns"],
                items=cost["num_items"],
                transfers=cost["num_transfers"],
            ),
        )


def _finish(state: ReducerState, event: Event, block: BlockPipeline) -> None:
    state.record_event(event, block)
    state.close_if_done(block)


REDUCERS: Mapping[int, Reducer] = {
    EventKind.AUTHORING: _open_authoring,
    EventKind.AUTHORING_FAILED: _reduce_failure,
    EventKind.AUTHORED: _reduce_authored,
    EventKind.IMPORTING: _open_importing,
    EventKind.BLOCK_VERIFICATION_FAILED: _reduce_failure,
    EventKind.BLOCK_VERIFIED: _reduce_verified,
    EventKind.BLOCK_EXECUTION_FAILED: _reduce_failure,
    EventKind.BLOCK_EXECUTED: _reduce_executed,
}
