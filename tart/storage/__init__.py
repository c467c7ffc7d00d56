"""Storage of a shard in DuckDB files.

Folders, top to bottom: ``aggregates``, ``log``, ``core``.
"""
