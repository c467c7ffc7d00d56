"""What each file is given so that it can be read alone.

Pure. A file has to have every number its rows use: of nodes, of the peers they speak of,
and of connections. Files take turns, so each is owed what came while another was written
to; it gets that with the next batch it gets. A connection that closed meanwhile is owed to
nobody: the file it closed in has the row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tart.storage.core.batch import Batch
from tart.storage.core.files import LogFile
from tart.storage.core.schema import SessionRow

Rows = dict[str, Sequence[tuple[Any, ...]]]


@dataclass
class _Missing:
    """What a file does not have yet: ids by number, and open connections."""

    nodes: dict[int, bytes]
    peers: dict[int, bytes]
    sessions: dict[int, SessionRow] = field(default_factory=dict)

    def note(self, batch: Batch) -> None:
        """Add what a batch brought."""
        self.nodes.update(batch.nodes)
        self.peers.update(batch.peers)
        for row in batch.sessions:
            if row.what == "opened":
                self.sessions[row.session] = row
            else:
                self.sessions.pop(row.session, None)


class DictionaryBackfill:
    """What is known of a directory, and which file lacks what of it.

    Args:
        nodes, peers: the numbers the directory has given.
    """

    def __init__(self, nodes: Mapping[int, bytes], peers: Mapping[int, bytes]) -> None:
        self._all = _Missing(dict(nodes), dict(peers))
        self._owed: dict[LogFile, _Missing] = {}

    def knows(self, file: LogFile) -> bool:
        """Whether what the file lacks is known."""
        return file in self._owed

    def begin(self, file: LogFile, nodes: set[int], peers: set[int]) -> None:
        """A file comes into use that has these numbers, and none of the open connections.

        Files of other periods are used no more.
        """
        kept = {each: owed for each, owed in self._owed.items() if each.period == file.period}
        kept[file] = _Missing(
            {number: each for number, each in self._all.nodes.items() if number not in nodes},
            {number: each for number, each in self._all.peers.items() if number not in peers},
            dict(self._all.sessions),
        )
        self._owed = kept

    def rows(self, file: LogFile, batch: Batch) -> Rows:
        """What goes to the small tables of a file together with a batch."""
        owed = self._owed[file]
        continued = [
            row._replace(what="continued", happened_at=batch.received_at)
            for row in owed.sessions.values()
        ]
        return {
            "nodes": [*owed.nodes.items(), *batch.nodes],
            "peers": [*owed.peers.items(), *batch.peers],
            "sessions": [*continued, *batch.sessions],
            "undecodable": batch.undecodable,
        }

    def written(self, file: LogFile, batch: Batch) -> None:
        """These rows are in the file now."""
        self._all.note(batch)
        for each, owed in self._owed.items():
            if each == file:
                self._owed[each] = _Missing({}, {})
            else:
                owed.note(batch)
