"""Requests: both ends must tell the same story, in the order in which it happened."""

from __future__ import annotations

from collections import Counter

import pytest

from tart.simulate.model.exchange import (
    BLOCKS,
    BUNDLE,
    BUNDLE_SHARD,
    PREIMAGE,
    SEGMENT_SHARDS,
    SEGMENTS,
    SHARDS,
    Exchange,
    enough,
    exchange,
)
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.schedule import Outcome
from tart.simulate.model.world import SLOT, World
from tests.simulate.played import Played

# Who is asked, in the asker's event; who asks, in the answerer's.
PEERS = {
    BLOCKS: ("recipient", "sender"),
    SHARDS: ("guarantor", "assurer"),
    BUNDLE_SHARD: ("assurer", "auditor"),
    BUNDLE: ("guarantor", "auditor"),
    SEGMENT_SHARDS: ("assurer", "sender"),
    SEGMENTS: ("prev_guarantor", "guarantor"),
    PREIMAGE: ("recipient", "sender"),
}
KINDS = pytest.mark.parametrize("kind", PEERS, ids=lambda kind: kind.rate)


def pairs(played: Played, kind: Exchange) -> Counter[tuple[int, int]]:
    asked, _ = PEERS[kind]
    return Counter(
        (each.node, played.node_of(each.fields[asked])) for each in played.of(kind.sending)
    )


@KINDS
def test_a_received_request_was_sent_before(told: Played, kind):
    _, asker = PEERS[kind]
    received = Counter(
        (told.node_of(each.fields[asker]), each.node) for each in told.of(kind.receiving)
    )
    assert received
    assert received <= pairs(told, kind)


@KINDS
def test_a_request_is_sent_before_it_is_received(told: Played, kind):
    asked, asker = PEERS[kind]
    sent: Counter[tuple[int, int]] = Counter()
    for each in told.emissions:
        if each.kind == kind.sending:
            sent[each.node, told.node_of(each.fields[asked])] += 1
        elif each.kind == kind.receiving:
            sent[told.node_of(each.fields[asker]), each.node] -= 1
    assert min(sent.values()) >= 0


@KINDS
def test_a_received_request_has_the_sent_fields(told: Played, kind):
    asked, asker = PEERS[kind]
    common = {"erasure_root", "shard", "hash", "direction", "max_blocks"}

    def wanted(fields):
        return tuple(sorted((name, fields[name]) for name in common & fields.keys()))

    read = []
    for each in told.of(kind.received):
        opened = told.origin(each, "request_id")
        fields = {k: v for k, v in each.fields.items() if k != "request_id"}
        read.append((told.node_of(opened.fields[asker]), each.node, wanted(fields)))
    sent = Counter(
        (each.node, told.node_of(each.fields[asked]), wanted(each.fields))
        for each in told.of(kind.sending)
    )
    if kind in (BUNDLE, BUNDLE_SHARD):  # the asker's event does not say which bundle
        assert {pair[:2] for pair in read} <= {pair[:2] for pair in sent}
    else:
        assert Counter(read) <= sent


@KINDS
def test_a_received_transfer_was_sent_by_the_answerer(told: Played, kind):
    asked, asker = PEERS[kind]
    under_way: Counter[tuple[int, int]] = Counter()
    for each in told.of(kind.transferred):
        opened = told.origin(each, "request_id")
        if opened.kind == kind.receiving:
            under_way[told.node_of(opened.fields[asker]), each.node] += 1
        else:
            under_way[each.node, told.node_of(opened.fields[asked])] -= 1
        assert min(under_way.values()) >= 0


@KINDS
def test_every_request_ends(told: Played, kind):
    ended = {
        (each.node, each.fields["request_id"])
        for variant in (kind.transferred, kind.failed)
        for each in told.of(variant)
    }
    last = told.emissions[-1].when - 2_000_000
    for variant in (kind.sending, kind.receiving):
        for each in told.of(variant):
            assert each.when > last or (each.node, each.event_id) in ended


@pytest.mark.no_cover
@KINDS
def test_request_failures_are_reported_on_both_sides(told: Played, kind):
    sides = Counter(told.origin(each, "request_id").kind for each in told.of(kind.failed))
    assert sides[kind.sending] >= sides[kind.receiving] >= 1


def world() -> World:
    return World(
        6, 2, seed=0, start=100 * SLOT, speed=1.0, rates=Rates(preimage_request=0), protocol=1
    )


def run(one: World, process: Outcome) -> tuple[bool, list[str]]:
    outcomes = []

    def note():
        outcomes.append((yield from process))

    one.start(note())
    while one.schedule.step(200 * SLOT):
        pass
    return outcomes[0], [each.kind for each in one.out]


def ask(one: World) -> Outcome:
    a, b = one.nodes[:2]
    return exchange(
        one,
        PREIMAGE,
        a,
        b,
        None,
        sending={"recipient": b.peer_id, "hash": bytes(32)},
        receiving={"sender": a.peer_id},
        received={"hash": bytes(32)},
        answers=({"length": 3},),
    )


def test_an_unhindered_request_is_six_events_in_order():
    one = world()
    for node in one.nodes[:2]:
        node.reporter.connect()
    one.nodes[0].linked = 1 << 1
    answered, variants = run(one, ask(one))
    assert answered
    assert variants == [
        PREIMAGE.sending,
        PREIMAGE.receiving,
        PREIMAGE.sent,
        PREIMAGE.received,
        PREIMAGE.transferred,
        PREIMAGE.transferred,
    ]


def test_without_a_connection_only_the_asker_reports():
    one = world()
    for node in one.nodes[:2]:
        node.reporter.connect()
    assert run(one, ask(one)) == (False, [PREIMAGE.sending, PREIMAGE.failed])


def ending(after: int, answered: bool) -> Outcome:
    yield after
    return answered


@pytest.mark.parametrize(("needed", "decided"), [(2, True), (3, False)])
def test_enough_counts_answered_requests(needed, decided):
    one = world()
    requests = [ending(10, True), ending(20_000, False), ending(300_000, True)]
    assert run(one, enough(one, requests, needed))[0] is decided


def test_enough_does_not_wait_for_the_last():
    one = world()
    assert run(one, enough(one, [ending(10, True), ending(SLOT, True)], 1))[0]
    assert not run(one, enough(one, [], 1))[0]
