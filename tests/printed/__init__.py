"""Examples that TART's documentation prints, run against a real server."""
