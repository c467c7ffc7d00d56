from base64 import b64encode

import pytest

from tart.chain.core.answers import (
    BEST,
    CODE,
    PARAMETERS,
    PARENT,
    SERVICE,
    SERVICES,
    STATISTICS,
    read_answer,
)
from tart.rpc.data_error import RpcDataError
from tart.rpc.model import BlockDescriptor
from tart.rpc.parameters import ChainParameters
from tests.chain.model_chain import PARAMETERS as MEMBERS
from tests.chain.model_chain import ModelChain, View

UNKNOWN = ChainParameters()
KNOWN = ChainParameters(MEMBERS)
CHAIN = ModelChain()
VIEW = View(CHAIN, CHAIN.genesis, CHAIN.genesis)


def test_each_method_has_its_reader():
    block = {"header_hash": b64encode(b"\1" * 32).decode(), "slot": 7}
    assert read_answer(BEST, block, UNKNOWN) == BlockDescriptor(b"\1" * 32, 7)
    assert read_answer(PARENT, block, UNKNOWN).slot == 7
    assert read_answer(PARAMETERS, {"V1": {"core_count": 2}}, UNKNOWN).cores == 2
    assert read_answer(SERVICES, [3, 1], UNKNOWN) == [1, 3]
    assert read_answer(SERVICE, None, UNKNOWN) is None
    account = b64encode(VIEW.service_data(CHAIN.genesis, 7)).decode()
    assert read_answer(SERVICE, account, UNKNOWN).balance == 5
    assert read_answer(CODE, None, UNKNOWN) is None
    assert read_answer(CODE, "AQID", UNKNOWN) == b"\1\2\3"


def test_statistics_need_the_number_of_cores():
    blob = b64encode(VIEW.statistics(CHAIN.genesis)).decode()
    expected = CHAIN.blocks[CHAIN.genesis].statistics
    assert read_answer(STATISTICS, blob, KNOWN) == expected
    with pytest.raises(RpcDataError, match="number of cores"):
        read_answer(STATISTICS, blob, UNKNOWN)


@pytest.mark.parametrize("method", [BEST, PARENT, PARAMETERS, SERVICES, SERVICE, STATISTICS])
def test_garbage_is_an_error(method):
    with pytest.raises(RpcDataError):
        read_answer(method, "?", KNOWN)
