"""Queries: what a shard can be asked, how answers merge, what the figures mean. Pure.

Folders, top to bottom: ``sql``, ``topics``, ``packages``, ``core``.
"""
