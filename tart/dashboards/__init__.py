"""Grafana dashboards over tart's Prometheus metrics, and the files that provision them. Pure."""
