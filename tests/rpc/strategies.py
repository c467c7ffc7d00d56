"""Values of the RPC for property tests: any that their types can carry."""

from __future__ import annotations

from base64 import b64encode

from hypothesis import strategies as st

from tart.rpc.model import CoreRecord, ServiceRecord, Statistics, ValidatorRecord

U32 = st.integers(0, 2**32 - 1)
# Small ones, the edges between lengths, and any.
NATURALS = st.one_of(
    st.integers(0, 300),
    st.sampled_from([(1 << bits) + delta for bits in range(7, 64, 7) for delta in (-1, 0)]),
    st.integers(0, 2**64 - 1),
)
SET_SIZES = st.sampled_from([6, 9, 12, 30, 120, 1023])


def _records(kind, numbers, size):
    """Records of which a few differ; writing thousands of numbers tries nothing new."""
    few = st.lists(
        st.tuples(*[numbers] * len(kind._fields)).map(kind._make), min_size=1, max_size=4
    )
    return few.map(lambda some: tuple(some[index % len(some)] for index in range(size)))


@st.composite
def statistics(draw, layout=None):
    """Statistics of a network of any size that the Gray Paper allows."""
    layout = layout or draw(st.sampled_from(["0.7", "0.8"]))
    size = draw(SET_SIZES)
    cores = size // 3 if layout == "0.7" else draw(st.integers(size // 3, 341))
    before = size if layout == "0.7" else draw(st.sampled_from([0, 6, size]))
    services = draw(
        st.dictionaries(U32, st.tuples(*[NATURALS] * 11).map(ServiceRecord._make), max_size=5)
    )
    if layout == "0.7":
        services = {
            service: record._replace(accumulate_transfer_count=0)
            for service, record in services.items()
        }
    return Statistics(
        current=draw(_records(ValidatorRecord, U32, size)),
        previous=draw(_records(ValidatorRecord, U32, before)),
        cores=draw(_records(CoreRecord, NATURALS, cores)),
        services=dict(sorted(services.items())),
        layout=layout,
    )


# --- JSON ------------------------------------------------------------------------

NAMES = st.sampled_from(
    [
        "jsonrpc",
        "id",
        "method",
        "params",
        "result",
        "error",
        "code",
        "message",
        "data",
        "subscription",
        "subscriptionId",
        "header_hash",
        "headerHash",
        "hash",
        "slot",
        "value",
        "V1",
        "core_count",
        "val_count",
    ]
)
TEXTS = st.one_of(
    st.text(max_size=20),
    st.binary(max_size=40).map(lambda octets: b64encode(octets).decode()),
    st.binary(max_size=33).map(lambda octets: f"0x{octets.hex()}"),
    st.integers(0, 2**70).map(str),
    NAMES,
)
NUMBERS = st.one_of(st.integers(-3, 300), st.integers(-(2**70), 2**70), st.floats(allow_nan=False))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(st.integers(-1, 256), min_size=30, max_size=33),
        st.dictionaries(st.one_of(NAMES, st.text(max_size=5)), inner, max_size=6),
    ),
    max_leaves=20,
)
