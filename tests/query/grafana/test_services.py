"""``tart/query/grafana/services.py``: work of services and costs of executions."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tart.query.grafana import services
from tart.query.shard_queries.package_totals import ServicePackage, ServicePackages

PACKAGES = ServicePackages(
    [
        ServicePackage(1, 7, 5, 1, 3, 1, 10, 100),
        ServicePackage(1, 8, 5, 2, 3, 2, 20, 100),
        ServicePackage(2, 8, 15, 1, 1, 0, 0, None),
    ],
    Fraction(1),
)
EXECUTION = {
    "service": 1 << 31,
    "nodes": 2,
    "gas": 50,
    "elapsed_ns": 300,
    "load_ns": 20,
    "seen_at": 25,
}


def test_each_package_counts_once_and_the_gas_of_authorizing_it_is_divided():
    rows = services.services(PACKAGES, [EXECUTION], None)
    assert [row["service_id"] for row in rows] == ["0x00000007", "0x00000008", "0x80000000"]
    assert [row["work_packages"] for row in rows] == [1, 2, 0]
    assert [row["authorization_gas"] for row in rows] == [33, 67, 0]
    assert [row["authorizations"] for row in rows] == [1, 1, 0]
    assert [row["refinements"] for row in rows] == [1, 2, 0]
    assert [row["execution_gas"] for row in rows] == [0, 0, 50]
    assert [row["service_id"] for row in services.services(PACKAGES, [EXECUTION], [8])] == [
        "0x00000008"
    ]


@given(st.integers(0, 2**64 - 1), st.lists(st.integers(1, 16), min_size=1, max_size=16))
def test_the_parts_of_a_package_s_gas_add_up(gas, items):
    parts = [
        ServicePackage(1, service, 0, count, sum(items), 0, 0, gas)
        for service, count in enumerate(items)
    ]
    shares = services.authorization_shares(parts)
    assert sum(shares.values()) == gas
    for part in parts:
        exact = Fraction(gas * part.items, sum(items))
        assert abs(shares[1, part.service] - exact) < 1


def test_a_sample_stands_for_all_packages():
    scaled = PACKAGES._replace(scale=Fraction(5, 2))
    rows = services.services(scaled, [EXECUTION], None)
    assert [row["work_packages"] for row in rows] == [2, 5, 0]
    assert rows[2]["executions"] == 1


def test_work_is_in_the_bucket_in_which_it_began():
    rows = services.services_by_time(PACKAGES, [EXECUTION], None, 10)
    assert [(row["ts"][-8:-1], row["service_id"][-1], row["work_packages"]) for row in rows] == [
        (".000000", "7", 1),
        (".000000", "8", 1),
        (".000010", "8", 1),
        (".000020", "0", 0),
    ]


def test_times_of_accumulation_are_means_over_nodes():
    refined = {"service": None, "count": 3, "gas": 30, "elapsed_ns": 9, "load_ns": 6}
    body = services.execution([], [refined], [EXECUTION])
    assert body["accumulation"] == {
        "count": 1,
        "total_gas": 50,
        "avg_gas": 50.0,
        "avg_time_ns": 150.0,
        "avg_load_ns": 10.0,
    }
    assert body["refinement"]["avg_load_ns"] == 2.0
    assert body["authorization"]["avg_gas"] == 0.0
    (row,) = body["by_service"]
    assert (row["service_id"], row["service"]) == (1 << 31, "0x80000000")
