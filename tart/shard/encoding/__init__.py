"""JSON of stored and live events. Pure."""
