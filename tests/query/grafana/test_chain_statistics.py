"""``tart/query/grafana/chain_statistics.py``: answers from the chain itself."""

from __future__ import annotations

from tart.query.chain_queries.chain import (
    ChainBlock,
    CoreTotals,
    ServiceTotals,
    ValidatorBucket,
    ValidatorTotals,
)
from tart.query.core.slot_clock import SlotClock
from tart.query.grafana import chain_statistics
from tart.units import SECOND_US
from tests.query.answers.checking import check

CLOCK = SlotClock(6 * SECOND_US)


def core(step, number, **more):
    figures = dict.fromkeys(CoreTotals.__struct_fields__, 0)
    return CoreTotals(**{**figures, "step": step, "core": number, **more})


def service(step, number, **more):
    figures = dict.fromkeys(ServiceTotals.__struct_fields__, 0)
    return ServiceTotals(**{**figures, "step": step, "service": number, **more})


def increase(step, validator=0, **more):
    figures = dict.fromkeys(ValidatorBucket.__struct_fields__, 0)
    return ValidatorBucket(**{**figures, "step": step, "validator": validator, **more})


def block(slot, parent, epoch, author=1):
    return ChainBlock(
        hash=f"{slot:064x}",
        slot=slot,
        parent=None if parent is None else f"{parent:064x}",
        status="final",
        seen_at=0,
        epoch=epoch,
        author=author,
    )


def test_popularity_is_a_mean_in_windows_and_a_count_in_blocks():
    totals = [core(10, 1, popularity=9, popularity_blocks=2), core(12, 1)]
    assert [row["popularity_avg"] for row in chain_statistics.cores(totals)] == [4.5, 0.0]
    blocks = chain_statistics.core_blocks(totals, CLOCK)
    assert [(row["slot"], row["popularity"]) for row in blocks] == [(12, 0), (10, 9)]
    for row in blocks:
        check("GrafanaChainCoreBlock", row)


def test_all_cores_together_have_no_index():
    together, one = chain_statistics.cores_by_time([core(10, None), core(10, 0)], CLOCK)
    assert "core" not in together
    assert one["core"] == 0
    assert one["ts"] == "2025-01-01T12:01:00.000000Z"


def test_services_have_all_figures():
    totals = [service(10, 7, imports=3), service(12, 7)]
    for row in chain_statistics.services(totals):
        check("GrafanaChainService", row)
    assert chain_statistics.services_by_time(totals, CLOCK)[0]["imports"] == 3
    newest, _ = chain_statistics.service_blocks(totals, CLOCK)
    assert (newest["slot"], newest["service_id"]) == (12, "0x00000007")


def test_figures_of_validators_are_added_over_epochs():
    def totals(epoch, validator, assurances):
        return ValidatorTotals(
            epoch=epoch,
            validator=validator,
            exact=True,
            blocks=1,
            tickets=0,
            preimages=0,
            preimage_octets=0,
            guarantees=0,
            assurances=assurances,
        )

    rows = chain_statistics.validators([totals(1, 4, 5), totals(2, 4, 6), totals(2, 0, 1)])
    assert [(row["validator_index"], row["assurances"]) for row in rows] == [(0, 1), (4, 11)]
    together, one = chain_statistics.validators_by_time([increase(10, None), increase(10)], CLOCK)
    assert "validator_index" not in together
    assert one["validator_index"] == 0


def tallies(blocks, first_slot=0):
    increases = [increase(each.slot, assurances=1) for each in blocks if each.slot % 2 == 0]
    rows = chain_statistics.validator_blocks(0, blocks, increases, first_slot, CLOCK)
    return [(row["slot"], row["assurances"]) for row in rows]


def test_a_tally_begins_with_its_epoch_and_needs_every_block():
    line = [block(11, None, 0), block(12, 11, 1), block(14, 12, 1), block(24, 14, 2)]
    assert tallies(line) == [(24, 1), (14, 2), (12, 1)]
    assert tallies(line, 14) == [(24, 1), (14, 2)]
    # Slot 14 has an unknown parent, so the tally of its epoch is not known any more.
    assert tallies([line[0], line[1], block(14, 13, 1), line[3]]) == [(24, 1), (12, 1)]
    assert tallies([line[0], line[1], block(14, 12, 1, author=None)]) == [(12, 1)]
    assert tallies([line[0], block(12, 11, None)]) == []
