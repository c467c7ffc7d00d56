from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.rpc import readings
from tart.rpc.data_error import RpcDataError
from tart.rpc.model import BlockDescriptor
from tart.rpc.readings import RpcFault, StateUpdate, read_fault
from tests.cases import all_cases
from tests.rpc.strategies import JSON

HASH = bytes(range(32))
B64 = b64encode(HASH).decode()
FORMS = [B64, B64.rstrip("="), f"0x{HASH.hex()}", HASH.hex().upper(), list(HASH)]


@all_cases("form", FORMS, ids=str)
def test_a_hash_is_read_from_every_form(form):
    assert readings.read_hash(form) == HASH


@all_cases(
    ("value", "reason"),
    [
        (B64[:-4], "it has 30 bytes, not 32"),
        ("ThisIsNotBase64!!", "is neither Base64 nor hexadecimal"),
        (7, "7 is no text"),
        (None, "null is no text"),
        ([256] * 32, "its array has other values"),
        ([True] * 32, "its array has other values"),
        ([[1]] * 32, "its array has other values"),
        ({"a": 1}, "an object with a is no text"),
        ("é" * 500, "…"),
    ],
    ids=str,
)
def test_other_values_are_no_hash(value, reason):
    with pytest.raises(RpcDataError) as raised:
        readings.read_hash(value)
    assert reason in str(raised.value)
    assert len(str(raised.value)) < 500


def test_blobs_may_be_null_where_the_block_is_known():
    assert readings.read_optional_blob(None) is None
    assert readings.read_optional_blob("AQID") == b"\1\2\3"
    assert readings.read_optional_blob([]) == b""
    assert readings.read_blob("") == b""


@given(st.binary(max_size=200))
def test_a_blob_is_read_from_base64_and_from_an_array(octets):
    assert readings.read_blob(list(octets)) == octets
    assert readings.read_blob(f"0x{octets.hex()}") == octets
    encoded = b64encode(octets).decode()
    if not encoded.startswith("0x"):
        assert readings.read_blob(encoded) == octets


@all_cases(
    "value",
    [
        {"header_hash": B64, "slot": 100},
        {"hash": B64, "slot": "100", "other": 1},
        {"headerHash": f"0x{HASH.hex()}", "slot": 100.0},
        [B64, 100],
        [list(HASH), "100n"],
    ],
    ids=str,
)
def test_a_block_is_read_from_every_form(value):
    assert readings.read_block(value) == BlockDescriptor(HASH, 100)
    assert readings.read_optional_block(value) == BlockDescriptor(HASH, 100)


@all_cases(
    "value",
    [
        None,
        [],
        [B64],
        {"slot": 1},
        {"header_hash": B64},
        {"hash": B64, "slot": -1},
        B64,
        {"hash": B64, "slot": 1 << 32},
        {"hash": B64, "slot": True},
        [B64, 1.5],
        [B64, "x"],
        [B64, 1, 2],
    ],
    ids=str,
)
def test_other_values_are_no_block(value):
    with pytest.raises(RpcDataError):
        readings.read_block(value)


def test_null_is_no_block_where_a_node_says_unknown_so():
    assert readings.read_optional_block(None) is None


def test_services_are_sorted_and_unique():
    assert readings.read_services([5, 1, 5]) == [1, 5]
    for value in (None, {}, [1, -1], [1 << 32], ["x"]):
        with pytest.raises(RpcDataError):
            readings.read_services(value)


def test_an_update_is_read_wrapped_and_bare():
    wrapped = {"header_hash": B64, "slot": 100, "value": "AQID"}
    assert readings.read_update(wrapped) == StateUpdate(BlockDescriptor(HASH, 100), "AQID")
    assert readings.read_update({**wrapped, "value": None}).value is None
    assert readings.read_update("AQID") == StateUpdate(None, "AQID")
    assert readings.read_update([1, 2]) == StateUpdate(None, [1, 2])
    with pytest.raises(RpcDataError):
        readings.read_update({"header_hash": B64, "slot": 100})


def test_integers_beyond_a_double_are_exact():
    value = readings.parse_json('{"a": 9007199254740993, "b": 18446744073709551617}')
    assert value == {"a": 2**53 + 1, "b": 2**64 + 1}
    assert readings.read_integer(value["a"], "a") == 2**53 + 1
    assert readings.read_integer("9007199254740993", "a") == 2**53 + 1
    with pytest.raises(RpcDataError, match="is not from 0 to 18446744073709551615"):
        readings.read_integer(value["b"], "b")
    with pytest.raises(RpcDataError, match="is no number"):
        readings.read_integer(1e300, "c")


@all_cases(
    "text",
    ["", "{", "[" * 100_000, "NaN", "1e999", "1" * 5000, '"\\ud800"', "\ud800", b"\xff", b"\0"],
    ids=lambda text: repr(text)[:20],
)
def test_text_that_is_no_json_is_an_error(text):
    with pytest.raises(RpcDataError, match="it is not valid JSON"):
        readings.parse_json(text)


@all_cases(
    ("value", "fault"),
    [
        ({"code": 1, "message": "gone", "data": B64}, RpcFault(1, "gone", B64)),
        ({"code": -32601}, RpcFault(-32601, "")),
        ({"message": "Oops"}, RpcFault(0, "Oops")),
        ({"code": "1", "message": None}, RpcFault(0, "")),
        ({"code": True, "message": ["a"]}, RpcFault(0, "an array of 1")),
        ("free text", RpcFault(0, "free text")),
        (None, RpcFault(0, "")),
        (17, RpcFault(0, "17")),
    ],
    ids=str,
)
def test_any_value_is_an_error_object(value, fault):
    assert read_fault(value) == fault


def test_a_long_message_is_shortened():
    assert len(read_fault({"code": 1, "message": "x" * 10_000}).message) == readings.MAX_TEXT


@all_cases(
    ("fault", "unavailable", "unsupported"),
    [
        (RpcFault(1, ""), True, False),
        (RpcFault(0, "Block unavailable: 0x11"), True, False),
        (RpcFault(3000, "State not found"), True, False),
        (RpcFault(0, "Method not implemented"), False, True),
        (RpcFault(0, "Unknown: bestBlock method not found"), False, True),
        (RpcFault(-32601, ""), False, True),
        (RpcFault(-32602, "Invalid block"), False, False),
        (RpcFault(0, ""), False, False),
    ],
    ids=str,
)
def test_an_error_says_if_another_node_may_have_the_answer(fault, unavailable, unsupported):
    assert (fault.is_unavailable, fault.is_unsupported) == (unavailable, unsupported)


READERS = [
    readings.read_block,
    readings.read_optional_block,
    readings.read_hash,
    readings.read_blob,
    readings.read_optional_blob,
    readings.read_services,
    readings.read_update,
    readings.read_slot,
]


@given(JSON, st.sampled_from(READERS))
def test_any_json_is_read_or_is_the_one_error(value, reader):
    try:
        reader(value)
    except RpcDataError:
        return


@given(JSON)
def test_any_json_is_a_fault(value):
    fault = read_fault(value)
    assert isinstance(fault.is_unavailable or fault.is_unsupported, bool)


@given(st.one_of(st.text(), st.binary()))
def test_any_text_is_json_or_the_one_error(text):
    try:
        readings.parse_json(text)
    except RpcDataError:
        return
