"""What a subscriber missed: recent events that pass a live filter, from the log.

The same filter as the live stream's, applied to the newest rows of each directory. What an
event inherited is there as far as the log has it: slot and core, but no hash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import duckdb

from tart.query.filters import Candidate, Matches, parse
from tart.shard.events import to_json
from tart.shard.nodes import Nodes
from tart.shard.rendering import rendered
from tart.storage.newest import newest_rows
from tart.storage.schema import LogRow, payload_of
from tart.storage.store import Store

# Of each directory: what counts as recent, and how many bytes of events one answer has.
RECENT = 10_000
RECENT_BYTES = 8 << 20


class MissedEvents:
    """Answers ``missed`` of ``query.catalog``.

    Args:
        numbers: the ``seq`` after the last committed, and that after the last given.
    """

    def __init__(self, store: Store, nodes: Nodes, numbers: Callable[[], tuple[int, int]]) -> None:
        self._store = store
        self._nodes = nodes
        self._numbers = numbers

    def missed(self, cursor: duckdb.DuckDBPyConnection, parameters: Mapping[str, Any]) -> Any:
        """Events of all directories that are newer than the positions given."""
        committed, following = self._numbers()
        matches = parse(parameters["filter"])
        after = {int(key): int(value) for key, value in (parameters.get("after") or {}).items()}
        since_us = int(parameters["since_us"])
        events: list[Any] = []
        cut = False
        for directory in self._store.directories:
            known = after.get(directory)
            # Of our own what is committed now; nothing comes to the others any more.
            end = committed if directory == self._store.directory else None
            limit = RECENT if known is None or end is None else min(RECENT, end - known - 1)
            files = self._store.files(directory)
            rows = newest_rows(cursor, files, lambda _: ("true", []), limit, end)
            new = [row for row in rows if _is_new(row, known, since_us)]
            cut |= len(new) == RECENT
            found, too_many = self._passing(directory, new, matches)
            events += found
            cut |= too_many
        return {
            "events": rendered(events, str(parameters.get("bytes") or "hex")),
            "cut": cut,
            "committed": committed,
            "next": following,
        }

    def _passing(
        self, directory: int, rows: list[LogRow], matches: Matches
    ) -> tuple[list[Any], bool]:
        """The newest that pass, oldest first, and whether those before had no room."""
        found: list[Any] = []
        size = 0
        for row in rows:
            speaker = self._nodes.speakers[directory, row.session]
            payload = payload_of(row)
            if matches(Candidate(speaker.node_id, row.type, row.slot, row.core, payload)):
                size += len(payload)
                if size > RECENT_BYTES:
                    return found[::-1], True
                found.append(to_json(row, directory, speaker))
        return found[::-1], False


def _is_new(row: LogRow, known: int | None, since_us: int) -> bool:
    return row.received_at >= since_us if known is None else row.seq > known
