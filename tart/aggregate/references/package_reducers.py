"""Reducers of guaranteeing: pipelines of work-packages, and the costs of their execution.

Pure. An event that refers to no open work-package still counts: failures, and the costs of
Is-Authorized and Refine.
"""

from __future__ import annotations

from collections.abc import Mapping

from tart.aggregate.keyed.deliveries import Start
from tart.aggregate.keyed.pipelines import PackagePipeline
from tart.aggregate.references.batch_reducers import HASH_BYTES
from tart.aggregate.references.reducer_state import Event, Fields, Reducer, ReducerState
from tart.protocol.events import EventKind

# Events of sending a guarantee, and the column of ``packages`` that counts them.
_SENDING_COLUMNS: Mapping[int, str] = {
    EventKind.SENDING_GUARANTEE.number: "sending",
    EventKind.GUARANTEE_SENT.number: "sent",
    EventKind.GUARANTEE_SEND_FAILED.number: "send_failed",
}


def _open(state: ReducerState, event: Event) -> PackagePipeline:
    # The first field is the peer: the builder of a submission, the primary of a share.
    peer = state.payload(event)[:HASH_BYTES]
    package = PackagePipeline(**state.opening_values(event), peer=peer)
    state.record_event(event, package)
    return package


def _package_of(state: ReducerState, event: Event) -> PackagePipeline | None:
    """Return the event's work-package, up to date with the events that wait."""
    package = event.subject
    if not isinstance(package, PackagePipeline):
        return None
    _count_waiting(state, package)
    return package


def _finish(state: ReducerState, event: Event, package: PackagePipeline) -> PackagePipeline:
    state.record_event(event, package)
    _add_core_events(state, [event.index], event.number, package)
    state.close_if_done(package)
    return package


def _advance(state: ReducerState, event: Event, fields: Fields | None) -> PackagePipeline | None:
    """Record a step of a work-package; ``None`` are fields that cannot be decoded."""
    package = _package_of(state, event)
    if package is None:
        return None
    if fields is not None:
        package.advance(event.number, state.timestamp[event.index], fields)
    return _finish(state, event, package)


def _reduce_step(state: ReducerState, event: Event) -> PackagePipeline | None:
    """Reduce a step of which only the reference is needed."""
    return _advance(state, event, {})


def _reduce_decoded_step(state: ReducerState, event: Event) -> PackagePipeline | None:
    return _advance(state, event, state.fields(event))


def _reduce_failed(state: ReducerState, event: Event) -> PackagePipeline | None:
    fields = state.fields(event)
    state.count_failure(event, fields)
    package = _package_of(state, event)
    if package is None:
        return None
    reason = str(fields.get("reason", "")) if fields else ""
    package.fail(event.number, state.timestamp[event.index], reason)
    return _finish(state, event, package)


def _reduce_duplicate(state: ReducerState, event: Event) -> PackagePipeline | None:
    fields, package = state.fields(event), _package_of(state, event)
    if package is None:
        return None
    if fields:
        package.values.setdefault("core", fields["core"])
        package.values.setdefault("hash", fields["hash"])
        package.fail(event.number, state.timestamp[event.index], "", "duplicate")
    return _finish(state, event, package)


def _reduce_authorized(state: ReducerState, event: Event) -> PackagePipeline | None:
    fields = state.fields(event)
    package = _advance(state, event, fields)
    if fields:
        total = fields["cost"]["total"]
        state.defer(
            state.counters.add_authorization,
            state.received_at[event.index],
            event.reporter.node,
            None if package is None else package.core,
            total["gas_used"],
            total["elapsed_ns"],
            fields["cost"]["load_ns"],
        )
    return package


def _reduce_refined(state: ReducerState, event: Event) -> PackagePipeline | None:
    fields = state.fields(event)
    package = _advance(state, event, fields)
    core, services = (package.core, package.services) if package else (None, [])
    for item, cost in enumerate(fields["costs"] if fields else ()):
        state.defer(
            state.counters.add_refinement,
            state.received_at[event.index],
            event.reporter.node,
            core,
            services[item] if item < len(services) else None,
            cost["total"]["gas_used"],
            cost["total"]["elapsed_ns"],
            cost["load_ns"],
        )
    return package


