"""Every rule that a node's messages are held against: its code, how bad it is, and why.

Pure, a table. The codes are those of ``DecodeError``, ``Deviation`` and ``ProtocolError``
in this package, and those of what can only be seen over several messages
(``aggregate.rules.conformance_checks``) or in the long run (``query.topics.conformance``).
A test holds the table and the code together.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

Severity = Literal["error", "warning", "info"]
ERROR: Final = "error"
WARNING: Final = "warning"
INFO: Final = "info"
# The most severe first, with what they mean.
SEVERITY_MEANINGS: Mapping[Severity, str] = MappingProxyType(
    {
        ERROR: "JIP-3 forbids it, and a reader that does as JIP-3 says gets nothing or "
        "something wrong.",
        WARNING: "JIP-3 is silent or leaves room, or something is most likely wrong.",
        INFO: "JIP-3 allows it, and it is good to know.",
    }
)
SEVERITIES = tuple(SEVERITY_MEANINGS)
# What is judged, and what becomes of it.
SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "connection": "The connection is closed. What came before stays; the first 4 KiB of "
        "the message are kept with the reason.",
        "handshake": "The first message is understood all the same, and kept byte for byte.",
        "frame": "The message is no event in any figure, but it takes an event id, and it is "
        "kept byte for byte with the reason.",
        "event": "The event is understood all the same: it counts as any other, and is kept "
        "byte for byte.",
        "conversation": "What came is kept and counted as it is. Judged is what several messages "
        "say together.",
    }
)


class Rule(NamedTuple):
    """One rule.

    Attributes:
        code: stable; also a metric's label.
        severity: one of ``SEVERITIES``.
        scope: what is judged, one of ``SCOPES``.
        explanation: what is wrong and what would be right, for the author of the node.
        counted: what the count of a finding counts.
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
        "The JAM parameters have a length before them. They are what fetch returns, as they "
        "are, without a length.",
        "connections",
    ),
    Rule(
        "parameters_length",
        WARNING,
        "handshake",
        "The JAM parameters are not as long as those of a Gray Paper known here: 134 bytes up "
        "to 0.7, 122 from 0.8 on. The core count cannot be read, so lists by core are taken "
        "as long as they come.",
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
        "Bits of the flags are set that have no meaning yet; only bit 0 has.",
        "connections",
    ),
    # --- Events that cannot be read -------------------------------------------------------
    Rule(
        "server_failure",
        INFO,
        "frame",
        "tart failed to process the message. That is a fault of tart, not of the node; nothing "
        "is known of whether the message is as specified. Please report it, with the bytes and "
        "the traceback of tart's log.",
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
        "JIP-3 has no event of that number. It takes an event id all the same.",
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
        "A length does not end, or is not below 2^64.",
        "messages",
    ),
    # --- Events that are understood all the same ------------------------------------------
    Rule(
        "trailing_bytes",
        WARNING,
        "event",
        "Bytes are left after the last field. They are kept and mean nothing.",
    ),
    Rule(
        "dropped_count_u32",
        ERROR,
        "event",
        "Dropped has the number of events as u32, as drafts before October 2025 had it; it is u64.",
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
        "The event is laid out as in the other version of the protocol than the first message "
        "announced. Block announcement stream closed (61) begins with a peer id in version 0 "
        "and with the event id of the stream's opening in version 1.",
    ),
    Rule(
        "leb128_length",
        ERROR,
        "event",
        "Lengths are written as LEB128. They are Gray Paper general naturals: the leading one "
        "bits of the first byte say how many bytes follow. Below 128 both look the same.",
    ),
    Rule(
        "non_canonical_natural",
        WARNING,
        "event",
        "A length is written with more bytes than it needs.",
    ),
    Rule(
        "core_list_prefixed",
        ERROR,
        "event",
        "A list with one element for each core has a length before it; it has none, its "
        "length is the core count.",
    ),
    Rule(
        "core_count_mismatch",
        ERROR,
        "event",
        "A list with one element for each core is not as long as the JAM parameters of the "
        "first message say.",
    ),
    Rule(
        "unknown_enum_value",
        ERROR,
        "event",
        "A byte that names one of several things names none of them.",
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
        "A string is not UTF-8. Cut strings between characters, not within them.",
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
        "An event refers to an event of a type that it cannot refer to. Looked at are "
        "references to the 2,048 events before; if everything seems shifted, ids are not "
        "counted as JIP-3 counts them.",
    ),
    Rule(
        "second_outcome",
        WARNING,
        "conversation",
        "An event says how something ended of which another has said so before: a request "
        "failed and succeeded, a block was executed after its verification failed, a "
        "work-package failed twice. Everything ends once, in one way.",
    ),
    Rule(
        "timestamp_backwards",
        WARNING,
        "conversation",
        "An event's timestamp is more than a second before that of the event before it: the "
        "clock was set, or events are not sent as they happen.",
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
        "Timestamps are months or years away from ours: they do not count microseconds since "
        "2025-01-01T12:00:00Z, the JAM Common Era.",
        "hours",
    ),
    Rule(
        "clock_offset",
        WARNING,
        "conversation",
        "The node's clock is more than 2 seconds away from ours, or its events take so long "
        "to come.",
        "hours",
    ),
    Rule(
        "pipeline_unfinished",
        WARNING,
        "conversation",
        "A block or work-package was begun and for ten minutes nothing said what became of "
        "it: there is an event for each success and for each failure.",
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
        "events_dropped",
        INFO,
        "conversation",
        "The node says that it dropped events, which JIP-3 allows: its connection or we were "
        "too slow for it.",
        "Dropped messages",
    ),
    Rule(
        "events_shed",
        WARNING,
        "conversation",
        "The node sent more events than it may, and those beyond were not taken.",
    ),
)

RULES: Mapping[str, Rule] = MappingProxyType({each.code: each for each in _RULES})
