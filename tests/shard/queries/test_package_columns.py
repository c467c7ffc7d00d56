"""``tart/shard/queries/package_columns.py``: the answers in memory are those of the statements."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tart.query.core.windows import Window
from tart.query.shard_queries.packages import (
    COUNT_COLUMNS,
    PackageCounts,
    PackageStages,
    StepDurations,
)
from tart.shard.queries import package_columns
from tests.shard.queries.test_column_answers import NOW, both, rows_of, same, stored

assert stored


def test_the_counts_are_in_the_declared_order():
    assert list(COUNT_COLUMNS) == list(package_columns._ORDER)


@settings(
    max_examples=25,
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
