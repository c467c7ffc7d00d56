"""Decisions of the chain process. Pure."""
