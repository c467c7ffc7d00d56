"""What counts as a good event: others' bytes, the known deviations, and any bytes at all."""

from __future__ import annotations

import gc
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.errors import DecodeError
from tart.protocol import decoding
from tart.protocol.byte_reader import MAX_DEVIATIONS, encode_natural
from tart.protocol.decoding import HEADER_BYTES, check_event, decode_event, event_kind, read_event
from tart.protocol.events import BY_VARIANT, EVENTS
from tart.protocol.node_information import MAX_CORES
from tests.cases import all_cases, examples
from tests.protocol.strategies import CORES, LAYOUTS, hostile_payloads, payload, values
from tests.vectors import event_vectors, flat, flat_values

HASH = bytes(range(32))
EVENT_ID = (7).to_bytes(8, "little")

# What becomes of each deviating event others send: a deviation it is understood with, or
# the rule it is undecodable by. Those that start with a number are of an emitter that
# writes naturals where JIP-3 has eight bytes: what stands in the number's place is chance.
UNDERSTOOD = {
    "sendTestEvent SHARING_WORK_PACKAGE": "trailing_bytes",
    "sendTestEvent WORK_REPORT_SIGNATURE_RECEIVED": "trailing_bytes",
    "REASON128: length >= 128 written as LEB128": "leb128_length",
    "TICKETS130: length >= 128 written as LEB128": "leb128_length",
    "22 Connect in failed": "trailing_bytes",
}
UNDECODABLE = {
    "sendTestEvent ACCUMULATE_RESULT_AVAILABLE": "unknown_event",
    "sendTestEvent BLOCK_ANNOUNCEMENT_MALFORMED": "unknown_event",
    "sendTestEvent CONTEXT_AVAILABLE": "unknown_event",
    "sendTestEvent ASSURANCE_PROVIDED": "unknown_event",
    "sendTestEvent WORK_PACKAGE_SUBMISSION": "bool_out_of_range",
    "sendTestEvent WORK_PACKAGE_RECEIVED": "truncated",
    "10 Status": "unknown_event",
    "11 Best block changed": "truncated",
    "0 Dropped": "unknown_event",
    "27 Disconnected": "unknown_event",
    "63 Sending block request": "unknown_event",
    "90 Work-package submission": "unknown_event",
}


def outcome(check, number, data, version, cores):
    """Deviations, or the error in words."""
    try:
        deviations = check(number, data, version=version, cores=cores)
    except DecodeError as error:
        return str(error)
    return getattr(deviations, "deviations", deviations)


def rules(deviations):
    return [each.rule for each in deviations]


def places(deviations):
    return [(each.rule, each.offset - HEADER_BYTES, each.field) for each in deviations]


# --- Bytes that others wrote -----------------------------------------------------


@all_cases("vector", event_vectors(), ids=str)
def test_vector_events_decode_to_their_values(vector):
    layout = EVENTS[vector.number].layout(vector.protocol_version)
    decoded = decode_event(
        vector.number, vector.payload, version=vector.protocol_version, cores=vector.cores
    )
    assert flat_values(layout, decoded.fields) == flat(vector.values)
    assert decoded.deviations == ()
    assert EVENTS[vector.number].title == vector.title


@all_cases("vector", event_vectors(), ids=str)
def test_vector_events_encode_to_their_bytes(vector):
    version = vector.protocol_version
    decoded = decode_event(vector.number, vector.payload, version=version, cores=vector.cores)
    assert payload(EVENTS[vector.number].layout(version), decoded.fields) == vector.payload


@all_cases("vector", event_vectors(), ids=str)
def test_vector_events_pass_the_check(vector):
    version = vector.protocol_version
    assert check_event(vector.number, vector.payload, version=version, cores=vector.cores) == ()


# Nobody's conformant bytes of these are known; these follow the field table.
BY_HAND = {
    90: (HASH + b"\x01", {"builder": HASH, "bundle": True}),
    98: (EVENT_ID + HASH, {"submission_id": 7, "secondary": HASH}),
    104: (EVENT_ID + HASH, {"submission_id": 7, "secondary": HASH}),
}


def test_every_event_type_is_covered_by_vectors_or_field_table():
    assert {*BY_HAND, *(vector.number for vector in event_vectors())} == set(EVENTS)


