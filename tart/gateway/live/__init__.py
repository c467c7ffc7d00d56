"""Live events: fan-out to subscribers over WebSocket and server-sent events."""
