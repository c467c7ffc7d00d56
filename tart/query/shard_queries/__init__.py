"""The queries that shards answer: parameters, one shard's answer, and the merged answer of each."""
