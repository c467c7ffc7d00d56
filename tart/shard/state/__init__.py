"""State of a shard: nodes, sessions, dictionaries, limits. Pure."""
