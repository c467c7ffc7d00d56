"""``tart/shard/encoding/message_fields.py``: fields in words, deviations at their bytes."""

from __future__ import annotations

import pytest

from tart.protocol.events import BY_VARIANT
from tart.protocol.node_information import encode_node_information
from tart.shard.encoding.message_fields import Neighbour, Problem, StoredMessage, message_fields
from tart.testing import FakeNode
from tart.units import JCE_US

HASH = bytes(range(32))
TIMESTAMP = 60_191_668_348_748
NODE = "ab" * 32
DIGITS = HASH.hex()
OUTLINE = (5).to_bytes(4, "little") + HASH
# Event type, path of a field, payload; then what is shown of the field.
EXAMPLES = (
    ("BestBlockChanged", "slot", (10_031_720).to_bytes(4, "little") + HASH),
    ("BestBlockChanged", "hash", (10_031_720).to_bytes(4, "little") + HASH),
    ("BestBlockChanged", "timestamp", (1).to_bytes(4, "little") + HASH),
    ("BestBlockChanged", "event_type", (1).to_bytes(4, "little") + HASH),
    ("SyncStatusChanged", "synced", b"\1"),
    ("Disconnected", "terminator.tag", HASH + b"\1\1\2ok"),
    ("Disconnected", "terminator.some", HASH + b"\1\1\2ok"),
    ("Disconnected", "reason.text", HASH + b"\1\1\2ok"),
    ("Disconnected", "reason.length", HASH + b"\1\1\2ok"),
    ("Disconnected", "peer", HASH + b"\1\1\2ok"),
    ("Disconnected", "terminator.some", HASH + b"\1\7\0"),
    ("Status", "num_guarantees", bytes(12) + b"\2\1" + bytes(20)),
    ("DistributingAssurance", "statement.bitfield", HASH + b"\3"),
    ("AuthoringFailed", "authoring_id", (7).to_bytes(8, "little") + b"\0"),
    ("BlockExecuted", "accumulate_costs.count", (7).to_bytes(8, "little") + b"\0"),
    ("DuplicateWorkPackage", "core", (7).to_bytes(8, "little") + b"\1\0" + HASH),
    ("DuplicateWorkPackage", "hash", (7).to_bytes(8, "little") + b"\1\0" + HASH),
)
# Value, meaning, page.
SHOWN = (
    ("10031720", "begins 2026-11-29T03:32:00.000000Z", "slots/10031720"),
    ("0x" + DIGITS, None, f"events?hash={DIGITS}"),
    (str(TIMESTAMP), "2026-11-29T03:54:28.348748Z", None),
    ("11", "BestBlockChanged", "events?event_types=11"),
    ("true", None, None),
    ("1", "a value follows", None),
    ("1", "Remote", None),
    ("ok", None, None),
    ("2", "2 bytes", None),
    ("0x" + DIGITS, None, f"nodes/{DIGITS}"),
    ("7", "not a value that JIP-3 defines", None),
    ("[2,1]", "3 over 2 cores", None),
    ("[3]", "2 cores: 0, 1", None),
    ("7", "event 7 of this session: Authoring", "events/70"),
    ("0", "0 elements", None),
    ("1", None, "cores/1"),
    ("0x" + DIGITS, None, f"work/{DIGITS}"),
)


def shown(variant, payload, *, problem=None, is_first=False, **changes):
    """The answer about a message."""
    kind = BY_VARIANT.get(variant)
    number = None if kind is None else kind.number
    content = payload
    if number is not None:
        content = TIMESTAMP.to_bytes(8, "little") + bytes([number]) + payload
    message = StoredMessage(
        id=None if is_first else 5 << 8,
        session=3 << 8,
        node=NODE,
        name="polkajam",
        implementation_version="0.1.27",
        protocol_version=1,
        cores=2,
        slot_seconds=6,
        event_id=None if is_first else 9,
        type=number,
        received_at=JCE_US + TIMESTAMP + 16_800,
        content=content,
        problem=problem and Problem(problem, "", 9, "more"),
        is_first=is_first,
        **{"refers_to": Neighbour(70, 7, 40, JCE_US), **changes},
    )
    return message_fields(message)


def field(answer, path):
    return next(each for each in answer["fields"] if each["path"] == path)


