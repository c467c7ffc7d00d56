"""``tart/shard/queries/column_answers.py``: the answers in memory are those of DuckDB."""

from __future__ import annotations

from contextlib import closing, suppress
from types import SimpleNamespace

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tart.aggregate.core.tables import OPERATIONS, ROWS, TABLES, TIME, TOTAL, clock_column
from tart.aggregate.flush import Flush, FlushState
from tart.config.schema import AggregatesConfig, StorageConfig
from tart.query.core.windows import Window
from tart.query.shard_queries.aggregates import AggregateByNode, AggregateRows, AggregateSum
from tart.shard.queries.aggregate_queries import AggregateQueries
from tart.storage.aggregates.database import STORED, aggregate_file
from tart.storage.aggregates.merged_relations import (
    MergedRelations,
    Snapshot,
    StatementCounts,
    UnflushedRows,
)
from tart.storage.aggregates.stored_rows import StoredRows
from tart.storage.core.arrow import COLUMN_TYPES
from tart.storage.log.database import Database
from tart.units import HOUR_US
from tests.cases import examples
from tests.storage.running import write_flush

NOW = 1_795_262_400_000_000
NODES = {
    (directory, number): f"{directory}{number}" * 16 for directory in (0, 2) for number in (1, 2)
}
# Tables with every type of column and every operation.
CHOSEN = (
    "counts",
    "latency",
    "status",
    "heads",
    "failures",
    "links",
    "refinements",
    "reports",
    "executions",
    "clocks",
    "blocks",
    "sightings",
    "tickets",
)

# What stands for no value in columns that are never NULL in real rows; 0 in the others.
EMPTY = {"hash": b"", "root": b"", "sender": b"", "outcome": "", "bins": b""}
NOTHING = {name: {column: [] for column in TABLES[name]} for name in TABLES}


def values(name, kind):
    """Values of a column: few, so that keys repeat, and the extremes."""
    if kind == TIME:
        return st.sampled_from([NOW, NOW + 7_000_000, NOW - HOUR_US, NOW - 30 * 24 * HOUR_US])
    if kind == "BLOB":
        return st.sampled_from([None, b"", b"\x00" * 32, b"\xab" * 32])
    if kind == "VARCHAR":
        return st.sampled_from([None, "", "it's", "ä"])
    if name == "node":
        return st.sampled_from([1, 2])
    if kind == TOTAL:
        return st.sampled_from([None, 0, 5, (1 << 64) - 1, 1 << 90])
    most = int(np.iinfo(COLUMN_TYPES[kind].numpy).max)
    if name == "count":
        # The sums of rollups have 32 bits, too.
        return st.sampled_from([0, 1, 2, 1 << 24])
    optional = [] if name in ("count", "samples", "type") else [None]
    return st.sampled_from([*optional, 0, 1, 2, most])


@st.composite
def rows_of(draw, table):
    rows = draw(
        st.lists(st.tuples(*(values(*each) for each in TABLES[table].items())), max_size=12)
    )
    columns = list(zip(*rows, strict=True)) or [()] * len(TABLES[table])
    found = {name: list(column) for name, column in zip(TABLES[table], columns, strict=True)}
    clock = clock_column(table)
    found[clock] = [NOW if each is None else each for each in found[clock]]
    return found


def without_null(rows, *names):
    """Rows whose columns ``names`` have a value in any case."""
    for name in names:
        empty = EMPTY.get(name, 0)
        rows[name] = [empty if value is None else value for value in rows[name]]
    return rows


class Both:
    """The queries over the same rows, by DuckDB and in memory."""

    def __init__(self, cursor, files, snapshot):
        self.cursor, self.files, self.snapshot = cursor, files, snapshot
        store = SimpleNamespace(
            directories=[0, 2], directory=0, statements=StatementCounts(), stored_rows=StoredRows()
        )
        nodes = SimpleNamespace(
            id_of=lambda *pair: NODES.get(pair),
            number_of=lambda directory, node: next(
                (pair[1] for pair, name in NODES.items() if (pair[0], name) == (directory, node)),
                None,
            ),
            session_owners={},
        )
        self.queries = AggregateQueries(store, nodes, None, AggregatesConfig(), lambda: None)
        self.memory = StoredRows()

    def ask(self, query):
        """Return both answers, as they may be compared: rows in any order."""
        answers = []
        for stored in (self.memory, StoredRows(table_bytes=0)):
            with MergedRelations(
                self.cursor, self.files, self.snapshot, 6 * HOUR_US, stored=stored
            ) as relations:
                answers.append(self.queries.handlers[type(query)](relations, query))
        return answers


