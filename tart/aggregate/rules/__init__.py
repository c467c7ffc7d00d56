"""Conformance rules over several messages of a connection. Pure."""
