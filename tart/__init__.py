"""tart: a telemetry backend for JAM networks (JIP-3 in, answers out)."""

__version__ = "0.1.0"
__date__ = "2026-11-30"  # of the release; the manual pages have it
