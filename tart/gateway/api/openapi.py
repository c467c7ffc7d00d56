"""The OpenAPI 3.1 document, rendered from ``contract`` and ``components``.

Pure. OPTIONS and HEAD work on every route and are not listed.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from tart.access.roles import Role
from tart.gateway.api.components import reference, schemas
from tart.gateway.api.contract import ROUTES
from tart.gateway.api.parameters import Parameter, names_nodes
from tart.gateway.api.route import JSON, Route
from tart.query.answers.errors import Error
from tart.query.answers.health import DetailedHealth
from tart.query.sql.exports import FORMATS
from tart.query.sql.formats import SQL_FORMATS

Json = dict[str, Any]

# Keys are optional if the settings say so, and until the first key is created.
_SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key created by 'tart keys create'. No key is needed before the first one "
        "is created, for requests from the machine itself, and if api.auth is none.",
    },
    "token": {
        "type": "apiKey",
        "in": "query",
        "name": "token",
        "description": "The same key, for browsers, which cannot send the header.",
    },
}
_SHARDS_HEADER = {
    "description": "Number of shards that answered, and of all shards.",
    "schema": {"type": "string", "pattern": "^[0-9]+/[0-9]+$"},
}


def document(version: str, root: str = "..") -> Json:
    """Return the whole document.

    Args:
        version: That of the server.
        root: The server's root, relative to the document.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tart",
            "summary": "Telemetry of a JAM network",
            "description": (
                "Lists are newest first. Times are RFC 3339 in UTC. Values that cannot be known "
                "are null. If shards did not answer, `shards` has their number. Integers are "
                "exact. Those of format uint64 go up to 2^64 - 1 and are JSON integers, which a "
                "reader with doubles only rounds beyond 2^53 - 1; with int64=string they are "
                "decimal text. A sum beyond 2^64 - 1 is always decimal text. All parts of an "
                "answer with a `window` are about that window."
            ),
            "version": version,
        },
        # Relative to this document, so that a proxy may put a prefix before it.
        "servers": [{"url": root, "description": "The server of this document."}],
        "paths": _paths(),
        "components": {
            "schemas": schemas(),
            "securitySchemes": _SECURITY,
        },
    }


def _paths() -> Json:
    paths: dict[str, Json] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = operation(route)
    return paths


def operation(route: Route) -> Json:
    """Return the operation of a route."""
    described: Json = {"operationId": route.name, "summary": route.summary}
    if route.tag:
        described["tags"] = [route.tag]
    if route.description:
        described["description"] = route.description
    described["parameters"] = [_parameter(each) for each in route.parameters]
    if route.body is not None:
        content = {JSON: {"schema": reference(route.body)}}
        described["requestBody"] = {"required": True, "content": content}
    if route.role is not Role.ANYONE:
        described["security"] = [{"bearer": []}, *([{"token": []}] if route.token else []), {}]
        described["description"] = f"{described.get('description', '')} Role: {route.role}.".strip()
    described["responses"] = _responses(route)
    return described


def _parameter(parameter: Parameter) -> Json:
    description = parameter.description
    if parameter.aliases:
        description += f" Also accepted as {', '.join(parameter.aliases)}."
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.required or parameter.where == "path",
        "description": description,
        "schema": parameter.schema(),
    }


def statuses(route: Route) -> tuple[int, ...]:
    """Return every status of a route's answers, in ascending order."""
    # Every route refuses unknown parameters.
    codes = {route.success, *route.errors, 400, 429}
    if any(map(names_nodes, route.parameters)):
        codes |= {404, 409}
    if route.role is not Role.ANYONE:
        codes |= {401, 403, 503}
    if route.success == 200 and route.cache.tagged:
        codes.add(304)
    return tuple(sorted(codes))


def _responses(route: Route) -> Json:
    responses: Json = {}
    for status in statuses(route):
        response: Json = {"description": HTTPStatus(status).phrase}
        if status == route.success and route.media_type:
            schema = reference(route.answer) if route.answer else {"type": "string"}
            response["content"] = {
                **{_media_type(form): {"schema": {"type": "string"}} for form in route.formats},
                route.media_type.partition(";")[0]: {"schema": schema},
            }
            if route.scattered:
                response["headers"] = {"X-Tart-Shards": _SHARDS_HEADER}
        elif status >= 400:
            response["content"] = {JSON: {"schema": _error_schema(route, status)}}
        responses[str(status)] = response
    return responses


def _media_type(form: str) -> str:
    text = SQL_FORMATS[form].media_type if form in SQL_FORMATS else FORMATS[form]
    return text.partition(";")[0]


def _error_schema(route: Route, status: int) -> Json:
    if route.name == "detailed_health" and status == 503:
        return reference(DetailedHealth)
    return reference(Error)
