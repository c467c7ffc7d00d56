"""Handlers of the files of the JavaScript client, which ``codegen.javascript`` writes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tart.gateway.fanout.queries import QueryClient
from tart.gateway.handlers.windows import Handler, Values
from tart.gateway.http.responses import Answer

_FOLDER = Path(__file__).parents[2] / "client" / "web"


async def javascript_client(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/client/tart.js``."""
    return Answer(_content("tart.js"))


async def javascript_types(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/client/tart.d.ts``."""
    return Answer(_content("tart.d.ts"))


@cache
def _content(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()


CLIENT_FILE_HANDLERS: Mapping[str, Handler] = {
    each.__name__: each for each in (javascript_client, javascript_types)
}
