"""Answers to queries, from memory, aggregates and the event log."""
