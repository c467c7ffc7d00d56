"""Aggregates that are kept in dictionaries by key: sums, sessions, pipelines. Pure."""
