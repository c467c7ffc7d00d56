"""The chain process: follows the chain by the RPC of nodes, stores it, and answers about it."""
