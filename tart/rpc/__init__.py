"""JIP-2, the RPC of JAM nodes: messages, and the encodings of what they carry. Pure."""
