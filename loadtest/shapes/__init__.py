"""Shapes of load for locust."""
