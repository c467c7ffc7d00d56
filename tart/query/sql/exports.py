"""What an export looks like, and how the shards' pages become one list.

Pure. Each directory's records come in its own order, a page at a time. The oldest record
of all that wait comes next, as soon as every directory that has more has something
waiting; a directory's own order is kept even where its clock was set back.

An export that lacks something does not end like a whole one: ``incomplete`` stands at its
end, and the connection is broken off.
"""

from __future__ import annotations

import csv
import io
import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, NamedTuple

from tart.query.core.catalog import DIRECTORY_BITS

# Format to media type.
FORMATS: Mapping[str, str] = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "capture": "application/octet-stream",
}
CSV_COLUMNS = (
    "id",
    "node_id",
    "session",
    "event_id",
    "event_type",
    "timestamp",
    "received_at",
    "node_name",
    "node_version",
    "data",
)


def incomplete_marker(form: str, reason: str) -> bytes:
    """The last bytes of an export in one of ``FORMATS`` that lacks something.

    They are no record: a line of JSON in the shape of an error, a row of one field. A capture
    has none, for it has an end of its own, which is left out.
    """
    if form == "ndjson":
        return json.dumps({"error": {"code": "incomplete", "message": reason}}).encode() + b"\n"
    if form == "csv":
        row = io.StringIO()
        csv.writer(row, lineterminator="\r\n").writerow([f"# incomplete: {reason}"])
        return row.getvalue().encode()
    return b""


class ExportRecord(NamedTuple):
    """One record: when it was received, the API id of its session, its bytes.

    Attributes:
        closed_at: of a capture, if it is its session's last: when that was closed.
    """

    received_at: int
    session: int
    text: bytes
    closed_at: int | None = None


class PendingClosings:
    """Sessions whose last record has come, and which end later."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int]] = []

    def add(self, entry: ExportRecord) -> None:
        """An entry has come out."""
        if entry.closed_at is not None:
            heappush(self._waiting, (entry.closed_at, entry.session))

    def pop_before(self, before: int | None) -> Iterator[tuple[int, int]]:
        """Times and sessions that ended before a moment; ``None``: all."""
        while self._waiting and (before is None or self._waiting[0][0] < before):
            yield heappop(self._waiting)


@dataclass
class _Directory:
    """Records that wait, and where the next page begins; ``None`` after the last."""

    shard: int
    waiting: deque[ExportRecord] = field(default_factory=deque)
    next: int | None = None


class ExportMerger:
    """Takes pages, gives records in order of receipt.

    Attributes:
        openings: for a capture: the first message of each session seen so far, by API id.
        first_ids: likewise, the event id of what comes first of it.
    """

    def __init__(self) -> None:
        self._directories: dict[int, _Directory] = {}
        self.openings: dict[int, bytes] = {}
        self.first_ids: dict[int, int] = {}

    def add(self, shard: int, parts: Mapping[str, Any], data: bytes) -> None:
        """A shard's answer to ``export``: its ``parts`` and what was attached."""
        at = 0
        for name, part in parts.items():
            number = int(name)
            directory = self._directories.setdefault(number, _Directory(shard))
            directory.next = part["next"]
            rows = zip(part["received_at"], part["sessions"], part["lengths"], strict=True)
            closings = part.get("closings") or {}
            for index, (received_at, session, length) in enumerate(rows):
                api_id = session << DIRECTORY_BITS | number
                closed_at = closings.get(str(index))
                text = data[at : at + length]
                directory.waiting.append(ExportRecord(received_at, api_id, text, closed_at))
                at += length
            for session, hello in (part.get("openings") or {}).items():
                self.openings[int(session)] = bytes.fromhex(hello)
            for session, event_id in (part.get("first_ids") or {}).items():
                self.first_ids.setdefault(int(session), event_id)

    def next_positions(self, shard: int) -> dict[str, int]:
        """The directories of a shard that must be asked again, and where they go on."""
        return {
            str(number): each.next
            for number, each in self._directories.items()
            if each.shard == shard and not each.waiting and each.next is not None
        }

    @property
    def pending_shards(self) -> set[int]:
        """The shards that must be asked before anything more comes out."""
        return {
            each.shard
            for each in self._directories.values()
            if not each.waiting and each.next is not None
        }

    def pop_ready(self) -> Iterator[ExportRecord]:
        """Records that nothing can come before any more."""
        waiting = [each.waiting for each in self._directories.values() if each.waiting]
        while waiting and not self.pending_shards:
            oldest = min(waiting, key=lambda each: each[0].received_at)
            # One stays the oldest for a while: what others have is looked at when it is not.
            bound = min(
                (each[0].received_at for each in waiting if each is not oldest), default=None
            )
            while oldest and (bound is None or oldest[0].received_at <= bound):
                yield oldest.popleft()
            waiting = [each for each in waiting if each]
