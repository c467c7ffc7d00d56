import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.errors import EncodeError
from tart.rpc.data_error import RpcDataError
from tart.rpc.parameters import ChainParameters
from tart.rpc.service_data import ServiceData, decode_service_data, encode_service_data
from tart.testing import TINY_PARAMETERS
from tests.cases import all_cases
from tests.rpc.strategies import U32
from tests.vectors import rpc

VECTORS = rpc.load("service_data")
U64 = st.integers(0, 2**64 - 1)
ACCOUNTS = st.builds(
    ServiceData,
    st.binary(min_size=32, max_size=32),
    *[U64] * 5,
    *[U32] * 4,
    st.sampled_from([None, 0]),
)


@all_cases("vector", VECTORS, ids=lambda vector: vector["name"])
def test_accounts_of_other_implementations_have_the_values_that_these_gave(vector):
    blob = bytes.fromhex(vector["blob"])
    assert len(blob) == vector["octets"]
    account = decode_service_data(blob)
    assert {**account._asdict(), "code_hash": account.code_hash.hex()} == vector["values"]
    assert account.threshold(ChainParameters(TINY_PARAMETERS)) == vector["threshold"]
    assert encode_service_data(account) == blob


@given(ACCOUNTS)
def test_what_is_written_is_read(account):
    assert decode_service_data(encode_service_data(account)) == account


@given(st.binary(max_size=100))
def test_any_other_bytes_are_an_error(blob):
    if len(blob) != 88:
        with pytest.raises(RpcDataError):
            decode_service_data(b"\x01" + blob[1:] if len(blob) == 89 else blob)


def test_the_error_names_the_length_or_the_version():
    with pytest.raises(RpcDataError, match="it has 3 bytes, not 89 or 88"):
        decode_service_data(b"abc")
    with pytest.raises(RpcDataError, match="its version is 1, and only 0 is known"):
        decode_service_data(b"\x01" + bytes(88))


def test_without_deposits_there_is_no_threshold():
    account = decode_service_data(bytes(89))
    assert account.threshold(ChainParameters()) is None
    assert account.threshold(ChainParameters({"deposit_per_account": 1})) is None
    assert account.threshold(ChainParameters(TINY_PARAMETERS)) == 100


def test_values_that_the_account_does_not_have_are_not_written():
    account = decode_service_data(bytes(89))
    with pytest.raises(EncodeError):
        encode_service_data(account._replace(balance=1 << 64))
    with pytest.raises(EncodeError):
        encode_service_data(account._replace(code_hash=b"short"))
