"""Health, metrics and statistics of the server itself."""
