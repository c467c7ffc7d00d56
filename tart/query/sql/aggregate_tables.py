"""The SQL tables of the aggregates and of the nodes.

Pure. Each table has the SELECT that computes a shard's part from the aggregates
(``aggregate.core.tables``), and the SELECT that merges the parts. Figures are those of the routes
of the API that show the same; the tests compare them.

Times are TIMESTAMP in UTC. ``…_at`` is by the server's clock unless the description says that it
is by the node's. Counts are BIGINT, sums of what nodes report are HUGEINT.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tart.protocol.events import EventKind
from tart.protocol.rules import RULES
from tart.query.core.aggregate_columns import OUTLINE
from tart.query.core.log_histogram import PER_OCTAVE
from tart.query.sql.table import (
    NODE_ID,
    SESSION_ID,
    WITH_NODES,
    Part,
    Table,
    TableColumn,
    declare_columns,
)
from tart.query.sql.views import event_name, quote_text, text_by_number
from tart.query.topics.time_series import CATEGORY_OF


def _case(column: str, texts: Mapping[str, str]) -> str:
    """Return SQL that maps text; NULL for other values."""
    cases = " ".join(f"WHEN {quote_text(one)} THEN {quote_text(two)}" for one, two in texts.items())
    return f"CASE {column} {cases} END"


def _sum_by(columns: Iterable[TableColumn], values: Mapping[str, str]) -> str:
    """Return the merge of an additive table: the values by all other columns.

    Args:
        columns: The columns of the table.
        values: The aggregate of each value.
    """
    shown = [
        f"{values[column.name]}({column.name})::{column.type} AS {column.name}"
        if column.name in values
        else column.name
        for column in columns
    ]
    keys = [column.name for column in columns if column.name not in values]
    return f"SELECT {', '.join(shown)} FROM partials GROUP BY {', '.join(keys)}"


# --- Nodes --------------------------------------------------------------------------------

# Where a statement of a node about itself comes from; ``query.core.nodes`` compares them.
_SOURCE = "STRUCT(received_at TIMESTAMP, session BIGINT, address VARCHAR, is_open BOOLEAN)"
# Statements, their columns in the table, and the column with their source.
_STATEMENTS: Mapping[str, tuple[str, ...]] = {
    "handshake": (
        "node_name",
        "implementation_name",
        "implementation_version",
        "node_info",
        "address",
        "connected_at",
    ),
    "best": ("best_slot", "best_hash"),
    "finalized": ("finalized_slot", "finalized_hash"),
    "sync": ("synced",),
}
_NODE_COLUMNS = declare_columns(
    NODE_ID,
    ("node_name", "VARCHAR", "The same as implementation_name; events has it, too."),
    ("implementation_name", "VARCHAR", "Name of the implementation, as the node says."),
    ("implementation_version", "VARCHAR", "Version of the implementation, as the node says."),
    ("node_info", "JSON", "The first message of the newest connection, decoded."),
    ("address", "VARCHAR", "Remote address of the newest connection, with the port."),
    ("is_connected", "BOOLEAN", "Whether a connection of the node is open now."),
    ("connected_at", "TIMESTAMP", "When the newest connection began."),
    ("disconnected_at", "TIMESTAMP", "When the last connection ended; NULL while one is open."),
    ("first_seen_at", "TIMESTAMP", "When the first connection began."),
    ("last_seen_at", "TIMESTAMP", "When the last message came."),
    ("event_count", "BIGINT", "Events of all connections, each once."),
    ("dropped_count", "HUGEINT", "Events that the node dropped, as it says."),
    ("dropped_messages", "BIGINT", "Dropped messages of the node."),
    ("undecodable", "BIGINT", "Messages that could not be decoded."),
    ("shed", "BIGINT", "Events beyond the rate limit that the server dropped."),
    ("paused_seconds", "DOUBLE", "Time that the server did not read from the node, in seconds."),
    ("best_slot", "UINTEGER", "Slot of its best block, as it says."),
    ("best_hash", "BLOB", "Header hash of its best block."),
    ("finalized_slot", "UINTEGER", "Slot of its finalized block, as it says."),
    ("finalized_hash", "BLOB", "Header hash of its finalized block."),
    ("synced", "BOOLEAN", "Whether it is in sync, as it says."),
    ("handshake_source", _SOURCE, "The connection that names implementation and address."),
    ("best_source", _SOURCE, "When and on which connection it named its best block."),
    ("finalized_source", _SOURCE, "When and on which connection it named its finalized block."),
    ("sync_source", _SOURCE, "When and on which connection it said whether it is in sync."),
)
# The members of ``shard.state.nodes.Node.as_json`` with exact types; times are text.
_NODE_STRUCTURE = (
    '{"node_id":"VARCHAR","implementation_name":"VARCHAR","implementation_version":"VARCHAR",'
    '"node_info":"JSON","address":"VARCHAR","is_connected":"BOOLEAN","connected_at":"VARCHAR",'
    '"disconnected_at":"VARCHAR","first_seen_at":"VARCHAR","last_seen_at":"VARCHAR",'
    '"event_count":"BIGINT","dropped_count":"VARCHAR","dropped_messages":"BIGINT",'
    '"undecodable":"BIGINT","shed":"MAP(VARCHAR, BIGINT)","paused_seconds":"DOUBLE",'
    '"best":{"slot":"UINTEGER","hash":"VARCHAR"},"finalized":{"slot":"UINTEGER","hash":"VARCHAR"},'
    '"synced":"BOOLEAN","statements":{'
    + ",".join(
        f'"{name}":{{"received_at":"VARCHAR","session":"BIGINT","address":"VARCHAR",'
        '"is_open":"BOOLEAN"}'
        for name in ("node_info", "best", "finalized", "synced")
    )
    + "}}"
)


def _source(name: str) -> str:
    member = f"node.statements.{name}"
    return (
        f"CASE WHEN {member}.received_at IS NOT NULL THEN struct_pack("
        f"received_at := {member}.received_at::TIMESTAMP, session := {member}.session, "
        f"address := {member}.address, is_open := {member}.is_open) END"
    )


def _node_part() -> str:
    times = ("connected_at", "disconnected_at", "first_seen_at", "last_seen_at")
    computed = {
        "node_name": "node.implementation_name",
        **{name: f"node.{name}::TIMESTAMP" for name in times},
        "dropped_count": "node.dropped_count::HUGEINT",
        "shed": "coalesce(list_sum(map_values(node.shed)), 0)::BIGINT",
        "best_slot": "node.best.slot",
        "best_hash": "unhex(node.best.hash[3:])",
        "finalized_slot": "node.finalized.slot",
        "finalized_hash": "unhex(node.finalized.hash[3:])",
        "handshake_source": _source("node_info"),
        "best_source": _source("best"),
        "finalized_source": _source("finalized"),
        "sync_source": _source("synced"),
    }
    shown = ", ".join(
        f"{computed.get(column.name, f'node.{column.name}')} AS {column.name}"
        for column in _NODE_COLUMNS
    )
    return (
        f"SELECT {shown} FROM (SELECT from_json(document, {quote_text(_NODE_STRUCTURE)}) AS node "
        "FROM $node_documents)"
    )


def _node_merge() -> str:
    """Return the merge of nodes: for each statement the newest, an open connection first."""
    chosen: list[str] = []
    shown: dict[str, str] = {}
    for name, members in _STATEMENTS.items():
        source = f"{name}_source"
        packed = ", ".join(f"{member} := {member}" for member in (*members, source))
        rank = (
            f"struct_pack(is_open := {source}.is_open, received_at := {source}.received_at, "
            f"address := coalesce({source}.address, ''))"
        )
        chosen.append(
            f"arg_max(struct_pack({packed}), {rank}) FILTER ({source} IS NOT NULL) AS {name}"
        )
        shown |= {member: f"{name}.{member}" for member in (*members, source)}
    added = ("event_count", "dropped_count", "dropped_messages", "undecodable", "shed")
    grouped = {
        "is_connected": "bool_or(is_connected)",
        "disconnected_at": "max(disconnected_at)",
        "first_seen_at": "min(first_seen_at)",
        "last_seen_at": "max(last_seen_at)",
        "paused_seconds": "sum(paused_seconds)",
        **{name: f"sum({name})" for name in added},
    }
    shown["disconnected_at"] = "CASE WHEN NOT is_connected THEN disconnected_at END"
    inner = ", ".join([*(f"{sql} AS {name}" for name, sql in grouped.items()), *chosen])
    outer = ", ".join(
        f"{shown.get(column.name, column.name)}::{column.type} AS {column.name}"
        for column in _NODE_COLUMNS
    )
    return f"SELECT {outer} FROM (SELECT node_id, {inner} FROM partials GROUP BY node_id)"


_NODES = Table(
    "nodes",
    "A node, over all its connections: what it says of itself is its newest statement, as in "
    "/api/nodes.",
    _NODE_COLUMNS,
    _node_merge(),
    frozenset({"node_id"}),
    Part(_node_part(), documents=True),
    "SELECT node_id, implementation_name, event_count, last_seen_at, best_slot FROM nodes "
    "WHERE is_connected ORDER BY event_count DESC",
)

# --- Sessions -----------------------------------------------------------------------------

_SESSIONS = Table(
    "sessions",
    "A connection of a node, as in /api/sessions; open ones have no ended_at.",
    declare_columns(
        ("session", "BIGINT", "Id of the connection; events has it, too."),
        NODE_ID,
        ("address", "VARCHAR", "Remote address, with the port."),
        ("started_at", "TIMESTAMP", "When it began."),
        ("ended_at", "TIMESTAMP", "When it ended; NULL while it is open."),
        ("outcome", "VARCHAR", "open, or how it ended."),
        ("reason", "VARCHAR", "Why it ended."),
        ("protocol_version", "UTINYINT", "Version of JIP-3."),
        ("params_layout", "VARCHAR", "Layout of the protocol parameters in its first message."),
        ("last_event_id", "UBIGINT", "Id of its last event."),
        ("last_event_at", "TIMESTAMP", "When its last event came."),
        ("next_event_id", "UBIGINT", "Id that its next event has."),
        ("event_count", "BIGINT", "Events that came on it."),
        ("bytes", "BIGINT", "Bytes that came on it."),
        ("dropped_count", "HUGEINT", "Events that the node dropped, as it says."),
        ("undecodable", "BIGINT", "Messages that could not be decoded."),
        ("shed", "BIGINT", "Events beyond the rate limit that the server dropped."),
        ("deviations", "JSON", "Deviations from JIP-3 by rule."),
    ),
    part=Part(
        f"SELECT {SESSION_ID} AS session, node_id, address, started_at, ended_at, outcome, reason, "
        "protocol_version, params_layout, last_event_id, last_at AS last_event_at, "
        "next_event_id, events::BIGINT AS event_count, bytes::BIGINT AS bytes, "
        "dropped AS dropped_count, undecodable::BIGINT AS undecodable, shed::BIGINT AS shed, "
        f"deviations::JSON AS deviations FROM $sessions {WITH_NODES}",
        ("sessions",),
    ),
    example="SELECT node_id, started_at, ended_at, outcome, reason, event_count FROM sessions "
    "ORDER BY started_at DESC LIMIT 10",
)

# --- Blocks -------------------------------------------------------------------------------

_BLOCK_COLUMNS = declare_columns(
    ("hash", "BLOB", "Header hash."),
    ("slot", "UINTEGER", "Slot."),
    ("parent", "BLOB", "Header hash of the parent, as its author says."),
    ("author", "VARCHAR", "Id of the node that authored it; NULL if no connected node did."),
    ("authored_at", "TIMESTAMP", "When its author reported it."),
    ("first_seen_at", "TIMESTAMP", "When a node first named it."),
    ("best_at", "TIMESTAMP", "When a node first named it as its best block."),
    ("finalized_at", "TIMESTAMP", "When a node first named it as its finalized block."),
    *((name, "UINTEGER", f"{name} of its outline, as its author says.") for name in OUTLINE),
)
_BLOCK_MERGES = {
    "slot": "max",
    "authored_at": "min",
    "first_seen_at": "min",
    "best_at": "min",
    "finalized_at": "min",
    **dict.fromkeys(("parent", *OUTLINE), "max"),
}
_BLOCK_PART = f"""
WITH seen AS (
  SELECT hash, max(slot) AS slot, min(seen_at) AS first_seen_at,
    min(seen_at) FILTER (type = {EventKind.AUTHORED}) AS authored_at,
    arg_min(node_id, seen_at) FILTER (type = {EventKind.AUTHORED}) AS author
  FROM $sightings {WITH_NODES} GROUP BY hash),
