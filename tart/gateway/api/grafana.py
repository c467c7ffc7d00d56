"""Parameters of jamtart's routes of 2026, as its Grafana dashboards send them.

Pure. A variable with several values arrives as ``{a,b}``, one with a single value without braces;
one without a value arrives empty, which is no condition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from tart.errors import BadQuery
from tart.gateway.api.common import MAX_CORE
from tart.gateway.api.parameters import Integer, Parameter, Time
from tart.gateway.api.route import NODE_PREFIX, SHARD_ERRORS, Cache, Route
from tart.protocol.events import EventKind
from tart.query.core import event_names, node_ids
from tart.query.grafana import buckets
from tart.query.grafana.event_groups import event_name

TAG = "jamtart 2026"
# What every route of the tag says about its counts.
RESOLUTION = (
    "Counts have 10-second resolution for recent windows (aggregates.counts_10s_hours), else "
    "minutes, and by time hours in windows longer than a day."
)
MINUTES = "The window is in whole minutes."
MAX_ITEMS = 2000
_MAX_SERVICE = (1 << 32) - 1


def list_items(text: str, name: str, most: int = MAX_ITEMS) -> list[str] | None:
    """Return the items of ``{a,b}`` or ``a,b``; ``None`` for an empty text.

    Raises:
        BadQuery: An item is empty, or there are more than ``most``.
    """
    text = text.strip()
    if text.startswith("{") and text.endswith("}"):
        text = text[1:-1].strip()
    if not text:
        return None
    items = [item.strip() for item in text.split(",")]
    if len(items) > most or not all(items):
        count = f"1 to {most} values, separated by commas" if most > 1 else "one value"
        raise BadQuery(f"{name} must be {count}", name)
    return items


@dataclass(frozen=True)
class EventTypeList:
    """Event numbers, names and jamtart's groups; read as numbers."""

    def read(self, text: str, name: str) -> list[int] | None:
        """See ``Kind``."""
        items = list_items(text, name)
        return None if items is None else event_names.event_types(",".join(items), name)

    def schema(self) -> dict[str, Any]:
        """See ``Kind``."""
        return {"type": "string", "examples": ["42", "Authored,Importing", "{blocks,tickets}"]}


@dataclass(frozen=True)
class NodeIdList:
    """Node ids or prefixes of them; the gateway replaces prefixes, as those of ``NodeId``.

    Attributes:
        most: Greatest number of ids.
    """

    most: int = MAX_ITEMS
    names_nodes: ClassVar[bool] = True

    def read(self, text: str, name: str) -> list[str] | None:
        """See ``Kind``."""
        items = list_items(text, name, self.most)
        if items is None:
            return None
        return sorted({node_ids.node_prefix(item, name) for item in items})

    def schema(self) -> dict[str, Any]:
        """See ``Kind``."""
        identity = "(0[xX])?[0-9a-fA-F]{4,64}"
        return {"type": "string", "pattern": f"^\\{{?{identity}(,{identity})*\\}}?$|^$"}


@dataclass(frozen=True)
class IntegerList:
    """Integers from 0, decimal or hexadecimal with ``0x``; read in ascending order."""

    high: int

    def read(self, text: str, name: str) -> list[int] | None:
        """See ``Kind``."""
        items = list_items(text, name)
        return None if items is None else sorted({self._value(item, name) for item in items})

    def _value(self, item: str, name: str) -> int:
        base = 16 if item[:2].lower() == "0x" else 10
        digits = item[2:] if base == 16 else item
        if not digits.isascii() or not digits.isalnum() or len(digits) > 10:
            raise self._refused(name)
        try:
            value = int(digits, base)
        except ValueError:
            raise self._refused(name) from None
        if value > self.high:
            raise self._refused(name)
        return value

    def schema(self) -> dict[str, Any]:
        """See ``Kind``."""
        number = "(0[xX][0-9a-fA-F]+|[0-9]+)"
        return {"type": "string", "pattern": f"^\\{{?{number}(,{number})*\\}}?$|^$"}

    def _refused(self, name: str) -> BadQuery:
        return BadQuery(f"{name} must be integers from 0 to {self.high}, decimal or 0x…", name)


