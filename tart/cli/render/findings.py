"""A finding as a person reads it and as a program does: hex with the wrong bytes marked.

Pure. The marks are brackets, so that they are there without colours, too. What nodes say
of themselves never reaches a terminal as anything but printable characters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from tart.protocol.decoding import HEADER_BYTES
from tart.protocol.events import EVENTS
from tart.protocol.rules import RULES
from tart.query.core.rfc3339 import rfc3339
from tart.shard.check.offline_check import Found

Json = dict[str, Any]

# Of one rule and node, and in all; what is beyond is counted.
SHOWN = 3
SHOWN_IN_ALL = 1_000
# Bytes in a row, rows around the wrong ones, and at most so many bytes in all.
_ROW = 16
_AROUND = 1
_EXCERPT = 160
_INDENT = " " * 9
# How many bytes are wrong, where the rule tells; otherwise all to the end.
_WIDTHS = {
    **dict.fromkeys(("unknown_event", "bool_out_of_range", "option_out_of_range"), 1),
    **dict.fromkeys(("unknown_enum_value", "invalid_utf8", "unknown_protocol_version"), 1),
    **dict.fromkeys(("reference_unknown", "reference_wrong_type", "second_outcome"), 8),
    **dict.fromkeys(("timestamp_backwards", "status_late", "clock_not_jce", "clock_offset"), 8),
    **{"unknown_flags": 4, "core_count_out_of_range": 2, "frame_too_long": 4},
    **{"dropped_count_u32": 4, "events_dropped": 8},
}
# Where it is a length, which tells itself how long it is.
_LENGTHS = ("string_too_long", "non_canonical_natural", "core_list_prefixed", "parameters_prefixed")
_COLOURS = {"error": "31", "warning": "33", "info": "36", "bad": "1;31", "good": "32", "dim": "2"}


class Shown(NamedTuple):
    """A finding with what is shown of it.

    Attributes:
        at: Unix microseconds.
        length: how many bytes are wrong from ``offset`` on; 0: they are missing there.
        size: of the message, in bytes; ``excerpt`` are those of it from ``start`` on.
    """

    rule: str
    severity: str
    node_id: str | None
    connection: str
    at: int
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
        """The variant's name in JSON."""
        event = EVENTS.get(-1 if self.event_type is None else self.event_type)
        return event.variant if event else None

    def as_json(self) -> Json:
        """As ``docs/checking.md`` describes it."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "node_id": self.node_id,
            "connection": printable(self.connection),
            "at": rfc3339(self.at),
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
    """Writes words in colours, or without."""

    colours: bool = False

    def __call__(self, kind: str, text: str) -> str:
        return f"\x1b[{_COLOURS[kind]}m{text}\x1b[0m" if self.colours and kind else text


class Shortlist:
    """The findings that are shown: the first of each rule and node.

    Attributes:
        shown: those.
        left_out: how many were not, by rule.
    """

    def __init__(self, most: int = SHOWN) -> None:
        self._most = most
        self._counts: Counter[tuple[str | None, str]] = Counter()
        self.shown: list[Shown] = []
        self.left_out: Counter[str] = Counter()

    def take(self, found: Found) -> tuple[Shown | None, bool]:
        """The finding if it is to be shown, and whether it is the first that is not."""
        rule = found.finding.rule
        key = found.node_id, rule
        if self._counts[key] >= self._most or len(self.shown) >= SHOWN_IN_ALL:
            first = not self.left_out[rule]
            self.left_out[rule] += 1
            return None, first
        self._counts[key] += 1
        each = shown(found)
        self.shown.append(each)
        return each, False


def shown(found: Found) -> Shown:
    """What is kept of a finding."""
    finding = found.finding
    frame = finding.frame
    length = _length(finding.rule, finding.offset, finding.number, frame)
    before = finding.offset // _ROW * _ROW - _AROUND * _ROW
    # The beginning says when and what: it is shown where it is near.
    start = 0 if finding.offset < _EXCERPT - 2 * _ROW else before
    return Shown(
        rule=finding.rule,
        severity=RULES[finding.rule].severity,
        node_id=found.node_id,
        connection=found.source,
        at=finding.received_at,
        event_id=finding.event_id,
        event_type=finding.number,
        field=finding.field,
        offset=finding.offset,
        length=length,
        expectation=printable(finding.expectation),
        size=len(frame),
        start=start,
        excerpt=frame[start : start + _EXCERPT],
    )


def _length(rule: str, offset: int, number: int | None, frame: bytes) -> int:
    rest = max(0, len(frame) - offset)
    if rule in _LENGTHS and rest:
        return min(rest, 9 - (frame[offset] ^ 0xFF).bit_length())
    if rule == "core_count_mismatch" and number is not None:
        return max(0, min(rest, len(frame) - HEADER_BYTES - EVENTS[number].fields.minimum))
    return min(rest, _WIDTHS.get(rule, rest))


def as_text(each: Shown, ink: Ink) -> str:
    """Some lines: what, where, and the bytes."""
    lines = [_heading(each, ink), _INDENT + _place(each)]
    lines += (_INDENT + row for row in _dump(each, ink))
    return "\n".join(lines) + "\n"


def _heading(each: Shown, ink: Ink) -> str:
    parts = [ink(each.severity, f"{each.severity:<7}"), each.rule]
    if each.event_type is not None:
        parts.append(f"{each.event_name or 'unknown'} ({each.event_type})")
    if each.event_id is not None:
        parts.append(f"event {each.event_id}")
    who = f"node {each.node_id[:8]}" if each.node_id else ""
    parts.append(ink("dim", ", ".join(filter(None, (who, printable(each.connection))))))
    return "  ".join(filter(None, parts))


def _place(each: Shown) -> str:
    if not each.size:
        return f"expected {each.expectation}"
    if RULES[each.rule].scope == "connection":
        return each.expectation
    field = f"{each.field} " if each.field else ""
    return f"{field}at byte {each.offset} of {each.size}: expected {each.expectation}"


def _dump(each: Shown, ink: Ink) -> Iterator[str]:
    """Rows of hex; brackets are round what is wrong, or where something is missing."""
    end, last = each.start + len(each.excerpt), each.offset + each.length
    near = min(end, (min(last, end) // _ROW + 1 + _AROUND) * _ROW)
    for at in range(each.start, near, _ROW):
        octets = each.excerpt[at - each.start : min(at + _ROW, near) - each.start]
        yield f"{ink('dim', f'{at:04x}')} {_row(each, at, octets, ink)}"
    if near < each.size:
        more = ink("dim", f"…     {each.size - near} more bytes")
        yield more + (ink("bad", "]") if last > near else "")


def _row(each: Shown, at: int, octets: bytes, ink: Ink) -> str:
    first, last = each.offset, each.offset + each.length
    text = ""
    for place, octet in enumerate(octets, at):
        before = "[" if place == first else "]" if place == last and place > at else " "
        before = "[]" if place == first == last else before
        text += ink("bad", before) if before != " " else before
        text += ink("bad" if first <= place < last else "", f"{octet:02x}")
    row_end = at + len(octets)
    if last == row_end and (each.length or row_end == each.size):
        text += ink("bad", "]" if each.length else "[]")
    return text


def printable(text: str) -> str:
    """The text with nothing in it that a terminal would take for a command."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text)
