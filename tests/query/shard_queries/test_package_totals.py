"""``tart/query/shard_queries/package_totals.py``: answers of several shards as one."""

from __future__ import annotations

from fractions import Fraction

from tart.query.core.windows import Window
from tart.query.shard_queries.package_totals import (
    STAGE_VALUES,
    PackageServices,
    ServicePackage,
    ServiceRows,
    StageTotals,
)
from tart.query.shard_queries.packages import KEYS


def test_attempts_of_a_node_on_several_shards_add_up():
    one = ["aa", 10, *range(len(STAGE_VALUES))]
    other = ["aa", 20, *(1 for _ in STAGE_VALUES)]
    merged = StageTotals(Window()).merge([(0, [one, other]), (1, [one])])
    assert [(row["node"], row["bucket"]) for row in merged] == [("aa", 10), ("aa", 20)]
    assert [merged[0][name] for name in STAGE_VALUES] == [2 * n for n in range(len(STAGE_VALUES))]


def test_a_package_counts_once_with_the_most_that_a_guarantor_reports():
    one = ServicePackage(5, 7, 30, 1, 2, 1, 40, None)
    other = ServicePackage(5, 7, 20, 1, 2, 0, 0, 9)
    merged = PackageServices(Window()).merge(
        [(0, ServiceRows([one], None)), (1, ServiceRows([other], None))]
    )
    assert merged.packages == [ServicePackage(5, 7, 20, 1, 2, 1, 40, 9)]
    assert merged.scale == 1


def test_samples_are_cut_to_what_all_shards_have():
    one = ServicePackage(5, 7, 30, 1, 2, 1, 40, None)
    merged = PackageServices(Window()).merge(
        [
            (0, ServiceRows([one, one._replace(key=KEYS // 2)], None)),
            (1, ServiceRows([], KEYS // 4)),
        ]
    )
    assert merged.packages == [one]
    assert merged.scale == Fraction(4)
