"""The client without I/O: emitter state, encoders, requests, resume positions. Pure."""