@pytest.mark.parametrize(("example", "expected"), list(zip(EXAMPLES, SHOWN, strict=True)))
def test_a_field_has_value_meaning_and_page(example, expected):
    variant, path, payload = example
    row = field(shown(variant, payload), path)
    assert (row["value"], row["meaning"], row["opens"]) == expected


def test_the_head_tells_who_sent_it_and_when():
    answer = shown("BestBlockChanged", EXAMPLES[0][2])
    assert answer["title"] == "BestBlockChanged"
    assert answer["section"] == "JIP-3, Status events: Best block changed"
    assert answer["delay_us"] == 16_800
    assert (answer["kind"], answer["size"]) == ("event", 45)
    assert answer["vector"]["fields"] == {"slot": 10_031_720, "hash": DIGITS}
    assert answer["deviations"] == []


def test_an_event_of_type_0_has_its_name():
    answer = shown("Dropped", bytes(16))
    assert (answer["title"], answer["section"]) == ("Dropped", "JIP-3, Meta events: Dropped")
    assert field(answer, "event_type")["meaning"] == "Dropped"


def test_groups_precede_their_fields_and_leaves_are_the_message():
    answer = shown("Disconnected", HASH + b"\1\1\2ok")
    assert [(each["path"], each["depth"]) for each in answer["fields"]] == [
        ("timestamp", 0),
        ("event_type", 0),
        ("peer", 0),
        ("terminator", 0),
        ("terminator.tag", 1),
        ("terminator.some", 1),
        ("reason", 0),
        ("reason.length", 1),
        ("reason.text", 1),
    ]
    leaves = [each for each in answer["fields"] if each["role"] != "group"]
    assert sum(each["length"] for each in leaves) == answer["size"]


def test_a_deviation_has_its_bytes_its_rule_and_what_was_found():
    (deviation,) = shown("Disconnected", HASH + b"\1\7\0")["deviations"]
    assert (deviation["rule"], deviation["offset"], deviation["length"]) == (
        "unknown_enum_value",
        42,
        1,
    )
    assert deviation["found"] == "0x07, read as 7"
    assert deviation["docs"] == "/api/docs/rules/unknown_enum_value"
    assert not deviation["undecodable"]


def test_the_reason_why_a_frame_could_not_be_decoded_comes_first():
    answer = shown("SyncStatusChanged", b"\2", problem="bool_out_of_range")
    assert answer["kind"] == "undecodable"
    (deviation,) = answer["deviations"]
    assert (deviation["rule"], deviation["offset"], deviation["length"]) == (
        "bool_out_of_range",
        9,
        1,
    )
    assert deviation["undecodable"]
    assert field(answer, "unread")["meaning"] == "1 bytes not read"


def test_a_release_that_could_decode_more_leaves_a_problem_too():
    (deviation,) = shown("SyncStatusChanged", b"\2")["deviations"]
    assert (deviation["rule"], deviation["undecodable"]) == ("bool_out_of_range", True)


def test_bytes_that_are_missing_are_the_end_of_the_message():
    (deviation,) = shown("SyncStatusChanged", b"", problem="truncated")["deviations"]
    assert (deviation["found"], deviation["length"]) == ("the end of the message", 0)


def test_a_reference_that_is_not_stored_says_so():
    payload = EXAMPLES[13][2]
    row = field(shown("AuthoringFailed", payload, refers_to=None), "authoring_id")
    assert (row["meaning"], row["opens"]) == ("event 7 of this session: not stored", None)


def test_neighbours_have_the_field_of_the_reference():
    answer = shown(
        "AuthoringFailed", EXAMPLES[13][2], referred_to_by=(Neighbour(80, 8, 42, JCE_US),)
    )
    assert [each["field"] for each in answer["refers_to"]] == ["authoring_id"]
    assert [(each["event_name"], each["field"]) for each in answer["referred_to_by"]] == [
        ("Authored", "authoring_id")
    ]


def test_node_information_is_shown_with_its_parameters():
    content = encode_node_information(FakeNode(b"\x01" * 32).information)
    answer = shown("", content, is_first=True)
    assert (answer["title"], answer["timestamp"]) == ("Node information", None)
    assert field(answer, "params.core_count")["value"]
    assert field(answer, "details.peer_id")["opens"] == f"nodes/{'01' * 32}"
    assert field(answer, "flags")["meaning"] == "PVM interpreter"
