from __future__ import annotations

from itertools import pairwise

import pytest

from tart.simulate.model.status import INTERVAL
from tests.simulate.played import Played


def test_every_node_reports_its_status_every_two_seconds(told: Played):
    for node in range(6):
        times = [each.when for each in told.of("Status") if each.node == node]
        assert {b - a for a, b in pairwise(times)} == {INTERVAL} == {2_000_000}
        assert len(times) == 180


@pytest.mark.no_cover
def test_status_counts_connected_peers(told: Played):
    peers = [each.fields["num_peers"] for each in told.of("Status")]
    assert min(peers[:6]) < 5
    assert max(peers) == 5
    assert all(e.fields["num_sync_peers"] <= e.fields["num_peers"] for e in told.of("Status"))


def test_status_counts_guarantees_in_the_pool(told: Played):
    """As many as the node said it took in and had not said it let go of."""
    pool: dict[int, set[bytes]] = {node: set() for node in range(6)}
    for each in told.emissions:
        if each.variant in ("GuaranteeReceived", "GuaranteeBuilt"):
            pool[each.node].add(each.fields["outline"]["work_report_hash"])
        elif each.variant == "GuaranteeDiscarded":
            # What is replaced, or no better, leaves another of the same report.
            if each.fields["reason"] not in ("ReplacedByBetter", "Other"):
                pool[each.node].discard(each.fields["outline"]["work_report_hash"])
        elif each.variant == "Status":
            assert sum(each.fields["num_guarantees"]) == len(pool[each.node])


def test_status_counts_transferred_shards(told: Played):
    shards = [each.fields["num_shards"] for each in told.of("Status") if each.node == 0]
    assert shards[0] == 0
    assert shards[:140] == sorted(shards[:140])
    assert shards[-1] > 20
    assert all(e.fields["shards_size"] > 0 for e in told.of("Status") if e.fields["num_shards"])


@pytest.mark.no_cover
def test_telemetry_is_lost_now_and_then(usual: Played, told: Played):
    assert not told.of("Dropped")
    drops = usual.of("Dropped")
    assert {each.fields["num"] for each in drops} <= set(range(1, 9))
    assert sum(each.fields["num"] for each in drops) <= sum(map(usual.network.dropped, range(6)))