def same(one, other):
    """Whether two lists of rows are equal in any order."""
    return sorted(map(repr, one)) == sorted(map(repr, other))


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A cursor, and the files of two directories."""
    root = tmp_path_factory.mktemp("aggregates")
    files = [aggregate_file(root, directory) for directory in (0, 2)]
    with closing(Database(StorageConfig())) as database, closing(database.cursor()) as cursor:
        for file in files:
            database.attach_writable(file)
        yield cursor, files


def both(stored, table, flushed, unflushed, **others):
    """Two flushes in one file, one in another, and rows in memory, also of other tables."""
    cursor, files = stored
    with suppress(duckdb.TransactionException):
        cursor.rollback()
    for file in files:
        # Each flush adds up the counts of all flushes once more, as no ``state`` names the last.
        for name in (*STORED, "state"):
            if name.startswith((table, "counts", "state")):
                cursor.execute(f"DELETE FROM {file.catalog}.{name}")
    for file, number, rows in zip((files[0], files[0], files[1]), (1, 2, 1), flushed, strict=True):
        write_flush(cursor, file, Flush(FlushState(number, 1, 1), NOTHING | {table: rows}, []))
    nothing = {name: [] for name in TABLES}
    snapshot = Snapshot(
        0,
        2,
        nothing
        | {table: [UnflushedRows(table, unflushed)]}
        | {name: [UnflushedRows(name, rows)] for name, rows in others.items() if rows},
    )
    return Both(cursor, files, snapshot)


def queries_of(draw, table):
    window = draw(
        st.sampled_from(
            [Window(), Window(NOW - 5_000_000, None), Window(NOW - 48 * HOUR_US, NOW + 1)]
        )
    )
    keys = [name for name in TABLES[table] if name not in OPERATIONS.get(table, ())]
    step = draw(st.sampled_from([0, 60_000_000, HOUR_US]))
    where = draw(
        st.sampled_from(
            [None, {}, {"node": [NODES[0, 1], NODES[2, 2]]}, {"node": []}, {"type": [1, 255]}]
        )
    )
    where = {name: some for name, some in (where or {}).items() if name in TABLES[table]}
    if table in ROWS:
        columns = draw(st.lists(st.sampled_from(list(TABLES[table])), min_size=1, unique=True))
        yield AggregateRows(table, window, columns, where, limit=50, distinct=True)
        yield AggregateRows(table, window, None, where, known=columns, limit=50)
        return
    by = draw(st.lists(st.sampled_from(keys), unique=True))
    yield AggregateSum(table, window, by, None, where, step)
    if "node" in TABLES[table]:
        value = draw(st.sampled_from(list(OPERATIONS[table])))
        others = [key for key in by if key != "node"]
        yield AggregateByNode(table, value, window, others, where, step)


# Of the tests that compare rows in memory with statements.
COMPARED = settings(
    parent=examples(0.1),
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.parametrize("table", CHOSEN)
@settings(
    parent=examples(0.06),
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_memory_answers_as_duckdb_does(stored, table, data):
    flushed = [data.draw(rows_of(table)) for _ in range(3)]
    pair = both(stored, table, flushed, data.draw(rows_of(table)))
    for query in queries_of(data.draw, table):
        compare(pair, query)


def compare(pair, query):
    mine, theirs = pair.ask(query)
    if isinstance(query, AggregateByNode):
        assert mine.operation == theirs.operation
        assert by_node(mine) == by_node(theirs)
        return
    names = mine.columns if isinstance(query, AggregateRows) else [*mine.keys, *mine.values]
    # Of rows with the same greatest time either may be the last.
    unsure = {
        name for name, operation in OPERATIONS.get(query.table, {}).items() if operation == "last"
    }
    kept = [index for index, name in enumerate(names) if name not in unsure]
    assert same(
        [[row[index] for index in kept] for row in mine.rows],
        [[row[index] for index in kept] for row in theirs.rows],
    )


def by_node(answer):
    return sorted(
        (
            repr(key),
            sorted(zip((answer.nodes[place] for place in places), map(repr, found), strict=True)),
        )
        for *key, places, found in answer.rows
    )
