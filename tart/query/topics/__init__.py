"""Figures by topic, one module per family of routes. Pure."""
