"""``tart/shard/queries/state_columns.py``: the answers in memory are those of the statements."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tart.aggregate.core.tables import TABLES
from tart.query.core.windows import Window
from tart.query.shard_queries.package_outcomes import PACKAGE, REPORT, ROOT, PackageOutcomes
from tart.query.shard_queries.packages import PackageStates
from tests.shard.queries.test_column_answers import (
    COMPARED,
    NOW,
    both,
    rows_of,
    same,
    stored,
    without_null,
)

assert stored


def attempts(draw, begun):
    """Rows of packages, each of which began at a time of its own: so none lead together."""
    rows = draw(rows_of("packages"))
    outcomes = st.sampled_from(["failed", "duplicate", "unfinished", "ok"])
    rows["outcome"] = [draw(outcomes) for _ in rows["outcome"]]
    rows["kind"] = [draw(st.sampled_from([90, 91, 92])) for _ in rows["kind"]]
    rows["started_at"] = [each + next(begun) for each in rows["started_at"]]
    for name in ("reason", "failed"):
        rows[name] = [
            (value or ("" if name == "reason" else 0)) if outcome == "failed" else None
            for value, outcome in zip(rows[name], rows["outcome"], strict=True)
        ]
    return rows


@COMPARED
@given(data=st.data())
def test_memory_has_the_states_and_outcomes_of_the_statements(stored, data):
    begun = iter(range(1000))
    flushed = [attempts(data.draw, begun) for _ in range(3)]
    others = {
        name: without_null(data.draw(rows_of(name)), *key)
        for name, key in (("reports", ("hash",)), ("erasures", ("root",)))
    }
    pair = both(stored, "packages", flushed, attempts(data.draw, begun), **others)
    window = data.draw(st.sampled_from([Window(), Window(NOW - 5_000_000, NOW + 8_000_000)]))
    core = data.draw(st.sampled_from([None, 1]))
    hashes = data.draw(st.sampled_from([None, [], ["ab" * 32]]))
    limit = data.draw(st.sampled_from([0, 1, 1000]))
    mine, theirs = pair.ask(PackageStates(window, core, hashes, limit))
    assert mine == theirs
    mine, theirs = (outcomes(each) for each in pair.ask(PackageOutcomes(window, core)))
    assert mine == theirs
    assert pair.memory.reads


def outcomes(answer):
    """An answer's members, with its rows in any order."""
    head, offset, columns = answer.value, 0, []
    for kind, count in ((PACKAGE, head.packages), (REPORT, head.reports), (ROOT, head.roots)):
        rows = [answer.data[offset + i * kind.itemsize :][: kind.itemsize] for i in range(count)]
        columns.append(sorted(rows))
        offset += count * kind.itemsize
    assert len(answer.data) == offset
    return head, columns


def test_packages_that_began_last_are_first(stored):
    begun = iter(range(10))
    rows = {name: [value] * 3 for name, value in attempt().items()}
    rows["hash"] = [bytes([number]) * 32 for number in range(3)]
    rows["started_at"] = [NOW + next(begun) for _ in range(3)]
    nothing = {name: [] for name in rows}
    pair = both(stored, "packages", [rows, nothing, nothing], nothing)
    mine, theirs = pair.ask(PackageStates(Window(), limit=2))
    assert [row[0][:2] for row in mine] == ["02", "01"]
    assert same(mine, theirs)


def attempt():
    return dict.fromkeys(TABLES["packages"]) | {
        "node": 1,
        "session": 0,
        "kind": 90,
        "outcome": "unfinished",
        "ended_at": NOW,
    }
