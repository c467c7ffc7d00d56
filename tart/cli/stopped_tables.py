"""The SQL tables of a stopped server, read from its files without changing a byte."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from tart.config.schema import AggregatesConfig, StorageConfig
from tart.errors import StartupError, StorageError
from tart.query.sql import pushdown
from tart.query.sql.tables import TABLES
from tart.shard.queries.sql_tables import install_functions, node_documents, read_part, to_arrow
from tart.shard.state.nodes import Nodes
from tart.storage.aggregates.database import (
    AggregateFile,
    aggregate_file,
    read_node_histories,
    read_nodes,
    read_state,
)
from tart.storage.aggregates.merged_relations import MergedRelations, Snapshot
from tart.storage.aggregates.migrations import is_earlier
from tart.storage.aggregates.sql_parts import NodeRows
from tart.storage.core.files import LogFile, list_directories, list_files
from tart.storage.log import views
from tart.storage.log.database import Database
from tart.storage.log.recovery import RecoveredState, read_file, read_statements
from tart.units import HOUR_US

Cursor = duckdb.DuckDBPyConnection


class StoppedTables:
    """Reads the tables of all directories.

    Args:
        cursor: With all files attached.
        files: The files of the event log, oldest first.
        aggregates: The files of the aggregates.
    """

    def __init__(
        self, cursor: Cursor, files: Sequence[LogFile], aggregates: Sequence[AggregateFile]
    ) -> None:
        self._cursor = cursor
        self._files = files
        self._aggregates = aggregates
        self._config = AggregatesConfig()
        self._nodes = _recover_nodes(cursor, files, aggregates)
        owners = self._nodes.session_owners
        install_functions(cursor, lambda directory, session: owners[directory, session])

    def rows(self, document: Mapping[str, Any]) -> Iterator[bytes]:
        """Yield the rows of a scan as Arrow streams.

        Raises:
            BadQuery: The scan is not one of a table, or its part is too large.
            StartupError: There are no aggregates.
        """
        wanted = pushdown.parse_scan(document)
        part = TABLES[wanted.view].part
        if part is None:
            yield from views.scan(self._cursor, self._files, wanted, to_arrow)
            return
        if not self._aggregates:
            raise StartupError(
                f"{wanted.view} is read from aggregates.duckdb, which is missing or of an earlier "
                "release; start the server once: it rebuilds or migrates the file"
            )
        numbers = [
            (file.directory, number, peer_id)
            for file in self._aggregates
            for number, peer_id in self._nodes.numbers(file.directory)
        ]
        documents = node_documents(self._nodes) if part.documents else []
        own = self._aggregates[0]
        snapshot = Snapshot(own.directory, read_state(self._cursor, own).flush, defaultdict(list))
        relations = MergedRelations(
            self._cursor, self._aggregates, snapshot, self._config.counts_10s_hours * HOUR_US
        )
        yield from read_part(
            relations,
            NodeRows(numbers, documents),
            wanted,
            self._config.latency_hours * HOUR_US,
        )


@contextmanager
def stopped_tables(root: Path) -> Iterator[StoppedTables]:
    """Open the tables of a data directory, which the caller has locked.

    Raises:
        StorageError: A file cannot be opened.
    """
    database = Database(StorageConfig())
    try:
        directories = list_directories(root)
        files = sorted(
            (file for number in directories for file in list_files(root, number)),
            key=views.file_order,
        )
        aggregates = [
            file for number in directories if (file := aggregate_file(root, number)).path.exists()
        ]
        for segment in files:
            database.attach_read_only_with_wal(segment)
        # Without one of them the sums of the others would be too small.
        if not all(_attach_aggregates(database, file) for file in aggregates):
            aggregates = []
        with closing(database.cursor()) as cursor:
            yield StoppedTables(cursor, list(map(database.readable, files)), aggregates)
    finally:
        database.close()


def _attach_aggregates(database: Database, file: AggregateFile) -> bool:
    """Attach aggregates; return False if they are of an earlier release."""
    try:
        database.attach_read_only_with_wal(file)
    except StorageError:
        if not is_earlier(database, file):
            raise
        return False
    return True


def _recover_nodes(
    cursor: Cursor, files: Sequence[LogFile], aggregates: Sequence[AggregateFile]
) -> Nodes:
    """Return the nodes as a start of the server finds them."""
    nodes = Nodes()
    histories = {file.directory: read_node_histories(cursor, file) for file in aggregates}
    for directory in sorted({file.directory for file in (*files, *aggregates)}):
        state = RecoveredState(directory, node_histories=histories.get(directory, {}))
        own = [file for file in files if file.directory == directory]
        for file in own:
            read_file(cursor, file, state)
        for file in own:
            read_statements(cursor, file, state)
        known = [read_nodes(cursor, file) for file in aggregates if file.directory == directory]
        state.nodes = {**(known[0] if known else {}), **state.nodes}
        nodes.recover(state)
    return nodes
