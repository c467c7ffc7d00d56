"""The chain's statistics agree with what its blocks contain, and with what its nodes tell.

Both are counted again here, from the truth and from the events.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from tart.rpc.model import CoreRecord, ServiceRecord, ValidatorRecord
from tart.rpc.statistics import decode_statistics, encode_statistics
from tart.simulate.model.chain_statistics import initial_statistics, load_of, statistics_after
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.records import Block, Guarantee, Preimage, Report, WorkItem
from tests.simulate.chains import EPOCH_SLOTS, PlayedChain, play_chain

VALIDATORS, CORES = 6, 2
# Blocks are often forked, and everything is told.
FORKING = Rates(fork=0.3, dropped=0)


@pytest.fixture(scope="module")
def chain() -> PlayedChain:
    """Three epochs with many forks."""
    return play_chain(40, seed=4, rates=FORKING, own_assurances=True)


def report(core: int = 0, *, items: tuple[WorkItem, ...] = (), exports: int = 0) -> Report:
    hashes = [name * 32 for name in (b"p", b"r", b"e", b"s")]
    return Report(1, core, *hashes, bundle_size=1_000, items=items, exported_segments=exports)


def child(parent: Block, slot: int, author: int = 1, **members) -> Block:
    block = Block(slot, parent.number + 1, bytes([slot]) * 32, parent.hash, author, **members)
    block.statistics = statistics_after(block, parent, EPOCH_SLOTS, CORES)
    return block


@pytest.fixture
def base() -> Block:
    block = Block(0, 0, bytes(32), bytes(32), -1)
    block.statistics = initial_statistics(VALIDATORS, CORES)
    return block


def test_a_block_is_credited_to_its_author_with_tickets_and_preimages(base):
    preimages = (Preimage(0, 7, b"x" * 32, 40), Preimage(0, 8, b"y" * 32, 2))
    after = child(base, 1, 3, tickets=2, preimages=preimages).statistics
    assert after.current[3] == ValidatorRecord(1, 2, 2, 42, 0, 0)
    assert set(after.current[:3] + after.current[4:]) == {ValidatorRecord()}
    assert after.services == {
        7: ServiceRecord(provided_count=1, provided_size=40),
        8: ServiceRecord(provided_count=1, provided_size=2),
    }


def test_a_guarantor_of_two_reports_is_credited_once_a_block(base):
    reported = (Guarantee(report(0), 1, (0, 2)), Guarantee(report(1), 1, (0, 4)))
    first = child(base, 1, reported=reported)
    second = child(first, 2, reported=reported[:1])
    assert [each.guarantees for each in second.statistics.current] == [2, 0, 2, 0, 1, 0]


def test_assurances_are_counted_for_validators_and_for_the_cores_that_they_mark(base):
    after = child(base, 1, assurances={0: 0b11, 4: 0b10, 5: 0}).statistics
    assert [each.assurances for each in after.current] == [1, 0, 0, 0, 1, 1]
    assert [each.popularity for each in after.cores] == [1, 2]


def test_an_epoch_ends_with_the_first_block_of_a_later_one(base):
    first = child(base, EPOCH_SLOTS - 1)
    last = child(first, 3 * EPOCH_SLOTS)
    assert first.statistics.current[1].blocks == 1
    assert first.statistics.previous == base.statistics.current
    # An epoch without blocks has no record.
    assert last.statistics.previous == first.statistics.current
    assert last.statistics.current[1].blocks == 1


def test_work_is_of_one_block_alone(base):
    items = (WorkItem(7, 100, 10), WorkItem(8, 20_000, 5), WorkItem(7, 300, 1))
    work = report(1, items=items, exports=3)
    work.imported_from = report(exports=4)
    first = child(base, 1, reported=(Guarantee(work, 1, (0, 1)),))
    second = child(first, 2, available=(work,))
    assert first.statistics.cores[1] == CoreRecord(0, 0, 4, 2, 400, 3, 1_000, 20_400)
    assert first.statistics.services == {
        7: ServiceRecord(0, 0, 2, 400, 4, 2, 400, 3, 0, 0, 0),
        8: ServiceRecord(0, 0, 1, 20_000, 0, 0, 0, 0, 0, 0, 0),
    }
    assert second.statistics.cores == (CoreRecord(), CoreRecord(da_load=1_000 + 4 * 4_104))
    assert second.statistics.services == {
        7: ServiceRecord(accumulate_count=2, accumulate_gas=11),
        8: ServiceRecord(accumulate_count=1, accumulate_gas=5),
    }


@pytest.mark.parametrize(
    ("exports", "segments"), [(0, 0), (1, 2), (64, 65), (65, 67), (128, 130), (3_072, 3_120)]
)
def test_exports_have_pages_of_proofs(exports, segments):
    assert load_of(report(exports=exports)) == 1_000 + 4_104 * segments


def test_they_are_the_same_after_encoding(base):
    work = report(1, items=(WorkItem(7, 10**12, 1 << 40),), exports=3)
    block = child(base, 1, reported=(Guarantee(work, 1, (0, 1)),), available=(work,), tickets=3)
    blob = encode_statistics(block.statistics)
    assert decode_statistics(blob, cores=CORES, validators=VALIDATORS) == block.statistics


def test_the_chain_has_forks_and_epochs(chain):
    parents = Counter(each["parent"] for each in chain.blocks.values())
    assert max(parents.values()) > 1
    assert len({each["slot"] // EPOCH_SLOTS for each in chain.blocks.values()}) >= 3


def test_validators_agree_with_the_blocks(chain):
    """Every block, forks included, counted from the base of the chain."""
    for name, block in chain.blocks.items():
        counted = [[0] * 6 for _ in range(chain.nodes)]
        epoch, ancestor = block["slot"] // EPOCH_SLOTS, block
        while ancestor is not None and ancestor["slot"] // EPOCH_SLOTS == epoch:
            outline = ancestor["outline"]
            counts = [1, *(outline[each] for each in ("num_tickets", "num_preimages"))]
            counts.append(outline["total_preimages_size"])
            author = counted[chain.index[ancestor["author"]]]
            author[:4] = [a + b for a, b in zip(author, counts, strict=False)]
            for signer in {each for made in ancestor["reported"] for each in made["signers"]}:
                counted[chain.index[signer]][4] += 1
            for assurer in ancestor["assurers"]:
                counted[chain.index[assurer]][5] += 1
            assert len(ancestor["assurers"]) == outline["num_assurances"]
            assert len(ancestor["reported"]) == outline["num_guarantees"]
            ancestor = chain.blocks.get(ancestor["parent"])
        statistics = chain.statistics(name)
        assert statistics.current == tuple(ValidatorRecord(*each) for each in counted)
        if ancestor is not None:
            assert statistics.previous == chain.statistics(ancestor["block"]).current


def test_cores_and_services_agree_with_the_work_packages(chain):
    packages = {each["report"]: each for each in chain.facts.of("package")}
    refined = available = 0
    for name, block in chain.blocks.items():
        statistics = chain.statistics(name)
        reported = {each["core"]: packages[each["report"]] for each in block["reported"]}
        for core, record in enumerate(statistics.cores):
            package = reported.get(core)
            work = [0, 0] if package is None else [package["bundle_size"], package["exports"]]
            gas = sum(each["refine_gas"] for each in package["items"]) if package else 0
            assert [record.bundle_size, record.exports, record.gas_used] == [*work, gas]
            refined += gas > 0
        assert sum(each.popularity > 0 for each in statistics.cores) <= len(block["assurers"])
        gas: Counter[tuple[str, int]] = Counter()
        for made in block["reported"]:
            for item in packages[made["report"]]["items"]:
                gas["refine", item["service"]] += item["refine_gas"]
        for made in block["available"]:
            available += 1
            for item in packages[made["report"]]["items"]:
                gas["accumulate", item["service"]] += item["accumulate_gas"]
        assert gas == Counter(
            {
                (kind, service): getattr(record, member)
                for service, record in statistics.services.items()
                for kind, member in (("refine", "refinement_gas"), ("accumulate", "accumulate_gas"))
                if getattr(record, member)
            }
        )
    assert min(refined, available) > 20


def test_popularity_is_the_number_of_assurances_that_mark_the_core(chain):
    """Of the assurances in the block, as their senders told them."""
    marks = defaultdict(dict)
    for fact in chain.facts.of("happened", event="DistributingAssurance"):
        statement = fact["data"]["statement"]
        marks[statement["anchor"]][fact["node"]] = int.from_bytes(statement["bitfield"], "little")
    seen = 0
    for name, block in chain.blocks.items():
        told = [marks[block["parent"]][assurer] for assurer in block["assurers"]]
        expected = [sum(each >> core & 1 for each in told) for core in range(CORES)]
        assert [each.popularity for each in chain.statistics(name).cores] == expected
        seen += sum(expected)
    assert seen > 100


def test_what_authors_tell_is_on_chain(chain):
    told = chain.facts.of("happened", event="Authored")
    for fact in told:
        block = chain.blocks.get(fact["about"]["block"])
        if block is None:
            continue
        after, outline = chain.statistics(block["block"]), fact["data"]["outline"]
        parent = chain.blocks.get(block["parent"])
        is_first = parent is None or parent["slot"] // EPOCH_SLOTS != block["slot"] // EPOCH_SLOTS
        index = chain.index[fact["node"]]
        before = ValidatorRecord() if is_first else chain.statistics(block["parent"]).current[index]
        grown = [a - b for a, b in zip(after.current[index], before, strict=True)][:4]
        names = ("num_tickets", "num_preimages", "total_preimages_size")
        assert grown == [1, *(outline[name] for name in names)]
    assert len(told) > 30


def test_gas_that_nodes_tell_is_on_chain(chain):
    blocks = 0
    for fact in chain.facts.of("happened", event="BlockExecuted"):
        if fact["about"]["block"] not in chain.blocks:
            continue
        statistics = chain.statistics(fact["about"]["block"])
        told = {
            service: cost["total"]["gas_used"] for service, cost in fact["data"]["accumulate_costs"]
        }
        accumulated = {
            service: record.accumulate_gas
            for service, record in statistics.services.items()
            if record.accumulate_count
        }
        assert told == accumulated
        blocks += bool(told)
    assert blocks > 50
    refined = {
        fact["about"]["report"]: sum(each["total"]["gas_used"] for each in fact["data"]["costs"])
        for fact in chain.facts.of("happened", event="Refined")
    }
    for name, block in chain.blocks.items():
        cores = chain.statistics(name).cores
        assert all(
            cores[each["core"]].gas_used == refined[each["report"]] for each in block["reported"]
        )
