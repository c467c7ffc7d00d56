"""Queries to all shards: connections, scatter and merge, node registry, admission."""
