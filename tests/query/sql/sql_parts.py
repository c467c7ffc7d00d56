"""DuckDB with the relations that parts of SQL tables read, empty or with rows of a test."""

from __future__ import annotations

from string import Template

import duckdb

from tart.aggregate.core.tables import TABLES as AGGREGATES
from tart.query.sql.tables import TABLES
from tart.query.sql.views import quote_identifier


class Parts:
    """Shards that have rows of the aggregates; ``rows`` merges their parts of a table."""

    def __init__(self) -> None:
        self.connection = duckdb.connect(":memory:")
        self.connection.execute("SET TimeZone = 'America/New_York'")
        self.shards = [{}, {}]

    def add(self, shard, table, **values):
        """Add a row to a shard's aggregates; times are text."""
        self.shards[shard].setdefault(table, []).append(values)

    def rows(self, name, where="true"):
        """The rows of a table, as dicts."""
        table = TABLES[name]
        columns = ", ".join(f"{quote_identifier(n)} {t}" for n, t in table.part_types.items())
        self.connection.execute(f"CREATE OR REPLACE TABLE partials ({columns})")
        for shard in self.shards:
            sources = {"nodes": self._load("nodes", shard), "node_documents": "documents"}
            documents = [(document,) for document in shard.get("documents", ())]
            self.connection.execute("CREATE OR REPLACE TABLE documents (document VARCHAR)")
            if documents:
                self.connection.executemany("INSERT INTO documents VALUES (?)", documents)
            sources |= {each: self._load(each, shard) for each in table.part.reads}
            part = Template(table.part.sql).substitute(sources)
            self.connection.execute(f"INSERT INTO partials {part}")
        relation = self.connection.sql(
            f"SELECT * FROM ({table.merge or 'FROM partials'}) WHERE {where}"
        )
        names = relation.columns
        return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]

    def _load(self, table, shard):
        kinds = {"directory": "INTEGER"}
        kinds |= AGGREGATES.get(table, {"node": "INTEGER", "node_id": "VARCHAR"})
        columns = ", ".join(f"{quote_identifier(n)} {t}" for n, t in kinds.items())
        self.connection.execute(f"CREATE OR REPLACE TABLE agg_{table} ({columns})")
        for row in shard.get(table, ()):
            values = {"directory": self.shards.index(shard), **row}
            names = ", ".join(map(quote_identifier, values))
            marks = ", ".join("?" * len(values))
            self.connection.execute(
                f"INSERT INTO agg_{table} ({names}) VALUES ({marks})", list(values.values())
            )
        return f"agg_{table}"
