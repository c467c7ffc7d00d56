from hypothesis import given
from hypothesis import strategies as st

from tart.protocol.byte_reader import encode_natural
from tart.rpc.code_metadata import (
    MAX_AUTHORS,
    MAX_METADATA_BYTES,
    CodeMetadata,
    read_code_metadata,
)
from tests.cases import all_cases

# github.com/davxy/jam-test-vectors 7037a037, preimages in traces/storage_light/genesis.json.
BOOTSTRAP = bytes.fromhex(
    "5000156a616d2d626f6f7473747261702d7365727669636506302e312e32370a4170616368652d322e30012550617269"
    "747920546563686e6f6c6f67696573203c61646d696e407061726974792e696f3e2035002800"
)
NULL_AUTHORIZER = bytes.fromhex(
    "18000f4e554c4c20417574686f72697a65720131034343300000000000000000000000000a00000000000633073308"
)


def text(value):
    return encode_natural(len(value.encode())) + value.encode()


def written(name, version, licence, authors):
    content = b"\0" + text(name) + text(version) + text(licence) + encode_natural(len(authors))
    content += b"".join(map(text, authors))
    return encode_natural(len(content)) + content


def test_code_of_parity_is_named():
    assert read_code_metadata(BOOTSTRAP) == CodeMetadata(
        "jam-bootstrap-service",
        "0.1.27",
        "Apache-2.0",
        ("Parity Technologies <admin@parity.io>",),
    )
    assert read_code_metadata(NULL_AUTHORIZER) == CodeMetadata("NULL Authorizer", "1", "CC0", ())


@given(st.text(max_size=50), st.text(max_size=9), st.lists(st.text(max_size=9), max_size=3))
def test_what_is_written_is_read(name, version, authors):
    code = written(name, version, "MIT", authors) + b"code"
    assert read_code_metadata(code) == CodeMetadata(name, version, "MIT", tuple(authors))


@given(st.binary(max_size=100))
def test_any_code_has_metadata_or_none(code):
    assert isinstance(read_code_metadata(code), CodeMetadata | None)


@all_cases(
    "code",
    [
        b"",
        b"\x01\x01",
        BOOTSTRAP[:40],
        b"\x05\0\x01\xff\0\0",
        b"\x06" + written("", "", "", [])[1:] + b"\0",
        written("a" * MAX_METADATA_BYTES, "", "", []),
        written("a", "", "", [""] * (MAX_AUTHORS + 1)),
        b"\xff" * 9,
    ],
)
def test_other_code_has_none(code):
    assert read_code_metadata(code) is None
