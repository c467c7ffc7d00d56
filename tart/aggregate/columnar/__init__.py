"""Aggregates computed for whole batches with NumPy. Pure."""