@pytest.mark.parametrize("number", BY_HAND)
def test_events_without_vectors_decode_by_the_field_table(number):
    data, fields = BY_HAND[number]
    assert decode_event(number, data) == (fields, ())
    assert payload(EVENTS[number].fields, fields) == data


def test_the_outcome_of_every_deviating_vector_is_stated():
    stated = sorted([*UNDERSTOOD, *UNDECODABLE])
    assert stated == sorted(v.description for v in event_vectors(conformant=False))


@pytest.mark.parametrize("vector", event_vectors(conformant=False), ids=str)
def test_deviating_vectors_have_the_stated_outcome(vector):
    def decode():
        return decode_event(
            vector.number, vector.payload, version=vector.protocol_version, cores=vector.cores
        )

    if vector.description in UNDERSTOOD:
        assert UNDERSTOOD[vector.description] in rules(decode().deviations)
    else:
        with pytest.raises(DecodeError) as caught:
            decode()
        assert caught.value.rule == UNDECODABLE[vector.description]


# --- Known deviations ------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "rule", "offset", "fields"),
    [
        (16, None, 0, {"last_timestamp": 1, "num": 2}),
        (12, "dropped_count_u32", 8, {"last_timestamp": 1, "num": 2}),
        (8, "dropped_without_timestamp", 0, {"num": 1}),
    ],
)
def test_a_dropped_event_of_an_older_draft_is_recognized_by_its_length(size, rule, offset, fields):
    data = ((1).to_bytes(8, "little") + (2).to_bytes(8, "little"))[:size]
    decoded = decode_event(0, data)
    assert decoded.fields == fields
    assert [(r, o) for r, o, _ in places(decoded.deviations)] == ([(rule, offset)] if rule else [])


@pytest.mark.parametrize("size", [0, 7, 9, 11, 13, 15])
def test_a_dropped_event_of_no_known_length_is_undecodable(size):
    with pytest.raises(DecodeError) as caught:
        decode_event(0, bytes(size))
    assert caught.value.rule == "truncated"


@pytest.mark.parametrize("version", [0, 1])
def test_event_61_of_another_version_is_decoded(version):
    first = {0: HASH, 1: EVENT_ID}
    tail = b"\x01\x02ok"
    own = decode_event(61, first[version] + tail, version=version)
    other = decode_event(61, first[1 - version] + tail, version=version)
    assert own.deviations == ()
    assert places(other.deviations) == [("other_version_layout", 0, "")]
    assert list(own.fields) != list(other.fields)
    assert other == decode_event(61, first[1 - version] + tail, version=1 - version)._replace(
        deviations=other.deviations
    )


