"""The conformance rules for telemetry: code, severity, scope and explanation of each.

Pure, a table. The codes are those of ``DecodeError``, ``Deviation`` and ``ProtocolError``
in this package, and those of checks over several messages
(``aggregate.rules.conformance_checks``) or over long times (``query.topics.conformance``).
A test checks that table and code agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

Severity = Literal["error", "warning", "info"]
ERROR: Final = "error"
WARNING: Final = "warning"
INFO: Final = "info"
# The most severe first, with their meaning.
SEVERITY_MEANINGS: Mapping[Severity, str] = MappingProxyType(
    {
        ERROR: "JIP-3 forbids it; a reader that follows JIP-3 gets no data or wrong data.",
        WARNING: "JIP-3 does not specify it clearly, or it is most likely a mistake.",
        INFO: "JIP-3 allows it; for information.",
    }
)
SEVERITIES = tuple(SEVERITY_MEANINGS)
# The part of the telemetry that a rule checks, with the consequence of a violation.
SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "connection": "The connection is closed. Earlier events stay; the first 4 KiB of the "
        "message are stored with the reason.",
        "handshake": "The first message is decoded all the same, and stored byte for byte.",
        "frame": "The message counts in no statistics, but it takes an event id, and it is "
        "stored byte for byte with the reason.",
        "event": "The event is decoded all the same: it counts like any other, and is stored "
        "byte for byte.",
        "conversation": "The messages are stored and counted as they are. The rule concerns "
        "several messages together.",
    }
)


class Rule(NamedTuple):
    """One rule.

    Attributes:
        code: Stable; also a metric's label.
        severity: One of ``SEVERITIES``.
        scope: The part of the telemetry that is checked, one of ``SCOPES``.
        explanation: What is wrong and what is right, for the author of the node.
        counted: Unit of a finding's count.
    """

    code: str
    severity: Severity
    scope: str
    explanation: str
    counted: str = "events"


_RULES = (
    # --- What ends the connection ---------------------------------------------------------
    Rule(
        "frame_too_long",
        ERROR,
        "connection",
        "A message announces more bytes than are accepted. Each message is preceded by its "
        "length as u32, little-endian; no legal event comes near a mebibyte. Most often the "
        "length or the message before it is wrong.",
        "connections",
    ),
    Rule(
        "node_information",
        ERROR,
        "connection",
        "The first message of a connection is not node information: version byte, JAM "
        "parameters without a length, genesis hash, peer id and address, flags, four strings.",
        "connections",
    ),
    # --- The first message ----------------------------------------------------------------
    Rule(
        "unknown_protocol_version",
        WARNING,
        "handshake",
        "The first byte is neither 0 nor 1. Events are read as those of version 1.",
        "connections",
    ),
    Rule(
        "parameters_prefixed",
        ERROR,
        "handshake",
        "The JAM parameters have a length before them. They are the bytes that fetch returns, "
        "without a length.",
        "connections",
    ),
    Rule(
        "parameters_length",
        WARNING,
        "handshake",
        "The JAM parameters do not have the size of a known Gray Paper: 134 bytes up to 0.7, 122 "
        "from 0.8 on. The core count cannot be decoded, so lists by core are accepted with any "
        "length.",
        "connections",
    ),
    Rule(
        "core_count_out_of_range",
        ERROR,
        "handshake",
        "The core count among the JAM parameters is 0 or above 341.",
        "connections",
    ),
    Rule(
        "unknown_flags",
        WARNING,
        "handshake",
        "Flag bits are set that JIP-3 does not define; it defines bit 0 only.",
        "connections",
    ),
    # --- Events that cannot be read -------------------------------------------------------
    Rule(
        "server_failure",
        INFO,
        "frame",
        "tart failed to process the message. This is a bug in tart, not in the node; it is "
        "unknown whether the message is as specified. Please report it, with the bytes and the "
        "traceback in the server log.",
    ),
    Rule(
        "truncated",
        ERROR,
        "frame",
        "The message ends before the field does.",
        "messages",
    ),
    Rule(
        "unknown_event",
        ERROR,
        "frame",
        "JIP-3 has no event type of that number. The message takes an event id all the same.",
        "messages",
    ),
    Rule(
        "bool_out_of_range",
        ERROR,
        "frame",
        "A bool is neither 0 nor 1.",
        "messages",
    ),
    Rule(
        "option_out_of_range",
        ERROR,
        "frame",
        "The byte before an optional value is neither 0 (none) nor 1 (it follows).",
        "messages",
    ),
    Rule(
        "length_out_of_range",
        ERROR,
        "frame",
        "A length is not terminated, or is not below 2^64.",
        "messages",
    ),
    # --- Events that are understood all the same ------------------------------------------
    Rule(
        "trailing_bytes",
        WARNING,
        "event",
        "Bytes follow the last field. They are stored and ignored.",
    ),
    Rule(
        "dropped_count_u32",
        ERROR,
        "event",
        "Dropped has the number of events as u32, as in drafts before October 2025; it is u64.",
    ),
    Rule(
        "dropped_without_timestamp",
        ERROR,
        "event",
        "Dropped lacks the timestamp of the last dropped event, which comes before the number.",
    ),
    Rule(
        "other_version_layout",
        ERROR,
        "event",
        "The event has the layout of another protocol version than the first message announced. "
        "Block announcement stream closed (61) begins with a peer id in version 0 and with the "
        "event id of the stream's opening in version 1.",
    ),
    Rule(
        "leb128_length",
        ERROR,
        "event",
        "Lengths are encoded as LEB128. They are Gray Paper general naturals: the number of "
        "leading one bits of the first byte is the number of bytes that follow. Below 128 both "
        "encodings are equal.",
    ),
    Rule(
        "non_canonical_natural",
        WARNING,
        "event",
        "A length is encoded with more bytes than necessary.",
    ),
    Rule(
        "core_list_prefixed",
        ERROR,
        "event",
        "A list with one element for each core has a length before it; its length is the core "
        "count and is not encoded.",
    ),
    Rule(
        "core_count_mismatch",
        ERROR,
        "event",
        "The length of a list with one element for each core differs from the core count in the "
        "first message.",
    ),
    Rule(
        "core_list_packed",
        ERROR,
        "event",
        "The list by core in Status has one bit for each core; it has one byte. Jamixir does so "
        "while no core has two guarantees.",
    ),
    Rule(
        "slot_natural",
        ERROR,
        "event",
        "A slot is encoded as a Gray Paper natural, of one to five bytes; it is u32, "
        "little-endian. Read as such where the node is Jamixir with protocol version 0.",
    ),
    Rule(
        "epoch_natural",
        ERROR,
        "event",
        "An epoch is encoded as a Gray Paper natural, of one to five bytes; it is u32, "
        "little-endian. Read as such where the node is Jamixir with protocol version 0.",
    ),
    Rule(
        "port_big_endian",
        ERROR,
        "event",
        "The port of an address is big-endian; all integers are little-endian. Read as such where "
        "the node is Jamixir with protocol version 0.",
    ),
    Rule(
        "own_event_ids",
        ERROR,
        "event",
        "An event refers to another by an id that the node counts in its own way. JIP-3's ids "
        "begin at 0 with each connection and count every event. Jamixir with protocol version 0 "
        "counts over connections, and only events that others refer to; its references are not "
        "followed.",
    ),
    Rule(
        "unknown_enum_value",
        ERROR,
        "event",
        "The value of an enumeration is not one that JIP-3 defines.",
    ),
    Rule(
        "string_too_long",
        ERROR,
        "event",
        "A string is longer than allowed: reasons have 128 bytes at most.",
    ),
    Rule(
        "invalid_utf8",
        ERROR,
        "event",
        "A string is not valid UTF-8. Truncate strings between characters, not within them.",
    ),
    # --- What only several messages show --------------------------------------------------
    Rule(
        "reference_unknown",
        ERROR,
        "conversation",
        "An event refers to an event id that this connection has not reached yet. The first "
        "event of every connection has id 0, each takes one, and a Dropped of N stands for N.",
    ),
    Rule(
        "reference_wrong_type",
        ERROR,
        "conversation",
        "An event refers to an event of a type that it cannot refer to. References to the 2,048 "
        "events before are checked; if all references seem shifted, the node does not count ids "
        "as JIP-3 does.",
    ),
    Rule(
        "second_outcome",
        WARNING,
        "conversation",
        "An event reports a second outcome of the same activity: a request failed and succeeded, "
        "a block was executed after its verification failed, a work-package failed twice. Every "
        "activity has one outcome.",
    ),
    Rule(
        "timestamp_backwards",
        WARNING,
        "conversation",
        "An event's timestamp is more than a second before that of the preceding event: the "
        "clock was set, or events are not sent in the order in which they happen.",
    ),
    Rule(
        "implausible_slot",
        WARNING,
        "conversation",
        "The slot of a block is more than 14,400 slots (a day) ahead of the wall clock's, counted "
        "from 2025-01-01T12:00:00Z in slot periods of the node's parameters; most often it is "
        "encoded in another way than u32, little-endian. It does not become the best or finalized "
        "block. Earlier slots are plausible, and so are slots that most nodes agree on: at least "
        "two and more than half of them.",
    ),
    Rule(
        "status_late",
        WARNING,
        "conversation",
        "More than 8 seconds of the node's clock lie between two Status events, and nothing "
        "was dropped between them. Status is sent about every 2 seconds.",
    ),
    Rule(
        "status_missing",
        WARNING,
        "conversation",
        "The node was connected for more than half a minute and never sent Status, which is "
        "sent about every 2 seconds.",
        "connections",
    ),
    Rule(
        "clock_not_jce",
        ERROR,
        "conversation",
        "Timestamps differ from the server's clock by months or years: they do not count "
        "microseconds since 2025-01-01T12:00:00Z, the JAM Common Era.",
        "hours",
    ),
    Rule(
        "clock_offset",
        WARNING,
        "conversation",
        "The node's clock differs from the server's by more than 2 seconds, or its events arrive "
        "that late.",
        "hours",
    ),
    Rule(
        "pipeline_unfinished",
        WARNING,
        "conversation",
        "A block or work-package was begun and no event reported its outcome within ten minutes; "
        "JIP-3 has an event for each success and each failure.",
        "pipelines",
    ),
    Rule(
        "pipeline_cut_short",
        INFO,
        "conversation",
        "The connection ended while a block or work-package was under way.",
        "pipelines",
    ),
    Rule(
        "dropped_implausible",
        ERROR,
        "conversation",
        "The number of a Dropped cannot be true: more than 2^32, more than the node can have "
        "emitted since the connection began (16,777,216 and a million a second), or with "
        "timestamps beyond the year 2100 in every known epoch. Mostly another event was sent "
        "with wrong fields. It takes one event id and counts in no sum.",
        "Dropped messages",
    ),
    Rule(
        "events_dropped",
        INFO,
        "conversation",
        "The node dropped events, which JIP-3 allows: its connection or the server was too slow.",
        "Dropped messages",
    ),
    Rule(
        "events_shed",
        WARNING,
        "conversation",
        "The node sent more events than the rate limit permits; the server discarded the rest.",
    ),
)

RULES: Mapping[str, Rule] = MappingProxyType({each.code: each for each in _RULES})
