"""Alerting in the gateway: measurements, evaluation, delivery, and what routes ask."""
