"""The event log: writer, segments, checkpoints, readers, recovery, verification."""
