"""The rules that tart declares. Pure."""

from __future__ import annotations

from tart.alerting.rules.model import Rule

BUILTIN_RULES: tuple[Rule, ...] = ()
