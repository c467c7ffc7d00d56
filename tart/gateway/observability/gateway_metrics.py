"""The gateway's own metrics."""

from __future__ import annotations

from typing import NamedTuple

from tart.process_memory import process_memory


class GatewayCounts(NamedTuple):
    """Counters of the parts of the gateway.

    Attributes:
        uptime_seconds: Since the gateway started.
        subscribers: Clients of WebSockets and event streams.
        queued_events: Live events in the queues of subscribers.
        lagged_events: Live events that subscribers were told they missed.
        stalled: Subscribers closed because they read nothing.
        rejected_queries: Queries not sent because a shard had too many open.
        cache_bytes: Bytes of stored responses.
        keys: Valid API keys.
        denied: Requests refused by the authenticator.
        logins: Logins of the web page.
        logins_evicted: Logins that ended because there were too many.
        audit_dropped: Audit log entries dropped.
        nodes: Nodes in the registry.
        registry_failures: Failures of the registry's file.
        sql_statements: SQL statements that run or wait.
        sql_refused: SQL statements that were not admitted.
        sql_killed: SQL statements whose process was ended at a limit.
        summary_readers: Clients of the summarised live channel.
        summary_states: States of the network made for it.
        summary_skipped: States that slow clients skipped.
        failure_groups: Stored failure groups.
        failure_groups_evicted: Failure groups that were deleted because there were too many.
        failure_scans_cut: Scans with more failure groups than one answer takes.
        merge_seconds: Time that the merge thread worked.
    """

    uptime_seconds: float
    subscribers: int
    queued_events: int
    lagged_events: int
    stalled: int
    rejected_queries: int
    cache_bytes: int
    keys: int
    denied: int
    logins: int
    logins_evicted: int
    audit_dropped: int
    nodes: int
    registry_failures: int
    sql_statements: int
    sql_refused: int
    sql_killed: int
    summary_readers: int
    summary_states: int
    summary_skipped: int
    failure_groups: int
    failure_groups_evicted: int
    failure_scans_cut: int
    merge_seconds: float


_METRICS = {
    "uptime_seconds": ("tart_gateway_uptime_seconds", "Seconds since the gateway started."),
    "subscribers": ("tart_websocket_clients", "Clients of WebSockets and event streams."),
    "queued_events": (
        "tart_websocket_queued_events",
        "Live events in the queues of slow clients.",
    ),
    "lagged_events": (
        "tart_websocket_lagged_events_total",
        "Live events that clients were told they missed.",
    ),
    "stalled": ("tart_websocket_stalled_total", "Clients closed because they read nothing."),
    "rejected_queries": (
        "tart_gateway_queries_rejected_total",
        "Queries not sent because a shard had too many open.",
    ),
    "cache_bytes": ("tart_response_cache_bytes", "Bytes of stored responses."),
    "keys": ("tart_keys", "Valid API keys."),
    "denied": (
        "tart_requests_denied_total",
        "Requests denied: no key, a role that does not suffice, or too many requests.",
    ),
    "logins": ("tart_logins", "Logins of the web page."),
    "logins_evicted": (
        "tart_logins_evicted_total",
        "Logins that ended because their key, or all keys together, had too many.",
    ),
    "audit_dropped": (
        "tart_audit_dropped_total",
        "Audit log entries dropped because too many came at once.",
    ),
    "nodes": ("tart_registry_nodes", "Nodes in the registry."),
    "registry_failures": (
        "tart_registry_failures_total",
        "Failures to read or write control.sqlite.",
    ),
    "sql_statements": ("tart_sql_statements", "SQL statements that run or wait."),
    "sql_refused": (
        "tart_sql_refused_total",
        "SQL statements refused because too many ran and waited.",
    ),
    "sql_killed": (
        "tart_sql_killed_total",
        "SQL statements whose sandbox process was ended at its limit of time or memory.",
    ),
    "summary_readers": ("tart_live_state_clients", "Clients of the summarised live channel."),
    "summary_states": (
        "tart_live_states_total",
        "States of the network made for the summarised live channel and for alerts.",
    ),
    "summary_skipped": (
        "tart_live_states_skipped_total",
        "States that clients of the summarised live channel skipped because they were slow.",
    ),
    "failure_groups": ("tart_failure_groups", "Stored failure groups."),
    "failure_groups_evicted": (
        "tart_failure_groups_evicted_total",
        "Failure groups deleted because there were too many, or too many of one node.",
    ),
    "failure_scans_cut": (
        "tart_failure_scans_cut_total",
        "Scans for failure groups that had more groups than one answer takes.",
    ),
    "merge_seconds": (
        "tart_gateway_merge_seconds_total",
        "Time in which the merge thread merged and encoded answers.",
    ),
}


def gateway_metrics(counts: GatewayCounts) -> dict[str, tuple[float, str]]:
    """Return the metrics of the gateway: name to (value, help)."""
    metrics: dict[str, tuple[float, str]] = {
        "tart_gateway_resident_memory_bytes": (
            process_memory().resident,
            "Resident memory of the gateway.",
        )
    }
    for name, value in counts._asdict().items():
        metric, documentation = _METRICS[name]
        metrics[metric] = (value, documentation)
    return metrics
