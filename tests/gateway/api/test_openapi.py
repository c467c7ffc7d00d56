"""OpenAPI: exactly the routes that are registered, and well-formed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from tart import __version__
from tart.config.schema import Config
from tart.gateway.api.contract import ROUTES
from tart.gateway.api.openapi import document, statuses
from tart.gateway.app import Gateway
from tests.cases import all_cases
from tests.gateway.api.test_components import references
from tests.gateway.running import running_gateway

DOCUMENT = document(__version__)
OPERATIONS = {path: next(iter(item.values())) for path, item in DOCUMENT["paths"].items()}


def test_the_openapi_document_lists_exactly_the_registered_routes() -> None:
    async def registered() -> set[str]:
        gateway = Gateway(1, Config())
        app = gateway.server.app
        found = {
            "/" + route.path.replace("<", "{").replace(":str>", "}") for route in app.router.routes
        }
        type(app).unregister_app(app)
        return found

    assert asyncio.run(registered()) == DOCUMENT["paths"].keys()


def test_the_openapi_document_is_served_as_generated(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            response = await gateway.get("/api/openapi.json")
            assert response.headers["content-type"] == "application/json"
            assert response.json() == json.loads(json.dumps(DOCUMENT))

    asyncio.run(run())


def test_the_document_is_also_where_jamtart_has_it(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            found = (await gateway.get("/api/docs/openapi.json")).json()
            (server,) = found.pop("servers")
            # Relative to the document, it is the root of the server.
            assert urljoin("/prefix/api/docs/openapi.json", f"{server['url']}/") == "/prefix/"
            assert found == {
                name: each
                for name, each in (await gateway.json("/api/openapi.json")).items()
                if name != "servers"
            }

    asyncio.run(run())


def test_the_document_has_the_members_that_openapi_3_1_requires() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    assert len({each["operationId"] for each in OPERATIONS.values()}) == len(OPERATIONS)
    assert set(references(DOCUMENT)) <= DOCUMENT["components"]["schemas"].keys()


@all_cases("path", OPERATIONS)
def test_an_operation_has_the_members_that_openapi_3_1_requires(path: str) -> None:
    operation = OPERATIONS[path]
    assert operation["responses"]
    for status, response in operation["responses"].items():
        assert 100 <= int(status) < 600
        assert response["description"]
        for media_type, content in response.get("content", {}).items():
            assert "/" in media_type
            assert content["schema"]
    for parameter in operation["parameters"]:
        assert parameter["in"] in ("query", "path")
        assert parameter["schema"]["type"] in ("string", "integer", "number")
        required = path.startswith("/api/grafana/") and parameter["name"] in ("start", "end")
        assert parameter["required"] is (required or parameter["in"] == "path")


def test_the_operation_of_a_route_with_a_body_has_its_schema() -> None:
    assert list(DOCUMENT["paths"]["/api/sql"]) == ["post"]
    content = OPERATIONS["/api/sql"]["requestBody"]["content"]["application/json"]
    assert content["schema"] == {"$ref": "#/components/schemas/SqlStatement"}
    assert "requestBody" not in OPERATIONS["/api/events"]


@all_cases("route", ROUTES, ids=lambda route: route.name)
def test_errors_have_the_error_schema(route: Any) -> None:
    responses = DOCUMENT["paths"][route.path][route.method.lower()]["responses"]
    assert set(responses) == {str(status) for status in statuses(route)}
    for status in filter(lambda status: status >= 400, route.errors):
        schema = responses[str(status)]["content"]["application/json"]["schema"]
        expected = "DetailedHealth" if route.name == "detailed_health" else "Error"
        assert schema == {"$ref": f"#/components/schemas/{expected}"}


def test_defaults_of_parameters_are_values_of_their_type() -> None:
    parameters = {each["name"]: each["schema"] for each in OPERATIONS["/api/events"]["parameters"]}
    assert parameters["limit"]["default"] == 50
    stats = OPERATIONS["/api/stats"]["parameters"][0]
    assert stats["schema"]["default"] == "1h"