STATUS_HEAD = (1).to_bytes(4, "little") + (2).to_bytes(4, "little") + (3).to_bytes(4, "little")
STATUS_TAIL = (4).to_bytes(4, "little") + (5).to_bytes(8, "little") + (6).to_bytes(4, "little") * 2
SIZED_BY_CORES = [
    # number, before the list, after it, bytes of the list for so many cores
    (10, STATUS_HEAD, STATUS_TAIL, lambda cores: cores),
    (126, HASH, b"", lambda cores: (cores + 7) // 8),
]


def core_list(decoded):
    fields = decoded.fields
    return (
        fields["num_guarantees"] if "num_guarantees" in fields else fields["statement"]["bitfield"]
    )


@pytest.mark.parametrize(("number", "head", "tail", "size_for"), SIZED_BY_CORES)
@pytest.mark.parametrize("cores", [1, 2, 8, 9, 128, MAX_CORES])
class TestListsSizedByCores:
    def test_a_core_list_has_the_size_of_the_core_count(self, number, head, tail, size_for, cores):
        octets = [9] * size_for(cores)
        decoded = decode_event(number, head + bytes(octets) + tail, cores=cores)
        assert core_list(decoded) == octets
        assert decoded.deviations == ()

    def test_without_a_core_count_the_payload_determines_the_list(
        self, number, head, tail, size_for, cores
    ):
        octets = [9] * size_for(cores)
        decoded = decode_event(number, head + bytes(octets) + tail)
        assert core_list(decoded) == octets
        assert decoded.deviations == ()

    def test_a_core_list_with_a_length_prefix_is_a_deviation(
        self, number, head, tail, size_for, cores
    ):
        octets = [9] * size_for(cores)
        data = head + encode_natural(len(octets)) + bytes(octets) + tail
        decoded = decode_event(number, data, cores=cores)
        assert core_list(decoded) == octets
        assert [(r, o) for r, o, _ in places(decoded.deviations)] == [
            ("core_list_prefixed", len(head))
        ]
        assert list(decoded.fields) == [name for name, _ in EVENTS[number].fields.fields]

    def test_the_core_list_overrides_the_core_count(self, number, head, tail, size_for, cores):
        expected, longest = size_for(cores), size_for(MAX_CORES)
        for size in {1, expected - 1, expected + 1, expected + 2, longest} - {0, expected}:
            octets = [0] * min(size, longest - (longest == expected))
            decoded = decode_event(number, head + bytes(octets) + tail, cores=cores)
            assert core_list(decoded) == octets
            assert [(r, o) for r, o, _ in places(decoded.deviations)] == [
                ("core_count_mismatch", len(head))
            ]

    def test_an_empty_core_list_is_truncated(self, number, head, tail, size_for, cores):
        for told in (cores, None):
            with pytest.raises(DecodeError) as caught:
                decode_event(number, head + tail, cores=told)
            assert caught.value.rule == "truncated"

    def test_a_payload_below_its_minimum_is_truncated(self, number, head, tail, size_for, cores):
        for size in range(len(head + tail)):
            for told in (cores, None):
                with pytest.raises(DecodeError) as caught:
                    decode_event(number, (head + tail)[:size], cores=told)
                assert caught.value.rule == "truncated"
                assert caught.value.offset <= HEADER_BYTES + size

    def test_a_core_list_is_bounded_by_the_largest_network(
        self, number, head, tail, size_for, cores
    ):
        longest = size_for(MAX_CORES)
        data = head + bytes(longest + 3) + tail
        for told, read in ((cores, size_for(cores)), (None, longest)):
            decoded = decode_event(number, data, cores=told)
            assert len(core_list(decoded)) == read
            assert rules(decoded.deviations) == ["trailing_bytes"]


def test_one_extra_byte_alone_is_not_a_length_prefix():
    """Only the very length of the list is; anything else is one element more."""
    for first, rule in ((2, "core_list_prefixed"), (3, "core_count_mismatch")):
        decoded = decode_event(10, STATUS_HEAD + bytes([first, 8, 9]) + STATUS_TAIL, cores=2)
        assert rules(decoded.deviations) == [rule]
        assert decoded.fields["num_shards"] == 4


def test_trailing_bytes_are_a_deviation_at_their_start():
    decoded = decode_event(13, b"\x01\xaa\xbb")
    assert decoded.fields == {"synced": True}
    assert places(decoded.deviations) == [("trailing_bytes", 1, "")]


def test_an_inner_deviation_and_trailing_bytes_are_both_reported():
    decoded = decode_event(60, HASH + b"\x07\xff")
    assert decoded.fields == {"peer": HASH, "opener": 7}
    assert places(decoded.deviations) == [
        ("unknown_enum_value", 32, "opener"),
        ("trailing_bytes", 33, ""),
    ]


@pytest.mark.parametrize(
    ("variant", "data", "place"),
    [
        ("PreimageDiscarded", HASH + b"\0\0\0\0\x04", ("unknown_enum_value", 36, "reason")),
        ("Disconnected", HASH + b"\x01\x02\0", ("unknown_enum_value", 33, "terminator")),
        (
            "PeerMisbehaved",
            HASH + encode_natural(129) + b"x" * 129,
            ("string_too_long", 32, "reason"),
        ),
        ("PeerMisbehaved", HASH + b"\x03ab\xff", ("invalid_utf8", 35, "reason")),
        ("PeerMisbehaved", HASH + b"\x80\x01x", ("non_canonical_natural", 32, "reason")),
        (
            "WorkPackageReceived",
            EVENT_ID + bytes(2 + 72) + b"\0\x01" + bytes(28) + b"\x80\0" + b"\0\0",
            ("non_canonical_natural", 112, "outline.work_items.imports"),
        ),
    ],
)
def test_known_deviations_are_decoded(variant, data, place):
    decoded = decode_event(BY_VARIANT[variant].number, data)
    assert places(decoded.deviations) == [place]


@pytest.mark.parametrize(
    ("number", "data", "rule", "offset", "field"),
    [
        (13, b"\x02", "bool_out_of_range", 9, "synced"),
        (13, b"", "truncated", 9, "synced"),
        (27, HASH + b"\x02\0", "option_out_of_range", 41, "terminator"),
        (42, EVENT_ID + b"\0\0\0\0" + HASH[:9], "truncated", 21, "outline.hash"),
        (28, HASH + b"\x05abc", "truncated", 42, "reason"),
        (82, EVENT_ID + b"\x02" + HASH, "truncated", 17, "ids"),
        (48, b"", "unknown_event", 8, ""),
        (255, b"\0" * 100, "unknown_event", 8, ""),
    ],
)
def test_an_undecodable_payload_names_rule_and_offset(number, data, rule, offset, field):
    with pytest.raises(DecodeError) as caught:
        decode_event(number, data)
    error = caught.value
    assert (error.rule, error.offset, error.field) == (rule, offset, field)
    assert outcome(check_event, number, data, 1, None) == str(error)


def test_the_error_is_that_of_the_specification_s_layout():
    """Not of the last thing that was tried instead."""
    with pytest.raises(DecodeError) as caught:
        decode_event(61, EVENT_ID + b"\x01\xc8", version=0)
    assert (caught.value.offset, caught.value.field) == (HEADER_BYTES, "peer")


def test_leb128_lengths_are_decoded_where_naturals_do_not_fit():
    decoded = decode_event(28, HASH + b"\x80\x01" + b"r" * 128)
    assert decoded.fields["reason"] == "r" * 128
    assert places(decoded.deviations) == [("leb128_length", 32, "reason")]


@all_cases("number", [n for n in range(256) if n not in EVENTS])
def test_unassigned_event_numbers_are_unknown(number):
    with pytest.raises(DecodeError) as caught:
        event_kind(number)
    assert caught.value.rule == "unknown_event"


# --- Any bytes -------------------------------------------------------------------


@all_cases("event", EVENTS.values(), ids=lambda event: event.variant)
def test_every_event_is_truncated_when_it_is_empty(event):
    assert outcome(decode_event, event.number, b"", 1, 2).startswith("truncated at offset 9 in ")


@pytest.mark.no_cover
@pytest.mark.parametrize(("event", "version"), LAYOUTS, ids=lambda x: getattr(x, "variant", x))
@examples(0.04)
@given(data=st.data())
def test_an_event_decodes_to_what_was_encoded(event, version, data):
    fields = data.draw(values(event.layout(version)))
    encoded = payload(event.layout(version), fields)
    decoded = decode_event(event.number, encoded, version=version, cores=CORES)
    assert decoded == (fields, ())
    assert check_event(event.number, encoded, version=version, cores=CORES) == ()


@pytest.mark.no_cover
@pytest.mark.slow
@examples(2)
@given(hostile_payloads(), st.none() | st.integers(1, MAX_CORES) | st.just(CORES))
def test_the_check_agrees_with_decoding_about_any_bytes(case, cores):
    number, version, data = case
    assert outcome(check_event, number, data, version, cores) == outcome(
        decode_event, number, data, version, cores
    )


@pytest.mark.no_cover
@pytest.mark.slow
@examples(2)
@given(hostile_payloads(), st.none() | st.just(CORES))
def test_arbitrary_bytes_decode_or_fail_at_an_offset_within_them(case, cores):
    number, version, data = case
    try:
        told = decode_event(number, data, version=version, cores=cores).deviations
    except DecodeError as error:
        told = (error,)
    # A number that is unknown is itself the place, one byte before the payload.
    start = HEADER_BYTES if number in EVENTS else HEADER_BYTES - 1
    assert all(start <= each.offset <= HEADER_BYTES + len(data) for each in told)
    assert all(each.rule and each.expectation for each in told)


@pytest.mark.no_cover
@examples(2)
@given(st.data())
def test_a_plain_layout_is_read_at_once_as_it_is_field_by_field(data):
    """``read_event`` always takes the long way."""
    event, version = data.draw(st.sampled_from(LAYOUTS))
    encoded = payload(event.layout(version), data.draw(values(event.layout(version))))
    cut = data.draw(st.integers(-1, 1))
    sent = encoded[: len(encoded) + min(cut, 0)] + b"x" * max(cut, 0)
    for dialect in decoding.Dialect:

        def read(decode, of=lambda answer: answer, dialect=dialect):
            try:
                return of(decode(event.number, sent, version=version, cores=CORES, dialect=dialect))
            except DecodeError as error:
                return str(error)

        assert read(decode_event) == read(decoding.read_event, lambda answer: answer[1])


@given(hostile_payloads())
def test_bytes_without_deviation_are_the_only_encoding_of_their_values(case):
    number, version, data = case
    try:
        decoded = decode_event(number, data, version=version, cores=CORES)
    except DecodeError:
        return
    if not decoded.deviations:
        assert payload(EVENTS[number].layout(version), decoded.fields) == data


# --- What hostile bytes may cost -------------------------------------------------


def item(imports: bytes) -> bytes:
    """A work item of 31 bytes and its imports' length: the most structures per byte."""
    return bytes(28) + imports + b"\0\0"


LONG = 1 << 16
OUTLINE = EVENT_ID + bytes(2 + 72) + b"\0"
HOSTILE = {
    "u16 list": (168, EVENT_ID + encode_natural(LONG // 2) + bytes(LONG) + b"\0\xff"),
    "work items": (94, OUTLINE + encode_natural(LONG // 31) + item(b"\0") * (LONG // 31)),
    "deviating work items": (
        94,
        OUTLINE + encode_natural(LONG // 32) + item(b"\x80\0") * (LONG // 32),
    ),
    "broken work items": (
        94,
        OUTLINE + encode_natural(LONG // 31) + item(b"\0") * (LONG // 31 - 1) + item(b"\xff"),
    ),
    "refine costs": (101, EVENT_ID + encode_natural(LONG // 104) + bytes(LONG)),
    "reason": (28, HASH + encode_natural(LONG) + b"\xff" * LONG),
}


@pytest.mark.no_cover
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_cost_a_bounded_multiple_of_their_size(name):
    number, data = HOSTILE[name]
    tracemalloc.start()
    try:
        outcome(check_event, number, data, 1, 2)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 * len(data)


@pytest.mark.no_cover
@pytest.mark.parametrize("name", HOSTILE)
def test_decoding_leaves_no_reference_cycles(name):
    """Thousands of bad events a second must not pile up until a collection."""
    number, data = HOSTILE[name]
    outcome(check_event, number, data, 1, 2)
    # The youngest generation alone: a search through all that a worker has takes a second.
    gc.collect(0)
    gc.disable()
    try:
        outcome(check_event, number, data, 1, 2)
        assert gc.collect(0) == 0
    finally:
        gc.enable()


def test_reported_deviations_are_bounded():
    number, data = HOSTILE["deviating work items"]
    assert len(check_event(number, data)) == MAX_DEVIATIONS


@pytest.mark.no_cover
@pytest.mark.slow
def test_a_hostile_version_does_not_fill_the_cache():
    for version in range(256):
        for number in EVENTS:
            outcome(check_event, number, b"", version, None)
    assert decoding._shape.cache_info().currsize <= 2 * len(EVENTS)


def decoded(decode, number, sent, version, cores):
    """Fields and deviations, or the error in words."""
    try:
        return decode(number, sent, version=version, cores=cores)
    except DecodeError as error:
        return error.rule, error.offset, error.field, error.expectation


def decode_by_all_readings(number, sent, *, version, cores):
    return read_event(number, sent, version=version, cores=cores)[1]


@given(hostile_payloads(), st.sampled_from([None, 1, CORES]))
def test_events_as_specified_are_decoded_as_by_all_readings(hostile, cores):
    number, version, sent = hostile
    for each in (sent, sent[:-1], sent + b"\0"):
        by_all = decoded(decode_by_all_readings, number, each, version, cores)
        assert decoded(decode_event, number, each, version, cores) == by_all


def test_vectors_are_decoded_as_by_all_readings():
    for vector in [*event_vectors(), *event_vectors(conformant=False)]:
        number, sent = vector.content[HEADER_BYTES - 1], vector.content[HEADER_BYTES:]
        for cores in (None, 1, 2):
            by_all = decoded(decode_by_all_readings, number, sent, 1, cores)
            assert decoded(decode_event, number, sent, 1, cores) == by_all
