"""The client against the RPC of others: recorded connections, replayed."""

import json

from tart.rpc.connection import (
    Refused,
    Reply,
    RpcConnection,
    Subscribed,
    SubscriptionFailed,
    Update,
)
from tart.rpc.model import CoreRecord, ServiceRecord, Statistics, ValidatorRecord
from tart.rpc.parameters import read_parameters
from tart.rpc.readings import read_blob, read_block, read_hash, read_services, read_update
from tart.rpc.service_data import ServiceData, decode_service_data
from tart.rpc.statistics import decode_statistics, encode_statistics
from tests.vectors import rpc

TYPEBERRY, PARITY = rpc.load("typeberry_0_11_0"), rpc.load("parity_0_1_29")
TRACES = rpc.load("trace_statistics")["blobs"]


def replay(recorded=TYPEBERRY):
    """The events of a connection, after the same requests."""
    connection = RpcConnection()
    events = []
    for direction, text in recorded["frames"]:
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


def replies(method, recorded=TYPEBERRY):
    events = replay(recorded)
    return [each.result for each in events if isinstance(each, Reply) and each.method == method]


def updates(method, recorded=TYPEBERRY):
    events = replay(recorded)
    return [each.value for each in events if isinstance(each, Update) and each.method == method]


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


# --- Parity's server, Gray Paper 0.8 -----------------------------------------------


def invented(slot):
    """The statistics that the node behind Parity's server made up for a slot."""
    current = tuple(
        ValidatorRecord(
            blocks=(slot + 5 - index) // 6,
            tickets=3 * index,
            preimages=index,
            preimage_octets=1000 * index,
            guarantees=slot // 2,
            assurances=slot,
        )
        for index in range(6)
    )
    previous = tuple(
        record._replace(blocks=record.blocks + 100, assurances=70_000 + index)
        for index, record in enumerate(current)
    )
    core = CoreRecord(731 * slot, 6, 0, 5, 352 + slot, 0, 860, 30_615_000_000 * slot)
    service = ServiceRecord(
        refinement_count=1,
        refinement_gas=30_615,
        accumulate_count=1,
        accumulate_transfer_count=slot,
        accumulate_gas=110_846,
    )
    busy = service._replace(provided_count=2, provided_size=137_056)
    services = {0: service, 2**32 - 1: busy}
    return Statistics(current, previous, (CoreRecord(), core), services, "0.8")


def test_the_chain_of_parity_s_server_is_read():
    (parameters,) = map(read_parameters, replies("parameters", PARITY))
    assert (parameters.cores, parameters.val_count, parameters.epoch_slots) == (2, None, 12)
    assert parameters.validators == (6, "derived")
    assert len(parameters.members) == 29
    (best,) = map(read_block, replies("bestBlock", PARITY))
    assert (best.hash, best.slot) == (b"\x64" * 32, 100)
    assert [read_block(each).slot for each in replies("parent", PARITY)] == [99, 97]
    assert [read_services(each) for each in replies("listServices", PARITY)] == [[0, 2**32 - 1]]
    assert replies("servicePreimage", PARITY) == ["AQID"]


def test_statistics_of_parity_s_server_have_the_values_of_its_node():
    (blob,) = map(read_blob, replies("statistics", PARITY))
    assert decode_statistics(blob, cores=2) == invented(100)
    assert encode_statistics(invented(100)) == blob
    for value in updates("subscribeStatistics", PARITY):
        update = read_update(value)
        assert update.block.hash == bytes([update.block.slot]) * 32
        assert decode_statistics(read_blob(update.value), cores=2) == invented(update.block.slot)
    slots = [read_update(each).block.slot for each in updates("subscribeStatistics", PARITY)]
    assert slots == [101, 102, 103, 104]


def test_accounts_of_parity_s_server_have_89_bytes():
    account, nothing = replies("serviceData", PARITY)
    assert nothing is None
    expected = ServiceData(b"\xcc" * 32, 2**64 - 1, 10, 20, 137_137, 5, 4, 7, 100, 3)
    assert decode_service_data(read_blob(account)) == expected
    for value in updates("subscribeServiceData", PARITY):
        update = read_update(value)
        read = decode_service_data(read_blob(update.value))
        assert read == expected._replace(last_accumulation_slot=update.block.slot)


def test_a_subscription_to_parity_s_server_ends_with_its_first_error():
    events = replay(PARITY)
    (failed,) = [each for each in events if isinstance(each, SubscriptionFailed)]
    assert failed.method == "subscribeStatistics"
    assert failed.message.startswith("The block with header hash")
    later = events[events.index(failed) :]
    assert "subscribeStatistics" not in {each.method for each in later if isinstance(each, Update)}


def test_refusals_of_parity_s_server_are_told_from_each_other():
    refused = [each for each in replay(PARITY) if isinstance(each, Refused)]
    assert [(each.method, each.code, *kinds(each)) for each in refused] == [
        ("parent", 1, True, False),
        ("statistics", 1, True, False),
        ("workReport", 2, False, False),
        ("stateRoot", 0, False, False),
        ("nothing", -32601, False, True),
        ("statistics", -32602, False, False),
        ("statistics", -32602, False, False),
    ]
    assert read_hash(refused[0].data) == b"\x11" * 32