outlines AS (
  SELECT hash, max(slot) AS slot, max(parent) AS parent,
    {", ".join(f"max({name}) AS {name}" for name in OUTLINE)}
  FROM $blocks WHERE hash IS NOT NULL AND authored IS NOT NULL GROUP BY hash),
reached AS (
  SELECT hash, max(slot) AS slot, min(seen_at) AS seen_at,
    min(seen_at) FILTER (type = {EventKind.BEST_BLOCK_CHANGED}) AS best_at,
    min(seen_at) FILTER (type = {EventKind.FINALIZED_BLOCK_CHANGED}) AS finalized_at
  FROM $reached GROUP BY hash)
SELECT hash, coalesce(seen.slot, outlines.slot, reached.slot) AS slot, parent, author, authored_at,
  least(first_seen_at, reached.seen_at) AS first_seen_at, best_at, finalized_at,
  {", ".join(OUTLINE)}
FROM seen FULL JOIN outlines USING (hash) FULL JOIN reached USING (hash)
"""
_BLOCKS = Table(
    "blocks",
    "A block that a node named, once for each header hash.",
    _BLOCK_COLUMNS,
    "SELECT "
    + ", ".join(
        "hash"
        if column.name == "hash"
        else "arg_min(author, authored_at) AS author"
        if column.name == "author"
        else f"{_BLOCK_MERGES[column.name]}({column.name}) AS {column.name}"
        for column in _BLOCK_COLUMNS
    )
    + " FROM partials GROUP BY hash",
    frozenset({"hash"}),
    Part(_BLOCK_PART, ("sightings", "blocks", "reached")),
    "SELECT slot, hash, author, first_seen_at, finalized_at FROM blocks "
    "ORDER BY slot DESC LIMIT 10",
)

# --- Events by hour -----------------------------------------------------------------------

_EVENT_TYPE = declare_columns(
    ("event_type", "UTINYINT", "Number of the event type in JIP-3."),
    ("event_name", "VARCHAR", "Name of the event type."),
)
_HOURLY_COLUMNS = declare_columns(
    ("hour", "TIMESTAMP", "Start of the hour in which the server received the events."),
    NODE_ID,
    *_EVENT_TYPE,
    ("event_count", "BIGINT", "Number of events."),
)
_HOURLY = Table(
    "event_stats_hourly",
    "The events of one type that a node sent in an hour; kept for aggregates.hourly_days.",
    _HOURLY_COLUMNS,
    _sum_by(_HOURLY_COLUMNS, {"event_count": "sum"}),
    frozenset({"hour", "node_id", "event_type", "event_name"}),
    Part(
        "SELECT date_trunc('hour', bucket) AS hour, node_id, type AS event_type, "
        f"{event_name('type')} AS event_name, sum(count)::BIGINT AS event_count "
        f"FROM $counts {WITH_NODES} GROUP BY ALL",
        ("counts",),
    ),
    "SELECT hour, node_id, sum(event_count) AS event_count FROM event_stats_hourly "
    "WHERE hour > NOW() - INTERVAL '24 hours' GROUP BY hour, node_id ORDER BY hour DESC, node_id",
)

# --- Latency ------------------------------------------------------------------------------

_STEP_NAME = f"{event_name('parent')} || '_to_' || {event_name('type')}"
_STEP = declare_columns(
    ("hour", "TIMESTAMP", "Start of the hour in which the server received the second event."),
    ("step", "VARCHAR", "Names of both events, such as Importing_to_BlockVerified."),
    ("from_type", "UTINYINT", "Event type of the first event."),
    ("to_type", "UTINYINT", "Event type of the second event, which refers to the first."),
)
_BIN = TableColumn(
    "bin",
    "UTINYINT",
    f"Number of the histogram's bin: {PER_OCTAVE} bins for each doubling of the duration, from a "
    "microsecond.",
)
_BIN_COLUMNS = declare_columns(
    *_STEP,
    NODE_ID,
    _BIN,
    ("up_to_ms", "DOUBLE", "Upper end of the bin in milliseconds."),
    ("count", "BIGINT", "Durations in the bin."),
)
_BINS = (
    f"SELECT date_trunc('hour', bucket) AS hour, {_STEP_NAME} AS step, parent AS from_type, "
    "type AS to_type, {more} bin, sum(count)::BIGINT AS count FROM $latency {join} GROUP BY ALL"
)
_HISTOGRAM = Table(
    "latency_histogram",
    "The durations of one step at a node in an hour that fall into one bin, by the node's clock. "
    "Bins add up over hours and nodes; percentiles do not.",
    _BIN_COLUMNS,
    _sum_by(_BIN_COLUMNS, {"count": "sum"}),
    frozenset({"hour", "step", "from_type", "to_type", "node_id", "bin"}),
    Part(
        "SELECT hour, step, from_type, to_type, node_id, bin, "
        f"round(2.0 ** ((bin + 1) / {PER_OCTAVE}) / 1000, 3) AS up_to_ms, count FROM ("
        + _BINS.format(more="node_id,", join=WITH_NODES)
        + ")",
        ("latency",),
    ),
    "SELECT node_id, min(up_to_ms) AS p95_ms FROM (SELECT node_id, up_to_ms, "
    "sum(sum(count)) OVER (PARTITION BY node_id ORDER BY up_to_ms) AS below, "
    "sum(sum(count)) OVER (PARTITION BY node_id) AS total FROM latency_histogram "
    "WHERE step = 'Importing_to_BlockVerified' GROUP BY node_id, up_to_ms) "
    "WHERE below >= 0.95 * total GROUP BY node_id ORDER BY p95_ms DESC",
)
_PERCENTILES: Mapping[str, float] = {"p50_ms": 0.5, "p90_ms": 0.9, "p95_ms": 0.95, "p99_ms": 0.99}


def _percentile(share: float) -> str:
    """Return SQL of a percentile as ``query.core.log_histogram`` computes it."""
    rank = f"greatest(1, ceil({share} * total::DOUBLE - 1e-6))"
    return f"round(min(middle_us) FILTER (below >= {rank}) / 1000, 3)"


_LATENCY = Table(
    "latency",
    "The durations of one step over all nodes in an hour, each by the node's own clock; "
    "percentiles are of the merged histograms, within 10 %, as in /api/metrics/latency.",
    declare_columns(
        *_STEP,
        ("count", "BIGINT", "Number of durations."),
        ("mean_ms", "DOUBLE", "Mean in milliseconds."),
        *(
            (name, "DOUBLE", f"{share:.0%} are not longer, in milliseconds.")
            for name, share in _PERCENTILES.items()
        ),
    ),
    f"""
