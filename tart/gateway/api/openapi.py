"""OpenAPI 3.1 of the contract: a rendering of ``contract`` and ``schemas``, nothing more.

Pure. OPTIONS and HEAD work on every route and are not listed.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from tart.access.roles import Role
from tart.gateway.api.components import SCHEMAS
from tart.gateway.api.contract import ROUTES
from tart.gateway.api.json_schema import ref
from tart.gateway.api.parameters import Parameter
from tart.gateway.api.route import JSON, Route

Json = dict[str, Any]

# None is needed where the settings say so, and before the first key was made.
_SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of 'tart keys create'. None is needed before the first is made, from "
        "the machine itself, and where api.auth is none.",
    },
    "token": {
        "type": "apiKey",
        "in": "query",
        "name": "token",
        "description": "The same, where a browser can send no header.",
    },
}
_SHARDS_HEADER = {
    "description": "How many shards answered, of how many.",
    "schema": {"type": "string", "pattern": "^[0-9]+/[0-9]+$"},
}


def document(version: str) -> Json:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tart",
            "summary": "Telemetry of a JAM network",
            "description": (
                "Lists are newest first. Times are RFC 3339 in UTC. What cannot be known is "
                "null. Where shards did not answer, the answer says so in `shards`. Integers are "
                "exact: what an event has goes up to 2^64 - 1 and is a JSON integer, which a "
                "reader that has only doubles rounds beyond 2^53 - 1; a sum beyond 2^64 - 1 is "
                "decimal text. An answer with a `window` is about that one, every part of it."
            ),
            "version": version,
        },
        # Relative to this document: whatever prefix a proxy puts before it.
        "servers": [{"url": "..", "description": "The server that this document is from."}],
        "paths": _paths(),
        "components": {
            "schemas": {**SCHEMAS, "OpenApi": {"type": "object"}},
            "securitySchemes": _SECURITY,
        },
    }


def _paths() -> Json:
    found: dict[str, Json] = {}
    for route in ROUTES:
        found.setdefault(route.path, {})[route.method.lower()] = operation(route)
    return found


def operation(route: Route) -> Json:
    """One route's operation."""
    found: Json = {"operationId": route.name, "summary": route.summary}
    if route.description:
        found["description"] = route.description
    found["parameters"] = [_parameter(each) for each in route.parameters]
    if route.body_name is not None:
        content = {JSON: {"schema": ref(route.body_name)}}
        found["requestBody"] = {"required": True, "content": content}
    if route.role is not Role.ANYONE:
        found["security"] = [{"bearer": []}, *([{"token": []}] if route.token else []), {}]
        found["description"] = f"{found.get('description', '')} Role: {route.role}.".strip()
    found["responses"] = _responses(route)
    return found


def _parameter(parameter: Parameter) -> Json:
    schema = parameter.kind.schema()
    if parameter.default is not None:
        schema["default"] = parameter.kind.read(parameter.default, parameter.name)
        if schema["type"] == "string":
            schema["default"] = parameter.default
    description = parameter.description
    if parameter.aliases:
        description += f" Also written {', '.join(parameter.aliases)}."
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.where == "path",
        "description": description,
        "schema": schema,
    }


def statuses(route: Route) -> tuple[int, ...]:
    """Every status a route may answer with."""
    # Any route may be asked with a parameter that it has not.
    found = {route.success, *route.errors, 400, 429}
    if route.role is not Role.ANYONE:
        found |= {401, 403, 503}
    if route.success == 200 and route.cache.tagged:
        found.add(304)
    return tuple(sorted(found))


def _responses(route: Route) -> Json:
    found: Json = {}
    for status in statuses(route):
        response: Json = {"description": HTTPStatus(status).phrase}
        if status == route.success and route.media_type:
            schema = ref(route.schema_name) if route.schema_name else {"type": "string"}
            response["content"] = {route.media_type.partition(";")[0]: {"schema": schema}}
            if route.scattered:
                response["headers"] = {"X-Tart-Shards": _SHARDS_HEADER}
        elif status >= 400:
            response["content"] = {JSON: {"schema": _error_schema(route, status)}}
        found[str(status)] = response
    return found


def _error_schema(route: Route, status: int) -> Json:
    if route.name == "detailed_health" and status == 503:
        return ref("DetailedHealth")
    return ref("Error")
