"""JSON Schemas of the answers, one module per family. Pure."""
