"""tart: a telemetry backend for JAM networks (JIP-3 in, answers out)."""

__version__ = "0.1.0"
