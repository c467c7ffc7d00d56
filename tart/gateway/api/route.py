"""The declaration of a route: parameters, kind of answer, cache policy, role.

Pure. The declarations themselves are in ``contract`` and in ``routes``, one module for each
family of routes.
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
from tart.gateway.api.parameters import Choice, Format, NodeId, Parameter
from tart.suggestions import reject_unknown

JSON = "application/json"
HTML = "text/html; charset=utf-8"
EVENT_STREAM = "text/event-stream"
MAX_QUERY_FIELDS = 100


class Kind(Enum):
    """The way in which a route answers."""

    # One body, or chunks that end.
    ANSWER = "answer"
    # An HTML page, whose links are relative to its path.
    PAGE = "page"
    # Server-sent events, without an end.
    EVENT_STREAM = "event stream"
    WEBSOCKET = "websocket"


@dataclass(frozen=True)
class CachePolicy:
    """The times for which an answer may be served again, by clients and by the gateway.

    Attributes:
        control: The Cache-Control header of complete answers. Partial answers are never stored.
        tagged: Whether answers carry an ETag, so that an unchanged one is not sent again.
        fresh: For how long the gateway serves an answer to equal requests, as a multiple of
            ``api.cache_seconds``; 0 is not at all.
        stale: For how much longer it serves an answer while it is computed again
            (stale-while-revalidate, RFC 5861), as a multiple of ``fresh``.
    """

    control: str
    tagged: bool = True
    fresh: float = 0.0
    stale: float = 0.0


class Cache:
    """The cache policies of the routes."""

    # Over aggregates, which are flushed every few seconds.
    AGGREGATED = CachePolicy("public, max-age=2", fresh=1.0, stale=5.0)
    # As good as live, but expensive to compute.
    BRIEF = CachePolicy("no-cache", fresh=0.25)
    # Half a slot of the usual length: the pages that poll share one computation in it.
    SLOTS = CachePolicy("public, max-age=2", fresh=3.0, stale=1.0)
    REVALIDATED = CachePolicy("no-cache")
    # Never changes under its name.
    IMMUTABLE = CachePolicy("public, max-age=31536000, immutable")
    LIVE = CachePolicy("no-cache, no-store, must-revalidate", tagged=False)


@dataclass(frozen=True)
class Route:
    """One route.

    Attributes:
        name: Binds the route to its handler, and is its OpenAPI operation id.
        path: With ``{name}`` for path parameters.
        answer: Type of the answer; ``None`` if it is not JSON.
        errors: Statuses that are special to the route, besides that of success.
        scattered: Whether the answer is made from all shards, within the deadline.
        method: ``GET``, ``POST`` for requests with a body, or ``DELETE``.
        body: Type of the request's body: an object with its members, or a list.
        audited: Members of the body of which the first that is sent is written to the audit log.
        role: The least role that may use the route.
        token: Whether the key may be sent as ``?token=``: browsers cannot send headers with a
            WebSocket or an event stream.
        tag: The group of the route in OpenAPI and the documentation; empty for none.
        in_clients: Whether the generated clients have a method for it. Routes for programs of
            their own, such as Grafana, have none.
        ignores_empty: Whether a parameter without a value is as if it were not given.
        upgrade: Name of the route that serves requests to this one that ask for a WebSocket.
    """

    name: str
    path: str
    summary: str
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    kind: Kind = Kind.ANSWER
    answer: type | None = None
    media_type: str = JSON
    errors: tuple[int, ...] = ()
    cache: CachePolicy = Cache.REVALIDATED
    scattered: bool = True
    success: int = 200
    method: str = "GET"
    body: type | None = None
    audited: tuple[str, ...] = ()
    role: Role = Role.VIEWER
    token: bool = False
    tag: str = ""
    in_clients: bool = True
    upgrade: str = ""
    ignores_empty: bool = False

    def read(self, query: str, path: Mapping[str, str]) -> dict[str, Any]:
        """Return the values of all declared parameters.

        Args:
            query: The URL's query text.
            path: Path parameters by name.

        Raises:
            BadQuery: A value is invalid, or a parameter is repeated or not known.
        """
        given = dict(path)
        for name, text in _fields(query) if query else ():
            if name not in self.query_names:
                self._refuse(name)
            if name in given:
                raise BadQuery(f"{name} is given more than once", name)
            if text.strip() or not self.ignores_empty:
                given[name] = text
        # Parameters without an effect on this route are validated all the same.
        for parameter in EVERYWHERE:
            parameter.read(given)
        return {parameter.name: parameter.read(given) for parameter in self.parameters}

    @cached_property
    def formats(self) -> tuple[str, ...]:
        """The formats of the answer, the usual one first; empty if it has one only."""
        kinds = (parameter.kind for parameter in self.parameters if parameter.name == "format")
        return next((kind.words for kind in kinds if isinstance(kind, Format)), ())

    def written_name(self, query: str, name: str) -> str:
        """Return the name under which a request has a parameter: its own, or an alias."""
        for parameter in self.parameters:
            if name in (names := (parameter.name, *parameter.aliases)):
                return next((given for given, _ in _fields(query) if given in names), name)
        return name

    @cached_property
    def query_names(self) -> tuple[str, ...]:
        """All names that are accepted in the URL's query, the route's own first."""
        own = [each for each in self.parameters if each.where == "query"]
        names = [name for each in (*own, *EVERYWHERE) for name in (each.name, *each.aliases)]
        return tuple(dict.fromkeys((*names, *(("token",) if self.token else ()))))

    def _refuse(self, name: str) -> None:
        if name == "token":
            raise BadQuery(f"{self.path} takes no key in its URL; send it as a header", name)
        reject_unknown([name], self.query_names, self.path)


def _fields(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS)
    except ValueError:
        raise BadQuery(f"at most {MAX_QUERY_FIELDS} query parameters are accepted") from None


NODE_PREFIX = "A prefix of the id, of 4 digits or more, is enough if only one node has it."
NODE = Parameter(
    "id",
    NodeId(),
    f"Node id: 64 hex digits of either case, with or without 0x. {NODE_PREFIX}",
    where="path",
)
BYTES = Parameter(
    "bytes",
    Choice(("hex", "array")),
    'Encoding of hashes and keys inside events: "0x…", or arrays of integers for compatibility '
    "with jamtart, in which addresses are arrays of 16 integers, too. The setting api.bytes is "
    "the default.",
)
INT64 = Parameter(
    "int64",
    Choice(("number", "string")),
    "Form of 64-bit integers, which JavaScript rounds beyond 2^53 - 1: numbers, or decimal text. "
    "They have the format uint64, or are text beyond 64 bits; so are event ids, times and 64-bit "
    "fields inside events. A member is text whatever its value. The setting api.int64 is the "
    "default.",
)
# Accepted by every route, also without an effect, so that a client can send them to all.
EVERYWHERE = (BYTES, INT64)
# Statuses of every route that queries the shards.
SHARD_ERRORS = (503, 504)
