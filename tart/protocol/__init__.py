"""JIP-3: events, wire types, framing, decoding and encoding, captures. Pure."""
