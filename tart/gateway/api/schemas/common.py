"""Schemas that have no type in ``tart.query.answers`` yet. Pure."""

from __future__ import annotations

from tart.gateway.api.json_schema import Schema
from tart.gateway.api.schemas.analytics import ANALYTICS_SCHEMAS
from tart.gateway.api.schemas.metrics import METRIC_SCHEMAS

SCHEMAS: dict[str, Schema] = {
    **METRIC_SCHEMAS,
    **ANALYTICS_SCHEMAS,
}
