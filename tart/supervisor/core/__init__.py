"""Decisions of the supervisor: restarts and the watchdog. Pure."""
