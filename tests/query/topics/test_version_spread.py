"""``tart/query/topics/version_spread.py``: the times at which versions reached nodes."""

from __future__ import annotations

from tart.query.core.rfc3339 import server_time
from tart.query.core.version_spans import VersionSpan
from tart.query.topics.version_spread import version_spread
from tart.units import MINUTE_US

NOON = 1_795_000_000_000_000


def span(node: str, version: str, start: int, end: int, name: str = "x") -> VersionSpan:
    return VersionSpan(node, name, version, NOON + start * MINUTE_US, NOON + end * MINUTE_US)


def at(minute: int) -> str:
    return server_time(NOON + minute * MINUTE_US)


def test_a_version_spreads_over_the_nodes_of_its_implementation() -> None:
    nodes = [f"{number:02}" for number in range(10)]
    spans = [span(node, "1", 0, 10 + place) for place, node in enumerate(nodes)]
    spans += [span(node, "2", 11 + place, 60) for place, node in enumerate(nodes)]
    spans += [span("other", "2", 5, 60, name="y")]
    spread = version_spread(spans, NOON)
    assert spread["x", "2"] == {
        "nodes": 10,
        "reached": 10,
        "at_start": 0,
        "first_at": at(11),
        "half_at": at(15),
        "most_at": at(19),
        "all_at": at(20),
    }
    # When the first version spread is not known: all had it when the window began.
    old = spread["x", "1"]
    assert (old["nodes"], old["reached"], old["at_start"]) == (10, 10, 10)
    assert {old["first_at"], old["half_at"], old["most_at"], old["all_at"]} == {None}
    assert spread["y", "2"]["all_at"] == at(5)


def test_shares_that_are_not_reached_have_no_time() -> None:
    spans = [span(node, "1", 0, 60) for node in "abc"]
    spans += [span("a", "2", 20, 30), span("a", "2", 40, 60)]
    found = version_spread(spans, NOON)["x", "2"]
    assert (found["first_at"], found["half_at"], found["all_at"]) == (at(20), None, None)
    assert (found["nodes"], found["reached"]) == (3, 1)
