"""The view of one node: its state, versions, peers, latencies and last events."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from tart.dash.core.cells import duration_cell, missing_cell, words
from tart.dash.core.format import (
    UNKNOWN,
    age,
    age_cell,
    clock,
    milliseconds,
    number,
    number_cell,
    plain,
    rate,
    short_id,
    size,
)
from tart.dash.core.model import (
    Answers,
    Cell,
    Column,
    Figure,
    Page,
    Place,
    Request,
    Row,
    Spark,
    Table,
    Tone,
    View,
)
from tart.dash.core.views.events import event_row_cells
from tart.dash.core.views.nodes import LEVELS

if TYPE_CHECKING:
    from tart.client._generated.answers import (
        Event,
        NodeDetails,
        NodeLatencies,
        NodePeers,
        NodesSummary,
    )

_WINDOW = "15m"
_EVENTS = 20
_EVENTS_WINDOW = "1h"
# A step that takes twice the network's median is worth a look.
_SLOW_RATIO = 2.0

_CONNECTIONS = (
    Column("session", "Session", "right", descending=True),
    Column("address", "Address"),
    Column("connected_at", "Since", "right"),
    Column("event_count", "Events", "right", descending=True),
    Column("bytes", "Bytes", "right", descending=True),
    Column("protocol_version", "JIP-3", "right"),
    Column("params_layout", "Parameters"),
    Column("undecodable", "Undecodable", "right", descending=True),
)
_STEPS = (
    Column("step", "Step", width=48),
    Column("count", "Count", "right", descending=True),
    Column("p50_ms", "p50", "right", descending=True),
    Column("p99_ms", "p99", "right", descending=True),
    Column("network_p50_ms", "All p50", "right", descending=True),
    Column("ratio", "Ratio", "right", descending=True),
    Column("p90_ms", "p90", "right", descending=True),
)
_EVENT_COLUMNS = (
    Column("received_at", "Received", descending=True),
    Column("event", "Event", width=28),
    Column("fields", "Fields", width=80),
    Column("event_id", "Event id", "right", descending=True),
)


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view."""
    node_id = place.argument or ""
    return (
        Request("node", "node", {"id": node_id}),
        Request(
            "summary", "nodes_summary", {"node_id": node_id, "duration": _WINDOW}, every_seconds=1
        ),
        Request("events", "node_events", {"id": node_id, "limit": _EVENTS}),
        Request("peers", "node_peers", {"id": node_id}, optional=True, every_seconds=2),
        Request(
            "latencies",
            "node_latencies",
            {"id": node_id, "duration": _EVENTS_WINDOW},
            optional=True,
            every_seconds=10,
        ),
    )


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of a node."""
    node: NodeDetails = answers["node"]
    events = answers["events"]["events"]
    summary: NodesSummary = answers["summary"]
    name = f"{node['implementation_name'] or ''} {node['implementation_version'] or ''}".strip()
    return Page(
        title=f"Node {short_id(node['node_id'])} {plain(name)}".strip(),
        figures=(
            *_identity(node, summary, now),
            *_chain(node, summary),
            *_traffic(node, summary, answers["peers"]),
        ),
        sparks=_sparks(summary),
        tables=(
            _events(events),
            _steps(answers["latencies"]),
            _connections(node, now),
        ),
    )


def _identity(node: NodeDetails, summary: NodesSummary, now: datetime) -> tuple[Figure, ...]:
    state = _only(summary, "state")
    levels = {rule["state"]: rule["level"] for rule in summary["rules"]}
    information = node["node_info"]
    seen = node["last_seen_at"]
    return (
        Figure("State", words(state or UNKNOWN), state, LEVELS[levels.get(state, "no_data")]),
        Figure("Seen", f"{age(seen, now)} ago" if seen else UNKNOWN, seen),
        Figure("Address", plain(node["address"]), node["address"]),
        _text_figure("Gray Paper", information and information["gp_version"]),
        _text_figure("Parameters", information and information.get("params_layout")),
        Figure(
            "Synced",
            {True: "yes", False: "no", None: UNKNOWN}[node["synced"]],
            node["synced"],
            "warning" if node["synced"] is False else "",
        ),
    )


def _text_figure(label: str, text: str | None) -> Figure:
    return Figure(label, plain(text), text)


def _chain(node: NodeDetails, summary: NodesSummary) -> tuple[Figure, ...]:
    best, finalized = node["best"], node["finalized"]
    lag = _only(summary, "best_lag")
    return (
        Figure("Best slot", _behind(best and best["slot"], lag), best and best["slot"], _late(lag)),
        Figure(
            "Finalized",
            number(finalized and finalized["slot"]),
            finalized and finalized["slot"],
        ),
    )


def _behind(slot: int | None, lag: int | None) -> str:
    return f"{number(slot)} (−{lag})" if lag else number(slot)


def _late(lag: int | None) -> Tone:
    return "warning" if lag and lag >= 3 else ""


def _traffic(
    node: NodeDetails, summary: NodesSummary, peers: NodePeers | None
) -> tuple[Figure, ...]:
    offset = _only(summary, "clock_offset_ms")
    total = peers["total_peers"] if peers else None
    validators = peers["validator_peers"] if peers else None
    dropped, deviations = int(node["dropped_count"]), sum(node["deviations"].values())
    per_second = _only(summary, "events_per_second")
    return (
        Figure("Peers", _of(validators, total), total, "bad" if total == 0 else ""),
        Figure("Events", f"{number(node['event_count'])}, {rate(per_second)}", node["event_count"]),
        _alarming("Failures", _only(summary, "failures")),
        _alarming("Dropped", dropped),
        _alarming("Undecodable", node["undecodable"]),
        _alarming("Deviations", deviations),
        Figure("Clock", _offset(offset), offset, "warning" if abs(offset or 0) >= 2000 else ""),
    )


def _of(validators: int | None, total: int | None) -> str:
    if total is None or validators is None:
        return number(total)
    return f"{number(total)}, {number(validators)} validators"


def _alarming(label: str, count: int | None) -> Figure:
    return Figure(label, number(count), count, "warning" if count else "")


def _offset(offset: float | None) -> str:
    if offset is None:
        return UNKNOWN
    return f"{milliseconds(abs(offset))} {'behind' if offset >= 0 else 'ahead'}"


def _only(summary: NodesSummary, column: str) -> Any:
    """Return the value of a column of the one node; ``None`` if the answer has no node."""
    values: list[Any] = summary["nodes"][column]  # type: ignore[literal-required]
    return values[0] if values else None


def _sparks(summary: NodesSummary) -> tuple[Spark, ...]:
    series = _only(summary, "series") or []
    length = summary["buckets"]["seconds"]
    return (
        Spark(
            "Events",
            tuple(float(count) for count in series),
            f"each {length} s, {_WINDOW}",
        ),
    )


def _steps(answer: NodeLatencies | None) -> Table:
    steps = answer["steps"] if answer else []
    rows = tuple(
        Row(
            step["step"],
            (
                Cell(f"{step['from']} → {step['to']}", step["step"]),
                number_cell(step["node"]["count"]),
                duration_cell(step["node"]["p50_ms"]),
                duration_cell(step["node"]["p99_ms"]),
                duration_cell(step["network"]["p50_ms"]),
                _ratio(step["ratio"]),
                duration_cell(step["node"]["p90_ms"]),
            ),
        )
        for step in steps
    )
    return Table("Latencies", _STEPS, rows, "the last hour" if rows else "none in the last hour")


def _ratio(ratio: float | None) -> Cell:
    if ratio is None:
        return missing_cell()
    return Cell(f"{ratio:.2f}", ratio, "warning" if ratio >= _SLOW_RATIO else "")


def _events(events: list[Event]) -> Table:
    rows = tuple(
        Row(str(event["id"]), _event_cells(event), Place("event", str(event["id"])))
        for event in events
    )
    return Table("Events", _EVENT_COLUMNS, rows, "the last ones" if rows else "none is stored")


def _event_cells(event: Event) -> tuple[Cell, ...]:
    name, fields = event_row_cells(event)
    return (
        Cell(clock(event["received_at"]), event["received_at"]),
        name,
        fields,
        Cell(str(event["event_id"]), event["event_id"], "dim"),
    )


def _connections(node: NodeDetails, now: datetime) -> Table:
    rows = tuple(
        Row(
            str(it["session"]),
            (
                Cell(str(it["session"]), it["session"]),
                Cell(plain(it["address"]), it["address"]),
                age_cell(it["connected_at"], now),
                number_cell(it["event_count"]),
                Cell(size(it["bytes"]), it["bytes"]),
                _whole(it.get("protocol_version")),
                Cell(plain(it.get("params_layout")), it.get("params_layout")),
                number_cell(it["undecodable"], "warning" if it["undecodable"] else "dim"),
            ),
        )
        for it in node["connections"]
    )
    return Table("Connections", _CONNECTIONS, rows, "" if rows else "none is open")


def _whole(value: int | None) -> Cell:
    return missing_cell() if value is None else Cell(str(value), value)


VIEW = View(
    name="node",
    aliases=(),
    title="Node",
    requests=requests,
    page=page,
    argument="NODE",
    argument_required=True,
)
