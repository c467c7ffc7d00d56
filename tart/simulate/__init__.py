"""A simulated JAM network that sends telemetry."""
