"""Whatever a node's RPC sends costs its connection nothing: recorded messages with changes.

The oracle is the recording itself: messages that are left as they are must be read as they were,
whatever was between them, unless a changed one took their id or ended their subscription.
"""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import product
from random import Random

import pytest

from tart.errors import Busy
from tart.rpc.connection import ProtocolNoise, RpcConnection
from tart.rpc.data_error import RpcDataError
from tart.rpc.parameters import read_parameters
from tart.rpc.readings import (
    read_blob,
    read_block,
    read_optional_block,
    read_services,
    read_update,
)
from tart.rpc.service_data import decode_service_data
from tart.rpc.statistics import decode_statistics, encode_statistics
from tests.fuzz.budget import TIMEOUT, rounds
from tests.vectors import rpc

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(TIMEOUT)]
RECORDED = [rpc.load(name)["frames"] for name in ("typeberry_0_11_0", "parity_0_1_29")]
# Pieces of JSON that stand where others stood.
PIECES = [
    *("null", "true", "-1", "1e400", "18446744073709551616", "[]", "{}", "[[", "\x00", "é"),
    *('"0x"', '""', '"\\ud800"', '"' + "A" * 43 + '="', '{"header_hash":1}'),
    *('"slot":-1', '"id":1', '"id":null'),
]


def changed(random: Random, text: str) -> str | bytes:
    """A message with something replaced, doubled, cut or flipped."""
    match random.randrange(5):
        case 0:
            start = random.randrange(len(text))
            end = min(len(text), start + random.randrange(20))
            return text[:start] + random.choice(PIECES) + text[end:]
        case 1:
            octets = bytearray(text.encode())
            for _ in range(random.randint(1, 4)):
                octets[random.randrange(len(octets))] ^= 1 << random.randrange(8)
            return bytes(octets)
        case 2:
            return text[: random.randrange(len(text))]
        case 3:
            return f"[{text},{text}]"
    message = inner = json.loads(text)
    while True:
        member = random.choice(list(inner))
        if not isinstance(inner[member], dict) or random.random() < 0.2:
            break
        inner = inner[member]
    inner[member] = json.loads(random.choice(["null", "7", '"7"', "[7]", '{"a":7}', "true"]))
    return json.dumps(message)


def read_statistics(value: object) -> None:
    """Read statistics, which are valid if they are read at all."""
    blob = read_blob(value.get("value") if isinstance(value, dict) else value)
    assert encode_statistics(decode_statistics(blob, cores=2)) == blob


READERS = [
    read_block,
    read_optional_block,
    read_services,
    read_parameters,
    read_update,
    read_statistics,
    lambda value: decode_service_data(read_blob(value)),
]


def send(connection: RpcConnection, text: str) -> None:
    """Make a recorded request."""
    request = json.loads(text)
    method, params = request["method"], request["params"]
    if method.startswith("unsubscribe"):
        connection.unsubscribe(*params)
    elif method.startswith("subscribe"):
        connection.subscribe(method, *params)
    else:
        connection.call(method, *params)


def converse(random: Random, frames: list[list[str]]) -> None:
    """One connection: the recorded requests, and the recorded messages with others between."""
    connection = RpcConnection(max_pending=64)
    noise = 0
    for direction, text in frames:
        if direction == ">":
            with suppress(Busy):
                send(connection, text)
            continue
        messages = [changed(random, text) for _ in range(random.randrange(3))]
        for message in [*messages, text]:
            for event in connection.receive(message):
                noise += isinstance(event, ProtocolNoise)
                for value, reader in product(event, READERS):
                    with suppress(RpcDataError):
                        reader(value)
        assert connection.pending <= 64
    assert connection.noise.total() == noise


def test_changed_messages_of_recorded_nodes_are_read_or_are_noise():
    for seed in rounds():
        random = Random(seed)
        for _ in range(3):
            converse(random, random.choice(RECORDED))


def test_changes_do_not_touch_the_answers_beside_them():
    """With whole messages alone, and noise between them that bears no id, all is read."""
    for seed in rounds():
        random = Random(seed)
        for frames in RECORDED:
            connection, replies = RpcConnection(), 0
            for direction, text in frames:
                if direction == ">":
                    send(connection, text)
                    continue
                cut = text[: random.randrange(1, len(text))]
                assert [event.kind for event in connection.receive(cut)] == ["not_json"]
                replies += sum(
                    not isinstance(event, ProtocolNoise) for event in connection.receive(text)
                )
            silent = sum("unsubscribe" in text for direction, text in frames if direction == ">")
            assert replies == sum(direction == "<" for direction, _ in frames) - silent
