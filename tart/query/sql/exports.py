"""Formats of an export, and the merge of the shards' pages into one list.

Pure. The records of a directory come in its own order, a page at a time. The oldest waiting
record comes next, as soon as every directory that has more pages has a record waiting. The order
within a directory holds even where its clock was set back.

An export that lacks records does not end like a complete one: ``incomplete_marker`` stands at its
end, and the connection is aborted.
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

from tart.query.core.event_ids import DIRECTORY_BITS

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
    """Return the last bytes of an export that lacks records.

    They are not a record: a JSON line in the shape of an error, or a CSV row of one field. A
    capture has none; its own end marker is missing instead.

    Args:
        form: One of ``FORMATS``.
        reason: The missing part, in words.
    """
    if form == "ndjson":
        return json.dumps({"error": {"code": "incomplete", "message": reason}}).encode() + b"\n"
    if form == "csv":
        row = io.StringIO()
        csv.writer(row, lineterminator="\r\n").writerow([f"# incomplete: {reason}"])
        return row.getvalue().encode()
    return b""


class ExportRecord(NamedTuple):
    """One record of an export.

    Attributes:
        received_at: Time of receipt, Unix microseconds.
        session: API id of its session.
        text: The record's bytes.
        closed_at: In a capture, on the last record of a session: the time the session closed.
    """

    received_at: int
    session: int
    text: bytes
    closed_at: int | None = None


class PendingClosings:
    """Sessions whose last record was written and whose end is still to be written."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int]] = []

    def add(self, entry: ExportRecord) -> None:
        """Register the end of the record's session, if this is its last record."""
        if entry.closed_at is not None:
            heappush(self._waiting, (entry.closed_at, entry.session))

    def pop_before(self, before: int | None) -> Iterator[tuple[int, int]]:
        """Yield closing time and session of each end before a time; ``None`` yields all."""
        while self._waiting and (before is None or self._waiting[0][0] < before):
            yield heappop(self._waiting)


@dataclass
class _Directory:
    """Waiting records of one directory.

    Attributes:
        shard: The shard that reads it.
        waiting: Records in the directory's order.
        next: Position of the next page; ``None`` after the last.
    """

    shard: int
    waiting: deque[ExportRecord] = field(default_factory=deque)
    next: int | None = None


class ExportMerger:
    """Merge pages of many directories into records in order of receipt.

    Attributes:
        openings: In a capture, the first message of each session so far, by API id.
        first_ids: In a capture, the event id of each session's first record, by API id.
    """

    def __init__(self) -> None:
        self._directories: dict[int, _Directory] = {}
        self.openings: dict[int, bytes] = {}
        self.first_ids: dict[int, int] = {}

    def add(self, shard: int, parts: Mapping[str, Any], data: bytes) -> None:
        """Add one page.

        Args:
            shard: The shard that answered the query ``export``.
            parts: ``parts`` of its answer, by directory.
            data: The attached bytes of the records, one after the other.
        """
        offset = 0
        for name, part in parts.items():
            number = int(name)
            directory = self._directories.setdefault(number, _Directory(shard))
            directory.next = part["next"]
            rows = zip(part["received_at"], part["sessions"], part["lengths"], strict=True)
            closings = part.get("closings") or {}
            for index, (received_at, session, length) in enumerate(rows):
                api_id = session << DIRECTORY_BITS | number
                closed_at = closings.get(str(index))
                text = data[offset : offset + length]
                directory.waiting.append(ExportRecord(received_at, api_id, text, closed_at))
                offset += length
            for session, hello in (part.get("openings") or {}).items():
                self.openings[int(session)] = bytes.fromhex(hello)
            for session, event_id in (part.get("first_ids") or {}).items():
                self.first_ids.setdefault(int(session), event_id)

    def next_positions(self) -> dict[int, int]:
        """Return the positions from which drained directories continue."""
        return {
            number: each.next
            for number, each in self._directories.items()
            if not each.waiting and each.next is not None
        }

    @property
    def pending_shards(self) -> set[int]:
        """The shards that must send a page before another record can come out."""
        return {
            each.shard
            for each in self._directories.values()
            if not each.waiting and each.next is not None
        }

    def pop_ready(self) -> Iterator[ExportRecord]:
        """Yield records that no later page can precede."""
        waiting = [each.waiting for each in self._directories.values() if each.waiting]
        while waiting and not self.pending_shards:
            oldest = min(waiting, key=lambda each: each[0].received_at)
            # One directory is the oldest for a run of records; compare with the others once a run.
            bound = min(
                (each[0].received_at for each in waiting if each is not oldest), default=None
            )
            while oldest and (bound is None or oldest[0].received_at <= bound):
                yield oldest.popleft()
            waiting = [each for each in waiting if each]
