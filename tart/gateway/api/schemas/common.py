"""Schemas that have no type in ``tart.query.answers`` yet. Pure."""

from __future__ import annotations

from tart.gateway.api.json_schema import Schema
from tart.gateway.api.schemas.analytics import ANALYTICS_SCHEMAS
from tart.gateway.api.schemas.cores import CORE_SCHEMAS
from tart.gateway.api.schemas.metrics import METRIC_SCHEMAS
from tart.gateway.api.schemas.packages import PACKAGE_SCHEMAS

SCHEMAS: dict[str, Schema] = {
    **PACKAGE_SCHEMAS,
    **CORE_SCHEMAS,
    **METRIC_SCHEMAS,
    **ANALYTICS_SCHEMAS,
}
