"""Base of the aggregates: tables, event batches, isolation of failures. Pure."""
