"""Comparison of groups of nodes: values by node, tests of differences, corrections. Pure."""
