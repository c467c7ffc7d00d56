"""Tests of ``tart/query/grafana``."""
