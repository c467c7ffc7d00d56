"""``tart/query/topics/jam.py``: slots and times, and the answers of ``/api/jam``."""

from __future__ import annotations

import pytest

from tart.errors import NotFound
from tart.query.chain_queries import chain
from tart.query.core.slot_clock import SlotClock, SlotRange
from tart.query.topics import jam
from tart.units import JCE_US, SECOND_US

CLOCK = SlotClock(6 * SECOND_US)
COUNTS = chain.RangeFigures(
    blocks=3, with_statistics=2, final=1, forks=1, first_slot=5, last_slot=9
)
SLOTS = SlotRange(0, 10)
ACCOUNT = chain.StoredService(
    service=7,
    at_slot=5,
    code_hash="cc" * 32,
    balance=1,
    min_item_gas=2,
    min_memo_gas=3,
    octets=4,
    items=5,
    name="bootstrap",
)


def block(**more):
    values = {"hash": "aa" * 32, "slot": 9, "parent": None, "status": "best", "seen_at": 0}
    return chain.ChainBlock(**{**values, **more})


def service_totals(service, **more):
    figures = dict.fromkeys(chain.ServiceTotals.__struct_fields__, 0)
    return chain.ServiceTotals(**{**figures, "service": service, **more})


def test_cores_without_work_are_shown_once_a_block_has_statistics():
    totals = [chain.CoreTotals(**{**_core(1), "popularity": 9, "popularity_blocks": 2})]
    answer = jam.cores(totals, totals, totals, SLOTS, COUNTS, {"core_count": 3})
    assert [(core["core_index"], core["popularity"]) for core in answer["cores"]] == [
        (0, None),
        (1, 4.5),
        (2, None),
    ]
    assert answer["params"]["core_count"] == 3
    assert answer["params"]["val_count"] is None
    assert answer["slots"]["with_statistics"] == 2
    none = chain.RangeFigures(blocks=1, with_statistics=0, final=0, forks=0)
    assert jam.cores([], [], [], SLOTS, none, {"core_count": 3})["cores"] == []


def _core(core):
    return {**dict.fromkeys(chain.CoreTotals.__struct_fields__, 0), "core": core}


def test_a_core_that_the_chain_does_not_have_is_not_found():
    answer = jam.core_details(2, [], [], SLOTS, COUNTS, {"core_count": 3})
    assert answer["core"]["gas_used"] == 0
    with pytest.raises(NotFound, match="it has 3"):
        jam.core_details(3, [], [], SLOTS, COUNTS, {"core_count": 3})


def test_services_have_their_account_and_their_work():
    totals = [service_totals(0, accumulate_count=2, accumulate_gas=9, refinement_count=1)]
    answer = jam.services(totals, [ACCOUNT], [], SLOTS, COUNTS, CLOCK)
    bootstrap = answer["services"][1]
    assert [each["id"] for each in answer["services"]] == [0, 7]
    assert answer["services"][0]["balance"] is None
    assert answer["services"][0]["activity"]["accumulate_gas_used"] == 9
    assert bootstrap["activity"] is None
    assert bootstrap["code_info"]["Known"]["name"] == "bootstrap"
    assert answer["totals"] == {
        "total": 2,
        "active": 1,
        "refining": 1,
        "accumulating": 1,
        "refinement_gas": 0,
        "accumulate_gas": 9,
        "imports": 0,
        "exports": 0,
        "extrinsics": 0,
    }


def test_a_service_is_known_by_its_account_or_its_work():
    for number, totals in ((7, []), (8, [service_totals(8)])):
        found = jam.service_details(number, totals, [ACCOUNT], totals, SLOTS, COUNTS, CLOCK)
        assert found["service"]["id"] == number
    with pytest.raises(NotFound, match="service 8 is not known"):
        jam.service_details(8, [], [ACCOUNT], [], SLOTS, COUNTS, CLOCK)


def test_an_epoch_is_exact_if_all_its_figures_are():
    def totals(epoch, validator, exact):
        return chain.ValidatorTotals(
            epoch=epoch,
            validator=validator,
            exact=exact,
            blocks=1,
            tickets=2,
            preimages=3,
            preimage_octets=4,
            guarantees=5,
            assurances=6,
        )

    found = [totals(4, 0, True), totals(4, 1, True), totals(5, 0, False), totals(None, 0, False)]
    answer = jam.validators(found, [], SLOTS, COUNTS, CLOCK)
    assert [(each["epoch"], each["exact"], each["assurances"]) for each in answer["epochs"]] == [
        (4, True, 12),
        (5, False, 6),
        (None, False, 6),
    ]
    assert answer["validators"][0]["preimages_size"] == 4


def test_a_block_shows_counts_and_its_details_the_indices():
    known = block(guarantors=[1, 4], assurers=[], epoch=0)
    page = chain.BlockPage([known, block()], complete=True)
    shown, other = jam.blocks(page, SLOTS, COUNTS, CLOCK)["blocks"]
    assert (shown["guarantors"], shown["assurers"], other["guarantors"]) == (2, 0, None)
    figures = chain.BlockFigures(block=known, cores=[], services=[service_totals(7)])
    details = jam.block_details(figures, [ACCOUNT], CLOCK)
    assert details["guarantors"] == [1, 4]
    assert details["services"][0]["balance"] == 1


def test_the_state_is_told_before_there_is_a_block():
    empty = jam.stats(chain.ChainState(endpoints=[], parameters={}), None, [])
    assert (empty["slot"], empty["cores"], empty["core_count"], empty["best"]) == (
        None,
        [],
        None,
        None,
    )


def test_the_state_has_the_statistics_of_the_best_block():
    best = block(validators=6, reports=0)
    endpoint = chain.EndpointState(url="ws://a", connected=True, since=JCE_US)
    state = chain.ChainState(
        endpoints=[endpoint],
        parameters={"core_count": 2, "val_count": 9},
        best=best,
        finalized=block(slot=7, status="final"),
    )
    figures = chain.BlockFigures(block=best, cores=[], services=[service_totals(7, imports=3)])
    answer = jam.stats(state, figures, [ACCOUNT])
    assert answer["validator_count"] == 6
    assert [core["core_index"] for core in answer["cores"]] == [0, 1]
    assert answer["totals"]["total_imports"] == 3
    assert answer["finalized"]["slot"] == 7
    assert answer["endpoints"][0]["since"].startswith("2025-01-01T12:00:00")
    bare = chain.BlockFigures(block=block(), cores=[], services=[])
    assert jam.stats(state, bare, [])["cores"] == []
    assert jam.stats(state, bare, [])["validator_count"] == 9


def test_reorganisations_name_both_heads():
    change = chain.Reorganisation(
        at=JCE_US,
        from_hash="aa" * 32,
        from_slot=5,
        to_hash="bb" * 32,
        to_slot=6,
        left=["aa" * 32],
        common_slot=4,
    )
    (found,) = jam.reorganisations([change])["reorganisations"]
    assert (found["old"]["slot"], found["new"]["slot"], found["common_slot"]) == (5, 6, 4)
