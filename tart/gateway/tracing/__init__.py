"""The export of traces: finds what has ended, makes its trace, and sends it."""
