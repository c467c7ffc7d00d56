"""Aggregates in dictionaries by key: counters, gauges, sessions, pipelines. Pure."""
