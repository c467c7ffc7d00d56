import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.errors import EncodeError
from tart.rpc.data_error import RpcDataError
from tart.rpc.model import CoreRecord, ServiceRecord, Statistics, ValidatorRecord
from tart.rpc.statistics import decode_statistics, encode_statistics
from tests.cases import all_cases, examples
from tests.rpc.strategies import statistics
from tests.vectors import rpc

VECTORS = rpc.load("statistics")
TRACES = rpc.load("trace_statistics")
TINY = Statistics(
    current=(ValidatorRecord(blocks=1),) * 6,
    previous=(ValidatorRecord(),) * 6,
    cores=(CoreRecord(), CoreRecord(gas_used=5_000_000_000)),
    services={7: ServiceRecord(accumulate_count=3), 1729: ServiceRecord(accumulate_gas=200)},
    layout="0.7",
)


def decode(vector):
    return decode_statistics(
        bytes.fromhex(vector["blob"]), cores=vector["cores"], validators=vector["validators"]
    )


@all_cases("vector", VECTORS, ids=lambda vector: vector["name"])
def test_statistics_of_other_implementations_have_the_values_that_these_gave(vector):
    decoded = decode(vector)
    assert decoded.layout == vector["layout"]
    for index, record in vector["current"].items():
        assert list(decoded.current[int(index)]) == record
    for index, record in vector["previous"].items():
        assert list(decoded.previous[int(index)]) == record
    assert [list(core) for core in decoded.cores] == vector["core_records"]
    services = {}
    for service, record in decoded.services.items():
        values = list(record)
        if decoded.layout == "0.7":
            assert values.pop(9) == 0
        services[str(service)] = values
    assert services == vector["services"]


@all_cases("vector", VECTORS, ids=lambda vector: vector["name"])
def test_statistics_of_other_implementations_are_written_as_these_wrote_them(vector):
    assert encode_statistics(decode(vector)).hex() == vector["blob"]


