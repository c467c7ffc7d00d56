"""Vectors made with the encoder of PolkaJam's published crates."""
