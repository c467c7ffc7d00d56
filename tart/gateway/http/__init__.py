"""HTTP: parsing, connections, authentication, responses, caching."""
