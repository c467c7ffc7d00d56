"""A process of its own that runs users' SQL without files or network."""
