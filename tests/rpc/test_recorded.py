"""The client against a real node: a recorded connection to typeberry, replayed."""

import json

from tart.rpc.connection import (
    Refused,
    Reply,
    RpcConnection,
    Subscribed,
    Update,
)
from tart.rpc.parameters import read_parameters
from tart.rpc.readings import read_blob, read_block, read_services, read_update
from tart.rpc.service_data import decode_service_data
from tart.rpc.statistics import decode_statistics
from tests.vectors import rpc

RECORDED = rpc.load("typeberry_0_11_0")
TRACES = rpc.load("trace_statistics")["blobs"]


def replay():
    """The events of the connection, after the same requests."""
    connection = RpcConnection()
    events = []
    for direction, text in RECORDED["frames"]:
        if direction == "<":
            events += connection.receive(text)
            continue
        request = json.loads(text)
        method, params = request["method"], request["params"]
        if method.startswith("unsubscribe"):
            outgoing = connection.unsubscribe(*params)
        elif method.startswith("subscribe"):
            outgoing = connection.subscribe(method, *params)
        else:
            outgoing = connection.call(method, *params)
        assert outgoing.text == text
    assert not connection.noise
    assert connection.pending == 0
    return events


def replies(method):
    return [each.result for each in replay() if isinstance(each, Reply) and each.method == method]


def updates(method):
    return [each.value for each in replay() if isinstance(each, Update) and each.method == method]


def test_the_chain_of_typeberry_is_read():
    (parameters,) = map(read_parameters, replies("parameters"))
    assert (parameters.cores, parameters.val_count, parameters.epoch_slots) == (2, 6, 12)
    assert parameters.unreadable == ()
    assert [block.slot for block in map(read_block, replies("bestBlock"))] == [40, 60]
    assert [block.slot for block in map(read_block, replies("parent"))] == [39, 38, 37]
    assert [read_services(each) for each in replies("listServices")] == [[]]


def test_statistics_of_typeberry_are_those_of_the_traces_it_imported():
    blobs = [read_blob(each) for each in replies("statistics")]
    blobs += [read_blob(read_update(each).value) for each in updates("subscribeStatistics")]
    slots = [40, 39, 38, 40, 49, 59, 60]
    assert [blob.hex() for blob in blobs] == [
        TRACES[f"storage_light/{slot:08}.json"] for slot in slots
    ]
    authored = [
        sum(record.blocks for record in decode_statistics(blob, cores=2, validators=6).current)
        for blob in blobs
    ]
    # One block a slot, and an epoch has 12 slots.
    assert authored == [slot % 12 + 1 for slot in slots]


def test_updates_of_typeberry_skip_blocks_and_do_not_name_them():
    assert [read_block(each).slot for each in updates("subscribeBestBlock")] == [40, 49, 59, 60]
    assert updates("subscribeFinalizedBlock") == updates("subscribeBestBlock")
    for value in updates("subscribeStatistics"):
        assert read_update(value).block is None


def test_accounts_of_typeberry_have_88_bytes():
    values = [each for each in replies("serviceData") if each is not None]
    values += [read_update(each).value for each in updates("subscribeServiceData")]
    accounts = [decode_service_data(read_blob(each)) for each in values]
    assert [account.version for account in accounts] == [None] * 4
    assert [account.last_accumulation_slot for account in accounts] == [40, 40, 49, 58]


def test_refusals_of_typeberry_are_told_from_each_other():
    refused = [each for each in replay() if isinstance(each, Refused)]
    shown = [(each.method, each.code, *kinds(each)) for each in refused]
    assert shown == [
        ("parent", 1, True, False),
        ("statistics", 0, True, False),
        ("syncState", 0, False, True),
        ("workReport", -32602, False, False),
        ("nothing", -32601, False, True),
        ("statistics", -32602, False, False),
        ("statistics", -32602, False, False),
    ]
    keys = [each.key for each in replay() if isinstance(each, Subscribed)]
    assert keys == ["0x0", "0x1", "0x2", "0x3"]


def kinds(refused):
    return refused.fault.is_unavailable, refused.fault.is_unsupported
