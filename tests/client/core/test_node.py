"""Who the node is, checked when it is said."""

from __future__ import annotations

import pytest

from tart.client.core.node import node_information
from tart.errors import EncodeError
from tart.protocol.node_information import (
    PARAMETER_LAYOUTS,
    decode_node_information,
    encode_node_information,
)
from tart.testing import FULL_PARAMETERS, TINY_PARAMETERS

WHO = {
    "peer_id": bytes(range(32)),
    "parameters": TINY_PARAMETERS,
    "genesis": bytes(range(32, 64)),
    "implementation_name": "a node",
    "implementation_version": "1.0",
    "gp_version": "0.7.2",
}
OF_0_8 = {name: FULL_PARAMETERS[name] for name, _ in PARAMETER_LAYOUTS["gp-0.8"].fields}


def written(layout: str, parameters) -> bytes:
    out = bytearray()
    PARAMETER_LAYOUTS[layout].write(parameters, out)
    return bytes(out)


@pytest.mark.parametrize(
    ("layout", "parameters"), [("gp-0.7", FULL_PARAMETERS), ("gp-0.8", OF_0_8)]
)
@pytest.mark.parametrize("as_bytes", [False, True])
def test_parameters_are_named_or_as_the_host_call_gives_them(layout, parameters, as_bytes):
    given = written(layout, parameters) if as_bytes else parameters
    gp_version = {"gp-0.7": "0.7.2", "gp-0.8": "0.8.0"}[layout]
    information = node_information(**{**WHO, "parameters": given, "gp_version": gp_version})
    read = decode_node_information(encode_node_information(information))
    assert (read.layout, read.parameters, read.deviations) == (layout, parameters, ())


def test_node_information_has_every_argument():
    information = node_information(
        **WHO,
        address="10.0.0.1",
        port=40_000,
        recompiler=True,
        additional_info="note",
        protocol_version=0,
    )
    read = decode_node_information(encode_node_information(information))
    assert (read.address, read.port, read.flags) == ("10.0.0.1", 40_000, 1)
    assert (read.additional_info, read.protocol_version) == ("note", 0)
    assert (read.peer_id, read.genesis) == (WHO["peer_id"], WHO["genesis"])
    assert (read.implementation_name, read.implementation_version) == ("a node", "1.0")


@pytest.mark.parametrize(
    "wrong",
    [
        {"peer_id": bytes(31)},
        {"genesis": "00"},
        {"parameters": bytes(133)},
        {"parameters": {"core_count": 2}},
        {"parameters": {**TINY_PARAMETERS, "core_count": 342}},
        {"implementation_name": "x" * 33},
        {"gp_version": "x" * 17},
        {"additional_info": "x" * 513},
        {"address": "localhost"},
        {"port": 65_536},
        {"protocol_version": 2},
    ],
)
def test_node_information_that_does_not_fit_is_refused(wrong):
    with pytest.raises(EncodeError):
        node_information(**{**WHO, **wrong})
