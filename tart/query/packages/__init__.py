"""Figures of work packages, guarantees and cores. Pure."""
