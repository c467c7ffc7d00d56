"""``loadtest/opening.py``: every route of a dashboard is measured, alone and with the others."""

from __future__ import annotations

import json

import pytest

from loadtest import bench, opening
from loadtest.queries import dashboard_routes
from loadtest.scenarios import SCENARIOS


@pytest.mark.slow
def test_every_route_has_its_cost(tmp_path, capfd):
    code = bench.main(["opening", "--seconds", "5", "--results", str(tmp_path)])

    printed = capfd.readouterr().out
    routes = dashboard_routes("ab" * 32)
    assert code == 0
    assert all(route.name in printed for route in routes)
    assert "all at once, after a restart" in printed
    (measured,) = [json.loads(each.read_text()) for each in tmp_path.glob("*opening*.json")]
    assert measured["figures"]["opening_statements"] > 0
    assert all(row["first"]["queries"] >= 0 for row in measured["opening"])
    assert any(row["first"]["queries"] > 0 for row in measured["opening"])


def test_a_cost_counts_all_processes():
    cost = opening.Cost(
        9.0,
        shards_ms=4.0,
        gateway_ms=2.5,
        queries=2,
        statements=4,
        statement_ms=3.0,
        merge_ms=1.0,
        kilobytes=0.5,
    )
    assert cost.cpu_ms == 6.5


def test_a_dashboard_has_no_route_that_refuses_its_request():
    routes = dashboard_routes("ab" * 32)
    assert SCENARIOS["opening"].opening
    assert len({route.path for route in routes}) == len(routes) > 44
    assert not any("{" in route.path for route in routes)
