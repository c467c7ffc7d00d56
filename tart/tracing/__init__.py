"""Traces: the journeys of work-packages and blocks as OpenTelemetry spans. Pure.

``package_traces`` and ``block_traces`` build traces from what tart knows, ``otlp`` encodes them,
``export_queue`` and ``export_plan`` decide what the exporter of the gateway sends and when.
"""
