"""Ingest: telemetry port, batching, aggregates, live streams."""
