"""Reducer of the event types that have a role in audits or finality (``protocol.roles``).

Pure. The types are those of which ``EventKind`` declares a role; the reducer reads the fields that
the declaration names.
"""

from __future__ import annotations

from collections.abc import Mapping

from tart.aggregate.keyed.counters import RoleValues
from tart.aggregate.references.open_references import Subject
from tart.aggregate.references.reducer_state import Event, Fields, Reducer, ReducerState
from tart.protocol.events import EVENTS, EventKind
from tart.protocol.roles import EventRole

MAX_TRANCHE = (1 << 16) - 1


def values_of(role: EventRole, fields: Fields) -> RoleValues:
    """Return the values of an event that its role names; a tranche beyond 16 bits is the last."""
    tranche, valid, number = (
        None if name is None else int(fields[name])
        for name in (role.tranche, role.valid, role.round)
    )
    return RoleValues(
        None if tranche is None else min(tranche, MAX_TRANCHE),
        None if valid is None else int(bool(valid)),
        number,
    )


def _reduce_role(state: ReducerState, event: Event) -> Subject:
    role, fields = EVENTS[event.number].role, state.fields(event)
    if role is not None and fields is not None:
        received_at = state.received_at[event.index]
        values = values_of(role, fields)
        state.defer(
            state.counters.add_role_event, received_at, event.reporter.node, event.number, values
        )
    return state.inherit(event)


REDUCERS: Mapping[int, Reducer] = {
    kind: _reduce_role for kind in EventKind if kind.role is not None
}
