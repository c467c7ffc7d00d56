"""Base of the queries: declaration, merging, windows, cursors, filters. Pure."""
