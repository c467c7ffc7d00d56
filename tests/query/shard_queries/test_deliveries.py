"""``tart/query/shard_queries/deliveries.py``: starts and arrivals of several shards meet."""

from __future__ import annotations

from fractions import Fraction

from tart.query.core.windows import Window
from tart.query.shard_queries.deliveries import (
    Deliveries,
    DeliveryArrivals,
    DeliveryRows,
    DeliveryStart,
)
from tart.query.shard_queries.packages import KEYS
from tart.units import SECOND_US


def start(at, node, key=1, subject="aa"):
    return DeliveryStart(key, subject, at, node, 4, 1, None)


def arrivals(sender=None, key=1, subject="aa", first=10):
    return DeliveryArrivals(key, subject, sender, first, first + 10, [0, 1])


def merged(kind, *parts):
    return Deliveries(Window(), kind).merge(list(enumerate(parts)))


def test_the_guarantee_of_a_report_starts_where_it_was_built_first():
    found = merged(
        105,
        DeliveryRows([start(7, "01")], [arrivals()], None),
        DeliveryRows([start(5, "02")], [arrivals(), arrivals(subject="bb")], None),
    )
    (delivery,) = found.deliveries
    assert delivery.start == start(5, "02")
    assert delivery.arrivals == [arrivals(), arrivals()]
    assert found.scale == 1


def test_each_start_of_an_assurer_is_a_delivery():
    late = SECOND_US * 6
    found = merged(
        126,
        DeliveryRows([start(7, "01"), start(5, "02"), start(late, "01")], [arrivals("02")], None),
        DeliveryRows([], [arrivals("01"), arrivals("03"), arrivals("01", first=late - 9)], None),
    )
    assert [(each.start.node, each.start.at_us) for each in found.deliveries] == [
        ("02", 5),
        ("01", 7),
        ("01", late),
    ]
    assert [each.arrivals for each in found.deliveries] == [
        [arrivals("02")],
        [arrivals("01")],
        [arrivals("01", first=late - 9)],
    ]


def test_arrivals_of_a_start_before_the_window_are_left_out():
    found = merged(126, DeliveryRows([start(9 * SECOND_US, "01")], [arrivals("01")], None))
    assert [each.arrivals for each in found.deliveries] == [[]]


def test_samples_are_cut_to_what_all_shards_have():
    found = merged(
        105,
        DeliveryRows([start(7, "01"), start(8, "01", key=KEYS // 2, subject="bb")], [], None),
        DeliveryRows([], [], KEYS // 8),
    )
    assert [each.start.hash for each in found.deliveries] == ["aa"]
    assert found.scale == Fraction(8)
