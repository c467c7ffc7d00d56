"""The typed methods of the API over the command line's HTTP client.

Commands that read many routes use it instead of ``tart.client.http``, which needs httpx and has
other sentences for what fails.
"""

from __future__ import annotations

from typing import TypeVar, cast
from urllib.parse import urlencode

from tart.cli.http_client import Server
from tart.client._generated.api import Api
from tart.client.core.request import Call

Result = TypeVar("Result")


class ServerApi(Api):
    """The routes of a running server that are read with GET and answer with JSON.

    Args:
        server: The server; its errors are those of the methods.
    """

    def __init__(self, server: Server) -> None:
        self._server = server

    def _ask(self, call: Call[Result]) -> Result:
        if call.method != "GET" or call.text:
            raise NotImplementedError(f"{call.method} {call.template}")
        query = urlencode(call.parameters)
        path = f"{call.url}?{query}" if query else call.url
        return cast(Result, self._server.get(path, accept=call.accepted))