def _reduce_guarantee_built(state: ReducerState, event: Event) -> PackagePipeline | None:
    """Reduce a guarantee built, which is about to be delivered to all nodes."""
    fields = state.fields(event)
    package = _advance(state, event, fields)
    if fields:
        state.defer(
            state.deliveries.add_start,
            Start(
                seen_at=state.received_at[event.index],
                node=event.reporter.node,
                number=event.number,
                hash=fields["outline"]["work_report_hash"],
                slot=fields["outline"]["slot"],
                core=None if package is None else package.core,
                package=None if package is None else package.hash,
            ),
        )
    return package


def _reduce_send_failed(state: ReducerState, event: Event) -> PackagePipeline | None:
    state.count_failure(event, state.fields(event))
    package = event.subject
    if not isinstance(package, PackagePipeline):
        return None
    wait(state, package, event.number, event.index)
    return package


def wait(state: ReducerState, package: PackagePipeline, number: int, index: int) -> None:
    """Let an event wait that only belongs to a work-package.

    There are as many of them as validators, so those of a batch are counted together, before the
    next other event of the work-package.
    """
    by_type = state.waiting.get(package)
    if by_type is None:
        by_type = state.waiting[package] = {}
    indices = by_type.get(number)
    if indices is None:
        by_type[number] = [index]
    else:
        indices.append(index)


def count_waiting(state: ReducerState) -> None:
    """Count the waiting events that no later event of the batch follows."""
    for package in list(state.waiting):
        _count_waiting(state, package)


def _count_waiting(state: ReducerState, package: PackagePipeline) -> None:
    by_type = state.waiting.pop(package, None)
    if by_type is None:
        return
    state.remember(package)
    for number, indices in by_type.items():
        package.record_event(state.seq[indices[-1]], state.received_at[indices[-1]])
        state.set_contexts(indices, package)
        column = _SENDING_COLUMNS.get(number)
        if column is not None:
            package.increase(column, len(indices))
            _add_core_events(state, indices, number, package)


def _add_core_events(
    state: ReducerState, indices: list[int], number: int, package: PackagePipeline
) -> None:
    if package.core is not None:
        times = [state.received_at[index] for index in indices]
        node = package.values["node"]
        state.defer(state.counters.add_core_events, times, node, package.core, number)


REDUCERS: Mapping[int, Reducer] = {
    EventKind.WORK_PACKAGE_SUBMISSION: _open,
    EventKind.WORK_PACKAGE_BEING_SHARED: _open,
    EventKind.WORK_PACKAGE_FAILED: _reduce_failed,
    EventKind.DUPLICATE_WORK_PACKAGE: _reduce_duplicate,
    EventKind.WORK_PACKAGE_RECEIVED: _reduce_decoded_step,
    EventKind.AUTHORIZED: _reduce_authorized,
    EventKind.EXTRINSIC_DATA_RECEIVED: _reduce_step,
    EventKind.IMPORTS_RECEIVED: _reduce_step,
    EventKind.SHARING_WORK_PACKAGE: _reduce_step,
    EventKind.BUNDLE_SENT: _reduce_step,
    EventKind.REFINED: _reduce_refined,
    EventKind.WORK_REPORT_BUILT: _reduce_decoded_step,
    EventKind.WORK_REPORT_SIGNATURE_SENT: _reduce_step,
    EventKind.WORK_REPORT_SIGNATURE_RECEIVED: _reduce_step,
    EventKind.GUARANTEE_BUILT: _reduce_guarantee_built,
    EventKind.GUARANTEE_SEND_FAILED: _reduce_send_failed,
    EventKind.GUARANTEES_DISTRIBUTED: _reduce_step,
}
