"""The simulated network in memory, and the truth about it. Pure."""
