"""Access control: roles, API keys, networks and rate limits. Pure."""
