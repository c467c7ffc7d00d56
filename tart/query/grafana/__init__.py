"""Figures of jamtart's routes of 2026 (``/api/grafana``), for its Grafana dashboards. Pure."""