@all_cases("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_layout_is_found_without_the_number_of_validators(vector):
    assert decode({**vector, "validators": None}) == decode(vector)


@all_cases(("name", "blob"), list(TRACES["blobs"].items()))
def test_statistics_of_traces_are_read_to_the_last_byte_and_written_again(name, blob):
    for validators in (TRACES["validators"], None):
        decoded = decode_statistics(
            bytes.fromhex(blob), cores=TRACES["cores"], validators=validators
        )
        assert decoded.layout == "0.7"
        assert encode_statistics(decoded).hex() == blob


def test_the_two_crates_mean_the_same_but_for_the_transfers():
    by_name = {vector["name"]: decode(vector) for vector in VECTORS}
    old, new = by_name["crate-0.1.28"], by_name["crate-0.1.29"]
    assert (old.current, old.previous, old.cores) == (new.current, new.previous, new.cores)
    assert new.services[0].accumulate_transfer_count == 2
    assert old.services[0] == new.services[0]._replace(accumulate_transfer_count=0)


@pytest.mark.no_cover
@pytest.mark.slow
@given(statistics())
def test_what_is_written_is_read(value):
    blob = encode_statistics(value)
    cores, size = len(value.cores), len(value.current)
    validators = size if value.layout == "0.7" else None
    assert decode_statistics(blob, cores=cores, validators=validators) == value


@pytest.mark.no_cover
@pytest.mark.slow
@given(statistics(layout="0.7"))
def test_layout_0_7_is_found_where_a_set_is_full(value):
    blob = encode_statistics(value)
    assert decode_statistics(blob, cores=len(value.cores)) == value


@pytest.mark.no_cover
@pytest.mark.slow
@examples(2)
@given(statistics(), st.data())
def test_damaged_statistics_are_an_error_or_valid_statistics(value, data):
    blob = bytearray(encode_statistics(value))
    validators = data.draw(st.sampled_from([None, len(value.current)]))
    if data.draw(st.booleans()):
        del blob[data.draw(st.integers(0, len(blob) - 1)) :]
    else:
        for _ in range(data.draw(st.integers(1, 3))):
            position = data.draw(st.integers(0, len(blob) - 1))
            blob[position] ^= 1 << data.draw(st.integers(0, 7))
    try:
        found = decode_statistics(bytes(blob), cores=len(value.cores), validators=validators)
    except RpcDataError:
        return
    assert encode_statistics(found) == bytes(blob)


@given(st.binary(max_size=400), st.integers(0, 400), st.one_of(st.none(), st.integers(0, 2000)))
def test_any_bytes_are_an_error_or_valid_statistics(blob, cores, validators):
    try:
        found = decode_statistics(blob, cores=cores, validators=validators)
    except RpcDataError:
        return
    assert encode_statistics(found) == blob


@all_cases(
    ("change", "reason"),
    [
        (lambda blob: blob[:-1], "truncated at offset 337"),
        (lambda blob: blob + b"\0", "1 bytes after its last part"),
        (lambda blob: b"", "0 bytes left for 6 validators"),
        (lambda blob: blob.replace(b"\x07\0\0\0", b"\xc1\x06\0\0"), "expected ascending ids"),
        (lambda blob: blob[:288] + b"\x80\x01" + blob[289:], "non_canonical_natural"),
        (lambda blob: blob[:-2] + b"\xff\x01", "expected 8 bytes, 1 are left"),
    ],
)
def test_the_error_says_where_the_statistics_end_to_make_sense(change, reason):
    with pytest.raises(RpcDataError) as raised:
        decode_statistics(change(encode_statistics(TINY)), cores=2, validators=6)
    assert reason in str(raised.value)


def test_without_the_number_of_validators_the_error_names_both_layouts():
    with pytest.raises(RpcDataError) as raised:
        decode_statistics(b"\x07" + bytes(40), cores=2)
    assert str(raised.value) == (
        "cannot read statistics from a node's RPC: layout 0.8 has 7 validators at offset 0: "
        "expected a multiple of 3 from 6 to 6, or 0; layout 0.7 has 41 bytes left for 6 "
        "validators at offset 0: expected at least 144"
    )


def test_a_node_of_the_newer_layout_may_send_the_older_parameter():
    records = (ValidatorRecord(blocks=1),) * 6
    value = TINY._replace(current=records, previous=records, layout="0.8")
    assert decode_statistics(encode_statistics(value), cores=2, validators=6) == value


def test_a_number_of_services_that_cannot_fit_is_refused_before_they_are_read():
    blob = encode_statistics(TINY._replace(services={}))[:-1] + b"\xff" + b"\xff" * 8
    with pytest.raises(RpcDataError, match="left for 18446744073709551615 services"):
        decode_statistics(blob, cores=2, validators=6)


@all_cases(
    ("value", "field"),
    [
        (TINY._replace(current=(ValidatorRecord(blocks=1 << 32),) * 6), "current[0]"),
        (TINY._replace(previous=()), "previous"),
        (TINY._replace(cores=(CoreRecord(gas_used=1 << 64),)), "cores[0]"),
        (TINY._replace(services={1 << 32: ServiceRecord()}), "services[4294967296]"),
        (TINY._replace(services={1: ServiceRecord(imports=-1)}), "services[1]"),
        (
            TINY._replace(services={1: ServiceRecord(accumulate_transfer_count=1)}),
            "services[1].accumulate_transfer_count",
        ),
        (TINY._replace(layout="0.8", current=(ValidatorRecord(),) * 7), "current"),
        (TINY._replace(layout="0.8", previous=(ValidatorRecord(),) * 9), "previous"),
    ],
)
def test_values_that_the_layout_does_not_have_are_not_written(value, field):
    with pytest.raises(EncodeError) as raised:
        encode_statistics(value)
    assert raised.value.field == field
