"""Messages between gateway and shards over Unix sockets."""
