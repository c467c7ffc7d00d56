"""The first message: whose bytes they are, and whatever stands for the parameters."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.errors import EncodeError, NodeInformationError
from tart.protocol.byte_reader import encode_natural
from tart.protocol.node_information import (
    MAX_CORES,
    MAX_NODE_INFORMATION,
    PARAMETER_LAYOUTS,
    NodeInformation,
    decode_node_information,
    encode_node_information,
)
from tart.testing import FULL_PARAMETERS, TINY_PARAMETERS, FakeNode
from tests.protocol.notation import fields_of
from tests.protocol.strategies import mutated, values
from tests.vectors import field_table, node_vectors

GENESIS, PEER = bytes(range(32)), bytes(range(64, 96))
SIZES = {"gp-0.7": 134, "gp-0.8": 122}
TINY_0_8 = {name: TINY_PARAMETERS[name] for name, _ in PARAMETER_LAYOUTS["gp-0.8"].fields}

# What each deviating message of others is understood with; core counts beyond any
# network come from emitters' tests that number the bytes of the parameters.
DEVIATIONS = {
    "nodeinfo empty params (what the node really sends)": ["parameters_prefixed"],
    "nodeinfo empty params, 200-byte note": ["parameters_prefixed"],
    "nodeinfo 134-byte params, length-prefixed by E()": [
        "parameters_prefixed",
        "core_count_out_of_range",
    ],
    "literal golden vector of TestNodeInfo_GoldenVector (nodeinfo_test.go); "
    "JAM Parameters are a 4-byte placeholder DEADBEEF": ["parameters_length"],
    "nodeinfo": ["core_count_out_of_range"],
    "nodeinfo 134-byte params, 200-byte note": ["core_count_out_of_range"],
    "nodeinfo 300-byte note": ["core_count_out_of_range"],
}


def node(**changes) -> NodeInformation:
    information = FakeNode(PEER, genesis=GENESIS, note="a note").information
    return replace(information, **changes)


def tail_of(information: NodeInformation) -> bytes:
    """Its bytes after version and parameters."""
    return encode_node_information(replace(information, parameters=None, raw_parameters=b""))[1:]


def rules(information: NodeInformation) -> list[str]:
    return [each.rule for each in information.deviations]


def places(information: NodeInformation):
    return [(each.rule, each.offset, each.field) for each in information.deviations]


# --- Bytes that others wrote -----------------------------------------------------


@pytest.mark.parametrize("vector", node_vectors(), ids=str)
def test_vector_node_information_is_decoded(vector):
    read = decode_node_information(vector.content)
    expected = vector.expected
    address = expected["peer_address"]
    out = read.as_json()["details"]["peer_address"]

    assert read.protocol_version == expected["protocol_version"]
    assert read.genesis.hex() == expected["genesis_header_hash"]
    assert read.peer_id.hex() == expected["peer_id"]
    assert read.port == out["port"] == address["port"]
    assert encode_node_information(read)[-len(tail_of(read)) :] == tail_of(read)
    assert address["ipv6"] in tail_of(read).hex()
    assert read.flags == expected["node_flags"]
    assert read.implementation_name == expected["implementation_name"]
    assert read.implementation_version == expected["implementation_version"]
    assert read.gp_version == expected["gp_version"]
    assert read.additional_info == expected["note"]
    assert read.parameters == expected.get("jam_parameters", read.parameters)
    assert rules(read) == DEVIATIONS.get(vector.description, [])


@pytest.mark.parametrize("vector", [v for v in node_vectors() if v.conformant], ids=str)
def test_conformant_node_information_encodes_to_its_bytes(vector):
    assert encode_node_information(decode_node_information(vector.content)) == vector.content


def test_vectors_include_deviating_node_information():
    assert set(DEVIATIONS) <= {vector.description for vector in node_vectors()}


# --- Parameters ------------------------------------------------------------------


@pytest.mark.parametrize(("heading", "rows"), field_table()["jam_parameters"].items())
def test_parameters_are_those_of_the_field_table(heading, rows):
    name, size = heading.split(" ", 1)
    assert PARAMETER_LAYOUTS[name].fields == fields_of(rows)
    assert f"({PARAMETER_LAYOUTS[name].size} bytes)" == size


@pytest.mark.parametrize("parameters", [TINY_PARAMETERS, FULL_PARAMETERS])
def test_parameters_of_0_7_have_134_bytes(parameters):
    written = encode_node_information(node(parameters=parameters))
    read = decode_node_information(written)
    assert (read.layout, len(read.raw_parameters)) == ("gp-0.7", 134)
    assert read.parameters == parameters
    assert read.deviations == ()
    assert (read.cores, read.validators) == (parameters["core_count"], parameters["val_count"])


def test_parameters_of_0_8_have_122_bytes_and_three_validators_per_core():
    written = encode_node_information(node(parameters=TINY_0_8, layout="gp-0.8"))
    read = decode_node_information(written)
    assert (read.layout, len(read.raw_parameters)) == ("gp-0.8", 122)
    assert read.parameters == TINY_0_8
    assert read.deviations == ()
    assert (read.cores, read.validators) == (2, 6)


@pytest.mark.parametrize(("name", "size"), SIZES.items())
def test_parameters_with_a_length_prefix_are_decoded(name, size):
    parameters = TINY_PARAMETERS if name == "gp-0.7" else TINY_0_8
    plain = encode_node_information(node(parameters=parameters, layout=name))
    prefixed = plain[:1] + encode_natural(size) + plain[1:]
    read = decode_node_information(prefixed)
    assert (read.layout, read.parameters, read.cores) == (name, parameters, 2)
    assert len(read.raw_parameters) == size
    assert places(read) == [("parameters_prefixed", 1, "params")]


@pytest.mark.parametrize(
    ("params", "raw", "rule"),
    [
        (b"", b"", "parameters_length"),
        (b"\0", b"", "parameters_prefixed"),
        (b"\xde\xad\xbe\xef", b"\xde\xad\xbe\xef", "parameters_length"),
        (b"\x03abc", b"\x03abc", "parameters_length"),
        (b"\xff", b"\xff", "parameters_length"),
        (bytes(range(200)), bytes(range(200)), "parameters_length"),
        (bytes(400), bytes(400), "parameters_length"),
    ],
)
def test_parameters_of_unknown_layout_are_stored_unchanged(params, raw, rule):
    read = decode_node_information(b"\x01" + params + tail_of(node()))
    assert (read.parameters, read.layout, read.raw_parameters) == (None, "unknown", raw)
    assert (read.peer_id, read.additional_info) == (PEER, "a note")
    assert (read.cores, read.validators) == (None, None)
    assert places(read) == [(rule, 1, "params")]


@pytest.mark.parametrize("cores", [0, MAX_CORES + 1, 65_535])
@pytest.mark.parametrize("prefix", [b"", encode_natural(134)], ids=["plain", "prefixed"])
def test_an_invalid_core_count_is_not_used(cores, prefix):
    parameters = {**TINY_PARAMETERS, "core_count": cores}
    content = encode_node_information(node(parameters=parameters))
    read = decode_node_information(content[:1] + prefix + content[1:])
    assert read.parameters == parameters
    assert (read.cores, read.validators) == (None, None)
    at = places(read)[-1][1]
    assert places(read)[-1] == ("core_count_out_of_range", 25 + len(prefix), "core_count")
    assert (content[:1] + prefix + content[1:])[at : at + 2] == cores.to_bytes(2, "little")


@pytest.mark.parametrize("cores", [1, 2, MAX_CORES])
def test_a_valid_core_count_is_used(cores):
    parameters = {**TINY_PARAMETERS, "core_count": cores}
    read = decode_node_information(encode_node_information(node(parameters=parameters)))
    assert (read.cores, read.deviations) == (cores, ())


@pytest.mark.parametrize("params", [b"\0", b"\xde\xad\xbe\xef"])
def test_of_an_unknown_version_only_the_known_lengths_are_tried(params):
    """An event that came first has any byte there, and zeros enough to look like more."""
    with pytest.raises(NodeInformationError):
        decode_node_information(b"\x07" + params + tail_of(node()))


# --- Other deviations ------------------------------------------------------------


@pytest.mark.parametrize("version", [2, 255])
def test_an_unknown_protocol_version_is_a_deviation(version):
    read = decode_node_information(encode_node_information(node(protocol_version=version)))
    assert (read.protocol_version, read.cores) == (version, 2)
    assert places(read) == [("unknown_protocol_version", 0, "protocol_version")]


def test_undefined_flags_are_a_deviation_at_their_offset():
    content = encode_node_information(node(flags=0x0102))
    read = decode_node_information(content)
    ((rule, at, field),) = places(read)
    assert (rule, field, read.flags) == ("unknown_flags", "flags", 0x0102)
    assert content[at : at + 4] == b"\x02\x01\0\0"


@pytest.mark.parametrize(
    ("raw", "text", "rule"),
    [
        (encode_natural(600) + b"n" * 600, "n" * 600, "string_too_long"),
        (b"\x02\xc3\x28", "\ufffd(", "invalid_utf8"),
        (b"\x80\x01n", "n", "non_canonical_natural"),
    ],
)
def test_an_invalid_note_is_decoded_with_a_deviation(raw, text, rule):
    content = encode_node_information(node(additional_info=""))[:-1]
    read = decode_node_information(content + raw)
    assert read.additional_info == text
    assert [(r, f) for r, _, f in places(read)] == [(rule, "additional_info")]
    assert len(content) <= places(read)[0][1] < len(content + raw)


@pytest.mark.parametrize(
    ("field", "limit"),
    [
        (field, int(notation[7:-1]))
        for field, notation in field_table()["first_message"]
        if notation.startswith("string")
    ],
)
def test_strings_have_the_limits_of_the_field_table(field, limit):
    sent = node(**{field: "x" * limit})
    assert getattr(decode_node_information(encode_node_information(sent)), field) == "x" * limit
    with pytest.raises(EncodeError):
        encode_node_information(node(**{field: "x" * (limit + 1)}))


def test_leb128_lengths_are_decoded_where_naturals_do_not_fit():
    content = encode_node_information(node(additional_info=""))[:-1]
    read = decode_node_information(content + b"\xc8\x01" + b"n" * 200)
    assert (read.additional_info, read.layout) == ("n" * 200, "gp-0.7")
    assert rules(read) == ["leb128_length"]


@pytest.mark.parametrize(
    ("gp_version", "layout"), [("0.7.2", "gp-0.7"), ("0.8.0", "gp-0.8"), ("", "gp-0.7")]
)
def test_of_two_lengths_that_fit_the_graypaper_version_decides(gp_version, layout):
    """Read twelve bytes earlier, the name has its length in the address and ends as before."""
    name = "twofold"
    address = IPv6Address(bytes(10) + bytes([12 + len(name)]) + bytes(5))
    ambiguous = node(address=str(address), port=0, implementation_name=name, gp_version=gp_version)
    read = decode_node_information(encode_node_information(ambiguous))
    assert (read.layout, read.gp_version, read.deviations) == (layout, gp_version, ())
    assert (read.implementation_name == name) is (layout == "gp-0.7")


def test_a_flawless_unknown_length_overrides_a_flawed_known_one():
    """No parameters, but a note that passes for a tail at 122 bytes, except for its flags."""
    note = "a" * 116 + "\0" * 4
    tail = tail_of(
        node(
            implementation_name="n",
            implementation_version="",
            gp_version="",
            additional_info=note,
        )
    )
    content = b"\x01\0" + tail
    assert len(content) == 1 + 122 + 90
    read = decode_node_information(content)
    assert (read.implementation_name, read.additional_info) == ("n", note)
    assert rules(read) == ["parameters_prefixed"]


# --- What is not node information ------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\x01", "offset 1 in params"),
        (bytes(9), "offset 9 in params"),
        (bytes(90), "offset 90 in params"),
        (bytes(140), "truncated at offset 135 in genesis"),
        (b"\x01" * 3000, "bytes are left"),
        (b"\xff" * 300, "truncated"),
        (bytes(MAX_NODE_INFORMATION + 1), f"{MAX_NODE_INFORMATION} are accepted"),
    ],
)
def test_invalid_node_information_is_refused_with_a_reason(content, words):
    with pytest.raises(NodeInformationError, match=words) as caught:
        decode_node_information(content)
    assert caught.value.frame == content[:1024]


@pytest.mark.slow
def test_an_event_of_zeros_is_not_taken_for_node_information():
    """A node that reconnects without it must not get the zeros of a status as its key."""
    for leading in (b"\0", b"\x01"):
        for size in range(91, 500, 7):
            with pytest.raises(NodeInformationError):
                decode_node_information(leading + bytes(size - 1))


LONGEST = node(
    implementation_name="n" * 32,
    implementation_version="v" * 32,
    gp_version="0" * 16,
    additional_info="i" * 512,
)


def test_the_longest_legal_message_is_far_below_the_limit():
    assert len(encode_node_information(LONGEST)) == 818 < MAX_NODE_INFORMATION
    assert decode_node_information(encode_node_information(LONGEST)).deviations == ()


@pytest.mark.parametrize("size", [0, 1, 50, 400, 2000])
def test_the_longest_legal_strings_are_found_behind_parameters_of_any_length(size):
    read = decode_node_information(b"\x01" + b"\xaa" * size + tail_of(LONGEST))
    assert (read.implementation_name, read.additional_info) == ("n" * 32, "i" * 512)


def test_a_message_of_exactly_the_limit_is_read():
    head = encode_node_information(node(additional_info=""))[:-1]
    length = MAX_NODE_INFORMATION - len(head) - 2
    read = decode_node_information(head + encode_natural(length) + b"x" * length)
    assert read.additional_info == "x" * length


# --- Values ----------------------------------------------------------------------


def test_node_information_as_json_has_null_for_missing_parameters():
    out = node(parameters=TINY_0_8, layout="gp-0.8").as_json()
    assert list(out["params"]) == [name for name, _ in PARAMETER_LAYOUTS["gp-0.7"].fields]
    assert out["params"]["core_count"] == 2
    assert out["params"]["val_count"] is None
    assert out["params_layout"] == "gp-0.8"
    assert out["details"] == {
        "peer_id": PEER,
        "peer_address": {"ipv6": "127.0.0.1", "port": 40_000},
    }
    assert node(parameters=None, layout="unknown").as_json()["params"] is None


def test_deviations_do_not_affect_equality():
    read = decode_node_information(encode_node_information(node(flags=2)))
    assert read.deviations
    assert read == replace(read, deviations=())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"layout": "gp-0.6"}, "layout"),
        ({"protocol_version": 256}, ""),
        ({"parameters": {}}, ""),
        ({"parameters": {**TINY_PARAMETERS, "core_count": -1}}, "core_count"),
        ({"peer_id": b""}, "details.peer_id"),
        ({"address": "nowhere"}, "details.peer_address.ipv6"),
        ({"implementation_name": "n" * 33}, "implementation_name"),
    ],
)
def test_unencodable_node_information_is_refused_by_field(changes, field):
    with pytest.raises(EncodeError) as caught:
        encode_node_information(node(**changes))
    assert caught.value.field == field


@pytest.mark.no_cover
@pytest.mark.slow
@given(st.data())
def test_node_information_decodes_to_what_was_encoded(data):
    name = data.draw(st.sampled_from(sorted(PARAMETER_LAYOUTS)))
    parameters = data.draw(values(PARAMETER_LAYOUTS[name]))
    parameters["core_count"] = data.draw(st.integers(1, MAX_CORES))
    text = st.text(st.characters(codec="utf-8"), max_size=4)
    sent = node(
        parameters=parameters,
        layout=name,
        protocol_version=data.draw(st.sampled_from((0, 1))),
        flags=data.draw(st.sampled_from((0, 1))),
        implementation_name=data.draw(text),
        gp_version=name[3:] + ".0",
        additional_info=data.draw(text),
    )
    read = decode_node_information(encode_node_information(sent))
    assert read == replace(sent, raw_parameters=read.raw_parameters)
    assert read.deviations == ()


@pytest.mark.slow
@given(st.data())
def test_any_bytes_are_node_information_or_are_refused(data):
    valid = encode_node_information(node())
    content = data.draw(mutated(valid) | st.binary(max_size=300))
    try:
        read = decode_node_information(content)
    except NodeInformationError:
        return
    assert read.raw_parameters in content
    assert all(0 <= each.offset < len(content) for each in read.deviations)
