"""``tart/shard/queries/package_columns.py``: the answers in memory are those of the statements."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tart.aggregate.core.tables import TABLES
from tart.query.core.windows import Window
from tart.query.shard_queries.packages import (
    COUNT_COLUMNS,
    PackageCounts,
    PackageStages,
    StepDurations,
)
from tart.shard.queries import package_columns
from tests.cases import examples
from tests.shard.queries.test_column_answers import NOW, both, rows_of, same, stored

assert stored


def test_the_counts_are_in_the_declared_order():
    assert list(COUNT_COLUMNS) == list(package_columns._ORDER)


def guaranteed(**columns):
    """A row of a package with a guarantee, whose connection is number 0."""
    row = dict.fromkeys(TABLES["packages"]) | {
        "started_at": NOW,
        "node": 1,
        "session": 0,
        "kind": 90,
        "outcome": "unfinished",
        "guaranteed": 1,
    }
    return {name: [value] for name, value in (row | columns).items()}


@pytest.mark.parametrize(
    ("session", "ended_at", "ended"),
    [(0, NOW, 1), (0, None, 0), (1, NOW, 0), (None, NOW, 0)],
)
def test_a_package_has_ended_with_its_own_connection(stored, session, ended_at, ended):
    nothing = {name: [] for name in TABLES["packages"]}
    closed = dict.fromkeys(TABLES["sessions"]) | {"session": session, "ended_at": ended_at}
    sessions = {name: [value] for name, value in closed.items()}
    pair = both(stored, "packages", [nothing] * 3, guaranteed(), sessions=sessions)
    place = list(COUNT_COLUMNS).index("guaranteed_ended")
    assert [[row[place] for row in rows] for rows in pair.ask(PackageCounts(Window()))] == [
        [ended],
        [ended],
    ]
    assert pair.memory.reads


@settings(
    parent=examples(0.16),
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_memory_counts_as_the_statements_do(stored, data):
    flushed = [data.draw(rows_of("packages")) for _ in range(3)]
    unflushed = data.draw(rows_of("packages"))
    for rows in (*flushed, unflushed):
        outcomes = st.sampled_from(["failed", "duplicate", "unfinished", "ok"])
        rows["outcome"] = [data.draw(outcomes) for _ in rows["outcome"]]
        rows["kind"] = [data.draw(st.sampled_from([90, 91, 92])) for _ in rows["kind"]]
        rows["session"] = [each or 0 for each in rows["session"]]
    pair = both(stored, "packages", flushed, unflushed, sessions=data.draw(rows_of("sessions")))
    window = data.draw(st.sampled_from([Window(), Window(NOW - 5_000_000, NOW + 8_000_000)]))
    core = data.draw(st.sampled_from([None, 1]))
    by = data.draw(st.sampled_from([[], ["node"], ["core"], ["node", "core"]]))
    since = data.draw(st.sampled_from([None, NOW]))
    step = data.draw(st.sampled_from([0, 60_000_000]))
    for query in (
        PackageCounts(window, core, by, since),
        StepDurations(window, core, by_core="core" in by, step_us=step),
    ):
        mine, theirs = pair.ask(query)
        assert same(mine, theirs)
    mine, theirs = pair.ask(PackageStages(window, core))
    assert same(mine.rows, theirs.rows)
    assert (mine.below, mine.unidentified) == (theirs.below, theirs.unidentified)
    assert pair.memory.reads
