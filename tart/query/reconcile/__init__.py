"""Telemetry against the chain: the claims of nodes, and what the chain shows of them. Pure."""
