"""A stored frame, decodable or not, by its sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import duckdb

from tart.protocol.decoding import HEADER_BYTES
from tart.protocol.framing import frame
from tart.shard.encoding.json_bytes import to_hex
from tart.storage.core.files import LogFile
from tart.storage.core.log_columns import LogRow
from tart.storage.core.schema import UndecodableRow, undecodable_rows_query
from tart.storage.log.log_rows import read_rows


class StoredFrame(NamedTuple):
    """A stored frame, decodable or not."""

    row: LogRow | UndecodableRow

    @property
    def seq(self) -> int:
        """Its sequence in the directory."""
        return self.row.seq

    @property
    def size(self) -> int:
        """The size of its stored bytes."""
        return len(self.row.body if isinstance(self.row, LogRow) else self.row.frame)

    @property
    def content(self) -> bytes:
        """The message as it was received, without its length."""
        if isinstance(self.row, UndecodableRow):
            return self.row.frame
        head = self.row.timestamp.to_bytes(HEADER_BYTES - 1, "little") + bytes([self.row.type])
        return head + self.row.payload

    @property
    def raw(self) -> dict[str, str]:
        """The message in hex: its payload, and its frame with the length in front."""
        content = self.content
        return {"payload": to_hex(content[HEADER_BYTES:]), "frame": to_hex(frame(content))}


def find_frame(
    cursor: duckdb.DuckDBPyConnection, files: Sequence[LogFile], sequence: int
) -> StoredFrame | None:
    """Return the frame of a sequence, if a file has it."""
    where = f"seq = {sequence}"
    for file in files:
        if rows := read_rows(cursor, file, where):
            return StoredFrame(rows[0])
    for file in files:
        if undecodable := cursor.execute(undecodable_rows_query(file.alias, where)).fetchall():
            return StoredFrame(UndecodableRow(*undecodable[0]))
    return None
