"""``tart/query/grafana/event_groups.py``: jamtart's groups, and what its routes say of them."""

from __future__ import annotations

import pytest

from tart.protocol.events import EVENTS, EventKind
from tart.query.core.event_names import JAMTART_GROUPS
from tart.query.grafana import event_groups

# Of jamtart, commit 52349882, src/event_type_meta.rs.
RANGES = {
    "system": [0],
    "status": range(10, 14),
    "connections": range(20, 29),
    "blocks": range(40, 48),
    "block_distribution": range(60, 69),
    "tickets": range(80, 85),
    "wp_pipeline": range(90, 110),
    "guarantee_receiving": range(110, 114),
    "shards": range(120, 126),
    "assurances": range(126, 132),
    "bundles": range(140, 154),
    "segments": range(160, 179),
    "preimages": range(190, 200),
}
FAILURES = (
    "20 22 25 41 44 46 65 81 83 92 93 99 107 111 113 122 127 130 142 150 164 169 171 175 190 "
    "195 199"
)


@pytest.mark.parametrize("name", RANGES)
def test_a_group_has_the_events_that_jamtart_puts_into_it(name):
    expected = [number for number in RANGES[name] if number in EVENTS]
    assert list(JAMTART_GROUPS[name]) == expected


def test_every_event_is_in_one_group_and_some_are_failures_besides():
    assert set(event_groups.GROUP_OF) == set(EVENTS)
    assert sum(len(JAMTART_GROUPS[name]) for name in RANGES) == len(EVENTS)
    failures = list(JAMTART_GROUPS["failures"])
    assert failures == [int(number) for number in FAILURES.split()]


def test_event_types_are_listed_in_order_with_their_group():
    rows = event_groups.event_types(None)
    assert [row["id"] for row in rows] == sorted(EVENTS)
    assert rows[0] == {"id": 0, "name": "Dropped", "group": "system"}
    (row,) = event_groups.event_types([EventKind.GUARANTEE_DISCARDED, 250])
    assert row["group"] == "guarantee_receiving"


def test_a_number_without_an_event_is_unknown():
    assert event_groups.event_name(EventKind.AUTHORED) == "Authored"
    assert event_groups.event_name(250) == "Unknown"
