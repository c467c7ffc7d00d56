"""Rules of alerts: their model, the catalogue of figures, the rule file. Pure.

Plain dataclasses without msgspec: the supervisor reads the rule file before it forks.
"""
