"""Queries and alert rules for ``/metrics`` in print: paritytech/jamtart, README.md, as facts.

They must work as they stand: with their names, which have no suffix, and in their units.
"""

from __future__ import annotations

PRINTED_QUERIES = (
    "telemetry_active_connections",
    "rate(telemetry_events_received[1m])",
    "rate(telemetry_events_dropped[5m])",
    "histogram_quantile(0.99, telemetry_batch_write_duration)",
    "rate(telemetry_connections_rejected[5m])",
)
_ALERTS = (
    ("HighConnectionCount", "telemetry_active_connections > 900", "5m"),
    ("HighEventDropRate", "rate(telemetry_events_dropped[5m]) > 10", "5m"),
    # In milliseconds.
    (
        "DatabaseWriteSlow",
        "histogram_quantile(0.99, telemetry_batch_write_duration) > 100",
        "10m",
    ),
    ("TartBackendDown", 'up{job="tart-backend"} == 0', "1m"),
)
PRINTED_RULES = "groups:\n  - name: tart-backend\n    rules:\n" + "".join(
    f"      - alert: {name}\n        expr: {expression}\n        for: {duration}\n"
    for name, expression, duration in _ALERTS
)