@dataclass(frozen=True)
class OneOf:
    """The number or the name of one of a few event types; read as the number."""

    kinds: tuple[EventKind, ...]

    def read(self, text: str, name: str) -> int:
        """See ``Kind``."""
        number = event_names.event_type(text, name)
        if number not in {kind.number for kind in self.kinds}:
            *most, last = (f"{event_name(kind.number)} ({kind.number})" for kind in self.kinds)
            raise BadQuery(f"{name} must be {', '.join(most)} or {last}", name)
        return number

    def schema(self) -> dict[str, Any]:
        """See ``Kind``."""
        numbers = [str(kind.number) for kind in self.kinds]
        return {"type": "string", "examples": [*numbers, event_name(self.kinds[0].number)]}


@dataclass(frozen=True)
class Interval:
    """The length of a bucket, rounded up to one of jamtart's; read as microseconds."""

    def read(self, text: str, name: str) -> int:
        """See ``Kind``."""
        return buckets.interval_us(text, name)

    def schema(self) -> dict[str, Any]:
        """See ``Kind``."""
        return {
            "type": "string",
            "pattern": "^[0-9]{1,12}(ms|[smhdwy])$",
            "examples": ["30s", "1m", "1h"],
        }


RANGE = (
    Parameter(
        "start",
        Time(),
        "Start of the window, inclusive, in RFC 3339 with a zone. Counts begin with the bucket "
        "that contains it.",
        required=True,
    ),
    Parameter(
        "end",
        Time(),
        "End of the window, exclusive, in RFC 3339 with a zone. An end within a bucket of counts "
        "leaves that bucket out, unless it is the present one, which is counted until "
        "now. A time in the future means now.",
        required=True,
    ),
)
EVENT_TYPE_LIST = Parameter(
    "event_types",
    EventTypeList(),
    "Event numbers, names such as Authored, and groups, separated by commas, also as {a,b}. The "
    f"groups are {', '.join(event_names.GROUP_TYPES)}. Empty means all.",
)
NODES = Parameter(
    "node",
    NodeIdList(),
    f"Ids of nodes, separated by commas, also as {{a,b}}. Empty means all. {NODE_PREFIX}",
)
ONE_NODE = Parameter("node", NodeIdList(1), f"Id of a node. Empty means all. {NODE_PREFIX}")
CORE = Parameter("core", Integer(0, MAX_CORE), "The core. Empty means all.")
CORE_IN_PATH = Parameter("core_id", Integer(0, MAX_CORE), "The core.", where="path")
SERVICES = Parameter(
    "service",
    IntegerList(_MAX_SERVICE),
    "Ids of services, decimal or hexadecimal with 0x, separated by commas, also as {a,b}. Empty "
    "means all.",
)
_INTERVAL = (
    "Length of a bucket, such as 30s, 1m or 1h; rounded up to one of jamtart's lengths (6s to 1d), "
    "to whole buckets of the tables, and so that the answer has at most "
    f"{buckets.MAX_BUCKETS} buckets and about {buckets.MAX_ROWS} rows."
)


def interval(default: str | None) -> Parameter:
    """Return the parameter for the length of a bucket."""
    return Parameter("interval", Interval(), _INTERVAL, default)


def route(
    path: str,
    summary: str,
    description: str,
    answer: Any,
    *parameters: Parameter,
    ranged: bool = True,
    scattered: bool = True,
    method: str = "GET",
    body: Any = None,
    errors: tuple[int, ...] = (),
) -> Route:
    """Return a route below ``/api/grafana``.

    Its name, to which a handler is bound, is ``grafana_`` and the path's words.

    Args:
        path: Without the prefix, such as ``cores/{core_id}``.
        summary: See ``Route``.
        description: See ``Route``.
        answer: The answer's type, or a list of one.
        parameters: Besides ``start`` and ``end``.
        ranged: Whether it takes ``start`` and ``end``.
        scattered: See ``Route``.
        method: See ``Route``.
        body: See ``Route``.
        errors: Statuses that are special to the route, besides those of all queries.
    """
    words = path.replace("{", "by_").replace("}", "").replace("/", "_").replace("-", "_")
    return Route(
        f"grafana_{words}",
        f"/api/grafana/{path}",
        summary,
        description,
        parameters=(*(RANGE if ranged else ()), *parameters),
        answer=answer,
        errors=(*(SHARD_ERRORS if scattered else ()), *errors),
        cache=Cache.AGGREGATED,
        scattered=scattered,
        method=method,
        body=body,
        # A variable of a dashboard without a selection is no condition.
        ignores_empty=True,
        tag=TAG,
        in_clients=False,
    )