WITH bins AS (
  SELECT hour, step, from_type, to_type, sum(count) AS count,
    CASE WHEN bin = 0 THEN 1.0 ELSE 2.0 ** ((bin + 0.5) / {PER_OCTAVE}) END AS middle_us
  FROM partials GROUP BY hour, step, from_type, to_type, bin),
ranked AS (
  SELECT *, sum(count) OVER (PARTITION BY hour, from_type, to_type ORDER BY middle_us) AS below,
    sum(count) OVER (PARTITION BY hour, from_type, to_type) AS total FROM bins)
SELECT hour, step, from_type, to_type, sum(count)::BIGINT AS count,
  round(sum(middle_us * count) / sum(count) / 1000, 3)::DOUBLE AS mean_ms,
  {", ".join(f"{_percentile(share)}::DOUBLE AS {name}" for name, share in _PERCENTILES.items())}
FROM ranked GROUP BY hour, step, from_type, to_type
""",
    frozenset({"hour", "step", "from_type", "to_type"}),
    Part(
        _BINS.format(more="", join=""),
        ("latency",),
        (*_STEP, _BIN, TableColumn("count", "BIGINT")),
    ),
    "SELECT step, count, p50_ms, p95_ms FROM latency "
    "WHERE hour = date_trunc('hour', NOW()) ORDER BY p95_ms DESC LIMIT 10",
)

# --- Failures and conformance -------------------------------------------------------------

_FAILURE_COLUMNS = declare_columns(
    ("minute", "TIMESTAMP", "Start of the minute in which the server received the events."),
    NODE_ID,
    *_EVENT_TYPE,
    ("category", "VARCHAR", "Pipeline, as in /api/analytics/failure-rates."),
    ("reason", "VARCHAR", "Reason, as the node says."),
    (
        "template",
        "VARCHAR",
        "The reason with placeholders for numbers, hashes, addresses …, as in /api/failures; null "
        "in rows of an earlier release.",
    ),
    ("count", "BIGINT", "Number of events."),
    ("first_at", "TIMESTAMP", "When the first of them came; null in rows of an earlier release."),
    ("last_at", "TIMESTAMP", "When the last of them came."),
)
_FAILURES = Table(
    "failures",
    "The failures of one type and reason that a node reported in a minute.",
    _FAILURE_COLUMNS,
    _sum_by(_FAILURE_COLUMNS, {"count": "sum", "first_at": "min", "last_at": "max"}),
    frozenset({"minute", "node_id", "event_type", "event_name", "category", "reason", "template"}),
    Part(
        "SELECT date_trunc('minute', bucket) AS minute, node_id, type AS event_type, "
        f"{event_name('type')} AS event_name, {text_by_number('type', CATEGORY_OF)} AS category, "
        "reason, template, sum(count)::BIGINT AS count, min(first_at) AS first_at, "
        "max(last_at) AS last_at "
        f"FROM $failures {WITH_NODES} GROUP BY ALL",
        ("failures",),
    ),
    "SELECT category, reason, sum(count) AS failures FROM failures "
    "WHERE minute > NOW() - INTERVAL '1 hour' GROUP BY category, reason "
    "ORDER BY failures DESC LIMIT 10",
)
_CONFORMANCE_COLUMNS = declare_columns(
    ("hour", "TIMESTAMP", "Start of the hour in which the server received the messages."),
    TableColumn("node_id", "VARCHAR", "Id of the node; NULL before it named itself."),
    ("rule", "VARCHAR", "Code of the rule; /api/docs/rules explains it."),
    ("severity", "VARCHAR", "error, warning or info."),
    ("counted", "VARCHAR", "Unit of count."),
    ("count", "BIGINT", "Number of breaches."),
    ("first_at", "TIMESTAMP", "When the first of them came."),
    ("last_at", "TIMESTAMP", "When the last of them came."),
)
_CONFORMANCE = Table(
    "conformance",
    "The breaches of one rule by a node in an hour, as in /api/conformance. Clocks, missing "
    "Status events and shed events are judged over a window, and only there.",
    _CONFORMANCE_COLUMNS,
    _sum_by(_CONFORMANCE_COLUMNS, {"count": "sum", "first_at": "min", "last_at": "max"}),
    frozenset({"hour", "node_id", "rule", "severity", "counted"}),
    Part(
        "SELECT date_trunc('hour', bucket) AS hour, node_id, rule, "
        f"coalesce({_case('rule', {code: rule.severity for code, rule in RULES.items()})}, "
        "'warning') AS severity, "
        f"coalesce({_case('rule', {code: rule.counted for code, rule in RULES.items()})}, "
        "'events') AS counted, "
        "sum(count)::BIGINT AS count, min(first_at) AS first_at, max(last_at) AS last_at "
        f"FROM $conformance {WITH_NODES} GROUP BY ALL",
        ("conformance",),
    ),
    "SELECT node_id, rule, severity, sum(count) AS count FROM conformance "
    "GROUP BY node_id, rule, severity ORDER BY count DESC",
)

AGGREGATE_TABLES: tuple[Table, ...] = (
    _NODES,
    _SESSIONS,
    _BLOCKS,
    _HOURLY,
    _LATENCY,
    _HISTOGRAM,
    _FAILURES,
    _CONFORMANCE,
)
