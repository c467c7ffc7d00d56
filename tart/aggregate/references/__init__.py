"""Aggregates that follow references between the events of a connection. Pure."""
