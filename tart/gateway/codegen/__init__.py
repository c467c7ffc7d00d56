"""Generates the Python client from the declared routes."""
