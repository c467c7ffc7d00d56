"""A shard's part of the SQL tables that come from the aggregates or from the nodes.

For one scan, inside one transaction of ``MergedRelations``. The SELECT of a part is written in
``query.sql.aggregate_tables`` and ``query.sql.package_tables``; the conditions of a scan are added
around it, and DuckDB moves those on keys to the stored rows.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Template

import duckdb

from tart.query.core.windows import FOREVER_US
from tart.query.sql.pushdown import Scan
from tart.query.sql.table import Part
from tart.query.sql.tables import TABLES
from tart.query.sql.views import quote_identifier
from tart.storage.aggregates.merged_relations import MergedRelations
from tart.storage.core.arrow import COLUMN_TYPES, ArrowTable, column

_NODES, _DOCUMENTS = "sql_nodes", "sql_node_documents"


@dataclass(frozen=True)
class NodeRows:
    """The nodes of a shard.

    Attributes:
        numbers: Directory, number in it, and peer id of each.
        documents: Each node as JSON, see ``query.sql.aggregate_tables``.
    """

    numbers: Sequence[tuple[int, int, bytes]]
    documents: Sequence[bytes]

    def register(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Make the nodes relations of the cursor."""
        directories, numbers, peer_ids = (
            zip(*self.numbers, strict=True) if self.numbers else 3 * ((),)
        )
        columns = {
            "directory": column(COLUMN_TYPES["INTEGER"], directories),
            "node": column(COLUMN_TYPES["INTEGER"], numbers),
            "node_id": column(COLUMN_TYPES["VARCHAR"], [each.hex() for each in peer_ids]),
        }
        cursor.register(_NODES, ArrowTable(columns, len(directories)))
        documents = {"document": column(COLUMN_TYPES["VARCHAR"], self.documents)}
        cursor.register(_DOCUMENTS, ArrowTable(documents, len(self.documents)))

    @staticmethod
    def unregister(cursor: duckdb.DuckDBPyConnection) -> None:
        """Remove the relations."""
        cursor.unregister(_NODES)
        cursor.unregister(_DOCUMENTS)


def part_query(relations: MergedRelations, wanted: Scan, latency_us: int) -> tuple[str, list[str]]:
    """Return the SELECT of a scan of a table that is not a view, and its parameters.

    Args:
        relations: The aggregates, with the tables that the part reads.
        wanted: The scan.
        latency_us: How long durations by minute are kept, in microseconds.
    """
    part = TABLES[wanted.view].part
    assert part is not None
    sources = _sources(relations, part, latency_us)
    where, values = wanted.where()
    names = ", ".join(quote_identifier(name) for name in wanted.columns)
    rows = Template(part.sql).substitute(sources)
    return f"SELECT {names} FROM ({rows}) WHERE {where} {wanted.order_and_limit()}", values


def _sources(relations: MergedRelations, part: Part, latency_us: int) -> Mapping[str, str]:
    now = time.time_ns() // 1000
    sources = {"nodes": _NODES, "node_documents": _DOCUMENTS}
    for table in part.reads:
        if table == "counts":
            sources[table] = relations.counts(0, FOREVER_US, now)
        elif table == "latency":
            sources[table] = relations.latencies(0, FOREVER_US, now, latency_us, "true")
        else:
            sources[table] = relations.table(table)
    return sources
