"""The reference vectors of JIP-3; README.md describes them, ``generate`` writes them."""
