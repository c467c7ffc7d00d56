"""The file of aggregates: writing, reading, rebuilding from the event log."""
