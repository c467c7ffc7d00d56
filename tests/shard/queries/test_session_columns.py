"""``tart/shard/queries/session_columns.py``: the answers in memory are those of the statements."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tart.query.core.cursor import Cursor
from tart.query.core.windows import Window
from tart.query.shard_queries.sessions import (
    Connections,
    ProtocolVersions,
    SessionPage,
    VersionSpans,
)
from tests.shard.queries.test_column_answers import (
    COMPARED,
    NODES,
    NOW,
    both,
    rows_of,
    same,
    stored,
    without_null,
)

assert stored


@COMPARED
@given(data=st.data())
def test_memory_has_the_connections_of_the_statements(stored, data):
    numbers = iter(range(1000))

    def rows():
        some = without_null(data.draw(rows_of("sessions")), "started_at", "shed")
        count = len(some["session"])
        some["session"] = [next(numbers) for _ in range(count)]
        # No two at the same time: their order would be any.
        some["started_at"] = [(at or NOW) + next(numbers) for at in some["started_at"]]
        some["outcome"] = [data.draw(st.sampled_from(["open", "refused"])) for _ in range(count)]
        some["ended_at"] = [data.draw(st.sampled_from([None, at])) for at in some["ended_at"]]
        some["shed"] = [each % 7 for each in some["shed"]]
        return some

    pair = both(stored, "sessions", [rows() for _ in range(3)], rows())
    window = data.draw(st.sampled_from([Window(), Window(NOW - 5_000_000, NOW + 8_000_000)]))
    node = data.draw(st.sampled_from([None, NODES[0, 1], "7" * 64]))
    step = data.draw(st.sampled_from([None, 60_000_000]))
    mine, theirs = pair.ask(Connections(window, step, node))
    assert mine == theirs
    assert same(*pair.ask(ProtocolVersions(window, NOW + 60_000_000, node)))
    assert same(*pair.ask(VersionSpans(window, NOW, 1_000_000)))
    positions = data.draw(st.sampled_from([{}, {0: 9}, {0: 2, 2: 30}]))
    limit = data.draw(st.sampled_from([0, 1, 3, 50]))
    mine, theirs = pair.ask(SessionPage(Cursor(NOW, window, positions), limit, node))
    assert mine == theirs
    assert pair.memory.reads
