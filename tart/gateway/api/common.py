"""Parameters that several families of routes share. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tart.errors import BadQuery
from tart.gateway.api.parameters import (
    CursorText,
    Duration,
    EventTypes,
    Format,
    Hash,
    Integer,
    NodeId,
    Parameter,
    Time,
)
from tart.gateway.api.route import NODE_PREFIX
from tart.query.core import windows
from tart.query.core.windows import MAX_DAYS
from tart.query.sql.formats import SQL_FORMATS
from tart.units import HOUR_US

MAX_LIMIT = 1000
MAX_EVENT_ID = (1 << 53) - 1
MAX_SLOT = (1 << 32) - 1
MAX_CORE = 65_535

_LENGTH = "Length of the window, which ends now; start and end take precedence."


@dataclass(frozen=True)
class Hours:
    """A number of hours, for compatibility with jamtart, or a duration; read as microseconds.

    Attributes:
        high: A greater number of hours is clamped to it.
    """

    high: int = MAX_DAYS * 24

    def read(self, text: str, name: str) -> int:
        """See ``Kind``."""
        if text.isascii() and text.isdecimal() and len(text) <= 8:
            return max(1, min(int(text), self.high)) * HOUR_US
        try:
            return windows.duration_us(text, name)
        except BadQuery as error:
            raise BadQuery(f"{name} must be a number of hours, or: {error}", name) from None

    def schema(self) -> dict[str, Any]:
        """See ``Kind``."""
        return {"type": "string", "pattern": "^[0-9]{1,8}[smhd]?$", "examples": ["1", "90m"]}


# --- Windows of counts: whole buckets ------------------------------------------------------

_START = Parameter(
    "start",
    Time(),
    "Start of the window, which begins with the bucket that contains this time.",
    aliases=("start_time",),
)
_END = Parameter(
    "end",
    Time(),
    "End of the window, which ends before the bucket that contains this time, unless that bucket "
    "is the present one. A time in the future means now.",
    aliases=("end_time",),
)


def window(default: str) -> tuple[Parameter, ...]:
    """Return the parameters of a window of counts."""
    return Parameter("duration", Duration(), _LENGTH, default), _START, _END


def has_counted_window(parameters: tuple[Parameter, ...]) -> bool:
    """Return whether the parameters are of a window of counts, which can be compared."""
    return _START in parameters


def hours(high: int = MAX_DAYS * 24) -> tuple[Parameter, ...]:
    """Return the parameters of a window where jamtart accepts a number of hours."""
    text = f"A number of hours, or a duration such as 90m. {_LENGTH}"
    return Parameter("duration", Hours(high), text, "1"), _START, _END


COMPARE = Parameter(
    "compare",
    Duration(),
    "Answer also about an earlier window of the same length, in the member earlier: how long ago "
    "it is, such as 24h or 7d. The earlier window ends with the last whole bucket before its end; "
    "if compare is shorter than the window, the two overlap (comparison.overlap_seconds).",
)
# Parameters that select the format of an answer; clients in a language of objects have none.
FORMAT_PARAMETERS = frozenset({"format", "table"})
# Of routes that have a list as a table, too.
FORMAT = Parameter(
    "format",
    Format(("json", "csv"), {name: "/api/sql" for name in SQL_FORMATS}),
    "Format of the answer; takes precedence over Accept, json without both. csv has a header line "
    "and a row for each element of the list; an object in it is a column for each member, such as "
    "spread.nodes, and a list is JSON. If data is missing, the last row begins with # incomplete, "
    "and the connection is closed before the end of the answer.",
)
# --- Windows of lists: to the microsecond --------------------------------------------------

LIST_WINDOW = (
    Parameter("duration", Duration(), _LENGTH),
    Parameter("start", Time(), "Start of the window, inclusive.", aliases=("start_time",)),
    Parameter("end", Time(), "End of the window, inclusive.", aliases=("end_time",)),
)
EVENT_WINDOW = (
    Parameter("start_time", Time(), "Earliest received_at, inclusive.", aliases=("start",)),
    Parameter("end_time", Time(), "Latest received_at, inclusive.", aliases=("end",)),
    Parameter("duration", Duration(), _LENGTH),
)

# --- Pages ---------------------------------------------------------------------------------


def limit(default: int, name: str = "results") -> Parameter:
    """Return the parameter for the greatest number of results."""
    return Parameter(
        "limit",
        Integer(1, MAX_LIMIT, (True, True)),
        f"Maximum number of {name}; clamped to 1 to {MAX_LIMIT}.",
        str(default),
    )


CURSOR = Parameter(
    "cursor",
    CursorText(),
    "next_cursor of an earlier answer. Continues after its last result, in the same window; "
    "results that have arrived since are not included.",
)

# --- Nodes and event types -----------------------------------------------------------------

TYPES = (
    "Event types, separated by commas: numbers, ranges of numbers, names in any letter case, "
    "and groups, such as 42,Importing,60-68,guaranteeing. /api/event-types lists them."
)

EXCLUDE_TYPES = Parameter(
    "exclude_types",
    EventTypes(),
    "Event types to leave out, written as in event_types; of all types without event_types.",
)

# --- Conditions on events ------------------------------------------------------------------

EVENT_FILTERS = (
    Parameter("event_types", EventTypes(), TYPES, aliases=("event_type",)),
    EXCLUDE_TYPES,
    Parameter("node_id", NodeId(), f"Events of this node. {NODE_PREFIX}"),
    Parameter(
        "core_index",
        Integer(0, MAX_CORE),
        "Events that name this core, or that inherit it: an event that refers to the submission "
        "of a work-package belongs to the core of that package.",
    ),
    Parameter("wp_hash", Hash(), "Events that name this work-package hash.", aliases=("hash",)),
    Parameter(
        "slot",
        Integer(0, MAX_SLOT),
        "Events that name this slot, or that inherit it: an event that refers to an authoring, an "
        "import or a guarantee built belongs to the slot of that event.",
    ),
)
