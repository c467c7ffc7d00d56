"""Decoding of frames into columns, a batch at a time. Pure."""
