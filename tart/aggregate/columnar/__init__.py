"""Aggregates that are computed for a whole batch in NumPy. Pure."""
