"""Routes of the JavaScript client, which web pages import from the server. Pure."""

from __future__ import annotations

from tart.access.roles import Role
from tart.gateway.api.route import Route

_NO_KEY = "No key is needed: the file contains no data."

CLIENT_FILE_ROUTES: tuple[Route, ...] = (
    Route(
        "javascript_client",
        "/client/tart.js",
        "Get the JavaScript client of this API",
        f"An ES module for browsers and Node 20; docs/javascript.md describes it. {_NO_KEY}",
        media_type="text/javascript; charset=utf-8",
        scattered=False,
        role=Role.ANYONE,
        in_clients=False,
    ),
    Route(
        "javascript_types",
        "/client/tart.d.ts",
        "Get the TypeScript types of the JavaScript client",
        _NO_KEY,
        media_type="application/typescript; charset=utf-8",
        scattered=False,
        role=Role.ANYONE,
        in_clients=False,
    ),
)
