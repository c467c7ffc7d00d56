"""``tart/gateway/fanout/package_queries.py``: what is asked about packages."""

from __future__ import annotations

from pathlib import Path

from tart.gateway.fanout import package_queries
from tart.gateway.fanout.package_queries import Period
from tart.query.core.windows import Window
from tart.units import SECOND_US
from tests.gateway.fake_packages import PACKAGE, REPORT, ROOT, SESSION
from tests.gateway.fake_shard import NODE_A, NOON
from tests.gateway.handlers.test_packages import with_gateway
from tests.gateway.running import Running


def test_both_ends_of_a_window_belong_to_it() -> None:
    assert Period(Window(5, 9), 3).bounds() == {"start_us": 5, "end_us": 10, "core": 3}
    assert Period(Window()).bounds() == {"start_us": None, "end_us": None, "core": None}


def test_keys_are_in_the_shards_order(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        rows, seen = await package_queries.tallied(
            gateway.gateway.questions, Period(Window()), ["core", "node"]
        )
        assert [(row["node"], row["core"], row["rows"]) for row in rows] == [(NODE_A, 1, 1)]
        assert seen.complete

    with_gateway(tmp_path, check)


def test_a_journey_looks_where_and_when_it_was_heard_of(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        questions = gateway.gateway.questions
        rows, _ = await package_queries.handlings(questions, hashes=[PACKAGE])
        found, _ = await package_queries.journey(questions, rows, 5, "hex")
        assert found.state is not None
        assert found.state.stage == "available"
        asked = next(each for each in gateway.shards[0].requests if each.name == "journey")
        around = NOON - SECOND_US, NOON + 2 * SECOND_US
        assert asked.parameters["pipelines"] == [[SESSION, 7, *around]]
        assert asked.parameters["reports"] == [[REPORT, *around]]
        assert asked.parameters["erasures"] == [[ROOT, NOON - SECOND_US, NOON + SECOND_US]]

    with_gateway(tmp_path, check)
