"""The routes that go on: server-sent events.

Pure; part of ``contract``. The WebSocket's is in ``contract`` itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tart.errors import BadQuery
from tart.gateway.api.parameters import Choice, EventTypes, Hash, Integer, NodeId, Parameter
from tart.gateway.api.route import BYTES, EVENT_STREAM, Cache, Kind, Route
from tart.protocol.events import GROUPS
from tart.query.core import filters

_BYTE = Integer(0, 255)


@dataclass(frozen=True)
class FilterText:
    """A live filter as JSON."""

    def read(self, text: str, name: str) -> Any:
        """See ``Kind``."""
        try:
            document = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise BadQuery(f'{name} must be JSON such as {{"type":"All"}}', name) from None
        filters.parse(document)
        return document

    def schema(self) -> dict[str, Any]:
        """See ``Kind``."""
        return {"type": "string", "examples": ['{"type":"Core","core":3}']}


@dataclass(frozen=True)
class Text:
    """Any text."""

    def read(self, text: str, name: str) -> str:
        """See ``Kind``."""
        return text

    def schema(self) -> dict[str, Any]:
        """See ``Kind``."""
        return {"type": "string"}


def filter_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The one live filter that a request's parameters stand for: all must hold."""
    terms: list[dict[str, Any]] = []
    if values["filter"] is not None:
        terms.append(values["filter"])
    if values["event_types"] is not None:
        types = [{"type": "EventType", "event_type": each} for each in values["event_types"]]
        terms.append(types[0] if len(types) == 1 else {"type": "Any", "filters": types})
    if values["start"] is not None or values["end"] is not None:
        low, high = values["start"] or 0, 255 if values["end"] is None else values["end"]
        terms.append({"type": "EventTypeRange", "start": low, "end": high})
    for name, kind in _TERMS.items():
        if values[name] is not None:
            terms.append({"type": kind, name: values[name]})
    if not terms:
        return {"type": "All"}
    return terms[0] if len(terms) == 1 else {"type": "Both", "filters": terms}


_TERMS = {"node_id": "Node", "group": "Group", "slot": "Slot", "core": "Core", "hash": "Hash"}

STREAM_ROUTES: tuple[Route, ...] = (
    Route(
        "metrics_stream",
        "/api/metrics/stream",
        "The figures of /api/metrics/live every second, as server-sent events",
        "Events called metrics, the first after a second. While shards do not answer a comment "
        "stands in their place. A client that takes nothing for 10 s is cut off.",
        kind=Kind.EVENT_STREAM,
        media_type=EVENT_STREAM,
        errors=(503,),
        cache=Cache.REVALIDATED,
        scattered=False,
        token=True,
    ),
    Route(
        "event_stream",
        "/api/events/stream",
        "Live events as server-sent events",
        "Events called event have the data of the WebSocket's; lagged says how many were "
        "missed, null if that is not known. All conditions must hold. id is a position: sent "
        "back as Last-Event-ID, as browsers do, the stream goes on behind it, without holes as "
        "long as that is within the last 10,000 events of a shard; the id of any event will do "
        "as well. Slot, core and hash are also those of the event that an event refers to; of "
        "what is looked up afterwards hashes are only its own. Head and comments come at once, "
        "while that goes on; a comment without words stands before the first live event. Where "
        "no shard answers the stream is cut off, to be resumed. A client that falls behind "
        "loses the oldest; one that takes nothing for 10 s is cut off.",
        parameters=(
            Parameter("filter", FilterText(), "A filter as over WebSocket, as JSON."),
            Parameter("node_id", NodeId(), "Events of this node."),
            Parameter(
                "event_types",
                EventTypes(),
                "Event numbers, separated by commas.",
                aliases=("event_type",),
            ),
            Parameter("start", _BYTE, "First event number of a range."),
            Parameter("end", _BYTE, "Last event number of a range."),
            Parameter("group", Choice(GROUPS), "Events of this group of JIP-3."),
            Parameter("slot", Integer(0, (1 << 32) - 1), "Events about this slot."),
            Parameter(
                "core", Integer(0, 65_535), "Events about this core.", aliases=("core_index",)
            ),
            Parameter("hash", Hash(), "Events about this hash.", aliases=("wp_hash",)),
            Parameter(
                "last_event_id", Text(), "Where to go on, if no header Last-Event-ID says it."
            ),
            BYTES,
        ),
        kind=Kind.EVENT_STREAM,
        media_type=EVENT_STREAM,
        errors=(404, 503, 504),
        cache=Cache.REVALIDATED,
        scattered=False,
        token=True,
    ),
)
