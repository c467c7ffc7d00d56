"""Offline conformance checks: the code of a shard without a server. Pure."""
