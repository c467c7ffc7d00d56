"""Findings as text, with a hex dump in which the wrong bytes are marked, and as JSON.

Pure. The marks are brackets, so they do not depend on colours. Text that nodes send reaches the
terminal as printable characters only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from tart.printable import replace_unprintable
from tart.protocol.decoding import HEADER_BYTES
from tart.protocol.events import EVENTS
from tart.protocol.rules import RULES
from tart.query.core.rfc3339 import rfc3339
from tart.shard.check.offline_check import AttributedFinding
from tart.style import PLAIN, Style

Json = dict[str, Any]

# Findings shown for one rule and node, and in all; further ones are only counted.
SHOWN = 3
MAX_SHOWN = 1_000
# Bytes in a row, rows around the wrong bytes, and the most bytes of an excerpt.
_ROW = 16
_AROUND = 1
_EXCERPT = 160
_INDENT = " " * 9
# The number of wrong bytes, where the rule determines it; otherwise all to the end.
_WIDTHS = {
    "unknown_event": 1,
    "bool_out_of_range": 1,
    "option_out_of_range": 1,
    "unknown_enum_value": 1,
    "invalid_utf8": 1,
    "unknown_protocol_version": 1,
    "core_count_out_of_range": 2,
    "unknown_flags": 4,
    "frame_too_long": 4,
    "dropped_count_u32": 4,
    "dropped_implausible": 8,
    "reference_unknown": 8,
    "reference_wrong_type": 8,
    "second_outcome": 8,
    "timestamp_backwards": 8,
    "status_late": 8,
    "clock_not_jce": 8,
    "clock_offset": 8,
    "events_dropped": 8,
    "implausible_slot": 4,
    "own_event_ids": 8,
    "port_big_endian": 2,
}
# Rules whose wrong bytes are a natural number, which encodes its own size.
_NATURALS = (
    "string_too_long",
    "non_canonical_natural",
    "slot_natural",
    "epoch_natural",
    "core_list_prefixed",
    "parameters_prefixed",
)


class Shown(NamedTuple):
    """A finding as it is shown.

    Attributes:
        received_at: Unix microseconds.
        length: Number of wrong bytes from ``offset`` on; 0: bytes are missing there.
        size: Size of the message in bytes.
        start: Offset of the excerpt in the message.
        excerpt: Some bytes of the message around the wrong ones.
    """

    rule: str
    severity: str
    node_id: str | None
    connection: str
    received_at: int
    event_id: int | None
    event_type: int | None
    field: str
    offset: int
    length: int
    expectation: str
    size: int
    start: int
    excerpt: bytes

    @property
    def event_name(self) -> str | None:
        """The event type's name in JSON."""
        event = EVENTS.get(-1 if self.event_type is None else self.event_type)
        return None if event is None else event.variant

    def as_json(self) -> Json:
        """Return the object that ``docs/checking.md`` describes."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "node_id": self.node_id,
            "connection": replace_unprintable(self.connection),
            "at": rfc3339(self.received_at),
            "event_id": self.event_id,
            "event_type": self.event_type,
            "event_name": self.event_name,
            "field": self.field,
            "offset": self.offset,
            "length": self.length,
            "expectation": self.expectation,
            "size": self.size,
            "excerpt": {"offset": self.start, "hex": self.excerpt.hex()},
        }


@dataclass(frozen=True)
class Ink:
    """Colours the parts of findings.

    Attributes:
        style: The colours of the terminal.
    """

    style: Style = PLAIN

    def __call__(self, kind: str, text: str) -> str:
        """Return the text in the colour of a severity or of a part."""
        style = self.style
        colours = {
            "error": style.error,
            "warning": style.warning,
            "info": style.dim,
            "bad": style.error,
            "good": style.good,
            "dim": style.dim,
        }
        return colours[kind](text) if kind else text


class Shortlist:
    """The findings that are shown: the first of each rule and node.

    Args:
        limit: Findings shown for each rule and node.

    Attributes:
        shown: The findings.
        left_out: Number of further findings, by rule.
    """

    def __init__(self, limit: int = SHOWN) -> None:
        self._limit = limit
        self._counts: Counter[tuple[str | None, str]] = Counter()
        self.shown: list[Shown] = []
        self.left_out: Counter[str] = Counter()

    def add(self, attributed: AttributedFinding) -> tuple[Shown | None, bool]:
        """Add a finding.

        Returns:
            The finding if it is to be shown, and whether it is the first left out of its rule.
        """
        rule = attributed.finding.rule
        key = attributed.node_id, rule
        if self._counts[key] >= self._limit or len(self.shown) >= MAX_SHOWN:
            first = not self.left_out[rule]
            self.left_out[rule] += 1
            return None, first
        self._counts[key] += 1
        shown = excerpt(attributed)
        self.shown.append(shown)
        return shown, False


def excerpt(attributed: AttributedFinding) -> Shown:
    """Return a finding with an excerpt of its message."""
    finding = attributed.finding
    frame = finding.frame
    length = _length(finding.rule, finding.offset, finding.number, frame)
    before = finding.offset // _ROW * _ROW - _AROUND * _ROW
    # The first bytes are timestamp and type: the excerpt includes them where they are near.
    start = 0 if finding.offset < _EXCERPT - 2 * _ROW else before
    return Shown(
        rule=finding.rule,
        severity=RULES[finding.rule].severity,
        node_id=attributed.node_id,
        connection=attributed.source,
        received_at=finding.received_at,
        event_id=finding.event_id,
        event_type=finding.number,
        field=finding.field,
        offset=finding.offset,
        length=length,
        expectation=replace_unprintable(finding.expectation),
        size=len(frame),
        start=start,
        excerpt=frame[start : start + _EXCERPT],
    )


def _length(rule: str, offset: int, number: int | None, frame: bytes) -> int:
    rest = max(0, len(frame) - offset)
    if rule in _NATURALS and rest:
        return min(rest, 9 - (frame[offset] ^ 0xFF).bit_length())
    if rule == "core_count_mismatch" and number is not None:
        return max(0, min(rest, len(frame) - HEADER_BYTES - EVENTS[number].fields.minimum))
    return min(rest, _WIDTHS.get(rule, rest))


def as_text(shown: Shown, ink: Ink) -> str:
    """Return a finding as lines of text: rule, place, and the bytes."""
    lines = [_heading(shown, ink), _INDENT + _place(shown)]
    lines += (_INDENT + row for row in _dump(shown, ink))
    return "\n".join(lines) + "\n"


def _heading(shown: Shown, ink: Ink) -> str:
    parts = [ink(shown.severity, f"{shown.severity:<7}"), shown.rule]
    if shown.event_type is not None:
        parts.append(f"{shown.event_name or 'unknown'} ({shown.event_type})")
    if shown.event_id is not None:
        parts.append(f"event {shown.event_id}")
    node = f"node {shown.node_id[:8]}" if shown.node_id else ""
    parts.append(ink("dim", ", ".join(filter(None, (node, replace_unprintable(shown.connection))))))
    return "  ".join(filter(None, parts))


def _place(shown: Shown) -> str:
    if not shown.size:
        return f"expected {shown.expectation}"
    if RULES[shown.rule].scope == "connection":
        return shown.expectation
    field = f"{shown.field} " if shown.field else ""
    return f"{field}at byte {shown.offset} of {shown.size}: expected {shown.expectation}"


def _dump(shown: Shown, ink: Ink) -> Iterator[str]:
    """Return rows of hex; brackets mark the wrong bytes, or the place of missing ones."""
    end, last = shown.start + len(shown.excerpt), shown.offset + shown.length
    near = min(end, (min(last, end) // _ROW + 1 + _AROUND) * _ROW)
    for row_start in range(shown.start, near, _ROW):
        octets = shown.excerpt[row_start - shown.start : min(row_start + _ROW, near) - shown.start]
        yield f"{ink('dim', f'{row_start:04x}')} {_row(shown, row_start, octets, ink)}"
    if near < shown.size:
        more = ink("dim", f"…     {shown.size - near} more bytes")
        yield more + (ink("bad", "]") if last > near else "")


def _row(shown: Shown, row_start: int, octets: bytes, ink: Ink) -> str:
    first, last = shown.offset, shown.offset + shown.length
    text = ""
    for offset, octet in enumerate(octets, row_start):
        before = "[" if offset == first else "]" if offset == last and offset > row_start else " "
        before = "[]" if offset == first == last else before
        text += ink("bad", before) if before != " " else before
        text += ink("bad" if first <= offset < last else "", f"{octet:02x}")
    row_end = row_start + len(octets)
    if last == row_end and (shown.length or row_end == shown.size):
        text += ink("bad", "]" if shown.length else "[]")
    return text
