"""Registry of all nodes ever seen, in ``control.sqlite``: each shard's newest report on each node.

Answers never wait for the file: all nodes are in memory, and changes are written behind, in one
transaction for all nodes that changed. Without the file, only the nodes of earlier runs are
missing. The process may be killed at any time.

The registry serves nodes of a shard that does not answer, and nodes whose events have expired. At
most ``MAX_NODES`` are stored, since any client can invent ids; the longest unseen are removed
first.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Collection, Container, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import aiosqlite

from tart import json_encoding
from tart.background_tasks import Background
from tart.control_store import SCHEMA_VERSION, make_private
from tart.os_errors import reason
from tart.protocol.wire import address_octets
from tart.query.core import merge
from tart.query.core.merge import Json
from tart.query.core.nodes import end_connections

log = logging.getLogger(__name__)

MAX_NODES = 20_000
WRITE_SECONDS = 1.0

_CREATE = """
    CREATE TABLE IF NOT EXISTS nodes (
        node_id TEXT PRIMARY KEY,
        document TEXT NOT NULL,
        first_seen_at TEXT,
        last_seen_at TEXT
    ) STRICT
"""
_UPSERT = """
    INSERT INTO nodes (node_id, document, first_seen_at, last_seen_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (node_id) DO UPDATE SET
        document = excluded.document,
        first_seen_at = excluded.first_seen_at,
        last_seen_at = excluded.last_seen_at
"""


class NodeRegistry:
    """The known nodes.

    Args:
        path: Of ``control.sqlite``.
        maximum: Limit of stored nodes.

    Attributes:
        failures: Failed operations on the file.
        first_seen_at: The first connection of any node ever seen; ``None`` without a node.
        complete: Shards whose nodes have all been recorded since the gateway started.
    """

    def __init__(
        self, path: Path, maximum: int = MAX_NODES, background: Background | None = None
    ) -> None:
        self._path = path
        self._maximum = maximum
        self._background = background or Background()
        self._reports: dict[str, dict[int, Json]] = {}
        # Nodes merged over the reports of all shards; filled on demand.
        self._merged: dict[str, Json] = {}
        self._changed: set[str] = set()
        self._removed: set[str] = set()
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._database: aiosqlite.Connection | None = None
        self._writer: asyncio.Task[None] | None = None
        self.failures = 0
        self.first_seen_at: str | None = None
        self.complete: set[int] = set()

    def __len__(self) -> int:
        return len(self._reports)

    def __contains__(self, node_id: str) -> bool:
        return node_id in self._reports

    def ids(self) -> Collection[str]:
        """Return the ids of all nodes."""
        return self._reports.keys()

    async def start(self) -> None:
        """Read the file; without it, start empty."""
        try:
            await self._open()
        except (sqlite3.Error, OSError, ValueError) as error:
            self._record_failure("open", error)
            await self._close()
        self._writer = asyncio.create_task(self._write_behind())

    async def stop(self) -> None:
        """Write the changes and close the file."""
        self._stopping.set()
        self._wake.set()
        if self._writer is not None:
            await self._writer
        await self._write()
        await self._close()

    def record(self, shard: int, nodes: Iterable[Json]) -> None:
        """Store a shard's reports on nodes."""
        for node in nodes:
            node_id = node["node_id"]
            reports = self._reports.setdefault(node_id, {})
            if node["node_info"] is None and shard in reports:
                # The node's first message has expired; its content is still valid.
                node = {**node, **{name: reports[shard][name] for name in _INFORMATION}}
            if reports.get(shard) != node:
                reports[shard] = node
                self._record_first_seen(node["first_seen_at"])
                self._merged.pop(node_id, None)
                self._changed.add(node_id)
                self._removed.discard(node_id)
        if len(self._reports) > self._maximum:
            self._remove_longest_unseen()
        if self._changed:
            self._wake.set()

    def _record_first_seen(self, first_seen_at: str | None) -> None:
        if first_seen_at is not None:
            self.first_seen_at = min(self.first_seen_at or first_seen_at, first_seen_at)

    def on_several_shards(self, node_ids: Iterable[str], shards: int) -> list[str]:
        """Return the nodes that more than one shard may know, of nodes that one has.

        Args:
            node_ids: The nodes.
            shards: The number of shards; until all have reported their nodes, any may know one.
        """
        if len(self.complete) < shards:
            return list(node_ids)
        return [node_id for node_id in node_ids if len(self._reports.get(node_id, ())) != 1]

    def shard_reports(
        self, shard: int, *, is_up: bool, rendering: str, node_id: str | None = None
    ) -> list[Json]:
        """Return the newest reports of a shard, for answers that lack the shard's own.

        Args:
            shard: Its number.
            is_up: Whether the shard is connected; if not, all its connections have ended.
            rendering: Of hashes, ``hex`` or ``array``.
            node_id: Of a single node; ``None`` means all.
        """
        if node_id is None:
            all_reports = list(self._reports.values())
        else:
            all_reports = [self._reports.get(node_id, {})]
        nodes = [reports[shard] for reports in all_reports if shard in reports]
        nodes = nodes if is_up else [end_connections(node) for node in nodes]
        return [_rendered(node, rendering) for node in nodes]

    def forgotten_nodes(self, known: Mapping[str, Json], rendering: str) -> list[Json]:
        """Return the nodes that no shard knows any more; none of them is connected."""
        return [
            _rendered(self._merge(node_id), rendering)
            for node_id in self._reports
            if node_id not in known
        ]

    def add_node_info(self, node: Json, rendering: str) -> Json:
        """Return a node with its newest node information, if its shards have lost that."""
        if node["node_info"] is not None or node["node_id"] not in self:
            return node
        stored = _rendered(self._merge(node["node_id"]), rendering)
        return {**node, **{name: stored[name] for name in _INFORMATION}}

    def node(self, node_id: str, rendering: str) -> Json | None:
        """Return a node, merged over all reports; ``None`` if it is unknown.

        As if it were not connected; ``connected`` tells which are.
        """
        return _rendered(self._merge(node_id), rendering) if node_id in self else None

    def connected(self, shards_up: Container[int]) -> frozenset[str]:
        """Return the ids of connected nodes by the newest reports.

        Args:
            shards_up: Shards that are connected; connections of others have ended.
        """
        return frozenset(
            node_id
            for node_id, reports in self._reports.items()
            if any(
                report["is_connected"] and shard in shards_up for shard, report in reports.items()
            )
        )

    def _merge(self, node_id: str) -> Json:
        if node_id not in self._merged:
            self._merged[node_id] = _merge_reports(node_id, self._reports[node_id])
        return self._merged[node_id]

    def _remove_longest_unseen(self) -> None:
        # A tenth at a time, so that a flood of invented ids does not cause a sort for every id.
        by_age = sorted(self._reports, key=lambda node_id: _last_seen(self._reports[node_id]))
        for node_id in by_age[: max(1, len(self._reports) - self._maximum * 9 // 10)]:
            del self._reports[node_id]
            self._merged.pop(node_id, None)
            self._changed.discard(node_id)
            self._removed.add(node_id)

    async def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        make_private(self._path)
        # If this fails in aiosqlite, it leaves a thread behind that outlives the event loop.
        sqlite3.connect(self._path).close()
        database = self._database = await aiosqlite.connect(self._path)
        await database.execute("PRAGMA journal_mode = WAL")
        await database.execute("PRAGMA synchronous = NORMAL")
        async with database.execute("PRAGMA user_version") as cursor:
            row = await cursor.fetchone()
        version = row[0] if row else 0
        if version > SCHEMA_VERSION:
            raise ValueError(f"it has schema {version}, this release knows {SCHEMA_VERSION}")
        await database.execute(_CREATE)
        await database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        await database.commit()
        async with database.execute("SELECT node_id, document FROM nodes") as cursor:
            async for node_id, document in cursor:
                reports = json_encoding.unpack(document)
                self._reports[node_id] = {int(shard): node for shard, node in reports.items()}
                for node in reports.values():
                    self._record_first_seen(node.get("first_seen_at"))

    async def _write_behind(self) -> None:
        while not self._stopping.is_set():
            await self._wake.wait()
            self._wake.clear()
            with self._background.guard("registry"):
                await self._write()
            with suppress(TimeoutError):
                async with asyncio.timeout(WRITE_SECONDS):
                    await self._stopping.wait()

    async def _write(self) -> None:
        changed, self._changed = self._changed, set()
        removed, self._removed = self._removed, set()
        if self._database is None or not (changed or removed):
            return
        rows = [self._row(node_id) for node_id in changed]
        try:
            await self._database.executemany(_UPSERT, rows)
            await self._database.executemany(
                "DELETE FROM nodes WHERE node_id = ?", [(node_id,) for node_id in removed]
            )
            await self._database.commit()
        except sqlite3.Error as error:
            self._record_failure("write", error)
            # Retried with the next change.
            self._changed |= changed & self._reports.keys()
            self._removed |= removed - self._reports.keys()
            with suppress(sqlite3.Error):
                await self._database.rollback()

    def _row(self, node_id: str) -> tuple[str, str, str | None, str | None]:
        document = {str(shard): report for shard, report in self._reports[node_id].items()}
        node = self._merge(node_id)
        text = json_encoding.pack(document).decode()
        return node_id, text, node["first_seen_at"], node["last_seen_at"]

    async def _close(self) -> None:
        if self._database is not None:
            with suppress(sqlite3.Error):
                await self._database.close()
            self._database = None

    def _record_failure(self, operation: str, error: Exception) -> None:
        self.failures += 1
        log.error("cannot %s the node registry in %s: %s", operation, self._path, reason(error))


_INFORMATION = ("node_info", "implementation_name", "implementation_version")


def _merge_reports(node_id: str, reports: Mapping[int, Json]) -> Json:
    ended = [(shard, [end_connections(node)]) for shard, node in reports.items()]
    return merge.nodes(ended)[node_id]


def _rendered(node: Json, rendering: str) -> Json:
    """Return a node, whose hashes are stored in hex, in another rendering."""
    if rendering != "array":
        return node
    node = {**node}
    for name in ("best", "finalized"):
        if node.get(name):
            node[name] = {**node[name], "hash": _array(node[name]["hash"])}
    if node.get("node_info"):
        information = node["node_info"]
        details = {**information["details"]}
        details["peer_id"] = _array(details["peer_id"])
        address = details["peer_address"]
        details["peer_address"] = {**address, "ipv6": list(address_octets(address["ipv6"]))}
        genesis = _array(information["genesis"])
        node["node_info"] = {**information, "genesis": genesis, "details": details}
    return node


def _array(text: str) -> list[int]:
    return list(bytes.fromhex(text.removeprefix("0x")))


def _last_seen(reports: Mapping[int, Json]) -> str:
    return max((node.get("last_seen_at") or "" for node in reports.values()), default="")
