from __future__ import annotations

from collections import Counter

import pytest

from tests.simulate.played import Played


def test_tickets_are_for_the_next_epoch(told: Played):
    for each in told.of("GeneratingTickets"):
        assert each.fields["epoch"] == each.when // (12 * 6_000_000) + 1


def test_every_node_generates_tickets_once_an_epoch(told: Played):
    generated = Counter((e.node, e.fields["epoch"]) for e in told.of("GeneratingTickets"))
    assert set(generated.values()) == {1}
    assert len({node for node, _ in generated}) == 6


@pytest.mark.parametrize("network", ["told", "larger"])
def test_transferred_tickets_were_generated_and_pass_a_proxy(network, request):
    played = request.getfixturevalue(network)
    makers = {
        ticket: each.node for each in played.of("TicketsGenerated") for ticket in each.fields["ids"]
    }
    proxies, held = {}, set(makers.items())
    for each in played.of("TicketTransferred"):
        ticket, peer = each.fields["id"], played.node_of(each.fields["peer"])
        if each.fields["sender"] == "Remote":
            held.add((ticket, each.node))
            assert (ticket, peer) in held
        elif each.fields["from_proxy"]:
            assert proxies[ticket] == each.node != makers[ticket]
            assert (ticket, each.node) in held
        else:
            assert makers[ticket] == each.node
            proxies[ticket] = peer


def test_a_received_ticket_was_sent_before(told: Played):
    sent = Counter()
    for each in told.of("TicketTransferred"):
        peer = told.node_of(each.fields["peer"])
        way = (each.node, peer) if each.fields["sender"] == "Local" else (peer, each.node)
        sent[*way, each.fields["id"]] += 1 if each.fields["sender"] == "Local" else -1
        assert sent[*way, each.fields["id"]] >= 0


def test_the_number_of_tickets_does_not_grow_with_the_network(larger: Played):
    """What cannot win does not travel: three contenders for each slot."""
    per_epoch: dict[int, set[bytes]] = {}
    for each in larger.of("TicketTransferred"):
        per_epoch.setdefault(each.fields["epoch"], set()).add(each.fields["id"])
    assert per_epoch
    assert all(len(tickets) < 60 for tickets in per_epoch.values())
