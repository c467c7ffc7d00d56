"""The dictionaries that keep every segment readable alone: node, peer and session numbers.

Pure. A segment has to have every number that its rows use: of nodes, of the peers that they
name, and of connections. Segments rotate, so each lacks what came while the other one was
written to; it gets those rows with its next batch. A connection that closed meanwhile is left
out: the segment in which it closed has its row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from tart.storage.core.batch import Batch
from tart.storage.core.files import LogFile
from tart.storage.core.schema import SessionRow

# Rows by table.
TableRows = dict[str, Sequence[tuple[Any, ...]]]


@dataclass
class _Missing:
    """The ids by number and the open connections that a segment does not have yet."""

    nodes: dict[int, bytes]
    peers: dict[int, bytes]
    sessions: dict[int, SessionRow] = field(default_factory=dict)

    def add(self, batch: Batch) -> None:
        """Add the numbers and connections of a batch."""
        self.nodes.update(batch.nodes)
        self.peers.update(batch.peers)
        for row in batch.sessions:
            if row.what == "opened":
                self.sessions[row.session] = row
            else:
                self.sessions.pop(row.session, None)


class DictionaryBackfill:
    """The numbers and open connections of a directory, and which of them each segment lacks.

    Args:
        nodes: The nodes of the directory by number.
        peers: The peers of the directory by number.
    """

    def __init__(self, nodes: Mapping[int, bytes], peers: Mapping[int, bytes]) -> None:
        self._all = _Missing(dict(nodes), dict(peers))
        self._missing: dict[LogFile, _Missing] = {}

    def knows(self, file: LogFile) -> bool:
        """Return whether the segment was added."""
        return file in self._missing

    def add_file(self, file: LogFile, *, nodes: AbstractSet[int], peers: AbstractSet[int]) -> None:
        """Add a segment that has these numbers and none of the open connections.

        Segments of other periods are removed: they get no more rows.
        """
        same_period = {
            other: missing
            for other, missing in self._missing.items()
            if other.period == file.period
        }
        same_period[file] = _Missing(
            {number: node for number, node in self._all.nodes.items() if number not in nodes},
            {number: peer for number, peer in self._all.peers.items() if number not in peers},
            dict(self._all.sessions),
        )
        self._missing = same_period

    def rows_for(self, file: LogFile, batch: Batch) -> TableRows:
        """Return the rows to write to a segment's small tables together with a batch."""
        missing = self._missing[file]
        continued = [
            row._replace(what="continued", happened_at=batch.received_at)
            for row in missing.sessions.values()
        ]
        return {
            "nodes": [*missing.nodes.items(), *batch.nodes],
            "peers": [*missing.peers.items(), *batch.peers],
            "sessions": [*continued, *batch.sessions],
            "undecodable": batch.undecodable,
        }

    def mark_written(self, file: LogFile, batch: Batch) -> None:
        """Record that the rows of ``rows_for`` are committed."""
        self._all.add(batch)
        for other, missing in self._missing.items():
            if other == file:
                self._missing[other] = _Missing({}, {})
            else:
                missing.add(batch)
