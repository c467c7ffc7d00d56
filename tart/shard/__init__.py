"""The shard process: receives telemetry, stores it, answers queries.

Folders, top to bottom: ``queries``, ``ingest``, ``check``, ``decode``, ``encoding``,
``state``.
"""
