"""Base of the queries: catalogue, merging, windows, cursors, filters. Pure."""
