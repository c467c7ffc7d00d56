"""Routes of live streams: WebSocket and server-sent events. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tart.errors import BadQuery
from tart.gateway.api.common import EXCLUDE_TYPES, MAX_CORE, MAX_SLOT, TYPES
from tart.gateway.api.parameters import (
    Choice,
    EventType,
    EventTypes,
    Group,
    Hash,
    Integer,
    NodeId,
    Parameter,
)
from tart.gateway.api.route import (
    BYTES,
    EVENT_STREAM,
    NODE_PREFIX,
    Cache,
    Kind,
    Route,
)
from tart.query.core import filters
from tart.query.core.event_names import GROUP_TYPES, MAX_EVENT_TYPE, selected_types


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


def websocket_filter(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the filter of a WebSocket's first subscription; ``None`` if it has none.

    Raises:
        BadQuery: A parameter that only a stream of server-sent events has.
    """
    if values.get("last_event_id") is not None:
        raise BadQuery(
            "a WebSocket is not resumed; leave out the upgrade to resume an event stream",
            "last_event_id",
        )
    return None if values["subscribe"] == "none" else filter_of(values)


def filter_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the live filter of a request: all of its parameters must hold."""
    terms: list[dict[str, Any]] = []
    if values["filter"] is not None:
        terms.append(values["filter"])
    types = selected_types(values["event_types"], values["exclude_types"])
    if types == ():
        raise BadQuery("exclude_types leaves no event type", "exclude_types")
    if types is not None:
        terms.append(
            {"type": "EventType", "event_type": list(types) if len(types) > 1 else types[0]}
        )
    if values["start"] is not None or values["end"] is not None:
        low = values["start"] or 0
        high = MAX_EVENT_TYPE if values["end"] is None else values["end"]
        if low > high:
            raise BadQuery(
                f"the range of event types ends before it starts: {low} to {high}", "end"
            )
        terms.append({"type": "EventTypeRange", "start": low, "end": high})
    for name, kind in _TERMS.items():
        if values[name] is not None:
            terms.append({"type": kind, name: values[name]})
    if not terms:
        return {"type": "All"}
    return terms[0] if len(terms) == 1 else {"type": "Both", "filters": terms}


_TERMS = {"node_id": "Node", "group": "Group", "slot": "Slot", "core": "Core", "hash": "Hash"}

_SUBSCRIBE = Parameter(
    "subscribe",
    Choice(("all", "none")),
    "Events that a WebSocket gets until its first Subscribe message: all that pass the other "
    "parameters, or none.",
    "all",
)
_FILTERS = (
    Parameter("filter", FilterText(), "A filter of the WebSocket route, as JSON."),
    Parameter("node_id", NodeId(), f"Events of this node. {NODE_PREFIX}"),
    Parameter("event_types", EventTypes(), TYPES, aliases=("event_type",)),
    EXCLUDE_TYPES,
    Parameter("start", EventType(), "First event type of a range, by number or name."),
    Parameter("end", EventType(), "Last event type of a range, by number or name."),
    Parameter(
        "group",
        Group(),
        f"Events of this group: {', '.join(GROUP_TYPES)}.",
    ),
    Parameter("slot", Integer(0, MAX_SLOT), "Events about this slot."),
    Parameter("core", Integer(0, MAX_CORE), "Events about this core.", aliases=("core_index",)),
    Parameter("hash", Hash(), "Events about this hash.", aliases=("wp_hash",)),
)

STREAM_ROUTES: tuple[Route, ...] = (
    Route(
        "websocket",
        "/api/ws",
        "Subscribe to live events over WebSocket",
        "Messages are JSON objects in text frames. The server sends type, data and timestamp. The "
        'client sends: {"type": "Subscribe", "filter": F, "batch": true?} to replace its '
        "subscription; batch puts arrays of events into messages of type events. "
        '{"type": "Unsubscribe"} to subscribe to all events again, with "silent": true to none. '
        '{"type": "GetRecentEvents", "limit": n?} for at most 10,000 events, oldest first. '
        '{"type": "SubscribeMetrics", "interval_ms": n?} with 500 to 10,000. Ping, '
        "UnsubscribeMetrics, SubscribeAlerts, UnsubscribeAlerts and UnsubscribeSummary have no "
        'members. {"type": "SubscribeSummary", "interval_ms": n?, "since": sequence?} with 1000 to '
        "10,000 for messages of type summary with the data of /api/summary. "
        "Filters F by type: All; Node with node_id; EventType with event_type; "
        "EventTypeRange with start and end; Group with group; Slot with slot; Core with "
        "core; Hash with hash; Any and Both with filters. A client that falls behind loses the "
        "oldest events and receives lagged with the number missed; a client that reads nothing is "
        "closed with 1013.",
        parameters=(
            _SUBSCRIBE,
            *_FILTERS,
            BYTES,
        ),
        kind=Kind.WEBSOCKET,
        media_type="",
        errors=(403, 426, 503),
        cache=Cache.LIVE,
        scattered=False,
        success=101,
        token=True,
    ),
    Route(
        "metrics_stream",
        "/api/metrics/stream",
        "Stream /api/metrics/live every second as server-sent events",
        "Events are called metrics; the first is sent after a second. A comment is sent instead "
        "while shards do not answer. A client that reads nothing for 10 s is disconnected.",
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
        "Stream live events as server-sent events",
        "Events called event have the data of the WebSocket's events. Events called lagged have "
        "the number of events missed, null if it is not known. All conditions must hold. id is a "
        "position: when a client sends it back as Last-Event-ID, as browsers do, the stream "
        "continues after it, without gaps if the position is within the last 10,000 events of a "
        "shard. The id of any event is accepted as well. Slot, core and hash conditions also match "
        "events that refer to an event with that value; when a stream is resumed, hash conditions "
        "match only hashes of the event itself. Headers and comments are sent at once, while "
        "events are looked up; an empty comment precedes the first live event. If no shard "
        "answers, the stream is closed, to be resumed. A client that falls behind loses the "
        "oldest events; one that reads nothing for 10 s is disconnected. A request that asks for "
        "an upgrade to WebSocket is served like /api/ws.",
        parameters=(
            _SUBSCRIBE,
            *_FILTERS,
            Parameter(
                "last_event_id",
                Text(),
                "Position at which to continue, if there is no header Last-Event-ID.",
            ),
            BYTES,
        ),
        kind=Kind.EVENT_STREAM,
        media_type=EVENT_STREAM,
        errors=(404, 503, 504),
        cache=Cache.REVALIDATED,
        scattered=False,
        token=True,
        upgrade="websocket",
    ),
)
