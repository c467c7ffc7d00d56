"""Request handlers: query the shards, build the answer."""
