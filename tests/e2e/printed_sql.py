"""SQL in print: the queries of TART's documentation, in the forms that people give them.

Facts from the README of TART and from the JAMTART page: the tables, columns and conditions of the
four queries. Each statement must run as it stands, and return these columns.
"""

from __future__ import annotations

FAILED = "event_type IN (41, 44, 46, 92)"
# By query: its statements with the names of the columns of the result.
PRINTED: dict[str, list[tuple[str, list[str]]]] = {
    "events by event_type": [
        (
            "SELECT * FROM events WHERE event_type = 42 "
            "AND created_at > NOW() - INTERVAL '1 hour' ORDER BY created_at DESC LIMIT 100;",
            [],
        ),
        (
            "SELECT event_type, COUNT(*) as count\nFROM events\n"
            "WHERE created_at > NOW() - INTERVAL '1 hour'\n"
            "GROUP BY event_type\nORDER BY count DESC;",
            ["event_type", "count"],
        ),
        (
            "SELECT node_id, event_type, data, created_at FROM events WHERE event_type IN (42, 47) "
            "AND created_at > NOW() - INTERVAL '1 hour' ORDER BY created_at DESC LIMIT 10",
            ["node_id", "event_type", "data", "created_at"],
        ),
        (
            "SELECT event_type, COUNT(*), COUNT(DISTINCT node_id) AS nodes FROM events "
            "WHERE created_at >= NOW() - INTERVAL '1 hour' GROUP BY 1 ORDER BY 2 DESC",
            ["event_type", "count_star()", "nodes"],
        ),
    ],
    "nodes": [
        (
            "SELECT node_id, implementation_name, event_count, last_seen_at\nFROM nodes\n"
            "ORDER BY event_count DESC;",
            ["node_id", "implementation_name", "event_count", "last_seen_at"],
        ),
        (
            "SELECT node_id, implementation_name, MAX(event_count) AS event_count, "
            "MAX(last_seen_at) AS last_seen_at FROM nodes "
            "GROUP BY node_id, implementation_name ORDER BY event_count DESC LIMIT 10;",
            ["node_id", "implementation_name", "event_count", "last_seen_at"],
        ),
        (
            "SELECT n.node_id, n.implementation_name, COUNT(e.id) AS event_count, "
            "MAX(e.created_at) AS last_seen_at FROM nodes n LEFT JOIN events e "
            "ON e.node_id = n.node_id GROUP BY n.node_id, n.implementation_name "
            "ORDER BY event_count DESC;",
            ["node_id", "implementation_name", "event_count", "last_seen_at"],
        ),
        (
            "SELECT implementation_name, COUNT(*) AS nodes, SUM(event_count) AS events FROM nodes "
            "WHERE last_seen_at > NOW() - INTERVAL '5 minutes' GROUP BY implementation_name",
            ["implementation_name", "nodes", "events"],
        ),
    ],
    "events by hour": [
        (
            "SELECT hour, node_id, event_count FROM event_stats_hourly "
            "WHERE hour > NOW() - INTERVAL '24 hours' ORDER BY hour DESC;",
            ["hour", "node_id", "event_count"],
        ),
        (
            "SELECT hour, node_id, SUM(event_count) AS event_count FROM event_stats_hourly "
            "GROUP BY hour, node_id ORDER BY hour DESC, event_count DESC",
            ["hour", "node_id", "event_count"],
        ),
    ],
    "error share by node": [
        (
            f"SELECT node_id,\n  COUNT(*) FILTER (WHERE {FAILED}) AS errors,\n"
            f"  COUNT(*) AS total,\n  COUNT(*) FILTER (WHERE {FAILED})::float / COUNT(*) "
            "AS error_rate\nFROM events\nWHERE created_at > NOW() - INTERVAL '1 hour'\n"
            f"GROUP BY node_id\nHAVING COUNT(*) FILTER (WHERE {FAILED}) > 0\n"
            "ORDER BY error_rate DESC;",
            ["node_id", "errors", "total", "error_rate"],
        ),
        (
            f"SELECT node_id, ROUND(100.0 * COUNT(*) FILTER (WHERE {FAILED}) / "
            "NULLIF(COUNT(*), 0), 2) AS error_percent FROM events GROUP BY node_id "
            "HAVING COUNT(*) > 10 ORDER BY error_percent DESC",
            ["node_id", "error_percent"],
        ),
        (
            "SELECT n.node_id, n.implementation_name, "
            f"COUNT(*) FILTER (WHERE e.{FAILED}) * 100.0 / COUNT(*) AS error_rate "
            "FROM events e JOIN nodes n ON n.node_id = e.node_id "
            "WHERE e.created_at > NOW() - INTERVAL '1 hour' "
            "GROUP BY n.node_id, n.implementation_name "
            f"HAVING COUNT(*) FILTER (WHERE e.{FAILED}) > 0 ORDER BY error_rate DESC;",
            ["node_id", "implementation_name", "error_rate"],
        ),
    ],
}
