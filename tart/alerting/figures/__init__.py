"""The values that rules compare, computed of what shards answered. Pure."""
