"""Scores of nodes and of the network that differ from what is usual. Pure."""
