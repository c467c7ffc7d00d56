"""The queries that shards answer: parameters, partial answer and merged answer of each. Pure."""
