"""What ``/metrics`` tells of the gateway itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tart.gateway.observability.host_stats import rss_bytes

if TYPE_CHECKING:
    from tart.gateway.app import Gateway


def figures(gateway: Gateway, uptime_seconds: float) -> dict[str, tuple[float, str]]:
    """Name to (value, help)."""
    streams = gateway.streams.statistics()
    refused = sum(shard.statistics.refused for shard in gateway.shards.every)
    return {
        "tart_gateway_uptime_seconds": (
            uptime_seconds,
            "Since the gateway started.",
        ),
        "tart_gateway_resident_memory_bytes": (rss_bytes(), "Resident memory."),
        "tart_websocket_clients": (len(gateway.streams.subscribers), "Connected clients."),
        "tart_websocket_queued_events": (
            streams["events_in_buffer"],
            "Live events waiting for slow clients.",
        ),
        "tart_websocket_lagged_events_total": (
            streams["dropped_events"],
            "Live events clients were told they missed.",
        ),
        "tart_websocket_stalled_total": (
            gateway.websocket_clients.stalled + gateway.event_streams.stalled,
            "Clients closed because they took nothing.",
        ),
        "tart_gateway_queries_rejected_total": (
            refused,
            "Questions not asked because too many were open at a shard.",
        ),
        "tart_response_cache_bytes": (
            gateway.response_cache.size + gateway.brief_cache.size,
            "Answers kept for whoever asks the same.",
        ),
        "tart_keys": (len(gateway.authenticator), "Keys of the API that are in use."),
        "tart_requests_denied_total": (
            sum(gateway.authenticator.denied.values()),
            "Requests refused: no key, not the role, too often.",
        ),
        "tart_audit_dropped_total": (
            gateway.authenticator.unnoted,
            "Lines the audit log does not have: too many at once.",
        ),
        **gateway.connections.figures(),
        "tart_registry_nodes": (len(gateway.registry), "Nodes in the registry."),
        "tart_registry_failures_total": (
            gateway.registry.failures,
            "Times control.sqlite could not be used.",
        ),
    }
