"""One method per route of the HTTP API, for both clients.

Written by ``python -m tart.gateway.codegen.client`` from the server's declarations; change
it there. Arguments that are left out have the server's default. Every method raises
``ApiError`` if the server refuses, ``ApiUnreachable`` if it does not answer.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar

from tart.client._generated import answers
from tart.client.core.request import Call

Result = TypeVar("Result")


class Api:
    """The routes; how they are asked is ``TartClient``'s part."""

    def _ask(self, call: Call[Result]) -> Result:
        raise NotImplementedError

    def _stream(self, call: Call[bytes]) -> Iterator[bytes]:
        raise NotImplementedError

    def _pages(self, call: Call[Any], member: str) -> Iterator[Any]:
        raise NotImplementedError

    def health(self) -> answers.Health:
        """Check that the gateway answers.

        ``GET /api/health``. No shard is queried.
        """
        return self._ask(Call[answers.Health]("GET", "/api/health"))

    def detailed_health(self) -> answers.DetailedHealth:
        """Get component health.

        ``GET /api/health/detailed``. Returns 503 with the same body if a critical component is
        unhealthy. A shard that does not answer is unhealthy and degrades the server; a shard that
        takes long to start is degraded and reports its progress. A shard with unreadable or deleted
        files is degraded; its message names the files. database: healthy if all shards answer,
        degraded if some do, unhealthy if none does. batch_writer: degraded while reading is paused
        or while more than three quarters of a write buffer are in use, unhealthy while all shards
        are paused. event_broadcaster: degraded if shards dropped live events for this gateway in
        the last minute. memory and system_resources: degraded below 10 % of memory or disk space
        free, unhealthy below 2 %.
        """
        return self._ask(
            Call[answers.DetailedHealth]("GET", "/api/health/detailed", accepted=(503,))
        )

    def metrics(self) -> str:
        """Get metrics for Prometheus.

        ``GET /metrics``. A shard that does not answer has tart_shard_up 0.
        """
        return self._ask(Call[str]("GET", "/metrics", text=True))

    def openapi(self) -> dict[str, Any]:
        """Get this document as OpenAPI 3.1.

        ``GET /api/openapi.json``. No key is needed: the document contains no data.
        """
        return self._ask(Call[dict[str, Any]]("GET", "/api/openapi.json"))

    def stats(self, *, duration: str | None = None) -> answers.Stats:
        """Get blocks authored, best block and finalized block.

        ``GET /api/stats``. best_block and finalized_block are the highest slots that a third of the
        connected nodes have reached. Each node counts with its best and finalized block in
        /api/nodes.

        Args:
            duration: Length of the window, which ends now: 5m, 90s, 2d. By default 1h.
        """
        return self._ask(Call[answers.Stats]("GET", "/api/stats", query={"duration": duration}))

    def network(self) -> answers.Network:
        """Get the network's parameters and implementations.

        ``GET /api/network``. Values that most connected nodes report.
        """
        return self._ask(Call[answers.Network]("GET", "/api/network", query={"bytes": "hex"}))

    def live(self) -> answers.Live:
        """Get rates of the last complete seconds.

        ``GET /api/metrics/live``. Read from counters in memory.
        """
        return self._ask(Call[answers.Live]("GET", "/api/metrics/live"))

    def nodes(self) -> answers.Nodes:
        """List all nodes.

        ``GET /api/nodes``. Connected nodes first, then by last_seen_at, newest first. What a node
        reports of itself (node_info, best, finalized, synced) is its newest statement by
        received_at over all its open connections; if it has made none on these, over those that
        have ended. statements has the source.
        """
        return self._ask(Call[answers.Nodes]("GET", "/api/nodes", query={"bytes": "hex"}))

    def node(self, id: str) -> answers.NodeDetails:
        """Get one node.

        ``GET /api/nodes/{id}``. As in /api/nodes, with its open connections, newest first.

        Args:
            id: Node id: 64 hex digits of either case.
        """
        return self._ask(
            Call[answers.NodeDetails](
                "GET", "/api/nodes/{id}", path={"id": id}, query={"bytes": "hex"}
            )
        )

    def node_status(self, id: str) -> answers.NodeStatus:
        """Get what one node last reported of itself and of the chain.

        ``GET /api/nodes/{id}/status``. Status, best block, finalized block and sync state are each
        the newest statement by received_at over all open connections; if the node has made none on
        these, over those that have ended.

        Args:
            id: Node id: 64 hex digits of either case.
        """
        return self._ask(
            Call[answers.NodeStatus](
                "GET", "/api/nodes/{id}/status", path={"id": id}, query={"bytes": "hex"}
            )
        )

    def topology(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.Topology:
        """Get links between nodes: block announcements, block and ticket transfers.

        ``GET /api/network/topology``. Counts are kept in buckets of ten minutes; window has the
        whole buckets that were counted. A link leads from the sender to the receiver, whichever of
        them reports it; message_count is the greater of the numbers that the sender sent and the
        receiver received. connections and ticket_transfers have the 5,000 links with the most
        messages. Fields named `*_last_hour` cover the requested window (the names are kept for
        jamtart).

        Args:
            duration: Length of the window, which ends now; start and end take precedence. By
                default 1h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.Topology](
                "GET",
                "/api/network/topology",
                query={"duration": duration, "start": start, "end": end},
            )
        )

    def validators_cores(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.ValidatorsCores:
        """Get guarantees by node and core, and tickets by node.

        ``GET /api/validators/cores``. The core of a guarantee is that of its work-package in the
        same session. The window is in whole minutes; last_guarantee is by the server's clock.
        ticket_count is the number of tickets generated.

        Args:
            duration: Length of the window, which ends now; start and end take precedence. By
                default 24h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.ValidatorsCores](
                "GET",
                "/api/validators/cores",
                query={"duration": duration, "start": start, "end": end},
            )
        )

    def node_status_enhanced(
        self,
        id: str,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.NodeStatusEnhanced:
        """Get the status of a node with its cores, guarantees and tickets.

        ``GET /api/nodes/{id}/status/enhanced``. The members of node stand at the top level.
        cores_active is ordered by the number of work-packages received, most first;
        guarantees_signed counts the signatures sent to other guarantors.

        Args:
            id: Node id: 64 hex digits of either case.
            duration: Length of the window, which ends now; start and end take precedence. By
                default 24h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.NodeStatusEnhanced](
                "GET",
                "/api/nodes/{id}/status/enhanced",
                path={"id": id},
                query={"duration": duration, "start": start, "end": end, "bytes": "hex"},
            )
        )

    def node_peers(
        self,
        id: str,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.NodePeers:
        """Get the number of peers of a node from its Status events.

        ``GET /api/nodes/{id}/peers``. Counts are kept in buckets of ten minutes; window has the
        whole buckets that were counted. The figures are those of the newest Status in the window;
        history has the newest 100. connections counts the node's events about connections (20 to
        28).

        Args:
            id: Node id: 64 hex digits of either case.
            duration: Length of the window, which ends now; start and end take precedence. By
                default 1h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.NodePeers](
                "GET",
                "/api/nodes/{id}/peers",
                path={"id": id},
                query={"duration": duration, "start": start, "end": end},
            )
        )

    def node_timeline(
        self,
        id: str,
        *,
        start_time: datetime | str | None = None,
        end_time: datetime | str | None = None,
        duration: str | None = None,
        categories: Sequence[str] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> answers.NodeTimeline:
        """List events of a node with their categories, newest first.

        ``GET /api/nodes/{id}/timeline``. Events and category_counts cover the same window, in whole
        minutes. category_counts covers all categories, also if the events are limited to some;
        without a window it covers all counts that are stored. /api/events/search takes a window to
        the microsecond.

        Args:
            id: Node id: 64 hex digits of either case.
            start_time: Start of the window, inclusive.
            end_time: End of the window, inclusive.
            duration: Length of the window, which ends now; start and end take precedence.
            categories: Categories to list: status, connection, blockAuthoring, blockAnnouncement,
                tickets, workPackage, guarantee, shard, assurance, bundleShard, segment, preimage,
                other.
            limit: Maximum number of events; clamped to 1-1000. By default 200.
            cursor: next_cursor of an earlier answer; continues there, in the same window.
        """
        return self._ask(
            Call[answers.NodeTimeline](
                "GET",
                "/api/nodes/{id}/timeline",
                path={"id": id},
                query={
                    "start_time": start_time,
                    "end_time": end_time,
                    "duration": duration,
                    "categories": categories,
                    "limit": limit,
                    "cursor": cursor,
                    "bytes": "hex",
                },
            )
        )

    def iter_node_timeline(
        self,
        id: str,
        *,
        start_time: datetime | str | None = None,
        end_time: datetime | str | None = None,
        duration: str | None = None,
        categories: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> Iterator[answers.TimelineEvent]:
        """List events of a node with their categories, newest first, page by page.

        ``GET /api/nodes/{id}/timeline``.

        Args:
            id: Node id: 64 hex digits of either case.
            start_time: Start of the window, inclusive.
            end_time: End of the window, inclusive.
            duration: Length of the window, which ends now; start and end take precedence.
            categories: Categories to list: status, connection, blockAuthoring, blockAnnouncement,
                tickets, workPackage, guarantee, shard, assurance, bundleShard, segment, preimage,
                other.
            limit: How many a page.
        """
        return self._pages(
            Call[answers.NodeTimeline](
                "GET",
                "/api/nodes/{id}/timeline",
                path={"id": id},
                query={
                    "start_time": start_time,
                    "end_time": end_time,
                    "duration": duration,
                    "categories": categories,
                    "limit": limit,
                    "bytes": "hex",
                },
            ),
            "events",
        )

    def da_stats(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.DaStats:
        """Get shards and preimages stored, from the nodes' Status events.

        ``GET /api/da/stats``. Uses the newest Status of each node in the window.

        Args:
            duration: Length of the window, which ends now; start and end take precedence. By
                default 1h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.DaStats](
                "GET", "/api/da/stats", query={"duration": duration, "start": start, "end": end}
            )
        )

    def da_stats_enhanced(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.DaStatsEnhanced:
        """Get requests for shards and their outcomes by node.

        ``GET /api/da/stats/enhanced``. Counts are kept in buckets of ten minutes; window has the
        whole buckets that were counted. Read operations are requests that a node served (121 to
        125), write operations requests by which it got a shard (120 to 125). A rate is the number
        of transfers divided by the number of ended requests. Latencies are by the nodes' clocks,
        from a histogram, and within 10 % of the exact value. availability_rate is the rate of the
        requesting nodes. No event tells the size of a shard or of a disk.

        Args:
            duration: Length of the window, which ends now; start and end take precedence. By
                default 1h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.DaStatsEnhanced](
                "GET",
                "/api/da/stats/enhanced",
                query={"duration": duration, "start": start, "end": end},
            )
        )

    def execution(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.Execution:
        """Get gas and time of authorization, refinement and accumulation.

        ``GET /api/metrics/execution``. Authorizations and refinements count for every guarantor, in
        whole minutes. The accumulation of a service in a block counts once; its time is the mean
        over the nodes that report it.

        Args:
            duration: Length of the window, which ends now; start and end take precedence. By
                default 1h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.Execution](
                "GET",
                "/api/metrics/execution",
                query={"duration": duration, "start": start, "end": end},
            )
        )

    def node_events(
        self,
        id: str,
        *,
        limit: int | None = None,
        offset: int | None = None,
        cursor: str | None = None,
    ) -> answers.Events:
        """List events of one node, newest first.

        ``GET /api/nodes/{id}/events``.

        Args:
            id: Node id: 64 hex digits of either case.
            limit: Maximum number of events; clamped to 1 to 1000. By default 50.
            offset: Number of events to skip, at most 100000; below 0 means 0. Skipped events cost
                as much as returned ones; use cursor to read page by page. By default 0.
            cursor: next_cursor of an earlier answer. Continues after its last result, in the same
                window; results that have arrived since are not included.
        """
        return self._ask(
            Call[answers.Events](
                "GET",
                "/api/nodes/{id}/events",
                path={"id": id},
                query={"limit": limit, "offset": offset, "cursor": cursor, "bytes": "hex"},
            )
        )

    def iter_node_events(self, id: str, *, limit: int | None = None) -> Iterator[answers.Event]:
        """List events of one node, newest first, page by page.

        ``GET /api/nodes/{id}/events``.

        Args:
            id: Node id: 64 hex digits of either case.
            limit: How many a page.
        """
        return self._pages(
            Call[answers.Events](
                "GET",
                "/api/nodes/{id}/events",
                path={"id": id},
                query={"limit": limit, "bytes": "hex"},
            ),
            "events",
        )

    def events(
        self, *, limit: int | None = None, offset: int | None = None, cursor: str | None = None
    ) -> answers.Events:
        """List events of all nodes, newest first.

        ``GET /api/events``.

        Args:
            limit: Maximum number of events; clamped to 1 to 1000. By default 50.
            offset: Number of events to skip, at most 100000; below 0 means 0. Skipped events cost
                as much as returned ones; use cursor to read page by page. By default 0.
            cursor: next_cursor of an earlier answer. Continues after its last result, in the same
                window; results that have arrived since are not included.
        """
        return self._ask(
            Call[answers.Events](
                "GET",
                "/api/events",
                query={"limit": limit, "offset": offset, "cursor": cursor, "bytes": "hex"},
            )
        )

    def iter_events(self, *, limit: int | None = None) -> Iterator[answers.Event]:
        """List events of all nodes, newest first, page by page.

        ``GET /api/events``.

        Args:
            limit: How many a page.
        """
        return self._pages(
            Call[answers.Events]("GET", "/api/events", query={"limit": limit, "bytes": "hex"}),
            "events",
        )

    def search(
        self,
        *,
        event_types: Sequence[int] | None = None,
        node_id: str | None = None,
        core_index: int | None = None,
        wp_hash: str | None = None,
        slot: int | None = None,
        start_time: datetime | str | None = None,
        end_time: datetime | str | None = None,
        duration: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        cursor: str | None = None,
    ) -> answers.SearchResult:
        """Search events by type, node, time, slot, core or hash.

        ``GET /api/events/search``. All conditions must hold. Without a time all stored events are
        searched.

        Args:
            event_types: Event numbers, separated by commas.
            node_id: Events of this node.
            core_index: Events that name this core, or that inherit it: an event that refers to the
                submission of a work-package belongs to the core of that package.
            wp_hash: Events that name this work-package hash.
            slot: Events that name this slot, or that inherit it: an event that refers to an
                authoring, an import or a guarantee built belongs to the slot of that event.
            start_time: Earliest received_at, inclusive.
            end_time: Latest received_at, inclusive.
            duration: Length of the window, which ends now; start and end take precedence.
            limit: Maximum number of events; clamped to 1 to 1000. By default 50.
            offset: Number of events to skip, at most 100000; below 0 means 0. Skipped events cost
                as much as returned ones; use cursor to read page by page. By default 0.
            cursor: next_cursor of an earlier answer. Continues after its last result, in the same
                window; results that have arrived since are not included.
        """
        return self._ask(
            Call[answers.SearchResult](
                "GET",
                "/api/events/search",
                query={
                    "event_types": event_types,
                    "node_id": node_id,
                    "core_index": core_index,
                    "wp_hash": wp_hash,
                    "slot": slot,
                    "start_time": start_time,
                    "end_time": end_time,
                    "duration": duration,
                    "limit": limit,
                    "offset": offset,
                    "cursor": cursor,
                    "bytes": "hex",
                },
            )
        )

    def iter_search(
        self,
        *,
        event_types: Sequence[int] | None = None,
        node_id: str | None = None,
        core_index: int | None = None,
        wp_hash: str | None = None,
        slot: int | None = None,
        start_time: datetime | str | None = None,
        end_time: datetime | str | None = None,
        duration: str | None = None,
        limit: int | None = None,
    ) -> Iterator[answers.Event]:
        """Search events by type, node, time, slot, core or hash, page by page.

        ``GET /api/events/search``.

        Args:
            event_types: Event numbers, separated by commas.
            node_id: Events of this node.
            core_index: Events that name this core, or that inherit it: an event that refers to the
                submission of a work-package belongs to the core of that package.
            wp_hash: Events that name this work-package hash.
            slot: Events that name this slot, or that inherit it: an event that refers to an
                authoring, an import or a guarantee built belongs to the slot of that event.
            start_time: Earliest received_at, inclusive.
            end_time: Latest received_at, inclusive.
            duration: Length of the window, which ends now; start and end take precedence.
            limit: How many a page.
        """
        return self._pages(
            Call[answers.SearchResult](
                "GET",
                "/api/events/search",
                query={
                    "event_types": event_types,
                    "node_id": node_id,
                    "core_index": core_index,
                    "wp_hash": wp_hash,
                    "slot": slot,
                    "start_time": start_time,
                    "end_time": end_time,
                    "duration": duration,
                    "limit": limit,
                    "bytes": "hex",
                },
            ),
            "events",
        )

    def event(self, id: int) -> answers.EventDetails:
        """Get one event with its raw bytes.

        ``GET /api/events/{id}``. raw has the payload, and the whole frame with its length prefix,
        as the node sent them, always in hex. An event that could not be decoded is returned as
        well, with the reason in undecodable.

        Args:
            id: Id of the event.
        """
        return self._ask(
            Call[answers.EventDetails](
                "GET", "/api/events/{id}", path={"id": id}, query={"bytes": "hex"}
            )
        )

    def trace(
        self, id: int, *, limit: int | None = None, depth: int | None = None
    ) -> answers.Trace:
        """Get the events that refer to one another.

        ``GET /api/events/{id}/trace``. Follows the references from the event up to its root, and
        lists everything below the root in the same session, in order of arrival, the root first.
        References are the event ids at the start of a payload. parent and depth describe the tree.
        truncated is true if limit or depth ended the search. The search also ends after ten minutes
        without a descendant, at searched_until.

        Args:
            id: Id of the event.
            limit: Maximum number of events; clamped to 1 to 1000. By default 200.
            depth: Maximum number of levels; clamped to 1 to 64. By default 64.
        """
        return self._ask(
            Call[answers.Trace](
                "GET",
                "/api/events/{id}/trace",
                path={"id": id},
                query={"limit": limit, "depth": depth, "bytes": "hex"},
            )
        )

    def export(
        self,
        *,
        format: Literal["ndjson", "csv", "capture", "parquet"] | None = None,
        event_types: Sequence[int] | None = None,
        node_id: str | None = None,
        core_index: int | None = None,
        wp_hash: str | None = None,
        slot: int | None = None,
        start_time: datetime | str | None = None,
        end_time: datetime | str | None = None,
        duration: str | None = None,
    ) -> Iterator[bytes]:
        """Export all events of a window as a stream, oldest first.

        ``GET /api/events/export``. The number of events is not limited; data is sent as fast as the
        client reads it. ndjson: one Event object per line. csv: the members of Event, data as JSON;
        text that a spreadsheet would run as a formula gets a leading apostrophe, unless
        api.csv_formulas is set. capture: the bytes as received, including events that could not be
        decoded unless a filter looks into events; docs/capture.md describes the format. If data is
        missing, for example because a shard does not answer, all other data is sent and the
        connection is closed before the end of the answer, so that an incomplete export cannot be
        taken for a complete one. The last line of ndjson is then an Error, the last row of csv
        begins with # incomplete, and a capture has no END record. Parquet is not streamed, because
        its index is at the end of one file for all shards; request Arrow from /api/sql instead.

        Args:
            format: Format of the export. By default ndjson.
            event_types: Event numbers, separated by commas.
            node_id: Events of this node.
            core_index: Events that name this core, or that inherit it: an event that refers to the
                submission of a work-package belongs to the core of that package.
            wp_hash: Events that name this work-package hash.
            slot: Events that name this slot, or that inherit it: an event that refers to an
                authoring, an import or a guarantee built belongs to the slot of that event.
            start_time: Earliest received_at, inclusive.
            end_time: Latest received_at, inclusive.
            duration: Length of the window, which ends now; start and end take precedence.
        """
        return self._stream(
            Call[bytes](
                "GET",
                "/api/events/export",
                query={
                    "format": format,
                    "event_types": event_types,
                    "node_id": node_id,
                    "core_index": core_index,
                    "wp_hash": wp_hash,
                    "slot": slot,
                    "start_time": start_time,
                    "end_time": end_time,
                    "duration": duration,
                    "bytes": "hex",
                },
            )
        )

    def sql(self, *, map: str, reduce: str | None = None) -> answers.SqlResult:
        """Run a SELECT on every shard.

        ``POST /api/sql``. map runs on each shard over its events. reduce runs over the table
        partials, which contains the rows of all maps; without it the answer is partials. Tables:
        one view per event type, named like block_announced, with the columns id, node_id, session,
        event_id, received_at, timestamp, timestamp_us, ref and the event's fields; events with the
        payload of all event types; undecodable, sessions, nodes. DESCRIBE block_announced and
        information_schema.columns list the columns. Hashes are BLOB; unhex('01ab...') is a literal.
        The statement is one SELECT in DuckDB's SQL, without access to files, network and settings.
        Comparisons with constants in WHERE limit what is read; restrict received_at. ORDER BY of
        columns with LIMIT is cheap. The answer is JSON, unless the Accept header or format selects
        another format; application/vnd.apache.arrow.stream selects Arrow. Missing data is listed in
        shards and unreadable; csv and Arrow then end like an incomplete export. Numbers are exact:
        JSON and CSV contain integers beyond 64 bits as text, and decimals that no double represents
        as well; Arrow contains HUGEINT as DECIMAL(38, 0), which refuses larger values, and UHUGEINT
        as text.

        Args:
            map: One SELECT over the views.
            reduce: One SELECT over the table partials.
        """
        return self._ask(
            Call[answers.SqlResult]("POST", "/api/sql", body={"map": map, "reduce": reduce})
        )

    def sessions(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> answers.Sessions:
        """List connections of all nodes, newest first.

        ``GET /api/sessions``. Connections that were open at any time of the window, the latest
        started first. They are stored for [aggregates] row_retention_days. outcome is open, closed,
        refused (the first message was not valid) or died (the shard was killed; ended_at is the
        time of the last message). Events are all messages after the first, decoded or not.

        Args:
            duration: Length of the window, which ends now; start and end take precedence.
            start: Start of the window, inclusive.
            end: End of the window, inclusive.
            limit: Maximum number of sessions; clamped to 1 to 1000. By default 50.
            cursor: next_cursor of an earlier answer. Continues after its last result, in the same
                window; results that have arrived since are not included.
        """
        return self._ask(
            Call[answers.Sessions](
                "GET",
                "/api/sessions",
                query={
                    "duration": duration,
                    "start": start,
                    "end": end,
                    "limit": limit,
                    "cursor": cursor,
                },
            )
        )

    def iter_sessions(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        limit: int | None = None,
    ) -> Iterator[answers.Session]:
        """List connections of all nodes, newest first, page by page.

        ``GET /api/sessions``.

        Args:
            duration: Length of the window, which ends now; start and end take precedence.
            start: Start of the window, inclusive.
            end: End of the window, inclusive.
            limit: How many a page.
        """
        return self._pages(
            Call[answers.Sessions](
                "GET",
                "/api/sessions",
                query={"duration": duration, "start": start, "end": end, "limit": limit},
            ),
            "sessions",
        )

    def node_sessions(
        self,
        id: str,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> answers.Sessions:
        """List connections of one node, newest first.

        ``GET /api/nodes/{id}/sessions``. Connections that were open at any time of the window, the
        latest started first. They are stored for [aggregates] row_retention_days. outcome is open,
        closed, refused (the first message was not valid) or died (the shard was killed; ended_at is
        the time of the last message). Events are all messages after the first, decoded or not.

        Args:
            id: Node id: 64 hex digits of either case.
            duration: Length of the window, which ends now; start and end take precedence.
            start: Start of the window, inclusive.
            end: End of the window, inclusive.
            limit: Maximum number of sessions; clamped to 1 to 1000. By default 50.
            cursor: next_cursor of an earlier answer. Continues after its last result, in the same
                window; results that have arrived since are not included.
        """
        return self._ask(
            Call[answers.Sessions](
                "GET",
                "/api/nodes/{id}/sessions",
                path={"id": id},
                query={
                    "duration": duration,
                    "start": start,
                    "end": end,
                    "limit": limit,
                    "cursor": cursor,
                },
            )
        )

    def iter_node_sessions(
        self,
        id: str,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        limit: int | None = None,
    ) -> Iterator[answers.Session]:
        """List connections of one node, newest first, page by page.

        ``GET /api/nodes/{id}/sessions``.

        Args:
            id: Node id: 64 hex digits of either case.
            duration: Length of the window, which ends now; start and end take precedence.
            start: Start of the window, inclusive.
            end: End of the window, inclusive.
            limit: How many a page.
        """
        return self._pages(
            Call[answers.Sessions](
                "GET",
                "/api/nodes/{id}/sessions",
                path={"id": id},
                query={"duration": duration, "start": start, "end": end, "limit": limit},
            ),
            "sessions",
        )

    def conformance(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.Conformance:
        """List conformance findings for all nodes.

        ``GET /api/conformance``. A finding is a rule that a node broke. Rules have stable codes and
        a page each (docs). error: JIP-3 forbids it, and a reader that does as JIP-3 says gets
        nothing or something wrong. warning: JIP-3 is silent or leaves room, or something is most
        likely wrong. info: JIP-3 allows it, and it is good to know. Counts are kept by the hour, so
        a window begins with a whole hour. References to events that were dropped, shed, not decoded
        or long past are not reported, because they may be correct. rules are over all nodes, with
        examples. unidentified lists findings of connections that never sent their node information.

        Args:
            duration: Length of the window, which ends now; start and end take precedence. By
                default 24h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.Conformance](
                "GET", "/api/conformance", query={"duration": duration, "start": start, "end": end}
            )
        )

    def node_conformance(
        self,
        id: str,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.NodeConformance:
        """List conformance findings for one node.

        ``GET /api/nodes/{id}/conformance``. A finding is a rule that a node broke. Rules have
        stable codes and a page each (docs). error: JIP-3 forbids it, and a reader that does as
        JIP-3 says gets nothing or something wrong. warning: JIP-3 is silent or leaves room, or
        something is most likely wrong. info: JIP-3 allows it, and it is good to know. Counts are
        kept by the hour, so a window begins with a whole hour. References to events that were
        dropped, shed, not decoded or long past are not reported, because they may be correct.
        Examples are the newest that are stored; three a day are stored for each rule. id is the
        event's id in /api/events, offset counts bytes of the message from its timestamp on, hex has
        its first 1,024 bytes.

        Args:
            id: Node id: 64 hex digits of either case.
            duration: Length of the window, which ends now; start and end take precedence. By
                default 24h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.NodeConformance](
                "GET",
                "/api/nodes/{id}/conformance",
                path={"id": id},
                query={"duration": duration, "start": start, "end": end},
            )
        )

    def workpackages(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.Workpackages:
        """Count work-packages by stage.

        ``GET /api/workpackages``. totals counts distinct packages by hash whose pipeline began in
        the window, each where any guarantor had it. events counts what guarantors sent.
        unidentified counts attempts that ended, or stopped, before the package was known. Beyond
        100,000 rows of a shard, packages are estimated from a sample, and exact is false.

        Args:
            duration: Length of the window, which ends now; start and end take precedence. By
                default 24h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.Workpackages](
                "GET",
                "/api/workpackages",
                query={"duration": duration, "start": start, "end": end, "bytes": "hex"},
            )
        )

    def active_workpackages(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        limit: int | None = None,
    ) -> answers.ActiveWorkpackages:
        """List the newest work-packages and their stages.

        ``GET /api/workpackages/active``. A package is followed within a session by event id, and
        across nodes by its hash, the hash of its report and its erasure root. Its stage is that of
        its leading guarantor, which is the one that came furthest; then guarantee_received,
        included or discarded by what other nodes reported of the report, and available when shards
        of it were requested. discarded: a node discarded its guarantee because it cannot be
        reported on chain; after a discard for another reason (too many, replaced by a better one)
        it may still be included, so that only stages and discard_reason show it. failed: it failed
        at its guarantors, and none guaranteed it. superseded: an attempt failed while another
        guarantor guaranteed the package, whatever reason the event gives. Steps of guarantors are
        by the node's clock. summary and reached count the newest 1000 packages; complete is true if
        these are all. stage_duration_percentiles covers the steps of all guarantors in the window,
        read from a histogram with bins 20 % wide.

        Args:
            duration: Length of the window, which ends now; start and end take precedence. By
                default 1h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
            limit: Maximum number of packages; clamped to 1 to 1000. By default 200.
        """
        return self._ask(
            Call[answers.ActiveWorkpackages](
                "GET",
                "/api/workpackages/active",
                query={"duration": duration, "start": start, "end": end, "limit": limit},
            )
        )

    def journey(
        self,
        hash: str,
        *,
        node_id: str | None = None,
        session: int | None = None,
        limit: int | None = None,
    ) -> answers.Journey:
        """Get the journey of one work-package, event by event.

        ``GET /api/workpackages/{hash}/journey``. A package is followed within a session by event
        id, and across nodes by its hash, the hash of its report and its erasure root. Its stage is
        that of its leading guarantor, which is the one that came furthest; then guarantee_received,
        included or discarded by what other nodes reported of the report, and available when shards
        of it were requested. discarded: a node discarded its guarantee because it cannot be
        reported on chain; after a discard for another reason (too many, replaced by a better one)
        it may still be included, so that only stages and discard_reason show it. failed: it failed
        at its guarantors, and none guaranteed it. superseded: an attempt failed while another
        guarantor guaranteed the package, whatever reason the event gives. Steps of guarantors are
        by the node's clock. Events are in order of arrival. Where the event log no longer has an
        event, id and data are null and the step comes from the aggregates. If several connections
        gave the id to different packages, the answer is 409 with candidates: add node_id or
        session.

        Args:
            hash: Hash of the work-package, of its report or of its erasure root; or the id of the
                event that began it at a guarantor (90, 91), in decimal.
            node_id: With an event id: the node that sent the event.
            session: With an event id: the connection of the event.
            limit: Maximum number of events of each guarantor, of the report and of the erasure
                root; clamped to 1 to 1000. truncated is true if there may be more. By default 200.
        """
        return self._ask(
            Call[answers.Journey](
                "GET",
                "/api/workpackages/{hash}/journey",
                path={"hash": hash},
                query={"node_id": node_id, "session": session, "limit": limit, "bytes": "hex"},
            )
        )

    def enhanced_journey(
        self,
        hash: str,
        *,
        node_id: str | None = None,
        session: int | None = None,
        limit: int | None = None,
    ) -> answers.EnhancedJourney:
        """Get the journey of one work-package with durations, costs, signers and errors.

        ``GET /api/workpackages/{hash}/journey/enhanced``. A package is followed within a session by
        event id, and across nodes by its hash, the hash of its report and its erasure root. Its
        stage is that of its leading guarantor, which is the one that came furthest; then
        guarantee_received, included or discarded by what other nodes reported of the report, and
        available when shards of it were requested. discarded: a node discarded its guarantee
        because it cannot be reported on chain; after a discard for another reason (too many,
        replaced by a better one) it may still be included, so that only stages and discard_reason
        show it. failed: it failed at its guarantors, and none guaranteed it. superseded: an attempt
        failed while another guarantor guaranteed the package, whatever reason the event gives.
        Steps of guarantors are by the node's clock. duration_ms is the time since the previous
        stage at the same guarantor, by its clock. total_duration_ms, started_at and completed_at
        are by the server's clock.

        Args:
            hash: Hash of the work-package, of its report or of its erasure root; or the id of the
                event that began it at a guarantor (90, 91), in decimal.
            node_id: With an event id: the node that sent the event.
            session: With an event id: the connection of the event.
            limit: Maximum number of events of each guarantor, of the report and of the erasure
                root; clamped to 1 to 1000. truncated is true if there may be more. By default 200.
        """
        return self._ask(
            Call[answers.EnhancedJourney](
                "GET",
                "/api/workpackages/{hash}/journey/enhanced",
                path={"hash": hash},
                query={"node_id": node_id, "session": session, "limit": limit, "bytes": "hex"},
            )
        )

    def audit_progress(
        self,
        hash: str,
        *,
        node_id: str | None = None,
        session: int | None = None,
        limit: int | None = None,
    ) -> answers.AuditProgress:
        """Get what is known of the audit of a work-package.

        ``GET /api/workpackages/{hash}/audit-progress``. JIP-3 has no events of audits themselves,
        only of recovering bundles (140 to 153). Of those only the answering side names the erasure
        root: auditor_node_ids are the nodes that sent requests to it. tranche, panic_mode,
        is_accumulated and auditors_completed are null.

        Args:
            hash: Hash of the work-package, of its report or of its erasure root; or the id of the
                event that began it at a guarantor (90, 91), in decimal.
            node_id: With an event id: the node that sent the event.
            session: With an event id: the connection of the event.
            limit: Maximum number of events of each guarantor, of the report and of the erasure
                root; clamped to 1 to 1000. truncated is true if there may be more. By default 200.
        """
        return self._ask(
            Call[answers.AuditProgress](
                "GET",
                "/api/workpackages/{hash}/audit-progress",
                path={"hash": hash},
                query={"node_id": node_id, "session": session, "limit": limit, "bytes": "hex"},
            )
        )

    def batch_journey(self, *, hashes: list[str]) -> answers.BatchJourney:
        """Get the stages of up to 50 work-packages.

        ``POST /api/workpackages/batch/journey``. Read from the aggregates: steps of guarantors,
        without their events. Unknown packages are left out; found is the number of known ones.

        Args:
            hashes:
        """
        return self._ask(
            Call[answers.BatchJourney](
                "POST", "/api/workpackages/batch/journey", body={"hashes": hashes}
            )
        )

    def guarantees(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.Guarantees:
        """Count guarantees by outcome.

        ``GET /api/guarantees``. totals counts events. discarded (113) counts every reason,
        including that the report is on chain already. Rates are of attempts that have ended, null
        if there are none.

        Args:
            duration: Length of the window, which ends now; start and end take precedence. By
                default 24h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.Guarantees](
                "GET",
                "/api/guarantees",
                query={"duration": duration, "start": start, "end": end, "bytes": "hex"},
            )
        )

    def guarantors(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.Guarantors:
        """Get the success rates of guarantors.

        ``GET /api/guarantees/by-guarantor``. success_rate is the share of packages guaranteed (105)
        whose guarantees were distributed (109); send_success_rate is 108 divided by 107 and 108. A
        package that has not ended counts once nothing was received of it for a minute.
        total_guarantees covers the window, guarantees_last_hour its last hour.

        Args:
            duration: Length of the window, which ends now; start and end take precedence. By
                default 24h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.Guarantors](
                "GET",
                "/api/guarantees/by-guarantor",
                query={"duration": duration, "start": start, "end": end},
            )
        )

    def cores_status(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.CoresStatus:
        """Get the load of each core.

        ``GET /api/cores/status``. Counts distinct packages whose pipeline began in the window:
        received, and guaranteed. gas_used, imports, exports and extrinsic_size are of the packages
        received, da_load is the bytes of the bundles of the packages guaranteed. window_blocks is
        the number of slots with a block that a node authored or imported in the window;
        active_blocks is how many of them the core had a guarantee for. Fields named *_last_hour
        cover the requested window (the name is kept for compatibility with jamtart).

        Args:
            duration: Length of the window, which ends now; start and end take precedence. By
                default 1h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.CoresStatus](
                "GET", "/api/cores/status", query={"duration": duration, "start": start, "end": end}
            )
        )

    def core_guarantees(
        self,
        core_index: int,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.CoreGuarantees:
        """Get guarantees of a core, in pools and recently built.

        ``GET /api/cores/{core_index}/guarantees``. current_guarantees is the number that a third of
        the nodes have in their pools.

        Args:
            core_index: The core.
            duration: Length of the window, which ends now; start and end take precedence. By
                default 1h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.CoreGuarantees](
                "GET",
                "/api/cores/{core_index}/guarantees",
                path={"core_index": core_index},
                query={"duration": duration, "start": start, "end": end},
            )
        )

    def core_guarantors(
        self,
        core_index: int,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.CoreGuarantors:
        """List guarantors of a core.

        ``GET /api/cores/{core_index}/guarantors``. Nodes that had a package of the core. Shards and
        efficiencies are of the whole node.

        Args:
            core_index: The core.
            duration: Length of the window, which ends now; start and end take precedence. By
                default 24h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.CoreGuarantors](
                "GET",
                "/api/cores/{core_index}/guarantors",
                path={"core_index": core_index},
                query={"duration": duration, "start": start, "end": end},
            )
        )

    def enhanced_core_guarantors(
        self,
        core_index: int,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.EnhancedCoreGuarantors:
        """List guarantors of a core and the segments that they shared.

        ``GET /api/cores/{core_index}/guarantors/enhanced``. As /guarantors, with the newest
        requests for segments between guarantors (173, 178).

        Args:
            core_index: The core.
            duration: Length of the window, which ends now; start and end take precedence. By
                default 24h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.EnhancedCoreGuarantors](
                "GET",
                "/api/cores/{core_index}/guarantors/enhanced",
                path={"core_index": core_index},
                query={"duration": duration, "start": start, "end": end, "bytes": "hex"},
            )
        )

    def core_work_packages(
        self,
        core_index: int,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        limit: int | None = None,
    ) -> answers.CoreWorkPackages:
        """List the newest work-packages of a core.

        ``GET /api/cores/{core_index}/work-packages``. A package is followed within a session by
        event id, and across nodes by its hash, the hash of its report and its erasure root. Its
        stage is that of its leading guarantor, which is the one that came furthest; then
        guarantee_received, included or discarded by what other nodes reported of the report, and
        available when shards of it were requested. discarded: a node discarded its guarantee
        because it cannot be reported on chain; after a discard for another reason (too many,
        replaced by a better one) it may still be included, so that only stages and discard_reason
        show it. failed: it failed at its guarantors, and none guaranteed it. superseded: an attempt
        failed while another guarantor guaranteed the package, whatever reason the event gives.
        Steps of guarantors are by the node's clock. queue_depth and avg_processing_time_ms
        (received to report built) cover the window; completed_last_hour counts packages distributed
        in the window.

        Args:
            core_index: The core.
            duration: Length of the window, which ends now; start and end take precedence. By
                default 1h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
            limit: Maximum number of packages; clamped to 1 to 1000. By default 50.
        """
        return self._ask(
            Call[answers.CoreWorkPackages](
                "GET",
                "/api/cores/{core_index}/work-packages",
                path={"core_index": core_index},
                query={"duration": duration, "start": start, "end": end, "limit": limit},
            )
        )

    def core_validators(
        self,
        core_index: int,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.CoreValidators:
        """List nodes that work on a core.

        ``GET /api/cores/{core_index}/validators``. validator_index is null, because no event has
        the index of a node.

        Args:
            core_index: The core.
            duration: Length of the window, which ends now; start and end take precedence. By
                default 1h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.CoreValidators](
                "GET",
                "/api/cores/{core_index}/validators",
                path={"core_index": core_index},
                query={"duration": duration, "start": start, "end": end},
            )
        )

    def core_metrics(
        self,
        core_index: int,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.CoreMetrics:
        """Get the throughput and efficiency of a core.

        ``GET /api/cores/{core_index}/metrics``. Over attempts of guarantors in the window.
        processing_efficiency_pct is refined attempts, of those refined or failed before.
        average_completion_time_ms and p95_latency_ms are from the submission or share to the
        guarantees distributed (109), network_latency_ms from the guarantee built on. Gas is of
        attempts with a known use and limit. work_packages_processed_24h covers the 24 hours before
        the end of the window. accumulate_efficiency_pct is null, because accumulation is not
        reported by core.

        Args:
            core_index: The core.
            duration: Length of the window, which ends now; start and end take precedence. By
                default 1h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.CoreMetrics](
                "GET",
                "/api/cores/{core_index}/metrics",
                path={"core_index": core_index},
                query={"duration": duration, "start": start, "end": end},
            )
        )

    def core_bottlenecks(
        self,
        core_index: int,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.CoreBottlenecks:
        """List guarantors of a core that are slow or fail often.

        ``GET /api/cores/{core_index}/bottlenecks``. avg_processing_ms is from a package received to
        its report, by the node's clock. Listed are guarantors 1.2 times slower than the mean of
        all, or with a twentieth of their attempts failed. An attempt that failed while another
        guarantor guaranteed the package is not a failure but superseded; the newest 5000 failed
        attempts are checked for that.

        Args:
            core_index: The core.
            duration: Length of the window, which ends now; start and end take precedence. By
                default 1h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.CoreBottlenecks](
                "GET",
                "/api/cores/{core_index}/bottlenecks",
                path={"core_index": core_index},
                query={"duration": duration, "start": start, "end": end},
            )
        )

    def blocks(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.Blocks:
        """Get blocks authored, imported and finalized, by author.

        ``GET /api/blocks``. totals counts events; blocks_authored counts distinct header hashes.
        The window is in whole minutes.

        Args:
            duration: Length of the window, which ends now; start and end take precedence. By
                default 1h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.Blocks](
                "GET", "/api/blocks", query={"duration": duration, "start": start, "end": end}
            )
        )

    def slot(
        self,
        slot: int,
        *,
        include_events: Literal["true", "false"] | None = None,
        limit: int | None = None,
    ) -> answers.Slot:
        """Get blocks and events of a slot.

        ``GET /api/slots/{slot}``. Covers events about best, finalized, authored, imported,
        announced and transferred blocks (11, 12, 40 to 47, 62, 68) that name the slot or refer to
        an event that does. Blocks are distinct header hashes; the other figures are numbers of
        events. With include_events the answer has the newest events by node, in the order of each
        node's clock.

        Args:
            slot: The slot.
            include_events: Set to true to list the events. By default false.
            limit: Maximum number of events; clamped to 1-1000. By default 1000.
        """
        return self._ask(
            Call[answers.Slot](
                "GET",
                "/api/slots/{slot}",
                path={"slot": slot},
                query={"include_events": include_events, "limit": limit, "bytes": "hex"},
            )
        )

    def timeseries(
        self,
        *,
        metric: Literal["blocks", "events", "throughput"] | None = None,
        interval: int | None = None,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.Timeseries:
        """Get blocks, events or throughput by time, newest first.

        ``GET /api/metrics/timeseries``. Buckets begin at multiples of the interval since 1970. The
        answer has every bucket of the window; a bucket that is not over yet is partial. A window
        longer than a day has buckets of whole hours. Blocks are distinct header hashes; each counts
        in the bucket that first names it. max_slot is the highest slot that a third of the nodes
        that named one in the bucket have reached.

        Args:
            metric: The metric. By default throughput.
            interval: Length of a bucket in minutes; clamped to 1-60. By default 5.
            duration: A number of hours, or a duration such as 90m. Length of the window, which ends
                now; start and end take precedence. By default 1.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.Timeseries](
                "GET",
                "/api/metrics/timeseries",
                query={
                    "metric": metric,
                    "interval": interval,
                    "duration": duration,
                    "start": start,
                    "end": end,
                },
            )
        )

    def grouped_timeseries(
        self,
        *,
        metric: Literal["events", "guarantees", "failures"] | None = None,
        group_by: Literal["node", "event_type", "core", "category"] | None = None,
        interval: int | None = None,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.GroupedTimeseries:
        """Get events, guarantees or failures by time and group, newest first.

        ``GET /api/metrics/timeseries/grouped``. Groups are node or event_type for events, core for
        guarantees, category for failures. The answer has at most 1,000 rows, the newest bucket
        first and within it the greatest count; groups without events are left out. Buckets begin at
        multiples of the interval since 1970. The answer has every bucket of the window; a bucket
        that is not over yet is partial. A window longer than a day has buckets of whole hours.

        Args:
            metric: The metric. By default events.
            group_by: Group of a row; the description lists the groups of each metric. By default
                node.
            interval: Length of a bucket in minutes; clamped to 1-1440. By default 5.
            duration: A number of hours, or a duration such as 90m. Length of the window, which ends
                now; start and end take precedence. By default 1.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.GroupedTimeseries](
                "GET",
                "/api/metrics/timeseries/grouped",
                query={
                    "metric": metric,
                    "group_by": group_by,
                    "interval": interval,
                    "duration": duration,
                    "start": start,
                    "end": end,
                },
            )
        )

    def realtime(self, *, seconds: int | None = None) -> answers.Realtime:
        """Get per-second metrics of the last seconds, newest first.

        ``GET /api/metrics/realtime``. Covers complete seconds, counted in memory. Seconds before
        the start of a shard are left out; counted_seconds is the number that remains. Blocks are
        distinct header hashes.

        Args:
            seconds: Number of seconds; clamped to 10-300. By default 60.
        """
        return self._ask(
            Call[answers.Realtime]("GET", "/api/metrics/realtime", query={"seconds": seconds})
        )

    def latency(
        self,
        *,
        group_by: Literal["none", "node", "core", "implementation"] | None = None,
        event_types: Sequence[int] | None = None,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.Latency:
        """Get latency histograms and percentiles of steps.

        ``GET /api/metrics/latency``. A step leads from an event to one that refers to it on the
        same connection, and counts if the second event was received in the window; its duration is
        by the node's clock. Percentiles and means are read from merged histograms, within 10 % of
        the exact value; durations over 71 minutes count as 71 minutes. With group_by=core the steps
        are those of guarantors, for work-packages that began in the window. The window is in whole
        minutes, or in whole hours if it begins before yesterday.

        Args:
            group_by: Group of the steps. By default none.
            event_types: Event numbers; only steps that end in one of them.
            duration: Length of the window, which ends now; start and end take precedence. By
                default 1h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.Latency](
                "GET",
                "/api/metrics/latency",
                query={
                    "group_by": group_by,
                    "event_types": event_types,
                    "duration": duration,
                    "start": start,
                    "end": end,
                },
            )
        )

    def top_nodes(
        self,
        *,
        event_types: Sequence[int] | None = None,
        limit: int | None = None,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.TopNodes:
        """List the nodes that send the most events.

        ``GET /api/nodes/top``. The window is in whole minutes.

        Args:
            event_types: Event numbers; only these events are counted.
            limit: Maximum number of nodes; clamped to 1-1000. By default 20.
            duration: Length of the window, which ends now; start and end take precedence. By
                default 1h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.TopNodes](
                "GET",
                "/api/nodes/top",
                query={
                    "event_types": event_types,
                    "limit": limit,
                    "duration": duration,
                    "start": start,
                    "end": end,
                },
            )
        )

    def failure_rates(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.FailureRates:
        """Get failure rates by category, node and reason.

        ``GET /api/analytics/failure-rates``. A rate is the failures divided by the attempts beside
        it. The attempts of a pipeline are the events that begin it or, if there are none, the
        events that end it. For discarded guarantees and forgotten or discarded preimages (113, 192,
        199), attempts are all such events and failures those whose reason is a failure. overall and
        by_node are sums over all categories. If an attempt began before the window, only its
        failure may be counted. Refused connections (20) and misbehaving peers (28) are counted
        separately. A work-package that failed at one guarantor (92) counts even if another
        guaranteed it. Reasons are the nodes' own words. The window is in whole minutes.

        Args:
            duration: Length of the window, which ends now; start and end take precedence. By
                default 1h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.FailureRates](
                "GET",
                "/api/analytics/failure-rates",
                query={"duration": duration, "start": start, "end": end},
            )
        )

    def block_propagation(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.BlockPropagation:
        """Get block propagation delays between nodes.

        ``GET /api/analytics/block-propagation``. A delay is the time from the first sighting of a
        header hash on any node to its first sighting on another. A sighting is an announcement to
        the node, a transfer, an import, or the authoring. last_hour uses the server's clock;
        node_clocks uses the nodes' clocks, each corrected by its offset to the server's in that
        minute. A sighting more than a minute after the first is late and is left out. coverage is
        the delay until a share of the nodes active at that time has seen the block. If there are
        too many blocks, an even sample is read. blocks_announced, blocks_received and
        blocks_originated count a node's first sightings by kind.

        Args:
            duration: Length of the window, which ends now; start and end take precedence. By
                default 1h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.BlockPropagation](
                "GET",
                "/api/analytics/block-propagation",
                query={"duration": duration, "start": start, "end": end},
            )
        )

    def network_health(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.NetworkHealth:
        """Get network health by component.

        ``GET /api/analytics/network-health``. Scores are percentages: the share of the window's
        nodes that are active in its last minute; the share of authoring attempts that gave a block;
        the share of requests for shards, and of work-packages, that did not fail; and 100, 80, 50
        or 0 for more than 100, more than 10, at least 1 or no events in the last minute. A
        component without data has no score. In a window that lasts until now the last minute is 60
        to 70 seconds long. connected is the number of nodes connected now. Alerts are raised for a
        pipeline with at least 20 attempts of which more than 5 % failed, and for a network without
        events.

        Args:
            duration: Length of the window, which ends now; start and end take precedence. By
                default 1h.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.NetworkHealth](
                "GET",
                "/api/analytics/network-health",
                query={"duration": duration, "start": start, "end": end},
            )
        )

    def sync_timeline(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.SyncTimeline:
        """Get the number of nodes in sync by time, newest first.

        ``GET /api/analytics/sync-status/timeline``. A node is in sync if its best block in the
        bucket is at most two slots behind the highest slot that a third of the nodes have reached.
        The nodes' own claims stand beside it: the last SyncStatusChanged of each. A bucket is five
        minutes long, or longer, so that there are at most 72. current_status has the nodes that
        named a best block in the window, and connected nodes that named one before; slot and
        says_synced are best and synced of /api/nodes.

        Args:
            duration: A number of hours, or a duration such as 90m. Length of the window, which ends
                now; start and end take precedence. By default 1.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.SyncTimeline](
                "GET",
                "/api/analytics/sync-status/timeline",
                query={"duration": duration, "start": start, "end": end},
            )
        )

    def connection_timeline(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.ConnectionTimeline:
        """Get telemetry connections by time, newest first.

        ``GET /api/analytics/connections/timeline``. connections and disconnections are those of
        nodes with this server; peer_connections counts the nodes' events about connections with
        each other (20 to 28). Buckets are those of the sync timeline. uptime_hours is the time
        connected within the window.

        Args:
            duration: A number of hours, or a duration such as 90m. Length of the window, which ends
                now; start and end take precedence. By default 1.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.ConnectionTimeline](
                "GET",
                "/api/analytics/connections/timeline",
                query={"duration": duration, "start": start, "end": end},
            )
        )

    def assurances(
        self,
        *,
        limit: int | None = None,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.Assurances:
        """Get the distribution of assurances by anchor, newest first.

        ``GET /api/analytics/assurances``. Counts events of the nodes that send telemetry:
        assurances being distributed (126), sent, failed and received (131). received_within_5_slots
        counts those received within five slots of the first event about the anchor, by the server's
        clock to a tenth of a second.

        Args:
            limit: Maximum number of anchors; clamped to 1-1000. By default 50.
            duration: Length of the window, which ends now; start and end take precedence. By
                default 15m.
            start: Start of the window, which begins with the bucket that contains this time.
            end: End of the window, which ends before the bucket that contains this time, unless
                that bucket is the present one.
        """
        return self._ask(
            Call[answers.Assurances](
                "GET",
                "/api/analytics/assurances",
                query={"limit": limit, "duration": duration, "start": start, "end": end},
            )
        )

    def keys(self) -> answers.Keys:
        """List API keys.

        ``GET /api/keys``. Revoked keys are included. Secrets are never returned; only the holder
        has them.
        """
        return self._ask(Call[answers.Keys]("GET", "/api/keys"))

    def create_key(
        self, *, name: str, role: Literal["admin", "operator", "viewer"]
    ) -> answers.CreatedKey:
        """Create an API key.

        ``POST /api/keys``. The secret in key is returned only once. viewer reads answers and
        streams; operator may also run SQL and exports; admin may also manage keys and read the
        audit log.

        Args:
            name: The holder of the key, in printable characters.
            role:
        """
        return self._ask(
            Call[answers.CreatedKey]("POST", "/api/keys", body={"name": name, "role": role})
        )

    def revoke_key(self, id: str) -> answers.RevokedKey:
        """Revoke an API key.

        ``DELETE /api/keys/{id}``. Takes effect at once; open streams of the key are closed.

        Args:
            id: Id of the key.
        """
        return self._ask(Call[answers.RevokedKey]("DELETE", "/api/keys/{id}", path={"id": id}))

    def audit(self, *, limit: int | None = None, before: int | None = None) -> answers.Audit:
        """List the audit log, newest first.

        ``GET /api/audit``. Contains the actions of administrators, SQL statements and denied
        requests; the last 100,000 entries are stored. Denied requests are sampled per address: a
        burst of 20, then one every 5 s. All are counted in /metrics.

        Args:
            limit: Maximum number of entries; clamped to 1 to 1000. By default 100.
            before: Only entries with lower numbers.
        """
        return self._ask(
            Call[answers.Audit]("GET", "/api/audit", query={"limit": limit, "before": before})
        )


class AsyncApi:
    """The routes; how they are asked is ``AsyncTartClient``'s part."""

    async def _ask(self, call: Call[Result]) -> Result:
        raise NotImplementedError

    def _stream(self, call: Call[bytes]) -> AsyncIterator[bytes]:
        raise NotImplementedError

    def _pages(self, call: Call[Any], member: str) -> AsyncIterator[Any]:
        raise NotImplementedError

    async def health(self) -> answers.Health:
        """Check that the gateway answers.

        As ``TartClient.health``.
        """
        return await self._ask(Call[answers.Health]("GET", "/api/health"))

    async def detailed_health(self) -> answers.DetailedHealth:
        """Get component health.

        As ``TartClient.detailed_health``.
        """
        return await self._ask(
            Call[answers.DetailedHealth]("GET", "/api/health/detailed", accepted=(503,))
        )

    async def metrics(self) -> str:
        """Get metrics for Prometheus.

        As ``TartClient.metrics``.
        """
        return await self._ask(Call[str]("GET", "/metrics", text=True))

    async def openapi(self) -> dict[str, Any]:
        """Get this document as OpenAPI 3.1.

        As ``TartClient.openapi``.
        """
        return await self._ask(Call[dict[str, Any]]("GET", "/api/openapi.json"))

    async def stats(self, *, duration: str | None = None) -> answers.Stats:
        """Get blocks authored, best block and finalized block.

        As ``TartClient.stats``.
        """
        return await self._ask(
            Call[answers.Stats]("GET", "/api/stats", query={"duration": duration})
        )

    async def network(self) -> answers.Network:
        """Get the network's parameters and implementations.

        As ``TartClient.network``.
        """
        return await self._ask(Call[answers.Network]("GET", "/api/network", query={"bytes": "hex"}))

    async def live(self) -> answers.Live:
        """Get rates of the last complete seconds.

        As ``TartClient.live``.
        """
        return await self._ask(Call[answers.Live]("GET", "/api/metrics/live"))

    async def nodes(self) -> answers.Nodes:
        """List all nodes.

        As ``TartClient.nodes``.
        """
        return await self._ask(Call[answers.Nodes]("GET", "/api/nodes", query={"bytes": "hex"}))

    async def node(self, id: str) -> answers.NodeDetails:
        """Get one node.

        As ``TartClient.node``.
        """
        return await self._ask(
            Call[answers.NodeDetails](
                "GET", "/api/nodes/{id}", path={"id": id}, query={"bytes": "hex"}
            )
        )

    async def node_status(self, id: str) -> answers.NodeStatus:
        """Get what one node last reported of itself and of the chain.

        As ``TartClient.node_status``.
        """
        return await self._ask(
            Call[answers.NodeStatus](
                "GET", "/api/nodes/{id}/status", path={"id": id}, query={"bytes": "hex"}
            )
        )

    async def topology(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.Topology:
        """Get links between nodes: block announcements, block and ticket transfers.

        As ``TartClient.topology``.
        """
        return await self._ask(
            Call[answers.Topology](
                "GET",
                "/api/network/topology",
                query={"duration": duration, "start": start, "end": end},
            )
        )

    async def validators_cores(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.ValidatorsCores:
        """Get guarantees by node and core, and tickets by node.

        As ``TartClient.validators_cores``.
        """
        return await self._ask(
            Call[answers.ValidatorsCores](
                "GET",
                "/api/validators/cores",
                query={"duration": duration, "start": start, "end": end},
            )
        )

    async def node_status_enhanced(
        self,
        id: str,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.NodeStatusEnhanced:
        """Get the status of a node with its cores, guarantees and tickets.

        As ``TartClient.node_status_enhanced``.
        """
        return await self._ask(
            Call[answers.NodeStatusEnhanced](
                "GET",
                "/api/nodes/{id}/status/enhanced",
                path={"id": id},
                query={"duration": duration, "start": start, "end": end, "bytes": "hex"},
            )
        )

    async def node_peers(
        self,
        id: str,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.NodePeers:
        """Get the number of peers of a node from its Status events.

        As ``TartClient.node_peers``.
        """
        return await self._ask(
            Call[answers.NodePeers](
                "GET",
                "/api/nodes/{id}/peers",
                path={"id": id},
                query={"duration": duration, "start": start, "end": end},
            )
        )

    async def node_timeline(
        self,
        id: str,
        *,
        start_time: datetime | str | None = None,
        end_time: datetime | str | None = None,
        duration: str | None = None,
        categories: Sequence[str] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> answers.NodeTimeline:
        """List events of a node with their categories, newest first.

        As ``TartClient.node_timeline``.
        """
        return await self._ask(
            Call[answers.NodeTimeline](
                "GET",
                "/api/nodes/{id}/timeline",
                path={"id": id},
                query={
                    "start_time": start_time,
                    "end_time": end_time,
                    "duration": duration,
                    "categories": categories,
                    "limit": limit,
                    "cursor": cursor,
                    "bytes": "hex",
                },
            )
        )

    def iter_node_timeline(
        self,
        id: str,
        *,
        start_time: datetime | str | None = None,
        end_time: datetime | str | None = None,
        duration: str | None = None,
        categories: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[answers.TimelineEvent]:
        """List events of a node with their categories, newest first, page by page.

        As ``TartClient.iter_node_timeline``.
        """
        return self._pages(
            Call[answers.NodeTimeline](
                "GET",
                "/api/nodes/{id}/timeline",
                path={"id": id},
                query={
                    "start_time": start_time,
                    "end_time": end_time,
                    "duration": duration,
                    "categories": categories,
                    "limit": limit,
                    "bytes": "hex",
                },
            ),
            "events",
        )

    async def da_stats(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.DaStats:
        """Get shards and preimages stored, from the nodes' Status events.

        As ``TartClient.da_stats``.
        """
        return await self._ask(
            Call[answers.DaStats](
                "GET", "/api/da/stats", query={"duration": duration, "start": start, "end": end}
            )
        )

    async def da_stats_enhanced(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.DaStatsEnhanced:
        """Get requests for shards and their outcomes by node.

        As ``TartClient.da_stats_enhanced``.
        """
        return await self._ask(
            Call[answers.DaStatsEnhanced](
                "GET",
                "/api/da/stats/enhanced",
                query={"duration": duration, "start": start, "end": end},
            )
        )

    async def execution(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.Execution:
        """Get gas and time of authorization, refinement and accumulation.

        As ``TartClient.execution``.
        """
        return await self._ask(
            Call[answers.Execution](
                "GET",
                "/api/metrics/execution",
                query={"duration": duration, "start": start, "end": end},
            )
        )

    async def node_events(
        self,
        id: str,
        *,
        limit: int | None = None,
        offset: int | None = None,
        cursor: str | None = None,
    ) -> answers.Events:
        """List events of one node, newest first.

        As ``TartClient.node_events``.
        """
        return await self._ask(
            Call[answers.Events](
                "GET",
                "/api/nodes/{id}/events",
                path={"id": id},
                query={"limit": limit, "offset": offset, "cursor": cursor, "bytes": "hex"},
            )
        )

    def iter_node_events(
        self, id: str, *, limit: int | None = None
    ) -> AsyncIterator[answers.Event]:
        """List events of one node, newest first, page by page.

        As ``TartClient.iter_node_events``.
        """
        return self._pages(
            Call[answers.Events](
                "GET",
                "/api/nodes/{id}/events",
                path={"id": id},
                query={"limit": limit, "bytes": "hex"},
            ),
            "events",
        )

    async def events(
        self, *, limit: int | None = None, offset: int | None = None, cursor: str | None = None
    ) -> answers.Events:
        """List events of all nodes, newest first.

        As ``TartClient.events``.
        """
        return await self._ask(
            Call[answers.Events](
                "GET",
                "/api/events",
                query={"limit": limit, "offset": offset, "cursor": cursor, "bytes": "hex"},
            )
        )

    def iter_events(self, *, limit: int | None = None) -> AsyncIterator[answers.Event]:
        """List events of all nodes, newest first, page by page.

        As ``TartClient.iter_events``.
        """
        return self._pages(
            Call[answers.Events]("GET", "/api/events", query={"limit": limit, "bytes": "hex"}),
            "events",
        )

    async def search(
        self,
        *,
        event_types: Sequence[int] | None = None,
        node_id: str | None = None,
        core_index: int | None = None,
        wp_hash: str | None = None,
        slot: int | None = None,
        start_time: datetime | str | None = None,
        end_time: datetime | str | None = None,
        duration: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        cursor: str | None = None,
    ) -> answers.SearchResult:
        """Search events by type, node, time, slot, core or hash.

        As ``TartClient.search``.
        """
        return await self._ask(
            Call[answers.SearchResult](
                "GET",
                "/api/events/search",
                query={
                    "event_types": event_types,
                    "node_id": node_id,
                    "core_index": core_index,
                    "wp_hash": wp_hash,
                    "slot": slot,
                    "start_time": start_time,
                    "end_time": end_time,
                    "duration": duration,
                    "limit": limit,
                    "offset": offset,
                    "cursor": cursor,
                    "bytes": "hex",
                },
            )
        )

    def iter_search(
        self,
        *,
        event_types: Sequence[int] | None = None,
        node_id: str | None = None,
        core_index: int | None = None,
        wp_hash: str | None = None,
        slot: int | None = None,
        start_time: datetime | str | None = None,
        end_time: datetime | str | None = None,
        duration: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[answers.Event]:
        """Search events by type, node, time, slot, core or hash, page by page.

        As ``TartClient.iter_search``.
        """
        return self._pages(
            Call[answers.SearchResult](
                "GET",
                "/api/events/search",
                query={
                    "event_types": event_types,
                    "node_id": node_id,
                    "core_index": core_index,
                    "wp_hash": wp_hash,
                    "slot": slot,
                    "start_time": start_time,
                    "end_time": end_time,
                    "duration": duration,
                    "limit": limit,
                    "bytes": "hex",
                },
            ),
            "events",
        )

    async def event(self, id: int) -> answers.EventDetails:
        """Get one event with its raw bytes.

        As ``TartClient.event``.
        """
        return await self._ask(
            Call[answers.EventDetails](
                "GET", "/api/events/{id}", path={"id": id}, query={"bytes": "hex"}
            )
        )

    async def trace(
        self, id: int, *, limit: int | None = None, depth: int | None = None
    ) -> answers.Trace:
        """Get the events that refer to one another.

        As ``TartClient.trace``.
        """
        return await self._ask(
            Call[answers.Trace](
                "GET",
                "/api/events/{id}/trace",
                path={"id": id},
                query={"limit": limit, "depth": depth, "bytes": "hex"},
            )
        )

    def export(
        self,
        *,
        format: Literal["ndjson", "csv", "capture", "parquet"] | None = None,
        event_types: Sequence[int] | None = None,
        node_id: str | None = None,
        core_index: int | None = None,
        wp_hash: str | None = None,
        slot: int | None = None,
        start_time: datetime | str | None = None,
        end_time: datetime | str | None = None,
        duration: str | None = None,
    ) -> AsyncIterator[bytes]:
        """Export all events of a window as a stream, oldest first.

        As ``TartClient.export``.
        """
        return self._stream(
            Call[bytes](
                "GET",
                "/api/events/export",
                query={
                    "format": format,
                    "event_types": event_types,
                    "node_id": node_id,
                    "core_index": core_index,
                    "wp_hash": wp_hash,
                    "slot": slot,
                    "start_time": start_time,
                    "end_time": end_time,
                    "duration": duration,
                    "bytes": "hex",
                },
            )
        )

    async def sql(self, *, map: str, reduce: str | None = None) -> answers.SqlResult:
        """Run a SELECT on every shard.

        As ``TartClient.sql``.
        """
        return await self._ask(
            Call[answers.SqlResult]("POST", "/api/sql", body={"map": map, "reduce": reduce})
        )

    async def sessions(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> answers.Sessions:
        """List connections of all nodes, newest first.

        As ``TartClient.sessions``.
        """
        return await self._ask(
            Call[answers.Sessions](
                "GET",
                "/api/sessions",
                query={
                    "duration": duration,
                    "start": start,
                    "end": end,
                    "limit": limit,
                    "cursor": cursor,
                },
            )
        )

    def iter_sessions(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[answers.Session]:
        """List connections of all nodes, newest first, page by page.

        As ``TartClient.iter_sessions``.
        """
        return self._pages(
            Call[answers.Sessions](
                "GET",
                "/api/sessions",
                query={"duration": duration, "start": start, "end": end, "limit": limit},
            ),
            "sessions",
        )

    async def node_sessions(
        self,
        id: str,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> answers.Sessions:
        """List connections of one node, newest first.

        As ``TartClient.node_sessions``.
        """
        return await self._ask(
            Call[answers.Sessions](
                "GET",
                "/api/nodes/{id}/sessions",
                path={"id": id},
                query={
                    "duration": duration,
                    "start": start,
                    "end": end,
                    "limit": limit,
                    "cursor": cursor,
                },
            )
        )

    def iter_node_sessions(
        self,
        id: str,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[answers.Session]:
        """List connections of one node, newest first, page by page.

        As ``TartClient.iter_node_sessions``.
        """
        return self._pages(
            Call[answers.Sessions](
                "GET",
                "/api/nodes/{id}/sessions",
                path={"id": id},
                query={"duration": duration, "start": start, "end": end, "limit": limit},
            ),
            "sessions",
        )

    async def conformance(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.Conformance:
        """List conformance findings for all nodes.

        As ``TartClient.conformance``.
        """
        return await self._ask(
            Call[answers.Conformance](
                "GET", "/api/conformance", query={"duration": duration, "start": start, "end": end}
            )
        )

    async def node_conformance(
        self,
        id: str,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.NodeConformance:
        """List conformance findings for one node.

        As ``TartClient.node_conformance``.
        """
        return await self._ask(
            Call[answers.NodeConformance](
                "GET",
                "/api/nodes/{id}/conformance",
                path={"id": id},
                query={"duration": duration, "start": start, "end": end},
            )
        )

    async def workpackages(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.Workpackages:
        """Count work-packages by stage.

        As ``TartClient.workpackages``.
        """
        return await self._ask(
            Call[answers.Workpackages](
                "GET",
                "/api/workpackages",
                query={"duration": duration, "start": start, "end": end, "bytes": "hex"},
            )
        )

    async def active_workpackages(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        limit: int | None = None,
    ) -> answers.ActiveWorkpackages:
        """List the newest work-packages and their stages.

        As ``TartClient.active_workpackages``.
        """
        return await self._ask(
            Call[answers.ActiveWorkpackages](
                "GET",
                "/api/workpackages/active",
                query={"duration": duration, "start": start, "end": end, "limit": limit},
            )
        )

    async def journey(
        self,
        hash: str,
        *,
        node_id: str | None = None,
        session: int | None = None,
        limit: int | None = None,
    ) -> answers.Journey:
        """Get the journey of one work-package, event by event.

        As ``TartClient.journey``.
        """
        return await self._ask(
            Call[answers.Journey](
                "GET",
                "/api/workpackages/{hash}/journey",
                path={"hash": hash},
                query={"node_id": node_id, "session": session, "limit": limit, "bytes": "hex"},
            )
        )

    async def enhanced_journey(
        self,
        hash: str,
        *,
        node_id: str | None = None,
        session: int | None = None,
        limit: int | None = None,
    ) -> answers.EnhancedJourney:
        """Get the journey of one work-package with durations, costs, signers and errors.

        As ``TartClient.enhanced_journey``.
        """
        return await self._ask(
            Call[answers.EnhancedJourney](
                "GET",
                "/api/workpackages/{hash}/journey/enhanced",
                path={"hash": hash},
                query={"node_id": node_id, "session": session, "limit": limit, "bytes": "hex"},
            )
        )

    async def audit_progress(
        self,
        hash: str,
        *,
        node_id: str | None = None,
        session: int | None = None,
        limit: int | None = None,
    ) -> answers.AuditProgress:
        """Get what is known of the audit of a work-package.

        As ``TartClient.audit_progress``.
        """
        return await self._ask(
            Call[answers.AuditProgress](
                "GET",
                "/api/workpackages/{hash}/audit-progress",
                path={"hash": hash},
                query={"node_id": node_id, "session": session, "limit": limit, "bytes": "hex"},
            )
        )

    async def batch_journey(self, *, hashes: list[str]) -> answers.BatchJourney:
        """Get the stages of up to 50 work-packages.

        As ``TartClient.batch_journey``.
        """
        return await self._ask(
            Call[answers.BatchJourney](
                "POST", "/api/workpackages/batch/journey", body={"hashes": hashes}
            )
        )

    async def guarantees(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.Guarantees:
        """Count guarantees by outcome.

        As ``TartClient.guarantees``.
        """
        return await self._ask(
            Call[answers.Guarantees](
                "GET",
                "/api/guarantees",
                query={"duration": duration, "start": start, "end": end, "bytes": "hex"},
            )
        )

    async def guarantors(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.Guarantors:
        """Get the success rates of guarantors.

        As ``TartClient.guarantors``.
        """
        return await self._ask(
            Call[answers.Guarantors](
                "GET",
                "/api/guarantees/by-guarantor",
                query={"duration": duration, "start": start, "end": end},
            )
        )

    async def cores_status(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.CoresStatus:
        """Get the load of each core.

        As ``TartClient.cores_status``.
        """
        return await self._ask(
            Call[answers.CoresStatus](
                "GET", "/api/cores/status", query={"duration": duration, "start": start, "end": end}
            )
        )

    async def core_guarantees(
        self,
        core_index: int,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.CoreGuarantees:
        """Get guarantees of a core, in pools and recently built.

        As ``TartClient.core_guarantees``.
        """
        return await self._ask(
            Call[answers.CoreGuarantees](
                "GET",
                "/api/cores/{core_index}/guarantees",
                path={"core_index": core_index},
                query={"duration": duration, "start": start, "end": end},
            )
        )

    async def core_guarantors(
        self,
        core_index: int,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.CoreGuarantors:
        """List guarantors of a core.

        As ``TartClient.core_guarantors``.
        """
        return await self._ask(
            Call[answers.CoreGuarantors](
                "GET",
                "/api/cores/{core_index}/guarantors",
                path={"core_index": core_index},
                query={"duration": duration, "start": start, "end": end},
            )
        )

    async def enhanced_core_guarantors(
        self,
        core_index: int,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.EnhancedCoreGuarantors:
        """List guarantors of a core and the segments that they shared.

        As ``TartClient.enhanced_core_guarantors``.
        """
        return await self._ask(
            Call[answers.EnhancedCoreGuarantors](
                "GET",
                "/api/cores/{core_index}/guarantors/enhanced",
                path={"core_index": core_index},
                query={"duration": duration, "start": start, "end": end, "bytes": "hex"},
            )
        )

    async def core_work_packages(
        self,
        core_index: int,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        limit: int | None = None,
    ) -> answers.CoreWorkPackages:
        """List the newest work-packages of a core.

        As ``TartClient.core_work_packages``.
        """
        return await self._ask(
            Call[answers.CoreWorkPackages](
                "GET",
                "/api/cores/{core_index}/work-packages",
                path={"core_index": core_index},
                query={"duration": duration, "start": start, "end": end, "limit": limit},
            )
        )

    async def core_validators(
        self,
        core_index: int,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.CoreValidators:
        """List nodes that work on a core.

        As ``TartClient.core_validators``.
        """
        return await self._ask(
            Call[answers.CoreValidators](
                "GET",
                "/api/cores/{core_index}/validators",
                path={"core_index": core_index},
                query={"duration": duration, "start": start, "end": end},
            )
        )

    async def core_metrics(
        self,
        core_index: int,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.CoreMetrics:
        """Get the throughput and efficiency of a core.

        As ``TartClient.core_metrics``.
        """
        return await self._ask(
            Call[answers.CoreMetrics](
                "GET",
                "/api/cores/{core_index}/metrics",
                path={"core_index": core_index},
                query={"duration": duration, "start": start, "end": end},
            )
        )

    async def core_bottlenecks(
        self,
        core_index: int,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.CoreBottlenecks:
        """List guarantors of a core that are slow or fail often.

        As ``TartClient.core_bottlenecks``.
        """
        return await self._ask(
            Call[answers.CoreBottlenecks](
                "GET",
                "/api/cores/{core_index}/bottlenecks",
                path={"core_index": core_index},
                query={"duration": duration, "start": start, "end": end},
            )
        )

    async def blocks(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.Blocks:
        """Get blocks authored, imported and finalized, by author.

        As ``TartClient.blocks``.
        """
        return await self._ask(
            Call[answers.Blocks](
                "GET", "/api/blocks", query={"duration": duration, "start": start, "end": end}
            )
        )

    async def slot(
        self,
        slot: int,
        *,
        include_events: Literal["true", "false"] | None = None,
        limit: int | None = None,
    ) -> answers.Slot:
        """Get blocks and events of a slot.

        As ``TartClient.slot``.
        """
        return await self._ask(
            Call[answers.Slot](
                "GET",
                "/api/slots/{slot}",
                path={"slot": slot},
                query={"include_events": include_events, "limit": limit, "bytes": "hex"},
            )
        )

    async def timeseries(
        self,
        *,
        metric: Literal["blocks", "events", "throughput"] | None = None,
        interval: int | None = None,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.Timeseries:
        """Get blocks, events or throughput by time, newest first.

        As ``TartClient.timeseries``.
        """
        return await self._ask(
            Call[answers.Timeseries](
                "GET",
                "/api/metrics/timeseries",
                query={
                    "metric": metric,
                    "interval": interval,
                    "duration": duration,
                    "start": start,
                    "end": end,
                },
            )
        )

    async def grouped_timeseries(
        self,
        *,
        metric: Literal["events", "guarantees", "failures"] | None = None,
        group_by: Literal["node", "event_type", "core", "category"] | None = None,
        interval: int | None = None,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.GroupedTimeseries:
        """Get events, guarantees or failures by time and group, newest first.

        As ``TartClient.grouped_timeseries``.
        """
        return await self._ask(
            Call[answers.GroupedTimeseries](
                "GET",
                "/api/metrics/timeseries/grouped",
                query={
                    "metric": metric,
                    "group_by": group_by,
                    "interval": interval,
                    "duration": duration,
                    "start": start,
                    "end": end,
                },
            )
        )

    async def realtime(self, *, seconds: int | None = None) -> answers.Realtime:
        """Get per-second metrics of the last seconds, newest first.

        As ``TartClient.realtime``.
        """
        return await self._ask(
            Call[answers.Realtime]("GET", "/api/metrics/realtime", query={"seconds": seconds})
        )

    async def latency(
        self,
        *,
        group_by: Literal["none", "node", "core", "implementation"] | None = None,
        event_types: Sequence[int] | None = None,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.Latency:
        """Get latency histograms and percentiles of steps.

        As ``TartClient.latency``.
        """
        return await self._ask(
            Call[answers.Latency](
                "GET",
                "/api/metrics/latency",
                query={
                    "group_by": group_by,
                    "event_types": event_types,
                    "duration": duration,
                    "start": start,
                    "end": end,
                },
            )
        )

    async def top_nodes(
        self,
        *,
        event_types: Sequence[int] | None = None,
        limit: int | None = None,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.TopNodes:
        """List the nodes that send the most events.

        As ``TartClient.top_nodes``.
        """
        return await self._ask(
            Call[answers.TopNodes](
                "GET",
                "/api/nodes/top",
                query={
                    "event_types": event_types,
                    "limit": limit,
                    "duration": duration,
                    "start": start,
                    "end": end,
                },
            )
        )

    async def failure_rates(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.FailureRates:
        """Get failure rates by category, node and reason.

        As ``TartClient.failure_rates``.
        """
        return await self._ask(
            Call[answers.FailureRates](
                "GET",
                "/api/analytics/failure-rates",
                query={"duration": duration, "start": start, "end": end},
            )
        )

    async def block_propagation(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.BlockPropagation:
        """Get block propagation delays between nodes.

        As ``TartClient.block_propagation``.
        """
        return await self._ask(
            Call[answers.BlockPropagation](
                "GET",
                "/api/analytics/block-propagation",
                query={"duration": duration, "start": start, "end": end},
            )
        )

    async def network_health(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.NetworkHealth:
        """Get network health by component.

        As ``TartClient.network_health``.
        """
        return await self._ask(
            Call[answers.NetworkHealth](
                "GET",
                "/api/analytics/network-health",
                query={"duration": duration, "start": start, "end": end},
            )
        )

    async def sync_timeline(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.SyncTimeline:
        """Get the number of nodes in sync by time, newest first.

        As ``TartClient.sync_timeline``.
        """
        return await self._ask(
            Call[answers.SyncTimeline](
                "GET",
                "/api/analytics/sync-status/timeline",
                query={"duration": duration, "start": start, "end": end},
            )
        )

    async def connection_timeline(
        self,
        *,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.ConnectionTimeline:
        """Get telemetry connections by time, newest first.

        As ``TartClient.connection_timeline``.
        """
        return await self._ask(
            Call[answers.ConnectionTimeline](
                "GET",
                "/api/analytics/connections/timeline",
                query={"duration": duration, "start": start, "end": end},
            )
        )

    async def assurances(
        self,
        *,
        limit: int | None = None,
        duration: str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> answers.Assurances:
        """Get the distribution of assurances by anchor, newest first.

        As ``TartClient.assurances``.
        """
        return await self._ask(
            Call[answers.Assurances](
                "GET",
                "/api/analytics/assurances",
                query={"limit": limit, "duration": duration, "start": start, "end": end},
            )
        )

    async def keys(self) -> answers.Keys:
        """List API keys.

        As ``TartClient.keys``.
        """
        return await self._ask(Call[answers.Keys]("GET", "/api/keys"))

    async def create_key(
        self, *, name: str, role: Literal["admin", "operator", "viewer"]
    ) -> answers.CreatedKey:
        """Create an API key.

        As ``TartClient.create_key``.
        """
        return await self._ask(
            Call[answers.CreatedKey]("POST", "/api/keys", body={"name": name, "role": role})
        )

    async def revoke_key(self, id: str) -> answers.RevokedKey:
        """Revoke an API key.

        As ``TartClient.revoke_key``.
        """
        return await self._ask(
            Call[answers.RevokedKey]("DELETE", "/api/keys/{id}", path={"id": id})
        )

    async def audit(self, *, limit: int | None = None, before: int | None = None) -> answers.Audit:
        """List the audit log, newest first.

        As ``TartClient.audit``.
        """
        return await self._ask(
            Call[answers.Audit]("GET", "/api/audit", query={"limit": limit, "before": before})
        )
