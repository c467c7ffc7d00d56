from __future__ import annotations

import doctest
from collections import Counter

import orjson
import pytest

from tart.simulate.model import truth_reader as module
from tart.simulate.model.in_memory import Played, play_troubled
from tart.simulate.model.truth_reader import Facts


@pytest.fixture(scope="module")
def played() -> Played:
    return play_troubled(30, seed=1)


@pytest.fixture(scope="module")
def facts(played: Played) -> Facts:
    return played.facts


def lines_of(facts):
    return [orjson.dumps(each) + b"\n" for each in facts]


def test_the_documented_example_of_the_truth_is_true():
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 0) == (0, True)


def test_a_truth_file_has_the_written_facts(facts: Facts):
    assert Facts.parse(lines_of(facts.all)).all == facts.all


@pytest.mark.parametrize("kept", [0, 1, -1])
def test_a_truth_file_that_was_cut_short_is_refused(facts: Facts, kept):
    with pytest.raises(ValueError, match="does not end"):
        Facts.parse(lines_of(facts.all[:kept]))


def test_event_counts_are_of_one_node_or_of_all(played: Played):
    ids = {each["index"]: each["node"] for each in played.facts.of("node")}
    of_one = Counter(each.variant for each in played.emissions if each.node == 2)
    counted = played.facts.counts(ids[2])
    assert counted.total() == of_one.total()
    assert counted[10] == of_one["Status"]
    assert played.facts.counts().total() == len(played.emissions) == len(played.facts.sent)


def test_events_are_found_by_type_and_object(facts: Facts):
    package = facts.of("package")[0]["package"]
    found = facts.events("Authorized", "Refined", package=package)
    assert {each["event"] for each in found} == {"Authorized", "Refined"}
    assert {each["about"]["package"] for each in found} == {package}
    assert len(facts.events("Refined")) > len(facts.events("Refined", package=package))


def line(event, node, time, **more):
    return {
        "fact": "happened",
        "event": event,
        "node": node,
        "session": 0,
        "event_id": time,
        "told": "sent",
        "network_us": time,
        "about": {},
        "data": {},
        "root": None,
    } | more


def closed(node, last):
    return {"fact": "closed", "node": node, "session": 0, "last_event_id": last, "events": {}}


def test_events_that_never_left_are_not_sent():
    facts = Facts(
        [
            line("Status", "a", 1),
            line("Status", "a", 2),
            line("Status", "b", 1),
            line("Status", "a", 0, told="dropped"),
            closed("a", 1),
            closed("b", None),
        ]
    )
    assert [(each["node"], each["event_id"]) for each in facts.sent] == [("a", 1)]


def test_a_block_is_first_seen_by_each_node_s_first_event():
    block, other = {"block": "x"}, {"block": "y"}
    ancestor = {"about": {**other, "asker": "c"}, "data": {"outline": {"hash": "x"}}}
    facts = Facts(
        [
            line("Authored", "a", 1, about=block),
            line("BlockAnnounced", "a", 2, about=block),
            line("BlockTransferred", "a", 3, **ancestor),  # it answers, and had it
            line("BlockAnnounced", "b", 4, about=other),
            line("BlockTransferred", "c", 5, **ancestor),
            line("Importing", "b", 6, about=block),
            line("Importing", "c", 7, about=block),
        ]
        + [closed(each, 9) for each in "abc"]
    )
    seen = {node: fact["network_us"] for node, fact in facts.first_seen("x").items()}
    assert seen == {"a": 1, "b": 6, "c": 5}


def test_latencies_are_of_pairs_of_sent_events():
    root = {"event_id": 1, "told": "sent", "after_us": 5}
    facts = Facts(
        [
            line("Authoring", "a", 1),
            line("Authored", "a", 6, root=root),
            line("Authored", "b", 6, root=root),
            line("Authored", "a", 7, root=root | {"event_id": None}),
            closed("a", 9),
            closed("b", 9),
        ]
    )
    assert list(facts.latencies("Authored", "Authoring")) == [5]
