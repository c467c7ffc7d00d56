from tart.errors import DecodeError
from tart.rpc.data_error import RpcDataError


def test_the_error_is_one_sentence_that_names_the_data():
    error = RpcDataError("a header hash", "it has 31 bytes, not 32")
    assert str(error) == "cannot read a header hash from a node's RPC: it has 31 bytes, not 32"
    assert isinstance(error, DecodeError)
