"""``tart/aggregate/references/role_reducers.py``: the values that a role names."""

from __future__ import annotations

from tart.aggregate.keyed.counters import KeyedCounters, RoleValues, minute_start
from tart.aggregate.references.role_reducers import MAX_TRANCHE, REDUCERS, values_of
from tart.protocol.events import EventKind
from tart.protocol.roles import EventRole, Role
from tart.units import JCE_US

AT = JCE_US + 5_000_000


def test_an_event_has_the_values_that_its_role_names():
    fields = {"tranche": 2, "is_valid": True, "number": 1 << 63, "hash": bytes(32)}
    judged = EventRole(Role.JUDGMENT_MADE, tranche="tranche", valid="is_valid")
    assert values_of(judged, fields) == RoleValues(2, 1, None)
    assert values_of(judged, {"tranche": 1 << 20, "is_valid": False}) == RoleValues(
        MAX_TRANCHE, 0, None
    )
    ended = EventRole(Role.ROUND_COMPLETED, round="number")
    assert values_of(ended, fields) == RoleValues(None, None, 1 << 63)
    assert values_of(EventRole(Role.VOTE_SENT), fields) == RoleValues(None, None, None)


def test_each_type_with_a_role_has_a_reducer():
    assert REDUCERS.keys() == {kind for kind in EventKind if kind.role is not None}


def test_events_are_counted_by_their_values_and_rounds_keep_the_highest():
    counters = KeyedCounters(max_keys=2)
    for at, valid, number in ((AT, 1, 7), (AT + 9, 1, 5), (AT + 3, 0, None), (AT + 4, None, 1)):
        counters.add_role_event(at, 3, 200, RoleValues(1, valid, number))
    rows = counters.rows("role_events")
    assert [list(rows[name]) for name in ("bucket", "node", "type", "tranche", "valid")] == [
        [minute_start(AT)] * 2,
        [3, 3],
        [200, 200],
        [1, 1],
        [1, 0],
    ]
    assert [list(rows[name]) for name in ("count", "last_at", "round")] == [
        [2, 1],
        [AT + 9, AT + 3],
        [7, None],
    ]
    # A key beyond the limit is counted as left out.
    assert counters.overflowed["role_events"] == 1
