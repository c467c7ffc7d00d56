"""The named questions a shard answers, and the shape of one shard's answer.

Pure. A query is asked of every shard by name (``ipc.messages.RunQuery``); how the
partial answers add up is in ``merge``. ``source`` says what it costs: ``memory`` is
answered on the spot from state the shard keeps, ``aggregates`` reads what was counted
(``aggregate.core.tables``) on a reader thread within the deadline, ``rows`` a bounded number of
committed rows by their place, ``log`` looks for rows in all of the log, ``slow`` does so on a
thread of its own, one question at a time. Where many wait it is in this order.

Times in answers are RFC 3339 in UTC with six digits and ``Z`` throughout, so that text
order is time order; ``*_us`` parameters are Unix microseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Source = Literal["memory", "aggregates", "rows", "log", "slow"]


@dataclass(frozen=True)
class Query:
    """One question.

    Attributes:
        name: what to ask for.
        source: ``memory``, ``aggregates``, ``rows``, ``log`` or ``slow``.
        parameters: names of the parameters it takes.
        answer: the shape of one shard's answer, for the reader.
    """

    name: str
    source: Source
    parameters: tuple[str, ...]
    answer: str


_QUERIES = (
    Query(
        "events",
        "log",
        (
            "limit",
            "before",
            "node",
            "types",
            "start_us",
            "end_us",
            "slot",
            "core",
            "hash",
            "bytes",
        ),
        "[Event, …] newest first per directory, at most limit from each; "
        "before: {directory: sequence} continues below those; where a directory's events were "
        "too many bytes, the last of them has more: true",
    ),
    Query(
        "missed",
        "rows",
        ("filter", "since_us", "after", "limit", "bytes"),
        "{events: [Event, …] oldest first, that pass a live filter and are newer than after: "
        "{directory: sequence}, or since_us where it names none; at: {directory: the last "
        "sequence looked at}, after limit of each at most; more: [directory, …] that have others "
        "behind; cut: whether there may be some before; committed, next: sequences of the "
        "shard's own directory, of which those below committed can be looked at}",
    ),
    Query(
        "nodes",
        "memory",
        ("node", "bytes"),
        "[{node_id, node_info, implementation_name, implementation_version, is_connected, "
        "first_seen_at, connected_at, disconnected_at?, last_seen_at, address, event_count, "
        "dropped_count, dropped_messages, undecodable, deviations: {rule: n}, "
        "best: {slot, hash}?, finalized: {slot, hash}?, synced?, statements: {node_info, best, "
        "finalized, synced: {received_at, session, address, is_open}?}, connections: [{session, "
        "address, connected_at, protocol_version, params_layout, event_count, "
        "next_event_id, bytes}, …]}, …]; with node only that one",
    ),
    Query(
        "node_status",
        "memory",
        ("node", "bytes"),
        "{counts: {type: n}, latest: {type: {received_at, session, address, is_open, data}}} of "
        "one node, latest of types 10 to 13; see query.nodes",
    ),
    Query(
        "chain",
        "memory",
        ("nodes",),
        "[[node_id, best?, finalized?], …] of the nodes connected to this shard now, or of those "
        "named; best and finalized: {received_at, session, address, is_open, slot}",
    ),
    Query(
        "live",
        "memory",
        ("seconds",),
        "{since: the first second that was counted whole, seconds: [[unix second, events, "
        "[best hash, …], [finalized hash, …], best block events, finalized block events], …], "
        "active: [node_id, …]} of the last 60 complete seconds, active of the last 10; with "
        "seconds of so many, at most 300, and nodes: [[bit, node_id], …], details: [[unix "
        "second, [events of query.realtime's COUNTED, …], bits of its nodes in hex], …]",
    ),
    Query(
        "event",
        "rows",
        ("id", "bytes"),
        "Event with raw: {payload, frame} in hex, what was not understood with undecodable: "
        "{rule, field, offset, expectation}; null where the id's directory is another shard's",
    ),
    Query(
        "trace",
        "log",
        ("id", "limit", "depth", "bytes"),
        "{root, missing_ref?, truncated, searched_until, events: [Event with parent? and "
        "depth, …]} in order of arrival, at most limit; null as for event",
    ),
    Query(
        "export",
        "slow",
        (
            "format",
            "after",
            "node",
            "types",
            "start_us",
            "end_us",
            "slot",
            "core",
            "hash",
            "bytes",
            "formulas",
        ),
        "{parts: {directory: {received_at: [µs, …], sessions: [number, …], lengths: [bytes, "
        "…], next: sequence?, lacks?: [what could not be read, …], openings?: {session: first "
        "message in hex}, closings?: {index "
        "of a record that is its session's last: µs of the end}}}} of the directories in "
        "after: {directory: sequence to go on at}, of all without it; attached, the records "
        "one after the other",
    ),
    Query(
        "sql",
        "slow",
        ("sql", "seconds"),
        "{lacks?: [what could not be read, …]}; attached, the statement's result as an Arrow "
        "IPC stream",
    ),
    Query(
        "summed",
        "aggregates",
        ("table", "by", "values", "where", "start_us", "end_us", "step_us", "top"),
        "[[key, …, value, …], …] of an additive table: its values (all, or those named) added "
        "up by the keys in by; where: {column: [value, …]}; step_us makes times multiples of it; "
        "top: only so many, with the greatest first value",
    ),
    Query(
        "listed",
        "aggregates",
        ("table", "columns", "where", "known", "start_us", "end_us", "limit", "distinct"),
        "[{column: value}, …] of a table of rows, newest first; known: only where these columns "
        "have a value; distinct: each once, in any order",
    ),
    Query(
        "spread",
        "aggregates",
        ("table", "value", "by", "where", "start_us", "end_us", "step_us"),
        "{nodes: [node_id, …], rows: [[key, …, [place in nodes, …], [value, …]], …]}: one value "
        "of an additive table by the keys in by and by node",
    ),
    Query(
        "sighted",
        "aggregates",
        ("start_us", "end_us"),
        "[[header hash, slot, first sight µs, nodes], …] of the blocks seen, newest first",
    ),
    Query(
        "propagated",
        "aggregates",
        ("hashes",),
        "[[header hash, node_id, first sight µs, the node's clock then (JCE µs), event type, by "
        "how much that clock was behind in that minute (µs)?], …]",
    ),
    Query(
        "transfers",
        "aggregates",
        ("node", "start_us", "end_us"),
        "[[node_id, first slot, last slot, blocks, last µs], …] of unbroken ranges of the slots "
        "whose blocks a node transferred",
    ),
    Query(
        "sessions",
        "aggregates",
        ("node", "start_us", "end_us", "limit", "before"),
        "[{id, column: value}, …] of aggregate.tables' sessions that were open in the window, "
        "newest first per directory, at most limit from each; before as for events",
    ),
    Query(
        "connections",
        "aggregates",
        ("node", "start_us", "end_us", "step_us"),
        "{open: connections when the window began, buckets: [[µs, connects, disconnects, "
        "refused], …]} in order of time, without those of nothing",
    ),
    Query(
        "spoken",
        "aggregates",
        ("node", "start_us", "end_us", "now_us"),
        "[{node, protocol_version, params_layout, sessions, first_at and last_at: starts µs, "
        "connected_us in the window, shed}, …] of the connections in the window",
    ),
    Query(
        "examples",
        "aggregates",
        ("node", "start_us", "end_us", "limit"),
        "[{at µs, node, session, id, event_id, type, rule, byte_offset, field, expectation, "
        "frame in hex, size}, …] of what conformance counts, newest first, at most limit of "
        "each rule",
    ),
    Query(
        "handled",
        "aggregates",
        ("start_us", "end_us", "core"),
        "{rows: [[key, core, marks, measure, …], …], below: key?, unidentified: {submissions, "
        "shares, failed}} of the packages in the window; see query.packages",
    ),
    Query(
        "tallied",
        "aggregates",
        ("start_us", "end_us", "core", "by", "settled_us"),
        "[[key, …, count, …], …] of guarantors' rows by node, core, both or neither; the counts "
        "are query.packages.TALLY",
    ),
    Query(
        "steps",
        "aggregates",
        ("start_us", "end_us", "core", "by_core"),
        "[[pair, bin, samples], …] of the durations in query.packages.PAIRS; by_core: and core?",
    ),
    Query(
        "states",
        "aggregates",
        ("start_us", "end_us", "core", "hashes", "limit"),
        "[query.packages.STATE, …] of the packages that began last, or of those named",
    ),
    Query(
        "handlings",
        "aggregates",
        ("hashes", "root", "session", "node"),
        "[{column: value}, …] of aggregate.tables' packages, the first first: of packages, "
        "reports or erasure roots, or of a first event's id",
    ),
    Query(
        "slot",
        "log",
        ("slot",),
        "{events: [[type, node_id, n], …], hashes: [[type, header hash], …], first_at and "
        "last_at: received µs?} of one slot, of the types in query.slots",
    ),
    Query(
        "journey",
        "log",
        ("pipelines", "reports", "erasures", "limit", "bytes"),
        "{pipelines: {session/root: [Event, …]}, reports: [Event, …], erasures: [Event, …], "
        "auditors: [node_id, …]}; pipelines asked for as [session, root, from µs, until µs], the "
        "others as [hash, from µs, until µs]; at most limit of each",
    ),
    Query(
        "statistics",
        "memory",
        (),
        "{name: number or {label: number}} of this process, for /metrics and health",
    ),
)

QUERIES: Mapping[str, Query] = MappingProxyType({each.name: each for each in _QUERIES})

# The low bits of an event's id are the directory it is stored in, the rest its sequence.
DIRECTORY_BITS = 8


def event_identity(event_id: int) -> tuple[int, int]:
    """(directory, sequence) of an event's API id."""
    return event_id & ((1 << DIRECTORY_BITS) - 1), event_id >> DIRECTORY_BITS


def event_api_id(directory: int, sequence: int) -> int:
    """The API id of an event; below 2^53 for 2^45 events of a shard."""
    return sequence << DIRECTORY_BITS | directory
