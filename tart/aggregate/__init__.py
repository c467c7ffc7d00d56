"""Aggregates: what is counted from events as they arrive. Pure.

``aggregates`` composes the folders below it for one shard; ``flush`` is what it hands to the
storage. Folders, top to bottom: ``references``, ``rules``, ``columnar``, ``keyed``, ``core``.
"""
