"""How a route is declared: what it takes, what it answers, how it is cached.

Pure. The declarations themselves are in ``contract`` and the modules it names, one for
each family of routes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from tart.access.roles import Role
from tart.errors import BadQuery
from tart.gateway.api.parameters import Choice, NodeId, Parameter
from tart.suggestions import only_known

JSON = "application/json"
HTML = "text/html; charset=utf-8"
MAX_QUERY_FIELDS = 100


class Cache(Enum):
    """What ``Cache-Control`` a route's answers carry; partial answers are never stored."""

    AGGREGATED = "public, max-age=2"
    REVALIDATED = "no-cache"
    LIVE = "no-cache, no-store, must-revalidate"


@dataclass(frozen=True)
class Route:
    """One route.

    Attributes:
        name: of its handler, and its OpenAPI operation id.
        path: with ``{name}`` for path parameters.
        schema: type of the answer, or its name in ``schemas``; ``None`` if it is not JSON.
        errors: statuses it may answer with besides 200.
        scattered: whether shards are asked, within the deadline.
        method: ``GET``, ``POST`` for what needs a body, or ``DELETE``.
        body: type of the body, or its name in ``schemas``.
        role: whoever has less may not ask.
        brief: whether an answer serves for a moment everybody who asks the same, because making
            it costs much; those over aggregates do for longer. See ``kept``.
        token: whether the key may be sent as ``?token=``: browsers can send no headers with
            a WebSocket or an event stream.
        see: path of a route that takes more parameters for the same question.
    """

    name: str
    path: str
    summary: str
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    schema: type | str | None = None
    media_type: str = JSON
    errors: tuple[int, ...] = ()
    cache: Cache = Cache.REVALIDATED
    scattered: bool = True
    success: int = 200
    method: str = "GET"
    body: type | str | None = None
    role: Role = Role.VIEWER
    brief: bool = False
    token: bool = False
    see: str = ""

    def read(self, query: str, path: Mapping[str, str]) -> dict[str, Any]:
        """The values of all declared parameters.

        Args:
            query: the URL's query text.
            path: path parameters by name.

        Raises:
            BadQuery: a value cannot be read, or a parameter is given twice or not known.
        """
        given = dict(path)
        for name, text in _fields(query) if query else ():
            if name not in self.query_names:
                self._refuse(name)
            if name in given:
                raise BadQuery(f"{name} is given more than once", name)
            given[name] = text
        # Those that have no meaning here are to be right all the same.
        for each in EVERYWHERE:
            each.read(given)
        return {each.name: each.read(given) for each in self.parameters}

    @property
    def schema_name(self) -> str | None:
        """The name of the answer's component in OpenAPI."""
        return _name(self.schema)

    @property
    def body_name(self) -> str | None:
        """The name of the body's component in OpenAPI."""
        return _name(self.body)

    @cached_property
    def query_names(self) -> tuple[str, ...]:
        """All names that may stand in the URL's query, the route's own first."""
        own = [each for each in self.parameters if each.where == "query"]
        names = [name for each in (*own, *EVERYWHERE) for name in (each.name, *each.aliases)]
        return tuple(dict.fromkeys((*names, *(("token",) if self.token else ()))))

    def _refuse(self, name: str) -> None:
        if name == "token":
            raise BadQuery(f"{self.path} takes no key in its URL; send it as a header", name)
        try:
            only_known([name], self.query_names, f"{self.path}")
        except BadQuery as error:
            more = f"; {self.see} takes more" if self.see else ""
            raise BadQuery(f"{error}{more}", error.parameter) from None


def _name(schema: type | str | None) -> str | None:
    return schema.__name__ if isinstance(schema, type) else schema


def _fields(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS)
    except ValueError:
        raise BadQuery(f"at most {MAX_QUERY_FIELDS} query parameters are accepted") from None


NODE = Parameter("id", NodeId(), "Node id: 64 hex digits of either case.", where="path")
BYTES = Parameter(
    "bytes",
    Choice(("hex", "array")),
    'Hashes and keys inside events: "0x…" or, as the peer writes them, arrays of integers. '
    "The setting api.bytes is the default.",
)
# What every route takes, also where it changes nothing: whoever asks many sends it to all.
EVERYWHERE = (BYTES,)
# What a route that asks the shards may answer with.
ASKED = (503, 504)
